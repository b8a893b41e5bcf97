"""Every chapter under other processors, threads, hash seeds, time zones and locales.

``python -m tests.profiles`` plays all profiles of this machine, ``--oldest`` the oldest alone, and
prints a table. A profile is a set of environment variables. A cell that runs beside the chapters
tells what a kernel saw of them, so that a profile without effect is red.
"""

import argparse
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import zoneinfo
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from nbformat.v4 import new_code_cell, new_notebook

from analysis.report import (
    NOTEBOOKS,
    ROOT,
    ReportError,
    find_chapters,
    first_difference,
    read_chapters,
    run_chapters,
)

Seen = dict[str, Any]

# A level of processor: its BLAS kernel, Arrow's widest instructions, what numpy may dispatch to.
LEVELS = {
    "x86_64": {
        "x86-64-v2": ("nehalem", "none", []),
        "x86-64-v3": ("haswell", "avx2", ["X86_V3"]),
        "x86-64-v4": ("skylakex", "avx512", ["X86_V3", "X86_V4"]),
    },
    "arm64": {"armv8.0": ("armv8", "", [])},
}
LEVELS["aarch64"] = LEVELS["arm64"]
NATIVE = "as it is"
# glibc has two of exp, pow, cos and others, one for processors with fused multiply-add.
NO_FMA = "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4"
THREADS = ("1", "2")
SEEDS = {"0": -9023161222015077327, "4242": -9102832474964764270}  # hash("satisfaction")
ZONES = {"Asia/Shanghai": "+0800", "America/Sao_Paulo": "-0300"}
DECIMAL_POINTS = {"C": ".", "de_DE.UTF-8": ","}
HEAD = ("processor", "threads", "seed", "time zone", "locale", "seen", "chapters", "seconds", "")


@dataclass(frozen=True)
class Profile:
    """Names of what is played, the variables that play it, and what a kernel must (not) see."""

    names: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    seen: Mapping[str, Any] = field(default_factory=dict)
    unseen: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Missing:
    """What this machine cannot play, and why; `wanted` if CI must be able to."""

    name: str
    why: str
    wanted: bool


# What there is to play ------------------------------------------------------------------------


def find_levels(machine: str, native: Seen) -> tuple[list[Profile], list[Missing]]:
    """Return the processors that this one can play, the oldest first, and those it cannot."""
    levels, missing = [], []
    for name, (core, arrow, allowed) in LEVELS.get(machine, {}).items():
        if lacks := [feature for feature in allowed if feature not in native["numpy"]]:
            why = f"numpy finds no {lacks[-1]} here; run it on a processor that has it"
            missing.append(Missing(name, why, wanted=False))
        else:
            levels.append(play_level(name, core, arrow, allowed, native))
    for other in ("x86_64", "arm64"):
        if LEVELS[other] != LEVELS.get(machine):
            why = f"this processor is {machine}; the workflow has a machine of each kind"
            missing.append(Missing(", ".join(LEVELS[other]), why, wanted=False))
    return [*levels, Profile((NATIVE,))], missing


def play_level(name: str, core: str, arrow: str, allowed: Collection[str], native: Seen) -> Profile:
    """Return the variables that make the libraries take this processor for an older one."""
    closed = [feature for feature in native["numpy"] if feature not in allowed]
    variables = {"NPY_DISABLE_CPU_FEATURES": " ".join(closed)}
    seen, unseen = {"numpy": allowed}, {}
    if native["threads"]:  # there is an OpenBLAS; Accelerate cannot be told
        variables["OPENBLAS_CORETYPE"] = core
        seen["blas"] = [core]
    if arrow:
        variables["ARROW_USER_SIMD_LEVEL"] = arrow.upper()
        seen["arrow"] = arrow
    if "X86_V3" in closed and platform.libc_ver()[0] == "glibc":
        variables["GLIBC_TUNABLES"] = NO_FMA
        unseen = {"libm": native["libm"]}
    return Profile((name,), variables, seen, unseen)


