"""Every chapter on every processor, thread count, hash seed, time zone and locale we can play.

A stored output that hangs on the last bits of a processor is stale on the next machine. So the
chapters run in environments that make this machine behave like others, and must give what is
stored. ``python -m tests.profiles --oldest`` plays the oldest processor only (part of ``make
test``), without it all are played (``make portable``).
"""

import argparse
import ctypes
import json
import locale
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from analysis.report import (
    NOTEBOOKS,
    ReportError,
    find_chapters,
    first_difference,
    read_chapters,
    run_chapters,
)

ROOT = Path(__file__).resolve().parents[1]
# OpenBLAS names its kernels after processors; the mathematical library of Linux has its own switch.
LEVELS = {
    "x86-64-v2": {"OPENBLAS_CORETYPE": "Nehalem", "off": ("X86_V3", "X86_V4", "AVX512")},
    "x86-64-v3": {"OPENBLAS_CORETYPE": "Haswell", "off": ("X86_V4", "AVX512")},
    "x86-64-v4": {"OPENBLAS_CORETYPE": "SkylakeX", "off": ()},
}
NEEDED = {"x86-64-v2": None, "x86-64-v3": "X86_V3", "x86-64-v4": "X86_V4"}
LIBM_OFF = "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F,-AVX2_Usable,-FMA_Usable"
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Profile:
    """An environment to run the chapters in, what it must show there, or why it cannot be."""

    name: str
    environment: dict[str, str] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)
    lacking: str = ""


def list_profiles() -> list[Profile]:
    """Return all profiles, the oldest processor first."""
    return [*list_processors(), *list_surroundings()]


def list_processors() -> list[Profile]:
    """Return the processors that this one can behave like."""
    features = [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]
    if platform.machine() not in ("x86_64", "AMD64"):
        old = {"NPY_DISABLE_CPU_FEATURES": " ".join(features)}
        blas = {} if sys.platform == "darwin" else {"OPENBLAS_CORETYPE": "ARMV8"}
        machine = f"{platform.machine()} without {', '.join(features) or 'anything'}"
        return [Profile(machine, old | blas | ONE_THREAD, {"numpy": ""})]
    profiles = []
    for name, level in LEVELS.items():
        off = [f for f in __cpu_dispatch__ if level["off"] and f.startswith(level["off"])]
        kept = [f for f in features if f not in off]
        environment = {"OPENBLAS_CORETYPE": level["OPENBLAS_CORETYPE"], **ONE_THREAD}
        if off:
            environment["NPY_DISABLE_CPU_FEATURES"] = " ".join(off)
        if name == "x86-64-v2":
            environment["GLIBC_TUNABLES"] = LIBM_OFF
        needed = NEEDED[name]
        lacking = f"the processor has no {needed}" if needed and needed not in features else ""
        expected = {"numpy": " ".join(kept)}
        if sys.platform == "linux":
            expected["blas"] = level["OPENBLAS_CORETYPE"]
        profiles.append(Profile(name, environment, expected, lacking))
    return profiles


def list_surroundings() -> list[Profile]:
    """Return thread counts, hash seeds, time zones and locales."""
    profiles = [
        Profile(f"{n} BLAS threads", {"OPENBLAS_NUM_THREADS": str(n)}, {"threads": str(n)})
        for n in (1, 2)
    ]
    profiles += [
        Profile(f"hash seed {seed}", {"PYTHONHASHSEED": seed} | ONE_THREAD, {"hash": seed})
        for seed in ("0", "4242")
    ]
    profiles += [
        Profile(f"time zone {zone}", {"TZ": zone} | ONE_THREAD, {"zone": offset})
        for zone, offset in (("Asia/Shanghai", "+0800"), ("America/Sao_Paulo", "-0300"))
    ]
    for name in ("C", "de_DE.UTF-8"):
        known = is_installed(name)
        lacking = "" if known else f"no locale {name}: localedef -i de_DE -f UTF-8 {name}"
        environment = {"LC_ALL": name} | ONE_THREAD
        profiles.append(Profile(f"locale {name}", environment, {"locale": name}, lacking))
    return profiles


def is_installed(name: str) -> bool:
    """Return whether this machine has a locale."""
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        return False
    finally:
        locale.setlocale(locale.LC_ALL, before)
    return True


