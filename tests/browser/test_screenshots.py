# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Each screenshot shows the model that stood when it was asked for, and comes from a window that can."""
import json
import re

import pytest
from conftest import CHROMIUM, FLAGS, PATIENCE, message
from daemon import wait_until
from PIL import Image
from playwright.sync_api import expect

COLOURS = ["#ff0000", "#00ff00", "#0000ff", "#ffff00", "#00ffff", "#ff00ff"]


def model(colour):
    """The recorded box in that colour."""
    payload = json.loads(message("box-model")[2:])
    payload["data"]["shapes"]["parts"][0]["color"] = colour
    return b"D:" + json.dumps(payload, separators=(",", ":")).encode()


def ask(daemon, path):
    daemon.send("C:" + json.dumps({"type": "screenshot", "filename": str(path)}))


def wait_for(path, seconds=PATIENCE):
    wait_until(path.exists, seconds, path.name)
    return path


def colour_of(path):
    """The strong colour in the middle of the picture, each channel on or off; the light shades it."""
    with Image.open(wait_for(path)) as picture:
        middle = picture.convert("RGB").getpixel((picture.width // 2, picture.height // 2))
    return "#" + "".join("ff" if channel > max(middle) / 2 else "00" for channel in middle)


def change(page, name, old, new):
    """The page runs with that text of one of its modules replaced."""
    def serve(route):
        if "/vendor/" in route.request.url:
            route.continue_()
            return
        response = route.fetch()
        text = response.text()
        assert old in text, f"{name} has no {old!r}"
        route.fulfill(response=response, body=text.replace(old, new))

    page.route(f"**/{name}", serve)


def quick(page):  # pylint: disable=unused-argument
    """The page as it is."""


def slow(page):
    """Drawing a model takes a second more."""
    change(page, "scene.js", "page.handleMessage(names.inward(drawn));",
           "for (const end = performance.now() + 1000; performance.now() < end; ) ;\n"
           "            page.handleMessage(names.inward(drawn));")


def text_only(page):
    """It takes models as text, as the Python viewers' own pages do."""
    change(page, "page.js", 'formats: ["binary"]', "formats: []")


@pytest.mark.parametrize("kind", [quick, slow, text_only])
def test_each_shows_the_model_it_was_asked_of(daemon, viewer, tmp_path, kind):
    """A script shows and asks, and waits for nothing."""
    daemon.start()
    kind(viewer.page)
    viewer.open(daemon.url).live()
    with daemon.connect() as kernel:
        for i, colour in enumerate(COLOURS):
            kernel.send(model(colour))
            kernel.send(b"C:" + json.dumps({"type": "screenshot", "filename": str(tmp_path / f"n{i}.png")}).encode())
    assert [colour_of(tmp_path / f"n{i}.png") for i in range(len(COLOURS))] == COLOURS
    # What was shown last is on screen then.
    assert viewer.call("return Object.values(viewer.rendered.nestedGroup.groups).length") > 0
    last = tmp_path / "last.png"
    ask(daemon, last)
    assert colour_of(last) == COLOURS[-1]


def test_a_show_of_nothing_is_the_same_in_every_window(daemon, viewers, tmp_path):
    """The picture before it stays, and each page says so: those that were there, are reloaded, or come."""
    daemon.start()
    first = viewers().open(daemon.url).live()
    daemon.send(model("#00ff00"))
    first.wait_parts("Solid")
    daemon.send(message("nothing-model"))
    daemon.send(message("nothing-backend"))
    late = viewers().open(daemon.url).live()
    text = viewers()
    text_only(text.page)
    text.open(daemon.url).live()
    for window in (first, late, text):
        window.wait_parts("Solid")
        notice = window.page.locator(".notice", has_text="nothing to draw")
        expect(notice).to_contain_text("the one before it")
    first.page.reload()
    first.live().wait_parts("Solid")
    first.page.locator(".notice", has_text="nothing to draw").wait_for()
    ask(daemon, tmp_path / "a.png")
    assert colour_of(tmp_path / "a.png") == "#00ff00"
    daemon.send(model("#ff0000"))
    for window in (first, late, text):
        window.page.locator(".notice", has_text="nothing to draw").wait_for(state="detached")


def test_it_is_taken_before_a_clear(daemon, viewer, tmp_path):
    daemon.start()
    viewer.open(daemon.url).live()
    with daemon.connect() as kernel:
        kernel.send(model("#00ff00"))
        kernel.send(b"C:" + json.dumps({"type": "screenshot", "filename": str(tmp_path / "a.png")}).encode())
        kernel.send(b'D:{"type":"clear"}')
        kernel.send(b"C:" + json.dumps({"type": "screenshot", "filename": str(tmp_path / "b.png")}).encode())
    assert colour_of(tmp_path / "a.png") == "#00ff00"
    wait_for_log(daemon, r"warning: .*b\.png: .*there is no model on screen")
    assert not (tmp_path / "b.png").exists()


def wait_for_log(daemon, pattern, seconds=PATIENCE):
    wait_until(lambda: re.search(pattern, daemon.log()), seconds, f"{pattern} in the log")


@pytest.fixture
def blind(chromium):
    """Chromium without WebGL."""
    running = chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, "--disable-3d-apis"])
    yield running
    running.close()


