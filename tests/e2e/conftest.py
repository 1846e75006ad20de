# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Fixtures of the end-to-end tests: a daemon for every test, on a port of its own."""
import os
import re
import socket
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lib"))

from chromium import CHROMIUM, FLAGS  # noqa: E402
from complete import pytest_runtest_makereport  # noqa: E402, F401
from daemon import PROGRAM, SANITIZER, Daemon, wait_until  # noqa: E402
from peers import Browser, Kernel  # noqa: E402
from wire import Wire  # noqa: E402

from engine import Engine  # noqa: E402

MESSAGES = ROOT / "tests" / "data" / "messages"


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """Where each process under valgrind writes what was found, to a file of its own: on standard
    error it would hold open a pipe that the process itself let go, and be missed after a kill."""
    folder = tmp_path_factory.mktemp("valgrind")
    os.environ["VALGRIND_OPTS"] = f"--log-file={folder}/%p"
    return folder


@pytest.fixture(autouse=True)
def no_report(reports):
    """Whatever valgrind found in any process of a test fails it. What it says of itself begins with
    two dashes: calls to the system that it does not know, which then fail, as on an older system."""
    yield
    found = []
    for path in reports.iterdir():
        text = path.read_text(encoding="utf-8", errors="replace")
        if re.search(r"^(==|\*\*)", text, re.M):
            path.unlink()
            found.append(text)
    assert not found, "\n".join(found)


@pytest.fixture
def start(tmp_path):
    """A function that starts a daemon with the given options. Every one it started has to end
    with status 0, leaving nothing behind."""
    assert PROGRAM.is_file(), f"{PROGRAM} is not built"
    started = []

    def start_daemon(*options, home=None, **more):
        running = Daemon(home or tmp_path / "home", *options, **more)
        started.append(running)
        return running

    yield start_daemon
    try:
        for running in started:
            running.check_clean()
    finally:
        for running in started:
            running.kill()


@pytest.fixture(scope="module")
def shared_daemon(tmp_path_factory):
    running = Daemon(tmp_path_factory.mktemp("shared"))
    try:
        yield running
        running.log_start = 0
        running.check_clean()
    finally:
        running.kill()


@pytest.fixture
def daemon(request):
    """One of its own for the test; or, if that is marked `shared`, because it leaves nothing behind, one for all
    of those in the module: to start a daemon takes longer than to turn a request away, and many times with a
    sanitizer."""
    if request.node.get_closest_marker("shared") is None:
        yield request.getfixturevalue("start")()
        return
    running = request.getfixturevalue("shared_daemon")
    running.forget_log()
    yield running
    log = running.log()
    assert running.alive(), f"it ended\n{log[-4000:]}"
    assert not SANITIZER.search(log), log[-8000:]


@pytest.fixture
def kernel(daemon):
    return Kernel(daemon.port)


@pytest.fixture
def wire(daemon):
    """Makes connections to the daemon, and closes them at the end."""
    made = []

    def connect(**more):
        made.append(Wire(daemon.port, **more))
        return made[-1]

    yield connect
    for each in made:
        each.close()


@pytest.fixture
def browser(daemon):
    """Makes registered browsers, and closes them at the end."""
    made = []

    def register(**more):
        made.append(Browser(daemon.port, **more).settle())
        return made[-1]

    yield register
    for each in made:
        each.close()


@pytest.fixture
def outer():
    """An address of this machine that is not a loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback")
        address = probe.getsockname()[0]
    if address.startswith("127."):
        pytest.skip("this machine has no address but loopback")
    return address


@pytest.fixture
def engine(tmp_path):
    running = Engine(tmp_path / "engine")
    yield running
    running.stop()


@pytest.fixture
def node(start, engine, tmp_path):
    """A function that starts a node with that name, and waits until it is one."""

    def start_node(name, *options):
        running = start("--cluster", engine.url, "--node-name", name, *options, home=tmp_path / name)
        wait_until(lambda: running.lines("shares its sessions"), what=f"{name} is at the engine")
        return running

    return start_node


def recorded(name):
    """A recorded message as it went over the wire, kind byte and all."""
    return (MESSAGES / f"{name}.msg").read_bytes()


@pytest.fixture(scope="module")
def chromium():
    """Debian's Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright  # pylint: disable=import-outside-toplevel

    assert CHROMIUM.is_file(), "chromium is not installed"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()
