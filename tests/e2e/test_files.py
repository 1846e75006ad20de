# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Files that are sent over HTTP to be shown: what is shown, what each fault costs and is answered. What
a right importer does not do is done by a fake one."""
import io
import json
import os
import shutil
import signal
import subprocess
import tarfile
import threading
from pathlib import Path

import cadmodel
import pytest
from conftest import ROOT
from daemon import wait_equal, wait_until
from importing import IMPORTER
from peers import Browser
from slow import SLOW
from wire import Closed, Wire, get

FILES = ROOT / "tests" / "data" / "files"
FAKE = ROOT / "tests" / "lib" / "fake_import.py"
CUBE = (FILES / "cube.step").read_bytes()
PAIR = (FILES / "pair.step").read_bytes()
OURS = json.dumps({"viewer": "cadcast", "id": "w1", "formats": ["binary"], "version": "0"})

real = pytest.mark.skipif(not IMPORTER.is_file(), reason="cadcast-import is not built")


class FakeImporter:
    """A copy of the fake importer, with notes of its own."""

    def __init__(self, folder):
        self.path = Path(folder) / "fake_import"
        shutil.copy(FAKE, self.path)
        self.path.chmod(0o755)
        self.variables = {"CADCAST_IMPORT": str(self.path)}

    def notes(self):
        path = self.path.with_suffix(".notes")
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def fake(tmp_path):
    return FakeImporter(tmp_path)


@pytest.fixture
def place(tmp_path):
    """Where importers have their folders, which must be gone in the end."""
    folder = tmp_path / "place"
    folder.mkdir()
    yield folder
    wait_until(lambda: not list(folder.iterdir()), what="the removal of all folders")


@pytest.fixture
def daemon(start, place):
    variables = {"TMPDIR": place}
    if "CADCAST_IMPORT" in os.environ:
        variables["CADCAST_IMPORT"] = os.environ["CADCAST_IMPORT"]
    return start(variables=variables)


@pytest.fixture
def faked(start, fake, place):
    return lambda *options: start(*options, variables={**fake.variables, "TMPDIR": place})


def put(port, target, body, *lines, host="127.0.0.1", timeout=30):
    with Wire(port, host, timeout=timeout) as wire:
        wire.request("PUT", target, f"Content-Length: {len(body)}", "Connection: close", *lines, body=body)
        return wire.read_response()


def ask(port, what, target="/model", *lines, **more):
    return put(port, target, json.dumps(what).encode(), *lines, **more)


def problem(response, status, *words):
    """Checks an answer that refuses; returns its detail."""
    assert response.status == status, response
    assert response.headers["content-type"] == "application/problem+json"
    about = json.loads(response.body)
    assert about["status"] == status and about["title"]
    for word in words:
        assert word in about["detail"], about
    return about["detail"]


def shown(daemon, session=None):
    """The names of the parts that a new page gets; none if there is no picture."""
    with Browser(daemon.port, f"/s/{session}/" if session else "/", hello=OURS) as page:
        while (got := json.loads(page.next())).get("type") not in ("model", "empty"):
            pass
        if got["type"] == "empty":
            return []
        path = f"/s/{session}/" if session else "/"
        tree = cadmodel.decode(get(daemon.port, path + got["url"]).body)["data"]["shapes"]
        return [part["name"] for part in tree["parts"]]


def archive(files, **more):
    """An uncompressed tar archive of these files, as Python writes it."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", **more) as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return made.getvalue()


TAR = "Content-Type: application/x-tar"

# ---- what is shown ----


@real
@pytest.mark.parametrize(
    "target, session",
    [
        ("/model?name=cube.step", None), ("/model/cube.step", None), ("/s/one/model?name=a%2Fcube.step", "one"),
        ("/api/v1/sessions/two/model?name=cube.step&heal=0&deviation=0.2&angular_tolerance=0.3", "two"),
    ],
)
def test_a_file_is_shown(daemon, target, session):
    answer = put(daemon.port, target, CUBE)
    assert answer.status == 200, answer
    about = json.loads(answer.body)
    assert about["session"] == (session or "default") and about["format"] == "step" and about["parts"] == 1
    assert about["notices"] == [] and 0 < about["seconds"] < 60 * SLOW
    assert shown(daemon, session)
    assert daemon.lines(f"import: session {session or 'default'}: cube.step, {len(CUBE)} bytes")


