"""Open a file or a frame as a table of DuckDB, its cells as they are, each row with its number.

A CSV file becomes a table of text. Its encoding, sign between cells and header are found here: its
bytes are read once to see whether they are UTF-8, and written anew to a temporary file if not.
"""

import codecs
import csv
import gzip
import io
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import duckdb
import narwhals as nw
import openpyxl
import pyarrow as pa
from charset_normalizer import from_bytes
from narwhals.exceptions import NarwhalsError

from analysis.company.options import EXAMPLES, CompanyError, Problem, shown

__all__ = ["Source", "open_source"]

BLOCK = 1 << 20
SAMPLE = 1 << 18  # bytes from which the sign between cells and the header are found
SIGNS = ";\t|,^~"
TEXTS = (".csv", ".txt", ".tsv", ".gz")
BOOKS = (".xlsx", ".xlsm")
# Not ASCII, and usual in the languages of Western Europe: then the bytes are cp1252.
WESTERN = frozenset(
    "äöüßÄÖÜéèêëáàâãåæçñóòôõøíìîïúùûýÿÉÈÊÁÀÂÃÅÆÇÑÓÒÔÕØÍÎÚÙÛ€£§°ªº¿¡–—‘’“”„…«»·´®™\xa0"
)
PAGES = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "mac_roman", "cp850", "cp437"]
FEW = 20  # bytes that are not ASCII: with fewer their encoding is no more than a guess
DATA_CELL = re.compile(r"\d+([.,]\d+)*|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*")


@dataclass(frozen=True)
class Source:
    """A table as it came: its cells are untouched, its columns are named by their place.

    Attributes
    ----------
    file : str
        Name for messages.
    table : str
        Name of the relation in the connection: columns ``row``, ``c0``, ``c1`` and so on.
    columns : dict
        Name in the file to name in the relation.
    types : dict
        Name in the file to the type DuckDB gives it.
    assumed : list of str
        What was found out about the form of the file.
    """

    file: str
    table: str
    columns: dict[str, str]
    types: dict[str, str]
    assumed: list[str]


def open_source(connection: duckdb.DuckDBPyConnection, origin: Any, table: str) -> Source:
    """Return the table of a path or a frame, as ``source_<table>`` in the connection.

    Raises
    ------
    CompanyError
        If there is no such file, it is of another kind, or is no table with a header.
    """
    if not isinstance(origin, str | Path):
        return _open_frame(connection, origin, table)
    path = Path(origin)
    if path.is_dir() or path.suffix.lower() == ".parquet":
        return _open_parquet(connection, path, table)
    kind = path.suffix.lower()
    if kind not in (*TEXTS, *BOOKS):
        known = "a file .csv, .tsv, .txt, .csv.gz, .xlsx or .parquet"
        raise _error(path.name, known, kind or "no ending")
    if not path.is_file():
        raise _error(path.name, "a file", "none")
    opener = _open_book if kind in BOOKS else _open_text
    return opener(connection, path, table)


def _error(file: str, expected: str, found: str, row: int | None = None) -> CompanyError:
    return CompanyError([Problem(file, expected, ((row, found),))])


def _named(
    connection: duckdb.DuckDBPyConnection,
    file: str,
    table: str,
    names: list[str],
    assumed: list[str],
) -> Source:
    """Return the source of a relation that stands, if its names are fine and it has rows."""
    places = [f"c{place}" for place in range(len(names))]
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        raise _error(file, "each column named once", f"{', '.join(map(shown, twice))} again", 1)
    relation = f"source_{table}"
    kinds = connection.execute(f"DESCRIBE {relation}").fetchall()
    types = {kind[0]: str(kind[1]) for kind in kinds}
    if not connection.execute(f"SELECT 1 FROM {relation} LIMIT 1").fetchall():
        raise _error(file, "rows under the header", "none")
    columns = {name: place for name, place in zip(names, places, strict=True) if name}
    return Source(file, relation, columns, {n: types[p] for n, p in columns.items()}, assumed)


def _open_frame(connection: duckdb.DuckDBPyConnection, frame: Any, table: str) -> Source:
    try:
        native = nw.from_native(frame)
        arrow = (native.collect() if isinstance(native, nw.LazyFrame) else native).to_arrow()
    except (TypeError, pa.ArrowException, NarwhalsError) as error:
        raise _error(
            table, "a path or a frame with one type per column", _first_line(error)
        ) from None
    return _open_arrow(connection, arrow, table, table, first=1, assumed=[])


