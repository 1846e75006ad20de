# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The real daemon, the real page, Debian's Chromium.

CADCAST_PROGRAM names the daemon to test; build/cadcast otherwise. Every test gets a daemon
of its own with an empty home and a port from the system, and a fresh browser
context whose console has to stay free of errors.
"""
import asyncio
import functools
import os
import re
import shutil
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from playwright import sync_api

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lib"))

from chromium import CHROMIUM, FLAGS, PATIENCE_MS  # noqa: E402
from complete import pytest_runtest_makereport  # noqa: E402, F401
from daemon import PROGRAM, Daemon, free_port, wait_good, wait_until  # noqa: E402

# A table of some 200 pictures, which takes minutes: only when its folder is named.
collect_ignore = [] if "CADCAST_GOLDEN" in os.environ else ["test_rendering_all.py"]
PATIENCE = PATIENCE_MS / 1000
sync_api.expect.set_options(timeout=PATIENCE_MS)
MESSAGES = ROOT / "tests" / "data" / "messages"
# Fills the canvas: it holds its pixels only in the turn that painted them.
PAINT = """
    viewer.renderer.clear();
    viewer.renderer.render(viewer.rendered.scene, viewer.rendered.camera.getCamera());
"""

# Keeps in window.said what stood in each line over the picture: many go by themselves after two seconds.
KEEP_SAID = """
    window.said = [];
    addEventListener("DOMContentLoaded", () => {
        const lines = document.getElementById("notices");
        const note = () => window.said.push(...[...lines.children].map((line) => line.textContent));
        if (lines !== null) {
            new MutationObserver(note).observe(lines, { subtree: true, childList: true, characterData: true });
        }
    });
"""
# Until no animation or transition that has an end runs, and frames show that.
SETTLE = """async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const ends = (each) => each.playState === "running" && each.effect?.getComputedTiming().endTime !== Infinity;
    const moving = () => document.getAnimations().filter(ends);
    do {
        await Promise.all(moving().map((each) => each.finished.catch(() => {})));
        await frame();
        await frame();
    } while (moving().length > 0);
}"""


def message(name):
    """A recorded message, or one of the demo's."""
    folder = ROOT / "data" if name.startswith("demo") else MESSAGES
    return (folder / f"{name}.msg").read_bytes()


@pytest.fixture(scope="session")
def port():
    """Where the daemons of this process are found, one after the other: an address that the browser knows, with
    the page's files in its cache, and that no other program is given while a daemon is restarted."""
    return free_port()


@pytest.fixture
def daemon(tmp_path, port):
    """One that does not run yet: a test starts it with the options that it is about."""
    if not os.access(PROGRAM, os.X_OK):
        pytest.skip(f"there is no {PROGRAM}; build it or set CADCAST_PROGRAM")
    if not (ROOT / "static" / "vendor" / "NOTICE").is_file():
        pytest.skip("static/vendor is not there; run tools/fetch-assets")
    # A build elsewhere than in build/ does not find the page by itself.
    running = Daemon(tmp_path / "home", variables={"CADCAST_DATA_DIR": ROOT}, port=port, begin=False)
    yield running
    if running.alive():
        running.check_clean()


