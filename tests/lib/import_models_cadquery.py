# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Writes files as CadQuery does, into the folder that is named; runs in the environment of
tools/requirements-cadquery.txt, which has no build123d.

Prints as JSON what is known of the mesh files: {file: {"volume": mm3, "names": [...]}}.
"""
import json
import sys
from pathlib import Path

import cadquery as cq
from cadquery.occ_impl.exporters.assembly import exportStepMeta

FOLDER = Path(sys.argv[1])


def plate():
    return cq.Workplane().box(40, 30, 4).faces(">Z").workplane().rarray(15, 15, 2, 2).cboreHole(3, 6, 2).edges("|Z").fillet(3)


def bolt():
    return cq.Workplane().polygon(6, 8).extrude(3).faces(">Z").workplane().circle(2).extrude(12)


def wedge():
    """No mirror image of itself."""
    return cq.Workplane().polyline([(0, 0), (9, 0), (2, 5)]).close().extrude(3).faces(">Z").workplane().center(1, 1).hole(1)


def assembly():
    top = cq.Assembly(name="rig", loc=cq.Location((5, 0, 0), (0, 0, 1), 20))
    top.add(plate(), name="plate", color=cq.Color(0.2, 0.4, 0.8))
    pair = cq.Assembly(name="pair of bolts", color=cq.Color("orange"), loc=cq.Location((0, 0, 10)))
    shared = bolt()
    pair.add(shared, name="left", loc=cq.Location((-10, 0, 0)))
    pair.add(shared, name="right", loc=cq.Location((10, 0, 0), (1, 0, 0), 90), color=cq.Color(1, 0, 0, 0.5))
    top.add(pair)
    return top


def copies():
    top, shared = cq.Assembly(name="row"), bolt()
    for number in range(5):
        top.add(shared, name=f"bolt {number}", loc=cq.Location((12 * number, 0, 0)))
    return top


def with_layers(path):
    top, part = cq.Assembly(name="layers"), wedge()
    top.add(part, name="wedge", color=cq.Color(0.5, 0.5, 0.5))
    top["wedge"].addSubshape(part.faces(">Z").val(), name="upper", color=cq.Color(1, 0, 0), layer="faces")
    exportStepMeta(top, str(path))


def main():
    exact = {
        "plate": plate(), "bolt": bolt(), "wedge": wedge(), "mirrored": wedge().mirror("YZ"),
        "both": cq.Workplane(cq.Compound.makeCompound([wedge().val(), wedge().mirror("XZ").val()])),
        "text": cq.Workplane().text("cadcast", 10, 2), "sheet": cq.Workplane(cq.Face.makePlane(3, 4)),
        "path": cq.Workplane(cq.Wire.makeHelix(2, 10, 3)), "sphere": cq.Workplane().sphere(4).cut(cq.Workplane().box(9, 9, 4)),
    }
    for name, shape in exact.items():
        cq.exporters.export(shape, str(FOLDER / f"{name}.step"))
    exact["plate"].val().exportBrep(str(FOLDER / "plate.brep"))
    exact["wedge"].val().exportBin(str(FOLDER / "wedge.brep"))
    assembly().export(str(FOLDER / "assembly.step"))
    assembly().export(str(FOLDER / "fused.step"), mode="fused")
    copies().export(str(FOLDER / "copies.step"))
    with_layers(FOLDER / "layers.step")
    known = {}
    for ending, part in (("stl", "plate"), ("3mf", "CadQuery_Component")):
        cq.exporters.export(exact["plate"], str(FOLDER / f"plate.{ending}"), tolerance=0.01, angularTolerance=0.1)
        known[f"plate.{ending}"] = {"volume": exact["plate"].val().Volume(), "names": [part]}
    assembly().export(str(FOLDER / "assembly.glb"), tolerance=0.01, angularTolerance=0.1)
    known["assembly.glb"] = {"volume": exact["plate"].val().Volume() + 2 * exact["bolt"].val().Volume(),
                             "names": ["plate", "left", "right"]}
    print(json.dumps(known))


main()
