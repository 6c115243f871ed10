"""The compiled kernel: beside this file in a Bento, otherwise compiled once where there is a C compiler."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from credit.home import cache_folder

SOURCE = Path(__file__).with_name("kernel.c")
FLAGS = ("-O3", "-fPIC", "-shared", "-std=gnu11")


def kernel_name() -> str:
    """The library's file name: of this source, on this kind of machine."""
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:12]
    return f"kernel-{digest}-{sys.platform}-{platform.machine()}.so"


@cache
def load_kernel() -> ctypes.CDLL | None:
    """The kernel, None where it is neither at hand nor to be compiled."""
    for folder in (SOURCE.parent, cache_folder()):
        if (folder / kernel_name()).is_file():
            return _opened(folder / kernel_name())
    return _opened(cache_folder() / kernel_name()) if compile_kernel(cache_folder()) else None


def compile_kernel(folder: Path) -> bool:
    """Compile the kernel into `folder`; whether that went well."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        fresh = Path(scratch) / "kernel.so"
        command = [compiler, *FLAGS, "-o", str(fresh), str(SOURCE)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            return False
        fresh.replace(folder / kernel_name())
    return True


def _opened(path: Path) -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(str(path))
    except OSError:
        return None
