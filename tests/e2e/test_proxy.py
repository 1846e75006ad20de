# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Behind the real nginx and the real jupyter-server-proxy, in Chromium."""
import pytest
from certs import make_cert, trusting
from chromium import PATIENCE_MS
from conftest import recorded
from daemon import wait_until
from peers import Kernel
from playwright.sync_api import TimeoutError as TooLate
from proxies import Jupyter, Nginx, composed
from slow import PATIENCE, SLOW
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from wire import Wire, get

TOKEN = "correct-horse-battery-staple"
PREFIXES = ["/cad", "/lab/deep/er"]


@pytest.fixture
def nginx(tmp_path):
    """A function that puts nginx before a daemon."""
    made = []

    def make(daemon, **more):
        made.append(Nginx(tmp_path / "nginx", daemon.port, make_cert(tmp_path / "cert", "localhost"), **more))
        return made[-1]

    yield make
    for each in made:
        each.stop()


class Window:
    """A browser window, and what went wrong in it."""

    def __init__(self, chromium):
        self.page = chromium.new_context().new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.problems = []
        self.sockets = []
        self.page.on("console", lambda entry: self.problems.append(entry.text) if entry.type == "error" else None)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("websocket", lambda socket: self.sockets.append(socket.url))

    def open(self, url):
        self.page.goto(url)
        try:
            self.page.wait_for_selector("#bar-state.live")
        except TooLate as error:
            said = self.page.locator("#notices").inner_text()
            raise AssertionError(f"not live; problems {self.problems}, sockets {self.sockets}, said {said!r}") from error
        return self

    def wait_models(self, number):
        """So many models were fetched as files."""
        self.page.wait_for_function(
            "(n) => performance.getEntriesByType('resource').filter((e) => /models\\/[0-9a-f]+$/.test(e.name)).length >= n",
            arg=number)
        self.page.wait_for_function("() => cadcast.viewer?.ready")

    def addresses(self):
        return self.page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")

    def close(self):
        self.page.context.close()


@pytest.fixture
def window(chromium):
    made = Window(chromium)
    yield made
    made.close()


# -- nginx

@pytest.mark.parametrize("prefix", PREFIXES)
def test_nginx_with_a_prefix_and_https(start, nginx, window, prefix):
    """Page, files, socket, model, cookie, sessions: all of it below the prefix, by https."""
    daemon = start("--trusted-proxy", "127.0.0.1", "--token", TOKEN)
    proxy = nginx(daemon)
    Kernel(daemon.port).send(recorded("box-model"))
    window.open(f"{proxy.url}{prefix}/viewer?token={TOKEN}")
    assert window.page.url == f"{proxy.url}{prefix}/viewer", "the token is gone from the address, the prefix is not"
    window.wait_models(1)
    Kernel(daemon.port).send(recorded("bracket-model"))
    window.wait_models(2)
    outside = [url for url in window.addresses() if not url.startswith((f"{proxy.url}{prefix}/", "blob:", "data:"))]
    assert not outside, outside
    assert window.sockets and all(url.startswith(f"wss://localhost:{proxy.port}{prefix}/") for url in window.sockets)
    cookie = window.page.context.cookies()[0]
    assert cookie["httpOnly"] and cookie["secure"] and cookie["sameSite"] == "Strict" and cookie["path"] == prefix
    assert not window.problems, window.problems
    # A further session, and the list of them.
    Kernel(daemon.port, "/s/left/").send(recorded("zoo-model"))
    window.open(f"{proxy.url}{prefix}/s/left/viewer")
    window.wait_models(1)
    assert window.sockets[-1] == f"wss://localhost:{proxy.port}{prefix}/s/left/"
    window.page.goto(f"{proxy.url}{prefix}/sessions")
    window.page.wait_for_selector("text=left")
    assert not window.problems, window.problems


@pytest.mark.parametrize("prefix", PREFIXES)
def test_nginx_needs_the_token(start, nginx, prefix):
    """A client behind a proxy does not count as a local process."""
    daemon = start("--trusted-proxy", "127.0.0.1", "--token", TOKEN)
    proxy = nginx(daemon)
    for target in ("/viewer", "/healthz", "/sessions"):
        with secure_wire(proxy) as wire:
            wire.request("GET", prefix + target, host=f"localhost:{proxy.port}")
            response = wire.read_response()
            assert response.status == 401, response
    with pytest.raises(InvalidStatus):
        connect(f"wss://localhost:{proxy.port}{prefix}/", ssl=trusting(), open_timeout=PATIENCE * SLOW)
    with connect(f"wss://localhost:{proxy.port}{prefix}/", ssl=trusting(), open_timeout=PATIENCE * SLOW,
                 additional_headers={"X-Cadcast-Token": TOKEN}) as socket:
        socket.send('C:"status"')
        assert "status" in str(socket.recv(timeout=PATIENCE * SLOW))
    # The redirect stays below the prefix.
    with secure_wire(proxy) as wire:
        wire.request("GET", f"{prefix}/?token={TOKEN}", host=f"localhost:{proxy.port}")
        assert wire.read_response().headers["location"] == "./"


def test_nginx_as_the_compose_file_has_it(start, nginx, window):
    """At the root of a host and of any name, with the token, as packaging/compose starts both."""
    daemon = start(variables={"CADCAST_TRUSTED_PROXY": "127.0.0.1", "CADCAST_TOKEN": TOKEN})
    proxy = nginx(daemon, example=composed)
    for lines, status in ((), 403), ((f"X-Cadcast-Token: {TOKEN}",), 200):
        with secure_wire(proxy) as wire:
            wire.request("GET", "/healthz", *lines, host="cad.example.org")
            assert wire.read_response().status == status, lines
    Kernel(daemon.port).send(recorded("box-model"))
    window.open(f"{proxy.url}/viewer?token={TOKEN}")
    window.wait_models(1)
    assert window.sockets == [f"wss://localhost:{proxy.port}/"]
    assert not window.problems, window.problems