def _open_arrow(
    connection: duckdb.DuckDBPyConnection,
    arrow: pa.Table,
    file: str,
    table: str,
    *,
    first: int,
    assumed: list[str],
) -> Source:
    names = [str(name) for name in arrow.column_names]
    if not names:
        raise _error(file, "columns", "none")
    arrow = arrow.rename_columns([f"c{place}" for place in range(len(names))])
    connection.register(f"arrow_{table}", arrow)
    connection.execute(
        f"CREATE OR REPLACE TABLE source_{table} AS "
        f"SELECT row_number() OVER () + {first - 1} AS row, * FROM arrow_{table}"
    )
    connection.unregister(f"arrow_{table}")
    return _named(connection, file, table, names, assumed)


def _open_parquet(connection: duckdb.DuckDBPyConnection, path: Path, table: str) -> Source:
    """Return a view: nothing is read before it is asked for. The first row of a file is row 1."""
    if path.is_dir() and next(path.rglob("*.parquet"), None) is None:
        raise _error(path.name, "files .parquet in the folder", "none")
    if not path.exists():
        raise _error(path.name, "a file", "none")
    where = str(path / "**/*.parquet" if path.is_dir() else path).replace("'", "''")
    read = f"read_parquet('{where}', union_by_name = true"
    try:
        names = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {read})").fetchall()]
        quoted = ", ".join(
            f'"{name.replace(chr(34), chr(34) * 2)}" AS c{place}'
            for place, name in enumerate(names)
        )
        one = not path.is_dir()
        number = "file_row_number + 1" if one else "row_number() OVER ()"
        option = ", file_row_number = true" if one else ""
        connection.execute(
            f"CREATE OR REPLACE VIEW source_{table} AS "
            f"SELECT {number} AS row, {quoted} FROM {read}{option})"
        )
        return _named(connection, path.name, table, names, [])
    except duckdb.Error as error:
        raise _error(path.name, "a readable Parquet file", _first_line(error)) from None


def _open_book(connection: duckdb.DuckDBPyConnection, path: Path, table: str) -> Source:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl lets through whatever the archive or its markup raise
        raise _error(path.name, "a readable Excel file", _first_line(error)) from None
    sheets = [sheet for sheet in book.worksheets if sheet.max_row and sheet.max_column]
    rows = [list(row) for row in sheets[0].iter_rows(values_only=True)] if sheets else []
    book.close()
    texts = [["" if cell is None else str(cell).strip() for cell in row] for row in rows]
    skip = _header_at(path.name, texts)
    width = max(place for place, name in enumerate(texts[skip]) if name) + 1
    body = [row[:width] + [None] * (width - len(row)) for row in rows[skip + 1 :]]
    while body and all(cell is None for cell in body[-1]):
        body.pop()
    names = texts[skip][:width]
    columns = [_typed([row[place] for row in body]) for place in range(width)]
    arrow = pa.table(columns, names=[f"c{place}" for place in range(width)])
    assumed = [f"{path.name}: the sheet {shown(sheets[0].title)} was read, no other"]
    assumed = assumed[: len(sheets) - 1] + _skipped(path.name, skip)
    if len(set(names)) == width:
        arrow = arrow.rename_columns(names)
        return _open_arrow(connection, arrow, path.name, table, first=skip + 2, assumed=assumed)
    twice = sorted({name for name in names if names.count(name) > 1})
    raise _error(
        path.name, "each column named, and named once", ", ".join(map(shown, twice)), skip + 1
    )


def _typed(cells: list[Any]) -> pa.Array:
    """Return cells of one kind in their type, others as text."""
    known = [cell for cell in cells if cell is not None]
    if known and all(isinstance(cell, date) for cell in known):
        return pa.array([_moment(cell) for cell in cells], pa.timestamp("s"))
    if known and all(
        isinstance(cell, int | float) and not isinstance(cell, bool) for cell in known
    ):
        return pa.array([None if cell is None else float(cell) for cell in cells], pa.float64())
    return pa.array([None if cell is None else _text(cell) for cell in cells], pa.string())


