# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""From a kernel's connect to the picture in Chromium, for tools/bench.

Every server's page is watched in the same way: the renderer's file gets, on its way to the browser,
a mark where it holds plain arrays (`buildInitialGroup`) and one at the first frame after that.
"""
import re
import time

from chromium import CHROMIUM, FLAGS
from playwright.sync_api import sync_playwright
from subjects import ROOT, Server, settled, shows, subjects
from wire import BINARY, Wire, frame

MARKS = ("notice", "bytes", "parsed", "scene", "built", "frame")
BUILD = re.compile(r"(\n    buildInitialGroup\([^)]*\) \{)")
WATCH = r"""\1
        performance.mark("bench-scene");
        requestAnimationFrame(() => setTimeout(() => performance.mark("bench-frame")));
"""
BETWEEN = (ROOT / "tests/data/messages/box-model.msg").read_bytes()


def patch(route):
    answer = route.fetch()
    body, count = BUILD.subn(WATCH, answer.text())
    assert count == 1, "the renderer has changed: where does it begin to build?"
    route.fulfill(response=answer, body=body)


def open_page(chromium, server):
    page = chromium.new_context(viewport={"width": 1000, "height": 700}, bypass_csp=True).new_page()
    page.route("**/three-cad-viewer.esm.js", patch)
    page.goto(f"http://127.0.0.1:{server.port}/viewer")
    page.wait_for_selector("canvas, #hint:not([hidden])", timeout=120000)
    # Our page makes its renderer with the first model.
    if page.query_selector("canvas") is None:
        show(page, server, BETWEEN)
    page.wait_for_timeout(1000)  # what starting leads to is over
    return page


def quiet(page):
    """Waits until what was painted before is really there: that of one show must not hold up the next."""
    for _ in range(2):
        page.wait_for_timeout(200)  # the browser is idle
        page.evaluate("""() => {
            const gl = document.querySelector("#cad_viewer canvas").getContext("webgl2");
            gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
        }""")


def show(page, server, message):
    """Milliseconds since the epoch when a kernel began, and the marks that the page set."""
    page.evaluate("performance.clearMarks()")
    data = frame(BINARY, message)
    began = time.time() * 1e3
    with Wire(server.port, timeout=120) as wire:
        wire.upgrade()
        wire.send(data)
        page.wait_for_function("() => performance.getEntriesByName('bench-frame').length > 0", timeout=120000)
    page.wait_for_timeout(50)  # marks that come with the frame are set
    origin = page.evaluate("performance.timeOrigin")
    marks = page.evaluate("performance.getEntriesByType('mark').map((m) => [m.name, m.startTime])")
    return {name: origin + at - began for name, at in marks}


def opened(chromium, server, message):
    """Milliseconds from opening the page of a server that holds a model to the first paint, and to the model's
    first frame; nothing of the page is in the browser's cache."""
    with Wire(server.port, timeout=120) as wire:
        wire.upgrade()
        wire.send_frame(BINARY, message)
    settled(server)
    page = chromium.new_context(viewport={"width": 1000, "height": 700}).new_page()
    page.goto(f"http://127.0.0.1:{server.port}/viewer")
    page.wait_for_function("() => performance.getEntriesByName('frame').length > 0", timeout=120000)
    page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length > 0")
    paint, frames = page.evaluate("""["first-contentful-paint", "frame"]
        .map((name) => performance.getEntriesByName(name)[0].startTime)""")
    page.context.close()
    return paint, frames


def measure_opened(chromium, options, table, label, message):
    """Ours alone: others hold no model."""
    paints, frames = ({name: [] for name in subjects(options) if name not in options.against} for _ in range(2))
    for _ in range(options.rounds):
        for name in paints:
            with Server(name, subjects(options)[name]) as server:
                for _ in range(options.repeat):
                    paint, frame_at = opened(chromium, server, message)
                    paints[name].append(paint)
                    frames[name].append(frame_at)
    reference = "before" if options.before else None
    table.compare(f"page: {label}, opening to first paint", paints, "ms", reference)
    table.compare(f"page: {label}, opening to first frame", frames, "ms", reference)


def reload(chromium, server, table, label, message):
    """In a window of its own: watching requests turns a browser's cache off."""
    page = chromium.new_context(viewport={"width": 1000, "height": 700}, bypass_csp=True).new_page()
    page.goto(f"http://127.0.0.1:{server.port}/viewer")
    page.wait_for_selector("canvas", timeout=120000)
    with Wire(server.port, timeout=120) as wire:
        wire.upgrade()
        wire.send_frame(BINARY, message)
        page.wait_for_function("() => performance.getEntriesByName('frame').length > 0", timeout=120000)
    before = server.metrics()["sent_bytes_total"]
    began = time.monotonic()
    page.reload()
    page.wait_for_function("() => performance.getEntriesByName('frame').length > 0", timeout=120000)
    taken = (time.monotonic() - began) * 1e3
    sizes = page.evaluate("""performance.getEntriesByType('resource')
        .filter((e) => /models\\/[^/]+$/.test(e.name)).map((e) => e.transferSize)""")
    sent = server.metrics()["sent_bytes_total"] - before
    page.context.close()
    table.add(f"page: {label}, reload to first frame", "cadcast", [taken], "ms")
    table.add(f"page: {label}, model bytes at reload", "cadcast", [sum(sizes)], "B")
    table.add(f"page: {label}, sent by the server then", "cadcast", [sent], "B")


def measure(chromium, options, table, label, message):
    arrays, first = ({name: [] for name in subjects(options)} for _ in range(2))
    own = {mark: [] for mark in MARKS}
    for turn in range(options.rounds):
        for name, command in subjects(options).items():
            with Server(name, command) as server:
                page = open_page(chromium, server)
                for _ in range(options.repeat):
                    show(page, server, BETWEEN)
                    quiet(page)
                    settled(server)
                    marks = show(page, server, message)
                    arrays[name].append(marks["bench-scene"])
                    first[name].append(marks["bench-frame"])
                    for mark in MARKS if name == "cadcast" else ():
                        own[mark].append(marks[mark])
                    quiet(page)
                page.context.close()
                if name == "cadcast" and turn == 0:
                    reload(chromium, server, table, label, message)
    others = options.against[0] if options.against else "before" if options.before else None
    table.compare(f"page: {label}, connect to arrays", arrays, "ms", others)
    table.compare(f"page: {label}, connect to first frame", first, "ms", others)
    for mark, values in own.items():
        table.add(f"page: {label}, connect to {mark}", "cadcast", values, "ms")


def bench(options, table):
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for label, path in shows(options):
            if path.stat().st_size < 100e6:
                measure(chromium, options, table, label, path.read_bytes())
                measure_opened(chromium, options, table, label, path.read_bytes())
        chromium.close()
