# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""TLS of the whole daemon: https and wss beside plain ws for this machine, new certificates without
a restart, and clients that do it wrong."""
import hashlib
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time

import pytest
from certs import make_cert, make_dated, need_openssl, openssl
from chromium import PATIENCE_MS
from conftest import recorded
from daemon import PROGRAM, environment, wait_until
from peers import Browser, Kernel
from slow import SLOW
from websockets.sync.client import connect
from wire import TEXT, Closed, Wire, get


def context(lowest=None, highest=None, ciphers=None):
    """A client that takes any certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    if ciphers:
        made.set_ciphers(ciphers)
    if lowest:
        made.minimum_version = lowest
    if highest:
        made.maximum_version = highest
    return made


class TlsWire(Wire):
    """The same by TLS."""

    def __init__(self, port, host="127.0.0.1", timeout=10.0, client=None, session=None):
        super().__init__(port, host, timeout)
        self.socket = (client or context()).wrap_socket(self.socket, server_hostname="localhost", session=session)

    def fingerprint(self):
        return hashlib.sha256(self.socket.getpeercert(binary_form=True)).hexdigest()


class TlsBrowser(Browser):
    """A registered browser by wss."""

    def __init__(self, port):
        self.client = context()
        super().__init__(port, ssl=self.client)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return make_cert(tmp_path_factory.mktemp("cert"), "localhost")


@pytest.fixture
def secure(start, pair):
    return start(*pair.options)


def wss(port, **more):
    return connect(f"wss://localhost:{port}/", ssl=context(), max_size=1 << 30, compression=None, close_timeout=2, **more)


def drain(socket, kind):
    """The next message that is no answer to a status question."""
    while True:
        message = socket.recv(timeout=10)
        if kind in message[:200]:
            return message


# -- what works

def test_ready_says_https(secure):
    assert secure.url.startswith("https://127.0.0.1:")


def test_https_page(secure, pair):
    with TlsWire(secure.port) as wire:
        assert wire.socket.version() == "TLSv1.3"
        assert wire.fingerprint() == pair.fingerprint()
        for _ in range(3):
            wire.request("GET", "/viewer")
            response = wire.read_response()
            assert response.status == 200 and b"</html>" in response.body
        wire.request("GET", "/static/page.js")
        assert wire.read_response().status == 200


def test_who_is_turned_away_by_tls_reads_why(start, pair):
    daemon = start(*pair.options, "--max-connections", "4")
    held = [TlsWire(daemon.port) for _ in range(4)]
    with TlsWire(daemon.port) as over:
        over.request("GET", "/healthz")
        assert over.read_response().status == 503
    for each in held:
        each.close()


def test_tls_1_2_works_and_older_is_refused(secure):
    client = context(highest=ssl.TLSVersion.TLSv1_2)
    with TlsWire(secure.port, client=client) as wire:
        assert wire.socket.version() == "TLSv1.2"
        wire.request("GET", "/healthz")
        assert wire.read_response().status == 200
    for version in (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1):
        old = context(ciphers="ALL:@SECLEVEL=0")
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = version
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            TlsWire(secure.port, client=old)
    assert secure.lines("bad TLS"), "refused without a word in the log"


def test_alpn(secure):
    client = context()
    client.set_alpn_protocols(["h2", "http/1.1"])
    with TlsWire(secure.port, client=client) as wire:
        assert wire.socket.selected_alpn_protocol() == "http/1.1"


@pytest.mark.parametrize("name", ["box-model", "assembly-model", "zoo-model"])
def test_wss_browser_gets_what_a_plain_kernel_shows(secure, name):
    with wss(secure.port) as browser:
        browser.send("L:{}")
        browser.send('C:"status"')
        drain(browser, '{"command":"status"')
        Kernel(secure.port).send(recorded(name))
        assert drain(browser, '"data"') == recorded(name)[2:].decode()


def test_large_model_both_ways_by_wss(secure):
    """Larger than every window: 40 MB."""
    model = b'D:{"type":"data","data":{"shapes":{},"x":"' + b"y" * 40_000_000 + b'"}}'
    with wss(secure.port) as browser:
        browser.send("L:{}")
        browser.send('C:"status"')
        drain(browser, '{"command":"status"')
        with wss(secure.port) as kernel:
            kernel.send(model)
            assert browser.recv(timeout=30) == model[2:].decode()


