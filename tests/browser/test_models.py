# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Models, settings and pictures as a person sees them."""
import base64
import io
import json
import re

from conftest import PATIENCE, message
from daemon import wait_until
from PIL import Image
from playwright.sync_api import expect

NAMES = {
    "box-model": ["Group"],
    "assembly-model": ["robot", "base", "leg0", "leg5", "arm"],
    "bracket-model": ["bracket", "part"],
    "zoo-model": ["Group", "box", "torus", "revolution"],
    "legacy-3.4-model": ["Group", "bracket"],
    "demo": ["planetary gearbox", "ring", "sun", "planet 3", "carrier"],
}

# A digest of everything the renderer was given: names, places, and all arrays.
DIGEST = """
    const text = [];
    const arrays = [];
    const walk = (part) => {
        text.push([part.id, part.name, part.loc, part.color, part.alpha, part.state, part.type, part.subtype]);
        for (const [key, value] of Object.entries(part.shape ?? {})) {
            if (ArrayBuffer.isView(value)) {
                text.push([key, value.constructor.name, value.length]);
                arrays.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice());
            } else {
                text.push([key, value]);
            }
        }
        (part.parts ?? []).forEach(walk);
    };
    walk(viewer.shapes);
    const hash = await crypto.subtle.digest("SHA-256", await new Blob([JSON.stringify(text), ...arrays]).arrayBuffer());
    return [Array.from(new Uint8Array(hash)).join(","), arrays.length];
"""


def parts(name):
    payload = json.loads(message(name)[2:])
    found = []

    def walk(part):
        found.append(part["name"])
        for child in part.get("parts", []):
            walk(child)

    walk(payload["data"]["shapes"])
    return found


def test_shows_models(daemon, viewer):
    """One after the other, as a notebook does, each by its file."""
    daemon.start()
    viewer.open(daemon.url).live()
    for number, (name, names) in enumerate(NAMES.items(), 1):
        viewer.page.evaluate("performance.clearMarks()")
        daemon.send(message(name))
        viewer.wait_names(*names).wait_drawn()
        assert set(viewer.names()) <= set(parts(name))
        assert len(viewer.fetched_models()) == number, f"{name} came as text"


def test_file_and_text_give_the_same_arrays(daemon, viewers):
    daemon.start()
    by_file = viewers().open(daemon.url).live()
    by_text = viewers()
    by_text.expect_errors("models/")
    by_text.page.route("**/models/*", lambda route: route.abort())
    by_text.open(daemon.url).live()
    for name in NAMES:
        digests = []
        for viewer in (by_file, by_text):
            viewer.page.evaluate("performance.clearMarks()")
        daemon.send(message(name))
        for viewer in (by_file, by_text):
            viewer.wait_drawn()
            digests.append(viewer.call(DIGEST))
        assert digests[0][1] > 0
        assert digests[0] == digests[1], name


def test_damaged_file_falls_back_to_the_text(daemon, viewer):
    daemon.start()
    viewer.page.route(
        "**/models/*", lambda route: route.fulfill(body=b"CADCAST1 but nothing good after it")
    )
    viewer.open(daemon.url).live()
    daemon.send(message("assembly-model"))
    viewer.wait_parts("robot", "arm").wait_drawn()


def test_later_settings_wait_for_the_model(daemon, viewer):
    daemon.start()
    frames, held = [], []

    def note(text):
        frames.append(text)

    def hold(route):
        held.append(route)

    viewer.page.on("websocket", lambda socket: socket.on("framereceived", note))
    viewer.open(daemon.url).live()
    viewer.page.route("**/models/*", hold)
    daemon.send(message("box-model"))
    daemon.send(message("ui"))
    viewer.wait_until(lambda: held and any('"ui"' in text for text in frames), "the settings before the model")
    held[0].continue_()
    viewer.wait_parts("Solid").wait_drawn()
    viewer.wait_call("viewer.getTransparent() && viewer.getAxes() && viewer.getCameraZoom() === 1.5")
    viewer.wait_equal(lambda: viewer.call("return viewer.getGrids()"), [True, True, False])


