"""One set of pins: pyproject.toml, requirements.lock, environment.yml and CI agree."""

import re
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


def test_ci_covers_every_python_the_project_allows():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())
    job = workflow["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == PYTHONS
    assert any(".ci/run" in step.get("run", "") for step in job["steps"])
    allowed = SpecifierSet(PROJECT["project"]["requires-python"])
    minors = [f"3.{minor}" for minor in range(30)]
    assert [minor for minor in minors if allowed.contains(f"{minor}.0")] == PYTHONS


def test_ci_runs_what_the_readme_says():
    assert "\nmake test" in (ROOT / ".ci" / "run").read_text()
    assert "make test" in (ROOT / "README.md").read_text()
