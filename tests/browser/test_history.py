# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The pictures that the session showed before, in the page: docs/history.md."""
import json
import re

import pytest
from conftest import message, wait_until
from playwright.sync_api import expect
from wire import get


def named(name):
    """A model of one box with that name."""
    payload = json.loads(message("box-model")[2:])
    payload["data"]["shapes"]["name"] = payload["data"]["shapes"]["parts"][0]["name"] = name
    return "D:" + json.dumps(payload)


def show(daemon, *names):
    for name in names:
        daemon.send(named(name))
        wait_until(lambda name=name: f'"{name}"'.encode() in get(daemon.port, "/model.msg").body, what=name)


def on_screen(viewer, name):
    expect(viewer.page).to_have_title(re.compile(rf"^{name}\b"))


@pytest.fixture
def three(daemon, viewer):
    daemon.start()
    show(daemon, "first", "second", "third")
    viewer.open(daemon.url).live().wait_frame()
    on_screen(viewer, "third")
    return viewer


def open_history(viewer, count=3):
    viewer.page.get_by_role("button", name="Menu").click()
    viewer.page.get_by_role("button", name="Earlier pictures").click()
    sheet = viewer.page.get_by_role("dialog", name="Earlier pictures")
    expect(sheet.locator("#history-list button")).to_have_count(count)
    return sheet


def test_the_keys_step_and_a_new_show_returns(daemon, three):
    camera = three.camera()
    three.page.keyboard.press(",")
    on_screen(three, "second")
    three.page.keyboard.press(",")
    three.page.keyboard.press(",")
    on_screen(three, "first")
    three.said("This is an earlier picture.")
    three.wait_equal(three.camera, camera, "the camera")
    three.page.keyboard.press(".")
    on_screen(three, "second")
    show(daemon, "fourth")
    on_screen(three, "fourth")
    expect(three.page.get_by_text("This is an earlier picture.")).to_have_count(0)
    # The page has been told of it.
    open_history(three, 4).get_by_role("button", name="Close").click()
    three.page.keyboard.press(",")
    on_screen(three, "third")
    three.page.keyboard.press(".")
    on_screen(three, "fourth")


def test_the_slider_and_its_small_pictures(daemon, three):
    sheet = open_history(three)
    wait_until(lambda: three.page.evaluate(
        "[...document.querySelectorAll('#history-list img')].every((image) => image.naturalWidth === 256)"),
        what="small pictures", page=three.page)
    slider = sheet.get_by_role("slider", name="Picture")
    slider.focus()
    three.page.keyboard.press("Home")
    on_screen(three, "first")
    expect(sheet.get_by_role("status")).to_contain_text("first, ")
    three.page.keyboard.press("ArrowRight")
    on_screen(three, "second")
    expect(sheet.locator("[aria-pressed=true]")).to_have_attribute("aria-label", sheet.get_by_role("status").inner_text())
    sheet.get_by_role("button", name="first, ").click()
    on_screen(three, "first")
    expect(sheet.get_by_role("button", name="first, ")).to_be_focused()
    sheet.get_by_role("button", name="Close").click()
    three.page.get_by_role("button", name="Show the last").click()
    on_screen(three, "third")


def test_a_person_who_stays_is_left_alone(daemon, three):
    sheet = open_history(three)
    sheet.get_by_role("button", name="first, ").click()
    on_screen(three, "first")
    sheet.get_by_label("Stay when something new is shown").check()
    show(daemon, "fourth")
    expect(sheet.locator("#history-list button")).to_have_count(4)
    on_screen(three, "first")
    sheet.get_by_role("button", name="The last picture").click()
    on_screen(three, "fourth")


def test_two_windows_look_at_different_steps(daemon, three, viewers):
    other = viewers().open(daemon.url).live().wait_frame()
    three.page.keyboard.press(",")
    on_screen(three, "second")
    other.page.keyboard.press(",")
    other.page.keyboard.press(",")
    on_screen(other, "first")
    on_screen(three, "second")
    show(daemon, "fourth")
    on_screen(three, "fourth")
    on_screen(other, "fourth")
