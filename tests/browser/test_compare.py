# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Two pictures compared in the page: docs/comparing.md. Which pair has which answer is in tests/unit/test_compare.c."""
import json
import re

import pytest
from conftest import message
from playwright.sync_api import expect
from test_history import on_screen


def assembly(change=None, name="before"):
    payload = json.loads(message("assembly-model")[2:])
    shapes = payload["data"]["shapes"]
    if change is not None:
        change(shapes["parts"])
    text = json.dumps(payload).replace('"/robot', f'"/{name}').replace('"name": "robot"', f'"name": "{name}"')
    return "D:" + text


def alter(parts):
    """One is coloured, one is moved, one goes."""
    parts[0]["color"] = "#123456"
    parts[1]["loc"] = [[0, 0, 50], [0, 0, 0, 1]]
    parts.pop()


class Panel:
    def __init__(self, viewer):
        self.viewer, self.page = viewer, viewer.page
        self.sheet = self.page.get_by_role("dialog", name="Compare")
        self.list = self.sheet.locator("#compare-list button")

    def open(self):
        self.page.get_by_role("button", name="Menu").click()
        self.page.get_by_role("dialog", name="Menu").get_by_role("button", name="Compare").click()
        expect(self.sheet.locator("#compare-from option").nth(1)).to_be_attached()
        return self

    def press(self, name):
        self.sheet.get_by_role("button", name=name, exact=True).click()
        return self

    def compare(self):
        self.press("Compare")
        expect(self.sheet.get_by_role("status")).to_contain_text("same")
        on_screen(self.viewer, "compare")
        return self


def chosen(viewer):
    return viewer.call("return viewer.lastBbox?.id ?? null")


def show_both(daemon):
    daemon.send(assembly())
    daemon.send(assembly(alter, "after"))


@pytest.fixture
def panel(daemon, viewer):
    daemon.start()
    show_both(daemon)
    viewer.open(daemon.url).live().wait_frame()
    on_screen(viewer, "after")
    return Panel(viewer).open()


def test_what_the_last_show_changed_is_listed_and_looked_at(daemon, panel):
    viewer = panel.viewer
    panel.compare()
    said = panel.sheet.get_by_role("status").inner_text()
    assert re.search(r"1 moved, 1 recoloured, \d+ removed, \d+ same|\d+ moved, 1 recoloured, \d+ removed, \d+ same", said)
    rows = panel.list.all_inner_texts()
    assert any(re.match(r"recoloured .*colour #\w+ → #123456", row) for row in rows), rows
    moved = panel.list.filter(has_text=re.compile("^moved .*place by .* mm"))
    before = viewer.camera()
    moved.first.click()
    viewer.wait_good(lambda: chosen(viewer), lambda path: path and path.startswith("/compare/moved/"), "the part chosen")
    assert viewer.camera() != before
    # What is not in the picture after is looked at in that of both.
    panel.press("After")
    on_screen(viewer, "after")
    panel.list.filter(has_text=re.compile("^removed")).first.click()
    on_screen(viewer, "compare")
    viewer.wait_good(lambda: chosen(viewer), lambda path: path and path.startswith("/compare/removed/"), "the part chosen")
    panel.press("End")
    on_screen(viewer, "after")
    expect(panel.page.get_by_text("This is a comparison.")).to_have_count(0)


def test_before_and_after_are_switched_with_one_key(daemon, panel):
    panel.compare().press("Close")
    viewer, keys = panel.viewer, panel.page.keyboard
    camera = viewer.camera()
    for key, name in (("c", "after"), ("c", "before"), ("c", "after"), ("d", "compare"), ("c", "after")):
        keys.press(key)
        on_screen(viewer, name)
        viewer.wait_equal(viewer.camera, camera, "the camera")
    viewer.said("This is a comparison.")
    panel.page.get_by_role("button", name="End").click()
    on_screen(viewer, "after")
    # Earlier pictures have the same place, and end a comparison.
    keys.press("d")
    on_screen(viewer, "compare")
    keys.press(",")
    on_screen(viewer, "before")
    viewer.said("This is an earlier picture.")
    expect(panel.page.get_by_text("This is a comparison.")).to_have_count(0)


def test_a_new_show_leaves_the_comparison_until_the_person_ends_it(daemon, panel):
    panel.compare()
    daemon.send(assembly(name="third"))
    panel.viewer.said("Something new was shown meanwhile.")
    panel.press("Before")
    on_screen(panel.viewer, "before")
    panel.press("After")
    on_screen(panel.viewer, "after")
    panel.press("Both")
    on_screen(panel.viewer, "compare")
    panel.page.get_by_role("button", name="Show it").click()
    on_screen(panel.viewer, "third")


def test_a_page_that_only_looks_compares_with_another_session(daemon, viewers):
    daemon.start("--token", "all-of-it", "--view-token", "looks-only", "--any-user", "--trusted-proxy", "127.0.0.1")
    daemon.send(assembly())
    daemon.send(assembly(alter, "after"), session="other")
    viewer = viewers(has_touch=True, viewport={"width": 390, "height": 844})
    viewer.page.set_extra_http_headers({"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Host": f"127.0.0.1:{daemon.port}"})
    viewer.open(f"{daemon.url.split('?')[0]}?token=looks-only").live().wait_frame()
    expect(viewer.page.locator("#bar-state")).to_have_text("live, view only")
    panel = Panel(viewer).open()
    panel.sheet.locator("#compare-from").select_option("session other")
    panel.sheet.get_by_role("button", name="Compare", exact=True).tap()
    on_screen(viewer, "compare")
    expect(panel.sheet.get_by_role("status")).to_contain_text("added")
    panel.sheet.get_by_role("button", name="Before", exact=True).tap()
    on_screen(viewer, "after")


def test_what_cannot_be_compared_is_said(daemon, viewer):
    daemon.start("--listen", "0=empty")
    viewer.open(daemon.url).live()
    panel = Panel(viewer).open()
    panel.sheet.locator("#compare-to").select_option("session empty")
    viewer.expect_errors("404")
    panel.press("Compare")
    expect(panel.sheet.get_by_role("status")).to_contain_text("They cannot be compared: nothing is shown in session")
    assert panel.sheet.get_by_role("button", name="Both").count() == 0