STL = b"""solid cube
facet normal 0 0 1
outer loop
vertex 0 0 0
vertex 10 0 0
vertex 0 10 0
endloop
endfacet
endsolid cube
"""


@real
def test_a_mesh_is_not_measured_on_the_model_before_it(daemon):
    """Its parts may have the same names, and only the older one has exact geometry."""
    assert put(daemon.port, "/model/cube.step", CUBE).status == 200
    mass = "/api/v1/sessions/default/mass?id=/Group"
    wait_equal(lambda: get(daemon.port, mass).status, 200)
    assert put(daemon.port, "/model/cube.stl", STL).status == 200
    assert get(daemon.port, mass).status == 204
    assert get(daemon.port, "/model.step").status == 409


@real
def test_the_kind_is_found_by_content_or_type(daemon):
    assert put(daemon.port, "/model", CUBE).status == 200
    assert put(daemon.port, "/model?name=cube.bin", CUBE, "Content-Type: application/octet-stream").status == 200
    assert put(daemon.port, "/model", CUBE, "Content-Type: model/step; charset=us-ascii").status == 200


@real
@pytest.mark.parametrize(
    "arguments",
    [
        ["-T", str(FILES / "pair.step")],
        ["-T", str(FILES / "pair.step"), "-H", "Expect: 100-continue"],
        ["-T", str(FILES / "pair.step"), "-H", "Transfer-Encoding: chunked"],
        ["-X", "PUT", "--data-binary", f"@{FILES / 'pair.step'}"],
    ],
    ids=["sized", "expect", "chunked", "form"],
)
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl(daemon, arguments):
    url = f"http://127.0.0.1:{daemon.port}/s/curl/model"
    done = subprocess.run(["curl", "-sS", "-f", *arguments, url], capture_output=True, timeout=60 * SLOW, check=True)
    assert json.loads(done.stdout)["parts"] == 2
    assert len(shown(daemon, "curl")) == 2


@real
def test_several_files_are_one_tree(daemon):
    body = archive({"cube.step": CUBE, "sub/readme.txt": b"no model", "./pair.stp": PAIR})
    answer = put(daemon.port, "/model", body, TAR)
    assert answer.status == 200, answer
    assert json.loads(answer.body)["parts"] >= 2
    assert sorted(shown(daemon)) == ["cube", "pair"]


def test_archives_of_all_kinds(faked, fake):
    daemon = faked()
    long = "x" * 120 + "/" + "y" * 90 + ".step"
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        name = "Größe 1.step" if form != tarfile.USTAR_FORMAT else "a b.step"
        body = archive({name: b'{"do": "fail", "line": "said"}', "beside/" + long: b"x" * 100000}, format=form)
        problem(put(daemon.port, "/model", body, TAR), 400, "said")
        arguments = fake.notes()[-1]["args"]
        assert arguments[arguments.index("--root") + 2:] == [name]


def test_the_importer_gets_the_limits_and_nothing_else(faked, fake):
    daemon = faked("--import-memory", "3G", "--import-timeout", 77, "--max-import", "5M", "--max-message", "7M")
    ask(daemon.port, {"do": "fail", "line": "x"}, "/model?name=C%3A%5Ca%2Fb.STP&heal=0", "Content-Type: model/stl")
    note = fake.notes()[0]
    expected = ["--name", "b.STP", "--format", "stl", "--no-heal", "--memory", str(3 << 30), "--time", "77"]
    assert note["args"] == expected + ["--max-input", str(5 << 20), "--max-output", str(7 << 20)]
    assert not {"HOME", "PATH", "CADCAST_IMPORT"} & set(note["environment"])


# ---- refusals ----


