# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What tools/cluster-faults runs: each fault of a cluster again and again, what is lost by it and how long it takes
until all nodes show the same again."""
import contextlib
import random
import shutil
import signal
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from cluster_nodes import Cluster, Page, model, settings
from cluster_places import Place, places_fault
from daemon import wait_until
from slow import PATIENCE

from engine import Engine

FAKETIME = next((str(path) for path in Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)


class Fault:
    """One row. `cluster` has three nodes; the fault is between begin() and end()."""

    hold = 1.0  # seconds that it lasts

    def __init__(self, cluster):
        self.cluster = cluster

    def begin(self):
        pass

    def end(self):
        pass

    def shows_at(self):
        """The nodes at which something is shown while it lasts, the last one wins."""
        return self.cluster.nodes[:2]

    def close(self):
        pass


class Nothing(Fault):
    name = "nothing (for comparison)"


class NodeKilled(Fault):
    name = "a node is killed, after its show had arrived"
    hold = 0

    def begin(self):
        self.cluster.nodes[0].kill()

    def shows_at(self):
        return []

    def close(self):
        self.cluster.nodes[0].start()


class NodeHangs(Fault):
    name = "a node hangs for 3 s (SIGSTOP)"
    hold = 3

    def begin(self):
        self.cluster.nodes[2].stop()

    def end(self):
        self.cluster.nodes[2].go_on()


class EngineKilled(Fault):
    name = "the engine is killed and started"

    def begin(self):
        self.cluster.engine.stop()

    def end(self):
        self.cluster.engine.start()


class EngineHangs(Fault):
    name = "the engine hangs for 4 s (SIGSTOP)"
    hold = 4

    def begin(self):
        self.cluster.engine.signal(signal.SIGSTOP)

    def end(self):
        self.cluster.engine.signal(signal.SIGCONT)


class EngineSleeps(Fault):
    name = "the engine sleeps for 5 s (DEBUG SLEEP)"
    hold = 5

    def begin(self):
        threading.Thread(target=self.cluster.engine.say, args=("DEBUG", "SLEEP", 5), daemon=True).start()


class ClientsKilled(Fault):
    name = "the engine ends all connections (CLIENT KILL)"

    def begin(self):
        self.cluster.engine.say("CLIENT", "KILL", "TYPE", "pubsub")
        self.cluster.engine.say("CLIENT", "KILL", "TYPE", "normal")


class EngineFull(Fault):
    name = "the engine has no memory (maxmemory)"

    def begin(self):
        self.cluster.engine.say("CONFIG", "SET", "maxmemory", 1)

    def end(self):
        self.cluster.engine.say("CONFIG", "SET", "maxmemory", 0)


class EngineEmptied(Fault):
    name = "the engine forgets everything (FLUSHALL)"
    hold = 0

    def begin(self):
        self.cluster.engine.say("FLUSHALL")

    def shows_at(self):
        return []


class PiecesDropped(Fault):
    name = "the engine forgets all pieces; then a page comes at a third node"
    hold = 0

    def begin(self):
        keys = self.cluster.engine.say("KEYS", "*:b:*").split()
        if keys:
            self.cluster.engine.say("DEL", *keys)

    def shows_at(self):
        return []


class LineCut(Fault):
    name = "a node's line to the engine is cut"

    def begin(self):
        self.cluster.nodes[0].line.cut()

    def end(self):
        self.cluster.nodes[0].line.mend()


class LineSilent(Fault):
    name = "a node's line loses everything for 4 s"
    hold = 4

    def begin(self):
        self.cluster.nodes[0].line.hang()

    def end(self):
        self.cluster.nodes[0].line.mend()


class LineHalves(Fault):
    name = "a node's line ends in the middle of a message"

    def begin(self):
        self.cluster.nodes[0].line.halve(random.randrange(1, 1500))

    def end(self):
        self.cluster.nodes[0].line.mend()


class LineSlow(Fault):
    name = "a node's line is 150 ms late and carries 300 kB/s"

    def begin(self):
        self.cluster.nodes[0].line.delay = 0.15
        self.cluster.nodes[0].line.rate = 300e3

    def close(self):
        self.cluster.nodes[0].line.mend()


class OldReplica(Fault):
    """Two engines, of which the second one is a replica. It falls behind, and is made the master."""

    name = "an old replica becomes the master"

    def __init__(self, cluster):
        super().__init__(cluster)
        self.first = cluster.engine
        self.second = Engine(cluster.folder / "second")
        self.second.say("CONFIG", "SET", "masterauth", self.second.say("CONFIG", "GET", "requirepass").split()[-1])

    def follow(self):
        self.second.say("REPLICAOF", "127.0.0.1", self.first.port)
        wait_until(lambda: "master_link_status:up" in self.second.say("INFO", "replication"), what="the replica is in step")

    def begin(self):
        self.follow()
        self.second.say("REPLICAOF", "NO", "ONE")

    def end(self):
        self.first.stop()
        for node in self.cluster.nodes:
            node.line.target = self.second.port
            node.line.cut()
            node.line.mend()
        self.cluster.engine = self.second

    def close(self):
        """Back to the first one, which is empty."""
        self.first.start()
        self.cluster.engine = self.first
        for node in self.cluster.nodes:
            node.line.target = self.first.port
            node.line.cut()
            node.line.mend()

    def finish(self):
        self.second.stop()


class TwoMasters(OldReplica):
    name = "a partition with a master on each side, then healed"

    def begin(self):
        super().begin()
        line = self.cluster.nodes[0].line
        line.target = self.second.port
        line.cut()
        line.mend()
        wait_until(self.cluster.nodes[0].ready, what="it is at the other master")

    def end(self):
        line = self.cluster.nodes[0].line
        line.target = self.first.port
        line.cut()
        line.mend()

    def close(self):
        pass


class ClockApart(Fault):
    """The node whose clock is behind shows last, and has to win all the same."""

    name = "a node's clock is 90 s behind"
    offset = -90

    def __init__(self, cluster):
        super().__init__(cluster)
        if FAKETIME is None:
            raise LookupError("Debian's package faketime is not installed")
        self.node = cluster.nodes[1]
        self.node.kill()
        self.node.variables = {"LD_PRELOAD": FAKETIME, "FAKETIME": f"{self.offset:+d}s",
                               "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        self.node.start()
        wait_until(self.node.ready, what="it is at the engine")
        assert self.node.daemon.lines("this machine's clock is "), "the log does not say so"

    def finish(self):
        self.node.kill()
        self.node.variables = {}
        self.node.start()
        wait_until(self.node.ready, what="it is at the engine")


class ClockAhead(ClockApart):
    name = "a node's clock is 90 s ahead"
    offset = 90

    def shows_at(self):
        return self.cluster.nodes[1::-1]


class VersionsApart(Fault):
    """A newer version has fields of its own in the hashes; they have to stay."""

    name = "a newer version wrote fields that this one does not know"

    def begin(self):
        for key in self.cluster.engine.say("KEYS", "*}:[sc]").split():
            self.cluster.engine.say("HSET", key, "invented", "later")

    def end(self):
        for key in self.cluster.engine.say("KEYS", "*}:s").split():
            assert self.cluster.engine.say("HGET", key, "invented") == "later", f"{key} has lost a field"


class Partition(Fault):
    """A node in a network namespace of its own, whose link to the engine goes down."""

    name = "a partition: a network namespace whose link is down for 4 s"
    hold = 4

    def __init__(self, cluster):
        super().__init__(cluster)
        fault = places_fault()
        if fault:
            raise LookupError(fault)
        self.node = cluster.nodes[0]
        self.place = Place()
        self.node.kill()
        self.node.place = self.place
        self.node.start()
        wait_until(self.node.ready, what="it is at the engine")

    def begin(self):
        self.place.down()

    def end(self):
        self.place.up()

    def finish(self):
        self.node.kill()
        self.node.place = None
        self.place.close()
        self.node.start()
        wait_until(self.node.ready, what="it is at the engine")


ROWS = [Nothing, NodeKilled, NodeHangs, EngineKilled, EngineHangs, EngineSleeps, ClientsKilled, EngineFull, EngineEmptied,
        PiecesDropped, LineCut, LineSilent, LineHalves, LineSlow, OldReplica, TwoMasters, Partition, ClockApart, ClockAhead,
        VersionsApart]


def agreed(pages, wanted):
    """Whether all of them are connected and show that."""
    return all(page.look() and page.seen.state()[:2] == wanted for page in pages)


def one_round(cluster, fault, session, numbers):
    """Injects it once. Returns how many seconds all pages took to agree, or None: they never did."""
    first, later = next(numbers), next(numbers)
    pages = [Page(node, session) for node in cluster.nodes[:2]]
    cluster.nodes[0].send(session, model(first))
    cluster.nodes[1].send(session, settings(ticks=first)) if agree_soon(pages, (first, ())) else None
    wanted = (first, (("ticks", first),))
    wait_until(lambda: agreed(pages, wanted), what="the beginning")
    began = time.monotonic()
    fault.begin()
    for node in fault.shows_at():
        later = next(numbers)
        node.send(session, model(later))
        node.send(session, settings(zoom=later))
        wanted = (later, (("zoom", later),))
        time.sleep(0.02)  # clocks tell in milliseconds which show is newer
    time.sleep(max(0, began + fault.hold - time.monotonic()))  # the fault lasts
    fault.end()
    ended = time.monotonic()
    try:
        pages = [page for page in pages if page.node.up and page.look()]
        pages += [Page(node, session) for node in cluster.nodes if node.up]
        agree = agree_soon(pages, wanted)
        took = time.monotonic() - ended
        if not agree:
            print(f"  {session}: wanted {wanted}: {[(p.node.name, p.seen.state()) for p in pages]}", flush=True)
    finally:
        for page in pages:
            page.close()
        fault.close()
    wait_until(lambda: all(node.ready() for node in cluster.nodes), 2 * PATIENCE, "all nodes are at the engine")
    return took if agree else None


def agree_soon(pages, wanted):
    with contextlib.suppress(AssertionError):
        wait_until(lambda: agreed(pages, wanted), 2 * PATIENCE, "agreement")
        return True
    return False


def run_row(row, folder, rounds):
    """A line of the table."""
    with Cluster(folder) as cluster:
        try:
            fault = row(cluster)
        except LookupError as reason:
            return {"fault": row.name, "skipped": str(reason)}
        times = []
        numbers = iter(range(1, 1 << 30))
        for i in range(rounds):
            times.append(one_round(cluster, fault, f"gear{i}", numbers))
        cluster.mend()
        if hasattr(fault, "finish"):
            fault.finish()
    good = sorted(each for each in times if each is not None)
    return {"fault": row.name, "times": rounds, "lost": times.count(None),
            "median": statistics.median(good) if good else None, "most": good[-1] if good else None}


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    wanted = sys.argv[2:]
    lost = 0
    print("| fault | times | shows lost | agreed after, median | at most |\n| --- | --- | --- | --- | --- |", flush=True)
    for row in ROWS:
        if wanted and row.__name__ not in wanted:
            continue
        folder = Path(tempfile.mkdtemp(prefix="cadcast-faults-"))
        try:
            found = run_row(row, folder, rounds)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if "skipped" in found:
            print(f"| {found['fault']} | not run: {found['skipped']} | | | |", flush=True)
            continue
        lost += found["lost"]
        shown = [f"{found[each]:.2f} s" if found[each] is not None else "-" for each in ("median", "most")]
        print(f"| {found['fault']} | {found['times']} | {found['lost']} | {shown[0]} | {shown[1]} |", flush=True)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
