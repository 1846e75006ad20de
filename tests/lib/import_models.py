# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Makes the files that cadcast-import is compared with build123d on: one function a file, by the name of the file.

Needs build123d. `FILES` has the functions; each takes the path to write to.
"""
import copy
from pathlib import Path

from build123d import (
    Box,
    Circle,
    Color,
    Compound,
    Cone,
    Cylinder,
    Edge,
    Face,
    Location,
    Plane,
    Pos,
    Rot,
    Shell,
    Solid,
    Sphere,
    Spline,
    Torus,
    Unit,
    Vertex,
    Wire,
    export_brep,
    export_step,
    fillet,
    loft,
    mirror,
)
from OCP.BinTools import BinTools
from OCP.BRep import BRep_Builder
from OCP.BRepPrimAPI import BRepPrimAPI_MakeBox, BRepPrimAPI_MakeCylinder, BRepPrimAPI_MakeSphere
from OCP.gp import gp_Ax1, gp_Dir, gp_Pnt, gp_Trsf, gp_Vec
from OCP.IGESCAFControl import IGESCAFControl_Writer
from OCP.Interface import Interface_Static
from OCP.Quantity import Quantity_Color, Quantity_TOC_sRGB
from OCP.STEPCAFControl import STEPCAFControl_Writer
from OCP.TCollection import TCollection_ExtendedString
from OCP.TDataStd import TDataStd_Name
from OCP.TDocStd import TDocStd_Document
from OCP.TopAbs import TopAbs_FACE
from OCP.TopExp import TopExp_Explorer
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS_Compound
from OCP.XCAFDoc import XCAFDoc_ColorGen, XCAFDoc_ColorSurf, XCAFDoc_DocumentTool

FILES = {}


def file(name):
    def keep(function):
        FILES[name] = function
        return function

    return keep


# ---- build123d's own writer ----


def named(shape, label="", color=None, place=None):
    if place is not None:
        shape = place * shape
    shape.label = label
    if color is not None:
        shape.color = Color(color) if isinstance(color, str) else Color(*color)
    return shape


def group(label, *children, place=None):
    out = Compound(label=label, children=list(children))
    if place is not None:
        out.location = place
    return out


def step(name, **options):
    def keep(function):
        FILES[name] = lambda path: export_step(function(), path, **options)
        return function

    return keep


@step("box.step")
def _box():
    return named(Solid.make_box(1, 2, 3), "box")


@step("without a name.step")
def _nameless():
    return Solid.make_box(1, 2, 3)


@step("colored.step")
def _colored():
    return named(Solid.make_cylinder(1, 2), "rod", (0.1, 0.6, 0.35))


@step("clear.step")
def _clear():
    return named(Solid.make_cylinder(1, 2), "glass", (0.1, 0.6, 0.95, 0.4))


@step("moved.step")
def _moved():
    return named(Solid.make_box(1, 2, 3), "moved", "red", Pos(10, 20, 30) * Rot(10, 20, 30))


@step("assembly.step")
def _assembly():
    return group("asm", named(Solid.make_box(1, 2, 3), "box", "red"), named(Solid.make_sphere(1), "ball", place=Pos(4, 0, 0)))


@step("nested.step")
def _nested():
    inner = group("inner", named(Solid.make_box(1, 1, 1), "a", "blue"), named(Solid.make_box(2, 1, 1), "b"),
                  place=Pos(1, 2, 3) * Rot(30, 0, 0))
    middle = group("middle", inner, named(Solid.make_cone(2, 1, 3), "c", place=Rot(0, 90, 0)), place=Pos(0, 5, 0))
    return group("outer", middle, named(Solid.make_torus(5, 1), "ring"))


@step("deep.step")
def _deep():
    part = named(Solid.make_box(1, 1, 1), "kernel", "green")
    for number in range(14):
        part = group(f"level {number}", part, named(Solid.make_sphere(0.1), f"dot{number}"), place=Pos(1, 0, 0) * Rot(0, 0, 7))
    return part


@step("copies.step")
def _copies():
    bolt = named(Solid.make_cylinder(1, 8), "bolt", "gray")
    return group("four", *(named(copy.copy(bolt), "bolt", place=Pos(5 * n, 0, 0) * Rot(0, 10 * n, 0)) for n in range(4)))


@step("copies of groups.step")
def _copies_of_groups():
    pair = group("pair", named(Solid.make_box(1, 1, 1), "left", "red"), named(Solid.make_sphere(1), "right", place=Pos(3, 0, 0)))
    return group("row", *(copy.copy(pair).locate(Location((9 * n, 0, 0), (0, 0, 15 * n))) for n in range(3)))


@step("scripts.step")
def _scripts():
    names = ["Gehäuse", "корпус", "箱体", "صندوق", "κουτί", "กล่อง", "📦 box", "ﬁ ligature"]
    return group("Bücher", *(named(Solid.make_box(1, 1, 1), name, place=Pos(2 * n, 0, 0)) for n, name in enumerate(names)))


@step("quotes.step")
def _quotes():
    names = ["it's", 'a "b"', "c/d", "e\\f", "g.h (2)", "\\X2\\00E9\\X0\\", "semi;colon", "#12 = X('')", "<b>&amp;", "%s%n"]
    return group("/", *(named(Solid.make_box(1, 1, 1), name, place=Pos(2 * n, 0, 0)) for n, name in enumerate(names)))


@step("same names.step")
def _same_names():
    return group("x", *(named(Solid.make_box(1, 1, n + 1), "x", place=Pos(2 * n, 0, 0)) for n in range(3)),
                 named(Solid.make_box(1, 1, 1), "x(2)", place=Pos(0, 9, 0)))


@step("names of nothing.step")
def _names_of_nothing():
    return group("", named(Solid.make_box(1, 1, 1), ""), named(Solid.make_box(2, 1, 1), " "), named(Solid.make_box(3, 1, 1), "17"))


@step("inch.step", unit=Unit.IN)
def _inch():
    return group("inch", named(Solid.make_box(1, 2, 3), "box", place=Pos(7, 8, 9)))


@step("metre.step", unit=Unit.M)
def _metre():
    return named(Solid.make_box(1, 2, 3), "box")


@step("tiny.step")
def _tiny():
    return named(Solid.make_cylinder(0.001, 0.003), "tiny")


@step("mirrored.step")
def _mirrored():
    wedge = Solid.extrude(Face(Wire.make_polygon([(0, 0), (9, 0), (2, 5)])), (0, 0, 3))
    return group("hands", named(wedge, "right", "blue"), named(mirror(wedge, Plane.YZ), "left", place=Pos(-1, 0, 2) * Rot(0, 30, 0)))


@step("huge.step")
def _huge():
    return named(Solid.make_cylinder(1e5, 3e5), "huge", place=Pos(1e6, 0, 0))


@step("surfaces.step")
def _surfaces():
    swept = loft([Face(Wire.make_circle(2)), Pos(0, 0, 4) * Face(Wire.make_rect(3, 2))])
    rounded = fillet(Box(3, 3, 3).edges(), 0.4)
    return group("surfaces", named(Solid.make_sphere(1), "sphere"), named(Solid.make_torus(3, 1), "torus", place=Pos(9, 0, 0)),
                 named(swept.solid(), "loft", place=Pos(0, 9, 0)), named(rounded.solid(), "rounded", place=Pos(0, -9, 0)),
                 named((Cone(2, 1, 3) - Cylinder(0.4, 9)).solid(), "bored", place=Pos(-9, 0, 0)))


@step("part of a builder.step")
def _part():
    return group("parts", named(Box(1, 2, 3) - Cylinder(0.2, 9), "drilled", "orange"), named(Sphere(1) + Pos(5, 0, 0) * Torus(2, 1), "two"))


@step("two solids.step")
def _two_solids():
    return named(Compound([Solid.make_box(1, 1, 1), Pos(3, 0, 0) * Solid.make_sphere(1)]), "both", "purple")


@step("mixture.step")
def _mixture():
    disc, line = Pos(3, 0, 0) * Face(Wire.make_circle(1)), Edge.make_line((0, 0, 5), (1, 1, 5))
    return named(Compound([Solid.make_box(1, 1, 1), disc, line]), "mixed")


@step("face.step")
def _face():
    return named(Face(Wire.make_circle(2)), "disc")


@step("shell.step")
def _shell():
    return named(Shell(Box(1, 2, 3).faces()[0:5]), "open box", "cyan")


@step("wire.step")
def _wire():
    return named(Wire.make_polygon([(0, 0, 0), (1, 0, 0), (1, 2, 0), (0, 2, 1)]), "path")


@step("edges.step")
def _edges():
    return group("lines", named(Spline((0, 0), (1, 1), (2, 0)).edge(), "spline", "red"), named(Edge.make_circle(3), "circle"))


@step("vertex.step")
def _vertex():
    return group("points", named(Vertex(1, 2, 3), "point"), named(Solid.make_box(1, 1, 1), "box"))


@step("sheet.step")
def _sheet():
    return group("flat", named(Circle(3) - Circle(1), "washer", "yellow"))


# ---- OCCT's writers: what build123d does not write ----


def rgb(red, green, blue):
    return Quantity_Color(red, green, blue, Quantity_TOC_sRGB)


class Document:
    def __init__(self):
        self.document = TDocStd_Document(TCollection_ExtendedString("XCAF"))
        self.shapes = XCAFDoc_DocumentTool.ShapeTool_s(self.document.Main())
        self.colors = XCAFDoc_DocumentTool.ColorTool_s(self.document.Main())
        self.layers = XCAFDoc_DocumentTool.LayerTool_s(self.document.Main())

    def product(self, shape, name=None):
        label = self.shapes.AddShape(shape, False)
        return self.name(label, name)

    @staticmethod
    def name(label, name):
        if name is not None:
            TDataStd_Name.Set_s(label, TCollection_ExtendedString(name, True))
        return label

    def assembly(self, name):
        builder, shape = BRep_Builder(), TopoDS_Compound()
        builder.MakeCompound(shape)
        return self.name(self.shapes.AddShape(shape, True), name)

    def place(self, parent, product, move=(0, 0, 0), turn=0.0, name=None):
        moved, turned = gp_Trsf(), gp_Trsf()
        moved.SetTranslation(gp_Vec(*move))
        turned.SetRotation(gp_Ax1(gp_Pnt(), gp_Dir(0, 0, 1)), turn)
        return self.name(self.shapes.AddComponent(parent, product, TopLoc_Location(moved * turned)), name)

    def color(self, label, *color, kind=XCAFDoc_ColorGen):
        self.colors.SetColor(label, rgb(*color), kind)

    def color_faces(self, label, shape, colors):
        at, number = TopExp_Explorer(shape, TopAbs_FACE), 0
        while at.More():
            if colors[number % len(colors)] is not None:
                face = self.shapes.AddSubShape(label, at.Current())
                self.colors.SetColor(face, rgb(*colors[number % len(colors)]), XCAFDoc_ColorSurf)
            at.Next()
            number += 1

    def write_step(self, path, schema="AP214IS"):
        Interface_Static.SetCVal_s("write.step.schema", schema)
        self.shapes.UpdateAssemblies()
        writer = STEPCAFControl_Writer()
        writer.SetColorMode(True)
        writer.SetNameMode(True)
        writer.SetLayerMode(True)
        assert writer.Transfer(self.document)
        writer.Write(str(path))
        assert Path(path).stat().st_size > 0

    def write_iges(self, path):
        self.shapes.UpdateAssemblies()
        writer = IGESCAFControl_Writer()
        writer.SetColorMode(True)
        writer.SetNameMode(True)
        assert writer.Transfer(self.document)
        assert writer.Write(str(path))


def box(x=1.0, y=2.0, z=3.0):
    return BRepPrimAPI_MakeBox(x, y, z).Shape()


RED, GREEN, BLUE = (1.0, 0.0, 0.0), (0.0, 0.5, 0.0), (0.0, 0.0, 1.0)


def two_level():
    out = Document()
    one, other = out.product(box(), "block"), out.product(BRepPrimAPI_MakeCylinder(1, 4).Shape(), "rod")
    inner, outer = out.assembly("inner"), out.assembly("outer")
    out.place(inner, one, (1, 0, 0))
    out.place(inner, other, (0, 5, 0), 0.5)
    out.place(outer, inner, (10, 0, 0))
    out.place(outer, inner, (0, 10, 0), 1.0)
    out.place(outer, one, (0, 0, 9))
    return out, one, other, inner, outer


@file("shared groups.step")
def _shared_groups(path):
    two_level()[0].write_step(path)


for schema in ("AP203", "AP214CD", "AP214DIS", "AP242DIS"):
    FILES[f"{schema}.step"] = lambda path, schema=schema: two_level()[0].write_step(path, schema)


@file("color of a product.step")
def _color_of_a_product(path):
    out, one, _other, _inner, _outer = two_level()
    out.color(one, *RED)
    out.write_step(path)


@file("color of a surface.step")
def _color_of_a_surface(path):
    out, one, other, _inner, _outer = two_level()
    out.color(one, *RED, kind=XCAFDoc_ColorSurf)
    out.color(other, 0.2, 0.3, 0.4, kind=XCAFDoc_ColorSurf)
    out.write_step(path)


@file("color of an instance.step")
def _color_of_an_instance(path):
    out = Document()
    one, top = out.product(box(), "block"), out.assembly("top")
    out.color(one, *RED)
    for number, color in enumerate((None, GREEN, BLUE)):
        label = out.place(top, one, (3.0 * number, 0, 0))
        if color:
            out.color(label, *color)
    out.write_step(path)


@file("faces of one color.step")
def _faces_of_one_color(path):
    out, shape = Document(), box()
    out.color_faces(out.product(shape, "painted"), shape, [GREEN])
    out.write_step(path)


@file("faces of many colors.step")
def _faces_of_many_colors(path):
    out, shape = Document(), box(1, 2, 30)
    out.color_faces(out.product(shape, "painted"), shape, [GREEN, RED, BLUE, None])
    out.write_step(path)


@file("faces and solid.step")
def _faces_and_solid(path):
    out, shape = Document(), box()
    label = out.product(shape, "painted")
    out.color(label, 0.5, 0.5, 0.5)
    out.color_faces(label, shape, [RED, None, None])
    out.write_step(path)


@file("painted faces in a group.step")
def _painted_faces_in_a_group(path):
    out, top = Document(), None
    top = out.assembly("top")
    for number, color in enumerate((RED, BLUE, None)):
        shape = box(1, 1, 1.0 + number)
        label = out.product(shape, f"part{number}")
        if color:
            out.color_faces(label, shape, [color])
        out.place(top, label, (3.0 * number, 0, 0))
    out.write_step(path)


@file("names of instances.step")
def _names_of_instances(path):
    out = Document()
    one, top = out.product(box(), "block"), out.assembly("top")
    for number, name in enumerate(("left", "right", "17", "NAUO3", "block")):
        out.place(top, one, (3.0 * number, 0, 0), name=name)
    out.write_step(path)


@file("layers.step")
def _layers(path):
    out = Document()
    label = out.product(box(), "on a layer")
    out.layers.SetLayer(label, TCollection_ExtendedString("layer 1"))
    out.write_step(path)


@file("several roots.step")
def _several_roots(path):
    out = Document()
    for number in range(3):
        out.product(box(1, 1, 1.0 + number), f"root{number}")
    out.write_step(path)


@file("ball.step")
def _ball(path):
    out = Document()
    out.product(BRepPrimAPI_MakeSphere(5).Shape(), "ball")
    out.write_step(path)


# ---- files edited as text ----


def edited(name, source, edit):
    def make(path):
        FILES[source](path)
        text = Path(path).read_text(encoding="utf-8")
        changed = edit(text)
        assert changed != text
        Path(path).write_text(changed, encoding="utf-8", newline="")

    FILES[name] = make


edited("lines of windows.step", "nested.step", lambda text: text.replace("\n", "\r\n"))
edited("on one line.step", "nested.step", lambda text: text.replace("\n", ""))
edited("comments.step", "nested.step", lambda text: text.replace("DATA;", "/* DATA; ENDSEC; */ DATA;"))
edited("other schema.step", "nested.step",
       lambda text: text.replace("AUTOMOTIVE_DESIGN { 1 0 10303 214 1 1 1 1 }", "CONFIG_CONTROL_DESIGN"))

# ---- IGES, BREP ----


@file("parts.iges")
def _iges(path):
    out = Document()
    out.color(out.product(box(), "block"), *RED)
    out.product(BRepPrimAPI_MakeCylinder(1, 4).Shape(), "rod")
    out.write_iges(path)


@file("group.igs")
def _iges_group(path):
    two_level()[0].write_iges(path)


@file("text.brep")
def _brep(path):
    export_brep(Box(1, 2, 3) - Cylinder(0.2, 9), path)


@file("mixture.brep")
def _brep_mixture(path):
    export_brep(Compound([Solid.make_box(1, 1, 1), Pos(3, 0, 0) * Face(Wire.make_circle(1))]), path)


@file("binary.brep")
def _binary_brep(path):
    BinTools.Write_s(Solid.make_sphere(2).moved(Pos(1, 2, 3)).wrapped, str(path))
