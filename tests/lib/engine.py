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

    def __init__(self, folder, pair=None, options=()):
        assert shutil.which("redis-server"), "tools/packages.txt has redis-server"
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.process = None
        password = PASSWORD.replace("/", "%2F")
        self.url = f"redis://:{password}@127.0.0.1:{self.port}/0"
        self.options = list(options)
        if pair is not None:
            port = free_port()
            self.url = f"rediss://default:{password}@localhost:{port}/2"
            self.options += ["--tls-port", str(port), "--tls-cert-file", str(pair.cert), "--tls-key-file", str(pair.key),
                            "--tls-ca-cert-file", str(pair.cert), "--tls-auth-clients", "no"]
        self.start()

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                 "--enable-debug-command", "local",
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


class Sentinels:
    """A master, two replicas of it, and three Sentinels with a password of their own that watch them."""

    NAME = "main"
    PASSWORD = "guard:1"
    TIMEOUT = 6  # seconds of a fail-over; the next one is not begun within twice of it

    def __init__(self, folder):
        keeps_up = ["--masterauth", PASSWORD, "--repl-diskless-sync-delay", "0"]
        self.processes = []
        self.master = Engine(folder / "master", options=keeps_up)
        follows = ["--replicaof", "127.0.0.1", str(self.master.port), *keeps_up]
        self.replicas = [Engine(folder / f"replica{i}", options=follows) for i in range(2)]
        for replica in self.replicas:
            wait_until(lambda: "master_link_status:up" in replica.say("INFO", "replication"),  # pylint: disable=cell-var-from-loop
                       what="the replica follows")
        self.ports = [free_port() for _ in range(3)]
        for port in self.ports:
            self.start_sentinel(folder / f"sentinel{port}", port)
        wait_until(lambda: all(self.say(port, "CKQUORUM", self.NAME).startswith("OK 3") and
                               self.say(port, "REPLICAS", self.NAME).count("runid") == 2 for port in self.ports),
                   what="the Sentinels know each other and the replicas")

    def start_sentinel(self, folder, port):
        folder.mkdir(parents=True)
        config = folder / "sentinel.conf"
        config.write_text(f"""port {port}
bind 127.0.0.1
dir {folder}
requirepass {self.PASSWORD}
sentinel sentinel-pass {self.PASSWORD}
sentinel monitor {self.NAME} 127.0.0.1 {self.master.port} 2
sentinel auth-pass {self.NAME} {PASSWORD}
sentinel down-after-milliseconds {self.NAME} 1000
sentinel failover-timeout {self.NAME} {1000 * self.TIMEOUT}
""")
        with open(folder / "log", "ab") as log:
            self.processes.append(subprocess.Popen(["redis-server", config, "--sentinel"], stdin=subprocess.DEVNULL,
                                                   stdout=log, stderr=log))

    @property
    def url(self):
        """Of the first two places, nobody listens at one."""
        places = ",".join(f"127.0.0.1:{port}" for port in [free_port(), *self.ports])
        secret = PASSWORD.replace("/", "%2F")
        return f"sentinel://:{secret}@{places}/{self.NAME}?sentinel=:{self.PASSWORD}"

    def say(self, port, *words):
        """A Sentinel's answer."""
        command = ["redis-cli", "-p", str(port), "-a", self.PASSWORD, "--no-auth-warning", "--raw", "SENTINEL", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE * SLOW, check=False).stdout

    def now(self):
        """The engine that all of them call the master; None: they differ."""
        ports = {self.say(port, "GET-MASTER-ADDR-BY-NAME", self.NAME).split()[-1] for port in self.ports}
        found = [engine for engine in (self.master, *self.replicas) if ports == {str(engine.port)}]
        return found[0] if found else None

    def whole(self):
        """Whether the master has two replicas in step, and all of them know that."""
        master = self.now()
        lines = [self.say(port, "REPLICAS", self.NAME).splitlines() for port in self.ports]
        flags = [[after for line, after in zip(each, each[1:]) if line == "flags"] for each in lines]
        return (master is not None and all(each == ["slave", "slave"] for each in flags) and
                master.say("INFO", "replication").count("state=online") == 2)

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()
        for engine in self.master, *self.replicas:
            engine.stop()
