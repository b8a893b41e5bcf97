"""The pages: filters, what the front and the method page tell, and the templates themselves."""
