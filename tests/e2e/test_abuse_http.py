# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""HTTP that breaks the rules: the right answer, one log line, and the next client is served."""
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from daemon import wait_until
from wire import Closed, Wire, get

pytestmark = pytest.mark.abuse

# Nothing of these files may ever come back.
OUTSIDE = (b"root:", b"project('cadcast'", b"[core]", b"SPDX-License-Identifier: MIT\n# Copy")

TRAVERSALS = [
    "/static/../meson.build",
    "/static/../../../../../../../../etc/passwd",
    "/static/%2e%2e/meson.build",
    "/static/%2e%2e%2fmeson.build",
    "/static/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/static/.%2e/meson.build",
    "/static/%252e%252e%252fmeson.build",
    "/static/..\\meson.build",
    "/static/..%5cmeson.build",
    "/static/%c0%ae%c0%ae/meson.build",
    "/static/%c0%ae%c0%ae%c0%afmeson.build",
    "/static/%e0%80%ae%e0%80%ae/meson.build",
    "/static/%uff0e%uff0e/meson.build",
    "/static/page.js%00",
    "/static/page.js%00.html",
    "/static/%00/../../meson.build",
    "/static/....//meson.build",
    "/static/..;/meson.build",
    "/static//etc/passwd",
    "/static/./../meson.build",
    "/static/vendor/../../meson.build",
    "/static/vendor/../../../../../../../etc/passwd",
    "/static/",
    "/static/vendor",
    "/static/.git/config",
    "/static/../.git/config",
    "/templates/viewer.html",
    "/../meson.build",
    "/%2e%2e/meson.build",
    "//etc/passwd",
    "/s/../static/../meson.build",
    "/s/%2e%2e/viewer",
    "/s/a%2fb/viewer",
    "/s/.../../viewer",
    "/models/../meson.build",
    "/models/%2e%2e%2fmeson.build",
    "/viewer/../meson.build",
    "/viewer%00",
    "/viewer%0d%0aSet-Cookie:%20a=b",
]


def served(daemon):
    """The next client is served."""
    assert get(daemon.port, "/healthz").status == 200


def refused(daemon, wire, status):
    """The connection was answered with that status (one, or one of several) and closed, and the
    log says why, once."""
    expected = (status,) if isinstance(status, int) else status
    response = wire.read_response()
    assert response.status in expected, response
    assert 0 < len(response.body) < 1000
    wire.read_end()
    lines = daemon.lines_about(wire.peer)
    assert len(lines) == 1, lines
    served(daemon)


@pytest.mark.parametrize(
    "data",
    [
        b"\x00" * 100 + b"\r\n\r\n",
        bytes(range(256)) * 16,
        random.Random(7).randbytes(5000) + b"\r\n\r\n",
        b"\xff\xf4\xff\xfd\x06\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /viewer\r\n\r\n",
        b"GET /viewer HTTP/0.9\r\nHost: localhost\r\n\r\n",
        b"GET /viewer HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"GET viewer HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"get /viewer HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET\t/viewer HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /vie wer HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /\x00viewer HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /viewer HTTP/1.1\r\nHost localhost\r\n\r\n",
        b"GET /viewer HTTP/1.1\r\nHost : localhost\r\n\r\n",
        b"GET /viewer HTTP/1.1\r\nHost: local\x00host\r\n\r\n",
        b"GET /viewer HTTP/1.1\r\n: localhost\r\n\r\n",
        b"C:\"status\"\r\n\r\n",
    ],
    ids=lambda data: repr(data[:24]),
)
@pytest.mark.shared
def test_refuses_garbage(daemon, wire, data):
    peer = wire()
    try:
        peer.send(data)
    except Closed:
        pass
    refused(daemon, peer, (400, 505))


@pytest.mark.parametrize(
    "lines, status",
    [
        (["Content-Length: abc"], 400),
        (["Content-Length: -1"], 400),
        (["Content-Length: 5", "Content-Length: 6"], 400),
        (["Content-Length: 99999999999999999999999"], (400, 413)),
        (["Transfer-Encoding: chunked", "Content-Length: 5"], 400),
        (["Transfer-Encoding: nonsense"], (400, 501)),
        (["Content-Length: 1000000000"], 413),
    ],
    ids=str,
)
@pytest.mark.shared
def test_refuses_a_body_that_lies(daemon, wire, lines, status):
    peer = wire()
    peer.request("POST", "/viewer", *lines)
    refused(daemon, peer, status)


@pytest.mark.parametrize("chunk", [b"zz\r\n", b"-5\r\n", b"5\r\nhelloXX\r\n", b"fffffffffffffffff\r\n"])
@pytest.mark.shared
def test_refuses_bad_chunks(daemon, wire, chunk):
    peer = wire()
    peer.request("POST", "/viewer", "Transfer-Encoding: chunked", body=chunk)
    refused(daemon, peer, (400, 405, 413))


@pytest.mark.shared
def test_refuses_an_endless_body(daemon, wire):
    peer = wire()
    peer.request("POST", "/viewer", "Transfer-Encoding: chunked")
    chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    try:
        for _ in range(100):
            peer.send(chunk)
    except Closed:
        pass
    refused(daemon, peer, 413)


@pytest.mark.shared
def test_wants_a_host(daemon, wire):
    peer = wire()
    peer.request("GET", "/viewer", host="")
    assert peer.read_response().status == 400
    served(daemon)


@pytest.mark.shared
def test_wants_one_host(daemon, wire):
    peer = wire()
    peer.request("GET", "/viewer", "Host: localhost")
    assert peer.read_response().status in (400, 403)
    served(daemon)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("target", ["/viewer", "/static/page.js", "/healthz"])
