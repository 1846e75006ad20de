# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The Python measurement backend, unmodified, in place of our own helper."""
import json
import signal
import threading

import pytest
from daemon import ROOT, Daemon, wait_until
from kernels import Script
from peers import Browser, Kernel
from wire import Wire

pytestmark = pytest.mark.clients

BACKEND = """
from ocp_vscode.comms import listener, set_port
from ocp_viewer_core.backend import ViewerBackend
set_port({port})
backend = ViewerBackend()
listener(backend.handle_event)()
"""
PARTS = (ROOT / "tests" / "data" / "measure" / "box-backend.msg").read_bytes()
OURS = '{"viewer":"cadcast","id":"%s","formats":["binary"]}'


def shapes():
    """Ids of the recorded model: the solid, and its faces."""
    def walk(part):
        if part.get("parts") is None:
            yield part["id"]
        for child in part.get("parts") or []:
            yield from walk(child)

    return list(walk(json.loads(PARTS[2:])["model"]))


SOLID = shapes()[0]


class Backend:
    """The Python backend as a process; ready once the daemon knows it."""

    def __init__(self, daemon):
        count = len(daemon.lines("measurement backend in session"))
        self.script = Script("clients", BACKEND.format(port=daemon.port), daemon.home)

        def registered():
            assert self.script.process.poll() is None, self.script.process.communicate()
            return len(daemon.lines("measurement backend in session")) > count

        try:
            wait_until(registered, 150, "a backend that registers")
        except AssertionError:
            self.end()
            raise

    def end(self, sign=signal.SIGKILL):
        if self.script.process.poll() is None:
            self.script.process.send_signal(sign)
        self.script.process.communicate()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A daemon with the Python backend at it: starting that takes long, so all tests use one."""
    home = tmp_path_factory.mktemp("home")
    with Daemon(home, "--backend", "external", "--measure-timeout", "10", "--no-state") as daemon:
        daemon.backend = Backend(daemon)
        yield daemon
        daemon.backend.end()


@pytest.fixture
def backend(served):
    """The daemon; its backend has got the recorded parts."""
    assert Kernel(served.port).ask(PARTS) == {"ok": True}
    return served


def ask(browser, tool, ids):
    browser.say("status", {"activeTool": tool})
    browser.say("status", {"selectedShapeIDs": ids})


def answer(browser, seconds=60):
    while True:
        message = json.loads(browser.next(seconds))
        if message.get("type") == "backend_response":
            return message


def number(found, name):
    """A value somewhere in the sections of an answer."""
    for section in found["result"]:
        if name in section:
            return section[name]
    raise AssertionError(f"no {name} in {found}")


def test_answers_go_to_the_browser_that_asked(backend):
    daemon = backend
    with Browser(daemon.port) as first, Browser(daemon.port) as second:
        first.settle()
        second.settle()
        ask(first, "PropertiesMeasurement", [SOLID, False])
        found = answer(first)
        assert found["tool_type"] == "PropertiesMeasurement" and found.get("error") is None
        assert number(found, "volume") == pytest.approx(6)
        assert second.quiet()
        ask(second, "PropertiesMeasurement", [f"{SOLID}/edges/edges_0", False])
        assert number(answer(second), "length") > 0
        assert first.quiet()


def test_two_browsers_at_once(backend):
    """Each asks forty times, another thing each time, while the other one does."""
    daemon = backend
    wrong = []

    def measure(kind, count, name):
        with Browser(daemon.port) as browser:
            browser.settle()
            browser.say("status", {"activeTool": "PropertiesMeasurement"})
            for turn in range(40):
                browser.say("status", {"selectedShapeIDs": [f"{SOLID}/{kind}_{turn % count}", False]})
                try:
                    number(answer(browser), name)
                except AssertionError as error:
                    wrong.append(str(error))
                    return

    threads = [threading.Thread(target=measure, args=("faces/faces", 6, "area")),
               threading.Thread(target=measure, args=("edges/edges", 12, "length"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert wrong == []


def test_a_killed_backend_is_said_to_the_browser(backend):
    daemon = backend
    with Browser(daemon.port, hello=OURS % "a") as browser:
        browser.settle()
        # It stands still, so that the question is on its way when it ends.
        daemon.backend.script.process.send_signal(signal.SIGSTOP)
        ask(browser, "PropertiesMeasurement", [SOLID, False])
        browser.settle()
        daemon.backend.end()
        assert "gone" in answer(browser)["error"]
        ask(browser, "PropertiesMeasurement", [f"{SOLID}/faces/faces_0", False])
        assert answer(browser)["error"]
        assert Kernel(daemon.port).ask(PARTS) == {"ok": False}
        # Another one takes its place, and is given what there is to measure.
        daemon.backend = Backend(daemon)
        ask(browser, "PropertiesMeasurement", [SOLID, False])
        assert number(answer(browser), "volume") == pytest.approx(6)


def test_a_question_without_an_answer_gets_a_reason(backend):
    """The Python backend says nothing about a shape that it does not know."""
    with Browser(backend.port) as browser:
        browser.settle()
        ask(browser, "PropertiesMeasurement", [SOLID, False])
        assert number(answer(browser), "volume") == pytest.approx(6)
        ask(browser, "PropertiesMeasurement", ["/no/such/shape", False])
        assert "did not answer" in answer(browser)["error"]
        ask(browser, "PropertiesMeasurement", [SOLID, False])
        assert number(answer(browser), "volume") == pytest.approx(6)


def test_without_a_backend_there_is_a_reason(start):
    daemon = start("--backend", "external", "--no-state")
    assert Kernel(daemon.port).ask(PARTS) == {"ok": False}
    with Browser(daemon.port, hello=OURS % "a") as browser:
        browser.settle()
        ask(browser, "DistanceMeasurement", [SOLID, f"{SOLID}/faces/faces_0", False])
        found = answer(browser)
        assert found["error"] and found["tool_type"] == "DistanceMeasurement"


def test_pages_are_told_who_measures(start):
    """Where ours is not there, a backend that comes is used, and the mesh when it is gone."""
    daemon = start("--no-state", variables={"CADCAST_GEOMETRY": "/nonexistent"})

    def told(browser, wanted):
        while True:
            message = json.loads(browser.next(120))
            if message["type"] == "hello":
                assert message["measure"] == wanted
                return

    with Browser(daemon.port, hello=OURS % "a") as browser:
        told(browser, "mesh")
        with Wire(daemon.port) as standin:
            standin.upgrade().send_frame(1, b"L:Python listener")
            told(browser, "external")
        told(browser, "mesh")
