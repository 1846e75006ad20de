# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What the helper does with broken input, and what it is kept from. How the daemon gets over its
crashes is in tests/unit/test_geometry_pool.c."""

import json
import os
import pathlib
import signal
import subprocess
import sys

import pytest
from daemon import Daemon, wait_until
from measure_helper import ANSWER, ASK, DATA, FAIL, HEAD, MODEL, PING, PONG, READY, Helper, payload_of, program
from peers import Browser, Kernel
from slow import PATIENCE, SLOW

BOX = payload_of(DATA / "box-backend.msg")
SOLID = ["/Group/Solid", False]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("lazy", [False, True])
def test_a_model_cut_short_is_refused_and_forgotten(share, lazy):
    with Helper() as helper:
        assert helper.load(BOX)[0] == READY
        kind, answer = helper.load(BOX[: int(len(BOX) * share)], lazy=lazy)
        assert kind == FAIL and answer["error"]
        assert helper.ask("PropertiesMeasurement", SOLID)[0] == FAIL
        assert helper.load(BOX)[0] == READY
        assert helper.ask("PropertiesMeasurement", SOLID)[0] == ANSWER


def with_shape(shape, **more):
    good = json.loads(BOX)["model"]["parts"][0]
    return json.dumps({"model": {"id": "/Group", "parts": [{"id": "/Group/bad", "loc": None, "shape": shape, **more}, good]}}).encode()


@pytest.mark.parametrize(
    "shape",
    [None, 5, "AAAA", [], {}, {"obj": None}, {"obj": ""}, {"obj": "A"}, {"obj": "!!!!"}, {"obj": "AAAA"}, ["AAAA", 5],
     {"obj": "Ck9wZW4gQ0FTQ0FERSBUb3BvbG9neSBWNCwgKGMpIE9wZW4gQ2FzY2FkZQo="}],
)
@pytest.mark.parametrize("lazy", [False, True])
def test_one_unreadable_part_spoils_nothing_else(shape, lazy):
    with Helper() as helper:
        kind, report = helper.load(with_shape(shape), lazy=lazy)
        assert kind == READY and report["parts"] == 2
        if not lazy:
            assert [part["id"] for part in report["unreadable"]] == ["/Group/bad"]
            assert report["unreadable"][0]["reason"]
        kind, answer = helper.ask("PropertiesMeasurement", ["/Group/bad", False])
        assert kind == FAIL and "cannot be read" in answer["error"]
        assert helper.ask("PropertiesMeasurement", ["/Group/bad/faces/faces_0", False])[0] == FAIL
        assert helper.ask("PropertiesMeasurement", SOLID)[0] == ANSWER


@pytest.mark.parametrize("number", ["123456789012345680000", "9" * 400, "-1e400", "1e-400", "1.5e300"])
def test_numbers_of_any_size_spoil_nothing(number):
    """Of members that do not matter here, and of one that does."""
    odd = BOX.replace(b'{"model":{', b'{"future":' + number.encode() + b',"model":{"count":' + number.encode() + b",", 1)
    far = json.loads(BOX)["model"]["parts"][0]["shape"]
    with Helper() as helper:
        assert helper.load(odd)[0] == READY
        assert helper.ask("PropertiesMeasurement", SOLID)[0] == ANSWER
        kind, report = helper.load(with_shape(far, loc=[["N", 0, 0], [0, 0, 0, 1]]).replace(b'"N"', number.encode()))
        assert kind == READY and report["parts"] == 2
        assert helper.ask("PropertiesMeasurement", SOLID)[0] == ANSWER


@pytest.mark.parametrize("loc", [5, [], [[0, 0, 0]], [[0, 0], [0, 0, 0, 1]], [[0, 0, 0], [0, 0, 0, 1], []], [["x", 0, 0], [0, 0, 0, 1]]])
def test_a_wrong_location_is_named(loc):
    good = json.loads(BOX)["model"]["parts"][0]["shape"]
    with Helper() as helper:
        kind, report = helper.load(with_shape(good, loc=loc))
        assert kind == READY and [part["id"] for part in report["unreadable"]] == ["/Group/bad"]
        assert helper.ask("PropertiesMeasurement", ["/Group/bad", False])[0] == FAIL
        assert helper.ask("PropertiesMeasurement", SOLID)[0] == ANSWER


@pytest.mark.parametrize(
    "garbage",
    [b"x" * 24, HEAD.pack(99, 1, 1, 0, 0), HEAD.pack(PING, 1, 1, 7, 0), HEAD.pack(READY, 1, 1, 0, 0), HEAD.pack(ASK, 1, 1, 0, 1 << 63)],
)
def test_what_is_no_frame_ends_it(garbage):
    with Helper() as helper:
        helper.process.stdin.write(garbage)
        helper.process.stdin.flush()
        assert helper.process.wait(timeout=PATIENCE * SLOW) == 1


def test_it_ends_with_its_input():
    with Helper() as helper:
        helper.load(BOX)
        helper.process.stdin.write(HEAD.pack(MODEL, 1, 1, 0, 1000) + b"half")
        helper.process.stdin.close()
        assert helper.process.wait(timeout=PATIENCE * SLOW) in (0, 1)


@pytest.fixture(scope="module")
def confined():
    """Skips where the helper is a sanitizer's build: that has neither a memory limit nor a filter."""
    if any(mark in pathlib.Path(program()).read_bytes() for mark in (b"__asan_init", b"__tsan_init")):
        pytest.skip("the helper is built with a sanitizer, which does not work inside the sandbox")