def test_plain_and_tls_on_one_port(secure):
    """Unmodified kernels speak ws:// only."""
    assert Kernel(secure.port).config()["theme"]
    assert get(secure.port, "/healthz").status == 200
    with Wire(secure.port, "::1") as plain, TlsWire(secure.port, "::1") as tls:
        for wire in (plain, tls):
            wire.request("GET", "/healthz", host=f"localhost:{secure.port}")
            assert wire.read_response().status == 200


def test_other_machines_have_to_use_tls(start, pair, outer):
    daemon = start("--host", "0.0.0.0", "--no-token", *pair.options)
    for method in ("POST", "upgrade"):
        with Wire(daemon.port, outer) as plain:
            lines = plain.handshake_lines() if method == "upgrade" else ["Content-Length: 0"]
            plain.request("GET" if method == "upgrade" else method, "/viewer", *lines)
            assert plain.read_response().status == 400
            assert "TLS" in daemon.lines_about(plain.peer)[0]
    with TlsWire(daemon.port, outer) as wire:
        wire.request("GET", "/viewer")
        assert wire.read_response().status == 200


@pytest.mark.parametrize("target", ["/viewer", "/s/gear/viewer?a=1", "/", "/static/page.js"])
def test_a_page_without_tls_leads_to_the_one_with_it(start, pair, outer, target):
    daemon = start("--host", "0.0.0.0", "--token", "correct-horse-battery-staple", *pair.options)
    with Wire(daemon.port, outer) as plain:
        plain.request("GET", target)
        response = plain.read_response()
        assert response.status == 308
        assert response.headers["location"] == f"https://{outer}:{daemon.port}{target}"
        with pytest.raises(Closed):
            plain.read(1)
    for host in (f"{outer}/evil", "a b", "x@y", ""):
        with Wire(daemon.port, outer) as plain:
            plain.request("GET", target, host=host)
            response = plain.read_response()
            assert response.status == 400 and "location" not in response.headers


def test_the_cookie_is_secure_where_the_browser_sees_https(start, pair):
    token = "correct-horse-battery-staple"
    daemon = start("--token", token, *pair.options)
    with TlsWire(daemon.port) as wire:
        wire.request("GET", f"/viewer?token={token}")
        response = wire.read_response()
        assert response.status == 303 and "Secure" in response.headers["set-cookie"]


# -- resumption

def test_sessions_are_resumed(secure):
    need_openssl()
    for version in ("-tls1_2", "-tls1_3"):
        where = secure.home / f"session{version}"
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{secure.port}", version]
        request = f"GET /healthz HTTP/1.1\r\nHost: localhost:{secure.port}\r\nConnection: close\r\n\r\n"
        first = subprocess.run([*command, "-sess_out", where, "-ign_eof"], input=request, capture_output=True, text=True,
                               timeout=20, check=False)
        assert "New, TLSv1" in first.stdout and '"status":"ok"' in first.stdout, first.stdout + first.stderr
        again = subprocess.run([*command, "-sess_in", where, "-ign_eof"], input=request, capture_output=True, text=True,
                               timeout=20, check=False)
        assert "Reused, TLSv1" in again.stdout and '"status":"ok"' in again.stdout, again.stdout


# -- a new certificate while it runs

def reload(daemon):
    before = len(daemon.lines("reloaded"))
    os.kill(daemon.pid, signal.SIGHUP)
    wait_until(lambda: len(daemon.lines("reloaded")) > before, what="the reload")