def secure_wire(proxy):
    wire = Wire(proxy.port)
    wire.socket = trusting().wrap_socket(wire.socket, server_hostname="localhost")
    return wire


def test_nginx_that_checks_by_itself(start, nginx, window):
    """As docs/security.md has it for a proxy that asks who it is."""
    daemon = start("--trusted-proxy", "127.0.0.1", "--any-user", "--trust-network", "0.0.0.0/0", "--trust-network", "::/0")
    proxy = nginx(daemon)
    Kernel(daemon.port).send(recorded("box-model"))
    window.open(f"{proxy.url}/cad/viewer")
    window.wait_models(1)
    assert not window.problems, window.problems


def test_nginx_passes_on_what_a_hostile_page_says(start, nginx):
    """Its page's Origin, its own forwarded headers: nothing of it counts."""
    daemon = start("--trusted-proxy", "127.0.0.1", "--token", TOKEN)
    proxy = nginx(daemon)
    for lines in (["Origin: https://evil.example"], ["Sec-Fetch-Site: cross-site"], ["Origin: null"]):
        with secure_wire(proxy) as wire:
            wire.request("GET", "/cad/", *wire.handshake_lines(), f"X-Cadcast-Token: {TOKEN}", *lines,
                         host=f"localhost:{proxy.port}")
            assert wire.read_response().status == 403, lines
    for lines in (["X-Forwarded-For: 127.0.0.1"], ["X-Forwarded-Prefix: /x"], ["X-Forwarded-Host: localhost"]):
        with secure_wire(proxy) as wire:
            wire.request("GET", "/cad/viewer", *lines, host=f"localhost:{proxy.port}")
            assert wire.read_response().status == 401, lines
    with secure_wire(proxy) as wire:
        wire.request("GET", "/cad/viewer", host="evil.example")
        assert wire.read_response().status in (401, 403)


def test_headers_are_believed_from_the_trusted_proxy_alone(start):
    """The same headers from a peer that is not named."""
    trusted = start("--trusted-proxy", "127.0.0.1", "--token", TOKEN)
    plain = start("--token", TOKEN)
    lines = ["X-Forwarded-Prefix: /x", "X-Forwarded-Proto: https"]
    for daemon, status, secure in ((trusted, 303, True), (plain, 404, False)):
        response = get(daemon.port, f"/x/viewer?token={TOKEN}", *lines)
        assert response.status in (status, 303)
        assert ("Secure" in response.headers.get("set-cookie", "")) == secure
        assert ("Path=/x" in response.headers.get("set-cookie", "")) == secure
    header = f"X-Cadcast-Token: {TOKEN}"
    assert get(trusted.port, "/x/viewer", header, *lines).status == 200
    assert get(plain.port, "/x/viewer", header, *lines).status == 404
    # One that sends none is no proxy: a browser of this machine.
    assert get(trusted.port, "/viewer").status == 200
    assert get(trusted.port, "/viewer", "X-Forwarded-For: 127.0.0.1").status == 401


def test_proxy_restart(start, nginx, window):
    """nginx is stopped and started: the page comes back by itself and shows what is newest."""
    daemon = start("--trusted-proxy", "127.0.0.1", "--token", TOKEN)
    proxy = nginx(daemon)
    Kernel(daemon.port).send(recorded("box-model"))
    window.open(f"{proxy.url}/cad/viewer?token={TOKEN}")
    window.wait_models(1)
    proxy.stop()
    wait_until(lambda: daemon.health()["browsers"] == 0, what="the browser to be gone")
    Kernel(daemon.port).send(recorded("bracket-model"))
    proxy.start()
    window.page.wait_for_selector("#bar-state.live")
    window.wait_models(2)
    wait_until(lambda: daemon.health()["browsers"] == 1)


# -- Jupyter

@pytest.fixture
def jupyter(tmp_path):
    made = []

    def make(daemon):
        made.append(Jupyter(tmp_path / "jupyter", daemon.port))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def test_jupyter_server_proxy(start, jupyter, window):
    daemon = start()
    proxy = jupyter(daemon)
    Kernel(daemon.port).send(recorded("box-model"))
    window.open(f"{proxy.url}/viewer?token={proxy.token}")
    window.wait_models(1)
    Kernel(daemon.port).send(recorded("bracket-model"))
    window.wait_models(2)
    outside = [url for url in window.addresses() if not url.startswith((proxy.url + "/", "blob:", "data:"))]
    assert not outside, outside
    assert window.sockets and all(url.startswith(proxy.url.replace("http", "ws") + "/") for url in window.sockets)
    Kernel(daemon.port, "/s/left/").send(recorded("zoo-model"))
    window.open(f"{proxy.url}/s/left/viewer")
    window.wait_models(1)
    window.page.goto(f"{proxy.url}/sessions")
    window.page.wait_for_selector("text=left")
    assert not window.problems, window.problems
    # Without Jupyter's own token no request reaches the daemon.
    with Wire(proxy.port) as wire:
        wire.request("GET", f"/user/me/proxy/{daemon.port}/viewer", host=f"localhost:{proxy.port}")
        assert wire.read_response().status in (302, 401, 403)
