# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Who may talk to the daemon, over real sockets. docs/security.md says why, and which of these
fails when which check is taken out."""
import base64
import json
import os
import pwd
import re
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest
from conftest import recorded
from daemon import PROGRAM, environment, wait_until
from peers import Browser, Kernel
from slow import PATIENCE, SLOW
from websockets.exceptions import InvalidStatus
from wire import TEXT, Wire, get

TOKEN = "correct-horse-battery-staple"
PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)


def page(daemon, *lines, target="/viewer", at="127.0.0.1", **more):
    return get(daemon.port, target, *lines, host=at, **more)


def request(port, *lines, target="/viewer", method="GET", at="127.0.0.1"):
    """A request with exactly these header lines."""
    with Wire(port, at) as wire:
        wire.request(method, target, "Connection: close", *lines, host="")
        return wire.read_response()


def upgrade_status(port, *lines, at="127.0.0.1", target="/", host=None):
    """The status of a WebSocket handshake with these lines."""
    with Wire(port, at) as wire:
        wire.request("GET", target, *wire.handshake_lines(), *lines, host=host)
        return wire.read_response()


def assert_bare(response, status):
    """A refusal tells nothing but its status."""
    assert response.status == status, response
    assert len(response.body) < 40 and b"cadcast" not in response.body.lower(), response.body
    assert "set-cookie" not in response.headers and "location" not in response.headers
    assert TOKEN not in str(response)


# -- Host

OURS = [
    "127.0.0.1:{port}", "127.0.0.1", "localhost:{port}", "localhost", "LocalHost:{port}", "localhost.:{port}",
    "cad.localhost:{port}", "[::1]:{port}", "[::1]", "[0:0:0:0:0:0:0:1]:{port}", "[::ffff:127.0.0.1]:{port}",
    "127.1.2.3:{port}", "localhost:1", "localhost:65535", "localhost:443",
]
STRANGE = [
    "evil.example", "evil.example:{port}", "localhost.evil.example", "127.0.0.1.evil.example", "evillocalhost",
    "192.168.1.5:{port}", "10.0.0.1", "[2001:db8::1]:{port}", "0.0.0.0:{port}", "[::]:{port}", "xn--lclhost-bya:{port}",
    "1.1.1.1.nip.example",
]
MALFORMED = [
    "", " ", "user@localhost:{port}", "localhost@evil.example", "localhost:{port}@evil.example", "local%68ost",
    "[::1%lo]:{port}", "[::1", "::1", "localhost:99999", "localhost:-1", "localhost:+80", "localhost:8 0",
    "localhost:http", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "127.0.0.1/x", "localhost/..", "a..b",
    ".localhost", "localhost..", "local host", "localhost,evil.example", "localhost:{port}, evil.example",
    "http://localhost", "[127.0.0.1]", "[]", "localhost:{port}:{port}", "localhost\x00evil", "a" * 300,
]


@pytest.mark.parametrize("host", OURS)
@pytest.mark.shared
def test_our_names(daemon, host):
    host = host.format(port=daemon.port)
    assert request(daemon.port, f"Host: {host}").status == 200
    assert upgrade_status(daemon.port, host=host).status == 101


@pytest.mark.parametrize("host", STRANGE)
@pytest.mark.shared
def test_dns_rebinding_names_of_others(daemon, host):
    """A page whose name was made to point here comes with its own name as Host."""
    host = host.format(port=daemon.port)
    assert_bare(request(daemon.port, f"Host: {host}"), 403)
    for target in ("/healthz", "/metrics", "/sessions", "/static/page.js", "/models/x", "/", "/nothing"):
        assert_bare(request(daemon.port, f"Host: {host}", target=target), 403)
    assert_bare(upgrade_status(daemon.port, host=host), 403)
    # Its Origin is the same as its Host: only the Host gives it away.
    assert_bare(upgrade_status(daemon.port, f"Origin: http://{host}", host=host), 403)
    assert daemon.lines("is not a name of this server"), daemon.log()


@pytest.mark.parametrize("host", MALFORMED)
@pytest.mark.shared
def test_malformed_hosts(daemon, host):
    response = request(daemon.port, f"Host: {host.format(port=daemon.port)}")
    assert response.status in (400, 403), response
    if host.strip() and "\x00" not in host:
        assert upgrade_status(daemon.port, host=host.format(port=daemon.port)).status in (400, 403)


@pytest.mark.shared
def test_host_in_other_letters(daemon):
    """Names in other alphabets: punycode as browsers send it, and raw bytes that none sends."""
    for host in ("xn--localhst-n9a", "lоcalhost".encode().decode("latin-1"), "localhost\xad"):
        assert request(daemon.port, f"Host: {host}").status in (400, 403)


@pytest.mark.shared
def test_no_host_and_two(daemon):
    assert request(daemon.port).status == 400
    port = daemon.port
    assert request(port, f"Host: localhost:{port}", f"Host: localhost:{port}").status == 400
    assert request(port, f"Host: localhost:{port}", "Host: evil.example").status == 400
    with Wire(port) as wire:
        wire.send(b"GET /viewer HTTP/1.0\r\n\r\n")
        assert wire.read_response().status == 400


@pytest.mark.shared
def test_a_whole_url_counts_before_host(daemon):
    host = f"Host: localhost:{daemon.port}"
    refused = request(daemon.port, host, target=f"http://evil.example:{daemon.port}/viewer")
    assert_bare(refused, 403)
    with Wire(daemon.port) as wire:
        wire.request("GET", f"http://evil.example:{daemon.port}/", *wire.handshake_lines())
        assert wire.read_response().status == 403
    own = request(daemon.port, "Host: evil.example", target=f"http://localhost:{daemon.port}/viewer?x")
    assert own.status == 200 and b"<title>cadcast" in own.body


def test_allow_host(start):
    daemon = start("--allow-host", "cad.example.org", "--allow-host", ".lab.example", "--allow-host", "bücher.example",
                   "--allow-host", "192.168.7.7")
    allowed = ["cad.example.org", "CAD.Example.ORG:8443", "cad.example.org.", "lab.example", "a.b.lab.example:1",
               "192.168.7.7:99"]
    refused = ["x.cad.example.org", "example.org", "evil-lab.example", "lab.example.evil", "192.168.7.8"]
    for host in allowed:
        assert request(daemon.port, f"Host: {host}").status == 200, host
    for host in refused:
        assert_bare(request(daemon.port, f"Host: {host}"), 403)


# -- Origin

def origin_status(daemon, origin, host=None):
    host = (host or "localhost:{port}").format(port=daemon.port)
    return upgrade_status(daemon.port, f"Origin: {origin.format(port=daemon.port)}", host=host).status


@pytest.mark.parametrize("origin, host", [
    ("http://localhost:{port}", "localhost:{port}"), ("http://127.0.0.1:{port}", "127.0.0.1:{port}"),
    ("http://[::1]:{port}", "[::1]:{port}"), ("HTTP://LOCALHOST:{port}", "localhost:{port}"),
    ("http://localhost.:{port}", "localhost:{port}"), ("https://localhost:{port}", "localhost:{port}"),
    ("http://localhost", "localhost"), ("http://localhost:80", "localhost"), ("http://localhost", "localhost:80"),
    ("https://localhost", "localhost:443"), ("http://[0:0::1]:{port}", "[::1]:{port}"),
])
@pytest.mark.shared
def test_our_own_pages(daemon, origin, host):
    assert origin_status(daemon, origin, host) == 101


@pytest.mark.parametrize("origin", [
    "http://evil.example", "https://evil.example:{port}", "null", "", "http://localhost:1", "http://127.0.0.1:{port}",
    "http://localhost", "https://localhost", "http://localhost:{port}.evil.example", "http://localhost:{port}@evil.example",
    "http://evil.example@localhost:{port}", "http://localhost.evil.example:{port}", "file://", "file://localhost:{port}",
    "chrome-extension://abcdefgh", "ftp://localhost:{port}", "localhost:{port}", "//localhost:{port}", "http://", "http:",
    "http://localhost:{port}/path", "http://localhost:{port} http://evil.example", "http://xn--lclhost-bya:{port}",
    "http://0.0.0.0:{port}", "http://[::]:{port}", "http://localhost:0{port}0",
])
@pytest.mark.shared
def test_pages_of_others(daemon, origin):
    assert origin_status(daemon, origin) == 403


@pytest.mark.shared
def test_pages_of_others_with_plain_requests(daemon):
    """What a page of another origin asks for without a WebSocket."""
    own = f"Host: localhost:{daemon.port}"
    for target in ("/viewer", "/healthz", "/metrics", "/sessions"):
        assert_bare(request(daemon.port, own, "Origin: http://evil.example", target=target), 403)
        for site in ("cross-site", "same-site"):
            for mode in ("no-cors", "cors", "websocket"):
                assert_bare(request(daemon.port, own, f"Sec-Fetch-Site: {site}", f"Sec-Fetch-Mode: {mode}",
                                    target=target), 403)
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        response = request(daemon.port, own, "Origin: http://evil.example", method=method)
        assert response.status == 403
    # A link from elsewhere may be followed; our own page may ask for all.
    link = request(daemon.port, own, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate")
    assert link.status == 200
    for site in ("same-origin", "none"):
        assert request(daemon.port, own, f"Sec-Fetch-Site: {site}", "Sec-Fetch-Mode: cors").status == 200
    # ... but a frame, a script or a form of theirs is no way round it.
    assert request(daemon.port, own, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", method="POST").status == 403


@pytest.mark.shared
def test_two_origins(daemon):
    own = f"http://localhost:{daemon.port}"
    for lines in ([f"Origin: {own}", "Origin: http://evil.example"], ["Origin: http://evil.example", f"Origin: {own}"]):
        assert upgrade_status(daemon.port, *lines, host=f"localhost:{daemon.port}").status == 400


def test_allow_origin(start):
    daemon = start("--allow-origin", "https://cad.example.org", "--allow-origin", "http://lab.example:8080")
    for origin in ("https://cad.example.org", "https://CAD.example.org:443", "http://lab.example:8080"):
        assert origin_status(daemon, origin) == 101, origin
    for origin in ("http://cad.example.org", "https://cad.example.org:444", "http://lab.example", "https://x.cad.example.org"):
        assert origin_status(daemon, origin) == 403, origin
    policy = page(daemon).headers["content-security-policy"]
    ancestors = policy.split("frame-ancestors")[1]
    assert "https://cad.example.org" in ancestors and "http://lab.example:8080" in ancestors


# -- other users of this machine

@pytest.fixture(scope="module")
def stranger():
    """Another user of this machine."""
    if os.geteuid() != 0:
        pytest.skip("only root can make another user")
    if shutil.which("useradd") is None:
        pytest.skip("useradd is not installed")
    name = f"cadcast-{uuid.uuid4().hex[:8]}"
    subprocess.run(["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name], check=True)
    yield pwd.getpwnam(name)
    subprocess.run(["userdel", name], check=True)


ASK = """
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 60)
s.sendall(sys.argv[3].encode())
data = b""
while b"\\r\\n\\r\\n" not in data:
    more = s.recv(4096)
    if not more: break
    data += more
