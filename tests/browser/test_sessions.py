# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Several sessions: the switcher and the page that lists them."""
from conftest import message
from playwright.sync_api import expect


def root(daemon):
    return daemon.url.removesuffix("viewer")


def test_sessions_are_apart(daemon, viewers):
    daemon.start()
    first = viewers().open(daemon.url).live()
    second = viewers().open(root(daemon) + "s/other/viewer").live()
    daemon.send(message("box-model"))
    daemon.send(message("assembly-model"), session="other")
    first.wait_parts("Solid").wait_drawn()
    second.wait_parts("robot").wait_drawn()
    assert "robot" not in first.names()
    second.page.wait_for_function("() => document.title === 'robot – other – cadcast'")


def test_switcher_appears_with_a_second_session(daemon, viewers):
    daemon.start()
    first = viewers().open(daemon.url).live()
    expect(first.page.locator("#bar-name")).to_have_text("default")
    expect(first.page.locator("#bar-session")).to_be_hidden()
    daemon.send(message("assembly-model"), session="other")
    first.page.wait_for_selector("#bar-session:not([hidden])")
    first.page.select_option("#bar-session", "other")
    first.live().wait_parts("robot").wait_drawn()
    assert first.page.url.endswith("/s/other/viewer")
    first.page.select_option("#bar-session", "default")
    first.page.wait_for_url(daemon.url)


def test_list_is_live(daemon, viewers):
    daemon.start()
    viewer = viewers().open(daemon.url).live()
    listing = viewers()
    listing.open(root(daemon) + "sessions")
    listing.page.wait_for_selector("#bar-state.live")
    daemon.send(message("box-model"))
    viewer.wait_parts("Solid").wait_drawn()
    card = listing.page.locator("li[data-session=default]")
    card.locator(".counts", has_text="1 browser").wait_for()
    card.locator(".when", has_text="just now").wait_for()
    expect(card.locator(".models")).not_to_have_text("empty")
    picture = card.locator(".picture img")
    picture.wait_for()
    listing.wait_good(lambda: picture.evaluate("(image) => [image.naturalWidth, image.naturalHeight]"),
                      lambda size: 32 <= size[0] <= 256 and size[1] >= 16, "a small picture")
    daemon.send(message("assembly-model"), session="other")
    other = listing.page.locator("li[data-session=other]")
    other.wait_for()
    other.locator("a").click()
    listing.wait_parts("robot")
