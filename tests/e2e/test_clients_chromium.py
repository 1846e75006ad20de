# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""From a real kernel to a real browser: the parts' names in the tree, a picture on the canvas, a
screenshot in a file, and nothing in the console."""
import io
import re

import pytest
from chromium import PATIENCE_MS
from daemon import wait_until
from kernels import Script
from PIL import Image
from test_clients import CLIENTS

# Long, because drawing without a graphics card takes its time on a busy machine.
pytestmark = [pytest.mark.clients, pytest.mark.timeout(300)]

SCRIPT = """
{objects}
from {client} import *
show(block, rod, names=["block", "rod"])
wait(lambda: "/Group/block" in status().get("states", {{}}))
result["status"] = status()
save_screenshot("shot.png"{patience})
"""


def colours(picture):
    return len(picture.convert("RGB").getcolors(1 << 24))


@pytest.mark.parametrize("client", CLIENTS)
def test_show_reaches_the_screen(start, chromium, tmp_path, client):
    packages, module, objects = CLIENTS[client]
    daemon = start()
    page = chromium.new_page(viewport={"width": 1000, "height": 700})
    page.set_default_timeout(PATIENCE_MS)
    errors = []
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(daemon.url)
    page.wait_for_selector("#hint")
    patience = "" if packages == "legacy" else ", timeout_s=60"
    script = Script(
        packages, SCRIPT.format(objects=objects, client=module, patience=patience), daemon.home
    )
    # The browser's events are only seen while Playwright is asked something.
    wait_until(lambda: script.process.poll() is not None, 200, "the client's end", page)
    result, _, output = script.finish()

    for name in ("block", "rod"):
        page.locator("#cad_viewer").get_by_text(re.compile(rf"^\s*{name}\b")).first.wait_for()
    assert result["status"]["position"] and result["status"]["quaternion"], output
    canvas = Image.open(io.BytesIO(page.locator("#cad_viewer canvas").first.screenshot()))
    assert colours(canvas) > 50, "the canvas is blank"
    # 3.4 gives up after two seconds, however slow the machine; the picture comes all the same.
    wait_until((daemon.home / "shot.png").exists, 60, "the screenshot", page)
    with Image.open(daemon.home / "shot.png") as shot:
        assert shot.format == "PNG"
        assert shot.width > 300 and shot.height > 300
        assert colours(shot) > 50, "the screenshot is blank"
    page.close()
    assert errors == []
