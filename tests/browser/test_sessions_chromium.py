# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Whatever happens to the page, the connection or the server: in the end a person sees the picture
that the session holds, as they last looked at it."""
import asyncio
import re
import signal
import time

import pytest
from conftest import PAINT, PATIENCE, Proxy, message
from daemon import free_port, wait_until

CUT = ("WebSocket connection to", "ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "ERR_TIMED_OUT", "net::ERR")
LOOK = "viewer.setCameraPosition([80, -120, 60]); viewer.setCameraZoom(4);"
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
    viewer.painted()
    return viewer.camera(), picture(viewer)


def assert_same(viewer, seen):
    camera, grid = seen
    viewer.wait_equal(viewer.camera, pytest.approx(camera, rel=1e-4, abs=1e-4), "the camera")
    viewer.wait_until(lambda: difference(picture(viewer), grid) <= 1, "the same picture")


class Forwarder(Proxy):
    """A wire between browser and server that can fail silently: bytes are lost, and neither end gets
    an error."""

    dead = False

    async def _serve(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        state = {"dead": False}
        other = None
        try:
            if self.dead:
                await self._never()
            from_server, other = await asyncio.open_connection("127.0.0.1", self.target)
            await asyncio.gather(self._lose(reader, other, state), self._lose(from_server, writer, state))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self.tasks.discard(asyncio.current_task())
            for each in (writer, other):
                if each is not None:
                    each.close()

    async def _lose(self, reader, writer, state):
        while True:
            data = await reader.read(1 << 16)
            # A connection that has lost a byte stays dead, and neither end gets an error.
            state["dead"] = state["dead"] or self.dead
            if state["dead"]:
                if not data:
                    await self._never()
                continue
            if not data:
                break
            writer.write(data)
            await writer.drain()
        writer.close()

    async def _never(self):
        """Until close() ends the task."""
        await asyncio.Event().wait()


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
        time.sleep(0.05 * turn)  # another moment of the transfer
        viewer.page.reload()
        proxy.bytes_per_second = None
        viewer.live().wait_parts("robot" if turn % 2 else "bracket").wait_drawn()
    viewer.wait_until(lambda: "bracket" not in viewer.names(), "the tree of the last model")


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
        wait_until(lambda viewer=viewer: reported() == pytest.approx(viewer.camera()[:3], rel=1e-3),
                   what="the camera in the status")
        # What the other one draws because a kernel says so is no use of it.
        daemon.send(message("ui"))
        other.wait_call("viewer.getTransparent()")
        other.call("viewer.setCameraZoom(viewer.getCameraZoom() * 1.01);")
        other.painted()
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
    first.wait_until(shot.exists, "the screenshot")
    seen = [viewer.page.evaluate("window.shots ?? 0") for viewer in (first, second)]
    assert seen == [1, 0]


@pytest.mark.parametrize("woken", [True, False], ids=["woken by the system", "not woken"])
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
    wait_until(lambda: daemon.health()["browsers"] == 0, what="the server to give it up")
    viewer.page.evaluate("performance.clearMarks()")
    wire.dead = False
    if woken:
        viewer.page.evaluate("window.dispatchEvent(new Event('online'))")
    viewer.wait_drawn().live().wait_parts("robot")
    assert_same(viewer, seen)
    daemon.send(message("bracket-model"))
    viewer.wait_parts("bracket").wait_drawn()


def stored(daemon):
    """Whether a picture has been written, whole."""
    return daemon.lines("picture saved", debug=True)


def begin_show(daemon, data):
    """A kernel in the middle of a show: half of the model is with the server."""
    import socket  # pylint: disable=import-outside-toplevel

    kernel = socket.create_connection(("127.0.0.1", daemon.port), PATIENCE)
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
    viewer.expect_errors(*CUT)
    viewer.open(daemon.url).live()
    daemon.send(message("assembly-model"))
    viewer.wait_parts("robot").wait_drawn()
    seen = look(viewer)
    wait_until(lambda: stored(daemon), what="the picture on disk")
    kernel = begin_show(daemon, message("bracket-model"))
    wait_until(lambda: daemon.metric("in_flight_bytes") > 0, what="half of a model")
    daemon.stop(signal.SIGKILL)
    kernel.close()
    viewer.page.wait_for_selector("#bar-state.waiting")
    viewer.page.evaluate("performance.clearMarks()")
    daemon.start("--state-dir", str(folder))
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
    daemon.send(message("assembly-model"), session="other")
    wait_until(lambda: stored(daemon), what="the picture on disk")
    daemon.stop(signal.SIGKILL)
    daemon.start("--state-dir", str(folder))
    root = daemon.url.removesuffix("viewer")
    viewers().open(root + "s/other/viewer").live().wait_parts("robot").wait_drawn()
    listing = viewers().open(root + "sessions")
    card = listing.page.locator("li[data-session=other]")
    card.locator(".models", has_text=re.compile("base")).wait_for()


def test_root_of_a_port_is_its_session(daemon, viewer):
    """On the port of a session the switcher still finds the default one."""
    port = free_port()
    daemon.start("--listen", f"{port}=left")
    daemon.send(message("box-model"))
    daemon.send(message("assembly-model"), session="left")
    viewer.open(f"http://127.0.0.1:{port}/viewer").live().wait_parts("robot").wait_drawn()
    viewer.page.select_option("#bar-session", "default")
    viewer.page.wait_for_url(re.compile("/s/default/viewer"))
    viewer.live().wait_parts("Solid")
    viewer.wait_until(lambda: "robot" not in viewer.names(), "the tree of the default session")
    viewer.page.select_option("#bar-session", "left")
    viewer.page.wait_for_url(f"http://127.0.0.1:{port}/viewer")
    viewer.live().wait_parts("robot")
