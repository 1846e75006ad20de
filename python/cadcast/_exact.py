# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""A show that sends shapes instead of triangles.

The clients' own conversion (``ocp_tessellate``) makes the tree of a show; here its shapes are written
down and sent, and the server meshes them. A shape that the server holds already is not sent, and one
that this process wrote down before is not written again. docs/protocol.md describes the messages.
"""
from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, Callable

import numpy
import orjson
from ocp_tessellate import convert
from ocp_tessellate.defaults import preset
from ocp_tessellate.ocp_utils import bounding_box, loc_to_tq, make_compound, mul_locations, np_bbox, tq_to_loc
from ocp_tessellate.utils import numpy_to_buffer_json
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

PROBE_SECONDS = 60.0   # how long an answer to "does this server take shapes?" holds
BAR_SECONDS = 0.5      # a show that takes longer has a progress bar
KEPT_SHOWS = 4         # shows after which a shape that none of them had is forgotten


class Refused(Exception):
    """The server did not show it. The show goes the old way, and says why."""


class Superseded(Exception):
    """A newer show of the same session came first: nothing is left to do."""


# ---- shapes, written down once ----


class Written:
    """A shape as it is sent: its hash, its length, and its bytes until the show is over."""

    __slots__ = ("box", "children", "data", "digest", "orientation", "shape", "show", "size")

    def __init__(self, shape: Any, data: bytes, show: int) -> None:
        self.shape = shape
        self.digest = hashlib.sha256(data).hexdigest()
        self.size = len(data)
        self.data: bytes | None = data
        self.children = shape.NbChildren()
        self.orientation = shape.Orientation()
        self.box: Any = None
        self.show = show


class Memory:
    """What this process wrote down, by the shape's own identity (its TShape).

    The entry holds the TShape, so its identity cannot pass to another shape. A shape that was changed
    in place has another number of children; one that no show had for a while is forgotten.
    """

    def __init__(self) -> None:
        self.entries: dict[Any, list[Written]] = {}
        self.show = 0

    def begin(self) -> None:
        self.show += 1

    def end(self) -> None:
        """Drops the bytes of this show, and the shapes that no recent show had."""
        for key, kept in list(self.entries.items()):
            for entry in kept:
                entry.data = None
            fresh = [entry for entry in kept if self.show - entry.show < KEPT_SHOWS]
            if fresh:
                self.entries[key] = fresh
            else:
                del self.entries[key]

    def find(self, shape: Any) -> Written | None:
        for entry in self.entries.get(shape.TShape(), ()):
            if entry.orientation == shape.Orientation() and entry.children == shape.NbChildren():
                entry.show = self.show
                return entry
        return None

    def write(self, shape: Any) -> Written:
        """The shape, which has no location of its own, written down; from memory if it is there."""
        entry = self.find(shape)
        if entry is None:
            entry = Written(shape, _bytes_of(shape), self.show)
            kept = self.entries.setdefault(shape.TShape(), [])
            kept[:] = [old for old in kept if old.orientation != entry.orientation]
            kept.append(entry)
        return entry

    @staticmethod
    def bytes_of(entry: Written) -> bytes:
        if entry.data is None:
            data = _bytes_of(entry.shape)
            if hashlib.sha256(data).hexdigest() != entry.digest:
                raise Refused("a shape was changed in place while it was shown")
            return data
        return entry.data


def _bytes_of(shape: Any) -> bytes:
    # pylint: disable-next=protected-access
    data = convert._serialize_unchecked(shape)
    if not data:
        raise Refused("a shape cannot be written down")
    return bytes(data)


def _box(entry: Written) -> Any:
    if entry.box is None:
        entry.box = bounding_box(entry.shape, loc=None, optimal=False)
    return entry.box


# ---- one show ----


class Plan:
    """One show: the tree, the shapes in it, and how to make the old message if that is needed."""

    def __init__(self, group: Any, kwargs: dict[str, Any], old: Callable[[], Any]) -> None:
        self.group = group
        self.kwargs = kwargs
        self.old = old
        self.shapes: list[Written] = []
        self.tree: dict[str, Any] = {}


class Part:
    """What stands for a shape in the client's own message, on its way to the transport."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan


