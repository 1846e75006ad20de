# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What belongs to a scene and is there only after the model was painted: it is seen without a touch,
and pictures wait for it."""
import io
import json
import math
import urllib.error
import urllib.request

from conftest import message
from PIL import Image

ORANGE, BLUE = (255, 165, 0), (0, 0, 255)


def colours(data):
    """The share of a picture that is (nearly) orange, and blue."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    counts = picture.getcolors(picture.width * picture.height)
    return [sum(count for count, pixel in counts if math.dist(pixel, colour) < 40) / (picture.width * picture.height)
            for colour in (ORANGE, BLUE)]


def canvas(viewer):
    return viewer.page.locator("#cad_viewer canvas").first.screenshot()


def wait_plan(viewer, take):
    """Until a picture that `take` gives has the image on it."""
    def seen():
        data = take()
        return data and min(colours(data)) > 0.01

    viewer.wait_until(seen, "the image on the face")


def take_screenshot(daemon, viewer, path):
    daemon.send("C:" + json.dumps({"type": "screenshot", "filename": str(path)}))
    viewer.wait_until(lambda: path.exists() and path.read_bytes()[-8:-4] == b"IEND", "the screenshot")
    return path.read_bytes()


# The browser takes this long to decode an image.
SLOW_IMAGES = """
    const source = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");
    Object.defineProperty(HTMLImageElement.prototype, "src", {
        ...source,
        set(url) { setTimeout(() => source.set.call(this, url), 800); }
    });
"""


def test_an_image_on_a_face_is_seen_without_a_touch(daemon, viewer):
    daemon.start()
    viewer.page.add_init_script(SLOW_IMAGES)
    viewer.open(daemon.url).live()
    daemon.send(message("image-face-model"))
    viewer.wait_parts("plan").wait_frame()
    wait_plan(viewer, lambda: canvas(viewer))


def test_a_screenshot_waits_for_the_image_on_a_face(daemon, viewer, tmp_path):
    """The request comes right behind the model."""
    daemon.start()
    viewer.open(daemon.url).live()
    daemon.send(message("image-face-model"))
    assert min(colours(take_screenshot(daemon, viewer, tmp_path / "plan.png"))) > 0.01


def test_the_small_picture_shows_the_image_on_a_face(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    daemon.send(message("image-face-model"))
    viewer.wait_parts("plan").wait_frame()

    def small():
        try:
            with urllib.request.urlopen(daemon.url.replace("viewer", "picture.png")) as answer:
                return answer.read()
        except urllib.error.HTTPError:
            return None

    wait_plan(viewer, small)


def test_an_image_that_cannot_be_read_is_said(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    model = json.loads(message("image-face-model")[2:])

    def spoil(shape):
        if shape.get("texture"):
            shape["texture"]["image"]["data"] = "bm8gaW1hZ2U="
        for part in shape.get("parts", []):
            spoil(part)

    spoil(model["data"]["shapes"])
    daemon.send("D:" + json.dumps(model))
    viewer.page.locator(".notice[data-key=image]", has_text="plan").wait_for()
    daemon.send(message("box-model"))
    viewer.page.locator(".notice[data-key=image]").wait_for(state="detached")


def test_a_browser_without_an_image_says_so(daemon, viewer, tmp_path):
    """The renderer waits for ever where the browser makes none of the canvas; what comes later must not."""
    daemon.start()
    viewer.open(daemon.url).live()
    daemon.send(message("box-model"))
    viewer.wait_frame()
    viewer.call(
        """HTMLCanvasElement.prototype.toBlob = () => {};
        const later = window.setTimeout;
        window.setTimeout = (run, milliseconds) => later(run, milliseconds === 20000 ? 100 : milliseconds);"""
    )
    daemon.send("C:" + json.dumps({"type": "screenshot", "filename": str(tmp_path / "shot.png")}))
    viewer.wait_until(lambda: "the browser made no image in 20 seconds" in daemon.log(), "the reason")
    daemon.send(message("assembly-model"))
    viewer.wait_parts("robot")


def test_a_screenshot_waits_for_the_studio(daemon, viewer, tmp_path):
    """Materials and lights of the Studio tab load after the model is there. Without a graphics card
    they take minutes, so this is a studio that loads until the test lets it end."""
    daemon.start()
    viewer.open(daemon.url).live()
    daemon.send(message("box-model"))
    viewer.wait_frame()
    viewer.call(
        """window.loading = [];
        window.free = false;
        viewer._studioManager.enterStudioMode = () =>
            window.free ? Promise.resolve() : new Promise((done) => window.loading.push(done));
        window.shots = [];
        const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (text) {
            if (/"screenshot(_failed)?"/.test(String(text).slice(0, 500))) {
                window.shots.push(String(text).includes("failed") ? String(text).slice(0, 500) : window.free);
            }
            return send.call(this, text);
        };"""
    )
    model = json.loads(message("box-model")[2:])
    model["config"]["tab"] = "studio"
    daemon.send("D:" + json.dumps(model))
    daemon.send("C:" + json.dumps({"type": "screenshot", "filename": str(tmp_path / "shot.png")}))
    viewer.page.wait_for_function("() => window.loading.length > 0")
    viewer.page.wait_for_timeout(500)  # one that comes too early would be sent by then
    viewer.page.evaluate("() => { window.free = true; window.loading.forEach((done) => done()); }")
    viewer.page.wait_for_function("() => window.shots.length > 0")
    assert viewer.page.evaluate("window.shots") == [True]
