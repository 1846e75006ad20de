# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""A terminal that is closed ends the daemon that was started in it, and no other."""
import json
import os
import pty
import re
import select
import signal
import socket
import time

import pytest
from daemon import PROGRAM, environment, wait_until
from slow import SLOW
from wire import get

BASH = ("/bin/bash", "--norc", "-i")


class Terminal:
    """A pseudo-terminal with a session of its own, in which `command` runs."""

    def __init__(self, home, *command):
        env = environment(home, TERM="dumb", PS1="$ ")
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execve(command[0], [str(word) for word in command], env)
        self.status = None
        self.text = ""

    def type(self, line):
        os.write(self.master, line.encode() + b"\n")

    def wait_for(self, pattern, seconds=20.0):
        end = time.monotonic() + seconds * SLOW
        while not re.search(pattern, self.text):
            readable, _, _ = select.select([self.master], [], [], max(0.0, end - time.monotonic()))
            assert readable, f"no {pattern} in {self.text!r}"
            self.text += os.read(self.master, 4096).decode(errors="replace")
        return re.search(pattern, self.text)

    def port(self):
        """That of the daemon that prints READY in it."""
        return int(self.wait_for(r"READY http://[^\s/]*:(\d+)/viewer")[1])

    def close(self):
        """Closes the terminal, and waits for the program that it was made for."""
        if self.master >= 0:
            os.close(self.master)
            self.master = -1
        if self.status is None:
            wait_until(self._ended, what=f"the end of {self.pid}")
        return self.status

    def _ended(self):
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        self.status = os.waitstatus_to_exitcode(status) if pid else None
        return pid

    def clean_up(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
        self.close()


def listens(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def pid_at(port):
    return json.loads(get(port, "/healthz").body)["pid"]


@pytest.fixture
def terminal(tmp_path):
    """Opens terminals; what still runs at the end is ended, told by its port."""
    made, ports = [], []

    def open_terminal(*command):
        made.append(Terminal(tmp_path / "home", *command))
        return made[-1]

    open_terminal.ports = ports
    yield open_terminal
    for port in ports:
        if listens(port):
            os.kill(pid_at(port), signal.SIGTERM)
            wait_until(lambda port=port: not listens(port), what=f"the end of port {port}")
    for each in made:
        each.clean_up()


def registered(tmp_path):
    return (tmp_path / "home" / ".ocpvscode").read_text(encoding="utf-8")


def assert_ends(opened, port, tmp_path):
    assert str(port) in registered(tmp_path)
    opened.close()
    wait_until(lambda: not listens(port), what="the end of its port")
    wait_until(lambda: str(port) not in registered(tmp_path), what="a registry without it")


@pytest.mark.parametrize("log", ["", "2>log", "2>/dev/null </dev/null"])
def test_a_closed_terminal_ends_it(terminal, tmp_path, log):
    opened = terminal("/bin/sh", "-c", f"cd {tmp_path} && exec {PROGRAM} --port 0 {log}")
    terminal.ports.append(opened.port())
    assert_ends(opened, terminal.ports[0], tmp_path)
    assert opened.status == 0


@pytest.mark.parametrize("background", ["", " &"])
def test_a_closed_terminal_ends_it_below_a_shell(terminal, tmp_path, background):
    opened = terminal(*BASH)
    opened.type(f"{PROGRAM} --port 0{background}")
    terminal.ports.append(opened.port())
    assert_ends(opened, terminal.ports[0], tmp_path)


def test_a_closed_terminal_ends_it_after_a_restart(terminal, tmp_path):
    opened = terminal(PROGRAM, "--port", "0")
    port = opened.port()
    terminal.ports.append(port)
    opened.text = ""
    os.kill(opened.pid, signal.SIGUSR2)
    assert opened.port() == port
    assert_ends(opened, port, tmp_path)
    assert opened.status == 0


@pytest.mark.parametrize("command", [
    "setsid {} --port 0 &",
    "nohup {} --port 0 2>&1 | tee out &",
    "(trap '' HUP; exec {} --port 0) &",
    "{} --port 0 & disown",
    "{} start --port 0",
], ids=["setsid", "nohup", "trap", "disown", "start"])
@pytest.mark.parametrize("restarted", [False, True], ids=["", "restarted"])
def test_what_was_taken_off_its_terminal_lives_on(terminal, tmp_path, command, restarted):
    opened = terminal(*BASH)
    opened.type(f"cd {tmp_path}")
    opened.type(command.format(PROGRAM))
    port = opened.port()
    terminal.ports.append(port)
    pid = pid_at(port)
    if restarted and "start " not in command:
        opened.text = ""
        os.kill(pid, signal.SIGUSR2)
        assert opened.port() == port
    opened.close()
    # Which asks to open the log anew, and comes after whatever the end of the terminal sent.
    if "disown" not in command:
        os.kill(pid, signal.SIGHUP)
    for _ in range(3):
        assert pid_at(port) == pid
        time.sleep(0.2)  # it could end late