def test_reload_keeps_connections(start, tmp_path):
    pair = make_cert(tmp_path / "in-use", "localhost")
    renewed = make_cert(tmp_path / "renewed", "localhost")
    daemon = start(*pair.options)
    with wss(daemon.port) as browser, TlsWire(daemon.port) as page, Wire(daemon.port) as plain:
        browser.send("L:{}")
        page.request("GET", "/healthz")
        assert page.read_response().status == 200
        plain.upgrade()
        old = pair.fingerprint()
        for new in (renewed.fingerprint(), old, renewed.fingerprint()):
            other = make_cert(tmp_path / f"copy-{new[:8]}-{time.monotonic_ns()}") if new == old else renewed
            pair.take(other)
            reload(daemon)
            with TlsWire(daemon.port) as fresh:
                assert fresh.fingerprint() == other.fingerprint()
        # What was open before goes on.
        page.request("GET", "/healthz")
        assert page.read_response().status == 200
        Kernel(daemon.port).send(recorded("box-model"))
        assert drain(browser, '"data"') == recorded("box-model")[2:].decode()
        plain.send_frame(TEXT, b'C:"status"')
        assert json.loads(plain.read_frame()[1])["command"] == "status"


@pytest.mark.parametrize("damage", ["missing", "empty", "garbage", "other-key", "encrypted"])
def test_a_bad_reload_keeps_the_old_pair(start, tmp_path, damage):
    need_openssl()
    pair = make_cert(tmp_path / "in-use", "localhost")
    daemon = start(*pair.options)
    before = pair.fingerprint()
    if damage == "missing":
        pair.cert.unlink()
    elif damage == "empty":
        pair.cert.write_bytes(b"")
    elif damage == "garbage":
        pair.key.write_bytes(b"-----BEGIN PRIVATE KEY-----\nxxxx\n")
    elif damage == "other-key":
        shutil.copyfile(make_cert(tmp_path / "other").key, pair.key)
    else:
        openssl("pkey", "-in", pair.key, "-aes256", "-passout", "pass:x", "-out", tmp_path / "locked.pem", check=True)
        shutil.copyfile(tmp_path / "locked.pem", pair.key)
    reload(daemon)
    assert daemon.lines("the old certificate stays in use")
    with TlsWire(daemon.port) as wire:
        assert wire.fingerprint() == before


# -- certificates that cannot be used, and one that can with a warning

def run(tmp_path, *options):
    return subprocess.run([PROGRAM, "--port", "0", *map(str, options)], env=environment(tmp_path / "home"),
                          capture_output=True, text=True, timeout=20, check=False)


def test_wrong_key_is_named(tmp_path):
    pair, other = make_cert(tmp_path / "a"), make_cert(tmp_path / "b")
    ended = run(tmp_path, "--tls-cert", pair.cert, "--tls-key", other.key)
    assert ended.returncode == 1 and "READY" not in ended.stdout
    assert len(ended.stderr.splitlines()) == 1 and str(other.key) in ended.stderr, ended.stderr


@pytest.mark.parametrize("which", ["cert", "key"])
@pytest.mark.parametrize("content", [None, b"", b"no pem at all\n"])
def test_bad_files_are_named(tmp_path, which, content):
    pair = make_cert(tmp_path / "a")
    path = getattr(pair, which)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    ended = run(tmp_path, *pair.options)
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1 and str(path) in ended.stderr, ended.stderr


def test_one_without_the_other(tmp_path):
    pair = make_cert(tmp_path / "a")
    for options in (pair.options[:2], pair.options[2:]):
        assert run(tmp_path, *options).returncode == 2


@pytest.mark.parametrize("begins, ends, word", [(-10, -1, "expired"), (2, 10, "valid"), (-10, 3, "expires")])
def test_certificates_out_of_their_time(start, tmp_path, begins, ends, word):
    pair = make_dated(tmp_path / "dated", begins, ends)
    daemon = start(*pair.options)
    assert [line for line in daemon.lines("tls") if word in line], daemon.log()
    with TlsWire(daemon.port) as wire:
        wire.request("GET", "/healthz")
        assert wire.read_response().status == 200
    # A renewal and a signal put an end to it.
    fresh = make_cert(tmp_path / "fresh")
    pair.take(fresh)
    reload(daemon)
    with TlsWire(daemon.port) as wire:
        assert wire.fingerprint() == fresh.fingerprint()


