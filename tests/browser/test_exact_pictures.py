# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""A show that sends geometry looks in the page as the same one that sends triangles: pixel by pixel,
closer than two drivers of a graphics card draw the same triangles."""
import base64
import copy
import io
import json
import os
from pathlib import Path

import pytest
from conftest import PAINT
from exact import ExactKernel, recorded_show
from PIL import Image, ImageChops, ImageStat
from wire import get

DATA = Path(__file__).resolve().parents[1] / "data"
MOST_RMS = 1.2  # of 255, the worst channel's: what two drivers differ by
VIEWS = ("iso", "front", "top")

CANVAS = (
    "viewer.directLight.position.copy(viewer.camera.getCamera().position);"
    + PAINT
    + "return viewer.renderer.domElement.toDataURL('image/png').split(',')[1];"
)


def identifiers(node):
    return {each for part in node["parts"] for each in identifiers(part)} if "parts" in node else {node["id"]}


def only(node, wanted):
    """Leaves out what is not wanted of a tree."""
    if "parts" not in node:
        return node["id"] in wanted
    node["parts"] = [part for part in node["parts"] if only(part, wanted)]
    return bool(node["parts"])


def triangles_of(name, payload, box):
    """The recorded show of triangles, with the parts that the show of geometry has, and its box: the
    renderer places the camera by that."""
    model = json.loads((DATA / "messages" / f"{name}-model.msg").read_bytes()[2:])
    only(model["data"]["shapes"], identifiers(payload["tree"]))
    theirs = model["data"]["shapes"]["bb"]
    if identifiers(payload["tree"]) == identifiers(model["data"]["shapes"]):
        assert all(abs(theirs[side] - box[side]) < 1e-2 for side in theirs)
    model["data"]["shapes"]["bb"] = box
    return b"D:" + json.dumps(model).encode()


def pictures(viewer):
    found = []
    for view in VIEWS:
        viewer.call(f"viewer.setView('{view}'); viewer.setCameraZoom(1);")
        found.append(Image.open(io.BytesIO(base64.b64decode(viewer.call(CANVAS)))).convert("RGB"))
    return found


def keep(name, one, other):
    """Where CADCAST_PICTURES names a folder, both beside each other."""
    if folder := os.environ.get("CADCAST_PICTURES"):
        sheet = Image.new("RGB", (2 * one.size[0], one.size[1]))
        sheet.paste(one, (0, 0))
        sheet.paste(other, (one.size[0], 0))
        sheet.save(f"{folder}/{name}.png")


@pytest.mark.parametrize("name", ["bracket", "assembly", "zoo"])
def test_geometry_looks_as_triangles_do(daemon, viewers, name):
    if helper := os.environ.get("CADCAST_GEOMETRY"):
        daemon.env["CADCAST_GEOMETRY"] = helper
    daemon.start()
    if get(daemon.port, "/api/exact").status == 404:
        pytest.skip("cadcast-geometry is not built here")
    payload, shapes = recorded_show(DATA, name)
    with ExactKernel(daemon.port, "/s/geometry/") as kernel:
        assert kernel.show(shapes, payload=copy.deepcopy(payload))[1]["notices"] == []
    geometry = viewers().open(daemon.url.replace("/viewer", "/s/geometry/viewer")).live().wait_drawn()
    ours = pictures(geometry)
    daemon.send(triangles_of(name, payload, geometry.call("return viewer.shapes.bb")), "triangles")
    triangles = viewers().open(daemon.url.replace("/viewer", "/s/triangles/viewer")).live().wait_drawn()
    theirs = pictures(triangles)
    for view, one, other in zip(VIEWS, ours, theirs):
        keep(f"{name}-{view}", one, other)
        assert one.size == other.size
        # The same twice would hide that nothing was drawn.
        assert len(one.getcolors(1 << 24)) > 8
        rms = max(ImageStat.Stat(ImageChops.difference(one, other)).rms)
        print(f"{name} {view}: rms {rms:.3f}")
        assert rms < MOST_RMS, (view, rms)
