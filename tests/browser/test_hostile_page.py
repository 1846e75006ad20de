# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What a hostile page can do in Chromium, on another origin or under a name that was made to point
to this machine: nothing. The same page served by the daemon's own origin shows that the attempts
are made right (test_the_attempts_work_from_our_own_page)."""
import http.server
import json
import socket
import threading

import pytest
from chromium import CHROMIUM, FLAGS
from conftest import PATIENCE, message
from daemon import wait_until

HOSTILE = b"<!doctype html><title>hostile</title><p>hello"

# Tries everything against `base`; answers what worked.
ATTEMPTS = """
async (base) => {
    const got = {};
    // Told enough once a message came, or if none is to come, after a moment: both only where the socket opens.
    const socket = (path, said, answered = true) => new Promise((done) => {
        let result = "refused";
        let ws;
        try { ws = new WebSocket(base.replace("http", "ws") + path); } catch (e) { done("refused"); return; }
        ws.onopen = () => {
            result = "open";
            for (const text of said) ws.send(text);
            setTimeout(() => ws.close(), answered ? 60000 : 1000);
        };
        ws.onmessage = (event) => { result = "read " + String(event.data).slice(0, 30); ws.close(); };
        ws.onclose = () => done(result);
    });
    const shot = JSON.stringify({ command: "screenshot", text: { filename: "%(file)s", data: "%(png)s" } });
    got.socket = await socket("/", ["L:{}"]);
    got.session = await socket("/s/other/", ["L:{}", 'C:"status"']);
    got.draw = await socket("/", ['D:{"type":"data","data":{"hostile":true}}', 'D:{"type":"clear"}'], false);
    got.write = await socket("/", ['C:{"type":"screenshot","filename":"%(file)s"}', "L:{}", "U:" + shot, 'C:"status"']);
    const paths = ["/healthz", "/metrics", "/viewer", "/sessions", "/picture.png", "%(model)s"];
    for (const path of paths) {
        for (const mode of ["cors", "no-cors"]) {
            try {
                const response = await fetch(base + path, { mode, credentials: "include" });
                const text = await response.text();
                got[mode + path] = text.length > 0 ? "read" : "opaque";
            } catch (error) {
                got[mode + path] = "refused";
            }
        }
    }
    for (const method of ["POST", "PUT", "DELETE"]) {
        try {
            const response = await fetch(base + "/viewer", { method, mode: "no-cors", body: "x" });
            got[method] = response.type;
        } catch (error) {
            got[method] = "refused";
        }
    }
    const element = (name, attribute, path) => new Promise((done) => {
        const made = document.createElement(name);
        made.onload = () => done("loaded");
        made.onerror = () => done("refused");
        made[attribute] = base + path;
        document.body.append(made);
        setTimeout(() => done("silent"), 60000);
    });
    got.script = await element("script", "src", "/static/page.js");
    got.image = await element("img", "src", "/picture.png");
    const frame = document.createElement("iframe");
    frame.src = base + "/viewer";
    const loaded = new Promise((done) => { frame.onload = done; });
    document.body.append(frame);
    await loaded;
    try { got.frame = frame.contentDocument === null ? "closed" : frame.contentDocument.title; }
    catch (error) { got.frame = "closed"; }
    return got;
}
"""
PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)


class Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # pylint: disable=invalid-name
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(HOSTILE)))
        self.end_headers()
        self.wfile.write(HOSTILE)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


@pytest.fixture
def site():
    """Another user's web server on this machine."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


class Rebinder:
    """What the hostile name points to: at first a server that has the page, then the daemon, both
    on the same port. The other loopback address stands for the name server that changes its mind."""

    def __init__(self, port):
        self.port = port
        self.rebound = False
        self.socket = socket.create_server(("127.0.0.2", port))
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.daemon if self.rebound else self.page, args=(client,), daemon=True).start()

    def page(self, client):
        with client:
            client.recv(65536)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
                           % len(HOSTILE) + HOSTILE)

    def daemon(self, client):
        with client, socket.create_connection(("127.0.0.1", self.port)) as server:
            back = threading.Thread(target=self.carry, args=(server, client), daemon=True)
            back.start()
            self.carry(client, server)
            back.join(20)

    @staticmethod
    def carry(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(5)


@pytest.fixture
def rebound(chromium):
    """Chromium for which names under example are where the Rebinder is."""
    running = chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, "--host-resolver-rules=MAP *.example 127.0.0.2"])
    yield running
    running.close()


