# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The page and its files over HTTP/1.1."""
import gzip
import json
import re
import shutil
import threading
from pathlib import Path

import pytest
from conftest import ROOT, recorded
from daemon import PROGRAM
from peers import Browser, Kernel
from wire import Wire, get

STATIC = ROOT / "static"
RENDERER = "/static/vendor/three-cad-viewer.esm.js"


@pytest.mark.shared
def test_the_root_leads_to_the_page(daemon):
    response = get(daemon.port, "/")
    assert response.status in (301, 302, 303, 307, 308)
    # Relative, so that a proxy's path prefix stays.
    assert response.headers["location"] in ("viewer", "./viewer", "/viewer")


@pytest.mark.shared
def test_a_session_s_name_leads_to_its_page(daemon):
    response = get(daemon.port, "/s/left")
    assert (response.status, response.headers["location"]) == (302, "left/viewer")
    assert get(daemon.port, "/s/left/").headers["location"] == "viewer"
    assert get(daemon.port, "/s/left/viewer").status == 200
    for none in ("/s/", "/s/a%20b", "/s/" + "x" * 65, "/s/.."):
        assert get(daemon.port, none).status in (400, 404)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.shared
def test_serves_the_page_on_both_families(daemon, host):
    with Wire(daemon.port, host) as wire:
        wire.request("GET", "/viewer")
        response = wire.read_response()
    assert response.status == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert b"@CADCAST@" not in response.body and b"@STATIC@" not in response.body


@pytest.mark.shared
def test_addresses_in_the_page_are_relative(daemon):
    """So that the page works below any path prefix, and behind https."""
    page = get(daemon.port, "/viewer").body.decode()
    assert not re.search(r'(src|href)="(/|https?:|//)', page), page
    settings = json.loads(re.search(r'id="cadcast">(.*?)</script>', page)[1])
    for address in settings["urls"].values():
        assert not re.match(r"/|\w+:", address), settings["urls"]


@pytest.mark.parametrize(
    "name, kind",
    [
        ("page.js", "text/javascript"),
        ("cadcast.css", "text/css"),
        ("icon.svg", "image/svg+xml"),
        ("vendor/three-cad-viewer.esm.js", "text/javascript"),
    ],
)
@pytest.mark.shared
def test_serves_static_files(daemon, name, kind):
    response = get(daemon.port, f"/static/{name}")
    assert response.status == 200
    assert response.headers["content-type"].split(";")[0] == kind
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.body == (STATIC / name).read_bytes()
    assert "content-encoding" not in response.headers


@pytest.mark.shared
def test_compresses_what_the_browser_takes(daemon):
    response = get(daemon.port, RENDERER, "Accept-Encoding: br;q=0, gzip, deflate")
    assert response.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in response.headers["vary"].lower()
    assert gzip.decompress(response.body) == (STATIC / "vendor/three-cad-viewer.esm.js").read_bytes()
    plain = get(daemon.port, RENDERER, "Accept-Encoding: gzip;q=0")
    assert "content-encoding" not in plain.headers


def without_comments(path):
    """A module of ours as it is compressed: the lines that are all comment are empty."""
    source = path.read_bytes()
    if path.parent != STATIC or path.suffix != ".js":
        return source
    return re.sub(rb"(?ms)^[ \t]*(?://[^\n]*|/\*(?:(?!\*/).)*\*/)$", lambda found: b"\n" * found[0].count(b"\n"), source)


@pytest.mark.shared
def test_every_file_was_compressed_when_it_was_built(daemon):
    """So nothing is compressed at the start, or for the first browser."""
    sent = set()
    for path in sorted(STATIC.rglob("*.*")):
        response = get(daemon.port, f"/static/{path.relative_to(STATIC)}", "Accept-Encoding: gzip")
        if "content-encoding" in response.headers:
            assert gzip.decompress(response.body) == without_comments(path), path
            sent.add(response.body)
        else:
            assert response.body == path.read_bytes() and len(response.body) <= 512, path
    # In the build folder, or where an installed program has its data.
    places = (PROGRAM.parent / "gzip", PROGRAM.resolve().parent.parent / "share" / "cadcast" / "gzip")
    built = {path.read_bytes() for path in next(filter(Path.is_dir, places)).iterdir()}
    assert len(sent) > 20 and sent <= built