def make_profiles(
    levels: Sequence[Profile],
    *,
    openblas: bool,
    threads: Sequence[str] = THREADS,
    zones: Sequence[str] = tuple(ZONES),
    locales: Sequence[str] = tuple(DECIMAL_POINTS),
    locale_path: str = "",
) -> list[Profile]:
    """Return two profiles a level, the second opposite to the first in all but the processor.

    The oldest level first has one thread, no other locale, and the first seed and zone. Level 1
    turns the seeds, level 2 the zones, level 3 (or else all the others) the locales, so that from
    three levels on every two values of two settings meet in some profile.
    """

    def choose(values: Sequence[str], turn: bool) -> str:
        return values[turn and len(values) > 1]

    profiles = []
    for i, level in enumerate(levels):
        for turn in (False, True):
            number = choose(threads, turn)
            seed = choose(tuple(SEEDS), turn != (i == 1))
            zone = choose(zones, turn != (i == 2))
            tongue = choose(locales, turn != (i > 0))
            variables = {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": tongue}
            variables |= {"OPENBLAS_NUM_THREADS": number, "VECLIB_MAXIMUM_THREADS": number}
            seen = {"seed": SEEDS[seed], "decimal point": DECIMAL_POINTS[tongue]}
            seen |= {"zone": ZONES[zone]} if zone in ZONES else {}
            seen |= {"threads": [number]} if openblas else {}
            variables |= {"LOCPATH": locale_path} if locale_path and tongue != "C" else {}
            profiles.append(
                Profile(
                    (*level.names, number, seed, zone, tongue),
                    variables | level.variables,
                    seen | level.seen,
                    level.unseen,
                )
            )
    return profiles


def count_cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def find_locale(name: str, folder: Path) -> str | None:
    """Return the LOCPATH under which a locale is spoken ("" for none), or None.

    Where the system does not have it but has its source (Debian's package `locales`), the locale
    is made in `folder`.
    """
    speak = f"import locale; locale.setlocale(locale.LC_ALL, {name!r})\n"
    speak += f"assert locale.localeconv()['decimal_point'] == {DECIMAL_POINTS.get(name, '.')!r}"

    def is_spoken(variables: Mapping[str, str]) -> bool:
        command = [sys.executable, "-c", speak]
        return not subprocess.run(
            command, env=os.environ | variables, capture_output=True
        ).returncode

    if is_spoken({}):
        return ""
    if shutil.which("localedef"):
        language, encoding = name.split(".")
        make = ["localedef", "-i", language, "-f", encoding, str(folder / name)]
        subprocess.run(make, capture_output=True, check=False)
    return str(folder) if is_spoken({"LOCPATH": str(folder)}) else None


def find_profiles(folder: Path) -> tuple[list[Profile], list[Missing]]:
    """Return the profiles of this machine and what it cannot play; `folder` is for a locale."""
    command = [sys.executable, "-m", "tests.look"]
    native = json.loads(subprocess.check_output(command, env=surroundings({}), cwd=ROOT))
    levels, missing = find_levels(platform.machine(), native)
    german = list(DECIMAL_POINTS)[-1]
    if (locale_path := find_locale(german, folder)) is None:
        why = "install it (Debian: locales, Fedora: glibc-langpack-de)"
        missing.append(Missing(german, why, wanted=True))
    zones = [zone for zone in ZONES if any(Path(p, zone).exists() for p in zoneinfo.TZPATH)]
    for zone in ZONES.keys() - zones:
        missing.append(Missing(zone, "install tzdata", wanted=True))
    if count_cores() < 2:
        missing.append(Missing("two BLAS threads", "this machine has one core", wanted=False))
    profiles = make_profiles(
        levels,
        openblas=bool(native["threads"]),
        threads=THREADS[: count_cores()],
        zones=zones or ["UTC"],
        locales=list(DECIMAL_POINTS)[: 1 if locale_path is None else 2],
        locale_path=locale_path or "",
    )
    return profiles, missing


# Playing --------------------------------------------------------------------------------------


def surroundings(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a run: this one, without what plays another processor."""
    left_out = {"NPY_DISABLE_CPU_FEATURES", "ARROW_USER_SIMD_LEVEL", "GLIBC_TUNABLES"}
    kept = {name: text for name, text in os.environ.items() if name not in left_out}
    path = os.pathsep.join([str(ROOT), *filter(None, [kept.get("PYTHONPATH")])])
    return kept | variables | {"PYTHONPATH": path}


def play(profile: Profile, *, notebooks: Path = NOTEBOOKS, workers: int = 2) -> dict[str, Any]:
    """Run the chapters, and beside them a look at the profile, in kernels of its environment.

    Returns
    -------
    dict
        ``chapters``, how many ran; ``seconds``; ``seen``, what a kernel saw of the profile; and
        ``reds``, a text for each chapter that prints something else than is stored and for each
        part of the profile that had no effect.
    """
    stored = dict(read_chapters(find_chapters(notebooks)))
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder, "look.ipynb")
        source = "import json\nfrom tests.look import look\nprint(json.dumps(look()))"
        both = stored | {probe: new_notebook(cells=[new_code_cell(source)])}
        try:
            with patch.dict(os.environ, surroundings(profile.variables), clear=True):
                fresh = dict(run_chapters(both, workers=workers))
        except ReportError as error:
            return {"chapters": 0, "seconds": 0, "seen": {}, "reds": [str(error)]}
    seconds = round(time.perf_counter() - started)
    outputs = fresh.pop(probe).cells[0].outputs
    seen = json.loads(next(output.text for output in outputs if output.name == "stdout"))
    differences = {path: first_difference(stored[path], fresh[path]) for path in stored}
    reds = [f"{path.name}, {text}" for path, text in differences.items() if text]
    reds += find_no_effect(profile, seen)
    return {"chapters": len(fresh), "seconds": seconds, "seen": seen, "reds": reds}


def find_no_effect(profile: Profile, seen: Seen) -> list[str]:
    """Return a text for each part of a profile that a kernel did not see."""
    return [
        f"no effect: expected {name} {text!r}, a kernel saw {seen[name]!r}"
        for name, text in profile.seen.items()
        if seen[name] != text
    ] + [
        f"no effect: {name} is {text!r} as without the profile"
        for name, text in profile.unseen.items()
        if seen[name] == text
    ]


# The table ------------------------------------------------------------------------------------


def describe(profile: Profile, played: Mapping[str, Any]) -> list[str]:
    """Return the cells of a row."""
    seen = played["seen"]
    features = "+".join(seen["numpy"]) or "baseline" if seen else ""
    saw = f"{'+'.join(seen['blas'])}, numpy {features}, libm {seen['libm']}" if seen else "nothing"
    names = (*profile.names, *[""] * 4)[:5]
    colour = "red" if played["reds"] else "green"
    return [*names, saw, str(played["chapters"]), str(played["seconds"]), colour]


def lay_out(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of cells as lines with aligned columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the profiles, print the table, and return 1 if any is red."""
    parser = argparse.ArgumentParser(prog="python -m tests.profiles", description=__doc__)
    parser.add_argument("--oldest", action="store_true", help="only the oldest processor")
    parser.add_argument("--workers", type=int, default=2, help="chapters run at a time (2)")
    parser.add_argument("--notebooks", type=Path, default=NOTEBOOKS, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        profiles, missing = find_profiles(Path(folder))
        if options.oldest:
            profiles, missing = profiles[:1], []
        return tell(profiles, missing, notebooks=options.notebooks, workers=options.workers)


def tell(
    profiles: Sequence[Profile], missing: Sequence[Missing], *, notebooks: Path, workers: int
) -> int:
    """Play the profiles, print what came of each, and return 1 if any is red."""
    rows, notes = [HEAD], []
    for number, profile in enumerate(profiles, start=1):
        print(f"{number} of {len(profiles)}: {', '.join(profile.names)}", file=sys.stderr)
        played = play(profile, notebooks=notebooks, workers=workers)
        rows.append(describe(profile, played))
        notes += [f"red: {', '.join(profile.names)}: {red}" for red in played["reds"]]
        if played["reds"]:
            notes.append(
                "played with " + shlex.join(f"{k}={v}" for k, v in profile.variables.items())
            )
    for lack in missing:
        red = "red: " if lack.wanted and os.environ.get("CI") == "true" else ""
        notes.append(f"{red}{lack.name}: not on this machine: {lack.why}")
    print("\n".join([lay_out(rows), *notes]))
    return int(any(note.startswith("red: ") for note in notes))


if __name__ == "__main__":
    sys.exit(main())
