"""Rebuild the tables of data/ from their pinned sources and show what changed.

    python data/builders/build.py                     every table
    python data/builders/build.py cdnow olist_orders  these tables
    python data/builders/build.py --rehash claims     record an edited hand-made table

All or nothing: if one source cannot be had or one table breaks its schema, no file is touched.
Tables computed from microdata are rebuilt only where the microdata are.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import acsi
import b2b
import cdnow
import firms
import handmade
import mobile
import olist
import plans
import reasons
import steam
import telecom
from common import CHECKED, BuildError, Microdata, Table, digest, fetch, to_bytes

from analysis.data import DataError, load

MODULES = (mobile, b2b, cdnow, olist, reasons, acsi, telecom, firms, plans, steam)
BUILT = {table.name: module for module in MODULES for table in module.TABLES}
TABLES = {table.name: table for module in (*MODULES, handmade) for table in module.TABLES}
HANDMADE = tuple(table.name for table in handmade.TABLES)
DATA = Path(__file__).resolve().parent.parent
DESCRIPTOR = "datapackage.json"
MICRODATA = "SATISFACTION_MICRODATA"


def main() -> int:
    options = parse_options()
    names = options.names or ([] if options.rehash else list(BUILT))
    try:
        old = read_descriptor(options.data)
        skipped = skipped_tables(names, options.microdata)
        new = build(set(names) - skipped, cache=options.cache, microdata=options.microdata)
        new |= {name: read_handmade(options.data, name) for name in options.rehash}
        write(options.data, new, old)
    except (BuildError, DataError) as error:
        print(f"{error}\nNothing was written.", file=sys.stderr)
        return 1
    if skipped:
        tables = ", ".join(name for name in BUILT if name in skipped)
        print(
            f"skipped {tables}: computed from microdata that are not part of the project; "
            f"give their folder with --microdata or {MICRODATA}"
        )
    return 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="TABLE", help="tables to build (default: all)")
    parser.add_argument("--rehash", nargs="+", default=[], choices=HANDMADE, metavar="TABLE")
    parser.add_argument("--microdata", type=Path, default=os.environ.get(MICRODATA))
    parser.add_argument("--data", type=Path, default=DATA, help="folder to write (default: data/)")
    parser.add_argument("--cache", type=Path, default=DATA.parent / ".cache" / "wheels")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in BUILT]:
        parser.error(f"expected tables among {', '.join(BUILT)}; found {', '.join(unknown)}")
    options.microdata = Path(options.microdata) if options.microdata else None
    return options


def skipped_tables(names: list[str], microdata: Path | None) -> set[str]:
    """Return the tables whose microdata are not on this machine."""
    if microdata and not microdata.is_dir():
        raise BuildError("expected a folder of microdata, found none where --microdata points")
    return {
        name
        for name in names
        for source in TABLES[name].sources
        if isinstance(source, Microdata)
        if microdata is None or not (microdata / source.path).is_file()
    }


def build(names: set[str], *, cache: Path, microdata: Path | None) -> dict[str, bytes]:
    """Return the bytes of each table, or raise one error that names every source not had."""
    files, failures = {}, []
    modules = [module for module in MODULES if names & {table.name for table in module.TABLES}]
    tables = [table for module in modules for table in module.TABLES]
    for source in dict.fromkeys(source for table in tables for source in table.sources):
        try:
            files[source.path] = fetch(source, cache=cache, microdata=microdata)
        except BuildError as error:
            failures.append(str(error))
    if failures:
        raise BuildError("\n".join(failures))
    frames = {}
    for module in modules:
        frames |= module.prepare(files)
    return {name: to_bytes(frames[name], TABLES[name]) for name in TABLES if name in names}


def read_handmade(folder: Path, name: str) -> bytes:
    path = folder / TABLES[name].path
    if not path.is_file():
        raise BuildError(f"{folder.name}/{path.name}: expected a file to record, found none")
    return path.read_bytes()


def read_descriptor(folder: Path) -> dict[str, dict]:
    """Return the resources of the present descriptor by name; none if there is no descriptor."""
    path = folder / DESCRIPTOR
    text = path.read_text(encoding="utf-8") if path.is_file() else '{"resources": []}'
    try:
        return {entry["name"]: entry for entry in json.loads(text)["resources"]}
    except (json.JSONDecodeError, KeyError) as error:
        raise BuildError(
            f"{folder.name}/{DESCRIPTOR}: expected a data package, found {error!r}; "
            "restore it with git"
        ) from None


def write(folder: Path, new: dict[str, bytes], old: dict[str, dict]) -> None:
    """Check the new files as a chapter would, then move them into place and say what changed."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".build-") as staging:
        stage = Path(staging)
        for name, content in new.items():
            (stage / TABLES[name].path).write_bytes(content)
        resources = [
            resource(table, new.get(name), old.get(name))
            for name, table in TABLES.items()
            if name in new or name in old
        ]
        (stage / DESCRIPTOR).write_text(package_text(resources), encoding="utf-8", newline="\n")
        counted = {name: load(name, descriptor=stage / DESCRIPTOR) for name in new}
        for entry in resources:
            if entry["name"] in counted:
                frame = counted[entry["name"]]
                nulls = frame.isna().sum()
                entry["rows"] = len(frame)
                entry["known_nulls"] = {name: int(n) for name, n in nulls.items() if n}
        text = package_text(resources)
        (stage / DESCRIPTOR).write_text(text, encoding="utf-8", newline="\n")
        for entry in resources:
            report(entry, old.get(entry["name"]), built=entry["name"] in new)
        for name in (*(TABLES[name].path for name in new), DESCRIPTOR):
            place(stage / name, folder / name)


