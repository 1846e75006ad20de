# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Whatever happens to the page, the connection or the server: in the end a person sees the picture
that the session holds, as they last looked at it."""
import asyncio
import os
import re
import signal
import threading
import time

import pytest
from conftest import PAINT, message

CUT = ("WebSocket connection to", "ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "ERR_TIMED_OUT", "net::ERR")
# How long the wire is dead; a test of patience takes 60.
CUT_SECONDS = float(os.environ.get("CADCAST_CUT_SECONDS", "6"))
LOOK = (
    "viewer.setCameraPosition([80, -120, 60]); viewer.setCameraZoom(4);"
    "await new Promise((resolve) => setTimeout(resolve, 300));"
)
# What is on the canvas, as a grid of 24 by 16 mean brightnesses.
GRID = PAINT + """
    const gl = viewer.renderer.getContext();
    const [width, height] = [gl.drawingBufferWidth, gl.drawingBufferHeight];
    const pixels = new Uint8Array(width * height * 4);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    const grid = new Array(24 * 16).fill(0);
    const counts = new Array(24 * 16).fill(0);
    for (let y = 0; y < height; y += 2) {
        for (let x = 0; x < width; x += 2) {
            const cell = Math.floor((y * 16) / height) * 24 + Math.floor((x * 24) / width);
            const at = (y * width + x) * 4;
            grid[cell] += pixels[at] + pixels[at + 1] + pixels[at + 2];
            counts[cell] += 3;
        }
    }
    return grid.map((sum, cell) => sum / counts[cell]);
