# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Parts whose names mean something to the renderer: they are in its tree, and the kernel never sees another name."""
import json
import re

import pytest
from conftest import message

HARD = ["R1/10k", "<b>x</b>", "nuts & bolts &amp; \"more\"", "list[0]:1|2", "10", "2", "Zahnrad ü 齿轮", "<img src=x>", ""]


def model(root, names):
    """The box of a recorded message, once for each name."""
    payload = json.loads(message("box-model")[2:])
    shapes = payload["data"]["shapes"]
    pattern = shapes["parts"][0]
    shapes.update(name=root, id=f"/{root}", parts=[])
    for each, name in enumerate(names):
        part = json.loads(json.dumps(pattern))
        part.update(name=name, id=f"/{root}/{name}", loc=[[3 * each, 0, 0], [0, 0, 0, 1]], state=[1, 1])
        shapes["parts"].append(part)
    return "D:" + json.dumps(payload)


def states(daemon):
    return daemon.ask("status")["text"].get("states", {})


def wait_states(daemon, viewer, expected):
    viewer.wait_until(lambda: states(daemon) == expected, f"{expected}")


@pytest.fixture(params=["binary", "text"])
def show(request, daemon, viewer):
    """Shows that model, through a file or through the WebSocket."""
    daemon.start()
    if request.param == "text":
        viewer.expect_errors("net::ERR_FAILED")
        viewer.page.route(re.compile("/models/"), lambda route: route.abort())
    viewer.open(daemon.url).live()

    def make(root, names):
        daemon.send(model(root, names))
        viewer.wait_call(f"viewer?.ready && viewer.shapes.parts.length === {len(names)}")

    return make


def row(viewer, name):
    exact = re.compile(f"^{re.escape(name)}( ⚈)?$")
    return viewer.page.locator(".tv-node-content", has=viewer.page.locator(".tv-node-label", has_text=exact))


@pytest.mark.parametrize("root", ["Group", "my/board", "<i>root</i>"])
def test_every_part_is_in_the_tree_with_its_name(daemon, viewer, show, root):
    show(root, HARD)
    viewer.wait_equal(lambda: [name.strip().removesuffix("⚈").strip() for name in viewer.names()], [root, *HARD])
    assert viewer.page.locator(".tv-node-label b, .tv-node-label img").count() == 0
    wait_states(daemon, viewer, {f"/{root}/{name}": [1, 1] for name in HARD})


def test_what_a_person_does_with_them_is_told_under_their_names(daemon, viewer, show):
    show("my/board", HARD)
    expected = {f"/my/board/{name}": [1, 1] for name in HARD}
    wait_states(daemon, viewer, expected)
    row(viewer, "R1/10k").locator(".tv-icon0").click()
    expected["/my/board/R1/10k"] = [0, 0]
    wait_states(daemon, viewer, expected)
    row(viewer, "<b>x</b>").locator(".tv-node-label").click()
    viewer.page.locator(".tcv_cad_info_container", has_text="<b>x</b>").wait_for(state="attached")
    picked = {"path": "/my/board", "name": "<b>x</b>"}
    viewer.wait_until(lambda: picked.items() <= daemon.ask("status")["text"].get("lastPick", {}).items(), "the pick")


def test_what_a_kernel_says_reaches_them(daemon, viewer, show):
    show("my/board", HARD)
    expected = {f"/my/board/{name}": [1, 1] for name in HARD}
    wait_states(daemon, viewer, expected)
    config = {"_core_version": "1.1.2", "states": {"/my/board/R1/10k": [1, 0], "/my/board/10": [0, 0]}}
    daemon.send("S:" + json.dumps({"type": "ui", "config": config}))
    expected.update(config["states"])
    wait_states(daemon, viewer, expected)
    tracks = [[f"/my/board/{name}", "tz", [0, 1], [0, 6]] for name in HARD]
    config = {"_core_version": "1.1.2", "speed": 1}
    daemon.send("D:" + json.dumps({"type": "animation", "data": tracks, "config": config}))
    viewer.wait_call("viewer.clipAction !== null")
    viewer.call("viewer.setRelativeTime(1);")
    viewer.wait_good(
        lambda: viewer.call(
            "return Object.values(viewer.rendered.nestedGroup.groups).slice(1).map((group) => group.position.z);"),
        lambda heights: all(abs(height - 6) < 1e-6 for height in heights), "heights of 6")


def test_a_reload_keeps_what_was_hidden(daemon, viewer, show):
    show("Group", HARD)
    row(viewer, "R1/10k").locator(".tv-icon0").click()
    expected = {f"/Group/{name}": [1, 1] for name in HARD} | {"/Group/R1/10k": [0, 0]}
    wait_states(daemon, viewer, expected)
    viewer.page.reload()
    viewer.live().wait_call(f"viewer?.ready && viewer.shapes.parts.length === {len(HARD)}")
    wait_states(daemon, viewer, expected)
    row(viewer, "R1/10k").locator(".tv-icon0.tcv_button_shape_no").wait_for()


def test_two_parts_of_one_name_are_both_there(daemon, viewer, show):
    show("Group", ["bolt", "bolt", "bolt"])
    viewer.wait_equal(lambda: viewer.names()[1:], ["bolt"] * 3)
