# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What tools/bench show shows: build123d code that makes `parts`, and `changed`, of which one part is another."""
import subprocess

from subjects import PYTHON, environment, scratch

BOXES = """
parts = [Pos(i % 24 * 9, i // 24 * 9, 0) * fillet(Box(4 + i % 24 / 10, 5 + i // 24 / 10, 6).edges(), 0.5)
         for i in range({boxes})]
"""
# Not by build123d's own operations, which take minutes for 10,000 holes.
HOLES = """
from OCP.BRepBuilderAPI import BRepBuilderAPI_MakeFace
def sheet(number, pitch):
    side = round(number ** 0.5)
    width = pitch * side + 1
    outer = Wire.make_polygon([(0, 0), (width, 0), (width, width), (0, width)], close=True)
    maker = BRepBuilderAPI_MakeFace(outer.wrapped, True)
    for i in range(side * side):
        place = Plane((pitch * (i % side) + 2, pitch * (i // side) + 2, 0), z_dir=(0, 0, -1))
        maker.Add(Wire.make_circle(1, place).wrapped)
    return Face(maker.Face())
"""
BOLT = """
def bolt(length):
    path = Helix(1.5, length, 4.1)
    tooth = Plane(path @ 0, z_dir=path % 0) * Rot(0, 0, 90) * Trapezoid(1.2, 0.9, 60)
    head = extrude(RegularPolygon(8, 6), -6)
    return Compound(label="bolt", children=[head + Pos(0, 0, length / 2) * Cylinder(4, length + 4),
                                            sweep(tooth, path, is_frenet=True)])
parts, changed = [bolt(40)], [bolt(41)]
"""
# A file of some 33 MB: parts as they come out of other programs, none like another.
STEP = """
import sys
from build123d import *
parts = []
for i in range({parts}):
    body = fillet(Box(4 + i % 40 / 10, 5 + i // 40 / 10, 6).edges(), 0.5)
    parts.append(Pos(i % 40 * 11, i // 40 * 11, 0) * (body - Cylinder(1, 20)))
    parts[-1].label = f"part {{i}}"
export_step(Compound(label="assembly", children=parts), sys.argv[1])
"""
SCENES = {
    "box": ("a box", "parts = [Box(1, 2, 3)]\nchanged = [Box(1, 2, 4)]"),
    "boxes": ("{boxes} filleted boxes", BOXES + "changed = [fillet(Box(3, 3, 3).edges(), 0.5), *parts[1:]]\n"),
    "plate": ("a plate with {holes} holes",
              HOLES + "parts, changed = [extrude(sheet({holes}, 3), 2)], [extrude(sheet({holes}, 3), 3)]\n"),
    "instances": ("{instances} instances of 20 shapes", """
shapes = [Box(1, 1, 1 + i / 10) - Cylinder(0.2, 9) for i in range(20)]
parts = [Pos(i % 50 * 2, i // 50 * 2, 0) * shapes[i % 20] for i in range({instances})]
changed = [Box(1, 1, 5), *parts[1:]]
"""),
    "text": ("a text", "parts = [extrude(Text('cadcast casts', 10), 1)]\nchanged = [extrude(Text('other words', 10), 1)]"),
    "bolt": ("a threaded bolt", BOLT),
    "step": ("a STEP file of {step_parts} parts", """
assembly = import_step({step!r})
parts, changed = [assembly], [Box(5, 5, 5), *assembly.children[1:]]
"""),
    "sheet": ("a sheet with {sheet} holes",
              HOLES + "parts, changed = [sheet({sheet}, 3)], [sheet({sheet}, 3.5)]\n"),
}


def make_step(count):
    """The path of a STEP file with so many parts."""
    folder = scratch()
    path = folder / "assembly.step"
    subprocess.run([PYTHON, "-c", STEP.format(parts=count), str(path)], check=True, cwd=folder,
                   env=environment(folder), stdout=subprocess.DEVNULL)
    print(f"the STEP file has {path.stat().st_size / 1e6:.1f} MB", flush=True)
    return str(path)


def scenes(options):
    """(label, code) of each scene that was asked for."""
    sizes = {"boxes": options.boxes, "holes": options.holes, "instances": options.instances,
             "sheet": options.sheet, "step_parts": options.step, "step": ""}
    for name in options.only or SCENES:
        label, code = SCENES[name]
        if name == "step":
            sizes["step"] = make_step(options.step)
        yield label.format(**sizes), code.format(**sizes)