def test_of_two_windows_the_one_that_can_draw_takes_it(daemon, viewers, blind, tmp_path):
    daemon.start()
    sees = viewers().open(daemon.url).live()
    # Used last, so it is the one that is asked.
    cannot = viewers(blind)
    cannot.expect_errors("WebGL", "context")
    cannot.open(daemon.url).live()
    daemon.send(model("#0000ff"))
    sees.wait_frame()
    ask(daemon, tmp_path / "a.png")
    assert colour_of(tmp_path / "a.png") == "#0000ff"
    assert len(re.findall(r"cannot draw it .*the next browser is asked", daemon.log())) == 1
    # The next time it is not even asked, so what a script does not wait for is right too.
    with daemon.connect() as kernel:
        for name, colour in (("b", "#ff0000"), ("c", "#00ff00")):
            kernel.send(model(colour))
            kernel.send(b"C:" + json.dumps({"type": "screenshot", "filename": str(tmp_path / f"{name}.png")}).encode())
    assert [colour_of(tmp_path / f"{name}.png") for name in "bc"] == ["#ff0000", "#00ff00"]
    assert daemon.log().count("the next browser is asked") == 1


def test_if_no_window_can_draw_the_log_says_why(daemon, viewers, blind, tmp_path):
    daemon.start()
    cannot = viewers(blind)
    cannot.expect_errors("WebGL", "context")
    cannot.open(daemon.url).live()
    daemon.send(model("#0000ff"))
    ask(daemon, tmp_path / "a.png")
    wait_for_log(daemon, r"warning: .*a\.png: .*no window can draw it: this window has no graphics")
    assert len([line for line in daemon.log().splitlines() if "a.png" in line]) == 1
    assert not (tmp_path / "a.png").exists()


def test_a_window_that_may_only_look_takes_what_it_is_asked_for(daemon, viewer, tmp_path):
    daemon.start("--read-only")
    viewer.open(daemon.url).live()
    daemon.send(model("#ffff00"))
    ask(daemon, tmp_path / "a.png")
    assert colour_of(tmp_path / "a.png") == "#ffff00"


def test_a_model_that_could_not_be_drawn_is_no_picture(daemon, viewer, tmp_path):
    """Not of the one before it, which is still on screen."""
    daemon.start()
    viewer.expect_errors("deliberate")
    viewer.open(daemon.url).live()
    daemon.send(model("#00ff00"))
    viewer.wait_frame()
    viewer.call("const render = viewer.render; "
                "viewer.render = (...args) => { viewer.render = render; throw new Error('deliberate'); }")
    with daemon.connect() as kernel:
        kernel.send(model("#ff0000"))
        kernel.send(b"C:" + json.dumps({"type": "screenshot", "filename": str(tmp_path / "a.png")}).encode())
    wait_for_log(daemon, r"warning: .*a\.png: .*no window can draw it: deliberate")
    daemon.send(model("#0000ff"))
    ask(daemon, tmp_path / "b.png")
    assert colour_of(tmp_path / "b.png") == "#0000ff"
    assert not (tmp_path / "a.png").exists()
