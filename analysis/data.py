"""Data: the tables of ``data/``, checked against their descriptor before anyone sees them.

Types, one rule for csv and parquet: integers are int64, or float64 with NaN where values are
missing (the form statsmodels takes); numbers float64; text str; dates and times datetime64[s];
flags bool. Missing is NaN or NaT, never a code.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["DATA", "DESCRIPTOR", "DataError", "describe", "load", "sources", "table_names"]

DATA = Path(__file__).resolve().parent.parent / "data"
DESCRIPTOR = DATA / "datapackage.json"
MEND = (
    "rebuild it with `make data`, or restore it with git",
    "record the edit with `python data/builders/build.py --rehash {name}`, or restore it with git",
)


class DataError(ValueError):
    """A data file is not what its descriptor says; the message says where and what to do."""


def load(name: str, *, descriptor: Path = DESCRIPTOR) -> pd.DataFrame:
    """Return the table ``name`` after checking its bytes, columns, types and ranges.

    Parameters
    ----------
    name : str
        One of ``table_names()``.
    descriptor : Path, optional
        The datapackage.json to believe, in the folder of its tables.

    Raises
    ------
    DataError
        If the name is unknown, or the file is missing, was changed or breaks its schema. Rows
        are counted as an editor does: the header of a csv file is row 1; parquet starts at 1.
    """
    table = describe(name, descriptor=descriptor)
    path = descriptor.parent / table["path"]
    place = f"{descriptor.parent.name}/{table['path']}"
    mend = MEND["by hand" in table["builder"]].format(name=name)
    if not path.is_file():
        raise DataError(f"{place}: expected a file, found none: {mend}")
    content = path.read_bytes()
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    try:
        frame = _checked_table(_read(content, place), table["schema"]["fields"], place)
    except DataError as error:
        changed = "" if digest == table["hash"] else f". The file was changed: {mend}"
        raise DataError(f"{error}{changed}") from None
    if digest != table["hash"]:
        raise DataError(
            f"{place}: expected {table['rows']} rows with {table['hash']}, found {len(frame)} rows "
            f"with {digest}. Columns, types and ranges hold, but a cell or a row changed: {mend}"
        )
    return frame


def describe(name: str, *, descriptor: Path = DESCRIPTOR) -> dict:
    """Return what the descriptor says of a table: title, fields, sources, licence, limits."""
    resources = {entry["name"]: entry for entry in _resources(descriptor)}
    if name not in resources:
        raise DataError(f"expected a table among {', '.join(resources)}; found {name!r}")
    return resources[name]


def table_names(*, descriptor: Path = DESCRIPTOR) -> list[str]:
    """Return the names of all tables, in the order of the descriptor."""
    return [entry["name"] for entry in _resources(descriptor)]


def sources(names: Iterable[str], *, descriptor: Path = DESCRIPTOR) -> pd.DataFrame:
    """Return one row per table: table, rows, source, licence, class, start of its sha256."""
    tables = [describe(name, descriptor=descriptor) for name in names]
    frame = pd.DataFrame(tables, columns=["name", "rows", "source", "licence", "class", "hash"])
    frame["source"] = ["; ".join(s["title"] for s in table["sources"]) for table in tables]
    frame["licence"] = ["; ".join(s["name"] for s in table["licenses"]) for table in tables]
    frame["hash"] = frame["hash"].str.removeprefix("sha256:").str[:12]
    return frame.rename(columns={"name": "table", "hash": "sha256"})


def _resources(descriptor: Path) -> list[dict]:
    if not descriptor.is_file():
        raise DataError(
            f"expected the tables of a checkout in {descriptor.parent.name}/, found no "
            f"{descriptor.name}: the package alone does not carry them"
        )
    return json.loads(descriptor.read_text(encoding="utf-8"))["resources"]


def _read(content: bytes, place: str) -> pd.DataFrame:
    """Return the cells as they are: text for csv, typed for parquet, missing as NaN."""
    try:
        if place.endswith(".parquet"):
            return pq.read_table(io.BytesIO(content)).to_pandas(date_as_object=False)
        text = io.StringIO(content.decode("utf-8"), newline="")
        header, *rows = list(csv.reader(text, strict=True)) or [[]]
    except (pa.ArrowException, OSError, ValueError, csv.Error) as error:
        raise DataError(f"{place}: expected a readable table, found {error}") from None
    for number, row in enumerate(rows, start=2):
        if (found := len(row)) != len(header):
            raise DataError(f"{place}, row {number}: expected {len(header)} cells, found {found}")
    cells = pd.DataFrame(rows, columns=header, dtype="str")
    return cells.mask(cells == "")


def _checked_table(cells: pd.DataFrame, fields: list[dict], place: str) -> pd.DataFrame:
    expected, found = [field["name"] for field in fields], list(cells)
    if found != expected:
        odd = ", ".join(sorted({*expected} ^ {*found})) or "their order"
        raise DataError(f"{place}: expected columns {expected}, found {found}; different: {odd}")
    return pd.DataFrame({f["name"]: _checked(cells[f["name"]], f, place) for f in fields})


def _checked(raw: pd.Series, field: dict, place: str) -> pd.Series:
    """Return the column in its type, or raise for the first cell that breaks a rule."""
    kind, limits, typed = field["type"], field.get("constraints", {}), raw
    if kind in ("integer", "number"):
        typed = pd.to_numeric(raw, errors="coerce").astype("float64")
        fits = (typed % 1 == 0) if kind == "integer" else typed.notna()
    elif kind in ("date", "datetime"):
        typed = pd.to_datetime(raw, errors="coerce", format="ISO8601").astype("datetime64[s]")
        fits = typed.notna()
    else:
        fits = raw.map(lambda cell: isinstance(cell, str if kind == "string" else bool))
    wrong = raw.isna() & limits.get("required", False) | raw.notna() & ~fits.astype(bool)
    for end, breaks in (("minimum", pd.Series.lt), ("maximum", pd.Series.gt)):
        wrong |= breaks(typed, limits[end]) if end in limits else False
    if "enum" in limits:
        wrong |= raw.notna() & ~typed.isin(limits["enum"])
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        cell = "nothing" if pd.isna(raw.iloc[row]) else repr(str(raw.iloc[row]))
        where = f"column {field['name']}, row {row + (2 if place.endswith('.csv') else 1)}"
        raise DataError(f"{place}, {where}: expected {_rule(field)}, found {cell}")
    return typed.astype("int64") if kind == "integer" and not typed.hasnans else typed


def _rule(field: dict) -> str:
    limits = field.get("constraints", {})
    rule = f"one of {', '.join(limits['enum'])}" if "enum" in limits else field["type"]
    for end, word in (("minimum", "from"), ("maximum", "to")):
        rule += f" {word} {limits[end]}" if end in limits else ""
    return rule if limits.get("required") else f"{rule} or nothing"
