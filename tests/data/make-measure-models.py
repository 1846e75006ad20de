# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Makes models for the measuring tests and asks the Python backend about them.

usage: make-measure-models.py FOLDER [COUNT]

Writes FOLDER/NAME-backend.msg, the `B` message of each model, and FOLDER/NAME.jsonl, one question a
line with the answer or the error of the backend: the properties of every shape, and the distances
of COUNT pairs of them. With the properties goes "sampled", the box of many points of the shape,
since releases of the kernel do not agree on every exact box; with edges "true", what is true of
their lengths. Needs ocp-viewer-core with build123d or CadQuery; makes what these can make.
"""

import contextlib
import io
import json
import math
import pathlib
import random
import sys

from OCP.BRep import BRep_Builder, BRep_Tool
from OCP.BRepAdaptor import BRepAdaptor_Curve
from OCP.BRepBuilderAPI import (
    BRepBuilderAPI_MakeFace,
    BRepBuilderAPI_MakeVertex,
    BRepBuilderAPI_MakeWire,
    BRepBuilderAPI_Transform,
)
from OCP.BRepMesh import BRepMesh_IncrementalMesh
from OCP.BRepPrimAPI import (
    BRepPrimAPI_MakeBox,
    BRepPrimAPI_MakeCone,
    BRepPrimAPI_MakeCylinder,
    BRepPrimAPI_MakePrism,
    BRepPrimAPI_MakeRevol,
    BRepPrimAPI_MakeSphere,
    BRepPrimAPI_MakeTorus,
)
from OCP.Geom import Geom_BezierSurface, Geom_Ellipse, Geom_OffsetCurve, Geom_OffsetSurface
from OCP.GeomConvert import GeomConvert
from OCP.gp import gp_Ax1, gp_Ax2, gp_Circ, gp_Dir, gp_Elips, gp_Hypr, gp_Parab, gp_Pnt, gp_Trsf, gp_Vec
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS_Compound, TopoDS_CompSolid
from ocp_tessellate.tessellator import get_edges, get_faces, get_vertices
from ocp_viewer_core.backend import ViewerBackend
from ocp_viewer_core.comms import MessageType
from shapes import TILTED, bezier, edge, grid, leaf, write_message
from subdivision import truth


def compound(*shapes, kind="Compound"):
    made = TopoDS_Compound() if kind == "Compound" else TopoDS_CompSolid()
    builder = BRep_Builder()
    getattr(builder, "Make" + kind)(made)
    for shape in shapes:
        builder.Add(made, shape)
    return made


def moved(shape, x=0.0, y=0.0, z=0.0, turn=0.0, axis=(0.2, 0.5, 0.8)):
    turned, shifted = gp_Trsf(), gp_Trsf()
    turned.SetRotation(gp_Ax1(gp_Pnt(0, 0, 0), gp_Dir(*axis)), turn)
    shifted.SetTranslation(gp_Vec(x, y, z))
    return shape.Moved(TopLoc_Location(shifted.Multiplied(turned)))


def mirrored(shape):
    mirror = gp_Trsf()
    mirror.SetMirror(gp_Ax2(gp_Pnt(1, 0, 0), gp_Dir(1, 0.5, 0)))
    return BRepBuilderAPI_Transform(shape, mirror, True).Shape()


def place(x, y, z, *quaternion):
    return [[x, y, z], list(quaternion) or [0.0, 0.0, 0.0, 1.0]]


def curves():
    ellipse = Geom_Ellipse(gp_Elips(TILTED, 6, 3))
    helix = [(3 * math.cos(t / 3), 3 * math.sin(t / 3), t / 5) for t in range(16)]
    yield leaf("hyperbola", edge(gp_Hypr(TILTED, 4, 2), -1.0, 1.5))
    yield leaf("parabola", edge(gp_Parab(TILTED, 1.5), -3.0, 4.0), loc=place(5, 0, 0, 0.1, 0.2, 0.3, 0.9))
    yield leaf("offset_open", edge(Geom_OffsetCurve(ellipse, 0.7, gp_Dir(0.3, -0.2, 0.9)), 0.2, 2.9))
    yield leaf("offset_closed", edge(Geom_OffsetCurve(ellipse, 1.2, gp_Dir(0.3, -0.2, 0.9))))
    yield leaf("offset_bezier", edge(Geom_OffsetCurve(bezier(), 0.5, gp_Dir(0, 0, 1))), loc=place(0, 20, 0))
    yield leaf("bezier", edge(bezier()))
    yield leaf("bezier_reversed", edge(bezier()).Reversed())
    yield leaf("circle", edge(gp_Circ(TILTED, 5)))
    yield leaf("arc", edge(gp_Circ(TILTED, 5), 0.5, 4.0).Reversed())
    yield leaf("ellipse_arc", edge(gp_Elips(TILTED, 6, 3), 0.5, 4.0), loc=place(0, 0, 9, 0.5, 0.5, 0.5, 0.5))
    yield leaf("line", edge(gp_Pnt(1, 2, 3), gp_Pnt(-4, 5, 9)))
    yield leaf("upright", edge(gp_Pnt(1, 2, 3), gp_Pnt(1, 2, 9)), loc=place(1, 1, 1))
    rows = [edge(gp_Pnt(*a), gp_Pnt(*b)) for a, b in zip(helix, helix[1:])]
    wire = BRepBuilderAPI_MakeWire()
    for row in rows:
        wire.Add(row)
    yield leaf("wire", wire.Wire(), loc=place(-9, 4, 0, 0.0, 0.6, 0.0, 0.8))
    yield leaf("closed_wire", BRepBuilderAPI_MakeWire(edge(gp_Circ(TILTED, 2))).Wire())


def surfaces():
    bumpy = Geom_BezierSurface(grid(4, lambda i, j: math.sin(i) * 2 + j * j / 4))
    yield leaf("bezier_face", BRepBuilderAPI_MakeFace(bumpy, 1e-7).Face())
    spline = GeomConvert.SurfaceToBSplineSurface_s(bumpy)
    yield leaf("bspline_face", BRepBuilderAPI_MakeFace(spline, 1e-7).Face(), loc=place(0, -20, 0, 0.5, 0.1, 0.0, 0.8))
    offset = BRepBuilderAPI_MakeFace(Geom_OffsetSurface(bumpy, 0.8), 1e-7).Face()
    yield leaf("offset_face", offset, loc=place(0, 0, 10, 0.3, 0.0, 0.1, 0.9))
    yield leaf("offset_reversed", offset.Reversed(), loc=place(30, 0, 0, 0.0, 0.4, 0.1, 0.7))
    yield leaf("extrusion", BRepPrimAPI_MakePrism(edge(bezier()), gp_Vec(1, 2, 8)).Shape(), loc=place(1, 2, 3))
    axis = gp_Ax1(gp_Pnt(0, -8, 0), gp_Dir(1, 0, 0.2))
    yield leaf("revolution", BRepPrimAPI_MakeRevol(edge(bezier()), axis, 2.5).Shape())
    yield leaf("revolution_closed", BRepPrimAPI_MakeRevol(edge(bezier()), axis).Shape(), loc=place(9, 9, 9))
    wire = BRepBuilderAPI_MakeWire(edge(gp_Elips(TILTED, 6, 3))).Wire()
    yield leaf("elliptic_disc", BRepBuilderAPI_MakeFace(wire).Face())
    yield leaf("elliptic_rod", BRepPrimAPI_MakePrism(BRepBuilderAPI_MakeFace(wire).Face(), gp_Vec(0, 0, 7)).Shape())
    hyper = edge(gp_Hypr(TILTED, 4, 2), -1.0, 1.0)
    yield leaf("hyperbolic_face", BRepPrimAPI_MakePrism(hyper, gp_Vec(0, 3, 7)).Shape())


def solids():
    box, near = BRepPrimAPI_MakeBox(4, 5, 6).Solid(), BRepPrimAPI_MakeBox(gp_Pnt(4, 0, 0), 4, 5, 6).Solid()
    cone = BRepPrimAPI_MakeCone(TILTED, 4, 0, 9).Solid()
    torus = BRepPrimAPI_MakeTorus(TILTED, 8, 2, 3.0).Solid()
    yield leaf("shell", BRepPrimAPI_MakeBox(2, 3, 4).Shell(), loc=place(-9, 0, 0, 0.1, 0.2, 0.3, 0.9))
    yield leaf("compsolid", compound(box, near, kind="CompSolid"))
    yield leaf("cone", cone, loc=place(20, 0, 0, 0.0, 0.70710678, 0.0, 0.70710678))
    yield leaf("torus", torus)
    yield leaf("ball", BRepPrimAPI_MakeSphere(TILTED, 3, -0.5, 1.0, 4.0).Solid(), loc=place(0, 30, 0))
    yield leaf("mirrored", mirrored(cone))
    yield leaf("mirrored_box", mirrored(box), loc=place(0, 0, 0, 0.2, 0.1, 0.4, 0.8))
    yield leaf("unnormalised", box, loc=place(3, -9, 2, 0.2, 0.4, 0.6, 1.8))
    yield leaf("rod", BRepPrimAPI_MakeCylinder(TILTED, 2, 9, 4.0).Solid())


def mixtures():
    box = BRepPrimAPI_MakeBox(4, 5, 6).Solid()
    ball = BRepPrimAPI_MakeSphere(2).Solid()
    inner = compound(moved(box, 3, turn=0.7), moved(ball, y=9))
    yield leaf("nested", compound(moved(inner, 1, 2, 3, 1.1), moved(inner, z=30, turn=-0.4)), loc=place(5, 5, 5, 0.1, 0, 0, 1))
    yield leaf("same_twice", compound(box, moved(box, 10)))
    yield leaf("solid_and_edge", compound(box, edge(gp_Pnt(9, 9, 9), gp_Pnt(12, 9, 9))))
    yield leaf("faces", compound(BRepBuilderAPI_MakeFace(Geom_BezierSurface(grid(3, lambda i, j: i * j)), 1e-7).Face()))
    yield leaf("edges", compound(edge(bezier()), edge(gp_Circ(TILTED, 5))))
    yield leaf("vertices", compound(*[BRepBuilderAPI_MakeVertex(gp_Pnt(i, i * i, -i)).Vertex() for i in range(3)]))
    yield leaf("empty", compound())
    yield leaf("empty_moved", compound(), loc=place(1, 2, 3))
    yield leaf("list", box, moved(ball, 9), edge(bezier()), loc=place(1, 1, 1, 0, 0, 0.6, 0.8))
    yield leaf("list_of_one", ball, as_list=True)
    yield leaf("vertex", BRepBuilderAPI_MakeVertex(gp_Pnt(1, 2, 3)).Vertex(), loc=place(1, 1, 1))
    yield leaf("reversed", box.Reversed())


def grouped(leaves):
    """The leaves in groups in groups, with locations on the groups, which count for nothing."""
    parts = list(leaves)
    inner = {"id": "/all/inner", "loc": place(100, 100, 100), "parts": parts[1::2]}
    return {"model": {"id": "/all", "loc": None, "parts": parts[::2] + [{"id": "/all/g", "parts": [inner]}]}}


def shown(*objects, **kwargs):
    """What the real client makes of CAD objects."""
    from ocp_tessellate.convert import tessellate_group, to_ocpgroup

    group, instances = to_ocpgroup(*objects, **kwargs)[:2]
    return {"model": tessellate_group(group, instances, {"deviation": 0.1, "angular_tolerance": 0.2, "render_edges": True})[2]}


def build123d_model():
    from build123d import Axis, Box, Compound, Cylinder, Location, Plane, Pos, Rot, Sphere, Torus, fillet, mirror

    drilled = Box(10, 8, 6) - Cylinder(2, 10) - Pos(3, 0, 0) * Sphere(2)
    rounded = fillet((Box(6, 6, 6) - Pos(3, 3, 3) * Box(3, 3, 3)).edges().filter_by(Axis.Z), 0.5)
    tree = Compound(
        label="tree",
        children=[
            Location((20, 0, 0), (10, 20, 30)) * drilled,
            Compound(label="inner", children=[Rot(0, 45, 0) * rounded, mirror(Pos(0, 30, 0) * rounded, Plane.XZ)]),
        ],
    )
    return shown(tree, Rot(30, 0, 0) * Torus(8, 2), drilled.faces(), rounded.edges(), names=["tree", "torus", "faces", "edges"])


def cadquery_model():
    import cadquery as cq

    plate = cq.Workplane().box(20, 12, 3).faces(">Z").workplane().rarray(6, 5, 3, 2).hole(2).edges("|Z").fillet(1)
    spline = cq.Workplane("XZ").moveTo(0, 0).spline([(2, 3), (5, 1), (8, 4)]).lineTo(8, 0).close().extrude(4)
    text = cq.Workplane().polygon(6, 4).twistExtrude(8, 60)
    assembly = cq.Assembly(name="assembly").add(plate, name="plate", loc=cq.Location((0, 0, 9), (1, 2, 3), 40))
    assembly.add(spline, name="spline", loc=cq.Location((0, 30, 0), (0, 0, 1), 90))
    return shown(assembly, plate, text, plate.faces("|Z"), spline.edges(), names=["assembly", "plate", "twisted", "faces", "edges"])


def models():
    yield "curves", grouped(curves())
    yield "surfaces", grouped(surfaces())
    yield "solids", grouped(solids())
    yield "mixtures", grouped(mixtures())
    with contextlib.suppress(ImportError):
        yield "build123d", build123d_model()
    with contextlib.suppress(ImportError):
        yield "cadquery", cadquery_model()


def questions(ids, count):
    dice = random.Random(5)
    for name in ids:
        yield "PropertiesMeasurement", [name, False]
    for number in range(count):
        yield "DistanceMeasurement", [dice.choice(ids), dice.choice(ids), number % 2 == 1]


def samples(shape):
    """Points of the shape: of its edges, and the corners of a fine mesh of its faces."""
    BRepMesh_IncrementalMesh(shape, 0.02, False, 0.1)
    for edge_ in get_edges(shape):
        if not BRep_Tool.Degenerated_s(edge_):
            curve = BRepAdaptor_Curve(edge_)
            first, last = curve.FirstParameter(), curve.LastParameter()
            yield from (curve.Value(first + (last - first) * i / 1000) for i in range(1001))
    for face in get_faces(shape):
        where = TopLoc_Location()
        mesh = BRep_Tool.Triangulation_s(face, where)
        for i in range(mesh.NbNodes() if mesh is not None else 0):
            yield mesh.Node(i + 1).Transformed(where.Transformation())
    for vertex in get_vertices(shape):
        yield BRep_Tool.Pnt_s(vertex)


def sampled(shape):
    rows = [(point.X(), point.Y(), point.Z()) for point in samples(shape)]
    return [[f(column) for column in zip(*rows)] for f in (min, max)] if rows else None


def answer(backend, tool, ids):
    """The backend's response, or what it printed instead of one."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        response = backend.handle_event({"activeTool": tool, "selectedShapeIDs": ids}, MessageType.UPDATES)
    if response is None:
        return {"error": said.getvalue().strip().splitlines()[-1]}
    return {"response": response}


def write_model(folder, name, model, count):
    text = write_message(folder, name, model)
    backend = ViewerBackend()
    with contextlib.redirect_stdout(io.StringIO()):
        backend.handle_event(json.loads(text)["model"], MessageType.DATA)
    cases = [{"tool": tool, "ids": ids, **answer(backend, tool, ids)} for tool, ids in questions(list(backend.model), count)]
    # Only now: a mesh on a shape changes what the kernel answers.
    for case in cases:
        if case["tool"] == "PropertiesMeasurement":
            case["sampled"] = sampled(backend.model[case["ids"][0]])
        if "response" in case:
            case["true"] = truth(backend.model, case)
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))


def main():
    folder = pathlib.Path(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    folder.mkdir(parents=True, exist_ok=True)
    for name, model in models():
        write_model(folder, name, model, count)
        print(name, flush=True)


if __name__ == "__main__":
    main()
