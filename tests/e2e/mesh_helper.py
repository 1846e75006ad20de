# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Instances that the geometry helper makes, as numpy arrays, and what they are compared with."""

import base64
import json
import os
import pathlib

import cadmodel
import numpy as np
from measure_helper import MESHED, ROOT
from mesh_summary import ALIKE_EDGES, BOX, differences, summary

CASES = ROOT / "tests" / "data" / "mesh"
CACHE = pathlib.Path(
    os.environ.get("CADCAST_CACHE")
    or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "cadcast"
)


def array_of(stored, data):
    return np.frombuffer(data, dtype=stored["dtype"]).reshape(stored["shape"])


def instance_of(file):
    """(arrays, the other members) of a model file that is one instance; it is read strictly."""
    whole = cadmodel.decode(file)
    arrays = {name: array_of(value.rest, value.data) for name, value in whole.items() if isinstance(value, cadmodel.Array)}
    return arrays, {name: value for name, value in whole.items() if name not in arrays}


def shape_of(case):
    return base64.b64decode(case["bytes"])


def cases_of(path):
    return json.loads(path.read_text(encoding="utf-8"))


def meshed(helper, shape, **more):
    kind, answer = helper.mesh(shape, **more)
    assert kind == MESHED, answer
    return instance_of(answer)


def box_problems(got, want, edge_types):
    """The boxes of edges and vertices: releases of the kernel do not agree about hyperbolas and splines."""
    if want is None:
        return []
    tolerance = (BOX if ALIKE_EDGES.issuperset(edge_types) else 0.05) * max(map(abs, want.values()))
    far = [key for key, bound in want.items() if abs(got[key] - bound) > tolerance]
    return [f"bb {got} instead of {want}"] if far else []


def own_box(case):
    """The client's box, None if there is none; that of its points if they are not in it, as once a box of the kernel
    that the client has was that of another curve."""
    box, points = case.get("bb"), case["want"].get("edges_box")
    if box is None or points is None:
        return box
    low, high = ({axis: corner[i] for i, axis in enumerate("xyz")} for corner in points)
    slack = 0.05 * max(map(abs, box.values()))
    inside = all(box[f"{axis}min"] <= low[axis] + slack and high[axis] - slack <= box[f"{axis}max"] for axis in "xyz")
    return box if inside else {f"{axis}{end}": of[axis] for axis in "xyz" for end, of in (("min", low), ("max", high))}


def problems(helper, case):
    """What the helper makes otherwise than the client made it: a list of lines."""
    arrays, rest = meshed(helper, shape_of(case))
    found = differences(summary(arrays), case["want"])
    if rest["type"] != case["type"]:
        found.append(f"type {rest['type']} instead of {case['type']}")
    found += box_problems(rest["bb"], own_box(case), case["want"].get("edge_types", []))
    return [f"{case['id']}: {line}" for line in found]
