# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What tools/cluster-faults runs: each fault of a cluster again and again, what is lost by it and how long it takes
until all nodes show the same again."""
import contextlib
import shutil
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

from cluster_fault import (
    ClientsKilled,
    EngineEmptied,
    EngineFull,
    EngineHangs,
    EngineKilled,
    EngineSleeps,
    LineCut,
    LineHalves,
    LineSilent,
    LineSlow,
    NodeHangs,
    NodeKilled,
    Nothing,
    PiecesDropped,
)
from cluster_fault_apart import ClockAhead, ClockApart, FailOver, OldReplica, Partition, TwoMasters, VersionsApart
from cluster_nodes import Cluster, Page, model, settings
from daemon import wait_until
from slow import PATIENCE

ROWS = [Nothing, NodeKilled, NodeHangs, EngineKilled, EngineHangs, EngineSleeps, ClientsKilled, EngineFull, EngineEmptied,
        PiecesDropped, LineCut, LineSilent, LineHalves, LineSlow, OldReplica, TwoMasters, Partition, FailOver, ClockApart, ClockAhead,
        VersionsApart]


def agreed(pages, wanted):
    """Whether all of them are connected and show that."""
    connected = [page.look() for page in pages]
    return all(connected) and all(page.seen.state()[:2] == wanted for page in pages)


def one_round(cluster, fault, session, numbers):
    """Injects it once. Returns how many seconds all pages took to agree, or None: they never did."""
    first = next(numbers)
    pages = [Page(node, session) for node in cluster.nodes[:2]]
    cluster.nodes[0].send(session, model(first))
    if agree_soon(pages, (first, ())):
        cluster.nodes[1].send(session, settings(ticks=first))
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
    times = []
    numbers = iter(range(1, 1 << 30))
    with contextlib.ExitStack() as stack, Cluster(folder) as cluster:
        fault = row(cluster)
        stack.callback(fault.release)
        try:
            fault.prepare()
        except LookupError as reason:
            return {"fault": row.name, "skipped": str(reason)}
        for i in range(rounds):
            times.append(one_round(cluster, fault, f"gear{i}", numbers))
        cluster.mend()
    good = sorted(each for each in times if each is not None)
    return {"fault": row.name, "times": rounds, "lost": times.count(None),
            "median": statistics.median(good) if good else None, "most": good[-1] if good else None}


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was made for a row goes
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