def probe() -> dict[str, str]:
    """Return what this process shows of its profile: a profile without effect proves nothing."""
    locale.setlocale(locale.LC_ALL, "")
    enabled = [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]
    return {
        "numpy": " ".join(enabled),
        "blas": name_kernel(),
        "threads": os.environ.get("OPENBLAS_NUM_THREADS", ""),
        "hash": os.environ.get("PYTHONHASHSEED", ""),
        "zone": time.strftime("%z", time.localtime(1.5e9)),
        "locale": locale.setlocale(locale.LC_ALL),
    }


def name_kernel() -> str:
    """Return the name of the kernels that numpy's OpenBLAS uses, where it can be asked."""
    folder = Path(np.__file__).parents[1] / "numpy.libs"
    for path in sorted(folder.glob("*openblas*")):
        library = ctypes.CDLL(str(path))
        for prefix in ("scipy_", ""):
            for suffix in ("64_", ""):
                ask = getattr(library, f"{prefix}openblas_get_corename{suffix}", None)
                if ask is not None:
                    ask.restype = ctypes.c_char_p
                    return ask().decode()
    return ""


def play(notebooks: Path, workers: int) -> dict:
    """Run the chapters in this process's environment; return what differs from what is stored."""
    stored = read_chapters(find_chapters(notebooks))
    try:
        fresh = run_chapters(stored, workers=workers)
    except ReportError as error:
        return {"chapters": len(stored), "differences": [str(error)], "shows": probe()}
    found = {path.name: first_difference(stored[path], nb) for path, nb in fresh.items()}
    differences = [f"{name}, {what}" for name, what in found.items() if what]
    return {"chapters": len(stored), "differences": differences, "shows": probe()}


def play_apart(profile: Profile, notebooks: Path, workers: int) -> list[str]:
    """Run the chapters under a profile in a process of its own; return what is wrong."""
    command = [sys.executable, "-m", "tests.profiles", "--play", "--workers", str(workers)]
    done = subprocess.run(
        [*command, "--notebooks", str(notebooks)],
        cwd=ROOT,
        env=os.environ | profile.environment,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        return [f"the run stopped with exit code {done.returncode}"]
    result = json.loads(done.stdout.splitlines()[-1])
    wrong = [
        f"expected the profile to show {what} {wanted!r}, found {result['shows'][what]!r}"
        for what, wanted in profile.expected.items()
        if result["shows"][what].lower() != wanted.lower()
    ]
    return wrong + result["differences"]


def report(profiles: list[Profile], notebooks: Path, workers: int) -> int:
    """Play the profiles, print a table, and return the exit code: 1 if one is red."""
    rows, red = [], []
    for profile in profiles:
        if profile.lacking:
            required = os.environ.get("CI") == "true" and "locale" in profile.name
            rows.append((profile.name, "RED" if required else "not here", profile.lacking))
            red += [profile.name] if required else []
            continue
        start = time.monotonic()
        wrong = play_apart(profile, notebooks, workers)
        seconds = f"{time.monotonic() - start:.0f} s"
        rows.append((profile.name, "RED" if wrong else "green", wrong[0] if wrong else seconds))
        red += [profile.name] if wrong else []
    width = max(len(name) for name, _, _ in rows)
    print(f"\n{'profile':<{width}}  result    every chapter gives what is stored")
    for name, result, what in rows:
        print(f"{name:<{width}}  {result:<8}  {what}")
    return 1 if red else 0


def main(arguments: list[str] | None = None) -> int:
    """Play all profiles, the oldest only, or (inside) the one of this process."""
    parser = argparse.ArgumentParser(prog="python -m tests.profiles")
    parser.add_argument("--oldest", action="store_true", help="only the oldest processor")
    parser.add_argument("--play", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--notebooks", type=Path, default=NOTEBOOKS, help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, default=2, help="chapters run at a time (2)")
    options = parser.parse_args(arguments)
    if options.play:
        print(json.dumps(play(options.notebooks, options.workers)))
        return 0
    profiles = list_processors()[:1] if options.oldest else list_profiles()
    return report(profiles, options.notebooks, options.workers)


if __name__ == "__main__":
    sys.exit(main())
