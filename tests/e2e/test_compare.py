# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What differs between two models, over HTTP and by the command: docs/comparing.md. Which pair has which answer is in
tests/unit/test_compare.c."""
import io
import json

import pytest
from conftest import recorded
from daemon import wait_until
from peers import Browser, Kernel
from PIL import Image
from test_api import BASE, OURS, ask, detail, leaves
from wire import get

GREY, GREEN = (180, 180, 180), (46, 158, 58)


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


def test_exact_geometry_decides(daemon):
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
    assert counts(compare(daemon)) == {"changed": 1}
    daemon.send(recorded("box-backend"), "b")
    wait_until(lambda: compare(daemon)["to"]["exact"])
    assert counts(compare(daemon)) == {"same": 1}


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
