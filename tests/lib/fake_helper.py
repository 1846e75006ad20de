#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""In place of cadcast-geometry: meshes as a shape tells it to, and notes what it meshed in a file
beside itself. A shape is JSON: {"do": "box", "size": 2}."""
import json
import os
import signal
import struct
import sys
import time
from pathlib import Path

HEAD = struct.Struct("<IIIIQ")
MODEL, DECODE, ASK, DROP, PING, MESH = range(1, 7)
READY, ANSWER, FAIL, PONG, MESHED = range(16, 21)
COARSE, EDGES = 1, 2
FACES = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
EDGE_ENDS = [(0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 3), (2, 6), (3, 7), (4, 5), (4, 6), (5, 7), (6, 7)]
NOTES = Path(sys.argv[0]).with_suffix(".notes")


def pack(json_part, arrays):
    """A model file with one instance."""
    data = b""
    for name, (kind, values) in arrays.items():
        raw = struct.pack(f"<{len(values)}{kind}", *values)
        dtype = {"f": "float32", "i": "int32"}[kind]
        json_part[name] = {"shape": [len(values)], "dtype": dtype, "offset": len(data), "bytes": len(raw)}
        data += raw + bytes(-len(raw) % 16)
    text = json.dumps(json_part, separators=(",", ":")).encode()
    head = b"CADCAST1" + struct.pack("<II", 1, len(text)) + text
    return head + bytes(-len(head) % 16) + data


def box(size, flags, **info):
    corners = [(x * size, y * size, z * size) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    faces = [] if flags & EDGES else FACES
    vertices = [c for face in faces for corner in face for c in corners[corner]]
    triangles = [4 * n + k for n in range(len(faces)) for k in (0, 1, 2, 0, 2, 3)]
    arrays = {
        "vertices": ("f", vertices),
        "triangles": ("i", triangles),
        "normals": ("f", [0.0, 0.0, 1.0] * (len(vertices) // 3)),
        "edges": ("f", [c for ends in EDGE_ENDS for corner in ends for c in corners[corner]]),
        "obj_vertices": ("f", [c for corner in corners for c in corner]),
        "face_types": ("i", [0] * len(faces)),
        "edge_types": ("i", [0] * 12),
        "triangles_per_face": ("i", [2] * len(faces)),
        "segments_per_edge": ("i", [1] * 12),
    }
    bb = {f"{axis}{end}": value for axis in "xyz" for end, value in (("min", 0.0), ("max", size))}
    about = {"algorithm": "delabella", "watson_faces": 0, "faces": len(faces), **info}
    return pack({"type": "shapes", "bb": bb, "quality": size / 100, "info": about}, arrays)


def note(**what):
    with open(NOTES, "a", encoding="utf-8") as file:
        file.write(json.dumps({"pid": os.getpid(), **what}) + "\n")


def mesh(payload):
    """(kind, payload) of the answer."""
    deviation, angle, flags, _ = struct.unpack_from("<ddII", payload)
    shape = json.loads(payload[24:])
    # Crashes that happen once find out from the notes whether they did.
    crashed = NOTES.exists() and shape.get("name", "") in NOTES.read_text(encoding="utf-8")
    note(name=shape.get("name"), do=shape["do"], flags=flags, deviation=deviation, angle=angle)
    do = shape["do"]
    if do == "crash" or (do == "crash once" and not crashed):
        os.kill(os.getpid(), signal.SIGKILL)
    if do == "slow" and not flags & EDGES:
        time.sleep(1000)  # until it is killed
    if do == "hang":
        time.sleep(1000)  # until it is killed
    if (do == "wait" and not flags & (COARSE | EDGES)) or (do == "wait coarse" and not flags & EDGES):
        until = Path(shape["until"])
        while not until.exists():
            time.sleep(0.005)  # a poll
    if do == "fail":
        return FAIL, json.dumps({"error": shape["reason"]}).encode()
    if do == "garbage":
        return MESHED, b"CADCAST1 and no more"
    if do == "empty":
        return MESHED, pack({"type": "shapes"}, {})
    return MESHED, box(shape.get("size", 1), flags, **shape.get("info", {}))


def answer(kind, payload):
    if kind == PING:
        return PONG, b""
    if kind == MESH:
        return mesh(payload)
    if kind in (MODEL, DECODE):
        return READY, b'{"parts":1,"left":0,"subshapes":0,"unreadable":[],"milliseconds":0}'
    if kind == ASK:
        return FAIL, b'{"error":"this is no helper"}'
    return None, b""


def main():
    while head := sys.stdin.buffer.read(HEAD.size):
        kind, serial, session, _, size = HEAD.unpack(head)
        kind, payload = answer(kind, sys.stdin.buffer.read(size))
        if kind is not None:
            sys.stdout.buffer.write(HEAD.pack(kind, serial, session, 0, len(payload)) + payload)
            sys.stdout.buffer.flush()


main()
