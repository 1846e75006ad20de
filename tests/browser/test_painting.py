# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""A large model takes seconds to paint where there is no graphics card: the page paints as often as
there is something new to see, and what it shows then is what the renderer would show."""
import io
import json

from conftest import message
from PIL import Image

# Counts in window.paints how often the renderer draws the model.
COUNT = """
    window.paints = 0;
    const draw = viewer.renderer.render.bind(viewer.renderer);
    viewer.renderer.render = (scene, camera) => {
        window.paints += scene === viewer.rendered.scene ? 1 : 0;
        draw(scene, camera);
    };
"""
# Counts in window.smalls how often the page has sent the small picture for the list of sessions.
SMALLS = """
    window.smalls = 0;
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (text) {
        window.smalls += String(text).includes('"thumbnail"') ? 1 : 0;
        return send.call(this, text);
    };
"""
# Longer than anything that the renderer does later by itself.
SETTLED_MS = 1000


def settled(viewer, least=0):
    """How often the model has been painted in the end: `least` is waited for, and what more there would be."""
    viewer.wait_call(f"(window.paints ?? 0) >= {least}")
    viewer.page.wait_for_timeout(SETTLED_MS)  # what should not be painted would be by then
    return viewer.page.evaluate("window.paints")


def show_first(daemon, viewer, name):
    """Everything that a model leads to is over, and paints are counted from now on."""
    daemon.start()
    viewer.page.add_init_script(SMALLS)
    viewer.open(daemon.url).live()
    daemon.send(message(name))
    viewer.wait_frame()
    viewer.page.wait_for_function("() => window.smalls === 1")
    settled(viewer)
    viewer.call(COUNT)


def shown(viewer):
    """The pixels of the canvas as a person sees it."""
    picture = viewer.page.locator("#cad_viewer canvas").first.screenshot()
    return Image.open(io.BytesIO(picture)).convert("RGB").tobytes()


def configured(name, **config):
    model = json.loads(message(name)[2:])
    model["config"].update(config)
    return "D:" + json.dumps(model)


def test_a_model_is_painted_once(daemon, viewer):
    show_first(daemon, viewer, "box-model")
    for number, name in enumerate(("assembly-model", "bracket-model"), 1):
        viewer.page.evaluate("performance.clearMarks()")
        daemon.send(message(name))
        viewer.wait_frame()
        assert settled(viewer, number) == number


def test_settings_and_a_resize_are_painted_once(daemon, viewer):
    show_first(daemon, viewer, "assembly-model")
    daemon.send(message("ui"))
    viewer.wait_call("viewer.getTransparent()")
    assert settled(viewer, 1) == 1
    viewer.page.evaluate("window.dispatchEvent(new Event('resize'))")
    assert settled(viewer, 2) == 2


def test_the_small_picture_of_a_model_costs_no_paint(daemon, viewer):
    """The server asks for it two seconds after the model."""
    daemon.start()
    viewer.page.add_init_script(SMALLS)
    viewer.open(daemon.url).live()
    daemon.send(message("box-model"))
    viewer.wait_frame().call(COUNT)
    viewer.page.wait_for_function("() => window.smalls === 1")
    assert settled(viewer) == 0


def test_a_screenshot_is_painted_twice(daemon, viewer, tmp_path):
    """Once without the orientation marker, and once with it again."""
    show_first(daemon, viewer, "assembly-model")
    before = shown(viewer)
    path = tmp_path / "shot.png"
    daemon.send("C:" + json.dumps({"type": "screenshot", "filename": str(path)}))
    assert settled(viewer, 2) == 2
    viewer.wait_until(path.exists, "the screenshot")
    assert shown(viewer) == before


def test_a_person_sees_every_change_at_once(daemon, viewer):
    show_first(daemon, viewer, "assembly-model")
    viewer.call("viewer.setCameraZoom(2)")
    viewer.wait_call("window.paints > 0")


def test_a_change_before_the_first_frame_is_not_lost(daemon, viewer):
    """The settings come right behind the model, and what the camera does before the picture is
    there is seen a moment later."""
    show_first(daemon, viewer, "box-model")
    viewer.page.evaluate("performance.clearMarks()")
    viewer.page.evaluate(
        """() => new MutationObserver(() => {
            if (performance.getEntriesByName("built").length > 0 && !window.moved) {
                window.moved = true;
                cadcast.viewer.setCameraZoom(2);
            }
        }).observe(document.body, { subtree: true, childList: true, attributes: true })""")
    daemon.send(message("assembly-model"))
    viewer.wait_frame()
    assert viewer.page.evaluate("window.moved")
    settled(viewer)
    once = shown(viewer)
    viewer.call("viewer.update(true, true)")
    assert once == shown(viewer)


CONFIGS = [
    {}, {"explode": True}, {"tab": "clip", "clipSlider0": 5}, {"ortho": False, "grid": [True, True, True]},
    {"transparent": True, "axes": True}, {"resetCamera": "front"}, {"theme": "dark"},
]


def test_one_paint_shows_what_many_would(daemon, viewer):
    show_first(daemon, viewer, "box-model")
    for config in CONFIGS:
        viewer.page.evaluate("performance.clearMarks()")
        daemon.send(configured("assembly-model", **config))
        viewer.wait_frame()
        settled(viewer)
        once = shown(viewer)
        for _ in range(2):
            viewer.call("viewer.update(true, true)")
        viewer.painted()
        assert once == shown(viewer), config