def place(staged: Path, target: Path) -> None:
    """Move a file into place in one step, unless the same bytes are there."""
    if not (target.is_file() and target.read_bytes() == staged.read_bytes()):
        if target.name == DESCRIPTOR:
            print(f"{DESCRIPTOR:22} CHANGED")
        os.replace(staged, target)


def report(entry: dict, before: dict | None, *, built: bool) -> None:
    size = f"{entry['rows']:>7,} rows"
    now = entry["hash"].removeprefix("sha256:")
    if not built:
        print(f"{entry['name']:22} kept     {size}  sha256 {now[:16]}  not rebuilt")
    elif before and before["hash"] == entry["hash"]:
        print(f"{entry['name']:22} same     {size}  sha256 {now[:16]}")
    else:
        was = f"{before['rows']:,} rows, sha256 {before['hash'][7:]}" if before else "nothing"
        print(f"{entry['name']:22} CHANGED  {size}  sha256 {now}\n{'':32}was {was}")


def resource(table: Table, content: bytes | None, before: dict | None) -> dict:
    """Return the descriptor's entry: the table's words, and what is counted from its bytes."""
    is_csv = table.path.endswith(".csv")
    counted = {"hash": f"sha256:{digest(content)}", "bytes": len(content)} if content else before
    entry = {
        "name": table.name,
        "path": table.path,
        "profile": "tabular-data-resource" if is_csv else "data-resource",
        "format": "csv" if is_csv else "parquet",
        "mediatype": "text/csv" if is_csv else "application/vnd.apache.parquet",
    }
    entry |= {"encoding": "utf-8"} if is_csv else {}
    entry |= {
        "title": table.title,
        "description": table.description,
        "class": table.kind,
        "sources": [source_entry(source) for source in table.sources]
        or [{"title": "written by hand for this project"}],
        "references": list(table.references),
        "licenses": [licence_entry(table)],
        "builder": f"builders/{table.builder}" if table.builder else "by hand",
        "hash": counted["hash"],
        "bytes": counted["bytes"],
        "rows": (before or {}).get("rows", 0),
        "known_nulls": (before or {}).get("known_nulls", {}),
        "limits": list(table.limits),
    }
    entry |= {"reconciliation": dict(table.reconciliation)} if table.reconciliation else {}
    schema = {"fields": [field.schema() for field in table.fields]}
    return entry | {"schema": schema | ({"missingValues": [""]} if is_csv else {})}


def source_entry(source) -> dict:
    if isinstance(source, Microdata):
        return {"title": source.title, "path": source.home, "sha256": source.sha256}
    package = source.package
    return {
        "title": f"package {package.name} {package.version}, {source.path}",
        "path": package.home,
        "sha256": source.sha256,
        "wheel": package.wheel,
        "wheel_sha256": package.sha256,
    }


def licence_entry(table: Table) -> dict:
    note = {"note": table.licence_note} if table.licence_note else {}
    return {"name": table.licence, "checked": CHECKED} | note


def package_text(resources: list[dict]) -> str:
    package = {
        "profile": "data-package",
        "name": "does-satisfaction-pay",
        "title": "Does satisfaction pay? The data",
        "description": "The tables behind the chapters. Classes: observed (answers or acts of "
        "individual customers), derived (counts or moments computed by us), published (figures "
        "others published), made (written by us).",
        "licenses": [{"name": "other-open", "title": "Each table has its own licence"}],
        "resources": resources,
    }
    return json.dumps(package, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main())
