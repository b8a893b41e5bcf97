"""A chapter that hangs on the machine is found out, and a profile that does nothing is too."""

import json
import subprocess
import sys
from itertools import combinations, product

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tests import profiles
from tests.profiles import ROOT, Missing, Profile, find_levels, find_locale, make_profiles, play

# What a kernel sees on four kinds of machine.
MACHINES = {
    "new x86-64": ("x86_64", ["X86_V3", "X86_V4", "AVX512_ICL"], ["1"]),
    "old x86-64": ("x86_64", [], ["1"]),
    "arm64 Linux": ("aarch64", ["ASIMDHP", "SVE"], ["1"]),
    "macOS": ("arm64", ["ASIMDHP"], []),
}
LEVELS = ("x86-64-v2", "x86-64-v3", "x86-64-v4")
SETTINGS = (("1", "2"), ("0", "4242"), ("Asia/Shanghai", "America/Sao_Paulo"), ("C", "de_DE.UTF-8"))
GREEN = {
    "chapters": 9,
    "seconds": 40,
    "seen": {"blas": ["haswell"], "numpy": [], "libm": "a"},
    "reds": [],
}


def levels_of(name):
    machine, features, threads = MACHINES[name]
    return find_levels(machine, {"numpy": features, "threads": threads, "libm": "a"})


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """Return a folder with two chapters: one tells the time zone, one is the same everywhere."""
    folder = tmp_path_factory.mktemp("chapters")
    for number, source, shown in (
        (1, "import time; print(time.tzname[0])", "UTC"),
        (2, "6 * 7", ""),
    ):
        output = [new_output("stream", name="stdout", text=f"{shown}\n")] if shown else []
        if not shown:
            output = [new_output("execute_result", {"text/plain": "42"}, execution_count=1)]
        cell = new_code_cell(source, execution_count=1, outputs=output)
        nbformat.write(new_notebook(cells=[cell]), folder / f"{number:02}_toy.ipynb")
    return folder


def test_a_chapter_that_hangs_on_the_profile_is_red_and_named(shelf):
    played = play(Profile(("east",), {"TZ": "XST-1"}, {"zone": "+0100"}), notebooks=shelf)
    assert played["chapters"] == 2
    (red,) = played["reds"]
    assert red.startswith("01_toy.ipynb, cell 1, In [1]")
    assert "stored  stdout: UTC" in red
    assert "fresh   stdout: XST" in red


def test_a_profile_without_effect_is_red(shelf):
    nothing = Profile(("nothing",), {"TZ": "UTC", "LC_ALL": "C"}, {"zone": "+0100"})
    nothing = Profile(nothing.names, nothing.variables, nothing.seen, {"decimal point": "."})
    assert play(nothing, notebooks=shelf)["reds"] == [
        "no effect: expected zone '+0100', a kernel saw '+0000'",
        "no effect: decimal point is '.' as without the profile",
    ]


def test_a_chapter_that_stops_is_red(tmp_path):
    nbformat.write(new_notebook(cells=[new_code_cell("1 / 0")]), tmp_path / "01_toy.ipynb")
    (red,) = play(Profile(("any",)), notebooks=tmp_path)["reds"]
    assert "01_toy.ipynb, cell In [1] stopped with ZeroDivisionError" in red


@pytest.mark.parametrize("machine", MACHINES)
def test_all_that_was_asked_for_is_played_or_explained(machine):
    levels, missing = levels_of(machine)
    played = {name for p in make_profiles(levels, openblas=True) for name in p.names}
    explained = {name for lack in missing for name in lack.name.split(", ") if lack.why}
    for name in {*LEVELS, *(value for values in SETTINGS for value in values)}:
        assert (name in played) != (name in explained)


def test_every_two_values_meet_in_some_profile():
    levels, _ = levels_of("new x86-64")
    played = [p.names for p in make_profiles(levels, openblas=True)]
    for (i, some), (j, others) in combinations(enumerate(((*LEVELS, "as it is"), *SETTINGS)), 2):
        for pair in product(some, others):
            assert pair in {(names[i], names[j]) for names in played}


@pytest.mark.parametrize("machine", MACHINES)
def test_the_oldest_comes_first_and_needs_nothing_installed(machine):
    levels, _ = levels_of(machine)
    oldest = make_profiles(levels, openblas=True)[0]
    assert oldest.names[0] in ("x86-64-v2", "armv8.0")
    assert oldest.names[1] == "1"
    assert oldest.names[4] == "C"
    closed = oldest.variables["NPY_DISABLE_CPU_FEATURES"].split()
    assert closed == MACHINES[machine][1]
    assert ("OPENBLAS_CORETYPE" in oldest.variables) == (machine != "macOS")


def test_the_oldest_is_really_older_than_this_processor(tmp_path):
    found, _ = profiles.find_profiles(tmp_path)
    oldest, newest = (look_under(profile) for profile in (found[0], found[-1]))
    if not newest["numpy"]:
        pytest.skip("numpy dispatches to nothing newer on this processor")
    assert oldest["numpy"] == []
    if newest["threads"]:
        assert oldest["blas"] != newest["blas"]
    if found[0].unseen:
        assert oldest["libm"] != newest["libm"]


def look_under(profile):
    command = [sys.executable, "-m", "tests.look"]
    environment = profiles.surroundings(profile.variables)
    return json.loads(subprocess.check_output(command, env=environment, cwd=ROOT))


def test_an_unknown_locale_is_not_found(tmp_path):
    assert find_locale("xx_XX.UTF-8", tmp_path) is None


@pytest.mark.parametrize(
    ("wanted", "ci", "code"), [(True, "true", 1), (True, "", 0), (False, "true", 0)]
)
def test_what_cannot_be_played_is_told_and_red_in_ci_only(monkeypatch, capsys, wanted, ci, code):
    monkeypatch.setattr(profiles, "play", lambda *_, **__: GREEN)
    monkeypatch.setenv("CI", ci)
    lack = Missing("de_DE.UTF-8", "install it", wanted=wanted)
    assert profiles.tell([Profile(("x",))], [lack], notebooks=None, workers=2) == code
    *table, last = capsys.readouterr().out.splitlines()
    assert last == f"{'red: ' * code}de_DE.UTF-8: not on this machine: install it"
    assert table[-1].split() == [
        "x",
        "haswell,",
        "numpy",
        "baseline,",
        "libm",
        "a",
        *["9", "40", "green"],
    ]


def test_one_red_chapter_turns_the_run_red(monkeypatch, capsys):
    monkeypatch.setattr(profiles, "play", lambda *_, **__: GREEN | {"reds": ["03 differs"]})
    red = Profile(("x",), {"TZ": "UTC", "LC_ALL": "C"})
    assert profiles.tell([red], [], notebooks=None, workers=2) == 1
    assert capsys.readouterr().out.endswith("red: x: 03 differs\nplayed with TZ=UTC LC_ALL=C\n")
