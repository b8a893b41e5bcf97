"""Files that the commands leave behind: whole or not at all, and safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from secrets import token_hex

__all__ = ["csv_text", "safe_cell", "write_whole"]

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run, or skip to what it runs


def write_whole(texts: Mapping[Path, str]) -> None:
    """Write every text to its path, all of them or, if one cannot be written, none.

    Each goes to a scratch file in its own folder first; only when all are there do they take their
    places. A folder that does not exist is not made: a mistyped path is told, not obeyed.

    Raises
    ------
    OSError
        If a folder is not there or cannot be written to. No file has changed then.
    """
    ready: list[tuple[Path, Path]] = []
    try:
        for path, text in texts.items():
            if path.is_dir():
                raise IsADirectoryError(f"{path.name}: expected the name of a file, found a folder")
            scratch = path.with_name(f".{path.name}.{token_hex(4)}")
            with scratch.open("x", encoding="utf-8", newline="\n") as file:
                ready.append((scratch, path))
                file.write(text)
        for scratch, path in ready:
            scratch.replace(path)
    finally:
        for scratch, _ in ready:
            scratch.unlink(missing_ok=True)


def safe_cell(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula; numbers stay numbers.

    Examples
    --------
    >>> safe_cell("=1+1"), safe_cell("north"), safe_cell(-3)
    ("'=1+1", 'north', -3)
    """
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a CSV file as text, every cell safe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([safe_cell(name) for name in columns])
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue()
