# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What differs between two models, over HTTP and by the command: docs/comparing.md. Which pair has which answer is in
tests/unit/test_compare.c."""
import io
import json
import shutil
import subprocess

import pytest
from conftest import ROOT, recorded
from daemon import PROGRAM, environment, wait_until
from importing import IMPORTER
from peers import Browser, Kernel
from PIL import Image
from test_api import BASE, OURS, ask, detail, leaves
from wire import get

importing = pytest.mark.skipif(not IMPORTER.is_file(), reason="built without OCCT")


def parts_of(message):
    """The leaves of a message's tree, as they are in it."""
    return leaves(message["data"]["shapes"])


def changed(message, change):
    """The message after `change` was made to its list of leaves."""
    payload = json.loads(message[2:])
    change(parts_of(payload))
    return "D:" + json.dumps(payload)


def recolour(parts):
    parts[0]["color"] = "#123456"


def move(parts):
    parts[0]["loc"] = [[50, 0, 0], [0, 0, 0, 1]]


@pytest.fixture
def two(daemon):
    """Sessions `default` and `b`, which show the same."""
    daemon.send(recorded("assembly-model"))
    daemon.send(recorded("assembly-model"), "b")
    return daemon


def compare(daemon, other="b", query=""):
    response = ask(daemon, "GET", f"{BASE}/default/compare?with={other}{query}")
    assert response.status == 200, response.body
    return response.json


def counts(report):
    return {name: count for name, count in report["counts"].items() if count}


def test_two_sessions_are_compared(two):
    whole = compare(two)
    assert whole["same"] and whole["parts"] == [] and counts(whole) == {"same": whole["from"]["parts"]}
    two.send(changed(recorded("assembly-model"), move), "b")
    report = compare(two)
    assert not report["same"] and counts(report) == {"same": whole["from"]["parts"] - 1, "moved": 1}
    [part] = report["parts"]
    assert part["class"] == "moved" and part["differs"] == ["place"]
    described = {each["id"]: each for each in leaves(ask(two, "GET", f"{BASE}/default/model").json["tree"])}
    assert part["from"]["box"] == described[part["id"]]["box"] != part["to"]["box"]
    two.send(changed(recorded("assembly-model"), recolour), "b")
    assert counts(compare(two)) == {"same": whole["from"]["parts"] - 1, "recoloured": 1}
    two.send(recorded("box-model"), "b")
    report = compare(two, query="&limit=2")
    assert len(report["parts"]) == 2 and report["left_out"] == sum(report["counts"].values()) - 2


def test_exact_geometry_decides(daemon, tmp_path):
    """The same shape in other triangles is the same; the recording has its geometry, another one stands for another
    tolerance."""
    daemon.send(recorded("box-model"))
    daemon.send(recorded("box-backend"))

    def rougher(parts):
        parts[0]["accuracy"] = 1
    message = json.loads(changed(recorded("box-model"), rougher)[2:])
    array = message["data"]["instances"][0]["face_types"]
    array["buffer"] = array["buffer"].replace("A", "B", 1)
    daemon.send("D:" + json.dumps(message), "b")
    wait_until(lambda: compare(daemon)["from"]["exact"])
    report = compare(daemon)
    assert counts(report) == {"changed": 1} and report["parts"][0]["by"] == "mesh"
    assert report["note"].startswith("The second model has no exact geometry here: ")
    (tmp_path / "b.msg").write_text("D:" + json.dumps(message), encoding="utf-8")
    said = diff(tmp_path, "--port", str(daemon.port), "default", "b")
    assert said[0] == 1 and said[1].splitlines()[-1] == report["note"]
    # Neither has more than triangles.
    assert "note" not in json.loads(diff(tmp_path, "--port", str(daemon.port), "--json", "default", tmp_path / "b.msg")[1])
    daemon.send(recorded("box-backend"), "b")
    wait_until(lambda: compare(daemon)["to"]["exact"])
    assert counts(compare(daemon)) == {"same": 1} and "note" not in compare(daemon)