def test_newer_model_replaces_one_on_its_way(daemon, viewer, proxies):
    daemon.start()
    proxy = proxies(daemon.port)
    viewer.open(f"http://127.0.0.1:{proxy.port}/viewer").live()
    proxy.bytes_per_second = 50_000
    daemon.send(message("zoo-model"))
    viewer.page.wait_for_selector("#progress:not([hidden])")
    expect(viewer.page.locator("#progress-text")).to_contain_text(re.compile(" of .*/s"))
    daemon.send(message("box-model"))
    viewer.wait_parts("Solid").wait_drawn()
    viewer.page.wait_for_selector("#progress", state="hidden")
    assert set(viewer.names()) <= set(parts("box-model"))


def test_model_before_any_browser(daemon, viewer):
    daemon.start()
    daemon.send(message("assembly-model"))
    viewer.open(daemon.url).live().wait_parts("robot").wait_drawn()


def test_every_browser_gets_the_model(daemon, viewers):
    daemon.start()
    first, second = viewers().open(daemon.url).live(), viewers().open(daemon.url).live()
    daemon.send(message("assembly-model"))
    first.wait_parts("robot").wait_drawn()
    second.wait_parts("robot").wait_drawn()


def test_clear_empties(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    daemon.send(message("box-model"))
    viewer.wait_parts("Solid").wait_drawn()
    daemon.send(message("clear"))
    viewer.wait_call("!viewer.ready")
    viewer.wait_equal(viewer.names, [], "the tree")
    daemon.send(message("assembly-model"))
    viewer.wait_parts("robot").wait_drawn()


def test_animation_and_time(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    daemon.send(message("assembly-model"))
    daemon.send(message("assembly-animation"))
    viewer.wait_parts("robot").wait_call("viewer.hasAnimation?.() ?? viewer.animation?.hasTracks?.()")
    daemon.send('C:{"type":"set_relative_time","value":0.5}')
    viewer.wait_call("Math.abs(viewer.getRelativeTime() - 0.5) < 1e-6")


STATE = """
    const keys = ["axes", "edgeColor", "defaultOpacity", "blackEdges", "ambientIntensity", "centerGrid",
        "control", "clipSlider0", "clipPlaneHelpers", "grid"];
    return Object.fromEntries(keys.map((key) => [key, viewer.state.get(key)]));
"""


def test_settings_of_old_clients(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    old = json.loads(message("legacy-3.4-model")[2:])
    old["config"].update(
        default_edgecolor="#ff0000", default_opacity=0.25, black_edges=True, ambient_intensity=2,
        center_grid=True, orbit_control=True, clip_slider_0=3, clip_planes=True, grid=[True, False, False],
    )
    old["config"].pop("control")
    daemon.send("D:" + json.dumps(old))
    viewer.wait_parts("bracket").wait_drawn()
    # The edges' colour is a number or a word.
    def state():
        found = viewer.call(STATE)
        return {**found, "edgeColor": str(found["edgeColor"]).lower().replace(str(0xFF0000), "#ff0000")}

    viewer.wait_equal(state, {
        "axes": True, "edgeColor": "#ff0000", "defaultOpacity": 0.25, "blackEdges": True, "ambientIntensity": 2,
        "centerGrid": True, "control": "orbit", "clipSlider0": 3, "clipPlaneHelpers": True,
        "grid": [True, False, False],
    }, "the state")
    daemon.send(message("legacy-3.4-ui"))
    viewer.wait_call("viewer.getTransparent()")
    expect(viewer.page.locator(".notice")).to_have_count(0)


def test_core_mismatch_is_named_and_not_fatal(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    strange = json.loads(message("box-model")[2:])
    strange["config"]["_core_version"] = "2.5.0"
    daemon.send("D:" + json.dumps(strange))
    viewer.wait_parts("Solid").wait_drawn()
    notice = viewer.page.locator(".notice[data-key=core]")
    expect(notice).to_contain_text("2.5.0")
    notice.locator("button.close").click()
    expect(notice).to_have_count(0)
    daemon.send(message("assembly-model"))
    viewer.wait_parts("robot")


def test_screenshot_reaches_the_kernels_file(daemon, viewer, tmp_path):
    daemon.start()
    viewer.open(daemon.url).live()
    daemon.send(message("assembly-model"))
    viewer.wait_parts("robot").wait_drawn()
    path = tmp_path / "shot.png"
    daemon.send("C:" + json.dumps({"type": "screenshot", "filename": str(path)}))
    wait_until(path.exists, PATIENCE, "the screenshot")
    image = Image.open(path).convert("RGB")
    assert image.width > 500
    assert len(image.getcolors(maxcolors=1 << 24)) > 50


def test_status_reaches_the_kernel(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    daemon.send(message("box-model"))
    viewer.wait_parts("Solid").wait_drawn()
    viewer.call("viewer.setCameraZoom(2.5)")
    wait_until(lambda: daemon.ask("status")["text"].get("zoom") == 2.5, what="the zoom in the status")
    status = daemon.ask("status")["text"]
    assert "/Group/Solid" in json.dumps(status["states"])


def test_selection_is_copied(daemon, viewers):
    daemon.start()
    viewer = viewers(permissions=["clipboard-read", "clipboard-write"])
    viewer.open(daemon.url).live()
    daemon.send(message("box-model"))
    viewer.wait_parts("Solid").wait_drawn()
    viewer.page.bring_to_front()
    viewer.call("viewer.checkChanges({selected: ['f1', 'e2']})")
    viewer.page.wait_for_function("async () => (await navigator.clipboard.readText()) === 'f1,e2'")


def test_marks_for_measuring(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    for name in ("assembly-model", "box-model"):
        daemon.send(message(name))
        viewer.wait_parts(*NAMES[name]).wait_drawn()
    marks = viewer.page.evaluate(
        "performance.getEntriesByType('mark').map((m) => [m.name, m.startTime])"
    )
    order = ["notice", "bytes", "parsed", "scene", "built", "frame"]
    assert sorted(name for name, _ in marks) == sorted(order), "marks of one model only"
    times = dict(marks)
    assert [times[name] for name in order] == sorted(times.values())


def test_demo(daemon, viewer):
    daemon.start("--demo")
    viewer.open(daemon.url).live().wait_names(*NAMES["demo"]).wait_drawn()


def test_small_picture(daemon, viewer):
    """The server asks for a thumbnail; here the test is the server."""
    daemon.start()
    answers = []

    def serve(socket):
        def take(text):
            if text.startswith("L:"):
                def send(**each):
                    socket.send(json.dumps(each))

                send(type="hello", version="x", session="default", sessions=["default"], measure="mesh", read_only=False)
                socket.send(message("assembly-model")[2:].decode())
                send(type="thumbnail")
            elif '"thumbnail"' in text:
                answers.append(json.loads(text[2:])["text"]["data"])

        socket.on_message(take)

    viewer.page.route_web_socket("**/*", serve)
    viewer.open(daemon.url).live().wait_parts("robot")
    viewer.wait_until(lambda: answers, "the small picture")
    head, data = answers[0].split(",")
    assert head == "data:image/png;base64"
    assert len(answers[0]) < 65536
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert 100 <= image.width <= 256
    assert len(image.convert("RGB").getcolors(maxcolors=1 << 24)) > 20
    # The server said "mesh" and another version than the page has.
    assert viewer.call("return viewer.state.get('externalMeasurementBackend')") is False
    expect(viewer.page.locator(".notice[data-key=version]")).to_have_count(1)
    viewer.call("viewer.display.setTool('distance', true)")
    viewer.page.wait_for_selector("#bar-note:not([hidden])")
    expect(viewer.page.locator("#bar-note")).to_contain_text("approximate")
