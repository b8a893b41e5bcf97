"""What a process sees of the profile it runs under: ``python -m tests.look`` prints it as JSON.

It stands alone, so that a kernel can look without loading what reads chapters.
"""

import ctypes
import hashlib
import json
import locale
import math
import struct
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import scipy
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__


def look() -> dict[str, Any]:
    """Return what this process sees of its profile."""
    locale.setlocale(locale.LC_ALL, "")
    built_with = np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]
    blas = [found for package in (np, scipy) for found in look_at_openblas(package)]
    return {
        "blas": sorted({core for core, _ in blas}) or [built_with],
        "threads": sorted({threads for _, threads in blas}),
        "numpy": [name for name in __cpu_dispatch__ if __cpu_features__[name]],
        "arrow": pyarrow.runtime_info().simd_level,
        "libm": fingerprint_libm(),
        "seed": hash("satisfaction"),
        "zone": time.strftime("%z", time.localtime(1_500_000_000)),
        "decimal point": locale.localeconv()["decimal_point"],
    }


def look_at_openblas(package: Any) -> list[tuple[str, str]]:
    """Return kernel and threads of each OpenBLAS in a package, none where it has another BLAS."""
    home = Path(package.__file__).parent
    found = []
    for path in (*home.parent.glob(f"{home.name}.libs/*blas*"), *home.glob(".dylibs/*blas*")):
        library = ctypes.CDLL(str(path))
        end = "64_" if hasattr(library, "scipy_openblas_get_corename64_") else ""
        core = getattr(library, f"scipy_openblas_get_corename{end}")
        core.restype = ctypes.c_char_p
        threads = getattr(library, f"scipy_openblas_get_num_threads{end}")
        found.append((core().decode().lower(), str(threads())))
    return found


def fingerprint_libm() -> str:
    """Return six hex digits of many values of exp, cos and pow, to the last bit."""
    grid = [0.001 + 0.00713 * i for i in range(4000)]
    values = [f(x) for x in grid for f in (math.exp, math.cos, lambda x: x**1.7)]
    return hashlib.sha256(struct.pack(f"<{len(values)}d", *values)).hexdigest()[:6]


if __name__ == "__main__":
    print(json.dumps(look()))
