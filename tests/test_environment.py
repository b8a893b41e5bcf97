"""One set of pins: pyproject.toml, requirements.lock, environment.yml and CI agree."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tests.branches import check_branches
from tests.mutants import check_mutants

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()
MUTANTS_LOCK = (ROOT / "requirements-mutants.lock").read_text()
WORKFLOW = (ROOT / ".github" / "workflows" / "test.yml").read_text()


def read_pins(lock):
    """Return the requirements of a lock, name to requirement."""
    lines = [line.rstrip(" \\") for line in lock.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    return {Requirement(line).name.lower(): Requirement(line) for line in lines}


PINS = read_pins(LOCK)
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


@pytest.mark.parametrize("lock", [LOCK, MUTANTS_LOCK], ids=["test", "mutants"])
def test_every_pin_is_exact_and_hashed(lock):
    blocks = re.split(r"\n(?=[A-Za-z0-9])", lock.strip())
    assert len(blocks) == len(read_pins(lock))
    for block in blocks:
        assert "==" in block.splitlines()[0]
        assert "--hash=sha256:" in block


@pytest.mark.parametrize("lock", [LOCK, MUTANTS_LOCK], ids=["test", "mutants"])
def test_a_lock_names_no_address(lock):
    assert not re.search(r"://|--(extra-)?index-url|--find-links|@ ", lock)


def test_mutation_testing_moves_no_pin_of_the_tests():
    pins = read_pins(MUTANTS_LOCK)
    (mutmut,) = map(Requirement, PROJECT["dependency-groups"]["mutants"])
    assert mutmut.specifier.contains(next(iter(pins["mutmut"].specifier)).version)
    shared = {"coverage", "pytest"}
    assert shared <= pins.keys() & PINS.keys()
    for name in pins.keys() & PINS.keys():
        assert pins[name].specifier == PINS[name].specifier, f"{name}: run `make lock`"


def test_the_card_of_packages_is_kept():
    names = {requirement.name for requirement in DIRECT}
    assert {"jupyterlab", "pandas", "seaborn", "statsmodels", "nbval"} <= names


def test_conda_installs_the_same_pins_on_the_same_pythons():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, nested = conda["dependencies"]
    assert Requirement(python).specifier == SpecifierSet(PROJECT["project"]["requires-python"])
    assert pip == "pip"
    assert nested == {"pip": ["--requirement requirements.lock"]}


def test_ci_covers_every_python_the_project_allows_and_three_kinds_of_machine():
    matrix = yaml.safe_load(WORKFLOW)["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == PYTHONS
    others = [job["machine"] for job in matrix["include"]]
    assert [re.sub(r"-\d.*", "", name) for name in matrix["machine"] + others] == [
        *("ubuntu", "ubuntu", "macos")
    ]
    assert any(name.endswith("-arm") for name in others)
    allowed = SpecifierSet(PROJECT["project"]["requires-python"])
    minors = [f"3.{minor}" for minor in range(30)]
    assert [minor for minor in minors if allowed.contains(f"{minor}.0")] == PYTHONS


def test_ci_may_read_only_and_runs_once_what_is_pinned_by_commit():
    workflow = yaml.safe_load(WORKFLOW)
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow[True] == {"push": {"branches": ["main"]}, "pull_request": None}  # "on"
    assert "concurrency" in workflow
    uses = re.findall(r"uses: *(.+)", WORKFLOW)
    assert len(uses) == sum("uses" in step for step in workflow["jobs"]["test"]["steps"])
    for action in uses:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)
    (checkout,) = [s for s in workflow["jobs"]["test"]["steps"] if "checkout@" in s.get("uses", "")]
    assert checkout["with"]["persist-credentials"] is False


@pytest.fixture
def stand_ins(tmp_path):
    """Return a folder of programs that install and build nothing, but write down their words."""
    for name in ("make", "apt-get", "sudo"):
        path = tmp_path / name
        path.write_text('#!/bin/sh\necho "${0##*/} $*" >> "${0%/*}/told"\n')
        path.chmod(0o755)
    return tmp_path


def test_ci_runs_what_the_readme_says(stand_ins):
    search = f"{stand_ins}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["bash", ".ci/run"], cwd=ROOT, env=os.environ | {"PATH": search}, check=True)
    *_, last = (stand_ins / "told").read_text().splitlines()
    ran, python = last.split(" PYTHON=")
    readme = (ROOT / "README.md").read_text()
    (commands,) = re.findall(r"## Two commands\n(.+?)\n## ", readme, re.S)
    assert re.search(rf"^ +{ran} ", commands, re.M)
    version = subprocess.check_output([python, "--version"], text=True).split()[1]
    assert SpecifierSet(PROJECT["project"]["requires-python"]).contains(version)


def test_ci_stops_when_the_tests_fail(stand_ins):
    (stand_ins / "make").write_text("#!/bin/sh\nexit 3\n")
    search = f"{stand_ins}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(["bash", ".ci/run"], cwd=ROOT, env=os.environ | {"PATH": search})
    assert run.returncode == 3


def test_make_knows_every_command_of_the_readme():
    commands = re.findall(r"^    make (\w+)", (ROOT / "README.md").read_text(), re.M)
    assert {"report", "test", "lab", "notebooks", "data"} <= set(commands)
    for command in commands:
        plan = subprocess.run(["make", "-n", command], cwd=ROOT, capture_output=True, text=True)
        assert plan.returncode == 0, plan.stderr
        assert plan.stdout.strip()


def test_make_test_runs_the_chapters_here_and_under_the_oldest_processor():
    plan = subprocess.check_output(["make", "-n", "test"], cwd=ROOT, text=True)
    modules = re.findall(r"-m (pytest|tests\.\w+)", plan)
    assert modules == ["pytest", "tests.branches", "pytest", "tests.profiles"]
    assert "--cov" in plan
    assert "--nbval " in plan
    assert "--oldest" in plan


def measured(taken, of, missing=()):
    files = {"analysis/made.py": {"missing_branches": missing}}
    return {"totals": {"covered_branches": taken, "num_branches": of}, "files": files}


@pytest.mark.parametrize(
    ("taken", "of", "enough"),
    [(95, 100, True), (94, 100, False), (1899, 2000, False), (0, 0, False)],
)
def test_branches_are_counted_without_rounding_up(taken, of, enough):
    assert check_branches(measured(taken, of))[0] is enough


def test_a_branch_that_no_test_takes_is_named():
    _, text = check_branches(measured(1, 3, [[7, 9], [7, -1]]))
    assert text.splitlines()[1:] == [
        "  analysis/made.py: no test goes from line 7 to 9",
        "  analysis/made.py: no test goes from line 7 to the end",
    ]


def mutated(**counted):
    none = dict.fromkeys(("killed", "survived", "timeout", "segfault", "suspicious", "no_tests"), 0)
    return none | {"total": 1000} | counted


@pytest.mark.parametrize(
    ("counted", "enough"),
    [
        ({"killed": 90, "survived": 10}, True),
        ({"killed": 899, "survived": 101}, False),
        ({"killed": 85, "timeout": 4, "segfault": 1, "survived": 10}, True),
        ({"killed": 89, "survived": 10, "no_tests": 1}, False),
        ({"killed": 89, "survived": 10, "suspicious": 1}, False),
        ({}, False),
    ],
)
def test_mutants_that_no_test_notices_are_held_against_their_most(counted, enough):
    found, text = check_mutants(mutated(**counted))
    assert found is enough
    assert f"{1000 - sum(counted.values()):,} not run" in text or sum(counted.values()) == 1000
