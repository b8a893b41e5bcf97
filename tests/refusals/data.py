"""Refusals of analysis.data; tests/test_data.py damages whole tables."""

from pathlib import Path

from analysis.data import DataError, describe, load, sources, table_names
from tests.refusals import Case

NAMES = ", ".join(table_names())
NOWHERE = Path("nowhere") / "datapackage.json"
UNKNOWN = f"expected a table among {NAMES}; found 'cdnw'"
LACKING = (
    "expected the tables of a checkout in nowhere/, found no datapackage.json: the package alone "
    "does not carry them"
)

CASES = [
    *(
        Case("unknown table", function, lambda f=function: f("cdnw"), DataError, UNKNOWN)
        for function in (load, describe)
    ),
    Case("unknown table", sources, lambda: sources(["cdnow", "cdnw"]), DataError, UNKNOWN),
    *(
        Case("no checkout", f, lambda f=f: f("cdnow", descriptor=NOWHERE), DataError, LACKING)
        for f in (load, describe)
    ),
    Case(
        "no checkout", sources, lambda: sources(["cdnow"], descriptor=NOWHERE), DataError, LACKING
    ),
    Case("no checkout", table_names, lambda: table_names(descriptor=NOWHERE), DataError, LACKING),
]
