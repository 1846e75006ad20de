# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Machines that lack something: one family of addresses, or what containers leave out."""
import ctypes
import subprocess
import threading
from pathlib import Path

import pytest
from daemon import PROGRAM, environment
from test_access import ask_as, stranger  # noqa: F401  (a fixture)
from wire import get

LIBC = ctypes.CDLL(None, use_errno=True)
CONFINED = Path(__file__).resolve().parents[1] / "lib" / "confined.py"


def inside(pid, function):
    """What `function` returns in the network namespace of that process."""
    result = []

    def run():
        with open(f"/proc/{pid}/ns/net", "rb") as namespace:
            assert LIBC.setns(namespace.fileno(), 0) == 0
        result.append(function())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert result, "it failed in the other network namespace"
    return result[0]


@pytest.fixture
def confined(start, tmp_path):
    def start_confined(words, *options):
        variables = {"CONFINED": words, "CONFINED_PROGRAM": str(PROGRAM)}
        tried = subprocess.run([CONFINED], env={**environment(tmp_path / "try"), **variables,
                                                "CONFINED_PROGRAM": "/bin/true"}, capture_output=True, check=False)
        if tried.returncode == 77:
            pytest.skip(f"only root can make this machine: {tried.stderr}")
        return start(*options, program=CONFINED, variables=variables)

    return start_confined


MACHINES = {
    "no-ipv4": "::1",
    "no-ipv6": "127.0.0.1",
    "no-netlink": "127.0.0.1",
    "no-ipv4 no-netlink": "::1",
    "no-ipv6 no-netlink": "127.0.0.1",
}


@pytest.mark.parametrize("words", MACHINES)
def test_the_user_who_started_it_is_let_in(confined, words):
    daemon = confined(words)
    at = MACHINES[words]
    assert f"//{f'[{at}]' if ':' in at else at}:" in daemon.url
    assert inside(daemon.pid, lambda: get(daemon.port, "/viewer", host=at)).status == 200
    assert not daemon.lines("local connection cannot be found")


@pytest.mark.parametrize("words", MACHINES)
def test_another_user_is_refused(confined, stranger, words):  # noqa: F811
    daemon = confined(words)
    status = inside(daemon.pid, lambda: ask_as(stranger, daemon.port, at=MACHINES[words]))
    assert status == 403
    assert daemon.lines("another user of this machine")


@pytest.mark.parametrize("words", ["no-ipv4", "no-ipv6"])
def test_commands_find_it(confined, words):
    daemon = confined(words)

    def run(*command):
        return subprocess.run([PROGRAM, *command, "--port", str(daemon.port)], env=daemon.env,
                              capture_output=True, text=True, timeout=30, check=False)

    shown = inside(daemon.pid, lambda: run("status"))
    assert shown.returncode == 0, shown
    taken = inside(daemon.pid, lambda: run("serve"))
    assert taken.returncode == 1 and f"process {daemon.pid}: it shows at {daemon.url};" in taken.stderr
