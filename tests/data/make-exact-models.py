# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Makes models whose lengths, areas, volumes, centres and boxes are known, and works these out.

usage: make-exact-models.py FOLDER [NAME...]

Writes FOLDER/NAME-backend.msg, the `B` message of each model, and FOLDER/NAME.json: for each shape what is
right, from a closed formula, or from quadrature that is refined until it stands still. Neither uses the kernel
but to evaluate a curve or surface at a parameter. Needs build123d and ocp-viewer-core.
"""

import base64
import json
import math
import pathlib
import sys

from build123d import Box, Cylinder, Edge, GeomType, Helix, Pos, Solid, Sphere, fillet
from OCP.BRep import BRep_Builder
from OCP.BRepAdaptor import BRepAdaptor_Surface
from OCP.BRepBuilderAPI import BRepBuilderAPI_MakeFace, BRepBuilderAPI_MakeWire, BRepBuilderAPI_NurbsConvert, BRepBuilderAPI_Transform
from OCP.BRepPrimAPI import (
    BRepPrimAPI_MakeBox,
    BRepPrimAPI_MakeCone,
    BRepPrimAPI_MakePrism,
    BRepPrimAPI_MakeRevol,
    BRepPrimAPI_MakeSphere,
    BRepPrimAPI_MakeTorus,
)
from OCP.Geom import Geom_BezierCurve, Geom_BezierSurface, Geom_BSplineCurve, Geom_Ellipse, Geom_OffsetCurve, Geom_OffsetSurface
from OCP.GeomConvert import GeomConvert
from OCP.gp import gp_Ax1, gp_Circ, gp_Dir, gp_Elips, gp_Hypr, gp_Parab, gp_Pnt, gp_Trsf, gp_Vec
from OCP.Poly import Poly_Polygon3D, Poly_PolygonOnTriangulation, Poly_Triangle, Poly_Triangulation
from OCP.TopoDS import TopoDS_Compound, TopoDS_Edge, TopoDS_Face, TopoDS_Shell, TopoDS_Solid, TopoDS_Wire
from ocp_tessellate.ocp_utils import serialize
from ocp_tessellate.tessellator import get_faces
from shapes import TILTED, bezier, edge, grid, leaf, points, write_message
from subdivision import by_quadrature, knots_of

try:
    from OCP.TColStd import TColStd_Array1OfInteger as Integers
    from OCP.TColStd import TColStd_Array1OfReal as Reals
except ImportError:
    from OCP.collections import Array1_double as Reals
    from OCP.collections import Array1_int as Integers


def ellipse_length(a, b):
    """4 a E(e), by the arithmetic-geometric mean."""
    x, y, sums, power = 1.0, b / a, 0.0, 0.5
    c = math.sqrt(1 - y * y)
    for _ in range(12):
        sums += power * c * c
        x, y, c, power = (x + y) / 2, math.sqrt(x * y), (x - y) / 2, 2 * power
    return 4 * a * math.pi / 2 / x * (1 - sums)


def bspline(rows, knots, multiplicities, degree, weights=None):
    reals, integers = Reals(1, len(knots)), Integers(1, len(knots))
    for i, (knot, count) in enumerate(zip(knots, multiplicities)):
        reals.SetValue(i + 1, knot)
        integers.SetValue(i + 1, count)
    if weights is None:
        return Geom_BSplineCurve(points(*rows), reals, integers, degree)
    factors = Reals(1, len(weights))
    for i, weight in enumerate(weights):
        factors.SetValue(i + 1, weight)
    return Geom_BSplineCurve(points(*rows), factors, reals, integers, degree)


def lengths():
    """Edges; a value is a closed formula if one is given, and quadrature else."""
    zigzag = [(i, 3 * (i % 2), i % 3) for i in range(9)]
    near = bspline(zigzag, [0, 1, 1 + 1e-5, 2, 2 + 2e-7, 3, 4], [4, 1, 1, 1, 1, 1, 4], 3)
    nearer = bspline(zigzag, [0, 0.3, 0.3 + 1e-8, 0.3 + 3e-8, 1, 1 + 1e-9, 2], [4, 1, 1, 1, 1, 1, 4], 3)
    many = bspline([(math.sin(i), math.cos(1.7 * i), 0.1 * i) for i in range(60)], list(range(58)), [4] + [1] * 56 + [4], 3)
    rational = bspline(zigzag[:5], [0, 1, 2], [4, 1, 4], 3, [1, 20, 0.05, 7, 1])
    spline = Edge.make_spline([(0, 0, 0), (10, 8, 0), (12, 0, 5)]).wrapped
    helix = Helix(pitch=2, height=10, radius=3).edge().wrapped
    cusp = edge(Geom_BezierCurve(points((0, 0, 0), (4, 4, 0), (0, 4, 0), (4, 0, 0))))
    offset = Geom_OffsetCurve(Geom_Ellipse(gp_Elips(TILTED, 6, 3)), 0.7, gp_Dir(0.3, -0.2, 0.9))
    plain = {
        "circle": (edge(gp_Circ(TILTED, 5)), (), 10 * math.pi),
        "arc": (edge(gp_Circ(TILTED, 5), 0.5, 4.0), (), 17.5),
        "line": (edge(gp_Pnt(1, 2, 3), gp_Pnt(-4, 5, 9)), (), math.sqrt(70)),
        "ellipse": (edge(gp_Elips(TILTED, 10, 5)), (), ellipse_length(10, 5)),
        "flat_ellipse": (edge(gp_Elips(TILTED, 50, 0.5)), (), ellipse_length(50, 0.5)),
        "needle": (edge(gp_Elips(TILTED, 50, 1e-4)), (), ellipse_length(50, 1e-4)),
        "ellipse_arc": (edge(gp_Elips(TILTED, 50, 0.5), 3.0, 6.5), (math.pi, 2 * math.pi), None),
        "hyperbola": (edge(gp_Hypr(TILTED, 4, 0.2), -1.0, 2.5), (0,), None),
        "parabola": (edge(gp_Parab(TILTED, 0.01), -3.0, 4.0), (0,), None),
        "offset_curve": (edge(offset), (), None),
        "spline": (spline, knots_of(spline), None),
        "helix": (helix, knots_of(helix), 5 * math.hypot(2, 6 * math.pi)),
        "cusp": (cusp, (0.5,), None),
        "near_knots": (edge(near), knots_of(edge(near)), None),
        "nearer_knots": (edge(nearer), knots_of(edge(nearer)), None),
        "many_knots": (edge(many), knots_of(edge(many)), None),
        "rational": (edge(rational), knots_of(edge(rational)), None),
    }
    for name, (shape, knots, formula) in plain.items():
        right = by_quadrature(shape, knots)
        if formula is not None:
            assert abs(right["length"] - formula) <= 1e-9 * formula, (name, right, formula)
            right["length"] = formula
        yield leaf(name, shape), right
    rows = [plain[name][0] for name in ("spline", "ellipse")]
    wire = BRepBuilderAPI_MakeWire(edge(gp_Pnt(0, 0, 0), gp_Pnt(0, 0, 0.5)))
    wire.Add(rows[0])
    parts = [by_quadrature(edge(gp_Pnt(0, 0, 0), gp_Pnt(0, 0, 0.5))), by_quadrature(rows[0], plain["spline"][1])]
    size = sum(part["length"] for part in parts)
    center = [sum(part["length"] * part["center"][i] for part in parts) / size for i in range(3)]
    yield leaf("wire", wire.Wire()), {"length": size, "center": center}


def zoomed(value, u0, u1, v0, v1):
    """The largest value of a function on a rectangle: by ever finer grids around the best point so far."""
    best, count = (-math.inf, 0, 0), 120
    a, b, c, d = u0, u1, v0, v1
    for _ in range(12):
        for i in range(count + 1):
            for j in range(count + 1):
                u, v = a + (b - a) * i / count, c + (d - c) * j / count
                best = max(best, (value(u, v), u, v))
        du, dv, count = (b - a) / count, (d - c) / count, 12
        a, b = max(u0, best[1] - 2 * du), min(u1, best[1] + 2 * du)
        c, d = max(v0, best[2] - 2 * dv), min(v1, best[2] + 2 * dv)
    return best[0]


def box_by_sampling(face):
    """The box of a face that is all of its surface between its bounds."""
    surface = BRepAdaptor_Surface(face)
    bounds = surface.FirstUParameter(), surface.LastUParameter(), surface.FirstVParameter(), surface.LastVParameter()
    sides = []
    for sign in (-1, 1):
        sides.append([sign * zoomed(lambda u, v: sign * surface.Value(u, v).Coord(axis), *bounds) for axis in (1, 2, 3)])
    return sides


def torus_box(center, direction, major, minor):
    """Half the size along a coordinate: the minor radius, and the major one as it is seen from there."""
    half = [major * math.sqrt(1 - c * c) + minor for c in direction]
    return [[x - h for x, h in zip(center, half)], [x + h for x, h in zip(center, half)]]


def boxes():
    def rough(scale, count=4):
        return Geom_BezierSurface(grid(count, lambda i, j: scale * math.sin(3 * i + 1) * math.cos(2 * j)))

    def turned(shape, angle=0.7):
        move = gp_Trsf()
        move.SetRotation(gp_Ax1(gp_Pnt(1, 2, 3), gp_Dir(0.3, 0.5, 0.8)), angle)
        return BRepBuilderAPI_Transform(shape, move, True).Shape()

    def face(surface, *bounds):
        return BRepBuilderAPI_MakeFace(surface, *bounds, 1e-7).Face()

    tilted = gp_Dir(0.3, -0.2, 0.9)
    direction = tilted.X(), tilted.Y(), tilted.Z()
    torus = BRepPrimAPI_MakeTorus(TILTED, 8, 2)
    yield leaf("torus", torus.Solid()), {"box": torus_box((1, 2, 3), direction, 8, 2)}
    yield leaf("ball", BRepPrimAPI_MakeSphere(gp_Pnt(1, 2, 3), 4).Solid()), {"box": [[-3, -2, -1], [5, 6, 7]]}
    drilled = Box(10, 8, 6) - Cylinder(2, 10) - Pos(3, 0, 0) * Sphere(2)
    (bowl,) = [f for f in drilled.faces() if f.geom_type == GeomType.SPHERE]
    # Nearer to the axis than 2 is the hole: there 9 - 6 x + z z = 0.
    yield leaf("bowl", bowl.wrapped), {"box": [[1.5, -2, -2], [5, 2, 2]]}
    nurbs = BRepBuilderAPI_NurbsConvert(torus.Solid()).Shape()
    yield leaf("nurbs_torus", nurbs), {"box": torus_box((1, 2, 3), direction, 8, 2)}
    level = BRepBuilderAPI_NurbsConvert(BRepPrimAPI_MakeTorus(8, 2).Solid()).Shape()
    yield leaf("level_nurbs_torus", level), {"box": torus_box((0, 0, 0), (0, 0, 1), 8, 2)}
    tent = GeomConvert.SurfaceToBSplineSurface_s(Geom_BezierSurface(grid(2, lambda i, j: 0)))
    tent.InsertUKnot(0.4, 1, 1e-9)
    tent.InsertVKnot(0.7, 1, 1e-9)
    tent.SetPole(2, 2, gp_Pnt(1.2, 2.1, 5))
    yield leaf("tent", face(tent)), {"box": [[0, 0, 0], [3, 3, 5]]}
    surfaces = {
        "bump": face(rough(4)),
        "turned_bump": turned(face(rough(4))),
        "part_of_bump": turned(face(rough(4), 0.1, 0.35, 0.2, 0.9)),
        "large_spline": turned(face(GeomConvert.SurfaceToBSplineSurface_s(rough(90, 6)), 0.1, 0.8, 0.2, 0.9)),
        "offset": turned(face(Geom_OffsetSurface(rough(1), 0.4))),
        "turned_profile": BRepPrimAPI_MakeRevol(edge(bezier()), gp_Ax1(gp_Pnt(0, -8, 0), gp_Dir(1, 0, 0.2)), 2.5).Shape(),
        "extruded": turned(BRepPrimAPI_MakePrism(edge(bezier()), gp_Vec(1, 2, 8)).Shape()),
    }
    for name, shape in surfaces.items():
        (one,) = get_faces(shape)
        yield leaf(name, shape), {"box": box_by_sampling(one)}


def plate(count=6):
    """A plate whose holes are rounded: 72 pieces of tori."""
    body = Box(10 * count, 10 * count, 6)
    places = [10 * (i - count / 2 + 0.5) for i in range(count)]
    body -= [Pos(x, y, 0) * Cylinder(3, 6) for x in places for y in places]
    body = fillet(body.edges().filter_by(GeomType.CIRCLE), 1)
    # What the rounding takes off: a square of side 1 without a quarter of a circle, whose centre is this far from
    # the circle's, around the axis of the hole (Pappus). The circle's centre is 4 from that.
    corner = 1 - math.pi / 4
    inset = (1 / 2 - 1 / 3) / corner
    hole = math.pi * 9 * 6 + 2 * corner * 2 * math.pi * (4 - inset)
    half = 5 * count
    right = {"volume": 4 * half * half * 6 - count * count * hole, "box": [[-half, -half, -3], [half, half, 3]]}
    yield leaf("plate", body.wrapped), right


def bodies():
    """Areas, volumes and centres by closed formulas."""
    normal = gp_Dir(0.3, -0.2, 0.9)
    away = [normal.X(), normal.Y(), normal.Z()]
    start = [1, 2, 3]

    def along(distance):
        return [x + distance * c for x, c in zip(start, away)]

    def disc(a, b):
        return BRepBuilderAPI_MakeFace(BRepBuilderAPI_MakeWire(edge(gp_Elips(TILTED, a, b))).Wire()).Face()

    def prism(shape, height):
        return BRepPrimAPI_MakePrism(shape, gp_Vec(normal) * height).Shape()

    yield leaf("disc", disc(10, 5)), {"area": 50 * math.pi, "center": start}
    yield leaf("flat_disc", disc(50, 0.5)), {"area": 25 * math.pi, "center": start}
    rod = prism(disc(10, 5), 7)
    yield leaf("elliptic_rod", rod), {"volume": 350 * math.pi, "center": along(3.5)}
    (side,) = [face for face in get_faces(rod) if not BRepAdaptor_Surface(face).GetType().name.endswith("Plane")]
    yield leaf("side_of_rod", side), {"area": 7 * ellipse_length(10, 5)}
    nurbs = BRepBuilderAPI_NurbsConvert(rod).Shape()
    yield leaf("nurbs_rod", nurbs), {"volume": 350 * math.pi, "center": along(3.5)}
    (shell,) = Solid(nurbs).shells()
    yield leaf("nurbs_shell", shell.wrapped), {"area": 100 * math.pi + 7 * ellipse_length(10, 5), "center": along(3.5)}
    torus = BRepPrimAPI_MakeTorus(TILTED, 8, 2)
    yield leaf("torus", torus.Solid()), {"volume": 64 * math.pi**2, "center": start}
    yield leaf("torus_shell", torus.Shell()), {"area": 64 * math.pi**2, "center": start}
    melted = BRepBuilderAPI_NurbsConvert(torus.Solid()).Shape()
    yield leaf("nurbs_torus", melted), {"volume": 64 * math.pi**2, "center": start}
    yield leaf("half_ball", BRepPrimAPI_MakeSphere(TILTED, 4, 0, math.pi / 2).Solid()), {"volume": 128 / 3 * math.pi, "center": along(1.5)}
    yield leaf("cone", BRepPrimAPI_MakeCone(TILTED, 4, 0, 9).Solid()), {"volume": 48 * math.pi, "center": along(2.25)}
    far = gp_Trsf()
    far.SetTranslation(gp_Vec(1e6, -1e6, 1e6))
    center = [x + d for x, d in zip(along(3.5), (1e6, -1e6, 1e6))]
    yield leaf("far_rod", BRepBuilderAPI_Transform(rod, far, True).Shape()), {"volume": 350 * math.pi, "center": center}
    # Two cylinders of one radius at right angles have 16/3 r^3 in common (Archimedes).
    steinmetz = Cylinder(3, 20) & Cylinder(3, 20, rotation=(90, 0, 0))
    yield leaf("steinmetz", steinmetz.wrapped), {"volume": 144, "center": [0, 0, 0]}


def meshed(name, *shapes):
    texts = [base64.b64encode(serialize(shape, True)).decode() for shape in shapes]
    return {"id": f"/all/{name}", "loc": None, "shape": {"obj": texts[0]} if len(texts) == 1 else texts}


def triangle_face(corners, triangles):
    """A face without a surface, as import_stl makes it."""
    mesh = Poly_Triangulation(len(corners), len(triangles), False)
    for i, corner in enumerate(corners):
        mesh.SetNode(i + 1, gp_Pnt(*corner))
    for i, numbers in enumerate(triangles):
        mesh.SetTriangle(i + 1, Poly_Triangle(*numbers))
    face = TopoDS_Face()
    BRep_Builder().MakeFace(face, mesh)
    return face, mesh


def holding(kind, *parts):
    made = kind()
    build = BRep_Builder()
    getattr(build, "Make" + kind.__name__.removeprefix("TopoDS_"))(made)
    for part in parts:
        build.Add(made, part)
    return made


def meshes():
    """Shapes that are only triangles and polygons, or nothing at all."""
    corners = [(x, y, z) for x in (0, 4) for y in (0, 5) for z in (0, 6)]
    sides = [(1, 2, 4, 3), (5, 7, 8, 6), (1, 5, 6, 2), (3, 4, 8, 7), (1, 3, 7, 5), (2, 6, 8, 4)]
    triangles = [numbers for a, b, c, d in sides for numbers in ((a, b, c), (a, c, d))]
    face, mesh = triangle_face(corners, triangles)
    box = {"box": [[0, 0, 0], [4, 5, 6]], "center": [2, 2.5, 3]}
    shell = holding(TopoDS_Shell, face)
    solid = holding(TopoDS_Solid, shell)
    exact = BRepPrimAPI_MakeBox(gp_Pnt(10, 0, 0), 2, 3, 4).Solid()
    yield meshed("stl", face), {"area": 148, **box}
    yield meshed("shell", shell), {"area": 148, **box}
    yield meshed("solid", solid), {"volume": 120, **box}
    yield meshed("compound", holding(TopoDS_Compound, solid, exact)), {"volume": 144, "box": [[0, 0, 0], [12, 5, 6]]}
    build = BRep_Builder()
    line = TopoDS_Edge()
    build.MakeEdge(line, Poly_Polygon3D(points((0, 0, 0), (3, 4, 0), (3, 4, 5), (3, 4, 10))))
    right = {"length": 15, "middle": [3, 4, 2.5], "box": [[0, 0, 0], [3, 4, 10]]}
    yield meshed("polygon", line), right
    numbers = Integers(1, 3)
    for i, number in enumerate((1, 2, 4)):
        numbers.SetValue(i + 1, number)
    border = TopoDS_Edge()
    build.MakeEdge(border, Poly_PolygonOnTriangulation(numbers), mesh)
    yield meshed("border", border), {"length": 11, "middle": [0, 0, 5.5], "box": [[0, 0, 0], [0, 5, 6]]}
    yield meshed("wire", holding(TopoDS_Wire, line)), {"length": 15, "box": right["box"]}
    yield meshed("exact", exact), {"volume": 24, "box": [[10, 0, 0], [12, 3, 4]]}
    bare_edge, bare_face = TopoDS_Edge(), TopoDS_Face()
    build.MakeEdge(bare_edge)
    build.MakeFace(bare_face)
    bare_solid = holding(TopoDS_Solid, holding(TopoDS_Shell, bare_face))
    for name, shape in (("bare_edge", bare_edge), ("bare_face", bare_face), ("bare_solid", bare_solid)):
        yield meshed(name, shape), {"reason": "neither"}


KINDS = {"lengths": lengths, "boxes": boxes, "bodies": bodies, "meshes": meshes, "plate": plate}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or KINDS:
        rows = list(KINDS[name]())
        write_message(folder, name, {"model": {"id": "/all", "loc": None, "parts": [row[0] for row in rows]}})
        right = {row[0]["id"]: row[1] for row in rows}
        (folder / f"{name}.json").write_text(json.dumps(right, indent=1) + "\n")


if __name__ == "__main__":
    main()