@pytest.mark.shared
def test_allows_get_and_head_only(daemon, method, target):
    response = get(daemon.port, target, method=method)
    assert response.status == 405
    assert "GET" in response.headers["allow"]


@pytest.mark.shared
def test_refuses_unknown_methods(daemon, wire):
    peer = wire()
    peer.request("BREW", "/viewer")
    assert peer.read_response().status in (400, 405, 501)
    served(daemon)


@pytest.mark.parametrize("target", ["/nothing", "/static/nothing.js", "/viewer/x", "/models/nothing"])
@pytest.mark.shared
def test_answers_404(daemon, target):
    response = get(daemon.port, target)
    assert response.status == 404
    assert len(response.body) < 1000


@pytest.mark.shared
def test_serves_many_headers_and_refuses_too_many(daemon, wire):
    assert get(daemon.port, "/healthz", *[f"X-{i}: {i}" for i in range(95)]).status == 200
    peer = wire()
    peer.request("GET", "/healthz", *[f"X-{i}: {i}" for i in range(150)])
    refused(daemon, peer, 431)


@pytest.mark.parametrize("name, value", [("X", "y" * 70000), ("x" * 70000, "y")], ids=["value", "name"])
@pytest.mark.shared
def test_refuses_an_oversized_header(daemon, wire, name, value):
    peer = wire()
    try:
        peer.request("GET", "/healthz", f"{name}: {value}")
    except Closed:
        pass
    refused(daemon, peer, 431)


@pytest.mark.shared
def test_refuses_an_oversized_target(daemon, wire):
    peer = wire()
    try:
        peer.request("GET", "/" + "a" * 70000)
    except Closed:
        pass
    refused(daemon, peer, (414, 431))


@pytest.mark.shared
def test_refuses_a_header_without_end(daemon, wire):
    peer = wire()
    try:
        peer.send(b"GET /healthz HTTP/1.1\r\nX: ")
        for _ in range(100):
            peer.send(b"y" * 10000)
    except Closed:
        pass
    refused(daemon, peer, 431)


@pytest.mark.parametrize("target", TRAVERSALS)
@pytest.mark.shared
def test_nothing_outside_static(daemon, wire, target):
    peer = wire()
    peer.request("GET", target, "Connection: close")
    response = peer.read_response()
    assert response.status in (400, 403, 404), response
    for secret in OUTSIDE:
        assert secret not in response.body
    assert "set-cookie" not in response.headers
    peer.read_end()
    served(daemon)


def test_half_a_request_times_out(start):
    daemon = start("--header-timeout", "1")
    with Wire(daemon.port) as peer:
        peer.send(b"GET /viewer HTTP/1.1\r\nHost: loc")
        refused(daemon, peer, 408)


def test_slow_headers_time_out(start):
    """A byte now and then does not put the deadline off."""
    daemon = start("--header-timeout", "1")
    began = time.monotonic()
    with Wire(daemon.port) as peer:
        try:
            for byte in b"GET /viewer HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 200:
                peer.send(bytes([byte]))
                time.sleep(0.1)  # a byte now and then
                if time.monotonic() - began > 15:
                    raise AssertionError("a slow client is kept for ever")
        except Closed:
            pass
    assert len(daemon.lines_about(peer.peer)) == 1
    served(daemon)


def test_an_idle_connection_is_let_go(start):
    daemon = start("--keepalive-timeout", "1", "--header-timeout", "1")
    with Wire(daemon.port) as peer:
        peer.request("GET", "/healthz")
        assert peer.read_response().status == 200
        peer.read_end()
        # No fault of the peer, so no line about it.
        assert daemon.lines_about(peer.peer) == []
    served(daemon)


def test_slow_clients_do_not_hold_up_others(start):
    daemon = start("--header-timeout", "5")
    slow = [Wire(daemon.port) for _ in range(200)]
    for peer in slow:
        peer.send(b"GET /viewer HT")
    for _ in range(20):
        served(daemon)
    for peer in slow:
        peer.close()


PREFIXES = [
    b"",
    b"G",
    b"GET /viewer HTTP/1.1\r\n",
    b"GET /viewer HTTP/1.1\r\nHost: 127.0.0.1\r\n\r",
    b"POST /viewer HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nabc",
    b"GET /static/vendor/three-cad-viewer.esm.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /viewer HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 50,
]


@pytest.mark.parametrize("ending", ["close", "reset"])
@pytest.mark.parametrize("data", PREFIXES, ids=lambda data: f"{len(data)} bytes")
@pytest.mark.shared
def test_peers_that_vanish_leave_no_trace(daemon, data, ending):
    served(daemon)
    before = daemon.descriptors()
    peers = []
    for _ in range(20):
        peer = Wire(daemon.port)
        peer.send(data)
        getattr(peer, ending)()
        peers.append(peer.peer)
    wait_until(lambda: daemon.descriptors() <= before, what="all descriptors closed")
    served(daemon)
    assert [line for peer in peers for line in daemon.lines_about(peer)] == []


@pytest.mark.shared
def test_garbage_from_many_at_once(daemon):
    """Seeded noise from eight threads; afterwards everything is as before."""
    served(daemon)
    before = daemon.descriptors()

    def attack(seed):
        chance = random.Random(seed)
        for _ in range(40):
            with Wire(daemon.port) as peer:
                start = chance.choice([b"", b"GET / HTTP/1.1\r\n", b"GET /viewer HTTP/1.1\r\nHost: a\r\n"])
                try:
                    peer.send(start + chance.randbytes(chance.randrange(1, 20000)))
                except Closed:
                    pass
                if chance.random() < 0.5:
                    peer.reset()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(attack, range(8)))
    wait_until(lambda: daemon.descriptors() <= before, what="all descriptors closed")
    served(daemon)