print(data.split(b"\\r\\n")[0].decode())
"""


def ask_as(user, port, target="/viewer", *lines, at="127.0.0.1"):
    """The status that a process of that user gets."""
    head = "".join(f"{line}\r\n" for line in (f"Host: localhost:{port}", *lines))
    ended = subprocess.run(
        ["/usr/bin/python3", "-c", ASK, at, str(port), f"GET {target} HTTP/1.1\r\n{head}\r\n"],
        user=user.pw_uid, group=user.pw_gid, extra_groups=[], env={}, cwd="/", capture_output=True, text=True,
        timeout=2 * PATIENCE * SLOW, check=True,
    )
    return int(ended.stdout.split()[1])


HANDSHAKE = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")


@pytest.mark.parametrize("at", ["127.0.0.1", "127.9.9.9", "::1"])
def test_another_user_is_refused(start, stranger, at):
    daemon = start("--host", "0.0.0.0", "--token", TOKEN) if at == "127.9.9.9" else start()
    status = 401 if at == "127.9.9.9" else 403
    assert ask_as(stranger, daemon.port, at=at) == status
    assert ask_as(stranger, daemon.port, "/", *HANDSHAKE, at=at) == status
    assert ask_as(stranger, daemon.port, "/healthz", at=at) == status
    assert daemon.lines("another user of this machine")
    # Who runs it is let in meanwhile.
    with Wire(daemon.port, at) as wire:
        wire.request("GET", "/viewer", host=f"localhost:{daemon.port}")
        assert wire.read_response().status == 200


def test_another_user_with_the_token(start, stranger):
    daemon = start("--token", TOKEN)
    assert ask_as(stranger, daemon.port) == 401
    assert ask_as(stranger, daemon.port, "/viewer", "X-Cadcast-Token: wrong-wrong-wrong") == 401
    assert ask_as(stranger, daemon.port, "/viewer", f"X-Cadcast-Token: {TOKEN}") == 200
    assert ask_as(stranger, daemon.port, "/", *HANDSHAKE, f"X-Cadcast-Token: {TOKEN}") == 101


def test_any_user(start, stranger):
    daemon = start("--any-user")
    assert ask_as(stranger, daemon.port) == 200
    assert ask_as(stranger, daemon.port, "/", *HANDSHAKE) == 101


def test_another_user_gains_nothing_by_networks_or_headers(start, stranger):
    daemon = start("--trust-network", "127.0.0.0/8", "--trust-network", "::1", "--trusted-proxy", "198.51.100.1")
    for lines in ((), ("X-Forwarded-For: 127.0.0.1",), ("Forwarded: for=127.0.0.1",), ("X-Real-IP: 127.0.0.1",)):
        assert ask_as(stranger, daemon.port, "/viewer", *lines) == 403


# -- tokens

def test_other_addresses_need_the_token(start, outer):
    daemon = start("--host", "0.0.0.0", "--token", TOKEN)
    own = f"{outer}:{daemon.port}"
    for target in ("/viewer", "/healthz", "/metrics", "/sessions", "/static/page.js", "/", "/nothing", "/models/x",
                   "/%", "/../x", "/s/a/viewer"):
        response = page(daemon, target=target, at=outer)
        assert_bare(response, 401)
        assert response.headers["www-authenticate"].startswith("Bearer")
    assert_bare(upgrade_status(daemon.port, at=outer, host=own), 401)
    for wrong in (TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "", TOKEN[1:], "x" * 128, "%00" + TOKEN, TOKEN + "%20"):
        assert_bare(page(daemon, target=f"/viewer?token={wrong}", at=outer), 401)
        assert_bare(page(daemon, f"Authorization: Bearer {wrong}", at=outer), 401)
        assert_bare(page(daemon, f"X-Cadcast-Token: {wrong}", at=outer), 401)
        assert_bare(page(daemon, f"Cookie: cadcast_{daemon.port}={wrong}", at=outer), 401)
        assert_bare(upgrade_status(daemon.port, f"X-Cadcast-Token: {wrong}", at=outer, host=own), 401)
    for basic in (base64.b64encode(f"user:{TOKEN}".encode()).decode(), TOKEN):
        assert_bare(page(daemon, f"Authorization: Basic {basic}", at=outer), 401)
    assert TOKEN not in daemon.log(), "the log must not have the token"
    # On loopback the user who runs it needs none; a wrong one is wrong all the same.
    assert page(daemon).status == 200
    assert_bare(page(daemon, "X-Cadcast-Token: wrong-wrong"), 401)


def test_a_person_without_the_token_gets_a_page_with_a_field_for_it(start, outer):
    daemon = start("--host", "0.0.0.0", "--token", TOKEN)
    html = "Accept: text/html,application/xhtml+xml"
    for target in ("/viewer", "/sessions", "/nothing", f"/viewer?token={TOKEN[1:]}", "/s/a/viewer"):
        answer = page(daemon, html, target=target, at=outer)
        assert answer.status == 401 and answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"].startswith("text/html")
        assert b'<input name="token"' in answer.body and TOKEN.encode() not in answer.body
        assert "set-cookie" not in answer.headers
    same = {page(daemon, html, target=target, at=outer).body for target in ("/viewer", "/nothing", "/viewer?token=x")}
    assert len(same) == 1, "the page tells of what exists"
    refused = page(daemon, html, "Host: evil.example", at=outer)
    assert refused.status in (400, 403), "two hosts"
    evil = request(daemon.port, html, "Host: evil.example")
    assert evil.status == 403 and b"<h1>" in evil.body and b"evil" not in evil.body
    # Programs, parts of a page and WebSockets get the status alone.
    assert_bare(page(daemon, "Accept: */*", at=outer), 401)
    assert_bare(upgrade_status(daemon.port, html, at=outer, host=f"{outer}:{daemon.port}"), 401)


def test_the_right_token_in_a_header(start, outer):
    daemon = start("--host", "0.0.0.0", "--token", TOKEN)
    for line in (f"X-Cadcast-Token: {TOKEN}", f"Authorization: Bearer {TOKEN}", f"authorization: bearer {TOKEN}"):
        assert page(daemon, line, at=outer).status == 200
        assert upgrade_status(daemon.port, line, at=outer, host=f"{outer}:{daemon.port}").status == 101
    # The token proves that the name is no rebound one, but not that the page is ours.
    assert upgrade_status(daemon.port, f"X-Cadcast-Token: {TOKEN}", at=outer, host="cad.example.org").status == 101
    assert upgrade_status(daemon.port, f"X-Cadcast-Token: {TOKEN}", "Origin: http://evil.example", at=outer,
                          host=f"{outer}:{daemon.port}").status == 403


def test_the_token_moves_from_the_query_to_a_cookie(start, outer):
    daemon = start("--host", "0.0.0.0", "--token", TOKEN)
    response = page(daemon, target=f"/viewer?a=1&token={TOKEN}&b=2", at=outer)
    assert response.status == 303
    assert response.headers["location"] == "./viewer?a=1&b=2"
    assert response.headers["cache-control"] == "no-store"
    cookie, *attributes = [part.strip() for part in response.headers["set-cookie"].split(";")]
    assert set(attributes) >= {"HttpOnly", "SameSite=Strict", "Path=/"} and "Secure" not in attributes
    assert str(daemon.port) in cookie.split("=")[0], "cookies know no ports"
    assert page(daemon, f"Cookie: {cookie}", at=outer).status == 200
    assert page(daemon, f"Cookie: a=b; {cookie}; c=d", at=outer).status == 200
    own = f"{outer}:{daemon.port}"
    assert upgrade_status(daemon.port, f"Cookie: {cookie}", f"Origin: http://{own}", at=outer, host=own).status == 101
    # A page on another port of this host is sent the cookie by the browser, and still may not.
    other = upgrade_status(daemon.port, f"Cookie: {cookie}", f"Origin: http://{outer}:1", at=outer, host=own)
    assert_bare(other, 403)
    # A WebSocket cannot be redirected.
    assert upgrade_status(daemon.port, at=outer, host=own, target=f"/?token={TOKEN}").status == 101
    # From a link on another site the cookie would not come along with a redirect.
    link = page(daemon, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", target=f"/viewer?token={TOKEN}",
                at=outer)
    assert link.status == 200 and b"refresh" in link.body and TOKEN.encode() not in link.body
    assert "set-cookie" in link.headers


def test_a_made_token_is_printed_and_strong(start, outer):
    daemons = [start("--host", "0.0.0.0") for _ in range(2)]
    tokens = [daemon.url.split("token=")[1] for daemon in daemons]
    assert tokens[0] != tokens[1] and all(len(token) >= 22 for token in tokens)
    for daemon, token in zip(daemons, tokens):
        assert page(daemon, at=outer).status == 401
        assert page(daemon, f"X-Cadcast-Token: {token}", at=outer).status == 200
    assert page(daemons[0], f"X-Cadcast-Token: {tokens[1]}", at=outer).status == 401


def test_token_from_the_environment(start, outer):
    daemon = start("--host", "0.0.0.0", variables={"CADCAST_TOKEN": TOKEN})
    assert page(daemon, f"X-Cadcast-Token: {TOKEN}", at=outer).status == 200
    assert TOKEN.encode() not in Path(f"/proc/{daemon.pid}/cmdline").read_bytes()


def test_a_given_token_can_be_kept_from_the_output(start, outer, tmp_path):
    """For containers, and in the journal; a token that was made has no other place."""
    given = {"CADCAST_TOKEN": TOKEN}
    assert TOKEN in start("--host", "0.0.0.0", variables=given).url
    hidden = start("--host", "0.0.0.0", variables={**given, "CADCAST_HIDE_TOKEN": "1"})
    assert hidden.url.endswith("/viewer") and page(hidden, f"X-Cadcast-Token: {TOKEN}", at=outer).status == 200
    hidden.stop()
    assert TOKEN not in hidden.output.decode() + hidden.log()
    assert "token=" in start("--host", "0.0.0.0", "--hide-token").url


def test_the_journal_has_no_given_token(tmp_path):
    with open(tmp_path / "journal", "w+b") as journal:
        status = os.fstat(journal.fileno())
        env = environment(tmp_path / "home", JOURNAL_STREAM=f"{status.st_dev}:{status.st_ino}", CADCAST_TOKEN=TOKEN)
        with subprocess.Popen([PROGRAM, "--port", "0", "--host", "0.0.0.0"], env=env, stdout=journal, stderr=journal) as process:
            wait_until(lambda: b"READY http" in Path(journal.name).read_bytes(), 20, "the address")
            process.terminate()
    assert TOKEN.encode() not in Path(journal.name).read_bytes()


def test_no_token(start, outer):
    daemon = start("--host", "0.0.0.0", "--no-token")
    assert page(daemon, at=outer).status == 200
    # Rebinding and foreign pages are refused even so.
    assert_bare(request(daemon.port, "Host: evil.example", at=outer), 403)
    assert upgrade_status(daemon.port, "Origin: http://evil.example", at=outer, host=f"{outer}:{daemon.port}").status == 403


def test_trust_network(start, outer):
    daemon = start("--host", "0.0.0.0", "--token", TOKEN, "--trust-network", f"{outer}/32")
    own = f"{outer}:{daemon.port}"
    Kernel(daemon.port, host=outer).send(recorded("box-model"))
    assert page(daemon, at=outer).status == 200
    assert_bare(request(daemon.port, "Host: evil.example", at=outer), 403)
    assert upgrade_status(daemon.port, "Origin: http://evil.example", at=outer, host=own).status == 403
    other = start("--host", "0.0.0.0", "--token", TOKEN, "--trust-network", "198.51.100.0/24")
    assert page(other, at=outer).status == 401
    with pytest.raises(InvalidStatus):
        Kernel(other.port, host=outer).send(recorded("box-model"))


def test_forwarded_headers_of_any_peer(start, outer):
    """Only --trusted-proxy may say for whom it speaks."""
    daemon = start("--host", "0.0.0.0", "--token", TOKEN, "--trust-network", "198.51.100.0/24")
    for line in ("X-Forwarded-For: 127.0.0.1", "X-Forwarded-For: 198.51.100.7", "Forwarded: for=198.51.100.7",
                 "X-Real-IP: 198.51.100.7"):
        assert page(daemon, line, at=outer).status == 401, line
    own = f"Host: localhost:{daemon.port}"
    assert_bare(request(daemon.port, "Host: evil.example", "X-Forwarded-Host: localhost"), 403)
    evil = upgrade_status(daemon.port, "Origin: http://evil.example", "X-Forwarded-Host: evil.example",
                          host=f"localhost:{daemon.port}")
    assert_bare(evil, 403)
    assert request(daemon.port, own, "X-Forwarded-Prefix: /x", target="/x/viewer").status == 404


# -- read only, and screenshots

def test_read_only_browsers(start):
    daemon = start("--read-only")
    own = f"http://127.0.0.1:{daemon.port}"
    kernel = Kernel(daemon.port)
    kernel.send(recorded("box-model"))
    with Browser(daemon.port, origin=own) as browser:
        assert browser.next() == recorded("box-model")[2:].decode()
        browser.send(b"D:" + recorded("bracket-model")[2:])
        browser.send('S:{"config":{"axes":true}}')
        browser.send('D:{"type":"clear"}')
        browser.send('C:{"type":"screenshot","filename":"/tmp/x.png"}')
        assert browser.quiet(0.5)
        kernel.send(recorded("bracket-model"))
        assert browser.next() == recorded("bracket-model")[2:].decode()
    assert len(daemon.lines("may only view")) >= 1, daemon.log()
    with Browser(daemon.port, origin=own) as late:
        assert late.next() == recorded("bracket-model")[2:].decode()


# -- the token of those who may only view

VIEW = "only-a-spectator-here"


@pytest.mark.parametrize("at", ["outer", "loopback"])
def test_viewers_look_and_change_nothing(start, outer, at):
    daemon = start("--host", "0.0.0.0", "--token", TOKEN, "--view-token", VIEW)
    host = outer if at == "outer" else "127.0.0.1"
    own = f"{host}:{daemon.port}"
    mine = f"Cookie: cadcast_{daemon.port}={VIEW}"
    kernel = Kernel(daemon.port)
    kernel.send_and_settle(recorded("box-model"))
    moved = page(daemon, target=f"/viewer?token={VIEW}", at=host)
    assert moved.status == 303 and moved.headers["set-cookie"].startswith(f"cadcast_{daemon.port}={VIEW};")
    shown = page(daemon, mine, target="/viewer", at=host)
    assert shown.status == 200 and b'"read_only": true' in shown.body.replace(b":true", b": true")
    # Neither the page nor another answer has the token of those who may do more.
    for target in ("/viewer", "/sessions", "/addresses", "/s/a/addresses", "/healthz", "/metrics", "/qr.svg?host=127.0.0.1",
                   "/status", "/s/a/viewer"):
        answer = page(daemon, mine, target=target, at=host)
        assert TOKEN.encode() not in answer.body, target
    assert page(daemon, mine, target="/status", at=host).status == 403
    for target in ("/viewer", "/sessions/listen?port=0&name=x", "/api/v1/show"):
        assert request(daemon.port, f"Host: {own}", mine, "Content-Length: 0", target=target, method="POST",
                       at=host).status == 403
    for lines in ([mine], [f"X-Cadcast-Token: {VIEW}"], [f"Authorization: Bearer {VIEW}"]):
        with Wire(daemon.port, host) as wire:
            wire.upgrade("/", *lines)
            wire.send_frame(TEXT, b"L:" + json.dumps({"viewer": "cadcast", "id": "v"}).encode())
            for message in (b"D:" + recorded("bracket-model")[2:], b'S:{"type":"ui","config":{"axes":true}}',
                            b'D:{"type":"clear"}', b'C:{"type":"screenshot","filename":"/tmp/x.png"}',
                            b"L:Python listener", b'R:{"x":1}', b'U:{"command":"thumbnail","text":{"data":"x"}}'):
                wire.send_frame(TEXT, message)
            wire.send_frame(TEXT, b'U:{"command":"ping"}')
            wait_until(lambda wire=wire: b"pong" in wire.read_message(), what="the answer to the ping")
    assert daemon.health()["sessions"] == 1
    with Wire(daemon.port, host) as wire:
        wire.request("GET", "/s/new/", *wire.handshake_lines(), mine)
        assert wire.read_response().status == 404, "it would make a session"
    with Browser(daemon.port) as browser:
        assert browser.next() == recorded("box-model")[2:].decode()


def test_what_the_request_says_counts_before_the_cookie(start, outer):
    daemon = start("--host", "0.0.0.0", "--token", TOKEN, "--view-token", VIEW)
    whole = f"Cookie: cadcast_{daemon.port}={TOKEN}"
    assert page(daemon, whole, target="/status", at=outer).status == 200
    assert page(daemon, whole, f"X-Cadcast-Token: {VIEW}", target="/status", at=outer).status == 403
    assert page(daemon, f"Cookie: cadcast_{daemon.port}={VIEW}", f"X-Cadcast-Token: {TOKEN}", target="/status",
                at=outer).status == 200
    assert_bare(page(daemon, whole, "X-Cadcast-Token: neither-of-both", target="/status", at=outer), 401)


def test_a_token_for_viewers_is_made_where_one_is_needed_and_stays_over_a_restart(start, outer):
    daemon = start("--host", "0.0.0.0")
    urls = json.loads(get(daemon.port, "/addresses").body)
    whole, view = (re.search(r"token=(.*)", urls[key][0])[1] for key in ("urls", "view_urls"))
    assert len(view) == 22 and whole != view and view not in daemon.log()
    assert [url for url in urls["view_urls"] if outer in url]
    assert page(daemon, f"X-Cadcast-Token: {view}", at=outer).status == 200
    assert json.loads(get(start().port, "/addresses").body)["view_urls"] == []


def take_shot(daemon, browser, filename, sent=None):
    """A kernel asks for a screenshot, and the browser sends one."""
    Kernel(daemon.port).send("D:" + json.dumps({"type": "screenshot", "filename": str(filename)}))
    browser.say("screenshot", {"filename": str(sent or filename), "data": PNG})
    browser.settle()


def test_screenshots_only_where_a_kernel_asked(start, tmp_path):
    daemon = start()
    wanted, other = tmp_path / "shot.png", tmp_path / "other.png"
    with Browser(daemon.port) as browser:
        browser.settle()
        browser.say("screenshot", {"filename": str(other), "data": PNG})
        browser.settle()
        Kernel(daemon.port).send("C:" + json.dumps({"type": "screenshot", "filename": str(wanted)}))
        browser.say("screenshot", {"filename": str(other), "data": PNG})
        browser.say("screenshot", {"filename": str(wanted), "data": PNG})
        wait_until(wanted.exists, what="the screenshot")
        # Once asked for is once written.
        wanted.unlink()
        browser.say("screenshot", {"filename": str(wanted), "data": PNG})
        wait_until(lambda: daemon.metric("bad_messages_total") == 3, what="three refusals")
    assert not wanted.exists() and not other.exists()
    assert daemon.lines("no kernel asked for this screenshot")


@pytest.mark.parametrize("name", ["relative.png", "/nowhere-at-all/x.png", "/etc", "", "/tmp/", "/tmp/..", "/tmp/x\x00y"])
def test_screenshots_that_cannot_be(daemon, tmp_path, name):
    with Browser(daemon.port) as browser:
        browser.settle()
        Kernel(daemon.port).send("C:" + json.dumps({"type": "screenshot", "filename": name}))
        browser.say("screenshot", {"filename": name, "data": PNG})
        browser.settle()
    assert daemon.alive() and not Path("relative.png").exists()


def test_screenshots_are_pictures(daemon, tmp_path):
    """Whatever a page sends under that name, only a PNG becomes a file."""
    with Browser(daemon.port) as browser:
        browser.settle()
        for number, data in enumerate(["#!/bin/sh\nrm -rf /", "data:text/plain;base64,aGFsbG8=",
                                       "data:image/png;base64,aGFsbG8=", "data:image/png;base64,"]):
            name = tmp_path / f"no-{number}.png"
            Kernel(daemon.port).send("C:" + json.dumps({"type": "screenshot", "filename": str(name)}))
            browser.say("screenshot", {"filename": str(name), "data": data})
        wait_until(lambda: sum(f"no-{number}.png" in line for number in range(4)
                               for line in daemon.lines("screenshot:")) == 4, what="four refusals")
    assert not list(tmp_path.glob("no-*"))


def test_screenshots_for_other_machines(start, outer, tmp_path):
    daemon = start("--host", "0.0.0.0", "--no-token")
    name = tmp_path / "remote.png"
    with Browser(daemon.port) as browser:
        browser.settle()
        Kernel(daemon.port, host=outer).send("C:" + json.dumps({"type": "screenshot", "filename": str(name)}))
        browser.say("screenshot", {"filename": str(name), "data": PNG})
        wait_until(lambda: daemon.lines("no kernel asked for this screenshot"), what="the refusal of the picture")
    assert not name.exists()
    assert daemon.lines("screenshots are written for kernels of this machine only")


# -- files, and what every answer carries

@pytest.mark.parametrize("target", [
    "/static/../templates/viewer.html", "/static/%2e%2e/templates/viewer.html", "/static/..%2ftemplates/viewer.html",
    "/static//etc/passwd", "/static/%2fetc/passwd", "/etc/passwd", "/../../etc/passwd", "/static/..\\..\\etc\\passwd",
    "/static/%00", "/static/page.js%00.png", "/s/../viewer/x", "/static/.git/config", "//etc/passwd",
])
@pytest.mark.shared
def test_no_file_outside_the_page(daemon, target):
    response = page(daemon, target=target)
    assert response.status in (400, 404), response
    assert b"root:" not in response.body


ANSWERS = [
    ("GET", "/viewer", 200), ("GET", "/", 302), ("GET", "/healthz", 200), ("GET", "/metrics", 200),
    ("GET", "/sessions", 200), ("GET", "/static/page.js", 200), ("HEAD", "/viewer", 200), ("GET", "/nothing", 404),
    ("POST", "/viewer", 405), ("GET", "/models/" + "0" * 32, 404), ("GET", "/%", 400), ("GET", "/picture.png", 404),
]


def assert_headers(response):
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy
    assert "frame-ancestors 'self'" in policy and "unsafe-eval" not in policy
    assert "unsafe-inline" not in policy.split("style-src")[0]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cross-origin-resource-policy"] == "same-origin"
    assert not [name for name in response.headers if name.startswith("access-control-")]
    assert "server" not in response.headers and "x-powered-by" not in response.headers


@pytest.mark.parametrize("method, target, status", ANSWERS)
@pytest.mark.shared
def test_response_headers(daemon, method, target, status):
    response = get(daemon.port, target, method=method)
    assert response.status == status
    assert_headers(response)


def test_the_page_contacts_the_studio_s_host_only_with_the_option(start):
    for options, sources in (([], "'self' data: blob:"), (["--studio-online"], "'self' data: blob: https://dl.polyhaven.org")):
        daemon = start(*options)
        policy = get(daemon.port, "/viewer").headers["content-security-policy"]
        assert f"; connect-src {sources}; worker-src " in policy
        daemon.stop()


@pytest.mark.shared
def test_a_person_who_asks_for_no_page_gets_one_that_says_so(daemon):
    html = "Accept: text/html,application/xhtml+xml"
    for target in ("/nothing", "/s/a%20b/viewer", "/s/a/nothing"):
        answer = page(daemon, html, target=target)
        assert answer.status == 404 and b"<h1>There is no such page</h1>" in answer.body
        assert_headers(answer)
        assert_bare(page(daemon, "Accept: */*", target=target), 404)


@pytest.mark.shared
def test_response_headers_of_refusals(daemon):
    port = daemon.port
    assert_headers(request(port, "Host: evil.example"))
    assert_headers(request(port))
    assert_headers(upgrade_status(port, "Origin: http://evil.example"))
    assert_headers(request(port, f"Host: localhost:{port}", "X-Big: " + "x" * 40000))
    with Wire(port) as wire:
        wire.send(b"garbage\r\n\r\n")
        assert_headers(wire.read_response())
    with Wire(port) as wire:
        wire.request("GET", "/", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 8",
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
        refused = wire.read_response()
        assert refused.status == 426
        assert_headers(refused)


def test_many_allowed_origins_keep_the_headers_whole(start):
    options = [option for n in range(60) for option in ("--allow-origin", f"https://machine-{n}.example.org:8443")]
    daemon = start(*options)
    for target in ("/viewer", "/static/page.js", "/nothing", "/healthz"):
        response = page(daemon, target=target)
        assert "https://machine-59.example.org:8443" in response.headers["content-security-policy"]
        assert_headers(response)


@pytest.mark.shared
def test_refusals_are_logged_once_each_with_their_peer(daemon):
    with Wire(daemon.port) as wire:
        wire.request("GET", "/viewer", host="evil.example")
        assert wire.read_response().status == 403
        wait_until(lambda: daemon.lines_about(wire.peer), what="a log line")
        assert len(daemon.lines_about(wire.peer)) == 1


def test_a_kernel_says_no_origin_and_is_let_in(daemon, browser):
    registered = browser()
    Kernel(daemon.port).send(recorded("box-model"))
    assert registered.next() == recorded("box-model")[2:].decode()
    with Wire(daemon.port) as wire:
        wire.upgrade()
        wire.send_frame(TEXT, b'C:"status"')
        assert json.loads(wire.read_frame()[1])["command"] == "status"
