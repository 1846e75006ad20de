# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Models that a script makes with the packages of a virtual environment, once for all tests of a module."""
import subprocess

import pytest
from daemon import CACHE


def model_maker(tmp_path_factory, script, *options, timeout):
    """A function that makes an environment's models, once, and says where they are."""
    folders = {}

    def make(environment):
        python = CACHE / environment / "bin" / "python"
        if not python.exists():
            pytest.skip(f"the virtual environment {environment} is not set up (tools/setup)")
        if environment not in folders:
            folder = tmp_path_factory.mktemp(environment)
            subprocess.run([python, script, folder, *options], check=True, timeout=timeout, stdout=subprocess.DEVNULL)
            folders[environment] = folder
        return folders[environment]

    return make
