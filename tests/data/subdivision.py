# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Lengths of edges and areas of faces by quadrature that is refined until it stands still.

usage: subdivision.py FILE.msg FILE.jsonl

Gives recorded cases that speak of edges or a face "true": for each id the true length or area, and the middle of an
edge or the centre of mass, if the recorded ones differ from it. Needs ocp-viewer-core.
"""

import contextlib
import io
import json
import math
import pathlib
import sys

from OCP.BRep import BRep_Tool
from OCP.BRepAdaptor import BRepAdaptor_Curve, BRepAdaptor_Surface
from OCP.BRepGProp import BRepGProp
from OCP.gp import gp_Pnt, gp_Vec
from OCP.GProp import GProp_GProps
from ocp_tessellate.tessellator import get_edges, get_faces
from ocp_viewer_core.backend import ViewerBackend
from ocp_viewer_core.comms import MessageType


def gauss(count):
    """Nodes and weights of Gauss-Legendre quadrature on [-1, 1], by Newton's method."""
    found = []
    for i in range(count):
        x = math.cos(math.pi * (i + 0.75) / (count + 0.5))
        for _ in range(50):
            p, before = 1.0, 0.0
            for k in range(count):
                p, before = ((2 * k + 1) * x * p - k * before) / (k + 1), p
            slope = count * (x * p - before) / (x * x - 1)
            x -= p / slope
        found.append((x, 2 / ((1 - x * x) * slope * slope)))
    return found


NODES = gauss(12)


def quadrature(f, a, b):
    half, middle = (b - a) / 2, (a + b) / 2
    terms = [[weight * half * value for value in f(middle + half * x)] for x, weight in NODES]
    return [math.fsum(column) for column in zip(*terms)]


def integral(f, a, b, depth=0, whole=None, scale=0.0):
    """The vector's integral, halved until two halves agree with the whole to 1e-13 of it all."""
    middle = (a + b) / 2
    whole = whole or quadrature(f, a, b)
    left, right = quadrature(f, a, middle), quadrature(f, middle, b)
    halves = [x + y for x, y in zip(left, right)]
    scale = max(scale, *map(abs, halves))
    if depth > 24 or max(abs(x - y) for x, y in zip(halves, whole)) <= 1e-13 * scale:
        return halves
    parts = integral(f, a, middle, depth + 1, left, scale), integral(f, middle, b, depth + 1, right, scale)
    return [x + y for x, y in zip(*parts)]


def breaks(curve, knots):
    first, last = curve.FirstParameter(), curve.LastParameter()
    inner = sorted({k for k in knots if first < k < last})
    return [first, *inner, last]


def by_quadrature(shape, knots=()):
    """Length, middle and centre of mass of an edge."""
    curve = BRepAdaptor_Curve(shape)
    at = breaks(curve, knots)

    def speed(t):
        point, tangent = gp_Pnt(), gp_Vec()
        curve.D1(t, point, tangent)
        size = tangent.Magnitude()
        return [size, size * point.X(), size * point.Y(), size * point.Z()]

    scale = sum(quadrature(speed, a, b)[0] for a, b in zip(at, at[1:]))
    parts = [integral(speed, a, b, scale=scale) for a, b in zip(at, at[1:])]
    sums = [math.fsum(column) for column in zip(*parts)]
    half, i = sums[0] / 2, 0
    while half > parts[i][0]:
        half -= parts[i][0]
        i += 1
    low, high, t = at[i], at[i + 1], (at[i] + at[i + 1]) / 2
    reached = integral(speed, low, t, scale=scale)[0]
    for _ in range(60):
        if abs(reached - half) <= 1e-13 * sums[0]:
            break
        low, high = (t, high) if reached < half else (low, t)
        following = t + (half - reached) / speed(t)[0]
        following = following if low < following < high else (low + high) / 2
        reached, t = reached + integral(speed, t, following, scale=sums[0])[0], following
    point = curve.Value(t)
    return {
        "length": sums[0],
        "middle": [point.X(), point.Y(), point.Z()],
        "center": [value / sums[0] for value in sums[1:]],
    }