@pytest.fixture
def foreign(browser):
    """A maker of pages, each in a context of its own."""
    contexts = []

    def make(**options):
        contexts.append(browser.new_context(**options))
        return contexts[-1].new_page()

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def shown(daemon, viewers):
    """A daemon with a model and a browser that shows it; the model's address."""
    daemon.start()
    daemon.send(message("box-model"))
    viewer = viewers().open(daemon.url).live()
    viewer.page.wait_for_function("() => cadcast.viewer?.ready")
    address = viewer.fetched_models()[0]
    return address[address.index("/models/"):]


def attempts(page, base, model, file):
    values = {"file": str(file), "png": PNG, "model": model}
    return page.evaluate(ATTEMPTS % values, base)


def nothing_worked(got):
    for name in ("socket", "session", "draw", "write"):
        assert got[name] == "refused", (name, got)
    for name, result in got.items():
        assert not str(result).startswith("read"), (name, got)
    assert got["script"] == "refused" and got["image"] != "loaded", got
    assert got["frame"] == "closed", got


def unharmed(daemon, file):
    """The picture is still the box, and no file was written."""
    assert not file.exists()
    with daemon.connect() as late:
        late.send("L:{}")
        assert late.recv(timeout=PATIENCE) == message("box-model")[2:].decode()
    assert len(daemon.log().split("refused with 403")) > 5


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_page_of_another_origin(daemon, shown, site, foreign, tmp_path, host):
    page = foreign()
    page.goto(f"http://{host}:{site}/")
    file = tmp_path / "written.png"
    nothing_worked(attempts(page, f"http://127.0.0.1:{daemon.port}", shown, file))
    unharmed(daemon, file)


def test_dns_rebinding(daemon, shown, rebound, tmp_path):
    """The page's own name points to us now, so Chromium thinks that we are its own server: it
    sends no foreign Origin, and would let the page read every answer."""
    page = rebound.new_context().new_page()
    base = f"http://rebound.evil.example:{daemon.port}"
    rebinder = Rebinder(daemon.port)
    page.goto(f"{base}/")
    assert page.title() == "hostile"
    rebinder.rebound = True
    file = tmp_path / "written.png"
    got = attempts(page, base, shown, file)
    for name in ("socket", "session", "draw", "write"):
        assert got[name] == "refused", (name, got)
    # It may read the answers, and they say nothing but Forbidden.
    texts = page.evaluate(
        """async ([base, model]) => {
            const all = [];
            for (const path of ["/healthz", "/metrics", "/viewer", "/static/page.js", model]) {
                const response = await fetch(base + path);
                all.push(response.status + " " + (await response.text()).trim());
            }
            return all;
        }""", [base, shown])
    assert set(texts) == {"403 Forbidden"}, texts
    response = page.goto(f"{base}/viewer")
    assert response.status == 403 and "cadcast" not in response.text()
    unharmed(daemon, file)
    page.context.close()
    rebinder.close()


def test_the_attempts_work_from_our_own_page(daemon, shown, foreign, tmp_path):
    """Otherwise the tests above would prove nothing: a mistake in them looks like a refusal."""
    page = foreign(bypass_csp=True)
    page.goto(f"{daemon.url.rsplit('/', 1)[0]}/sessions")
    got = attempts(page, f"http://127.0.0.1:{daemon.port}", shown, tmp_path / "own.png")
    assert got["socket"].startswith("read") and got["draw"] == "open", json.dumps(got, indent=1)
    assert got["cors/healthz"] == "read" and got["cors/viewer"] == "read" and got["cors" + shown] == "read"
    assert got["script"] == "loaded" and got["frame"] != "closed"
    wait_until((tmp_path / "own.png").exists, what="the file")


def test_a_page_of_an_allowed_origin(daemon, foreign, site):
    """--allow-origin lets that one in, and no other."""
    daemon.start("--allow-origin", f"http://127.0.0.1:{site}")
    daemon.send(message("box-model"))
    for host, expected in (("127.0.0.1", True), ("localhost", False)):
        page = foreign()
        page.goto(f"http://{host}:{site}/")
        opened = page.evaluate(
            """(url) => new Promise((done) => {
                const socket = new WebSocket(url);
                socket.onopen = () => done(true);
                socket.onerror = () => done(false);
            })""", f"ws://127.0.0.1:{daemon.port}/")
        assert opened == expected, host