def test_the_comparison_is_drawn_and_shown(two):
    two.send(recorded("box-model"), "b")
    picture = get(two.port, f"{BASE}/default/compare.png?with=b&width=300&height=200&edges=0")
    assert picture.status == 200 and picture.headers["content-type"] == "image/png"
    drawn = Image.open(io.BytesIO(picture.body)).convert("RGB")
    assert drawn.size == (300, 200) and len(drawn.getcolors(1 << 20)) > 10
    with Browser(two.port, "/s/result", hello=OURS) as page:
        page.settle()
        report = ask(two, "PUT", f"{BASE}/result/compare", {"from": "default", "to": "b"}).json
        wait_until(lambda: json.loads(page.next()).get("type") == "model")
    assert report == compare(two)
    groups = ask(two, "GET", f"{BASE}/result/model").json["tree"]["parts"]
    shown = {group["name"]: group for group in groups}
    assert set(shown) == {"added", "removed"} and all(part["alpha"] < 1 for part in leaves(shown["removed"]))
    assert len(leaves(shown["added"])) == report["counts"]["added"]
    same = get(two.port, f"{BASE}/result/image.png?width=300&height=200&edges=0&view=iso").body
    assert same == get(two.port, f"{BASE}/default/compare.png?with=b&width=300&height=200&edges=0&view=iso").body
    assert get(two.port, "/s/result/model.glb").body[:4] == b"glTF"


def test_the_same_two_are_asked_for_again_by_their_numbers(two):
    two.send(changed(recorded("assembly-model"), move), "b")
    wait_until(lambda: "url" in compare(two)["to"])
    report = compare(two)
    first, second = report["from"], report["to"]
    path = f"{BASE}/default/compare.msg?step={first['number']}&with=b@{second['number']}"
    model = get(two.port, path)
    assert model.status == 200 and model.body[:8] == b"CADCAST1"
    for side in (first, second):
        file = get(two.port, f"/s/{side['session']}/{side['url']}").body
        assert file[:8] == b"CADCAST1" and len(file) == side["bytes"]
    # What was shown is now a step, and the answer is the same.
    two.send(recorded("box-model"), "b")
    assert get(two.port, path).body == model.body
    again = compare(two, f"b@{second['number']}", f"&step={first['number']}")
    assert again == report
    two.send("D:" + json.dumps({"type": "clear"}), "default")
    assert detail(two, 404, "GET", path.replace(f"b@{second['number']}", "b@9999"))


def test_what_cannot_be_compared_has_a_reason(two):
    path = f"{BASE}/default/compare"
    assert "with must be the name" in detail(two, 400, "GET", path)
    assert "with must be the name" in detail(two, 400, "GET", f"{path}?with=a/b")
    assert "no session nowhere" in detail(two, 404, "GET", f"{path}?with=nowhere")
    assert "limit must be" in detail(two, 400, "GET", f"{path}?with=b&limit=0")
    assert "there is no parameter view" in detail(two, 400, "GET", f"{path}?with=b&view=top")
    assert "view must be iso" in detail(two, 400, "GET", f"{path}.png?with=b&view=inside")
    for body, why in (({}, "from must be"), ({"from": "default", "to": 3}, "to must be"),
                      ({"from": "default", "to": "b", "x": 1}, "no member x")):
        assert why in detail(two, 400, "PUT", path, body)
    two.send('D:{"type":"clear"}')
    wait_until(lambda: ask(two, "GET", f"{path}?with=b").status == 404)
    assert "nothing is shown in session default" in detail(two, 404, "GET", f"{path}?with=b")


def test_read_only_refuses_to_show_one(start):
    daemon = start("--read-only")
    Kernel(daemon.port).send_and_settle(recorded("box-model"))
    assert "--read-only" in detail(daemon, 403, "PUT", f"{BASE}/default/compare", {"from": "default", "to": "default"})
    assert compare(daemon, "default")["same"]


def diff(tmp_path, *words, **more):
    """Status, standard output and standard error of `cadcast diff`."""
    done = subprocess.run([PROGRAM, "diff", *words], capture_output=True, text=True, timeout=120, check=False,
                          env=environment(tmp_path / "home"), **more)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def files(tmp_path):
    """Two recordings: the second has moved and recoloured a part each, and lacks one."""
    message = json.loads(recorded("assembly-model")[2:])
    parts = parts_of(message)
    parts[0]["loc"] = [[50, 0, 0], [0, 0, 0, 1]]
    parts[1]["color"] = "#123456"
    message["data"]["shapes"]["parts"] = [each for each in message["data"]["shapes"]["parts"] if each is not parts[2]]
    (tmp_path / "old.msg").write_bytes(recorded("assembly-model"))
    (tmp_path / "new.msg").write_text("D:" + json.dumps(message), encoding="utf-8")
    return tmp_path / "old.msg", tmp_path / "new.msg"


