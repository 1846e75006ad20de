# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""A page leads others: what the server passes on, to whom, and how often (docs/protocol.md)."""
import json

import pytest
from conftest import recorded
from daemon import wait_equal, wait_until
from peers import Browser

OURS = '{{"viewer":"cadcast","id":"{}"}}'


@pytest.fixture
def page(start):
    """Makes pages of one server; each has `said(type)`, the messages of that type so far."""
    made = []
    daemon = start()
    daemon.send(recorded("box-model"))

    def make(name, hello=OURS):
        browser = Browser(daemon.port, hello=hello.format(name)).settle()
        browser.said = lambda kind: [each for each in map(json.loads, list(browser.messages.queue))
                                     if each.get("type") == kind]
        made.append(browser)
        return browser

    make.daemon = daemon
    yield make
    for each in made:
        each.close()


def leads(browser):
    said = browser.said("presenter")
    return said[-1]["leads"] if said else None


def seen(browser):
    """The view that a follower has by now."""
    view = {}
    for each in browser.said("follow"):
        view.update(each["view"])
    return view


def test_the_view_goes_to_other_pages_only(page):
    one, two, other = page("one"), page("two"), page("", "{{}}")
    one.say("lead", {"zoom": 2, "tab": "clip", "activeTool": "DistanceMeasurement", "theme": "dark"})
    wait_equal(lambda: seen(two), {"zoom": 2, "tab": "clip"})
    assert [leads(each.settle()) for each in (one, two, other)] == ["you", "other", None]
    assert not one.said("follow") and not other.said("follow")
    two.say("lead", {"zoom": 3})
    wait_equal(lambda: (leads(one), leads(two), seen(one)), ("other", "you", {"zoom": 3}))
    one.say("lead", None)
    two.settle()
    assert leads(one.settle()) == "other"
    two.say("lead", None)
    wait_equal(lambda: (leads(one), leads(two)), ("none", "none"))


def test_a_page_that_comes_later_has_the_whole_view(page):
    one = page("one")
    one.say("status", {"zoom": 2, "position": [1, 2, 3], "activeTool": "None"})
    one.say("lead", {})
    one.settle()
    two = page("two")
    assert leads(two) == "other" and seen(two) == {"zoom": 2, "position": [1, 2, 3]}


def test_a_page_that_leaves_leads_no_more(page):
    one, two = page("one"), page("two")
    one.say("lead", {"zoom": 2})
    wait_until(lambda: leads(two) == "other")
    one.close()
    wait_until(lambda: leads(two) == "none")


def test_a_stream_of_views_is_bounded_and_ends_with_the_last(page):
    one, two = page("one"), page("two")
    for n in range(3000):
        one.say("lead", {"zoom": n, f"clip_slider_{n % 3}": n})
    one.settle()
    wait_equal(lambda: seen(two).get("zoom"), 2999)
    assert seen(two)["clip_slider_2"] == 2999
    assert len(two.said("follow")) < 3000


@pytest.mark.parametrize("text", ["front", 3, [1], True])
def test_no_view_leads_nobody(page, text):
    one, two = page("one"), page("two")
    one.say("lead", text)
    one.settle()
    assert page.daemon.lines("lead without a view")
    assert leads(two.settle()) is None


def test_who_may_only_view_does_not_lead(start):
    daemon = start("--read-only")
    with Browser(daemon.port, hello=OURS.format("one"), origin=f"http://127.0.0.1:{daemon.port}") as one:
        one.settle()
        one.say("lead", {"zoom": 2})
        one.settle()
        assert daemon.lines("this connection may only view")


def test_the_picture_of_the_history_is_led_with_and_greets(page):
    one, two = page("one"), page("two")
    one.say("lead", {"zoom": 2, "step": 0})
    wait_equal(lambda: seen(two), {"zoom": 2, "step": 0})
    one.say("lead", {"step": 3, "position": [1, 2, 3]})
    wait_equal(lambda: seen(two), {"zoom": 2, "step": 3, "position": [1, 2, 3]})
    # A page that comes later is told all of it at once, though none of it was reported as a status.
    later = page("later")
    wait_equal(lambda: seen(later), {"zoom": 2, "step": 3, "position": [1, 2, 3]})
    one.say("lead", {"step": -1, "zoom": 4})
    wait_equal(lambda: seen(two), {"zoom": 4, "step": 3, "position": [1, 2, 3]})
    one.say("lead", {"step": "x", "zoom": 5})
    wait_equal(lambda: seen(two), {"zoom": 5, "step": 3, "position": [1, 2, 3]})
    # What the one before led with does not count for the next one.
    two.say("lead", {"zoom": 1})
    last = page("last")
    wait_equal(lambda: seen(last), {"zoom": 1})
