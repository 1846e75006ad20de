# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Starts the real daemon for a test, with a home of its own, and ends it."""
import json
import os
import re
import select
import signal
import subprocess
import time
from pathlib import Path

from slow import SLOW

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


def wait_until(condition, seconds=10.0, what="condition"):
    """The first true value of `condition`, asked for again and again; fails after `seconds`."""
    seconds *= SLOW
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(0.01)


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
    """A running cadcast. Use it as a context manager, or through the fixture `start`."""

    def __init__(self, home, *options, program=None, variables=None, wait=True, port=0):
        self.home = Path(home)
        self.env = environment(self.home, **(variables or {}))
        self.log_path = self.home / f"log-{time.monotonic_ns()}"
        command = [str(program or PROGRAM), *map(str, options)]
        if not any(option.split("=")[0] == "--port" for option in command):
            command += ["--port", str(port)]
        if not any(option.split("=")[0] == "--log-level" for option in command):
            command += ["--log-level", "debug"]
        self.command = command
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=self.env
            )
        self.pid = self.process.pid
        self.output = b""
        self.port = None
        self.status = None
        if wait:
            self.wait_ready()

    def wait_ready(self, seconds=30.0):
        """Reads standard output up to the line that says where it listens."""
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
        return self.log_path.read_text(encoding="utf-8", errors="replace")

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
        """Whether its memory tells anything: not under a sanitizer or valgrind."""
        maps = Path(f"/proc/{self.pid}/maps").read_text(encoding="ascii", errors="replace")
        return not any(name in maps for name in ("libasan", "libtsan", "valgrind"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def alive(self):
        return self.process.poll() is None

    def health(self):
        """What GET /healthz says."""
        from wire import get  # pylint: disable=import-outside-toplevel

        response = get(self.port, "/healthz")
        assert response.status == 200, response
        return json.loads(response.body)

    def stop(self, sign=signal.SIGTERM, seconds=20.0):
        """Asks it to end and returns its exit status."""
        if self.status is None:
            if self.alive():
                self._send_until_heard(sign)
            try:
                self.status = self.process.wait(seconds * SLOW)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"it did not end within {seconds} s of {sign!r}\n{self.log()}")
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
        """Ends it where it still runs: status 0, nothing left behind, no sanitizer's finding."""
        if self.status is None:
            self.stop()
        log = self.log()
        assert self.status == 0, f"status {self.status}\n{log[-4000:]}"
        assert not SANITIZER.search(log), log[-8000:]
        left = [line for line in log.splitlines() if re.search(r"left (on|over|open)|leftover", line)]
        assert not left, left

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.check_clean()
        else:
            self.kill()
