# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What is drawn without a browser looks as the page does: the same model, camera and size, pixel by
pixel beside the page's own canvas."""
import base64
import io
import json
import os
import subprocess

import pytest
from conftest import PAINT, message
from daemon import PROGRAM
from PIL import Image, ImageChops, ImageStat

# The limits: root of the mean square of the worst channel, and the share of pixels that differ by
# more than FAR in some channel.
MOST_RMS = 3
FAR = 96
MOST_FAR = 0.0005

VIEWS = ("iso", "front", "back", "left", "right", "top", "bottom")
# The page's name of a view, where it is another.
NAMES = {"back": "rear"}

# The canvas as a PNG, in the turn that painted it; with the outline of lids, which the page draws once the camera
# stands still: in the second turn.
CANVAS = (
    "viewer.directLight.position.copy(viewer.camera.getCamera().position);"
    "viewer._renderCapOutline();"
    + PAINT
    + "viewer._renderCapOutline();"
    "return viewer.renderer.domElement.toDataURL('image/png').split(',')[1];"
)
# A cut through the middle, with lids or without. What three.js keeps.
CUT = """
    viewer.setActiveTab("clip");
    viewer.setClipSlider(0, 0.1);
    const { clipping } = viewer.rendered;
    clipping.setVisible(%s);
    return [...clipping.clipPlanes[0].normal.toArray(), clipping.clipPlanes[0].constant];
"""


def configured(name, **changes):
    model = json.loads(message(name)[2:])
    model["config"].update(changes)
    return b"D:" + json.dumps(model).encode()


def picture(png, background):
    """The picture on a background, as a browser shows it."""
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    paper = Image.new("RGBA", image.size, background)
    return Image.alpha_composite(paper, image).convert("RGB")


def from_page(viewer, view):
    viewer.call(f"viewer.setView('{NAMES.get(view, view)}'); viewer.setCameraZoom(1);")
    return base64.b64decode(viewer.call(CANVAS))


def from_here(path, size, view, *options):
    command = [PROGRAM, "render", path, "-o", "-", "--transparent", f"--view={view}", f"--width={size[0]}",
               f"--height={size[1]}", *options]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout


def differences(one, other):
    """(rms of the worst channel, share of pixels that are far off)"""
    assert one.size == other.size
    difference = ImageChops.difference(one, other)
    rms = max(ImageStat.Stat(difference).rms)
    channels = difference.split()
    worst = ImageChops.lighter(ImageChops.lighter(channels[0], channels[1]), channels[2])
    far = sum(worst.histogram()[FAR + 1 :]) / (one.size[0] * one.size[1])
    return rms, far


def keep(folder, name, *pictures):
    """Where CADCAST_PICTURES names a folder, the pictures beside each other."""
    across = sum(each.size[0] for each in pictures)
    sheet = Image.new("RGB", (across, pictures[0].size[1]))
    left = 0
    for each in pictures:
        sheet.paste(each, (left, 0))
        left += each.size[0]
    sheet.save(f"{folder}/{name}.png")


CASES = {
    "box-model": {},
    "assembly-model": {"axes": False, "grid": [False, False, False]},
    "bracket-model": {},
    "zoo-model": {},
    "legacy-3.4-model": {"axes": False},
    "demo": {},
}


@pytest.mark.parametrize("name", CASES)
def test_a_model_looks_as_in_the_page(daemon, viewer, tmp_path, name):
    model = configured(name, **CASES[name])
    compare(daemon, viewer, tmp_path, name, model, VIEWS)


LOOKS = {
    "transparent": ("assembly-model", {"transparent": True, "axes": False, "grid": [False, False, False]}),
    "black-edges": ("bracket-model", {"blackEdges": True}),
    "metal": ("zoo-model", {"metalness": 0.9, "roughness": 0.3, "ambientIntensity": 2, "directIntensity": 0.5}),
    "axes": ("assembly-model", {"axes": True, "axes0": False, "grid": [False, False, False]}),
}


@pytest.mark.parametrize("look", LOOKS)
def test_settings_look_as_in_the_page(daemon, viewer, tmp_path, look):
    name, changes = LOOKS[look]
    compare(daemon, viewer, tmp_path, look, configured(name, **changes), ("iso", "front"))


def test_perspective_looks_as_in_the_page(daemon, viewer, tmp_path):
    model = configured("assembly-model", ortho=False, axes=False, grid=[False, False, False])
    compare(daemon, viewer, tmp_path, "perspective", model, ("iso", "front"))


def test_a_cut_looks_as_in_the_page(daemon, viewer, tmp_path):
    """The outline of a lid is around those pixels whose middle the lid covers."""
    model = configured("legacy-3.4-model", axes=False)
    compare(daemon, viewer, tmp_path, "cut", model, ("iso", "right"), cut=True)


def compare(daemon, viewer, folder, name, model, views, cut=False):
    daemon.start()
    viewer.open(daemon.url).live()
    daemon.send(model)
    viewer.wait_frame()
    path = folder / "model.msg"
    path.write_bytes(model)
    size = viewer.call("const c = viewer.renderer.domElement; return [c.width, c.height];")
    options = [f"--clip={','.join(map(str, viewer.call(CUT % 'true')))}", "--fit=0"] if cut else []
    wrong = []
    for view in views:
        page = picture(from_page(viewer, view), "white")
        here = picture(from_here(path, size, view, *options), "white")
        rms, far = differences(page, here)
        print(f"{name} {view}: rms {rms:.2f}, {100 * far:.3f} % of pixels far off")
        if "CADCAST_PICTURES" in os.environ:
            marked = ImageChops.difference(page, here).point(lambda value: min(255, 3 * value))
            keep(os.environ["CADCAST_PICTURES"], f"{name}-{view}", page, here, marked)
        if not (rms < MOST_RMS and far <= MOST_FAR):
            wrong.append(f"{view}: rms {rms:.2f}, {100 * far:.3f} %")
    assert not wrong, wrong
