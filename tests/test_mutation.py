"""A changed number, data byte or claim must turn the run red; the unchanged run is the control."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CHAPTER = "02"


@pytest.fixture
def project(tmp_path):
    """Return a copy of what one chapter needs."""
    for folder in ("analysis", "data"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__py*"))
    (tmp_path / "notebooks").mkdir()
    (book,) = (ROOT / "notebooks").glob(f"{CHAPTER}_*.ipynb")
    shutil.copy(book, tmp_path / "notebooks" / "chapter.ipynb")
    return tmp_path


def passes(project):
    """Return whether nbval passes on the copy, with the copy's own helpers and data."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
    ]
    command += ["--rootdir", str(project), "--nbval", "--nbval-current-env", "notebooks"]
    run = subprocess.run(
        [*command, "notebooks"],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode in (0, 1), run.stdout + run.stderr
    return run.returncode == 0


def test_the_unchanged_chapter_passes(project):
    assert passes(project)


def test_a_changed_number_fails(project):
    path = project / "notebooks" / "chapter.ipynb"
    book = json.loads(path.read_text())
    (last,) = [c for c in book["cells"] if "chapter.conclude(" in "".join(c["source"])]
    output = last["outputs"][0]["data"]
    text = "".join(output["text/plain"])
    digit = re.search(r"\d(?=%|\D*$)", text).start()
    output["text/plain"] = text[:digit] + str((int(text[digit]) + 1) % 10) + text[digit + 1 :]
    path.write_text(json.dumps(book))
    assert not passes(project)


def test_a_changed_data_byte_fails(project):
    path = project / "data" / "acsi_2015_intention.csv"
    content = bytearray(path.read_bytes())
    place = content.rindex(b"\n", 0, len(content) - 1) - 1
    content[place] = ord("1") if content[place] != ord("1") else ord("2")
    path.write_bytes(content)
    assert not passes(project)


def test_a_changed_claim_fails_even_with_its_hash_renewed(project):
    path = project / "data" / "claims.csv"
    rows = path.read_text().splitlines(keepends=True)
    (row,) = [i for i, text in enumerate(rows) if text.startswith("C07,")]
    assert ",0.15,0.25," in rows[row]
    rows[row] = rows[row].replace(",0.15,0.25,", ",0.15,0.26,")
    path.write_text("".join(rows))
    build = [sys.executable, "data/builders/build.py", "--rehash", "claims"]
    subprocess.run(build, cwd=project, check=True, capture_output=True)
    assert not passes(project)
