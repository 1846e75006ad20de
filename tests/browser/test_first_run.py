# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What a person sees before the first model, and after a clear."""
import re
import subprocess
import sys

import pytest
from conftest import message
from peers import Kernel
from playwright.sync_api import expect
from test_accessibility import violations_of_all


def code(viewer):
    return viewer.page.locator("#hint-code").inner_text()


def test_an_empty_session_shows_the_way_to_the_first_model(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    hint = viewer.page.get_by_role("region", name="cadcast")
    hint.wait_for()
    lines = code(viewer).splitlines()
    assert len(lines) == 3 and f"set_port({daemon.port})" in lines[2]
    compile(code(viewer), "hint", "exec")
    expect(viewer.page.locator("#cad_viewer canvas"), "the renderer's logo").to_have_count(0)
    expect(viewer.page).to_have_title("default – cadcast")
    viewer.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    hint.get_by_role("button", name="Copy").click()
    viewer.said("in the clipboard")
    assert viewer.page.evaluate("navigator.clipboard.readText()") == code(viewer)
    daemon.send(message("box-model"))
    hint.wait_for(state="hidden")
    viewer.wait_parts("Solid").wait_drawn()
    daemon.send('D:{"type":"clear"}')
    hint.wait_for()


def test_the_lines_name_the_port_of_their_session(daemon, viewer):
    daemon.start("--listen", "0=bracket")
    viewer.open(daemon.url.replace("/viewer", "/s/bracket/viewer")).live()
    viewer.page.locator("#hint").wait_for()
    found = re.search(r"set_port\((\d+)\)", code(viewer)).group(1)
    assert int(found) != daemon.port
    Kernel(int(found)).send_and_settle(message("box-model"))
    viewer.wait_parts("Solid")


def test_a_session_without_a_port_says_how_to_get_one(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url.replace("/viewer", "/s/other/viewer")).live()
    viewer.page.locator("#hint-no-port", has_text="cadcast listen 3940=other").wait_for()
    expect(viewer.page.locator("#hint-with-port")).to_be_hidden()


def test_the_lines_show_a_model_as_they_are(daemon, viewer):
    pytest.importorskip("ocp_viewer")
    daemon.start()
    viewer.open(daemon.url).live()
    viewer.page.locator("#hint").wait_for()
    subprocess.run([sys.executable, "-c", code(viewer)], env=daemon.env, check=True, timeout=120)
    viewer.page.locator("#hint").wait_for(state="hidden")
    viewer.wait_drawn()


def test_the_hint_has_no_violation_and_fits(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    hint = viewer.page.locator("#hint")
    hint.wait_for()
    for width in (360, 900):
        viewer.resize(width, 640).wait_good(
            hint.bounding_box, lambda box: box["x"] >= 0 and box["x"] + box["width"] <= width)
    assert violations_of_all(viewer, (360, 900), 640) == {}


def test_a_server_that_does_not_answer_leaves_no_empty_page(daemon, viewer):
    daemon.start()
    viewer.expect_errors("WebSocket", "ERR_")
    viewer.page.add_init_script("window.WebSocket = class { close() {} };")
    viewer.open(daemon.url)
    viewer.page.locator("#hint").wait_for()
