# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Talks to the geometry helper over its pipes, and compares its answers with recorded ones."""

import contextlib
import json
import math
import pathlib
import struct
import subprocess

from daemon import helper_path

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data" / "measure"
HEAD = struct.Struct("<IIIIQ")
MESH_HEAD = struct.Struct("<ddII")
MODEL, DECODE, ASK, DROP, PING, MESH = 1, 2, 3, 4, 5, 6
READY, ANSWER, FAIL, PONG, MESHED = 16, 17, 18, 19, 20
COARSE, EDGES_ONLY = 1, 2
ARROW = "\u21d2 X | Y | Z"


def program():
    """The path of what measures."""
    return str(helper_path("CADCAST_GEOMETRY", "helper", "cadcast-geometry"))


class Helper:
    """One helper process. `with Helper() as helper:` ends it."""

    def __init__(self, *args, path=None):
        self.process = subprocess.Popen(
            [path or program(), *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.serial = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """It ends with its input, unless it is at work for long."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def send(self, kind, payload=b"", session=1):
        self.serial += 1
        self.process.stdin.write(HEAD.pack(kind, self.serial, session, 0, len(payload)) + payload)
        self.process.stdin.flush()

    def receive(self):
        """(kind, session, payload); EOFError where the helper ended."""
        head = self.process.stdout.read(HEAD.size)
        if len(head) < HEAD.size:
            raise EOFError("the helper ended")
        kind, serial, session, zero, length = HEAD.unpack(head)
        assert zero == 0 and serial == self.serial
        return kind, session, self.process.stdout.read(length)

    def load(self, payload, session=1, lazy=False):
        """The last answer: to the tree, and to decoding all of it unless `lazy`."""
        self.send(MODEL, payload, session)
        kind, _, answer = self.receive()
        while kind == READY and json.loads(answer)["left"] > 0 and not lazy:
            self.send(DECODE, session=session)
            kind, _, answer = self.receive()
        return kind, json.loads(answer)

    def ask(self, tool, ids, session=1):
        self.send(ASK, json.dumps({"tool": tool, "ids": ids}).encode(), session)
        kind, _, answer = self.receive()
        return kind, json.loads(answer)

    def mesh(self, shape, deviation=0.1, angle=0.2, flags=0):
        """(kind, payload) of the answer; the payload of a FAIL is decoded."""
        self.send(MESH, MESH_HEAD.pack(deviation, angle, flags, 0) + shape)
        kind, _, answer = self.receive()
        return kind, json.loads(answer) if kind == FAIL else answer


def payload_of(path):
    """A recorded `B` message without its kind bytes."""
    data = pathlib.Path(path).read_bytes()
    assert data[:2] == b"B:"
    return data[2:]


def cases_of(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def deviation(got, want, where=""):
    """The largest deviation of the numbers in two answers, relative (absolute below 1), and where.
    Infinite where strings, keys or their order differ."""
    if isinstance(want, bool) or isinstance(got, bool) or want is None or got is None:
        return (0.0, where) if got is want else (math.inf, where)
    if isinstance(want, (int, float)) and isinstance(got, (int, float)):
        return abs(got - want) / max(1.0, abs(want)), where
    if isinstance(want, dict) and isinstance(got, dict):
        if list(got) != list(want):
            return math.inf, f"{where}: {list(got)} for {list(want)}"
        pairs = [(got[key], want[key], f"{where}/{key}") for key in want]
    elif isinstance(want, (list, tuple)) and isinstance(got, list):
        if len(got) != len(want):
            return math.inf, where
        pairs = [(a, b, f"{where}/{i}") for i, (a, b) in enumerate(zip(got, want))]
    else:
        return (0.0, where) if got == want else (math.inf, f"{where}: {got!r} for {want!r}")
    return max((deviation(*pair) for pair in pairs), default=(0.0, where))


def compare(got, want):
    """deviation() of two whole responses; the order of keys counts inside sections only."""
    if set(got) != set(want):
        return math.inf, f"keys {sorted(got)} for {sorted(want)}"
    return deviation({key: got[key] for key in want}, want)


def center_corrected(response, ids, truth):
    """A distance between centers, with the true middles of edges."""
    one, two = (truth[name]["point"] if name in truth else response[key] for name, key in zip(ids, ("refpoint1", "refpoint2")))
    sections = [dict(section) for section in response["result"]]
    sections[0].update({"distance": math.dist(one, two), ARROW: [abs(b - a) for a, b in zip(one, two)]})
    sections[1] = {"point 1": one, "point 2": two}
    return {**response, "result": sections, "refpoint1": one, "refpoint2": two}


TRUE_ROWS = {"length": "length", "area": "area", "middle": "point"}


def corrected(case):
    """A recorded response with the true lengths, areas and points in place of the reference's, whose quadrature is
    coarse. A case has "true" only if these are known for its ids."""
    response, truth = case["response"], case.get("true", {})
    if not truth:
        return response
    if case["tool"] == "DistanceMeasurement":
        return center_corrected(response, case["ids"], truth) if case["ids"][2] else response
    (right,) = truth.values()
    sections = [dict(section) for section in response["result"]]
    for section in sections:
        section.update({key: right[name] for key, name in TRUE_ROWS.items() if key in section and name in right})
    if response["shape_type"] == "Face":
        return {**response, "result": sections}
    at_start = any(section.get("start") == response["refpoint"] for section in sections)
    return {**response, "result": sections, "refpoint": response["refpoint"] if at_start else right["point"]}
