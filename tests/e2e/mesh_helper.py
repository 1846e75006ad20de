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


def box_problems(got, case):
    """The boxes of edges and vertices: releases of the kernel do not agree about hyperbolas and splines."""
    want, points = case.get("bb"), case["want"].get("edges_box")
    if want is None:
        return []
    size = max(map(abs, want.values()))
    if points is not None and not holds(want, points, 0.05 * size):
        # Now and then a box of the kernel that the client has is that of another curve.
        return [] if holds(got, points, 1e-5 * size) else [f"bb {got} does not hold {points}"]
    tolerance = (BOX if ALIKE_EDGES.issuperset(case["want"].get("edge_types", [])) else 0.05) * size
    far = [key for key, bound in want.items() if abs(got[key] - bound) > tolerance]
    return [f"bb {got} instead of {want}"] if far else []


def holds(box, points, slack):
    """Whether the two corners of points are in the box."""
    low, high = points
    return all(box[f"{axis}min"] <= low[i] + slack and high[i] - slack <= box[f"{axis}max"] for i, axis in enumerate("xyz"))


def problems(helper, case):
    """What the helper makes otherwise than the client made it: a list of lines."""
    arrays, rest = meshed(helper, shape_of(case))
    found = differences(summary(arrays), case["want"])
    if rest["type"] != case["type"]:
        found.append(f"type {rest['type']} instead of {case['type']}")
    found += box_problems(rest["bb"], case)
    return [f"{case['id']}: {line}" for line in found]