def test_an_expired_certificate_is_refused_by_a_careful_client(start, tmp_path):
    pair = make_dated(tmp_path / "dated", -10, -1)
    daemon = start(*pair.options)
    careful = ssl.create_default_context(cafile=str(pair.cert))
    careful.check_hostname = False
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        TlsWire(daemon.port, client=careful)
    wait_until(lambda: daemon.lines("bad TLS"), what="a log line")


def test_make_cert(tmp_path):
    pair = make_cert(tmp_path / "a", "cad.example.org", "192.0.2.5")
    assert pair.key.stat().st_mode & 0o777 == 0o600
    text = subprocess.run(["openssl", "x509", "-in", pair.cert, "-noout", "-text"], capture_output=True, text=True,
                          check=True).stdout
    for name in ("DNS:cad.example.org", "IP Address:192.0.2.5"):
        assert name in text
    again = subprocess.run([PROGRAM, "make-cert", "/proc/nowhere"], capture_output=True, text=True, timeout=20, check=False)
    assert again.returncode == 1 and len(again.stderr.splitlines()) == 1


def test_make_cert_prints_what_a_browser_shows(tmp_path):
    need_openssl()
    made = subprocess.run([PROGRAM, "make-cert", tmp_path / "a", "cad.example.org", "192.0.2.5"], capture_output=True,
                          text=True, timeout=20, check=True)
    shown = openssl("x509", "-in", tmp_path / "a" / "cert.pem", "-noout", "-fingerprint", "-sha256", "-enddate",
                    "-dateopt", "iso_8601", check=True).stdout
    fingerprint, end = (line.split("=", 1)[1] for line in shown.splitlines())
    assert f"SHA-256 fingerprint: {fingerprint}\n" in made.stdout
    assert f"valid until: {end.rstrip('Z')} UTC\n" in made.stdout
    names = made.stdout.split("names: ")[1].splitlines()[0].split(", ")
    assert names[:3] == ["localhost", "127.0.0.1", "::1"] and names[-2:] == ["cad.example.org", "192.0.2.5"]


@pytest.mark.parametrize("left", ["cert.pem", "key.pem"])
def test_make_cert_replaces_nothing_unasked(tmp_path, left):
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / left).write_text("precious", encoding="ascii")

    def make(*more):
        return subprocess.run([PROGRAM, "make-cert", folder, *more], capture_output=True, text=True, timeout=20,
                              check=False)

    refused = make()
    assert refused.returncode == 1 and refused.stdout == ""
    assert f"{folder / left} is there already" in refused.stderr and "--force" in refused.stderr
    assert [path.read_text(encoding="ascii") for path in folder.iterdir()] == ["precious"]
    assert make("--force").returncode == 0
    assert "precious" not in (folder / left).read_text(encoding="ascii")
    assert make("--farce").returncode == 2


# -- clients that do it wrong

