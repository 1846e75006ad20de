# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Nodes that share their sessions through a real Redis server, beside one server alone, for tools/bench.

A show is from when the kernel has given its last byte until a page has the notice that it asks for the model with.
"""
import multiprocessing
import socket
import statistics
import sys
import threading
import time
from contextlib import ExitStack

from cluster_nodes import model
from daemon import wait_until
from peers import Browser, Kernel, is_status
from subjects import ROOT, Program, Server, scratch, settled, shows

from engine import PASSWORD, Engine

PAGE = '{"viewer":"cadcast","id":"%s","formats":["binary"]}'
SMALL = (ROOT / "tests/data/messages/box-model.msg").read_bytes()
IDLE = 5  # seconds
FORK = multiprocessing.get_context("fork")
NODES = 1, 2, 4, 8, 16
BROWSERS = 1, 10, 50, 200


class Watching(Browser):
    """A page that only notes when something came."""

    def __init__(self, port, session, page="page"):
        self.came = threading.Condition()
        self.models = []
        super().__init__(port, f"/s/{session}/", hello=PAGE % page)
        self.settle()

    def _receive(self):
        try:
            for message in self.socket:
                now = time.monotonic()
                if '"type":"model"' in message[:200]:
                    with self.came:
                        self.models.append(now)
                        self.came.notify_all()
                elif is_status(message):
                    self.messages.put(message)
        except Exception:  # pylint: disable=broad-exception-caught
            return

    def wait(self, count):
        """When model number `count` was told."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.models) >= count, 120), "no notice"
            return self.models[count - 1]


class Redis(Engine, Program):
    """The engine, and what it costs."""

    def __init__(self):
        Engine.__init__(self, scratch())

    def number(self, name):
        line = [line for line in self.say("INFO").splitlines() if line.startswith(name + ":")][0]
        return float(line.split(":")[1])

    def traffic(self):
        """Bytes that went in and out."""
        stats = dict(line.split(":") for line in self.say("INFO", "stats").splitlines() if line.startswith("total_net_"))
        return int(stats["total_net_input_bytes"]), int(stats["total_net_output_bytes"])

    def moved(self, before):
        """Bytes in and out since traffic() was `before`, without what the question itself costs."""
        now = self.traffic()
        again = self.traffic()
        return tuple(2 * now[i] - again[i] - before[i] for i in (0, 1))

    def __exit__(self, *_):
        self.stop()


class Nodes:
    """So many servers at an engine."""

    def __init__(self, options, engine, count):
        self.stack = ExitStack()
        self.nodes = []
        for i in range(count):
            command = [options.program, "--cluster", engine.url, "--node-name", f"n{len(self.nodes)}"]
            self.nodes.append(self.stack.enter_context(Server(f"n{i}", command)))
        for node in self.nodes:
            wait_until(lambda: node.metrics()["cluster_connected"] == 1, what="a node")  # pylint: disable=cell-var-from-loop

    def __enter__(self):
        return self.nodes

    def __exit__(self, *_):
        self.stack.close()


def distinct(message, number):
    """The same show, but no content that was there before."""
    return message.replace(b'"type":', b'"turn":%d,"type":' % number, 1) if message is not SMALL else model(number)


def show_times(kernel, pages, message, turns, pause=0):
    """Milliseconds from the kernel's last byte to each page's notice: a list for each page. `pause`: seconds between."""
    times = [[] for _ in pages]
    before = [len(page.models) for page in pages]
    for turn in range(turns):
        time.sleep(pause)  # other things pass
        text = distinct(message, turn + int(time.monotonic() * 1000) % 10**8 * 1000)
        with kernel.connect() as connection:
            connection.send(text)
            sent = time.monotonic()
            for number, page in enumerate(pages):
                times[number].append((page.wait(before[number] + turn + 1) - sent) * 1000)
    return times


def bench_shows(options, table):
    """A show at one node and at another, beside a server that has no cluster."""
    files = [("box 4 kB", SMALL), *((name, path.read_bytes()) for name, path in shows(options))]
    with Redis() as engine, Nodes(options, engine, 2) as (a, b), Server("alone", [options.program]) as alone:
        for name, message in files:
            turns = 60 if message is SMALL else max(3, options.repeat)
            found = {"alone": [], "same node": [], "other node": []}
            session = f"s{len(message)}"
            with ExitStack() as stack:
                pages = [stack.enter_context(Watching(node.port, session)) for node in (alone, a, b)]
                for _ in range(3):
                    found["alone"] += show_times(Kernel(alone.port, f"/s/{session}/"), pages[:1], message, turns)[0]
                    same, other = show_times(Kernel(a.port, f"/s/{session}/"), pages[1:], message, turns)
                    found["same node"] += same
                    found["other node"] += other
            table.compare(f"show {name}", found, "ms", "alone")
            late = {key: [statistics.quantiles(each, n=100)[98]] for key, each in found.items() if len(each) >= 100}
            if late:
                table.compare(f"show {name}, 99 of 100", late, "ms", "alone")


