"""Check how many branches of ``analysis/`` the tests take: ``python -m tests.branches FILE``.

FILE is coverage's JSON. Its own threshold mixes lines and branches, so the branches are counted
here, and the missing ones are named.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LEAST = 95  # percent


def check_branches(measured: Mapping[str, Any]) -> tuple[bool, str]:
    """Return whether enough branches were taken, and a text that says so or names those missing."""
    taken, of = (measured["totals"][key] for key in ("covered_branches", "num_branches"))
    enough = of > 0 and 100 * taken >= LEAST * of
    text = f"branches of analysis/: {taken} of {of} taken, at least {LEAST}% expected"
    lines = [
        f"  {name}: no test goes from line {start} to {end if end > 0 else 'the end'}"
        for name, file in sorted(measured["files"].items())
        for start, end in file["missing_branches"]
    ]
    return enough, "\n".join([text] if enough else [text, *lines])


if __name__ == "__main__":
    enough, text = check_branches(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    print(text)
    sys.exit(not enough)