def _leaf(plan: Plan, memory: Memory) -> Callable[..., Any]:
    """The converter for leaves that are edges or vertices alone: one compound each."""

    def convert_leaf(objects: Any, _name: str, _path: str) -> Any:
        shape = objects[0] if len(objects) == 1 else make_compound(list(objects))
        entry = memory.write(shape)
        plan.shapes.append(entry)
        return {"ref": len(plan.shapes) - 1}, _box(entry)

    return convert_leaf


def _needs_old_way(parts: list[dict[str, Any]], finer_edges: bool) -> bool:
    """Whether a part has what only triangles with texture coordinates can show, or is edges alone that
    are to be divided as the caller says."""
    for part in parts:
        if "parts" in part:
            if _needs_old_way(part["parts"], finer_edges):
                return True
        elif part.get("material") or part.get("texture") or (finer_edges and part["type"] == "edges"):
            return True
    return False


def _corners(box: Any) -> Any:
    return numpy.asarray(
        [[x, y, z] for x in (box.xmin, box.xmax) for y in (box.ymin, box.ymax) for z in (box.zmin, box.zmax)],
        dtype="float64",
    )


def _boxes(plan: Plan, node: dict[str, Any], loc: Any) -> Iterator[dict[str, float]]:
    """The placed boxes of all leaves. The server computes the picture's own from the triangles."""
    for part in node["parts"]:
        placed = loc if part["loc"] is None else mul_locations(loc, tq_to_loc(*part["loc"]))
        if part.get("parts") is not None:
            yield from _boxes(plan, part, placed)
        elif part["type"] == "shapes":
            box = np_bbox(_corners(_box(plan.shapes[part["shape"]["ref"]])), *loc_to_tq(placed))
            if box is not None:
                yield box
        else:
            yield part.pop("bb").to_dict()


def _around(boxes: Iterator[dict[str, float]]) -> dict[str, float] | None:
    whole: dict[str, float] | None = None
    for box in boxes:
        if whole is None:
            whole = {key: float(box[key]) for key in ("xmin", "xmax", "ymin", "ymax", "zmin", "zmax")}
            continue
        for axis in "xyz":
            whole[axis + "min"] = min(whole[axis + "min"], float(box[axis + "min"]))
            whole[axis + "max"] = max(whole[axis + "max"], float(box[axis + "max"]))
    return whole


def plan_show(group: Any, instances: Any, kwargs: dict[str, Any], memory: Memory, old: Callable[[], Any]) -> Any:
    """What ``tessellate_group`` returns, without triangles: parts, tree, exact geometry by id.
    None if this show has to go the old way."""
    plan = Plan(group, kwargs, old)
    plan.shapes = [memory.write(instance["obj"]) for instance in instances]
    leaf = _leaf(plan, memory)
    mapping, shapes = group.collect("", instances, None, leaf, leaf)
    finer_edges = preset("edge_accuracy", kwargs.get("edge_accuracy")) is not None
    if not plan.shapes or _needs_old_way(shapes.get("parts", []), finer_edges):
        return None
    loc = tq_to_loc((0, 0, 0), (0, 0, 0, 1)) if shapes["loc"] is None else tq_to_loc(*shapes["loc"])
    shapes["normal_len"] = 0
    if kwargs.get("render_normals"):
        deviation = preset("deviation", kwargs.get("deviation"))
        qualities = [convert.compute_quality(_box(shape), deviation=deviation) for shape in plan.shapes]
        shapes["normal_len"] = max(qualities) / deviation * 4
    shapes["bb"] = _around(_boxes(plan, shapes, loc))
    plan.tree = shapes
    return [Part(plan)], shapes, mapping


# ---- the way to the server ----