def test_refusals_before_the_body(faked):
    daemon = faked("--max-import", "100K")
    port = daemon.port
    with Wire(port) as wire:
        wire.request("PUT", "/model", f"Content-Length: {1 << 20}", "Expect: 100-continue")
        problem(wire.read_response(), 413, "1048576", "--max-import")
    problem(put(port, "/model", b"x", "Content-Type: multipart/form-data; boundary=x"), 415, "curl -T")
    problem(put(port, "/model", b"x", "Content-Encoding: gzip"), 415, "Content-Encoding")
    problem(put(port, "/model?naem=x", b"x"), 400, "naem", "name")
    problem(put(port, "/model?heal=no", b"x"), 400, "heal")
    for wrong in ("-1", "0", "nan", "inf", "1e9", "1.2e234", "1x", ""):
        problem(put(port, f"/model?deviation={wrong}", b"x"), 400, "deviation", "below 1e9")
        problem(put(port, f"/model?angular_tolerance={wrong}", b"x"), 400, "angular_tolerance")
    problem(put(port, "/model?camera=me", b"x"), 400, "camera")
    problem(put(port, "/model?name=" + "x" * 300, b"x"), 400, "name")
    problem(put(port, "/model?name=%FF", b"x"), 400, "name")
    problem(put(port, "/model", b""), 400, "no body")
    assert put(port, "/viewer", b"x").status == 405 and put(port, "/nothing", b"x").status == 404
    assert get(port, "/model").status == 405 and get(port, "/model").headers["allow"] == "PUT"
    problem(put(port, "/api/v1/sessions/default/model", b""), 400, "no body")


def test_a_body_without_a_length_has_a_limit(faked):
    daemon = faked("--max-import", "100K")
    with Wire(daemon.port) as wire:
        wire.request("PUT", "/model", "Transfer-Encoding: chunked")
        try:
            for _ in range(100):
                wire.send(b"8000\r\n" + b"x" * 0x8000 + b"\r\n")
        except Closed:
            pass
        problem(wire.read_response(), 413, "--max-import")


def test_an_empty_file(faked):
    daemon = faked()
    with Wire(daemon.port) as wire:
        wire.request("PUT", "/model?name=a.stl", "Transfer-Encoding: chunked", body=b"0\r\n\r\n")
        problem(wire.read_response(), 400, "a.stl: it is empty")


def test_a_read_only_server(faked, fake):
    daemon = faked("--read-only")
    for lines in ([], [f"Origin: http://127.0.0.1:{daemon.port}"]):
        problem(ask(daemon.port, {"do": "done"}, "/model", *lines), 403, "--read-only")
    assert not fake.notes()


def test_a_server_without_the_importer(start):
    daemon = start(variables={"CADCAST_IMPORT": "/nowhere"})
    problem(put(daemon.port, "/model", CUBE), 501, "not installed")


@pytest.mark.parametrize(
    "line", ["Origin: http://evil.example", "Sec-Fetch-Site: cross-site", "X-Cadcast-Token: wrong-token", "Host: evil.example"]
)
def test_requests_of_others_are_refused_before_their_body(faked, fake, line):
    daemon = faked("--token", "right-token")
    host = line[6:] if line.startswith("Host") else None
    with Wire(daemon.port) as wire:
        wire.request("PUT", "/s/x/model", "Content-Length: 1000", "Expect: 100-continue", *([] if host else [line]), host=host)
        assert wire.read_response().status in (401, 403)
    assert not fake.notes()
    assert [each["name"] for each in json.loads(get(daemon.port, "/status").body)["sessions"]] == ["default"]


def test_other_machines_need_the_token(start, fake, place, outer):
    daemon = start("--host", "0.0.0.0", "--token", "right-token", "--any-user", variables={**fake.variables, "TMPDIR": place})
    what = {"do": "fail", "line": "it was read"}
    assert ask(daemon.port, what, host=outer).status == 401
    problem(ask(daemon.port, what, "/model", "Authorization: Bearer right-token", host=outer), 400, "it was read")
    problem(ask(daemon.port, what, "/model?token=right-token", host=outer), 400, "it was read")


