# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""A notebook of a user of the Debian package: show, measure, picture; with a page open in Chromium."""
import json
import math
import sys
import time
from pathlib import Path

from build123d import Box, Cylinder
from ocp_viewer import save_screenshot, show, status
from PIL import Image

sys.path.insert(0, "/check/lib")
from peers import Browser

SECONDS = 120


def wait_for(condition, what):
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, f"{what} did not come within {SECONDS} s"
        time.sleep(0.1)  # between two questions


block = Box(40, 30, 5) - Cylinder(6, 5)
show(block, names=["block"])
wait_for(lambda: "/Group/block" in (status() or {}).get("states", {}), "the page's report")
print("ok    show() of the real client draws in the page")

with Browser(3939) as browser:
    browser.say("status", {"activeTool": "PropertiesMeasurement"})
    browser.say("status", {"selectedShapeIDs": ["/Group/block", False]})
    answer = {}
    while answer.get("type") != "backend_response":
        message = browser.next(60)
        answer = json.loads(message) if message.startswith("{") else {}
volume = answer["result"][0]["volume"]
assert math.isclose(volume, 40 * 30 * 5 - math.pi * 6**2 * 5, rel_tol=1e-12), answer
print(f"ok    its volume is exact: {volume}")

picture = Path("block.png").resolve()
save_screenshot(str(picture))
wait_for(picture.exists, "the picture")
with Image.open(picture) as image:
    assert image.width > 300 and len(image.convert("RGB").getcolors(1 << 24)) > 50, "the picture is blank"
    print(f"ok    its picture has {image.width} x {image.height} pixels")
