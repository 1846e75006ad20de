# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""A STEP file that two processes repair: what comes of it if one of them fails, and that none is left."""
import os
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from daemon import wait_until
from importing import IMPORTER, SANITIZED, Import, import_folder, run_import
from measure_helper import ROOT
from slow import PATIENCE, SLOW

pytestmark = [
    pytest.mark.skipif(not IMPORTER.is_file(), reason="built without OCCT's data exchange"),
    pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one processor: nothing is shared"),
]
FILES = ROOT / "tests" / "data" / "import"
STEP = (FILES / "assembly.step").read_bytes()


def children_of(pid):
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def limit_of(pid, what):
    lines = Path(f"/proc/{pid}/limits").read_text(encoding="ascii").splitlines()
    return next(line for line in lines if line.startswith(what)).removeprefix(what).split()[0]


@contextmanager
def importer(*options):
    """(the process, which waits for its file; the process id of the one that helps it)."""
    with subprocess.Popen([IMPORTER, "--shared", "0", "--name", "a.step", *options], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        try:
            (helper,) = wait_until(lambda: children_of(process.pid), what="a second process")
            # From then on it ends with the first, even if it is stopped.
            wait_until(lambda: limit_of(helper, "Max open files") == "0", what="a second process without rights")
            yield process, helper
        finally:
            process.kill()


def result(process):
    output, _ = process.communicate(STEP, timeout=4 * PATIENCE * SLOW)
    return Import(output, process.returncode)


def test_two_processes_make_what_one_makes():
    one, two = (run_import(STEP, "--shared", size, name="a.step") for size in ("999999999", "0"))
    assert one.done["helped"] == 0 and one.messages == two.messages
    assert two.done["helped"] > 0


def test_the_same_file_becomes_the_same_bytes_each_time():
    first, second = (run_import(STEP, "--shared", "0", name="a.step") for _ in range(2))
    assert first.messages == second.messages


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_what_a_helper_does_not_do_is_done_without_it(how):
    expected = run_import(STEP, "--shared", "0", name="a.step")
    with importer() as (process, helper):
        os.kill(helper, how)
        got = result(process)
    assert (got.status, got.error, got.done["helped"]) == (0, None, 0)
    assert got.messages == expected.messages
    wait_until(lambda: is_gone(helper), what="the end of the second process")


# What is told, so that all is done without it.
TOLD = ["kind", "unknown kind", "number", "twice", "never ends", "too long", "half", "empty", "no shape", "cut off", "many faces",
        "a face less", "no such face", "negative face", "another shape"]
# What may be a shape, or damage that the kernel does not bear.
DAMAGE = [*(("a byte", seed) for seed in range(60)), *(("noise", seed) for seed in range(6))]


@pytest.fixture(scope="module")
def lying(tmp_path_factory):
    """Reads the file while the second process lies."""
    if SANITIZED:
        pytest.skip("a sanitizer is loaded before the library that lies")
    library = tmp_path_factory.mktemp("lie") / "lying.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", library, ROOT / "tests" / "lib" / "lying.c"], check=True)

    def lied(lie, seed=1):
        variables = {**os.environ, "LD_PRELOAD": str(library), "CADCAST_LIE": lie, "CADCAST_SEED": str(seed)}
        return run_import(STEP, "--shared", "0", "--memory", str(4 << 30), name="a.step", env=variables)

    return lied


@pytest.mark.bare("the library that lies stands before the C library")
@pytest.mark.parametrize("lie", TOLD)
def test_a_helper_that_lies_is_not_believed(lying, lie):
    honest = lying("")
    got = lying(lie)
    assert honest.done["helped"] > 0 and (got.status, got.error) == (0, None)
    assert got.messages == honest.messages
    if lie not in ("twice", "another shape"):  # whose first answer is right
        assert got.done["helped"] == 0


@pytest.mark.bare("the library that lies stands before the C library")
def test_a_damaged_answer_ends_in_a_picture_or_a_line(lying):
    honest = lying("")
    for lie, seed in DAMAGE:
        got = lying(lie, seed)
        assert got.whole and (got.status, got.error is None) in ((0, True), (1, False)), (lie, seed, got.errors)
        if got.error is None:
            assert got.plan["tree"] == honest.plan["tree"] and len(got.shapes) == len(honest.shapes)
        else:
            # A kernel without checks may be stopped by the system, of which the line begins in another way.
            assert got.error.startswith(("a.step ", "a.step: ")) and "\n" not in got.error, (lie, seed)


def test_a_helper_ends_with_the_process_that_it_helps():
    with importer() as (process, helper):
        os.kill(helper, signal.SIGSTOP)
        process.kill()
        wait_until(lambda: is_gone(helper), what="the end of the second process")
    with importer() as (process, helper):
        assert result(process).error is None
        wait_until(lambda: is_gone(helper), what="the end of the second process")


def test_memory_is_shared_too():
    got = run_import(STEP, "--shared", "0", "--memory", str(4 << 30), name="a.step", plain=True)
    assert got.error is None and got.messages == run_import(STEP, "--shared", "0", name="a.step").messages
    with importer("--memory", str(4 << 30)) as (process, helper):
        most = "Max address space"
        if limit_of(process.pid, most) != "unlimited":  # as with a sanitizer
            assert int(limit_of(helper, most)) < 2 << 30
            wait_until(lambda: int(limit_of(process.pid, most)) == (4 << 30) * 7 // 8, what="the limit of the first")


def test_no_second_process_if_it_is_not_worth_it(tmp_path):
    (tmp_path / "a.step").write_bytes(STEP)
    assert import_folder(tmp_path, "a.step").done["helped"] == 0, "a small file"
    for options in (("--no-heal",), ("--format", "brep")):
        with subprocess.Popen([IMPORTER, "--shared", "0", "--name", "a.step", *options], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            # Its first frame comes when it reads, long after it would have started the other.
            process.stdout.read(1)
            assert children_of(process.pid) == []
            process.kill()
    both = import_folder(tmp_path, "a.step", "--shared", "0")
    assert both.done["helped"] > 0