@pytest.fixture(scope="session")
def chromium():
    if not Path(CHROMIUM).exists():
        pytest.skip(f"there is no {CHROMIUM}; set CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="session")
def browser(chromium):
    running = chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield running
    running.close()


class Viewer:
    """A browser window on the viewer page, and what a person would see in it."""

    def __init__(self, page):
        self.page = page
        self.errors = []
        self.expected = []
        page.set_default_timeout(PATIENCE_MS)
        # By itself it looks at each frame, and a loaded machine may give none for long.
        page.wait_for_function = functools.partial(page.wait_for_function, polling=50)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))

    def _console(self, entry):
        if entry.type == "error":
            where = entry.location.get("url", "") if entry.location else ""
            self.errors.append(f"{entry.text} {where}")

    def expect_errors(self, *patterns):
        """Errors that the test itself provokes, such as a server that is gone."""
        self.expected += patterns

    def unexpected(self):
        return [e for e in self.errors if not any(re.search(p, e) for p in self.expected)]

    def open(self, url):
        self.page.goto(url)
        return self

    def live(self):
        self.page.wait_for_selector("#bar-state.live")
        return self

    def names(self):
        """The parts' names in the tree, top down."""
        texts = self.page.locator(".tv-node-label").all_inner_texts()
        return [text.removesuffix(" ⚈") for text in texts]

    def wait_parts(self, *names):
        """The picture holds parts of these names, shown in the tree or folded away in it."""
        self.page.wait_for_function(
            """(names) => {
                const viewer = cadcast.viewer;
                const known = viewer?.ready ? Object.keys(viewer.getStates()).flatMap((path) => path.split("/")) : [];
                return names.every((name) => known.includes(name));
            }""",
            arg=list(names),
        )
        return self

    def wait_names(self, *names):
        """The tree shows these names to a person."""
        for name in names:
            exact = re.compile(f"^{re.escape(name)}( ⚈)?$")
            self.page.locator(".tv-node-label", has_text=exact).first.wait_for()
        return self

    def call(self, body):
        """Run JavaScript with the renderer in hand."""
        return self.page.evaluate(f"(async () => {{ const viewer = cadcast.viewer; {body} }})()")

    def wait_until(self, condition, what="condition", seconds=PATIENCE):
        """As the function; the page's events are handled meanwhile."""
        return wait_until(condition, seconds, what, self.page)

    def run_until(self, condition, milliseconds):
        """The test's clock goes on until then, and at most for so long."""
        for _ in range(0, milliseconds, 1000):
            if condition():
                return
            self.page.clock.run_for(1000)
            self.painted()
        self.wait_until(condition)

    def wait_good(self, read, good, what="a value"):
        """As the function, for what the page does a moment after it was told to."""
        return wait_good(read, good, what, PATIENCE, self.page)

    def wait_equal(self, read, expected, what="the value"):
        return self.wait_good(read, lambda value: value == expected, f"{what}, {expected!r},")

    def said(self, text):
        """A line over the picture that had this text, whether it is still there or has gone by itself."""
        return self.page.wait_for_function(
            "(text) => window.said.find((each) => each.includes(text))", arg=text).json_value()

    def fingers(self):
        """A function that reports fingers: touch("touchStart", (x, y), ...), then touchMove or touchEnd."""
        devtools = self.page.context.new_cdp_session(self.page)

        def touch(kind, *points):
            devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

        return touch

    def resize(self, width, height):
        """The window has another size, and what the page does at once is done. Where things are in the end is
        to be waited for."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.wait_for_function("([width, height]) => innerWidth === width && innerHeight === height",
                                    arg=[width, height])
        return self.painted()

    def settled(self):
        """Returns once nothing moves any more."""
        self.page.evaluate(SETTLE)
        return self

    def painted(self):
        """Returns once what the page was told has been through a frame."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return self

    def wait_call(self, condition):
        self.page.wait_for_function(f"() => {{ const viewer = cadcast.viewer; return {condition}; }}")
        return self

    def colours(self):
        """How many colours the canvas holds after a frame, and the share of the commonest."""
        return self.call(
            PAINT
            + """
            const gl = viewer.renderer.getContext();
            const pixels = new Uint32Array(gl.drawingBufferWidth * gl.drawingBufferHeight);
            gl.readPixels(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight, gl.RGBA, gl.UNSIGNED_BYTE,
                new Uint8Array(pixels.buffer));
            const counts = new Map();
            pixels.forEach((pixel) => counts.set(pixel, (counts.get(pixel) ?? 0) + 1));
            return [counts.size, Math.max(...counts.values()) / pixels.length];
            """
        )

    def wait_frame(self):
        """The browser has produced a frame with the model."""
        self.page.wait_for_function("() => performance.getEntriesByName('frame').length > 0")
        return self

    def wait_drawn(self):
        """The canvas shows more than a background with some lines on it."""
        self.wait_frame()
        self.wait_good(self.colours, lambda seen: seen[0] > 3 and seen[1] < 0.99, "more than a blank canvas")
        return self

    def camera(self):
        return self.call(
            "return [viewer.getCameraPosition(), viewer.getCameraQuaternion(), "
            "viewer.controls.getTarget().toArray(), viewer.getCameraZoom()].flat()"
        )

    def fetched_models(self):
        return self.page.evaluate(
            "performance.getEntriesByType('resource').map((e) => e.name)"
            ".filter((name) => /models\\/[^/]+$/.test(name))"
        )


@pytest.fixture(autouse=True)
def no_window_is_left(request):
    """A window that a test leaves behind would come to the daemons of those after it, at the same port, as one more
    browser that is asked for pictures and says what it sees."""
    if "browser" not in request.fixturenames:
        yield
        return
    usual = request.getfixturevalue("usual_context")
    yield
    contexts = request.getfixturevalue("browser").contexts
    left = [page.url for context in contexts for page in context.pages]
    for context in contexts:
        if context is not usual:
            context.close()
    assert not left, left


