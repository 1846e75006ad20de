# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The man page says what the program says."""
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from daemon import PROGRAM

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "cadcast.1"


def test_options_are_those_of_help():
    made = subprocess.run(
        [sys.executable, ROOT / "tools" / "make-man", "--check", PROGRAM],
        check=False,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr


def test_every_variable_is_on_the_page():
    shown = subprocess.run([PROGRAM, "--help", "all"], check=True, capture_output=True, text=True).stdout
    variables = set(re.findall(r"CADCAST_[A-Z0-9_]+", shown))
    assert len(variables) > 60
    assert variables <= set(re.findall(r"CADCAST_[A-Z0-9_]+", PAGE.read_text(encoding="utf-8")))


def test_every_command_is_on_the_page():
    shown = subprocess.run([PROGRAM, "--help", "all"], check=True, capture_output=True, text=True).stdout
    commands = re.findall(r"^  ([a-z][a-z-]+)", shown, re.MULTILINE)
    assert {"serve", "start", "stop", "restart", "status", "logs"} <= set(commands)
    page = PAGE.read_text(encoding="utf-8").replace("\\-", "-")
    entries = page[page.index(".SH COMMANDS"):page.index(".SH OPTIONS")]
    for command in commands:
        assert re.search(rf"^\.TP\n\.\w+ .*\b{command}\b", entries, re.MULTILINE), command


def test_page_renders():
    if shutil.which("man") is None:
        pytest.skip("man is not installed")
    shown = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", PAGE],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "MANWIDTH": "80", "LC_ALL": "C.UTF-8"},
    )
    assert shown.returncode == 0
    assert shown.stderr == ""
    assert "--max-message BYTES" in shown.stdout
