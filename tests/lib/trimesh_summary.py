# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What trimesh finds in files: one JSON object a file, with the name, volume, box, colour and watertightness of
each mesh in its place. Runs in the environment of tools/requirements-readers.txt."""
import json
import sys

import trimesh


def colour(mesh):
    material = getattr(mesh.visual, "material", None)
    factor = getattr(material, "baseColorFactor", None)
    return None if factor is None else [int(c) for c in factor]


def summary(path):
    scene = trimesh.load(path, force="scene")
    found = []
    for node in scene.graph.nodes_geometry:
        place, geometry = scene.graph[node]
        mesh = scene.geometry[geometry].copy()
        mesh.apply_transform(place)
        if hasattr(mesh, "faces"):
            found.append({
                "node": node, "geometry": geometry, "volume": float(mesh.volume), "area": float(mesh.area),
                "box": mesh.bounds.tolist(), "colour": colour(mesh), "watertight": bool(mesh.is_watertight),
            })
    return found


print(json.dumps([summary(path) for path in sys.argv[1:]]))
