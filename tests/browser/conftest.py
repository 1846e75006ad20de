# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The real daemon, the real page, Debian's Chromium.

CADCAST names the daemon to test; build/cadcast otherwise. Every test gets a daemon
of its own with an empty home and a port from the system, and a fresh browser
context whose console has to stay free of errors.
"""
import asyncio
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import websockets.sync.client as websockets_client
from PIL import Image
from playwright import sync_api

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lib"))

from complete import pytest_runtest_makereport  # noqa: E402, F401

MESSAGES = ROOT / "tests" / "data" / "messages"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--no-sandbox --disable-gpu --use-gl=angle --use-angle=swiftshader "
    "--enable-unsafe-swiftshader --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
# Fills the canvas: it holds its pixels only in the turn that painted them.
PAINT = """
    viewer.renderer.clear();
    viewer.renderer.render(viewer.rendered.scene, viewer.rendered.camera.getCamera());
"""
PATIENCE_MS = int(os.environ.get("CADCAST_PATIENCE_MS", "30000"))


def message(name):
    """A recorded message, or one of the demo's."""
    folder = ROOT / "data" if name.startswith("demo") else MESSAGES
    return (folder / f"{name}.msg").read_bytes()


class Daemon:
    """One running daemon and what a kernel does with it."""

    def __init__(self, program, home):
        self.program = program
        self.home = home
        self.process = None
        self.url = None
        self.log = home / "daemon.log"

    def start(self, *options, port=0):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CADCAST_")}
        environment.update(HOME=str(self.home), XDG_STATE_HOME=str(self.home / "state"))
        # A build elsewhere than in build/ does not find the page by itself.
        environment["CADCAST_DATA_DIR"] = str(ROOT)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "--port", str(port), *options],
                stdout=subprocess.PIPE, stderr=log, env=environment, text=True,
            )
        line = self.process.stdout.readline()
        ready = re.match(r"READY (http://\S+/viewer)", line)
        assert ready, f"no READY line but {line!r}; log: {self.log.read_text()}"
        self.url = ready.group(1)
        return self

    @property
    def port(self):
        return int(re.search(r":(\d+)/", self.url).group(1))

    def stop(self, how=signal.SIGTERM):
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=20)
            self.process.stdout.close()
            self.process = None

    def connect(self, session=None):
        path = f"s/{session}/" if session else ""
        return websockets_client.connect(
            f"ws://127.0.0.1:{self.port}/{path}", max_size=None, close_timeout=0.05,
            compression=None,
        )

    def send(self, data, session=None):
        """What every kernel does: a connection, one message in a binary frame, gone."""
        with self.connect(session) as socket:
            socket.send(data if isinstance(data, bytes) else data.encode())
            # An answer proves that the message before it was handled.
            socket.send(b'C:"status"')
            while json.loads(socket.recv(timeout=20)).get("command") != "status":
                pass

    def ask(self, question, session=None):
        with self.connect(session) as socket:
            socket.send(b"C:" + json.dumps(question).encode())
            return json.loads(socket.recv(timeout=20))


@pytest.fixture
def daemon(tmp_path):
    program = os.environ.get("CADCAST", str(ROOT / "build" / "cadcast"))
    if not os.access(program, os.X_OK):
        pytest.skip(f"there is no {program}; build it or set CADCAST")
    if not (ROOT / "static" / "vendor" / "NOTICE").is_file():
        pytest.skip("static/vendor is not there; run tools/fetch-assets")
    running = Daemon(program, tmp_path)
    yield running
    running.stop()


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
        number, background = self.colours()
        assert number > 3 and background < 0.99, "the canvas is blank"
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


@pytest.fixture
def viewers(browser):
    """A maker of windows, each in a context of its own; checks all their consoles at the end."""
    made = []
    contexts = []

    def make(window=None, **options):
        context = (window or browser).new_context(
            viewport={"width": 900, "height": 640}, **options
        )
        contexts.append(context)
        viewer = Viewer(context.new_page())
        made.append(viewer)
        return viewer

    yield make
    unexpected = [error for viewer in made for error in viewer.unexpected()]
    for context in contexts:
        context.close()
    assert not unexpected, unexpected


@pytest.fixture
def viewer(viewers):
    return viewers()


class Proxy:
    """What stands in front of a daemon: strips a path prefix, may speak TLS, keeps the Host."""

    def __init__(self, target, prefix="", context=None):
        self.target, self.prefix, self.context = target, prefix, context
        self.bytes_per_second = None
        self.loop = asyncio.new_event_loop()
        self.tasks = set()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.ready.wait(10)

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
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, path, rest = head.split(" ", 2)
            if not path.startswith(self.prefix + "/"):
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            if "upgrade: websocket" not in head.lower():
                rest = re.sub(r"(?im)^connection:.*$", "Connection: close\r", rest)
            head = f"{method} {path[len(self.prefix):]} {rest}"
            from_server, other = await asyncio.open_connection("127.0.0.1", self.target)
            other.write(head.encode("latin-1"))
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
                await asyncio.sleep(len(data) / self.bytes_per_second)
        writer.close()

    def cut(self):
        """End every connection at once, as a network does."""
        self.loop.call_soon_threadsafe(lambda: [task.cancel() for task in list(self.tasks)])

    def close(self):
        async def end():
            self.server.close()
            for task in list(self.tasks):
                task.cancel()
            await asyncio.sleep(0.05)
            self.loop.stop()

        self.loop.call_soon_threadsafe(lambda: self.loop.create_task(end()))
        self.thread.join(timeout=10)
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