def bench_engine(options, table):
    """What the engine needs by itself to tell a subscriber."""
    with Redis() as engine, Nodes(options, engine, 2) as (a, b):
        times = []
        with socket.create_connection(("127.0.0.1", engine.port)) as one, \
                socket.create_connection(("127.0.0.1", engine.port)) as two:
            for each in one, two:
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                each.sendall(f"AUTH {PASSWORD}\r\n".encode())
                each.recv(100)
            two.sendall(b"SUBSCRIBE bench\r\n")
            two.recv(1000)
            for _ in range(300):
                began = time.monotonic()
                one.sendall(b"PUBLISH bench told\r\n")
                two.recv(1000)
                times.append((time.monotonic() - began) * 1000)
                one.recv(100)
        found = {"engine": times}
        with Watching(a.port, "gear") as near, Watching(b.port, "gear") as far:
            _, found["other node"] = show_times(Kernel(a.port, "/s/gear/"), [near, far], SMALL, 100)
        table.compare("the engine alone tells a subscriber", found, "ms", "engine")


def compressed(engine):
    return sum(int(engine.say("STRLEN", key)) for key in engine.say("KEYS", "*:b:*").split())


def bench_bytes(options, table):
    """What a show costs the engine: bytes, by how many other nodes look, memory, and memory of a node that fetches."""
    for name, path in [("box 4 kB", None), *shows(options)]:
        message = SMALL if path is None else path.read_bytes()
        for looking in (0, 1, 2):
            with Redis() as engine, Nodes(options, engine, 3) as nodes, ExitStack() as stack:
                pages = [stack.enter_context(Watching(node.port, "gear")) for node in nodes[:looking + 1]]
                for node in nodes:
                    settled(node)
                memory, before = engine.number("used_memory"), engine.traffic()
                fetching = nodes[looking].memory() if looking else 0
                show_times(Kernel(nodes[0].port, "/s/gear/"), pages, message, 1)
                wait_until(lambda: nodes[0].metrics()["cluster_shown_total"] == 1, what="it is there")  # pylint: disable=cell-var-from-loop
                into, out = engine.moved(before)
                size = [compressed(engine)]
                table.add(f"{name}: engine in, {looking} look", "cluster", [into / 1000], "kB", [size[0] / 1000])
                table.add(f"{name}: engine out, {looking} look", "cluster", [out / 1000], "kB", [size[0] / 1000])
                if looking == 1:
                    table.add(f"{name}: engine's memory", "cluster", [(engine.number("used_memory") - memory) / 1000], "kB",
                              [len(message) / 1000])
                    table.add(f"{name}: a fetching node's memory", "cluster",
                              [(nodes[1].memory("VmHWM") - fetching) / 1e6], "MB", [len(message) / 1e6])


def bench_idle(options, table):
    """What nodes cost the engine that do nothing, and what they cost themselves."""
    for count in NODES:
        with Redis() as engine, Nodes(options, engine, count) as nodes, ExitStack() as stack:
            for node in nodes:
                stack.enter_context(Watching(node.port, "gear"))
                settled(node)
            traffic, cpu, own = engine.traffic(), engine.cpu(), nodes[0].cpu()
            time.sleep(IDLE)  # what an idle one does in that time
            moved = sum(engine.moved(traffic))
            table.add(f"{count} nodes idle: engine's bytes each", "cluster", [moved / IDLE / count], "B/s")
            table.add(f"{count} nodes idle: engine's processor each", "cluster",
                      [(engine.cpu() - cpu) / IDLE / count * 100], "%")
            table.add(f"{count} nodes idle: a node's own processor", "cluster", [(nodes[0].cpu() - own) / IDLE * 100], "%")


def bench_nodes(options, table):
    """A small show to a page at each of so many nodes, and what that costs the engine."""
    first = []
    for count in NODES[1:]:
        with Redis() as engine, Nodes(options, engine, count) as nodes, ExitStack() as stack:
            pages = [stack.enter_context(Watching(node.port, "gear")) for node in nodes]
            show_times(Kernel(nodes[0].port, "/s/gear/"), pages, SMALL, 3)
            cpu = engine.cpu()
            times = show_times(Kernel(nodes[0].port, "/s/gear/"), pages, SMALL, 40)
            slowest = [max(each) for each in zip(*times[1:])]
            first = first or slowest
            table.add(f"a show until the last of {count} nodes", "cluster", slowest, "ms", first)
            table.add(f"a show to {count} nodes: engine's processor", "cluster", [(engine.cpu() - cpu) / 40 * 1000], "ms")