@real
@pytest.mark.parametrize(
    "name, data, status, word",
    [
        ("notes.txt", b"these are notes\n", 415, "of no kind"),
        ("page.step", b"<!DOCTYPE html><html></html>", 415, "a web page"),
        ("cut.step", CUBE[: len(CUBE) // 2], 400, "cut.step"),
        ("bad.step", b"ISO-10303-21;\nnonsense", 400, "bad.step"),
    ],
)
def test_a_bad_file_costs_nothing(daemon, name, data, status, word):
    assert put(daemon.port, "/model", CUBE).status == 200
    before = shown(daemon)
    detail = problem(put(daemon.port, f"/model?name={name}", data), status, name, word)
    assert "\n" not in detail and shown(daemon) == before
    assert daemon.lines(f"{status}: {name}")


# ---- archives ----


def raw(name, data=b"x", kind=b"0", change=lambda block: block):
    """One file in an archive, its header made by hand."""
    block = bytearray(512)
    block[0:len(name)] = name
    block[100:156] = b"0000600\0" + b"0000000\0" * 2 + b"%011o\0" % len(data) + b"00000000000\0" + b" " * 8
    block[156:157] = kind
    block[257:265] = b"ustar\x0000"
    block = change(block)
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + data + bytes(-len(data) % 512)


END = bytes(1024)


@pytest.mark.parametrize(
    "body, status, word",
    [
        (raw(b"/etc/a.step") + END, 400, "no relative path"),
        (raw(b"../a.step") + END, 400, "no relative path"),
        (raw(b"a/../../a.step") + END, 400, "no relative path"),
        (raw(b"a\\b.step") + END, 400, "no relative path"),
        (raw(b"a\nb.step") + END, 400, "no relative path"),
        (raw(b"a//b.step") + END, 400, "no relative path"),
        (raw(b"\xff.step") + END, 400, "no relative path"),
        (raw(b"a/" * 20 + b"b.step") + END, 400, "no relative path"),
        (raw(b"a.step", kind=b"2", change=lambda block: block) + END, 400, "a link"),
        (raw(b"a.step", kind=b"1") + END, 400, "a link"),
        (raw(b"a.step", kind=b"3") + END, 400, "a link or a device"),
        (raw(b"a.step") + raw(b"a.step") + END, 400, "twice"),
        (raw(b"a.step") + raw(b"a.step/b.step") + END, 400, "twice"),
        (raw(b"a.step", data=b"x" * 2000)[:1000], 400, "cut off"),
        (raw(b"a.step")[:300], 400, "cut off"),
        (b"PK\x03\x04" + bytes(1000), 400, "no tar archive"),
        (raw(b"x" * 50, data=b"99 path=/etc/passwd\n", kind=b"x") + END, 400, "damaged"),
        (raw(b"x", data=b"20 path=/etc/passwd\n", kind=b"x") + raw(b"a.step") + END, 400, "no relative path"),
        (raw(b"x", data=b"/etc/passwd\0", kind=b"L") + raw(b"a.step") + END, 400, "no relative path"),
        (b"".join(raw(b"%d.step" % n) for n in range(1001)) + END, 400, "too many"),
        (raw(b"notes.txt") + raw(b"sub/a.step") + END, 415, "none of the files"),
        (raw(b"-a.step") + END, 415, "none of the files"),
        (END, 415, "none of the files"),
    ],
    ids=range(23),
)
def test_hostile_archives(faked, fake, body, status, word):
    daemon = faked()
    problem(put(daemon.port, "/model?name=all.tar", body, TAR), status, "all.tar", word)
    assert not fake.notes()


# ---- faults of the importer ----


def test_faults_of_the_importer(faked):
    daemon = faked()
    problem(ask(daemon.port, {"do": "crash"}, "/model?name=a.stp"), 500, "a.stp", "signal 11")
    problem(ask(daemon.port, {"do": "garbage"}), 500, "cannot be understood")
    problem(ask(daemon.port, {"do": "nothing"}), 500, "status 0")
    problem(ask(daemon.port, {"do": "done"}), 500, "without a picture")
    problem(put(daemon.port, "/model", b"no JSON"), 500, "status 1")
    problem(ask(daemon.port, {"do": "fail", "line": "a.stp is cut off"}), 400, "a.stp is cut off")
    problem(ask(daemon.port, {"do": "fail", "line": "x" * 5000}), 400, "xxxx")
    problem(ask(daemon.port, {"do": "send", "messages": ["E:{}"]}), 422)
    problem(ask(daemon.port, {"do": "send", "messages": ["D:nonsense"]}), 422)
    assert shown(daemon) == []


def test_a_model_is_taken_as_from_a_kernel(faked):
    daemon = faked()
    model = {"type": "data", "data": {"instances": [], "shapes": {
        "version": 3, "parts": [], "loc": None, "name": "Group", "id": "/Group", "normal_len": 0,
        "bb": {"xmin": 0, "xmax": 1, "ymin": 0, "ymax": 1, "zmin": 0, "zmax": 1}}}, "config": {}, "count": 1,
        "filler": "x" * 12000000}
    with Browser(daemon.port, hello="{}") as viewer:
        viewer.settle()
        answer = ask(daemon.port, {"do": "send", "messages": ["D:" + json.dumps(model)]}, "/model?name=a.stl", timeout=60)
        assert answer.status == 200, answer
        assert json.loads(answer.body)["notices"] == ["a notice"]
        wait_until(lambda: json.loads(viewer.next()).get("filler") == model["filler"], what="the model")


def test_time_is_limited(faked, fake):
    daemon = faked("--import-timeout", 1)
    problem(ask(daemon.port, {"do": "hang"}, "/model?name=a.igs"), 504, "a.igs", "--import-timeout")
    wait_until(lambda: gone(fake.notes()[0]["pid"]), what="the end of the importer")


def gone(pid):
    return not Path(f"/proc/{pid}").exists()


@real
def test_memory_is_limited(start, place):
    variables = {"TMPDIR": place, **{name: os.environ[name] for name in ("CADCAST_IMPORT",) if name in os.environ}}
    daemon = start("--import-memory", "16M", variables=variables)
    answer = put(daemon.port, "/model?name=cube.step", CUBE)
    assert answer.status in (400, 500, 503), answer
    assert shown(daemon) == []


def test_a_client_that_leaves_ends_its_import(faked, fake):
    daemon = faked()
    for what in ("hang", "half"):
        with Wire(daemon.port) as wire:
            body = json.dumps({"do": what}).encode()
            wire.request("PUT", "/model", f"Content-Length: {len(body) + (what == 'half')}", body=body)
            wait_until(lambda: len(fake.notes()) > 0, what="the importer")
        pid = fake.notes()[-1]["pid"]
        wait_until(lambda: gone(pid), what="the end of the importer")  # pylint: disable=cell-var-from-loop
        fake.path.with_suffix(".notes").unlink()
    assert daemon.lines("has left before")
    problem(ask(daemon.port, {"do": "fail", "line": "the next one"}), 400, "the next one")


def test_a_client_that_sends_slowly(faked):
    daemon = faked("--body-timeout", 1)
    with Wire(daemon.port) as wire:
        wire.request("PUT", "/model", "Content-Length: 100", body=b"{")
        assert wire.read_response().status == 408


def test_a_killed_importer(faked, fake):
    daemon = faked()
    answers = []
    thread = threading.Thread(target=lambda: answers.append(ask(daemon.port, {"do": "hang"}, "/model?name=a.stp")))
    thread.start()
    wait_until(fake.notes, what="the importer")
    os.kill(fake.notes()[0]["pid"], signal.SIGKILL)
    thread.join(30 * SLOW)
    problem(answers[0], 500, "a.stp", "signal 9")


# ---- several at once ----


def test_a_session_has_one_import_at_a_time(faked, fake, tmp_path):
    daemon = faked()
    answers, threads = [], []

    def begin(session, name):
        what = {"do": "wait", "until": str(tmp_path / name)}
        body = {**what, "do": "wait"}
        answers.append((name, ask(daemon.port, body, f"/s/{session}/model?name={name}", timeout=60)))

    for session, name in (("a", "a1"), ("a", "a2"), ("b", "b1")):
        threads.append(threading.Thread(target=begin, args=(session, name)))
        threads[-1].start()
        wait_until(lambda: daemon.health()["sessions"] > 0, what="the server")
        expected = {"a1": 1, "a2": 1, "b1": 2}[name]
        wait_until(lambda: len(fake.notes()) >= expected, what=name)  # pylint: disable=cell-var-from-loop
        wait_until(lambda: daemon.lines(f"PUT /s/{session}/model", debug=True), what=name)  # pylint: disable=cell-var-from-loop
    assert len(fake.notes()) == 2
    (tmp_path / "b1").touch()
    threads[2].join(30 * SLOW)
    assert [name for name, _ in answers] == ["b1"] and len(fake.notes()) == 2
    (tmp_path / "a1").touch()
    (tmp_path / "a2").touch()
    for thread in threads:
        thread.join(30 * SLOW)
    assert [name for name, _ in answers][1:] == ["a1", "a2"] and len(fake.notes()) == 3
