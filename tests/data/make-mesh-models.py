# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Makes shapes, and what the real client shows for each.

usage: make-mesh-models.py FOLDER [--random COUNT] [--seed SEED] [NAME...]

Writes FOLDER/NAME.json: [{"id":..., "type":..., "bytes": the shape in the kernel's binary format, base64,
"want": the summary (tests/lib/mesh_summary.py) of the client's instance, "bb": the box of edges or vertices}].
Without names all groups: the shapes of make-measure-models.py, and those of this file. With --random also COUNT
models of build123d, or of CadQuery, whichever is installed. The files in tests/data/mesh are made with:
make-mesh-models.py tests/data/mesh special odd
"""

import argparse
import base64
import contextlib
import importlib.util
import io
import json
import os
import pathlib
import random
import sys

os.environ["OCP_VIEWER_PYTEST"] = "1"
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

from mesh_summary import summary  # noqa: E402
from OCP.BRep import BRep_Builder, BRep_Tool  # noqa: E402
from OCP.BRepBuilderAPI import BRepBuilderAPI_MakeFace, BRepBuilderAPI_MakeVertex, BRepBuilderAPI_MakeWire  # noqa: E402
from OCP.BRepMesh import BRepMesh_IncrementalMesh  # noqa: E402
from OCP.BRepPrimAPI import (  # noqa: E402
    BRepPrimAPI_MakeBox,
    BRepPrimAPI_MakeCone,
    BRepPrimAPI_MakeCylinder,
    BRepPrimAPI_MakePrism,
    BRepPrimAPI_MakeSphere,
    BRepPrimAPI_MakeTorus,
)
from OCP.gp import gp_Ax2, gp_Circ, gp_Dir, gp_Pln, gp_Pnt, gp_Vec  # noqa: E402
from OCP.TopAbs import TopAbs_Orientation  # noqa: E402
from OCP.TopLoc import TopLoc_Location  # noqa: E402
from OCP.TopoDS import TopoDS_Face  # noqa: E402
from ocp_tessellate.ocp_utils import bounding_box, deserialize, make_compound, serialize  # noqa: E402
from ocp_tessellate.tessellator import get_edges, get_faces, get_vertices  # noqa: E402
from ocp_viewer_core.offline import _convert  # noqa: E402

SPEC = importlib.util.spec_from_file_location("models", HERE / "make-measure-models.py")
MODELS = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(MODELS)
compound, edge, moved = MODELS.compound, MODELS.edge, MODELS.moved


def leaves(node):
    if "parts" in node:
        for part in node["parts"]:
            yield from leaves(part)
    else:
        yield node


def case(name, kind, shape, arrays):
    return {"id": name, "type": kind, "bytes": base64.b64encode(serialize(shape)).decode(), "want": summary(arrays)}


def shown(*objects, **kwargs):
    """A case for each instance of a show of these objects, and for each leaf that has none."""
    with contextlib.redirect_stdout(io.StringIO()):
        (instances, tree, _, _), mapping = _convert(*objects, **kwargs)
    shapes = {leaf["id"]: leaf["shape"] for leaf in leaves(mapping)}
    seen = set()
    for leaf in leaves(tree):
        shape, drawn = shapes[leaf["id"]], leaf["shape"]
        if leaf["type"] != "shapes":
            whole = make_compound(shape)
            # Without the triangles that another object of the show may have given its edges.
            fresh = deserialize(serialize(whole))
            yield {**case(leaf["id"], leaf["type"], whole, drawn), "bb": bounding_box(fresh).to_dict()}
        elif drawn["ref"] not in seen:
            seen.add(drawn["ref"])
            yield case(leaf["id"], "shapes", shape["obj"], instances[drawn["ref"]])


def measured(leaf_makers):
    """Cases of shapes that make-measure-models.py makes."""
    for leaf in leaf_makers:
        texts = leaf["shape"] if isinstance(leaf["shape"], list) else [leaf["shape"]["obj"]]
        for number, text in enumerate(texts):
            name = f"{leaf['id'].rpartition('/')[2]}{number or ''}"
            try:
                yield from shown(deserialize(base64.b64decode(text)), names=[name])
            except ValueError as error:
                print(f"{name}: the client refuses it: {error}", file=sys.stderr)


def ring(points):
    """A closed wire of lines."""
    wire = BRepBuilderAPI_MakeWire()
    for start, end in zip(points, points[1:] + points[:1]):
        wire.Add(edge(gp_Pnt(*start), gp_Pnt(*end)))
    return wire.Wire()


def perforated(rows, columns, radius=1.0):
    """A plate with round holes: a face with that many wires, raised. Cutting them out takes minutes."""
    down = gp_Dir(0, 0, -1)
    face = BRepBuilderAPI_MakeFace(ring([(0, 0, 0), (4.0 * rows, 0, 0), (4.0 * rows, 4.0 * columns, 0), (0, 4.0 * columns, 0)]))
    for i in range(rows):
        for j in range(columns):
            circle = gp_Circ(gp_Ax2(gp_Pnt(4.0 * i + 2, 4.0 * j + 2, 0), down), radius)
            face.Add(BRepBuilderAPI_MakeWire(edge(circle)).Wire())
    return BRepPrimAPI_MakePrism(face.Face(), gp_Vec(0, 0, 2)).Shape()


def only_triangles(shape):
    """The shape's mesh alone, as import_stl makes it."""
    BRepMesh_IncrementalMesh(shape, 0.5, False, 0.5)
    builder, made = BRep_Builder(), []
    for face in get_faces(shape):
        where = TopLoc_Location()
        mesh = BRep_Tool.Triangulation_s(face, where)
        mesh.RemoveUVNodes()
        bare = TopoDS_Face()
        builder.MakeFace(bare, mesh)
        made.append(bare.Moved(where))
    return compound(*made)


def special():
    """Cases of their own: orientations, poles, seams, holes, what has no surface, lists, mixtures."""
    axis = gp_Ax2(gp_Pnt(1, 2, 3), gp_Dir(0.3, -0.2, 0.9), gp_Dir(0.9, 0, -0.3))
    box = BRepPrimAPI_MakeBox(4, 5, 6).Solid()
    first = next(iter(get_faces(box)))
    disc = BRepBuilderAPI_MakeFace(BRepBuilderAPI_MakeWire(edge(gp_Circ(axis, 5))).Wire()).Face()
    points = [BRepBuilderAPI_MakeVertex(gp_Pnt(i, i * i, -i)).Vertex() for i in range(4)]
    objects = {
        "box": box,
        "far_box": moved(box, 1e4, 2e4, -3e4),
        "tiny_box": BRepPrimAPI_MakeBox(0.04, 0.05, 0.06).Solid(),
        "flat_box": BRepPrimAPI_MakeBox(400, 500, 0.01).Solid(),
        "reversed_box": box.Reversed(),
        "reversed_face": first.Reversed(),
        "internal_face": first.Oriented(TopAbs_Orientation.TopAbs_INTERNAL),
        "external_face": first.Oriented(TopAbs_Orientation.TopAbs_EXTERNAL),
        **{f"ball_{r}": BRepPrimAPI_MakeSphere(float(r)).Solid() for r in (1, 3, 6, 12, 24)},
        "half_ball": BRepPrimAPI_MakeSphere(axis, 3, 0.0, 1.2, 4.0).Solid(),
        "cone": BRepPrimAPI_MakeCone(axis, 4, 0, 9).Solid(),
        "cone_cut": BRepPrimAPI_MakeCone(axis, 4, 1, 9, 3.0).Solid(),
        "torus": BRepPrimAPI_MakeTorus(axis, 8, 2).Solid(),
        "torus_part": BRepPrimAPI_MakeTorus(axis, 8, 2, 3.0).Solid(),
        "rod": BRepPrimAPI_MakeCylinder(axis, 2, 900).Solid(),
        "disc": disc,
        "plate": perforated(6, 5),
        "triangles": only_triangles(BRepPrimAPI_MakeCylinder(2, 9).Solid()),
        "triangles_and_solid": compound(only_triangles(BRepPrimAPI_MakeBox(1, 2, 3).Solid()), moved(box, 9)),
        "solid_and_edge": compound(box, edge(gp_Pnt(9, 9, 9), gp_Pnt(12, 9, 9))),
        "twice": compound(box, moved(box, 10, turn=0.5)),
        "shell_of_faces": compound(*[moved(face, 1) for face in get_faces(box)]),
    }
    for name, shape in objects.items():
        yield from shown(shape, names=[name])
    yield from shown(list(get_edges(BRepPrimAPI_MakeCylinder(axis, 2, 9).Solid())), names=["edges_of_rod"])
    yield from shown(list(get_edges(box)), list(get_vertices(box)), points, names=["edges", "corners", "points"])
    yield from shown(compound(*points), compound(points[0]), points[1], names=["points", "one_point", "point"])


def odd():
    """What the client does not show, or not without an error: bytes only."""
    bare = TopoDS_Face()
    BRep_Builder().MakeFace(bare)
    return {
        "empty": compound(),
        "infinite": BRepBuilderAPI_MakeFace(gp_Pln()).Face(),
        "bare_face": compound(*get_faces(BRepPrimAPI_MakeBox(4, 5, 6).Solid()), bare),
    }


def of_build123d(dice):
    """A random model; may fail, as what is drawn by lot is not always a solid."""
    import build123d as b

    def size(low=1.0, high=10.0):
        return round(dice.uniform(low, high), 3)

    def place():
        return b.Pos(size(-4, 4), size(-4, 4), size(-4, 4)) * b.Rot(size(0, 180), size(0, 180), size(0, 180))

    def primitive():
        return dice.choice([
            lambda: b.Box(size(), size(), size()),
            lambda: b.Cylinder(size(1, 5), size()),
            lambda: b.Cone(size(2, 5), dice.choice([0, size(0.2, 1.5)]), size()),
            lambda: b.Sphere(size(1, 6)),
            lambda: b.Torus(size(4, 7), size(0.5, 2)),
            lambda: b.Wedge(size(4, 8), size(3, 8), size(4, 8), 1, 1, 2, 2),
        ])()

    def sketch():
        return dice.choice([
            lambda: b.Rectangle(size(2), size(2)),
            lambda: b.Circle(size(2)) - b.Circle(size(0.5, 1.5)),
            lambda: b.Ellipse(size(3), size(1, 3)),
            lambda: b.RegularPolygon(size(2), dice.randint(3, 9)),
            lambda: b.SlotOverall(size(6, 10), size(1, 3)),
            lambda: b.make_face(b.Spline(*[b.Vector(size(4, 8), 0).rotate(b.Axis.Z, 60 * i) for i in range(6)], periodic=True)),
        ])()

    def cut():
        return place() * primitive() - place() * primitive()

    def fillet():
        base = b.Box(size(4), size(4), size(4)) - place() * b.Cylinder(size(0.5, 1.5), 30)
        return b.fillet(dice.sample(list(base.edges()), 3), size(0.1, 0.4))

    def chamfer():
        base = b.Cylinder(size(3, 6), size(3))
        return b.chamfer(base.edges()[:2], size(0.1, 0.5))

    def sweep():
        path = b.Spline((0, 0, 0), (2, 6, 1), (size(-3, 3), 12, 4), tangents=[(0, 1, 0), (0, 1, 0)])
        return b.sweep(b.Plane.XZ * b.Circle(size(0.3, 1)), path)

    makers = [
        lambda: place() * primitive(),
        cut,
        lambda: place() * primitive() + place() * primitive() - place() * primitive(),
        lambda: place() * primitive() & place() * primitive(),
        fillet,
        chamfer,
        lambda: place() * b.extrude(sketch(), size(), taper=dice.choice([0, 0, 3])),
        lambda: b.revolve(b.Pos(12, 0) * sketch(), b.Axis.Y, size(30, 360)),
        lambda: b.loft([sketch().face(), (b.Pos(0, 0, size(3)) * b.Circle(size(1, 4))).face()]),
        sweep,
        lambda: b.extrude(b.Text(dice.choice(["Rg8", "B", "ö&"]), size(4, 10)), 1),
        lambda: b.Compound(label="tree", children=[place() * primitive(), place() * cut()]),
        lambda: place() * sketch(),
        lambda: b.ShapeList((place() * primitive()).faces()),
        lambda: cut().edges(),
        lambda: b.Helix(size(1, 3), size(4, 9), size(1, 4)),
        lambda: b.Spline((0, 0, 0), (size(), size(), 0), (size(), 0, size())),
        lambda: cut().vertices(),
        lambda: sketch().wires(),
        lambda: b.mirror(cut(), b.Plane.XZ),
        lambda: b.offset(b.Box(size(3), size(3), size(3)), size(0.1, 0.9)),
    ]
    return dice.choice(makers)()


def of_cadquery(dice):
    import cadquery as cq

    def size(low=1.0, high=10.0):
        return round(dice.uniform(low, high), 3)

    def primitive():
        plane = dice.choice(["XY", "XZ", "YZ"])
        base = cq.Workplane(plane).transformed((size(0, 90), size(0, 90), size(0, 90)), (size(-3, 3), size(-3, 3), 0))
        return dice.choice([
            lambda: base.box(size(), size(), size()),
            lambda: base.cylinder(size(), size(1, 5)),
            lambda: base.sphere(size(1, 6)),
            lambda: base.add(cq.Solid.makeCone(size(2, 5), dice.choice([0, size(0.2, 1.5)]), size())),
            lambda: base.add(cq.Solid.makeTorus(size(4, 7), size(0.5, 2))),
            lambda: base.polygon(dice.randint(3, 9), size(2)).extrude(size()),
        ])()

    makers = [
        primitive,
        lambda: primitive().cut(primitive()),
        lambda: primitive().union(primitive()).cut(primitive()),
        lambda: primitive().intersect(primitive()),
        lambda: cq.Workplane().box(size(4), size(4), size(4)).edges("|Z").fillet(size(0.1, 1)),
        lambda: cq.Workplane().box(size(6), size(6), size(2)).faces(">Z").workplane().rarray(1.5, 1.5, 3, 2).hole(size(0.3, 1)),
        lambda: cq.Workplane().box(size(4), size(4), size(4)).faces(">Z").chamfer(size(0.1, 0.8)),
        lambda: cq.Workplane().rect(size(2), size(2)).twistExtrude(size(3), size(10, 90)),
        lambda: cq.Workplane().ellipse(size(3), size(1, 3)).extrude(size(), taper=dice.choice([0, 3])),
        lambda: cq.Workplane().center(9, 0).rect(size(1, 4), size(1, 4)).revolve(size(30, 360), (-9, 0), (-9, 1)),
        lambda: cq.Workplane().spline([(0, 0), (size(), size()), (size(), -size())]).close().extrude(size()),
        lambda: cq.Workplane().circle(size(2, 4)).workplane(offset=size(3)).rect(size(1, 4), size(1, 4)).loft(),
        lambda: cq.Workplane().circle(size(0.3, 1)).sweep(cq.Workplane("XZ").spline([(0, 0), (size(0, 3), 5), (0, 10)])),
        lambda: cq.Workplane().box(size(4), size(4), size(4)).faces(">Z").shell(-size(0.1, 0.9)),
        lambda: cq.Workplane().text(dice.choice(["Rg8", "B"]), size(4, 10), 1),
        lambda: primitive().faces(),
        lambda: primitive().cut(primitive()).edges(),
        lambda: primitive().vertices(),
        lambda: cq.Assembly().add(primitive(), name="a").add(primitive(), name="b", loc=cq.Location((0, 0, 9), (1, 2, 3), 40)),
        lambda: cq.Sketch().rect(size(3), size(3)).vertices().fillet(size(0.1, 0.9)).reset().circle(size(0.3, 1), mode="s"),
    ]
    return dice.choice(makers)()


def drawn(maker, prefix, seed, count):
    """`count` models by lot, the same for the same seed."""
    made, number = 0, 0
    while made < count and number < 4 * count:
        number += 1
        try:
            found = list(shown(maker(random.Random(f"{seed} {number}")), names=[f"{prefix}_{number}"]))
        except Exception as error:  # what is drawn by lot may be impossible
            print(f"{prefix}_{number}: {type(error).__name__}: {error}", file=sys.stderr)
            continue
        made += bool(found)
        yield from found


def groups(count, seed):
    yield "special", special
    for name in ("curves", "surfaces", "solids", "mixtures"):
        yield name, lambda name=name: measured(getattr(MODELS, name)())
    for name, maker in (("build123d", of_build123d), ("cadquery", of_cadquery)):
        if count > 0 and importlib.util.find_spec(name) is not None:
            yield name, lambda name=name, maker=maker: drawn(maker, name, seed, count)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("names", nargs="*")
    options = parser.parse_intermixed_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, make in groups(options.random, options.seed):
        if options.names and name not in options.names:
            continue
        cases = list(make())
        text = ",\n".join(json.dumps(each) for each in cases)
        (options.folder / f"{name}.json").write_text(f"[\n{text}\n]\n")
        print(name, len(cases), flush=True)
    if "odd" in options.names:
        texts = {name: base64.b64encode(serialize(shape)).decode() for name, shape in odd().items()}
        (options.folder / "odd.json").write_text(json.dumps(texts) + "\n")


if __name__ == "__main__":
    main()
