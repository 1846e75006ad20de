# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Random histories of a cluster: shows and changes at three nodes while nodes, lines and the engine fail. At the end
all pages of a session agree, on a show that no newer one is held of by a node that lives.

usage: cluster_history.py FIRST-SEED COUNT   (tools/cluster-histories)"""
import json
import multiprocessing
import random
import shutil
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

from cluster_nodes import CLEAR, Cluster, Page, animation, gone, model, relative_time, settings
from daemon import wait_until
from slow import PATIENCE

SESSIONS = "left", "right"
KEYS = "ticks", "zoom", "other"
# How often each thing happens, beside the others.
ACTS = {
    "show": 24, "show_large": 3, "clear": 3, "change": 16, "animate": 4, "set_time": 3, "open": 8, "close": 3, "wait": 6, "burst": 8,
    "kill": 3, "start": 4, "stop": 2, "go_on": 4, "cut": 3, "hang": 2, "narrow": 2, "late": 2, "halve": 4, "mend": 5,
    "kill_clients": 4, "flush": 3, "drop_pieces": 2, "engine_kill": 2, "engine_start": 6, "engine_nap": 2,
}
CLOCKS = 0.1  # seconds: a clock that is read on a busy machine is off by up to half of the time that this takes
# Takes 30 s to be over, so that not every history has it.
RARE = {"fill": 3, "empty": 1}


class History:
    """One of them. `log` has what happened, for the one that finds a fault."""

    def __init__(self, seed, folder, steps=25):
        self.dice = random.Random(seed)
        self.log = []
        self.shows = {session: [] for session in SESSIONS}  # (number, None for a clear; its holders; of which act; when)
        self.values = {}  # session -> what changes ever said
        self.pages = []
        self.numbers = 0
        self.ended = 0
        self.losses = 0  # of all that the engine has
        self.steps = steps
        self.began = time.monotonic()
        self.acts = dict(ACTS, **(RARE if self.dice.random() < 0.1 else {}))
        self.cluster = Cluster(folder, 3, keeps=self.dice.random() < 0.2)

    def note(self, what, *more):
        self.log.append(f"{time.monotonic() - self.began:6.2f} {what} {' '.join(map(str, more))}")

    # -- what happens

    def node(self):
        """One that runs; None: none does."""
        up = [node for node in self.cluster.nodes if node.up]
        return self.dice.choice(up) if up else None

    def session(self):
        return self.dice.choice(SESSIONS)

    def add(self, session, number, node, act):
        self.shows[session].append((number, {(node.name, node.life)}, act, time.monotonic()))

    def tell(self, what, message, session=None):
        """Sends as a kernel does. Returns the node and the session, or None."""
        node, session = self.node(), session or self.session()
        if node is None:
            return None
        self.note(what, node.name, session)
        node.send(session, message)
        return node, session

    def show(self, size=0):
        self.numbers += 1
        number, told = self.numbers, self.tell(f"show {self.numbers}", model(self.numbers, size))
        if told:
            self.add(told[1], number, told[0], number)

    def show_large(self):
        self.show(self.dice.choice((1 << 18, 3 << 20)))

    def clear(self):
        told = self.tell("clear", CLEAR)
        if told:
            self.add(told[1], None, told[0], (self.losses, time.monotonic()))

    def change(self):
        self.numbers += 1
        key = self.dice.choice(KEYS)
        told = self.tell(f"set {key}={self.numbers}", settings(**{key: self.numbers}))
        if told:
            self.values.setdefault(told[1], set()).add((key, self.numbers))

    def animate(self):
        self.numbers += 1
        self.tell(f"animation {self.numbers}", animation(self.numbers))

    def set_time(self):
        self.numbers += 1
        self.tell(f"time {self.numbers}", relative_time(self.numbers))

    def burst(self):
        """Several kernels change one session at once, at whatever nodes."""
        session = self.session()
        self.note("burst", session)
        calls = []
        for _ in range(self.dice.randrange(3, 8)):
            node, what, key = self.node(), self.dice.choice("sccca"), self.dice.choice(KEYS)
            self.numbers += 1
            number = self.numbers
            if node is None:
                break
            if what == "s":
                self.add(session, number, node, id(calls))
                message = model(number)
            elif what == "c":
                self.values.setdefault(session, set()).add((key, number))
                message = settings(**{key: number})
            else:
                message = animation(number)
            self.note(f"  {what}{number}", node.name, key if what == "c" else "")
            calls.append(threading.Thread(target=self.send, args=(node, session, message), daemon=True))
        for call in calls:
            call.start()
        for call in calls:
            call.join()

    def send(self, node, session, message):
        try:
            node.send(session, message)
        except Exception as error:  # pylint: disable=broad-exception-caught
            self.note("  burst:", type(error).__name__)

    def open(self):
        node, session = self.node(), self.session()
        if node is not None:
            self.note("open", node.name, session)
            self.pages.append((Page(node, session), node.life))

    def close(self):
        if self.pages:
            page, _ = self.pages.pop(self.dice.randrange(len(self.pages)))
            self.note("close", page.node.name, page.session)
            page.close()

    def wait(self):
        seconds = self.dice.choice((0.05, 0.3, 1, 2.5))
        self.note("wait", seconds)
        time.sleep(seconds)  # a random moment

    def held(self):
        """What pages show by now is held by their nodes."""
        for page, life in self.pages:
            if page.node.daemon is not None and page.node.life == life:
                page.look()
                for number, holders, *_ in self.shows[page.session]:
                    if number is not None and number == page.seen.model:
                        holders.add((page.node.name, life))

    def kill(self):
        node = self.node()
        if node is not None:
            self.held()
            self.note("kill", node.name)
            node.kill()

    def start(self):
        for node in self.cluster.nodes:
            if node.daemon is None:
                self.note("start", node.name)
                node.start()
                return

    def stop(self):
        node = self.node()
        if node is not None:
            self.note("stop", node.name)
            node.stop()

    def go_on(self):
        for node in self.cluster.nodes:
            if node.stopped:
                self.note("go on", node.name)
                node.go_on()
                return

    def line(self, what):
        node = self.dice.choice(self.cluster.nodes)
        self.note(what, node.name)
        return node.line

    def cut(self):
        self.line("cut").cut()

    def hang(self):
        self.line("hang").hang()

    def narrow(self):
        self.line("narrow").rate = 300000

    def late(self):
        self.line("late").delay = 0.15

    def halve(self):
        self.line("halve").halve(self.dice.choice((1, 50, 700, 3000)))

    def mend(self):
        self.line("mend").mend()

    def engine(self, what, *words):
        if self.cluster.engine.process is not None:
            self.note(what)
            self.cluster.engine.say(*words)

    def kill_clients(self):
        self.engine("kill clients", "CLIENT", "KILL", "TYPE", self.dice.choice(("normal", "pubsub")))

    def flush(self):
        self.losses += 1
        self.engine("flush", "FLUSHALL")

    def drop_pieces(self):
        if self.cluster.engine.process is not None:
            self.note("drop pieces")
            keys = self.cluster.engine.say("KEYS", "*:b:*").split()
            if keys:
                self.cluster.engine.say("DEL", *keys)

    def engine_kill(self):
        self.losses += 1
        self.note("engine killed")
        self.cluster.engine.stop()

    def engine_start(self):
        if self.cluster.engine.process is None:
            self.note("engine started")
            self.cluster.engine.start()

    def engine_nap(self):
        if self.cluster.engine.process is not None:
            seconds = self.dice.choice((0.5, 2.5))
            self.note("engine sleeps", seconds)
            threading.Thread(target=self.cluster.engine.say, args=("DEBUG", "SLEEP", seconds), daemon=True).start()

    def fill(self):
        self.engine("engine full", "CONFIG", "SET", "maxmemory", 1)

    def empty(self):
        self.engine("engine has memory", "CONFIG", "SET", "maxmemory", 0)

    # -- the whole

    def run(self):
        with self.cluster:
            for act in self.dice.choices(list(self.acts), self.acts.values(), k=self.steps):
                try:
                    getattr(self, act)()
                except Exception as error:  # pylint: disable=broad-exception-caught
                    if not gone(error):
                        raise
                    self.note(f"  {act}: {type(error).__name__}: {error}")
            self.held()
            self.ended = time.monotonic()
            self.note("all is mended")
            self.cluster.mend()
            self.cluster.wait_ready()
            self.agree()

    def allowed(self, session):
        """The shows that may be the last: the newest one that a node which lives has held, and those after it."""
        lives = {(node.name, node.life) for node in self.cluster.nodes}
        found = set()
        held = None
        certain = True
        for number, holders, act, when in reversed(self.shows[session]):
            # Those of one act have no order, nor have those that clocks of nodes that cannot hear of each other hardly tell apart.
            if held is not None and act != held[0] and when < held[1] - CLOCKS:
                return found
            found.add(number)
            # An empty session is forgotten by nodes after 5 s: then only the engine knows that it was cleared, and which
            # of the shows before it are still held depends on which nodes had heard of it.
            if number is None and (act[0] != self.losses or self.ended >= act[1] + 4):
                certain = False
            elif certain and holders & lives:
                held = act, when
        return found if held is not None else found | {None}

    def views(self):
        """By session: what pages that come now see, and those that are there."""
        seen = {session: [(f"new at {node.name}", node.sees(session)) for node in self.cluster.nodes] for session in SESSIONS}
        for page, life in self.pages:
            if page.node.life == life and page.look():
                seen[page.session].append((f"page at {page.node.name}", page.seen.state()))
        return seen

    def agree(self):
        last = {}

        def good():
            last.clear()
            last.update(self.views())
            return all(len({state for _, state in views}) == 1 and views[0][1][0] in self.allowed(session)
                       for session, views in last.items())

        began = time.monotonic()
        try:
            wait_until(good, 2 * PATIENCE, "agreement")
        except AssertionError:
            for session, views in last.items():
                self.note(f"{session}: allowed {self.allowed(session)}: {views}")
            raise
        self.note(f"agreed after {time.monotonic() - began:.2f} s: {[views[0][1] for views in last.values()]}")
        for session, views in last.items():
            extra = set(views[0][1][1]) - self.values.get(session, set())
            assert not extra, f"settings that nobody made: {extra}"


def run(seed, steps=25):
    """None, or what went wrong and how it came to that."""
    folder = Path(tempfile.mkdtemp(prefix="cadcast-history-"))
    history = None
    try:
        history = History(seed, folder, steps)
        history.run()
        return None
    except Exception:  # pylint: disable=broad-exception-caught
        logs = "\n".join(f"{path.parent.name}: {line}" for path in sorted(folder.glob("n?/log-*"))
                         for line in path.read_text(errors="replace").splitlines() if "cluster" in line)
        return "\n".join([traceback.format_exc(), *(history.log if history else []), logs[-6000:]])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    first, count = int(sys.argv[1]), int(sys.argv[2])
    wrong = []
    for seed in range(first, first + count):
        began = time.monotonic()
        # A process each: what one leaves open does not end the later ones.
        with multiprocessing.get_context("fork").Pool(1) as pool:
            fault = pool.apply(run, (seed,))
        print(json.dumps({"seed": seed, "good": fault is None, "seconds": round(time.monotonic() - began, 1)}), flush=True)
        if fault is not None:
            wrong.append(seed)
            print(fault, flush=True)
    print(f"{count} histories, wrong: {wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