class _Question(threading.Thread):
    """Asks one server, beside what the client does meanwhile; the server starts a helper for it."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(daemon=True)
        self.host = host
        self.port = port
        self.at = time.monotonic()
        self.takes = False
        self.lost = False
        self.start()

    def run(self) -> None:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=2)
        try:
            connection.request("GET", "/api/exact")
            answer = connection.getresponse()
            self.takes = answer.status == 200 and json.loads(answer.read()).get("version") == 1
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            self.lost = True
        finally:
            connection.close()


class Servers:
    """Which servers take shapes: asked once in a while."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, int], _Question] = {}

    def ask(self, host: str, port: int) -> _Question:
        kept = self.known.get((host, port))
        if kept is None or kept.lost or time.monotonic() - kept.at > PROBE_SECONDS:
            kept = self.known[host, port] = _Question(host, port)
        return kept

    def take_shapes(self, host: str, port: int) -> bool:
        question = self.ask(host, port)
        question.join()
        return question.takes

    def forget(self) -> None:
        self.known.clear()


class Bar:
    """A progress bar on one line, for a show that takes long; it works in terminals and cells."""

    def __init__(self, quiet: bool) -> None:
        self.began = time.monotonic()
        self.quiet = quiet
        self.drawn = False

    def update(self, done: int, of: int) -> None:
        if self.quiet or of < 1 or time.monotonic() - self.began < BAR_SECONDS:
            return
        full = 30 * done // of
        text = f"\rmeshing [{'#' * full}{'.' * (30 - full)}] {done} of {of}"
        print(text, end="", file=sys.stderr, flush=True)
        self.drawn = True

    def end(self) -> None:
        if self.drawn:
            print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)


def _answer(socket: Any, bar: Bar) -> dict[str, Any]:
    """The next answer that is not about progress."""
    while True:
        answer = json.loads(socket.recv())
        if not isinstance(answer, dict) or answer.get("command") != "exact":
            continue
        if "done" in answer:
            bar.update(int(answer["done"]), int(answer.get("of", 0)))
            continue
        if answer.get("ok") is False:
            if answer.get("replaced"):
                raise Superseded
            raise Refused(str(answer.get("error", "the server did not say why")))
        return answer


def _message(plan: Plan, data: dict[str, Any], default: Callable[[Any], Any]) -> bytes:
    mesh = {
        "deviation": preset("deviation", plan.kwargs.get("deviation")),
        "angular_tolerance": preset("angular_tolerance", plan.kwargs.get("angular_tolerance")),
    }
    message = {
        "version": 1,
        "tree": numpy_to_buffer_json(data["data"]["shapes"]),
        "shapes": [{"hash": shape.digest, "bytes": shape.size} for shape in plan.shapes],
        "config": data["config"],
        "mesh": mesh,
        "count": data["count"],
    }
    return b"E:" + bytes(orjson.dumps(message, default=default))


def send(url: str, plan: Plan, data: dict[str, Any], default: Callable[[Any], Any], quiet: bool) -> dict[str, Any]:
    """Sends the show and waits until it is the session's picture. Refused, Superseded. An interrupt
    closes the connection, which ends the work on the server too."""
    bar = Bar(quiet)
    try:
        with connect(url, close_timeout=0.05, max_size=None) as socket:
            socket.send(_message(plan, data, default))
            answer = _answer(socket, bar)
            for number in answer.get("want", ()):
                shape = plan.shapes[number]
                socket.send(b"F:" + bytes.fromhex(shape.digest) + Memory.bytes_of(shape))
            if "want" in answer:
                answer = _answer(socket, bar)
            return answer
    except (OSError, WebSocketException, ValueError, IndexError) as error:
        raise Refused(f"{type(error).__name__}: {error}") from error
    finally:
        with contextlib.suppress(OSError, ValueError):
            bar.end()


def old_model(plan: Plan, data: dict[str, Any]) -> dict[str, Any]:
    """The message as the client makes it."""
    instances, shapes, _mapping = plan.old()
    for key, value in data["data"]["shapes"].items():
        if key != "bb":
            shapes.setdefault(key, value)
    return {**data, "data": numpy_to_buffer_json({"instances": instances, "shapes": shapes})}