def _moment(cell: date | None) -> datetime | None:
    whole = cell is None or isinstance(cell, datetime)
    return cell if whole else datetime(cell.year, cell.month, cell.day)  # type: ignore[return-value]


def _text(cell: object) -> str:
    """Return a cell as text; four decimals tell the point of a number from one of thousands."""
    if isinstance(cell, float) and not isinstance(cell, bool):
        return str(int(cell)) if cell.is_integer() else f"{cell:.4f}"
    return cell.isoformat(sep=" ") if isinstance(cell, datetime) else str(cell)


def _open_text(connection: duckdb.DuckDBPyConnection, path: Path, table: str) -> Source:
    encoding = _find_encoding(path)
    with tempfile.TemporaryDirectory() as folder:
        plain = path
        if encoding not in ("utf-8", "utf-8-sig") or path.suffix.lower() == ".gz":
            plain = Path(folder) / "plain.csv"
            with _opened(path) as given, plain.open("w", encoding="utf-8", newline="") as written:
                for block in _decoded(given, encoding):
                    written.write(block)
        with plain.open(encoding="utf-8-sig", newline="") as file:
            sample = file.read(SAMPLE)
        sign, skip, names = _find_form(path.name, sample)
        assumed = [f"{path.name}: {encoding.removesuffix('-sig')}, cells between {shown(sign)}"]
        assumed += _skipped(path.name, skip)
        form = Form(sign, skip, len(names))
        try:
            _read_text(connection, plain, table, form)
        except duckdb.Error:
            _refuse_odd_rows(plain, path.name, form)
            given, plain = plain, Path(folder) / "ends.csv"
            _end_lines_alike(given, plain)
            try:
                _read_text(connection, plain, table, form)
            except duckdb.Error as error:
                raise _error(path.name, "a readable CSV file", _first_line(error)) from None
        _count_gaps(connection, plain, table, form)
    return _named(connection, path.name, table, names, assumed)


class Form(NamedTuple):
    """How a text file is written: the sign between cells, rows above the header, its cells."""

    sign: str
    skip: int
    width: int


def _read_text(connection: duckdb.DuckDBPyConnection, path: Path, table: str, form: Form) -> None:
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(form.width))
    where = str(path).replace("'", "''")
    connection.execute(
        f"CREATE OR REPLACE TABLE source_{table} AS "
        f"SELECT row_number() OVER () + {form.skip + 1} AS row, * "
        f"FROM read_csv('{where}', delim = '{form.sign}', quote = '\"', escape = '\"', "
        f"header = true, skip = {form.skip}, auto_detect = false, all_varchar = true, "
        f"columns = {{{columns}}})"
    )


def _end_lines_alike(given: Path, written: Path) -> None:
    """Write a file anew, each line ended by the same sign."""
    with given.open(encoding="utf-8-sig") as file, written.open("w", encoding="utf-8") as copy:
        while block := file.read(BLOCK):
            copy.write(block)


def _count_gaps(connection: duckdb.DuckDBPyConnection, path: Path, table: str, form: Form) -> None:
    """Add the empty lines that were passed over to the numbers of the rows below them."""
    last = b""
    with path.open("rb") as file:
        for block in _blocks(file):
            if re.search(rb"\n\r?\n|\r\r", last + block):
                break
            last = block[-2:]
        else:
            return
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = enumerate(csv.reader(file, delimiter=form.sign), start=1)
        empty = [number for number, row in islice(rows, form.skip, None) if not row]
    gaps = {number - place: place + 1 for place, number in enumerate(empty)}
    arrow = pa.table(
        {"after": pa.array(gaps, pa.int64()), "many": pa.array(gaps.values(), pa.int64())}
    )
    connection.register("gaps", arrow)
    connection.execute(
        f"CREATE OR REPLACE TABLE source_{table} AS SELECT row + coalesce(many, 0) AS row, "
        f"* EXCLUDE (row, after, many) FROM source_{table} ASOF LEFT JOIN gaps ON row >= after"
    )
    connection.unregister("gaps")


