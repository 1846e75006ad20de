# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What show(import_step(file)) of build123d and ocp_viewer sends, and how it differs from what cadcast-import sends."""
import io
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))

import build123d.importers as importers  # noqa: E402
from build123d import Compound, import_step  # noqa: E402
from cadcast import _exact  # noqa: E402
from OCP.BinTools import BinTools  # noqa: E402
from OCP.Bnd import Bnd_Box  # noqa: E402
from OCP.BRepBndLib import BRepBndLib  # noqa: E402
from OCP.BRepGProp import BRepGProp  # noqa: E402
from OCP.GProp import GProp_GProps  # noqa: E402
from OCP.IGESCAFControl import IGESCAFControl_Reader  # noqa: E402
from OCP.TopoDS import TopoDS_Shape  # noqa: E402
from ocp_tessellate.convert import to_ocpgroup  # noqa: E402


def read_by_build123d(path):
    path = Path(path)
    if path.suffix == ".brep":
        if path.read_bytes()[:1] != b"\n":
            return importers.import_brep(path)
        shape = TopoDS_Shape()
        assert BinTools.Read_s(shape, str(path))
        return Compound.cast(shape)
    if path.suffix in (".iges", ".igs"):
        # build123d has no reader of IGES: the kernel's, used in the same way.
        old, importers.STEPCAFControl_Reader = importers.STEPCAFControl_Reader, IGESCAFControl_Reader
        try:
            return import_step(path)
        finally:
            importers.STEPCAFControl_Reader = old
    return import_step(path)


def expected(path):
    """(tree, shapes): those of the E that the clients' show would send."""
    shown, instances = to_ocpgroup(read_by_build123d(path))
    plan = _exact.plan_show(shown, instances, {}, _exact.Memory(), lambda: None)
    assert plan is not None
    plan = plan[0][0].plan
    return plan.tree, [each.shape for each in plan.shapes]


def shape_of(data):
    shape = TopoDS_Shape()
    BinTools.Read_s(shape, io.BytesIO(data))
    assert not shape.IsNull()
    return shape


def numbers_of(shape):
    """Box, area, volume, and numbers of faces and edges."""
    box, area, volume, length = Bnd_Box(), GProp_GProps(), GProp_GProps(), GProp_GProps()
    BRepBndLib.AddOptimal_s(shape, box, False, False)
    BRepGProp.SurfaceProperties_s(shape, area)
    BRepGProp.VolumeProperties_s(shape, volume)
    BRepGProp.LinearProperties_s(shape, length)
    low, high = box.CornerMin(), box.CornerMax()
    return [low.X(), low.Y(), low.Z(), high.X(), high.Y(), high.Z()], [area.Mass(), volume.Mass(), length.Mass()]


def close(one, other, tolerance):
    return abs(one - other) <= tolerance * max(1.0, abs(one), abs(other))


def placement(loc):
    return None if loc is None else ([float(each) for each in loc[0]], [float(each) for each in loc[1]])


def same_place(one, other):
    one, other = placement(one), placement(other)
    if one is None or other is None:
        return one is None and other is None
    turns = [all(close(a, sign * b, 1e-9) for a, b in zip(one[1], other[1])) for sign in (1, -1)]
    return all(close(a, b, 1e-9) for a, b in zip(one[0], other[0])) and any(turns)


def same_shape(want, got):
    if want.ShapeType() != got.ShapeType():
        return f"type {want.ShapeType()}, not {got.ShapeType()}"
    for one, other in zip(numbers_of(want), numbers_of(got)):
        size = max(abs(each) for each in one) or 1.0
        for a, b in zip(one, other):
            if abs(a - b) > 1e-6 * size + 1e-7:
                return f"{one}, not {other}"
    return None


IGNORED = {"bb", "normal_len", "parts", "loc", "shape"}


def differences(want, got, want_shapes, got_shapes):
    """Lines that tell how two trees differ; none: they do not."""
    found, compared = [], {}

    def compare(one, other):
        where = one.get("id")
        for key in sorted((set(one) | set(other)) - IGNORED):
            a, b = one.get(key), other.get(key)
            same = close(a, b, 1e-6) if isinstance(a, float) and isinstance(b, (int, float)) else a == b
            if not same:
                found.append(f"{where}: {key} is {b!r}, not {a!r}")
        if not same_place(one.get("loc"), other.get("loc")):
            found.append(f"{where}: loc is {other.get('loc')}, not {one.get('loc')}")
        if ("parts" in one) != ("parts" in other) or len(one.get("parts", ())) != len(other.get("parts", ())):
            found.append(f"{where}: other parts")
            return
        for a, b in zip(one.get("parts", ()), other.get("parts", ())):
            compare(a, b)
        if "shape" in one:
            pair = (one["shape"]["ref"], other["shape"]["ref"])
            if pair not in compared:
                compared[pair] = same_shape(want_shapes[pair[0]], shape_of(got_shapes[pair[1]]))
            if compared[pair]:
                found.append(f"{where}: shape: {compared[pair]}")

    compare(want, got)
    wanted = {pair[0]: pair[1] for pair in compared}
    if len(wanted) != len(compared):
        found.append("a shape that is shared is not shared")
    return found
