# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What pip installs: the wheel in dist/, or the one that CADCAST_OWN_WHEEL names, in virtual environments
of their own."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lib"))

from complete import pytest_runtest_makereport  # noqa: E402, F401
from daemon import environment, free_port  # noqa: E402

# Paths of a server that the wheel's files answer.
SERVED = ("viewer", "static/page.js", "static/vendor/three-cad-viewer.esm.js", "sessions", "static/icon.svg")


class Installed:
    """A virtual environment with the wheel in it, and a home of its own."""

    def __init__(self, folder, home, wheel, python=sys.executable):
        self.folder = Path(folder)
        self.home = Path(home)
        self.wheel = wheel
        # Another server may be running at the port that is everybody's.
        self.env = environment(home, CADCAST_PORT=free_port())
        if not (self.folder / "bin" / "python").exists():
            subprocess.run([python, "-m", "venv", self.folder], check=True, env=self.env)
        self.before = self.files()
        self.pip("install", "-q", "--no-index", "--no-deps", "--force-reinstall", wheel)
        self.program = self.folder / "bin" / "cadcast"

    def pip(self, *words):
        subprocess.run([self.folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", *map(str, words)],
                       check=True, env=self.env)

    def files(self):
        return {path for path in self.folder.rglob("*") if not path.is_dir() and "__pycache__" not in path.parts}

    def run(self, *words, check=True):
        """The program, in this home."""
        return subprocess.run([self.program, *map(str, words)], env=self.env, capture_output=True, text=True, check=check, timeout=60)

    def python(self, code, **more):
        """What the code prints."""
        result = subprocess.run([self.folder / "bin" / "python", "-c", code], env={**self.env, **more}, capture_output=True,
                                text=True, check=False, timeout=120, cwd=self.home)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout.strip()

    def stop_all(self):
        self.python("import cadcast\nwhile cadcast.stop(): pass")


@pytest.fixture(scope="session")
def wheel():
    named = os.environ.get("CADCAST_OWN_WHEEL")
    found = [Path(named)] if named else sorted((ROOT / "dist").glob(f"cadcast-*manylinux*_{os.uname().machine}.whl"))
    if not found:
        pytest.skip("there is no wheel in dist/: run tools/make-wheel")
    return found[-1]


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    made = Installed(folder / "venv", folder / "home", wheel)
    yield made
    made.stop_all()
