# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""tools/bench measure: exact measuring beside the Python backend, on recorded models.

What a user waits for, the same for each: a browser looks, a kernel sends exact geometry, and the
first question is asked as soon as that is acknowledged. The server runs before; ours starts its
helper when the geometry comes, and that time is in the first answer. The transfer alone is
measured as well, with the same sender, to a program that only takes the bytes, and to one that
keeps them, in memory that is fresh as it is to a server whose first message it is.
"""
import json
import random
import subprocess
import sys

from subjects import ROOT, Copy, Program, Server, run, scratch, settled, subjects

sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from measure_helper import ANSWER, READY, Helper, payload_of


def leaves(node):
    return [leaf for part in node["parts"] for leaf in leaves(part)] if "parts" in node else [node["id"]]


def candidates(names, count):
    """Questions about faces, edges and vertices, and about distances; the first is a quick one, the
    last is about a part."""
    dice = random.Random(3)

    def shape():
        kind, some = dice.choice((("faces/faces", 6), ("edges/edges", 12), ("vertices/vertices", 8)))
        return f"{dice.choice(names)}/{kind}_{dice.randrange(some)}"

    yield "PropertiesMeasurement", [f"{names[-1]}/edges/edges_1", False]
    for number in range(count - 2):
        if number % 3 == 2:
            yield "DistanceMeasurement", [shape(), shape(), number % 2 == 0]
        else:
            yield "PropertiesMeasurement", [shape(), False]
    yield "PropertiesMeasurement", [names[0], False]


def questions(message, count):
    """A file of status updates, a line each; only such as have an answer, as Python does not
    answer the others."""
    asked = []
    payload = payload_of(message)
    with Helper() as helper:
        kind, report = helper.load(payload)
        assert kind == READY, report
        for tool, ids in candidates(leaves(json.loads(payload)["model"]), count):
            if helper.ask(tool, ids)[0] == ANSWER:
                asked.append({"command": "status", "text": {"activeTool": tool, "selectedShapeIDs": ids}})
    path = scratch() / "questions"
    path.write_text("".join("U:" + json.dumps(each) + "\n" for each in asked), encoding="ascii")
    return path


def plain(path):
    if path.suffix != ".zst":
        return path
    unpacked = scratch() / path.stem
    subprocess.run(["zstd", "-dqfo", unpacked, path], check=True)
    return unpacked


def models(options):
    """(name, message): the recorded models of --large, or the one of --backend."""
    found = sorted(options.large.glob("*-backend.msg*")) if options.large else [options.backend]
    for path in found:
        yield path.name.split("-backend")[0], plain(path)


def resident(server):
    """MiB of who measures: of the helper where there is one, else of the server."""
    children = subprocess.run(["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True,
                              check=False).stdout.split()
    return max([Program.memory_of(pid) for pid in children] or [server.memory()]) / 2**20


def measure_one(values, maker, message, asked):
    """Adds what one fresh server takes, and what it has then."""
    with maker() as server:
        settled(server)
        ack, first, worst, *answers = run("measure", server.port, message, asked)
        for what, found in (("acknowledged", [ack]), ("ready", [ack + first]), ("answer", answers),
                            ("status", [worst]), ("memory", [resident(server)])):
            values[what].setdefault(server.name, []).extend(found)


def bare_transfers(options, message):
    """Milliseconds of the transfer alone: to a program that drops the bytes, and to one that has
    them in the end."""
    found = {}
    for name, arguments in (("copy", ()), ("keep", ("keep",))):
        with Copy(*arguments) as copy:
            found[name] = [run("measure", copy.port, message)[0] for _ in range(options.repeat)]
    return found


def bench(options, table):
    for label, message in models(options):
        asked = questions(message, options.questions)
        values = {what: {} for what in ("acknowledged", "ready", "answer", "status", "memory")}
        for _ in range(options.rounds):
            for name, found in bare_transfers(options, message).items():
                values["acknowledged"].setdefault(name, []).extend(found)
            for name, command in subjects(options).items():
                measure_one(values, lambda name=name, command=command: Server(name, command), message, asked)
        table.compare(f"measure: {label}, until acknowledged", values["acknowledged"], "ms", "copy")
        for what, text in (("ready", "until the first answer"), ("answer", "a further answer"),
                           ("memory", "memory")):
            unit = "MiB" if what == "memory" else "ms"
            table.compare(f"measure: {label}, {text}", values[what], unit, "ocp-viewer" if options.against else None)
        for name, found in values["status"].items():
            table.add(f"measure: {label}, longest wait for status", name, [max(found)], "ms")