def test_two_recordings_by_the_command(files, tmp_path):
    old, new = files
    status, text, errors = diff(tmp_path, old, new)
    assert status == 1 and errors == ""
    lines = text.splitlines()
    assert lines[0] == "moved       /robot/base: place, its middle by 55 5 5 mm"
    assert lines[1] == "recoloured  /robot/leg0: colour" and lines[2] == "removed     /robot/leg1"
    assert lines[3] == "1 moved, 1 recoloured, 1 removed, 6 same" and len(lines) == 4
    assert diff(tmp_path, old, old) == (0, "9 same\n", "")
    status, text, _ = diff(tmp_path, "--json", old, new)
    assert status == 1 and counts(json.loads(text)) == {"moved": 1, "recoloured": 1, "removed": 1, "same": 6}
    image = tmp_path / "diff.png"
    assert diff(tmp_path, "--image", image, old, new)[0] == 1
    assert Image.open(image).size == (800, 600)
    status, text, _ = diff(tmp_path, "/dev/null", new)
    assert status == 1 and text.splitlines()[-1] == "8 added"


def test_trouble_has_a_status_of_its_own(files, tmp_path):
    old, _ = files
    (tmp_path / "noise.step").write_text("noise", encoding="utf-8")
    for words, why in (((), "usage"), ((old,), "usage"), ((old, tmp_path), "this is a folder"), ((old, "/no/such"), "/no/such"),
                       ((old, tmp_path / "noise.step"), "noise.step"), (("--image", "/no/x.png", old, old), "/no/x.png"),
                       (("--hue", old, old), "no option --hue"), ((old, "nowhere", "--port", "1"), "no server answers")):
        status, text, errors = diff(tmp_path, *words)
        assert status == 2 and why in errors and text == "", (words, status, errors)


def test_sessions_and_files_by_the_command(two, files, tmp_path):
    old, new = files
    port = ["--port", str(two.port)]
    assert diff(tmp_path, *port, "default", "b") == (0, "9 same\n", "")
    two.send(new.read_text(encoding="utf-8"), "b")
    wait_until(lambda: get(two.port, "/s/b/model.msg").status == 200)
    said = diff(tmp_path, old, new)
    assert diff(tmp_path, *port, "default", "b") == said
    assert diff(tmp_path, *port, old, "b") == said and diff(tmp_path, *port, "default", new) == said
    image = tmp_path / "both.png"
    assert diff(tmp_path, *port, "--image", image, "default", "b")[0] == 1 and Image.open(image).size == (800, 600)
    status, _, errors = diff(tmp_path, *port, "default", "nowhere")
    assert status == 2 and "no session nowhere" in errors


STEP = ROOT / "tests" / "data" / "files"


@importing
def test_cad_files_by_the_command(tmp_path):
    """Without a server, STEP, with exact geometry; a glTF with its buffer beside it is one too."""
    pair, cube = STEP / "pair.step", STEP / "cube.step"
    status, text, errors = diff(tmp_path, "--json", pair, pair)
    report = json.loads(text)
    assert (status, errors) == (0, "") and report["from"]["exact"] and report["counts"]["same"] == report["from"]["parts"] > 1
    status, text, _ = diff(tmp_path, pair, cube)
    assert status == 1 and text.splitlines()[-1] == "1 added, 2 removed"
    moved = tmp_path / "cube.step"
    moved.write_text(cube.read_text(encoding="utf-8"), encoding="utf-8")
    assert diff(tmp_path, cube, moved)[0] == 0
    assert not list((tmp_path / "home").rglob("*.json")), "no server was started"


@importing
def test_as_a_tool_of_git(tmp_path):
    """`git difftool` gives two files, or /dev/null, and believes the exit status."""
    git = shutil.which("git")
    if git is None:
        pytest.skip("git is not installed")
    folder = tmp_path / "models"
    folder.mkdir()

    def run(*words, expect=0):
        env = {**environment(tmp_path / "home"), "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
        done = subprocess.run([git, "-c", "user.name=a", "-c", "user.email=a@example.org", *words], cwd=folder, env=env,
                              capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == expect, done
        return done.stdout
    run("init", "-q")
    shutil.copy(STEP / "cube.step", folder / "part.step")
    run("add", ".")
    run("commit", "-qm", "one")
    shutil.copy(STEP / "pair.step", folder / "part.step")
    shutil.copy(STEP / "cube.step", folder / "new.step")
    run("add", ".")
    tool = ["difftool", "--no-prompt", f"--extcmd={PROGRAM} diff"]
    said = run(*tool, "HEAD", "--", "part.step")
    wanted = diff(tmp_path, STEP / "cube.step", STEP / "pair.step")[1]
    assert said.splitlines()[-1] == wanted.splitlines()[-1]
    assert "1 added" in run(*tool, "HEAD", "--", "new.step")
    run(*tool, "--trust-exit-code", "HEAD", "--", "part.step", expect=128)
