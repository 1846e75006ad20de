# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The real Redis server that nodes of a cluster share their sessions through."""
import shutil
import signal
import subprocess

from daemon import free_port, wait_until
from slow import PATIENCE, SLOW

PASSWORD = "correct/horse:battery"


class Engine:
    """On a free port, with nothing kept on disk. It may be ended and started again."""

    def __init__(self, folder, pair=None):
        assert shutil.which("redis-server"), "tools/packages.txt has redis-server"
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.process = None
        password = PASSWORD.replace("/", "%2F")
        self.url = f"redis://:{password}@127.0.0.1:{self.port}/0"
        self.options = []
        if pair is not None:
            port = free_port()
            self.url = f"rediss://default:{password}@localhost:{port}/2"
            self.options = ["--tls-port", str(port), "--tls-cert-file", str(pair.cert), "--tls-key-file", str(pair.key),
                            "--tls-ca-cert-file", str(pair.cert), "--tls-auth-clients", "no"]
        self.start()

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                 "--dir", str(self.folder), "--requirepass", PASSWORD, *self.options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: self.say("PING") == "PONG", what="the engine answers")

    def say(self, *words):
        """One command's answer, as redis-cli prints it."""
        command = ["redis-cli", "-p", str(self.port), "-a", PASSWORD, "--no-auth-warning", "--raw", *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE * SLOW, check=False)
        return done.stdout.strip()

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """At once, as a machine that loses its power."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None