def _refuse_odd_rows(path: Path, file: str, form: Form) -> None:
    """Refuse rows with more or fewer cells than the header, or a quote that is never closed."""
    with path.open(encoding="utf-8-sig", newline="") as text:
        rows = enumerate(csv.reader(text, delimiter=form.sign), start=1)
        try:
            odd = [
                (number, f"{len(row)} cells")
                for number, row in islice(rows, form.skip + 1, None)
                if row and len(row) != form.width
            ]
        except csv.Error as error:
            raise _error(file, "a readable CSV file", str(error)) from None
    if odd:
        rule = f"{form.width} cells between {shown(form.sign)}, as in the header"
        raise CompanyError([Problem(file, rule, tuple(odd[:EXAMPLES]), total=len(odd))])


def _opened(path: Path) -> BinaryIO:
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block


def _decoded(file: BinaryIO, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    for block in _blocks(file):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _find_encoding(path: Path) -> str:
    """Return the encoding of all bytes of a file, from its mark, or because it can be no other."""
    try:
        with _opened(path) as file:
            start = file.read(4)
        if not start:
            raise _error(path.name, "a table with a header", "an empty file")
        marked = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        tried = "utf-16" if marked else "utf-8-sig"
        with _opened(path) as file:
            nul = any("\x00" in block for block in _decoded(file, tried))
    except UnicodeDecodeError:
        return _guess_encoding(path)
    except (OSError, EOFError) as error:
        raise _error(path.name, "a readable file", _first_line(error)) from None
    if nul:
        raise _error(path.name, "text", "bytes of zero, as in a file that is no CSV")
    return tried


def _guess_encoding(path: Path) -> str:
    with _opened(path) as file:
        lines = (line for line in file if not line.isascii())
        sample = b"".join(islice(lines, 2000))
    if b"\x00" in sample:
        raise _error(path.name, "text", "bytes of zero, as in a file that is no CSV")
    try:
        if WESTERN.issuperset(s for s in sample.decode("cp1252") if not s.isascii()):
            return "cp1252"
    except UnicodeDecodeError:
        pass
    enough = sum(byte > 127 for byte in sample) >= FEW
    best = from_bytes(sample, cp_isolation=PAGES).best() if enough else None
    encoding = "cp1252" if best is None else best.encoding
    try:
        with _opened(path) as file:
            for _ in _decoded(file, encoding):
                pass
    except UnicodeDecodeError as error:
        raise _error(
            path.name,
            "text in one encoding; save it as UTF-8",
            f"byte {error.object[error.start]:#x}",
        ) from None
    return encoding


def _find_form(file: str, sample: str) -> tuple[str, int, list[str]]:
    """Return the sign between cells, the lines before the header, and the header."""
    marked = re.match(r"sep=(.)\r?\n", sample, re.IGNORECASE)
    whole = len(sample) < SAMPLE
    best: tuple[float, int, str, list[list[str]]] = (0.0, 0, "", [])
    for sign in marked[1] if marked else SIGNS:
        try:
            rows = list(csv.reader(io.StringIO(sample, newline=""), delimiter=sign))
        except csv.Error:
            continue
        rows = rows if whole else rows[:-1]
        widths = [len(row) for row in rows if len(row) > 1]
        usual = max(set(widths), key=widths.count, default=0)
        share = widths.count(usual) / sum(bool(row) for row in rows) if widths else 0.0
        if (share, usual) > best[:2]:
            best = (share, usual, sign, rows)
    share, usual, sign, rows = best
    if not sign:
        raise _error(file, "several columns between ; , tab or |", "one column", 1)
    skip = _header_at(file, [[cell.strip() for cell in row] for row in rows], at_least=usual)
    names = [cell.strip() for cell in rows[skip]]
    return sign, skip, names


def _header_at(file: str, rows: list[list[str]], at_least: int = 2) -> int:
    """Return the place of the header: the first row with as many cells as the others."""
    for place, row in enumerate(rows):
        if sum(map(bool, row)) > 1 and len(row) >= at_least:
            if odd := [cell for cell in row if DATA_CELL.fullmatch(cell)]:
                raise _error(
                    file, "a header with the names of the columns", shown(odd[0]), place + 1
                )
            return place
    raise _error(file, "a header with the names of the columns", "none")


def _skipped(file: str, skip: int) -> list[str]:
    return (
        [f"{file}: the header is row {skip + 1}; what stands above was passed over"] if skip else []
    )


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
