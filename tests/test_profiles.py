"""A chapter that hangs on its surroundings is found and named; a profile must have an effect."""

import json
import os

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output, writes

from tests import profiles
from tests.check_coverage import check
from tests.profiles import Profile


def write_chapter(folder, source, shown):
    output = new_output("stream", name="stdout", text=shown)
    cell = new_code_cell(source, execution_count=1, outputs=[output])
    (folder / "01_toy.ipynb").write_text(writes(new_notebook(cells=[cell])), encoding="utf-8")
    return folder


ASK = "import os\nprint(os.environ.get('TZ', 'none'))"


def test_a_chapter_that_tells_its_surroundings_is_red_and_named(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("TZ", raising=False)
    notebooks = write_chapter(tmp_path, ASK, "none\n")
    here, there = Profile("here"), Profile("there", {"TZ": "Asia/Shanghai"}, {"zone": "+0800"})
    assert profiles.report([here, there], notebooks, workers=1) == 1
    table = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in table[2:4]] == [["here", "green"], ["there", "RED"]]
    assert "01_toy.ipynb, cell 1, In [1]" in table[3]


def test_a_profile_without_effect_is_red(tmp_path, capsys):
    notebooks = write_chapter(tmp_path, "print(1)", "1\n")
    idle = Profile("idle", {}, {"blas": "no such kernel"})
    assert profiles.report([idle], notebooks, workers=1) == 1
    assert "expected the profile to show blas 'no such kernel', found" in capsys.readouterr().out


def test_a_chapter_that_stops_is_red(tmp_path, capsys):
    notebooks = write_chapter(tmp_path, "1 / 0", "1\n")
    assert profiles.report([Profile("here")], notebooks, workers=1) == 1
    assert "stopped with ZeroDivisionError" in capsys.readouterr().out


def test_what_cannot_be_played_is_said_and_red_only_where_it_must_be_there(capsys, monkeypatch):
    lacking = [
        Profile("x86-64-v4", lacking="the processor has no X86_V4"),
        Profile("locale de_DE.UTF-8", lacking="no locale de_DE.UTF-8"),
    ]
    monkeypatch.setenv("CI", "")
    assert profiles.report(lacking, None, workers=1) == 0
    assert "not here  the processor has no X86_V4" in capsys.readouterr().out
    monkeypatch.setenv("CI", "true")
    assert profiles.report(lacking, None, workers=1) == 1
    shown = capsys.readouterr().out
    assert "RED       no locale de_DE.UTF-8" in shown
    assert "not here  the processor" in shown


def test_every_surrounding_of_the_promise_is_played():
    found = {profile.name for profile in profiles.list_profiles()}
    assert {
        *("1 BLAS threads", "2 BLAS threads", "hash seed 0", "hash seed 4242"),
        *("time zone Asia/Shanghai", "time zone America/Sao_Paulo"),
        *("locale C", "locale de_DE.UTF-8"),
    } <= found


def test_processors_are_listed_from_the_oldest(monkeypatch):
    monkeypatch.setattr(profiles.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(profiles, "__cpu_dispatch__", ["X86_V3", "X86_V4", "AVX512_ICL"])
    monkeypatch.setattr(profiles, "__cpu_features__", {"X86_V3": True, "X86_V4": False})
    two, three, four = profiles.list_processors()
    assert two.environment["NPY_DISABLE_CPU_FEATURES"] == "X86_V3 X86_V4 AVX512_ICL"
    assert (two.expected["numpy"], three.expected["numpy"]) == ("", "X86_V3")
    assert (two.lacking, three.lacking) == ("", "")
    assert four.lacking == "the processor has no X86_V4"


def test_another_architecture_gives_up_what_its_processor_adds(monkeypatch):
    monkeypatch.setattr(profiles.platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(profiles.sys, "platform", "linux")
    monkeypatch.setattr(profiles, "__cpu_dispatch__", ["ASIMDHP", "SVE"])
    monkeypatch.setattr(profiles, "__cpu_features__", {"ASIMDHP": True, "SVE": False})
    (oldest,) = profiles.list_processors()
    assert oldest.environment["NPY_DISABLE_CPU_FEATURES"] == "ASIMDHP"
    assert oldest.environment["OPENBLAS_CORETYPE"] == "ARMV8"


def test_the_probe_sees_this_process():
    shown = profiles.probe()
    assert shown["threads"] == os.environ.get("OPENBLAS_NUM_THREADS", "")
    assert json.loads(json.dumps(shown)) == shown


@pytest.mark.parametrize(("taken", "enough"), [(95, True), (94, False)])
def test_the_share_of_branches_is_held_against_its_least(taken, enough):
    summary = {"num_branches": 100, "covered_branches": taken}
    report = {"totals": summary, "files": {"analysis/x.py": {"summary": summary}}}
    found, sentence = check(report)
    assert found is enough
    assert f"{taken}.0% of 100" in sentence
    assert f"most missed: analysis/x.py {100 - taken}" in sentence
