"""Read the coverage of the last test run and fail below the least share of branches.

coverage's own ``--fail-under`` mixes lines and branches; the promise is about branches.
"""

import json
import sys
from pathlib import Path

LEAST = 95.0  # per cent of the branches of analysis/


def check(report: dict, *, least: float = LEAST) -> tuple[bool, str]:
    """Return whether enough branches were taken, and the sentence that says so."""
    total, taken = report["totals"]["num_branches"], report["totals"]["covered_branches"]
    share = 100 * taken / total
    worst = sorted(
        (file["summary"]["covered_branches"] - file["summary"]["num_branches"], name)
        for name, file in report["files"].items()
    )[:3]
    most = ", ".join(f"{name} {-missed}" for missed, name in worst if missed)
    said = f"branches of analysis/ taken: {share:.1f}% of {total} (at least {least:.0f}%)"
    return share >= least, f"{said}; most missed: {most or 'none'}"


def main(path: str) -> int:
    """Print the share of branches and return the exit code."""
    enough, sentence = check(json.loads(Path(path).read_text(encoding="utf-8")))
    print(sentence, file=sys.stdout if enough else sys.stderr)
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
