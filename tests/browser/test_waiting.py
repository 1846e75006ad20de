# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What a person sees while a large model is on its way and being drawn."""
import copy
import json

import pytest
from conftest import message
from playwright.sync_api import expect

PARTS = 600

# Notes every frame, every name in the tree and every text of the progress bar, with its time.
WATCH = """
    window.frames = [];
    const frame = () => { window.frames.push(performance.now()); requestAnimationFrame(frame); };
    frame();
    window.seen = [];
    addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
        const box = document.getElementById("progress");
        const texts = [...document.querySelectorAll(".tv-node-label")].map((each) => each.textContent);
        if (box !== null && !box.hidden) {
            texts.push(document.getElementById("progress-text").textContent);
        }
        for (const text of texts) {
            if (!window.seen.some((other) => other.text === text)) {
                window.seen.push({ text, time: performance.now() });
            }
        }
    }).observe(document.body, { subtree: true, childList: true, attributes: true }));
"""


def many_parts():
    model = json.loads(message("box-model")[2:])
    shapes = model["data"]["shapes"]
    part = shapes["parts"][0]
    shapes["parts"] = []
    for number in range(PARTS):
        other = copy.deepcopy(part)
        other.update(id=f"{shapes['id']}/box{number}", name=f"box{number}")
        other["loc"][0] = [number % 25 * 3, number // 25 * 3, 0]
        shapes["parts"].append(other)
    shapes["bb"].update(xmax=75, ymax=75)
    model["config"]["collapse"] = "R"
    return "D:" + json.dumps(model)


def texts(viewer):
    return [each["text"] for each in viewer.page.evaluate("window.seen")]


@pytest.mark.parametrize("as_text", [False, True])
def test_drawing_a_large_model_is_said_and_painted_before_it_begins(daemon, viewer, as_text):
    daemon.start()
    viewer.page.add_init_script(WATCH)
    if as_text:
        viewer.page.route("**/models/*", lambda route: route.abort())
        viewer.expect_errors("ERR_FAILED")
    viewer.open(daemon.url).live()
    viewer.page.locator("#hint").wait_for()
    daemon.send(many_parts())
    viewer.wait_parts("box599").wait_drawn()
    said = [each for each in viewer.page.evaluate("window.seen") if each["text"].startswith("Drawing")]
    assert [each["text"] for each in said] == [f"Drawing {PARTS} parts …"]
    began = viewer.page.evaluate("performance.getEntriesByName('scene')[0].startTime")
    assert viewer.page.evaluate(
        "([from, to]) => window.frames.some((time) => time > from && time < to)", [said[0]["time"], began])
    expect(viewer.page.locator("#progress")).to_be_hidden()
    daemon.send(message("box-model"))
    viewer.wait_parts("Solid")
    assert len([text for text in texts(viewer) if text.startswith("Drawing")]) == 1, "a small one is not said"


def test_no_hint_while_a_model_is_on_its_way(daemon, viewer):
    """On a slow line the model takes longer than a server may be silent."""
    daemon.start()
    daemon.send(message("zoo-model"))
    viewer.page.add_init_script(WATCH)
    models = []

    def hold(route):
        models.append(route)

    viewer.page.route("**/models/*", hold)
    viewer.open(daemon.url).live()
    viewer.wait_until(lambda: models, "the request for the model")
    viewer.page.wait_for_timeout(2000)  # longer than HINT_AFTER_MS of the page
    assert viewer.page.locator("#hint").is_hidden()
    models[0].continue_()
    viewer.wait_frame()
    viewer.wait_until(viewer.names, "a tree")
