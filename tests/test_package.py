"""The package works from a wheel, away from its checkout."""

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from setuptools import build_meta

from tests.test_environment import ROOT

USE = """
import importlib, pkgutil, sys
from pathlib import Path
import analysis
for module in pkgutil.walk_packages(analysis.__path__, "analysis."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
assert Path(analysis.__file__).is_relative_to(sys.path[0]), analysis.__file__
import nbformat
from nbformat.v4 import new_markdown_cell, new_notebook
from analysis.report import ChapterExporter, clean, describe_chapter
nb = clean(new_notebook(cells=[new_markdown_cell("# Toy\\n\\n## Question\\n\\nWhat?")]))
chapter = describe_chapter(Path("01_toy.ipynb"), nb)
around = {"chapter": chapter, "previous": None, "next": None}
page, _ = ChapterExporter().from_notebook_node(nb, resources=around)
print("<h1" in page and "</html>" in page)
from analysis.data import DataError, load
try:
    load("cdnow")
except DataError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, unpacked: built offline from a copy of what is packed."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for path in [ROOT / "pyproject.toml", ROOT / "README.md", *(ROOT / "analysis").rglob("*")]:
        if path.is_file() and "__pycache__" not in path.parts:
            target = source / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    (source / "LICENSE").write_bytes((ROOT / "LICENSE").read_bytes())
    before = Path.cwd()
    os.chdir(source)
    try:
        name = build_meta.build_wheel(str(out))
    finally:
        os.chdir(before)
    with ZipFile(out / name) as packed:
        packed.extractall(out / "site")
    return out / "site"


def test_every_module_is_there_and_a_page_can_be_rendered(wheel, tmp_path):
    code = f"import sys; sys.path.insert(0, {str(wheel)!r})\n{USE}"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    rendered, refusal = done.stdout.strip().split("\n", 1)
    assert rendered == "True"
    assert refusal.startswith("expected the tables of a checkout in data/"), refusal


def test_nothing_but_the_package_is_packed(wheel):
    tops = {path.name for path in wheel.iterdir() if not path.name.endswith(".dist-info")}
    assert tops == {"analysis"}
