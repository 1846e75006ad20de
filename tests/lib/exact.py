# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Kernels that send geometry (docs/protocol.md, Shows of geometry), and what they send."""
import base64
import hashlib
import json
import shutil
from contextlib import ExitStack
from pathlib import Path

from peers import LIMIT, address
from slow import PATIENCE, SLOW
from websockets.sync.client import connect

HELPER = Path(__file__).resolve().parent / "fake_helper.py"
CONFIG = {"_splash": False, "normalLen": 0, "axes": True}


class FakeHelper:
    """A copy of the fake helper, with notes of its own. `variables`: for the daemon."""

    def __init__(self, folder):
        self.path = Path(folder) / "fake_helper"
        shutil.copy(HELPER, self.path)
        self.path.chmod(0o755)
        self.variables = {"CADCAST_GEOMETRY": str(self.path)}

    def notes(self):
        """What was meshed so far, in this order."""
        path = self.path.with_suffix(".notes")
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def names(self):
        return [each["name"] for each in self.notes()]


def shape(name, do="box", **more):
    """The bytes of a shape for the fake helper."""
    return json.dumps({"name": name, "do": do, **more}).encode()


def hash_of(data):
    return hashlib.sha256(data).hexdigest()


def leaf(ident, ref, loc=None, **more):
    return {
        "id": ident, "type": "shapes", "subtype": "solid", "name": ident.split("/")[-1],
        "shape": {"ref": ref}, "state": [1, 1], "color": "#e8b024", "alpha": 1.0, "material": None,
        "normalize_uvs": True, "texture": None, "loc": loc, "renderback": False, "accuracy": None,
        "bb": None, **more,
    }


def plan(shapes, parts=None, **more):
    """The payload of an `E` for these shapes, one part each unless `parts` are given."""
    if parts is None:
        parts = [leaf(f"/Group/part{n}", n, [[2.0 * n, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]) for n in range(len(shapes))]
    return {
        "version": 1,
        "tree": {"version": 3, "parts": parts, "loc": None, "name": "Group", "id": "/Group"},
        "shapes": [{"hash": hash_of(data), "bytes": len(data)} for data in shapes],
        "config": CONFIG,
        "mesh": {"deviation": 0.1, "angular_tolerance": 0.2},
        "count": len(parts),
        **more,
    }


def message(data):
    """The `F` message of a shape."""
    return b"F:" + hashlib.sha256(data).digest() + data


class ExactKernel:
    """One connection, for one show or several."""

    def __init__(self, port, path="/"):
        self.ending = ExitStack()
        self.socket = self.ending.enter_context(
            connect(address(port, path), max_size=LIMIT, compression=None, open_timeout=PATIENCE * SLOW,
                    close_timeout=0.05))
        self.progress = []

    def begin(self, payload):
        self.socket.send("E:" + json.dumps(payload))

    def answer(self, seconds=2 * PATIENCE):
        """The next answer that is not about progress."""
        while True:
            got = json.loads(self.socket.recv(timeout=seconds * SLOW))
            assert got["command"] == "exact", got
            if "done" not in got:
                return got
            self.progress.append(got)

    def next_progress(self):
        """The next message, which has to be about progress."""
        got = json.loads(self.socket.recv(timeout=2 * PATIENCE * SLOW))
        assert "done" in got, got
        self.progress.append(got)

    def wanted(self):
        got = self.answer()
        assert "want" in got, got
        return got["want"]

    def send(self, shapes):
        for data in shapes:
            self.socket.send(message(data))

    def show(self, shapes, parts=None, payload=None):
        """A whole show: (what was asked for, the last answer)."""
        self.begin(payload or plan(shapes, parts))
        want = self.wanted()
        self.send(shapes[n] for n in want)
        return want, self.answer()

    def close(self):
        self.ending.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def recorded_show(folder, name):
    """(plan, shapes) of a recorded show: the tree of its `D`, the geometry of its `B`. Leaves of
    several shapes, which are one shape in a show of geometry, are left out."""
    model = json.loads((folder / "messages" / f"{name}-model.msg").read_bytes()[2:])
    backend = json.loads((folder / "measure" / f"{name}-backend.msg").read_bytes()[2:])
    found, shapes = {}, []

    def collect(node):
        for part in node.get("parts", []):
            collect(part)
        if "parts" not in node:
            found[node["id"]] = node["shape"]

    def refer(node):
        if "parts" in node:
            node["parts"] = [part for part in node["parts"] if refer(part)]
            return True
        geometry = found[node["id"]]
        texts = [geometry["obj"]] if isinstance(geometry, dict) else geometry
        data = base64.b64decode(texts[0])
        if data not in shapes:
            shapes.append(data)
        node["shape"] = {"ref": shapes.index(data)}
        return len(texts) == 1

    collect(backend["model"])
    tree = model["data"]["shapes"]
    refer(tree)
    for member in ("bb", "normal_len"):
        tree.pop(member)
    config = model["config"]
    return plan(shapes, tree["parts"], tree=tree, config=config, count=model["count"]), shapes
