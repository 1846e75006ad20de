#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The geometry helper beside the Python backend, in one run: time until a model is ready, the median
answer, resident memory.

usage: tests/bench/measure.py [--questions N] [--rounds N] FILE...

FILE is a recorded B message, plain or .zst. Ours is measured through its pipe, from the first byte
of the question to the last of the answer; the Python backend inside its process, without a
transport. The rounds alternate. $CADCAST_GEOMETRY names the helper.
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from measure_helper import ANSWER, PING, READY, Helper  # noqa: E402

CACHE = pathlib.Path(
    os.environ.get("CADCAST_CACHE")
    or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "cadcast"
)
REFERENCE = """
import contextlib, io, json, sys, time
began = time.perf_counter()
import orjson
from ocp_viewer_core.backend import ViewerBackend
from ocp_viewer_core.comms import MessageType
backend = ViewerBackend()
out, answer = sys.stdout, None
sys.stdout = io.StringIO()
def reply(value):
    print(json.dumps(value), file=out, flush=True)
reply(time.perf_counter() - began)
for line in sys.stdin:
    question = json.loads(line)
    began = time.perf_counter()
    if isinstance(question, str):
        with open(question, "rb") as file:
            text = file.read()[2:]
        began = time.perf_counter()
        backend.handle_event(orjson.loads(text)["model"], MessageType.DATA)
        reply([time.perf_counter() - began, list(backend.model)])
    else:
        tool, ids = question
        answer = backend.handle_event({"activeTool": tool, "selectedShapeIDs": ids}, MessageType.UPDATES)
        orjson.dumps(answer)
        reply(time.perf_counter() - began)
"""


def resident(pid):
    """MiB."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the process is gone")


class Reference:
    def __init__(self):
        self.process = subprocess.Popen(
            [CACHE / "clients" / "bin" / "python", "-c", REFERENCE],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd="/tmp",
        )
        self.start = json.loads(self.process.stdout.readline())

    def call(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.kill()
        self.process.wait()


def questions(ids, count):
    """Properties of every kind of shape, and distances; the same for both."""
    dice = random.Random(3)
    kinds = {}
    for name in ids:
        kind = next((kind for kind in ("faces", "edges", "vertices") if f"/{kind}/" in name), "part")
        kinds.setdefault(kind, []).append(name)
    for number in range(count):
        some = kinds[dice.choice([kind for kind in sorted(kinds) if kind != "part" or number % 10 == 0] or ["part"])]
        if number % 3 == 2:
            yield "DistanceMeasurement", [dice.choice(some), dice.choice(kinds.get("faces", some)), number % 2 == 0]
        else:
            yield "PropertiesMeasurement", [dice.choice(some), False]


def measure_ours(payload, asked):
    began = time.perf_counter()
    with Helper() as helper:
        helper.send(PING)
        helper.receive()
        start = time.perf_counter() - began
        began = time.perf_counter()
        kind, report = helper.load(payload)
        ready = time.perf_counter() - began
        assert kind == READY, report
        memory = resident(helper.process.pid)
        times = []
        for tool, ids in asked:
            began = time.perf_counter()
            kind, answer = helper.ask(tool, ids)
            times.append(time.perf_counter() - began)
            assert kind == ANSWER or "degenerate" in answer["error"], (ids, answer)
        return {"start": start, "ready": ready, "answers": times, "memory": memory,
                "after": resident(helper.process.pid)}


def measure_reference(path, count):
    """The measurements, and the questions that were asked."""
    reference = Reference()
    try:
        ready, ids = reference.call(str(path))
        memory = resident(reference.process.pid)
        asked = list(questions(ids, count))
        times = [reference.call(question) for question in asked]
        return {"start": reference.start, "ready": ready, "answers": times, "memory": memory,
                "after": resident(reference.process.pid)}, asked
    finally:
        reference.close()


def unpack(path, folder):
    if path.suffix != ".zst":
        return path.resolve()
    plain = folder / path.stem
    with open(plain, "wb") as out:
        subprocess.run(["zstd", "-dc", path], stdout=out, check=True)
    return plain


def report(name, ours, reference):
    rows = [("start", "ms", 1e3), ("ready", "ms", 1e3), ("memory", "MiB", 1), ("after", "MiB", 1), ("answers", "ms", 1e3)]
    labels = {"start": "start of the process", "ready": "model ready", "memory": "memory with the model",
              "after": "memory after the questions", "answers": "median answer"}
    for key, unit, factor in rows:
        values = []
        for runs in (ours, reference):
            found = [run[key] for run in runs]
            values.append(statistics.median(sum(found, []) if key == "answers" else found) * factor)
        print(f"| {name:<18} | {labels[key]:<26} | {values[0]:>9.3f} {unit:<3} | {values[1]:>9.3f} {unit:<3} | "
              f"{values[0] / values[1]:>6.3f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"| {'model':<18} | {'measurement':<26} | {'cadcast':>13} | {'python':>13} | {'ratio':>6} |")
    with tempfile.TemporaryDirectory() as folder:
        for path in options.files:
            plain = unpack(path, pathlib.Path(folder))
            payload = plain.read_bytes()[2:]
            ours, reference = [], []
            for _ in range(options.rounds):
                run, asked = measure_reference(plain, options.questions)
                reference.append(run)
                ours.append(measure_ours(payload, asked))
            report(path.name.split("-backend")[0].split(".")[0], ours, reference)


if __name__ == "__main__":
    main()