def test_a_changed_file_is_never_served_as_it_was(start, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(ROOT / "templates", data / "templates")
    shutil.copytree(STATIC, data / "static")
    script = (STATIC / "page.js").read_text(encoding="utf-8")
    changed = script.replace("HINT_AFTER_MS = 1500", "HINT_AFTER_MS = 1501")
    (data / "static/page.js").write_text(changed, encoding="utf-8")
    assert changed != script
    for daemon, milliseconds in ((start("--data-dir", str(data)), 1501), (start(), 1500)):
        response = get(daemon.port, "/static/page.js", "Accept-Encoding: gzip")
        assert f"HINT_AFTER_MS = {milliseconds};" in gzip.decompress(response.body).decode()


@pytest.mark.shared
def test_hashed_addresses_are_kept_for_ever(daemon):
    """And a page asks for all of its files under such an address."""
    page = get(daemon.port, "/viewer").body.decode()
    files = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert len(files) > 20
    for file in files:
        assert file.startswith("static/v-") or file == "#", file
        if file != "#":
            response = get(daemon.port, f"/{file}")
            assert "immutable" in response.headers["cache-control"], file
    old = re.sub(r"v-\w+", "v-0000000000000000", files[0])
    assert get(daemon.port, f"/{old}").headers["cache-control"] == "no-cache"


# The renderer is imported by a function, but at once.
IMPORT = re.compile(r"""(?:^import\b[^;"']*|^export\b[^;"']*from\s*|import\((?=.\./vendor))["'](\.[^"']+)["']""", re.MULTILINE)


def modules(path, found):
    """Every module that this one imports, and theirs; not what a function imports when a person asks for it."""
    if path not in found:
        found.add(path)
        if path.name != "three-cad-viewer.esm.js":
            for name in IMPORT.findall(re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)):
                modules((path.parent / name).resolve(), found)
    return found


@pytest.mark.parametrize("page, entry", [("/viewer", "page.js"), ("/sessions", "sessions.js")])
@pytest.mark.shared
def test_a_page_preloads_its_modules(daemon, page, entry):
    """Else the browser would learn of each only from the one before."""
    text = get(daemon.port, page).body.decode()
    preloaded = set(re.findall(r'rel="modulepreload" href="static/v-\w+/([^"]+)"', text))
    wanted = modules(STATIC / entry, set())
    assert {str(path.relative_to(STATIC)) for path in wanted} == preloaded | {entry}


@pytest.mark.shared
def test_does_not_send_again_what_the_browser_has(daemon):
    first = get(daemon.port, RENDERER)
    tag = first.headers["etag"]
    for value in (tag, f'"other", {tag}', f"W/{tag}" if not tag.startswith("W/") else tag, "*"):
        response = get(daemon.port, RENDERER, f"If-None-Match: {value}")
        assert response.status == 304, value
        assert response.headers["etag"] == tag
    assert get(daemon.port, RENDERER, 'If-None-Match: "other"').status == 200


@pytest.mark.shared
def test_head_is_get_without_the_body(daemon):
    for target in ("/viewer", "/static/page.js", "/healthz", "/nothing"):
        head, whole = get(daemon.port, target, method="HEAD"), get(daemon.port, target)
        assert head.status == whole.status
        assert head.headers["content-length"] == str(len(whole.body)) or target == "/healthz"


