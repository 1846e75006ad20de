# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Starts the real daemon for a test, with a home of its own, and ends it."""
import json
import os
import random
import re
import select
import signal
import socket
import subprocess
import time
from pathlib import Path

from slow import PATIENCE, SLOW

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("CADCAST_PROGRAM", ROOT / "build" / "cadcast"))
CACHE = Path(
    os.environ.get("CADCAST_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cadcast"
)
READY = re.compile(r"READY (https?)://([^/]*):(\d+)(/\S*)")
# What a sanitizer prints, whatever else goes wrong.
SANITIZER = re.compile(r"(ERROR: \w+Sanitizer|runtime error:|LeakSanitizer)")
KEPT_VARIABLES = re.compile(r"^(PATH|LANG|LC_.*|TZ|.SAN_OPTIONS|UBSAN_OPTIONS|LD_LIBRARY_PATH|VALGRIND_OPTS)$")


def helper_path(variable, folder, name):
    """A second program's path: what that variable of the environment says, or where the build or the prefix of
    PROGRAM has it."""
    built, installed = PROGRAM.parent / "src" / folder / name, PROGRAM.parent.parent / "libexec" / "cadcast" / name
    return Path(os.environ.get(variable) or (installed if installed.is_file() and not built.is_file() else built))


def wait_until(condition, seconds=PATIENCE, what="condition", page=None):
    """The first true value of `condition`, asked for again and again; fails after `seconds`. The events
    of `page`, Playwright's, are handled meanwhile."""
    seconds *= SLOW
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        page.wait_for_timeout(10) if page else time.sleep(0.01)  # the one poll of all tests


def wait_good(read, good, what="a value", seconds=PATIENCE, page=None):
    """The first value of read() that is good(); if there is none in time, the last one is named."""
    last = []

    def look():
        last[:] = [read()]
        return good(last[0])

    try:
        wait_until(look, seconds, what, page)
    except AssertionError as error:
        raise AssertionError(f"{error}; at last it was {last}") from None
    return last[0]


def wait_equal(read, expected, what="the value", seconds=PATIENCE, page=None):
    """Until read() gives what is expected."""
    return wait_good(read, lambda value: value == expected, f"{what}, {expected!r},", seconds, page)


reserved = []  # sockets whose names hold the ports that this process was given


def reserve(port):
    """Whether no other test has that port: the name of a local socket stands for it until this process ends."""
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0cadcast-test-port-{port}")
    except OSError:
        name.close()
        return False
    reserved.append(name)
    return True


def free_port():
    """A port for programs that cannot have the system choose one, or that come back at the same one: below those
    that the system chooses from, and given to one test only, so that it is still free when it is used."""
    while True:
        port = random.SystemRandom().randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if reserve(port):
            return port


def environment(home, **more):
    """A process's environment with nothing of the caller's settings in it."""
    kept = {name: value for name, value in os.environ.items() if KEPT_VARIABLES.match(name)}
    home = Path(home)
    home.mkdir(parents=True, exist_ok=True)
    runtime = home / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    kept.update(
        HOME=str(home),
        XDG_RUNTIME_DIR=str(runtime),
        XDG_STATE_HOME=str(home / "state"),
        XDG_CACHE_HOME=str(home / "cache"),
    )
    kept.update({name: str(value) for name, value in more.items()})
    return kept


class Daemon:
    """A running cadcast. Use it as a context manager, or through the fixture `start`; the browser
    tests make one that does not run yet, and start it themselves, more than once if they like."""

    def __init__(self, home, *options, program=None, variables=None, wait=True, port=0, begin=True):
        self.home = Path(home)
        self.usual_port = port
        self.program = str(program or PROGRAM)
        self.env = environment(self.home, **(variables or {}))
        self.port = None
        self.process = None
        self.status = None
        if begin:
            self.start(*options, wait=wait)

    def start(self, *options, wait=True, port=None):
        self.log_path = self.home / f"log-{time.monotonic_ns()}"
        self.log_start = 0
        command = [self.program, *map(str, options)]
        if not any(option.split("=")[0] == "--port" for option in command):
            command += ["--port", str(self.usual_port if port is None else port)]
        if not any(option.split("=")[0] == "--log-level" for option in command):
            command += ["--log-level", "debug"]
        self.command = command
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=self.env
            )
        self.pid = self.process.pid
        self.output = b""
        self.status = None
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, seconds=2 * PATIENCE):
        """Reads standard output up to the line with its address."""
        end = time.monotonic() + seconds * SLOW
        while b"\n" not in self.output:
            readable, _, _ = select.select([self.process.stdout], [], [], end - time.monotonic())
            data = os.read(self.process.stdout.fileno(), 4096) if readable else b""
            if not data:
                self.kill()
                raise AssertionError(
                    f"no READY from {' '.join(self.command)}: status {self.process.returncode}\n"
                    f"{self.output.decode(errors='replace')}{self.log()}"
                )
            self.output += data
        match = READY.match(self.output.decode())
        assert match, f"not a READY line: {self.output!r}"
        self.port = int(match[3])
        self.url = self.output.decode().split()[1]

    def log(self):
        return self.log_path.read_bytes()[self.log_start:].decode(errors="replace")

    def forget_log(self):
        """For the next test of those that share it: what it has logged by now is not theirs."""
        self.log_start = self.log_path.stat().st_size

    def lines(self, needle, debug=False):
        """The lines of the log with `needle` in them; those of level debug only when asked for."""
        found = [line for line in self.log().splitlines() if needle in line]
        return [line for line in found if debug or not re.match(r"(\S+Z )?debug:", line)]

    def lines_about(self, peer):
        """Warnings and errors about the peer with that local port."""
        found = [line for line in self.lines(f":{peer}") if re.search(rf":{peer}\b", line)]
        return [line for line in found if re.match(r"(\S+Z )?(warning|error):", line)]

    def rss(self):
        """Resident memory in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024

    def measurable(self):
        """Whether its memory tells anything: a sanitizer and valgrind keep blocks that were freed."""
        maps = Path(f"/proc/{self.pid}/maps").read_text(encoding="ascii", errors="replace")
        return not any(name in maps for name in ("libasan", "libtsan", "valgrind"))

    def grown(self, before):
        """By how many bytes resident memory has grown since rss() was `before`; 0 if its memory tells
        nothing. A test compares this, never rss() itself."""
        return self.rss() - before if self.measurable() else 0

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def health(self):
        """What GET /healthz says."""
        from wire import get  # pylint: disable=import-outside-toplevel

        response = get(self.port, "/healthz")
        assert response.status == 200, response
        return json.loads(response.body)

    def kernel(self, session=None):
        """A kernel that draws into that session."""
        from peers import Kernel  # pylint: disable=import-outside-toplevel

        return Kernel(self.port, f"/s/{session}/" if session else "/")

    def connect(self, session=None):
        return self.kernel(session).connect()

    def send(self, message, session=None):
        """Sends as a kernel does, and returns once it was handled."""
        self.kernel(session).send_and_settle(message)

    def ask(self, question, session=None):
        return self.kernel(session).ask(b"C:" + json.dumps(question).encode())

    def metric(self, name):
        """The value of a metric without labels."""
        from wire import get  # pylint: disable=import-outside-toplevel

        text = get(self.port, "/metrics").body.decode()
        return float(re.search(rf"^cadcast_{name} (\S+)$", text, re.MULTILINE)[1])

    def stop(self, sign=signal.SIGTERM, seconds=2 * PATIENCE):
        """Asks it to end and returns its exit status."""
        if self.status is None:
            if self.alive():
                self._send_until_heard(sign)
            try:
                self.status = self.process.wait(seconds * SLOW)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"it did not end within {seconds} s of {sign!r}\n{self.log()}") from None
            self.output += self.process.stdout.read()
            self.process.stdout.close()
        return self.status

    def _send_until_heard(self, sign):
        """ThreadSanitizer loses a signal now and then, of any program: then it is sent once more."""
        self.process.send_signal(sign)
        if "TSAN_OPTIONS" not in os.environ or sign != signal.SIGTERM:
            return
        for _ in range(3):
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                if "server: ending" not in self.log():
                    self.process.send_signal(sign)
                continue
            return

    def kill(self):
        if self.alive():
            self.process.kill()
        self.status = self.process.wait()

    def check_clean(self):
        """Ends it if it still runs: status 0, nothing left behind, no sanitizer's finding."""
        if self.status is None:
            self.stop()
        log = self.log()
        assert self.status == 0, f"status {self.status}\n{log[-4000:]}"
        assert not SANITIZER.search(log), log[-8000:]
        left = [line for line in log.splitlines() if re.search(r"left (on(?! device)|over|open)|leftover", line)]
        assert not left, left

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.check_clean()
        else:
            self.kill()
