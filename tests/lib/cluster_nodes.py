# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Nodes of a cluster that are broken and mended, and what the pages at them see."""
import json
import queue
import re
import signal
from pathlib import Path

from daemon import PROGRAM, Daemon, free_port, wait_until
from line import Line
from peers import Browser, Kernel, is_status
from slow import PATIENCE
from websockets.exceptions import WebSocketException
from wire import get

from engine import Engine

BOX = (Path(__file__).resolve().parents[1] / "data" / "messages" / "box-model.msg").read_bytes()
CLEAR = b'D:{"type":"clear"}'


def model(number, size=0):
    """A model that tells which it is, of some more bytes that hardly shrink if wanted."""
    noise = b"".join(b"%x" % (number * 7919 + i * i * 104729) for i in range(size // 8))
    return BOX.replace(b'"name":"', b'"noise":"%s","name":"model %d ' % (noise, number), 1)


def settings(**config):
    return b"S:" + json.dumps({"type": "ui", "config": config}).encode()


def animation(number):
    track = [["/Group/a", "ry", [0, 1], [0, number]]]
    return b"D:" + json.dumps({"type": "animation", "data": track, "config": {"speed": 1}}).encode()


def relative_time(number):
    return b"C:" + json.dumps({"type": "set_relative_time", "value": number}).encode()


class Seen:
    """What a page shows, from the messages that came."""

    def __init__(self):
        self.model = None
        self.settings = {}
        self.animation = None
        self.time = None

    def take(self, message):
        found = re.search(r'"name": ?"model (\d+) ', message[:1 << 23])
        if found:
            self.__init__()
            self.model = int(found[1])
            return
        try:
            said = json.loads(message)
        except ValueError:
            return
        kind = said.get("type") if isinstance(said, dict) else None
        if kind in ("clear", "empty"):
            self.__init__()
        elif kind == "ui" and self.model is not None:
            self.settings.update(said["config"])
        elif self.model is None:
            return  # not kept, for pages that come later
        elif kind == "animation":
            self.animation, self.time = said["data"][0][3][1], None
        elif kind == "set_relative_time":
            self.time = said["value"]

    def state(self):
        return (self.model, tuple(sorted(self.settings.items())), self.animation, self.time)


class Page:
    """A browser of a session at a node, that stays. It comes again only if told to."""

    def __init__(self, node, session):
        self.node, self.session = node, session
        self.seen = Seen()
        self.browser = Browser(node.port, f"/s/{session}/", node.host).settle()

    def look(self):
        """Reads what has come. Returns whether it is still connected."""
        while True:
            try:
                message = self.browser.messages.get_nowait()
            except queue.Empty:
                return True
            if message is None:
                return False
            if isinstance(message, str) and not is_status(message):
                self.seen.take(message)

    def close(self):
        self.browser.socket.close()


class Node:
    """A server at a bad line to the engine."""

    def __init__(self, cluster, name, *options):
        self.cluster, self.name, self.options = cluster, name, options
        self.line = Line(cluster.engine.port)
        self.url = None  # of Sentinels; then it is at no line
        self.place = None  # a namespace of its own (cluster_places.py); it has another line
        self.place_line = None
        self.variables = {}
        self.usual = free_port()
        self.life = 0  # how often it was killed
        self.stopped = False
        self.daemon = None
        self.start()

    def start(self):
        line, program, options = self.line, None, ()
        if self.place is not None:
            line = self.place_line = Line(self.cluster.engine.port, self.place.engine_host)
            program = self.cluster.folder / f"at-{self.place.name}"
            program.write_text(f'#!/bin/sh\nexec ip netns exec {self.place.name} {PROGRAM} "$@"\n', encoding="ascii")
            program.chmod(0o755)
            options = "--host", "0.0.0.0", "--trust-network", "10.0.0.0/8"
        elif self.place_line is not None:
            self.place_line.close()
            self.place_line = None
        host, port = ("127.0.0.1", line.port) if self.place is None else (self.place.engine_host, line.port)
        url = self.url or self.cluster.engine.url.replace(f"127.0.0.1:{self.cluster.engine.port}", f"{host}:{port}")
        self.daemon = Daemon(self.cluster.folder / self.name, "--cluster", url, "--node-name", self.name, *options,
                             *self.options, port=self.usual, program=program, variables=self.variables)

    @property
    def host(self):
        return "127.0.0.1" if self.place is None else self.place.host

    @property
    def port(self):
        return self.daemon.port

    @property
    def up(self):
        return self.daemon is not None and not self.stopped

    def kill(self):
        self.daemon.process.send_signal(signal.SIGCONT)
        self.daemon.kill()
        self.daemon, self.stopped = None, False
        self.life += 1

    def stop(self):
        self.stopped = True
        self.daemon.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.stopped = False
        self.daemon.process.send_signal(signal.SIGCONT)

    def send(self, session, message):
        Kernel(self.port, f"/s/{session}/", self.host).send_and_settle(message)

    def cluster_state(self):
        """What /status says of the cluster."""
        return json.loads(get(self.port, "/status", host=self.host).body)["cluster"]

    def ready(self):
        return self.up and self.cluster_state()["connected"]

    def sees(self, session):
        """What a page that comes now is shown."""
        page = Page(self, session)
        page.close()
        wait_until(lambda: not page.look(), what="the page's end")
        return page.seen.state()


class Cluster:
    """An engine and nodes; a context manager, whose end checks that no node had a fault of its own."""

    def __init__(self, folder, count=3, *options, keeps=False):
        """`keeps`: each node has a state folder, so that pictures outlive it."""
        self.folder = Path(folder)
        self.engine = Engine(self.folder / "engine")
        self.nodes = []
        try:
            for i in range(count):
                state = ("--state-dir", self.folder / f"state{i}") if keeps else ()
                self.nodes.append(Node(self, f"n{i}", *options, *state))
            self.wait_ready()
        except BaseException:
            self.end()
            raise

    def wait_ready(self):
        for node in self.nodes:
            wait_until(node.ready, 2 * PATIENCE, f"{node.name} is at the engine")

    def mend(self):
        """Everything runs, and every line is good."""
        for node in self.nodes:
            node.line.mend()
            if node.daemon is None:
                node.start()
            if node.stopped:
                node.go_on()
        if self.engine.process is None:
            self.engine.start()
        else:
            self.engine.signal(signal.SIGCONT)
            wait_until(lambda: self.engine.say("PING") == "PONG", what="the engine answers")
        self.engine.say("CONFIG", "SET", "maxmemory", 0)

    def __enter__(self):
        return self

    def end(self):
        for node in self.nodes:
            if node.daemon is not None:
                node.kill()
            node.line.close()
        self.engine.stop()

    def __exit__(self, kind, value, trace):
        try:
            for node in self.nodes:
                if node.daemon is not None and kind is None:
                    node.daemon.check_clean()
        finally:
            self.end()


def gone(error):
    """Whether it says that the other end went away."""
    return isinstance(error, (OSError, WebSocketException, EOFError))