def new_context(browser, **options):
    context = browser.new_context(**{"viewport": {"width": 900, "height": 640}, **options})
    # Without a graphics card the page says so once in a browser.
    context.add_init_script("try { localStorage.setItem('cadcast-software-said', 'test'); } catch {}")
    context.add_init_script(KEEP_SAID)
    return context


@pytest.fixture(scope="session")
def usual_context(browser):
    """The context of the first window of every test: a page whose files are in the cache comes twice as fast."""
    context = new_context(browser)
    yield context
    context.close()


def fresh_page(context, port):
    """A page that finds nothing of what an earlier one has stored, but for the files of the page."""
    context.clear_permissions()
    context.clear_cookies()
    page = context.new_page()
    developer = context.new_cdp_session(page)
    for host in ("127.0.0.1", "localhost", "[::1]"):
        developer.send("Storage.clearDataForOrigin", {
            "origin": f"http://{host}:{port}", "storageTypes": "local_storage,indexeddb,cache_storage,service_workers"})
    developer.detach()
    return page


@pytest.fixture
def viewers(browser, usual_context, port):
    """A maker of windows, each as if in a browser of its own; checks all their consoles at the end."""
    made = []
    contexts = []

    def make(window=None, alone=False, **options):
        """`alone`: it changes more of its context than a page can."""
        if made or window or alone or options:
            contexts.append(new_context(window or browser, **options))
            page = contexts[-1].new_page()
        else:
            page = fresh_page(usual_context, port)
        made.append(Viewer(page))
        return made[-1]

    yield make
    unexpected = [error for viewer in made for error in viewer.unexpected()]
    for context in contexts:
        context.close()
    for page in usual_context.pages:
        page.close()
    assert not unexpected, unexpected


@pytest.fixture
def viewer(viewers):
    return viewers()


class Proxy:
    """What stands in front of a daemon: strips a path prefix, may speak TLS, keeps the Host."""

    def __init__(self, target, prefix="", context=None):
        self.target, self.prefix, self.context = target, prefix, context
        self.bytes_per_second = None
        self.down = False  # whether it ends new connections at once
        self.swallow = None  # of new WebSockets: "handshake" answers nothing at all, "messages" passes none on
        self.loop = asyncio.new_event_loop()
        self.tasks = set()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.ready.wait(PATIENCE)

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.context)
        )
        self.port = self.server.sockets[0].getsockname()[1]
        self.ready.set()
        self.loop.run_forever()

    async def _serve(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        other = None
        try:
            if self.down:
                return
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, path, rest = head.split(" ", 2)
            if not path.startswith(self.prefix + "/"):
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            if "upgrade: websocket" not in head.lower():
                rest = re.sub(r"(?im)^connection:.*$", "Connection: close\r", rest)
            head = f"{method} {path[len(self.prefix):]} {rest}"
            from_server, other = await asyncio.open_connection("127.0.0.1", self.target)
            swallow = self.swallow if "upgrade: websocket" in head.lower() else None
            if swallow == "handshake":
                await reader.read()
                return
            other.write(head.encode("latin-1"))
            if swallow == "messages":
                writer.write(await from_server.readuntil(b"\r\n\r\n"))
                await reader.read()
                return
            await asyncio.gather(self._pump(reader, other), self._pump(from_server, writer))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.tasks.discard(asyncio.current_task())
            for each in (writer, other):
                if each is not None:
                    each.close()

    async def _pump(self, reader, writer):
        while data := await reader.read(8192):
            writer.write(data)
            await writer.drain()
            if self.bytes_per_second is not None:
                await asyncio.sleep(len(data) / self.bytes_per_second)  # the line is that slow
        writer.close()

    def cut(self):
        """End every connection at once, as a network does."""
        self.loop.call_soon_threadsafe(lambda: [task.cancel() for task in list(self.tasks)])

    def close(self):
        async def end():
            self.server.close()
            tasks = list(self.tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.loop.stop()

        self.loop.call_soon_threadsafe(lambda: self.loop.create_task(end()))
        self.thread.join(timeout=PATIENCE)
        self.loop.close()


@pytest.fixture
def proxies():
    made = []

    def make(*args, **options):
        made.append(Proxy(*args, **options))
        return made[-1]

    yield make
    for proxy in made:
        proxy.close()


@pytest.fixture
def certificate(tmp_path):
    """A server context with a self-signed certificate for this machine."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"],
        check=True, capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context