@pytest.mark.bare("valgrind needs more addresses than the limit allows")
def test_out_of_memory_is_a_reason(confined):
    with Helper("--memory", str(300 << 20)) as helper:
        assert helper.load(BOX)[0] == READY
        kind, answer = helper.load(b'{"model":{"parts":[{"id":"/a","shape":{"obj":"' + b"A" * (400 << 20) + b'"}}]}}', session=2)
        assert kind == FAIL and "memory" in answer["error"]
        assert helper.ask("PropertiesMeasurement", SOLID)[0] == ANSWER


@pytest.mark.bare("valgrind cannot live with the filter, and keeps descriptors of its own")
def test_it_is_kept_from_everything_else(confined):
    with Helper() as helper:
        helper.send(PING)
        assert helper.receive()[0] == PONG
        proc = pathlib.Path(f"/proc/{helper.process.pid}")
        status = dict(line.split(":\t", 1) for line in (proc / "status").read_text().splitlines() if ":\t" in line)
        assert status["Seccomp"] == "2" and status["NoNewPrivs"] == "1"
        assert {os.readlink(fd).split(":")[0] for fd in (proc / "fd").iterdir()} <= {"pipe", "/dev/null", "socket"}
        assert len(list((proc / "fd").iterdir())) <= 4
        assert os.readlink(proc / "cwd") == "/"
        assert "Max core file size        0" in (proc / "limits").read_text()


def test_it_dies_with_its_parent():
    script = (
        "import signal, subprocess, sys\n"
        f"child = subprocess.Popen([{program()!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "child.stdin.write(bytes([5] + [0] * 23)); child.stdin.flush(); child.stdout.read(24)\n"
        "print(child.pid, flush=True)\n"
        "signal.pause()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        # Stopped, it cannot notice the end of its input: only the system can end it.
        os.kill(child, signal.SIGSTOP)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    wait_until(lambda: gone(child), what="the helper's end")


def children(pid):
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(each) for each in found.split()]


def test_it_comes_with_the_geometry_and_goes_with_the_daemon(tmp_path):
    parts = b"B:" + BOX
    with Daemon(tmp_path, "--no-state") as daemon:
        kernel = Kernel(daemon.port)
        if kernel.ask(parts) != {"ok": True}:
            pytest.skip("cadcast-geometry is not built")
        assert children(daemon.pid) == []
        with Browser(daemon.port) as browser:
            browser.settle()
            assert children(daemon.pid) == []
            assert kernel.ask(parts) == {"ok": True}
            wait_until(lambda: children(daemon.pid), what="a helper before the first question")
            (helper,) = children(daemon.pid)
            daemon.kill()
            wait_until(lambda: gone(helper), what="the helper's end")
        daemon.status = 0


def gone(pid):
    """Whether a process has ended, its parent having collected it or not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_helper_that_cannot_be_run_says_why(start, tmp_path):
    """One that is not executable is another fault than one that is not there."""
    helper = tmp_path / "helper"
    helper.write_text("no program", encoding="ascii")
    daemon = start(variables={"CADCAST_GEOMETRY": helper})
    assert "Permission denied" in daemon.lines("cadcast-geometry cannot be used")[0]