def client_hello(port):
    """The first flight of a real client, as bytes."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("part", ["nothing", "one byte", "half", "all"])
def test_handshake_deadline(start, pair, part):
    daemon = start(*pair.options, "--tls-timeout", SLOW, "--header-timeout", "600")
    hello = client_hello(daemon.port)
    sent = {"nothing": 0, "one byte": 1, "half": len(hello) // 2, "all": len(hello)}[part]
    with Wire(daemon.port) as wire:
        wire.send(hello[:sent])
        before = time.monotonic()
        wire.read_end(10)
        assert time.monotonic() - before > 0.5, "not the deadline, but something else"
        assert sent == 0 or "no TLS handshake in time" in daemon.lines_about(wire.peer)[0]
    with TlsWire(daemon.port) as wire:
        wire.request("GET", "/healthz")
        assert wire.read_response().status == 200


def test_a_handshake_byte_by_byte_has_the_same_deadline(start, pair):
    """Each byte is progress, and no reason for more time."""
    daemon = start(*pair.options, "--tls-timeout", SLOW)
    hello = client_hello(daemon.port)
    with Wire(daemon.port) as wire:
        end = time.monotonic() + 10 * SLOW
        with pytest.raises(Closed):
            for byte in hello:
                wire.send(bytes([byte]))
                time.sleep(0.05)  # a byte now and then
                assert time.monotonic() < end
            wire.read(1)
            raise AssertionError("still open")
        assert time.monotonic() < end


@pytest.mark.parametrize("data", [
    b"\x16\x03\x01\xff\xff" + b"x" * 2000, b"\x16" * 300, b"\x16\x03\x01\x00\x00" * 50, b"\x16\x02\x00\x00\x01\x00",
    b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
])
def test_garbage_handshakes_are_named(secure, data):
    with Wire(secure.port) as wire:
        wire.send(data)
        wire.socket.shutdown(socket.SHUT_WR)
        wire.read_end()
        peer = wire.peer
    wait_until(lambda: secure.lines_about(peer) or secure.lines(f":{peer}", debug=True), what="a log line")
    assert get(secure.port, "/healthz").status == 200


def test_cut_off_in_the_middle(secure):
    """Without a goodbye, at every stage."""
    for turn in range(20):
        wire = TlsWire(secure.port)
        if turn % 2:
            wire.upgrade()
            wire.send_frame(TEXT, b"L:{}" if turn % 4 == 1 else b'D:{"type"', size=9 if turn % 4 == 1 else 500)
        wire.socket.close() if turn % 3 else wire.reset()
    wait_until(lambda: secure.health()["browsers"] == 0)


def test_goodbye_by_tls(start, pair):
    """Ends with close code 1001 and close_notify: a browser knows that nothing was cut off."""
    daemon = start(*pair.options)
    wire = TlsWire(daemon.port)
    wire.upgrade()
    wire.send_frame(TEXT, b"L:{}")
    wire.send_frame(TEXT, b'C:"status"')
    wire.read_message()
    daemon.process.send_signal(signal.SIGTERM)
    assert wire.read_close() == 1001
    wire.send_frame(8, b"\x03\xe9")
    assert wire.socket.recv(100) == b"", "an end without close_notify is an error"
    wire.close()
    # A second signal would find it too far gone to hear it.
    daemon.process.wait(20)
    daemon.check_clean()


def test_what_passes_is_not_readable(start, pair, tmp_path):
    """A model by wss: none of its text is on the wire."""
    daemon = start(*pair.options)
    seen = []
    relay = socket.create_server(("127.0.0.1", 0))
    relay.settimeout(10)
    import threading  # pylint: disable=import-outside-toplevel

    def carry(source, sink):
        try:
            while data := source.recv(65536):
                seen.append(data)
                sink.sendall(data)
        except OSError:
            pass

    def serve():
        client, _ = relay.accept()
        server = socket.create_connection(("127.0.0.1", daemon.port))
        threads = [threading.Thread(target=carry, args=pair, daemon=True) for pair in ((client, server), (server, client))]
        for thread in threads:
            thread.start()
        threads[0].join(10)
        server.close()
        client.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with wss(relay.getsockname()[1]) as kernel:
        kernel.send(b'D:{"type":"data","data":{"secret":"correct-horse-battery"}}')
        kernel.send('C:"status"')
        kernel.recv(timeout=10)
    thread.join(10)
    relay.close()
    assert sum(map(len, seen)) > 500 and b"correct-horse" not in b"".join(seen)


# -- a browser

def test_chromium_by_https(start, pair, chromium):
    daemon = start(*pair.options)
    Kernel(daemon.port).send(recorded("box-model"))
    window = chromium.new_context().new_page()
    window.set_default_timeout(PATIENCE_MS)
    problems = []
    window.on("console", lambda entry: problems.append(entry.text) if entry.type == "error" else None)
    window.on("pageerror", lambda error: problems.append(str(error)))
    window.goto(f"https://localhost:{daemon.port}/viewer")
    window.wait_for_selector("#bar-state.live", timeout=90000)
    window.wait_for_function("() => cadcast.viewer?.ready", timeout=90000)
    assert window.evaluate("location.protocol") == "https:"
    # A renewal does not disturb it, and a model still comes.
    reload(daemon)
    Kernel(daemon.port).send(recorded("bracket-model"))
    window.wait_for_function("() => performance.getEntriesByType('resource').filter(e => /models\\//.test(e.name)).length > 1",
                             timeout=90000)
    assert window.locator("#bar-state.live").count() == 1
    window.context.close()
    assert not problems, problems


