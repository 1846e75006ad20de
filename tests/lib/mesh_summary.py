# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What two meshes of one shape have in common: counts, types, and sizes worked out from their arrays.

`summary(arrays)` of an instance, as a show has it, with numpy arrays; `differences(got, want)` of two
summaries names what is not equal, or not near enough.
"""

import numpy as np

SIZE = 1e-3
BOX = 1e-6
# Planes, cylinders, spheres and tori (GeomAbs_SurfaceType) between lines and circles (GeomAbs_CurveType) are
# divided alike by all releases of the kernel. Of others 7.6 makes other nodes than 7.9 does (three times as
# many on some cones, a tenth more or less on B-splines), with the same tolerance: if a shape has one, its sizes
# are compared, not its counts, and boxes up to the tolerance of the mesh.
ALIKE_FACES, ALIKE_EDGES = {0, 1, 3, 4}, {0, 1}
# The same of faces that are flat in a direction, and of all of these: a part of a ball may differ.
FLAT, FLAT_COUNT, ROUND_COUNT = {0, 1}, 0.01, 0.07
LISTS = ("face_types", "edge_types")
COUNTS = ("triangles_per_face", "segments_per_edge")


def _points(array):
    return np.asarray(array, dtype=np.float64).reshape(-1, 3)


def _box(points):
    return [points.min(axis=0).tolist(), points.max(axis=0).tolist()] if len(points) else None


def _faces(arrays, found):
    """Of the triangles: area, volume, and `flux`, which is the area again if each normal is that of the
    triangles around it, and less if some are not."""
    points, normals = _points(arrays["vertices"]), _points(arrays["normals"])
    corners = np.asarray(arrays["triangles"], dtype=np.int64).reshape(-1, 3)
    assert len(normals) == len(points)
    assert not len(corners) or (corners.min() >= 0 and corners.max() < len(points))
    a, b, c = points[corners[:, 0]], points[corners[:, 1]], points[corners[:, 2]]
    areas = np.cross(b - a, c - a) / 2
    around = normals[corners].mean(axis=1) if len(corners) else normals
    found["nodes"] = len(points)
    found["triangles"] = len(corners)
    found["area"] = float(np.linalg.norm(areas, axis=1).sum())
    found["volume"] = float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)
    found["flux"] = float(np.einsum("ij,ij->i", areas, around).sum())
    found["box"] = _box(points)


def summary(arrays):
    found = {}
    if "triangles" in arrays:
        _faces(arrays, found)
    if "edges" in arrays:
        ends = _points(arrays["edges"])
        found["length"] = float(np.linalg.norm(ends[1::2] - ends[::2], axis=1).sum())
        found["edges_box"] = _box(ends)
    ends = _points(arrays["obj_vertices"])
    found["vertices"] = len(ends)
    found["vertices_box"] = _box(ends)
    for name in (*LISTS, *COUNTS):
        if name in arrays:
            found[name] = np.asarray(arrays[name]).tolist()
    return found


def _near(got, want, tolerance, scale=0.0):
    return abs(got - want) <= tolerance * max(abs(want), scale)


def _list_differences(name, got, want, tolerance):
    """Without a tolerance the numbers are not compared, only how many there are."""
    if len(got) != len(want):
        return [f"{name}: {len(got)} instead of {len(want)}"]
    far = [i for i, (a, b) in enumerate(zip(got, want)) if tolerance is not None and abs(a - b) > max(2, tolerance * b)]
    return [f"{name}: {[(i, got[i], want[i]) for i in far[:5]]}"] if far else []


def _box_differences(name, got, want, tolerance):
    if (got is None) != (want is None):
        return [f"{name}: {got} instead of {want}"]
    if want is None:
        return []
    size = max(b - a for a, b in zip(*want)) + max(abs(x) for side in want for x in side) + 1e-6
    far = max(abs(a - b) for g, w in zip(got, want) for a, b in zip(g, w))
    return [f"{name}: {got} instead of {want}"] if far > tolerance * size else []


def differences(got, want):
    """A list of lines, empty if the summaries are alike."""
    found = [f"members {sorted(got)} for {sorted(want)}"] if set(got) != set(want) else []
    alike = ALIKE_FACES.issuperset(want.get("face_types", ())) and ALIKE_EDGES.issuperset(want.get("edge_types", ()))
    scales = {"volume": want.get("area", 0.0) ** 1.5 / 20, "area": 1e-12, "flux": 1e-12, "length": 1e-12}
    sizes = dict.fromkeys(scales, SIZE) if alike else {**dict.fromkeys(scales, 3 * SIZE), "flux": 10 * SIZE}
    count = None if not alike else FLAT_COUNT if FLAT.issuperset(want.get("face_types", ())) else ROUND_COUNT
    counted = ("nodes", "triangles") if alike else ()
    if got.get("vertices") != want.get("vertices"):
        found.append(f"vertices: {got.get('vertices')} instead of {want.get('vertices')}")
    for name in set(got) & set(want):
        if name in LISTS and got[name] != want[name]:
            found.append(f"{name}: {got[name][:20]} instead of {want[name][:20]}")
        elif name in COUNTS:
            found += _list_differences(name, got[name], want[name], count)
        elif name.endswith("box"):
            found += _box_differences(name, got[name], want[name], BOX if alike or name == "vertices_box" else SIZE)
        elif (name in scales and not _near(got[name], want[name], sizes[name], scales[name])) or (
            name in counted and abs(got[name] - want[name]) > max(4, count * want[name])
        ):
            found.append(f"{name}: {got[name]} instead of {want[name]}")
    return found
