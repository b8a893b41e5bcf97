"""One set of pins: pyproject.toml, requirements.lock, environment.yml and CI agree."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()
PINS = {
    Requirement(line.rstrip(" \\")).name.lower(): Requirement(line.rstrip(" \\"))
    for line in LOCK.splitlines()
    if re.match(r"[A-Za-z0-9]", line)
}
DIRECT = [
    Requirement(text)
    for text in PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["test"]
]
PYTHONS = ["3.11", "3.12", "3.13"]


@pytest.mark.parametrize("requirement", DIRECT, ids=lambda r: r.name)
def test_every_direct_dependency_is_pinned_in_its_range(requirement):
    pin = PINS.get(requirement.name.lower())
    assert pin is not None, f"{requirement.name} is not in requirements.lock: run `make lock`"
    (exact,) = pin.specifier
    assert exact.operator == "=="
    assert requirement.specifier.contains(exact.version), (
        f"requirements.lock has {pin}, pyproject.toml wants {requirement}: run `make lock`"
    )


def test_every_pin_is_exact_and_hashed():
    blocks = re.split(r"\n(?=[A-Za-z0-9])", LOCK.strip())
    assert len(blocks) == len(PINS)
    for block in blocks:
        assert "==" in block.splitlines()[0]
        assert "--hash=sha256:" in block


def test_the_lock_names_no_address():
    assert not re.search(r"://|--(extra-)?index-url|--find-links|@ ", LOCK)


def test_the_card_of_packages_is_kept():
    names = {requirement.name for requirement in DIRECT}
    assert {"jupyterlab", "pandas", "seaborn", "statsmodels", "nbval"} <= names


def test_conda_installs_the_same_pins_on_the_same_pythons():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, nested = conda["dependencies"]
    assert Requirement(python).specifier == SpecifierSet(PROJECT["project"]["requires-python"])
    assert pip == "pip"
    assert nested == {"pip": ["--requirement requirements.lock"]}


def read_workflow():
    return yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())


def test_ci_covers_every_python_the_project_allows():
    job = read_workflow()["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == PYTHONS
    allowed = SpecifierSet(PROJECT["project"]["requires-python"])
    minors = [f"3.{minor}" for minor in range(30)]
    assert [minor for minor in minors if allowed.contains(f"{minor}.0")] == PYTHONS


def test_ci_covers_other_processors_and_systems():
    matrix = read_workflow()["jobs"]["test"]["strategy"]["matrix"]
    machines = {*matrix["machine"], *(extra["machine"] for extra in matrix["include"])}
    assert any(machine.endswith("-arm") for machine in machines)
    assert any(machine.startswith("macos") for machine in machines)
    runs = [step.get("run", "") for step in read_workflow()["jobs"]["portable"]["steps"]]
    assert "make portable" in runs


def test_ci_runs_what_the_readme_says(tmp_path):
    """The script that CI runs calls `make test` with a Python that fits, and nothing else."""
    steps = read_workflow()["jobs"]["test"]["steps"]
    assert ".ci/run" in [step.get("run", "") for step in steps]
    made = tmp_path / "make"
    made.write_text('#!/bin/sh\necho "make $*"\n')
    made.chmod(0o755)
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", str(ROOT / ".ci" / "run")],
        env=os.environ | {"PATH": path, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"make test PYTHON={sys.executable}"
    (block,) = re.findall(r"## Two commands\n\n((?:    .*\n)+)", (ROOT / "README.md").read_text())
    assert [line.split()[:2] for line in block.splitlines()] == [
        ["make", "report"],
        ["make", "test"],
    ]
