# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What the page says about the runs of a script: that it runs, why it failed, that it showed nothing."""
import json
import re
import urllib.request

from conftest import message
from playwright.sync_api import expect
from test_accessibility import violations_of_all

WHY = ("ValueError: Failed creating a fillet with radius of 9, try a smaller value\nmodel.py, line 14: plate = rounded(9)\n"
       "parts/plate.py, line 7: return fillet(box.edges(), radius)")


def tell(daemon, state, **more):
    body = {"session": "default", "command": "model.py --size 4", "state": state, **more}
    request = urllib.request.Request(f"http://127.0.0.1:{daemon.port}/sessions/run", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def test_a_run_from_its_beginning_to_its_end(daemon, viewer):
    daemon.start()
    daemon.send(message("box-model"))
    viewer.open(daemon.url).live().wait_drawn()
    line = viewer.page.locator(".notice[data-key=run]")
    tell(daemon, "started")
    expect(line).to_contain_text(re.compile(r"model\.py --size 4 runs\s*\d+ s"))
    expect(line.get_by_role("progressbar", name="model.py --size 4 runs")).to_be_visible()
    viewer.page.reload()
    expect(line, "a page that comes later").to_contain_text("model.py --size 4 runs")
    expect(line).to_contain_text(re.compile(r"[1-9]\d* s"))
    tell(daemon, "ended", exit=1, seconds=1.5, why=WHY)
    expect(line).to_have_count(0)
    panel = viewer.page.locator(".notice[data-key=refused]")
    expect(panel).to_contain_text("model.py --size 4 failed, exit status 1")
    expect(panel).to_contain_text("parts/plate.py, line 7: return fillet")
    expect(panel).to_contain_text("The picture is of a run before.")
    for width in (1400, 390):
        viewer.resize(width, 800)
        place = panel.bounding_box()
        assert place["x"] >= 0 and place["x"] + place["width"] <= width and place["height"] < 400, place
        assert panel.evaluate("each => each.scrollWidth <= each.clientWidth + 1")
    assert not violations_of_all(viewer, (1400, 390), 800)
    tell(daemon, "started")
    tell(daemon, "ended", exit=0, seconds=0.1, why="")
    expect(panel).to_have_count(0)
    expect(line).to_have_text(re.compile("model.py --size 4 has ended and showed nothing."))
    tell(daemon, "started")
    daemon.send(message("box-model"))
    assert tell(daemon, "ended", exit=0, seconds=0.1, why="")["shown"]
    expect(line).to_have_count(0)