@pytest.mark.shared
def test_answers_pipelined_requests_in_order(daemon, wire):
    peer = wire()
    targets = ["/healthz", "/static/page.js", "/nothing", RENDERER, "/", "/static/icon.svg"] * 5
    peer.send(b"".join(f"GET {t} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for t in targets))
    sizes = {target: len(get(daemon.port, target).body) for target in set(targets)}
    for target in targets:
        response = peer.read_response()
        assert response.status == {"/nothing": 404, "/": response.status}.get(target, 200)
        if target != "/healthz":
            assert len(response.body) == sizes[target]


@pytest.mark.shared
def test_an_upgrade_may_follow_other_requests(daemon, wire):
    peer = wire()
    for _ in range(3):
        peer.request("GET", "/healthz")
        assert peer.read_response().status == 200
    peer.upgrade()
    peer.send_frame(2, b'C:"status"')
    assert peer.read_message().startswith(b'{"command":"status"')


@pytest.mark.shared
def test_http_1_0_gets_one_answer(daemon, wire):
    peer = wire()
    peer.request("GET", "/healthz", version="1.0")
    assert peer.read_response().status == 200
    assert peer.read_end() == b""


@pytest.mark.shared
def test_requests_may_come_in_pieces(daemon, wire):
    peer = wire()
    for byte in b"GET /static/page.js HTTP/1.1\r\nHost: localhost\r\nX-Y: z\r\n\r\n":
        peer.send(bytes([byte]))
    assert peer.read_response().body == (STATIC / "page.js").read_bytes()


def test_health(daemon, kernel, browser):
    health = daemon.health()
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", health["version"])
    assert health["uptime"] >= 0
    assert health["browsers"] == 0
    assert health["model"] is False
    kept = browser()
    kernel.send(b'D:{"type":"data","data":{"instances":[],"shapes":{"parts":[]}},"config":{}}')
    assert kept.next()
    health = daemon.health()
    assert health["browsers"] == 1
    assert health["model"] is True


def show(daemon, name):
    """(address, bytes) of a model as our page gets it."""
    with Browser(daemon.port, hello='{"viewer":"cadcast","formats":["binary"]}') as page:
        Kernel(daemon.port).send(recorded(name))
        while (message := json.loads(page.next())).get("type") != "model":
            pass
    target = "/" + message["url"]
    return target, get(daemon.port, target).body


@pytest.fixture
def model(daemon):
    return show(daemon, "box-model")


def test_models_are_compressed_for_other_machines_alone(start, outer):
    daemon = start("--host", "0.0.0.0", "--no-token")
    target, whole = show(daemon, "zoo-model")
    assert "content-encoding" not in get(daemon.port, target, "Accept-Encoding: gzip, zstd").headers
    assert get(daemon.port, target, host=outer).body == whole
    answers = []

    def ask(codings):
        answers.append(get(daemon.port, target, f"Accept-Encoding: {codings}", host=outer))

    # Those who ask while it is being compressed wait for the same work.
    threads = [threading.Thread(target=ask, args=(codings,)) for codings in ["gzip"] * 4 + ["gzip, zstd"] * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tags = {response.headers["content-encoding"]: response.headers["etag"] for response in answers}
    assert len(answers) == 6 and set(tags) == {"gzip", "zstd"} and tags["gzip"] != tags["zstd"]
    for response in answers:
        assert response.status == 200 and int(response.headers["x-cadcast-bytes"]) == len(whole)
        assert len(response.body) < len(whole)
        if response.headers["content-encoding"] == "gzip":
            assert gzip.decompress(response.body) == whole
        else:
            assert response.body.startswith(bytes.fromhex("28b52ffd"))
    part = get(daemon.port, target, "Accept-Encoding: gzip", "Range: bytes=0-9", host=outer)
    assert (part.status, part.body) == (206, whole[:10])


def test_a_model_s_bytes_are_as_many_as_said(daemon, model):
    target, whole = model
    response = get(daemon.port, target)
    assert response.status == 200 and int(response.headers["x-cadcast-bytes"]) == len(whole)
    assert "immutable" in response.headers["cache-control"]
    tag = response.headers["etag"]
    for line in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = get(daemon.port, target, f"If-None-Match: {line}")
        assert (again.status, again.body) == (304, b"")
    for line in ('"other"', f'"x{tag[1:]}', tag.strip('"')):
        assert get(daemon.port, target, f"If-None-Match: {line}").status == 200, line


@pytest.mark.parametrize("asked, first, last", [
    ("0-0", 0, 0), ("0-99", 0, 99), ("100-", 100, None), ("-100", -100, None), ("5-999999999", 5, None),
    ("-999999999", 0, None)])
def test_part_of_a_model(daemon, model, asked, first, last):
    target, whole = model
    first = first + len(whole) if first < 0 else first
    last = len(whole) - 1 if last is None else last
    response = get(daemon.port, target, f"Range: bytes={asked}")
    assert response.status == 206
    assert response.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"
    assert response.body == whole[first:last + 1]


def test_parts_of_a_model_that_cannot_be(daemon, model):
    target, whole = model
    for asked in (f"{len(whole)}-", "999999999-1000000000", "-0"):
        response = get(daemon.port, target, f"Range: bytes={asked}")
        assert (response.status, response.headers["content-range"]) == (416, f"bytes */{len(whole)}")
    # What is no range, or more than one, or for another version of the file: all of it.
    for lines in (["Range: bytes=5-1"], ["Range: bytes=a-b"], ["Range: bytes=0-1,4-5"], ["Range: lines=0-1"],
                  ["Range: bytes=0-1", 'If-Range: "other"']):
        response = get(daemon.port, target, *lines)
        assert (response.status, response.body) == (200, whole), lines
    tag = get(daemon.port, target).headers["etag"]
    assert get(daemon.port, target, "Range: bytes=0-1", f"If-Range: {tag}").body == whole[:2]
    assert get(daemon.port, target, "Range: bytes=0-1", f"If-Range: W/{tag}").body == whole
    assert get(daemon.port, target, "Range: bytes=0-1", f"If-None-Match: {tag}").status == 304
    head = get(daemon.port, target, "Range: bytes=0-1", method="HEAD")
    assert head.status == 200 and int(head.headers["content-length"]) == len(whole)