def bench_browsers(options, table):
    """A small show to so many pages at two nodes, beside as many at one alone."""
    for count in BROWSERS:
        with Redis() as engine, Nodes(options, engine, 2) as nodes, Server("alone", [options.program]) as alone:
            found = {}
            for name, servers in (("alone", [alone]), ("two nodes", nodes)):
                with ExitStack() as stack:
                    pages = [stack.enter_context(Watching(servers[i % len(servers)].port, "gear", f"p{i}")) for i in range(count)]
                    times = show_times(Kernel(servers[0].port, "/s/gear/"), pages, SMALL, 20)
                    found[name] = [max(each) for each in zip(*times)]
            table.compare(f"a show until the last of {count} pages", found, "ms", "alone")


def pass_bulk(port, messages, begin, ended):
    """Shows large models until it is to end. Another process: Python masks them with its lock held."""
    turn = 0
    begin.wait()
    while not ended.is_set():
        turn += 1
        Kernel(port, "/s/bulk/").send_and_settle(distinct(messages[turn % len(messages)], turn))


def bench_beside(options, table):
    """Small shows of one session while large ones of others pass."""
    large = [path.read_bytes() for _, path in shows(options)]
    with Redis() as engine, Nodes(options, engine, 3) as (a, b, c), ExitStack() as stack:
        begin, ended = FORK.Event(), FORK.Event()
        bulk = FORK.Process(target=pass_bulk, args=(c.port, large, begin, ended), daemon=True)
        bulk.start()
        pages = [stack.enter_context(Watching(node.port, "gear")) for node in (a, b)]
        stack.enter_context(Watching(b.port, "bulk"))
        found = {"nothing": show_times(Kernel(a.port, "/s/gear/"), pages, SMALL, 200, 0.01)[1]}
        begin.set()
        before = b.metrics()["cluster_received_bytes_total"]
        found["large"] = show_times(Kernel(a.port, "/s/gear/"), pages, SMALL, 200, 0.01)[1]
        passed = b.metrics()["cluster_received_bytes_total"] - before
        ended.set()
        bulk.join()
    table.add("compressed, to that node meanwhile", "cluster", [passed / 1e6], "MB")
    table.compare("a small show while large ones pass", found, "ms", "nothing")
    table.compare("the same, 99 of 100", {name: [statistics.quantiles(each, n=100)[98]] for name, each in found.items()}, "ms",
                  "nothing")


def bench_ends(options, table):
    """A node that is killed, an engine that is killed and comes back."""
    again, local, with_engine, back = [], [], [], []
    for _ in range(5):
        with Redis() as engine, Nodes(options, engine, 3) as nodes:
            with Watching(nodes[0].port, "gear") as page:
                show_times(Kernel(nodes[0].port, "/s/gear/"), [page], SMALL, 1)
                wait_until(lambda: nodes[0].metrics()["cluster_shown_total"] == 1, what="it is there")  # pylint: disable=cell-var-from-loop
            nodes[0].process.kill()
            killed = time.monotonic()
            with Watching(nodes[1].port, "gear") as page:
                again.append((page.wait(1) - killed) * 1000)
            with Watching(nodes[1].port, "gear") as near, Watching(nodes[2].port, "gear") as far:
                with_engine += show_times(Kernel(nodes[1].port, "/s/gear/"), [near], SMALL, 20)[0]
                engine.stop()
                local += show_times(Kernel(nodes[1].port, "/s/gear/"), [near], SMALL, 20)[0]
                seen = len(far.models)
                engine.start()
                began = time.monotonic()
                far.wait(seen + 1)
                back.append((time.monotonic() - began) * 1000)
    table.add("node killed: a page at another one", "cluster", again, "ms")
    table.compare("a show at the same node", {"engine": with_engine, "no engine": local}, "ms", "engine")
    table.add("engine back: the other node has the show", "cluster", back, "ms")


def bench_absent(options, table):
    """What the option costs at the start."""
    times, memory = {"alone": [], "cluster": []}, {"alone": [], "cluster": []}
    with Redis() as engine:
        for _ in range(options.runs):
            for name, more in (("alone", []), ("cluster", ["--cluster", engine.url])):
                with Server(name, [options.program, *more]) as server:
                    times[name].append(server.started * 1000)
                    memory[name].append(server.memory() / 1e6)
    table.compare("exec to accepting", times, "ms", "alone")
    table.compare("resident memory then", memory, "MB", "alone")


PARTS = {"absent": bench_absent, "shows": bench_shows, "engine": bench_engine, "bytes": bench_bytes, "idle": bench_idle,
         "nodes": bench_nodes, "browsers": bench_browsers, "beside": bench_beside, "ends": bench_ends}


def bench(options, table):
    for name in options.parts or PARTS:
        if name not in PARTS:
            sys.exit(f"no such part: {name}")
        PARTS[name](options, table)


