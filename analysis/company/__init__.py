"""Your company: the question of the book asked of a company's own surveys and orders."""
