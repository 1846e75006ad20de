# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The tools by themselves: those that judge a test run, and what each says if something is missing."""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.bare("starts no daemon")


def junit(path, **results):
    """A JUnit file with a test for each name: "passed", "failed" or "skipped"."""
    inner = {"passed": "", "failed": "<failure/>", "skipped": "<skipped/>"}
    cases = "".join(f'<testcase classname="t" name="{name}">{inner[result]}</testcase>' for name, result in results.items())
    path.write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>", encoding="utf-8")
    return path


def count(*arguments):
    run = subprocess.run([sys.executable, ROOT / "tools" / "count-junit", *map(str, arguments)],
                         capture_output=True, text=True, check=True)
    return run.stdout.split(), run.stderr


def test_a_run_that_fails_without_a_failed_test_counts_as_one_failure(tmp_path):
    assert count(junit(tmp_path / "a", one="passed", two="skipped"), 2)[0] == ["1", "1", "1"]
    assert count(tmp_path / "missing", 0)[0] == ["0", "1", "0"]


@pytest.fixture
def runs(tmp_path):
    """What failed in a run of four tests, and what of that failed once more."""
    first = junit(tmp_path / "a", one="passed", two="failed", **{"three[x]": "failed"}, four="failed")
    second = junit(tmp_path / "b", two="passed", **{"three[x]": "passed"}, four="failed")
    return [first, 1, "--again", second, 1]


def test_a_test_that_passes_only_alone_is_named(runs):
    counted, said = count(*runs)
    assert counted == ["3", "1", "0"]
    assert "UNSTEADY: t::two passed only when run alone" in said


def test_a_test_that_passes_only_alone_fails_ci_unless_it_is_listed(runs, tmp_path):
    listed = tmp_path / "list"
    listed.write_text("# a list\nt::three starves beside two others\n", encoding="utf-8")
    counted, said = count(*runs, "--unsteady", listed, "--strict")
    assert counted == ["2", "2", "0"]
    assert "t::three[x] passed only when run alone, as is known" in said


def test_a_listed_test_has_a_reason(runs, tmp_path):
    listed = tmp_path / "list"
    listed.write_text("t::three\n", encoding="utf-8")
    with pytest.raises(subprocess.CalledProcessError):
        count(*runs, "--unsteady", listed)


def test_the_list_of_unsteady_tests_can_be_read(runs):
    count(*runs, "--unsteady", ROOT / "tests" / "unsteady.txt", "--strict")


# -- what a tool needs and does not find

def ends_with_a_line(*command, **variables):
    """What the tool prints when it ends at once: one line, at most behind its usage."""
    run = subprocess.run([*map(str, command)], cwd=ROOT, env={**os.environ, **variables}, capture_output=True,
                         text=True, timeout=60, check=False)
    assert run.returncode not in (0, 2), run
    assert "Traceback" not in run.stdout + run.stderr, run.stderr
    lines = [line for line in run.stderr.splitlines() if not line.startswith("== ")]
    assert len(lines) == 1, run.stderr
    return lines[0]


@pytest.mark.parametrize("command", [
    ["tools/soak", "1", "{missing}", "--no-graphics"],
    ["tools/bench", "relay", "--program", "{missing}"],
    ["tools/bench", "relay", "--program", sys.executable, "--before", "{missing}"],
    ["tools/picture", "--program", "{missing}"],
    ["tools/make-man", "--check", "{missing}"],
], ids=lambda command: " ".join(command[:2]))
def test_a_tool_whose_program_is_not_built_says_so_in_one_line(tmp_path, command):
    missing = tmp_path / "cadcast"
    line = ends_with_a_line(*(word.format(missing=missing) for word in command))
    assert line.startswith(command[0].removeprefix("tools/") + ": ") and str(missing) in line


def test_check_measure_without_its_helper_says_so_in_one_line(tmp_path):
    missing = tmp_path / "cadcast-geometry"
    line = ends_with_a_line("tools/check-measure", CADCAST_GEOMETRY=str(missing))
    assert line.startswith(f"check-measure: {missing} is not there")


# -- clang-tidy

@pytest.fixture
def tidy(tmp_path):
    """Runs tools/tidy over one of our files with a script in the place of clang-tidy; its status and output."""
    source = ROOT / "src" / "base" / "error.c"
    commands = [{"directory": str(tmp_path), "file": str(source), "command": f"cc -c {source}"}]
    (tmp_path / "compile_commands.json").write_text(json.dumps(commands), encoding="utf-8")

    def run(script):
        for name in ("clang-tidy", "clang-tidy-14"):
            (tmp_path / name).write_text(f"#!/bin/sh\n[ $1 != --version ] || exit 0\n{script}\n", encoding="utf-8")
            (tmp_path / name).chmod(0o755)
        result = subprocess.run(
            [sys.executable, ROOT / "tools" / "tidy", "--all", tmp_path], capture_output=True, text=True, check=False,
            env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "CADCAST_CACHE": str(tmp_path / "cache")})
        return result.returncode, result.stdout

    return run


def test_a_file_at_which_clang_tidy_dies_is_named_with_the_way_it_died(tidy):
    status, said = tidy("kill -9 $$")
    assert status == 1 and "src/base/error.c: clang-tidy ended with signal 9" in said
    status, said = tidy("echo out of memory >&2; exit 3")
    assert status == 1 and "src/base/error.c: clang-tidy ended with status 3\nout of memory" in said


def test_a_file_without_a_finding_passes_clang_tidy(tidy):
    status, said = tidy("exit 0")
    assert status == 0 and "1 looked at, 0 with findings" in said


def test_a_finding_of_clang_tidy_is_shown(tidy):
    status, said = tidy("echo 'error.c:1:1: warning: odd [rule]'; exit 1")
    assert status == 1 and "warning: odd [rule]" in said and "ended with" not in said


def test_tidy_without_a_build_says_so_in_one_line(tmp_path):
    line = ends_with_a_line(sys.executable, "tools/tidy", tmp_path)
    assert line == f"tidy: {tmp_path / 'compile_commands.json'} is not there: tools/run --build-only makes that of build"
