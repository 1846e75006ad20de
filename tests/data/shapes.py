# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Shapes and messages that the makers of measuring models share. Needs ocp-viewer-core."""

import base64
import json

from OCP.BRepBuilderAPI import BRepBuilderAPI_MakeEdge
from OCP.Geom import Geom_BezierCurve
from OCP.gp import gp_Ax2, gp_Dir, gp_Pnt
from ocp_tessellate.ocp_utils import serialize
from ocp_viewer_core import codec

try:
    from OCP.TColgp import TColgp_Array1OfPnt, TColgp_Array2OfPnt
except ImportError:
    from OCP.collections import Array1_gp_Pnt as TColgp_Array1OfPnt
    from OCP.collections import Array2_gp_Pnt as TColgp_Array2OfPnt

TILTED = gp_Ax2(gp_Pnt(1, 2, 3), gp_Dir(0.3, -0.2, 0.9), gp_Dir(0.9, 0, -0.3))


def points(*rows):
    array = TColgp_Array1OfPnt(1, len(rows))
    for i, row in enumerate(rows):
        array.SetValue(i + 1, gp_Pnt(*row))
    return array


def grid(count, height):
    array = TColgp_Array2OfPnt(1, count, 1, count)
    for i in range(count):
        for j in range(count):
            array.SetValue(i + 1, j + 1, gp_Pnt(3.0 * i, 3.0 * j, height(i, j)))
    return array


def bezier():
    return Geom_BezierCurve(points((0, 0, 0), (2, 5, 1), (6, -3, 2), (9, 1, 0)))


def edge(*args):
    return BRepBuilderAPI_MakeEdge(*args).Edge()


def leaf(name, *shapes, loc=None, as_list=False):
    texts = [base64.b64encode(serialize(shape)).decode() for shape in shapes]
    shape = texts if as_list or len(texts) > 1 else {"obj": texts[0], "name": name, "cache_id": None}
    return {"id": f"/all/{name}", "loc": loc, "shape": shape}


def write_message(folder, name, model):
    """Writes FOLDER/NAME-backend.msg, the `B` message of the model; returns its JSON."""
    text = json.dumps(model, default=codec.default)
    (folder / f"{name}-backend.msg").write_text("B:" + text)
    return text
