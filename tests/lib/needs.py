# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What a tool needs of the machine: it is there, or one line says what is missing and where it comes
from."""
import importlib.util
import os
import sys
from pathlib import Path

from daemon import CACHE

PYTHON = CACHE / "clients" / "bin" / "python"


def stop(text):
    """Ends the tool with that line."""
    sys.exit(f"{Path(sys.argv[0]).name}: {text}")


def program(path, hint="tools/run --build-only makes it"):
    """That program, as a path."""
    if not Path(path).is_file():
        stop(f"{path} is not there: {hint}")
    return Path(path)


def clients():
    """Goes on in the Python that has the packages of the tests, if it is there."""
    if Path(sys.executable) != PYTHON and PYTHON.is_file():
        os.execv(PYTHON, [str(PYTHON), *sys.argv])


def packages(*names):
    """Those packages are installed in this Python."""
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        stop(f"{sys.executable} has no {', '.join(missing)}: tools/test makes a Python that has, {PYTHON}")
