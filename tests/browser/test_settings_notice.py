# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What the page says of a settings file that is wrong."""

import json

from conftest import message
from playwright.sync_api import expect

NOTICE = ".notice[data-key=settings]"


def test_page_says_what_is_wrong_until_it_is_right(daemon, viewer):
    file = daemon.home / ".ocpvscode_standalone"
    daemon.start()
    viewer.open(daemon.url).live()
    file.write_text("theme: blue\n")
    daemon.ask("config")
    notice = viewer.page.locator(NOTICE)
    expect(notice).to_contain_text(f'{file}:1:8: theme takes one of light|dark|browser, not "blue"')
    file.write_text("theme: [\n")
    daemon.ask("config")
    notice.get_by_text(f"{file}:2:1: ").wait_for()
    expect(notice).to_have_count(1)
    file.write_text("theme: dark\n")
    daemon.ask("config")
    notice.wait_for(state="detached")


def test_page_that_comes_back_hears_that_the_file_is_right(daemon, viewer):
    file = daemon.home / ".ocpvscode_standalone"
    file.write_text("theme: blue\n")
    daemon.start()
    viewer.open(daemon.url).live()
    viewer.page.locator(NOTICE).wait_for()
    viewer.expect_errors("WebSocket connection")
    daemon.stop()
    file.write_text("theme: dark\n")
    daemon.start()
    viewer.live()
    viewer.page.locator(NOTICE).wait_for(state="detached")


def test_edges_have_the_colour_of_every_form_that_the_file_may_hold(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    model = json.loads(message("box-model")[2:])
    for given, shown in (
        ([255, 128, 0], "#ff8000"),
        ([1.0, 0, 0.5, 0.5], "#ff0080"),
        ("#01020380", "#010203"),
        ("MediumOrchid", "MediumOrchid"),
    ):
        model["config"]["edgeColor"] = given
        daemon.send("D:" + json.dumps(model))
        viewer.wait_parts("Solid").wait_drawn()
        viewer.wait_call(f"viewer.getEdgeColor() === '{shown}'")
