"""Read what mutation testing counted; fail below the least share of mutants that tests notice."""

import json
import sys
from pathlib import Path

LEAST = 90  # percent of the mutants that were run
NOTICED = ("killed", "timeout", "segfault")


def check_mutants(counted: dict[str, int]) -> tuple[bool, str]:
    """Return whether enough mutants were noticed, and the sentence that says so."""
    noticed = sum(counted[name] for name in NOTICED)
    run = noticed + counted["survived"] + counted["suspicious"] + counted["no_tests"]
    enough = run > 0 and 100 * noticed >= LEAST * run
    left = f", {counted['total'] - run:,} not run" if counted["total"] > run else ""
    share = f"{100 * noticed / run:.1f}%" if run else "none"
    return enough, f"mutants noticed: {share} of {run:,}, at least {LEAST}% expected{left}"


if __name__ == "__main__":
    enough, text = check_mutants(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    print(text)
    sys.exit(not enough)