def knots_of(shape):
    curve = BRepAdaptor_Curve(shape)
    if not curve.GetType().name.endswith("BSplineCurve"):
        return ()
    spline = curve.BSpline()
    return [spline.Knot(i + 1) for i in range(spline.NbKnots())]


def of_edges(shape):
    """The length of all edges, and the middle of a single one or the centre of mass of several."""
    edges = [edge for edge in get_edges(shape) if not BRep_Tool.Degenerated_s(edge)]
    parts = [by_quadrature(edge, knots_of(edge)) for edge in edges]
    length = math.fsum(part["length"] for part in parts)
    if shape.ShapeType().name.endswith("EDGE"):
        return {"length": length, "point": parts[0]["middle"]}
    return {"length": length, "point": [math.fsum(p["length"] * p["center"][i] for p in parts) / length for i in range(3)]}


def of_extrusion(surface):
    """Area and centre of mass of all of an extruded curve between its bounds: a piece is flat across, so that the
    middle of the lines counts."""
    v0, v1 = surface.FirstVParameter(), surface.LastVParameter()

    def strip(u):
        point, along, across = gp_Pnt(), gp_Vec(), gp_Vec()
        surface.D1(u, (v0 + v1) / 2, point, along, across)
        size = along.Crossed(across).Magnitude() * (v1 - v0)
        return [size, size * point.X(), size * point.Y(), size * point.Z()]

    sums = integral(strip, surface.FirstUParameter(), surface.LastUParameter())
    return {"area": sums[0], "point": [value / sums[0] for value in sums[1:]]}


def of_face(face):
    """Area and centre of mass; but for extrusions by the kernel's integration with an error that it watches."""
    surface = BRepAdaptor_Surface(face)
    if surface.GetType().name.endswith("Extrusion") and len(list(get_edges(face))) <= 4:
        return of_extrusion(surface)
    props = GProp_GProps()
    BRepGProp.SurfaceProperties_s(face, props, 1e-9, False)
    center = props.CentreOfMass()
    return {"area": props.Mass(), "point": [center.X(), center.Y(), center.Z()]}


def truth(model, case):
    """For each id of a case that is an edge, or has edges and no faces, or is a face: what is true of it. Not for
    distances of conics, cylinders and the like, whose center is another point."""
    found = {}
    for name in case["ids"][:-1]:
        shape = model.get(name)
        if shape is not None and shape.ShapeType().name.endswith("FACE"):
            (face,) = get_faces(shape)
            plain = BRepAdaptor_Surface(face).GetType().name.endswith(("Cylinder", "Cone", "Sphere", "Torus", "Revolution"))
            if not (plain and case["tool"] == "DistanceMeasurement"):
                found[name] = of_face(face)
            continue
        edges = [] if shape is None or list(get_faces(shape)) else list(get_edges(shape))
        if not edges or BRep_Tool.Degenerated_s(edges[0]):
            continue
        kind = BRepAdaptor_Curve(edges[0]).GetType().name
        conic = kind.endswith(("Circle", "Ellipse", "Hyperbola", "Parabola")) and shape.ShapeType().name.endswith("EDGE")
        if not (conic and case["tool"] == "DistanceMeasurement"):
            found[name] = of_edges(shape)
    return found


def main():
    sys.path[:0] = [str(pathlib.Path(__file__).parents[1] / folder) for folder in ("e2e", "lib")]
    from measure_helper import cases_of, compare, corrected, payload_of

    message, path = sys.argv[1:]
    backend = ViewerBackend()
    with contextlib.redirect_stdout(io.StringIO()):
        backend.handle_event(json.loads(payload_of(message))["model"], MessageType.DATA)
    cases = cases_of(path)
    for case in cases:
        case["true"] = truth(backend.model, case) if "response" in case else {}
        if not case["true"] or compare(corrected(case), case["response"])[0] <= 1e-6:
            del case["true"]
    with open(path, "w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(case, ensure_ascii=False) + "\n" for case in cases)


if __name__ == "__main__":
    main()