"""


def picture(viewer):
    return viewer.call(GRID)


def difference(one, other):
    return sum(abs(a - b) for a, b in zip(one, other)) / len(one)


def look(viewer):
    """Turn the camera; returns what has to come back: the camera and what it shows."""
    viewer.call(LOOK)
    return viewer.camera(), picture(viewer)


def assert_same(viewer, seen):
    camera, grid = seen
    assert viewer.camera() == pytest.approx(camera, rel=1e-4, abs=1e-4)
    end = time.monotonic() + 10
    while difference(picture(viewer), grid) > 1 and time.monotonic() < end:
        time.sleep(0.1)
    assert difference(picture(viewer), grid) <= 1


class Forwarder:
    """A wire between browser and server that can go dead: bytes vanish, nobody is told."""

    def __init__(self, target):
        self.target = target
        self.dead = False
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.tasks = set()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.ready.wait(10)

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 16))
        self.port = self.server.sockets[0].getsockname()[1]
        self.ready.set()
        self.loop.run_forever()

    async def _serve(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        state = {"dead": False}
        other = None
        try:
            if self.dead:
                await asyncio.sleep(3600)
            from_server, other = await asyncio.open_connection("127.0.0.1", self.target)
            await asyncio.gather(self._pump(reader, other, state), self._pump(from_server, writer, state))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self.tasks.discard(asyncio.current_task())
            for each in (writer, other):
                if each is not None:
                    each.close()

    async def _pump(self, reader, writer, state):
        while True:
            data = await reader.read(1 << 16)
            # A connection of which one byte is lost is dead for ever, and nobody hears of it.
            state["dead"] = state["dead"] or self.dead
            if state["dead"]:
                if not data:
                    await asyncio.sleep(3600)
                continue
            if not data:
                break
            writer.write(data)
            await writer.drain()
        writer.close()

    def close(self):
        async def end():
            self.server.close()
            for task in list(self.tasks):
                task.cancel()
            await asyncio.sleep(0.1)
            self.loop.stop()

        self.loop.call_soon_threadsafe(lambda: self.loop.create_task(end()))
        self.thread.join(timeout=10)
        self.loop.close()


@pytest.fixture
def forwarders():
    made = []

    def make(target):
        made.append(Forwarder(target))
        return made[-1]

    yield make
    for forwarder in made:
        forwarder.close()


def test_reload_during_a_show(daemon, viewer, proxies):
    """Again and again, at another moment of the transfer each time."""
    daemon.start()
    proxy = proxies(daemon.port)
    viewer.expect_errors(*CUT)
    viewer.open(f"http://127.0.0.1:{proxy.port}/viewer").live()
    names = ["bracket-model", "assembly-model"]
    for turn in range(6):
        proxy.bytes_per_second = 2_000_000
        daemon.send(message(names[turn % 2]))
        time.sleep(0.05 * turn)
        viewer.page.reload()
        proxy.bytes_per_second = None
        viewer.live().wait_parts("robot" if turn % 2 else "bracket").wait_drawn()
    assert "bracket" not in viewer.names()


def test_reload_after_a_show_looks_the_same(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    daemon.send(message("assembly-model"))
    viewer.wait_parts("robot").wait_drawn()
    seen = look(viewer)
    for _ in range(2):
        viewer.page.reload()
        viewer.live().wait_parts("robot").wait_drawn()
        assert_same(viewer, seen)


def test_show_before_any_browser(daemon, viewer):
    daemon.start()
    for name in ("box-model", "assembly-model", "assembly-animation"):
        daemon.send(message(name))
    viewer.open(daemon.url).live().wait_parts("robot", "leg5").wait_drawn()
    viewer.wait_call("viewer.hasAnimation?.() ?? viewer.animation?.hasTracks?.()")


def test_second_window(daemon, viewers):
    """Every window shows every model, and each has its own camera."""
    daemon.start()
    first = viewers().open(daemon.url).live()
    daemon.send(message("assembly-model"))
    first.wait_parts("robot").wait_drawn()
    seen = look(first)
    second = viewers().open(daemon.url).live().wait_parts("robot").wait_drawn()
    assert difference(picture(second), seen[1]) > 1
    assert_same(first, seen)
    daemon.send(message("bracket-model"))
    for viewer in (first, second):
        viewer.wait_parts("bracket").wait_drawn()


def test_status_and_screenshots_are_of_the_window_used_last(daemon, viewers, tmp_path):
    daemon.start()
    daemon.send(message("assembly-model"))
    first = viewers().open(daemon.url).live().wait_parts("robot").wait_drawn()
    second = viewers().open(daemon.url).live().wait_parts("robot").wait_drawn()

    def used(viewer):
        box = viewer.page.locator("#cad_viewer canvas").first.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        viewer.page.mouse.move(x, y)
        viewer.page.mouse.down()
        viewer.page.mouse.move(x + 60, y + 25, steps=5)
        viewer.page.mouse.up()

    def reported():
        return daemon.ask("status")["text"]["position"]

    for viewer, other in ((first, second), (second, first), (first, second)):
        used(viewer)
        end = time.monotonic() + 10
        while reported() != pytest.approx(viewer.camera()[:3], rel=1e-3) and time.monotonic() < end:
            time.sleep(0.05)
        assert reported() == pytest.approx(viewer.camera()[:3], rel=1e-3)
        # What the other one draws because a kernel says so is no use of it.
        daemon.send(message("ui"))
        other.wait_call("viewer.getTransparent()")
        other.call("viewer.setCameraZoom(viewer.getCameraZoom() * 1.01);"
                   "await new Promise((resolve) => setTimeout(resolve, 300));")
        assert reported() == pytest.approx(viewer.camera()[:3], rel=1e-3)
    seen = []
    for viewer in (first, second):
        viewer.page.evaluate(
            "() => { const send = WebSocket.prototype.send; WebSocket.prototype.send = function (text) {"
            " if (String(text).includes('\"screenshot\"')) window.shots = (window.shots ?? 0) + 1;"
            " return send.call(this, text); }; }")
    shot = tmp_path / "shot.png"
    with daemon.connect() as socket:
        socket.send(f'C:{{"type":"screenshot","filename":"{shot}"}}'.encode())
    end = time.monotonic() + 20
    while not shot.exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert shot.exists()
    seen = [viewer.page.evaluate("window.shots ?? 0") for viewer in (first, second)]
    assert seen == [1, 0]


@pytest.mark.parametrize("woken", [True, False], ids=["the system says so", "nobody says so"])
def test_closed_laptop(daemon, viewer, forwarders, woken):
    """The wire is dead for a while, and so is the connection: the server has given it up, the
    browser has not heard of that."""
    daemon.start("--ping-interval", "1", "--ping-timeout", "1")
    wire = forwarders(daemon.port)
    viewer.expect_errors(*CUT)
    viewer.open(f"http://127.0.0.1:{wire.port}/viewer").live()
    daemon.send(message("assembly-model"))
    viewer.wait_parts("robot").wait_drawn()
    seen = look(viewer)
    wire.dead = True
    daemon.send(message("assembly-model"))
    time.sleep(CUT_SECONDS)
    wire.dead = False
    if woken:
        viewer.page.evaluate("window.dispatchEvent(new Event('online'))")
    viewer.page.evaluate("performance.clearMarks()")
    viewer.page.set_default_timeout(60_000)
    viewer.wait_drawn().live().wait_parts("robot")
    assert_same(viewer, seen)
    daemon.send(message("bracket-model"))
    viewer.wait_parts("bracket").wait_drawn()


def stored(folder, size):
    """Whether the folder holds a picture of that size, whole."""
    return any(path.stat().st_size > size for path in folder.rglob("*") if path.is_file())


def begin_show(daemon, data):
    """A kernel in the middle of a show: half of the model is with the server."""
    import socket  # pylint: disable=import-outside-toplevel

    kernel = socket.create_connection(("127.0.0.1", daemon.port))
    kernel.sendall(
        f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{daemon.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += kernel.recv(4096)
    kernel.sendall(b"\x82\xff" + len(data).to_bytes(8, "big") + bytes(4) + data[: len(data) // 2])
    return kernel


def test_killed_server_in_mid_show(daemon, viewer, tmp_path):
    folder = tmp_path / "kept"
    daemon.start("--state-dir", str(folder))
    port = daemon.port
    viewer.expect_errors(*CUT)
    viewer.open(daemon.url).live()
    daemon.send(message("assembly-model"))
    viewer.wait_parts("robot").wait_drawn()
    seen = look(viewer)
    end = time.monotonic() + 20
    while not stored(folder, len(message("assembly-model")) // 3) and time.monotonic() < end:
        time.sleep(0.1)
    assert stored(folder, len(message("assembly-model")) // 3)
    kernel = begin_show(daemon, message("bracket-model"))
    time.sleep(0.2)
    daemon.stop(signal.SIGKILL)
    kernel.close()
    viewer.page.wait_for_selector("#bar-state.waiting")
    viewer.page.evaluate("performance.clearMarks()")
    daemon.start("--state-dir", str(folder), port=port)
    viewer.live()
    viewer.wait_drawn().wait_parts("robot")
    assert "bracket" not in viewer.names()
    assert_same(viewer, seen)
    # It is the server that has the picture, not only the page that kept it.
    viewer.page.reload()
    viewer.live().wait_parts("robot").wait_drawn()
    assert_same(viewer, seen)


def test_killed_server_with_a_late_browser(daemon, viewers, tmp_path):
    folder = tmp_path / "kept"
    daemon.start("--state-dir", str(folder))
    port = daemon.port
    daemon.send(message("assembly-model"), session="other")
    end = time.monotonic() + 20
    while not stored(folder, len(message("assembly-model")) // 3) and time.monotonic() < end:
        time.sleep(0.1)
    daemon.stop(signal.SIGKILL)
    daemon.start("--state-dir", str(folder), port=port)
    root = daemon.url.removesuffix("viewer")
    viewers().open(root + "s/other/viewer").live().wait_parts("robot").wait_drawn()
    listing = viewers().open(root + "sessions")
    card = listing.page.locator("li[data-session=other]")
    card.locator(".models", has_text=re.compile("base")).wait_for()


def test_root_of_a_port_is_its_session(start_port, daemon, viewer):
    """On the port of a session the switcher still finds the default one."""
    port = start_port()
    daemon.start("--listen", f"{port}=left")
    daemon.send(message("box-model"))
    daemon.send(message("assembly-model"), session="left")
    viewer.open(f"http://127.0.0.1:{port}/viewer").live().wait_parts("robot").wait_drawn()
    viewer.page.select_option("#bar-session", "default")
    viewer.page.wait_for_url(re.compile("/s/default/viewer"))
    viewer.live().wait_parts("Solid")
    assert "robot" not in viewer.names()
    viewer.page.select_option("#bar-session", "left")
    viewer.page.wait_for_url(f"http://127.0.0.1:{port}/viewer")
    viewer.live().wait_parts("robot")


@pytest.fixture
def start_port():
    """A port that is free now."""
    import socket  # pylint: disable=import-outside-toplevel

    def find():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    return find
