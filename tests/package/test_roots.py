# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The wheel in bare roots of other distributions, by tools/check-wheel: installed with their pip, it
starts, shows what a real client sends, measures, draws, and leaves no file behind."""
import os
import subprocess

import pytest
from conftest import ROOT

CANNOT = 77


@pytest.mark.roots
@pytest.mark.timeout(900)
@pytest.mark.parametrize("suite", ["bullseye", "bookworm", "trixie", "jammy", "noble"])
def test_distribution(wheel, suite):
    if os.geteuid() != 0:
        pytest.skip("only root may change its root")
    checked = subprocess.run([ROOT / "tools" / "check-wheel", "--wheel", wheel, suite], capture_output=True, text=True, check=False)
    if checked.returncode == CANNOT:
        pytest.skip(f"a bare root cannot be had: {checked.stdout}")
    assert checked.returncode == 0, checked.stdout + checked.stderr
