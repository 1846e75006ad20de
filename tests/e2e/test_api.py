# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What programs ask over HTTP: /api/v1 (docs/api.md). Which test fails when which check is taken out is in
docs/security.md."""
import io
import json
import subprocess

import pytest
from conftest import MESSAGES, recorded
from daemon import PROGRAM, environment, wait_until
from peers import Browser, Kernel
from PIL import Image, ImageChops
from wire import Wire, get

OURS = json.dumps({"viewer": "cadcast", "id": "w1", "formats": ["binary"], "version": "0"})
BASE = "/api/v1/sessions"
JSON = "Content-Type: application/json"
FACES = ["/Group/Solid/faces/faces_0", "/Group/Solid/faces/faces_1"]
# A camera that looks from below.
BELOW = {"position": [10, 10, -10], "target": [0, 0, 0], "zoom": 0.5, "quaternion": [0.3647, 0.8805, -0.2798, 0.1159]}


def ask(daemon, method, path, body=None, *lines, at="127.0.0.1"):
    """One request; the answer's body is JSON, or None."""
    with Wire(daemon.port, at) as wire:
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        more = [JSON] if isinstance(body, dict) else []
        size = [f"Content-Length: {len(data)}"] if body is not None else []
        wire.request(method, path, "Connection: close", *size, *more, *lines, body=data)
        response = wire.read_response(head=method == "HEAD")
    kind = response.headers.get("content-type", "")
    assert (response.status < 400) == (kind != "application/problem+json"), response
    response.json = json.loads(response.body) if "json" in kind and response.body else None
    if response.status >= 400 and response.body:
        assert response.json["status"] == response.status and response.json["detail"]
    return response


def detail(daemon, status, method, path, *more):
    """What the answer says is wrong."""
    response = ask(daemon, method, path, *more)
    assert response.status == status, response
    return response.json["detail"]


def image(daemon, query=""):
    response = get(daemon.port, f"{BASE}/default/image.png{query}")
    assert response.status == 200, response.body
    return Image.open(io.BytesIO(response.body)).convert("RGB")


def same(one, other):
    return ImageChops.difference(one, other).getbbox() is None


def test_sessions_are_listed_as_elsewhere(daemon):
    daemon.send(recorded("box-model"), "other")
    listed = ask(daemon, "GET", BASE).json["sessions"]
    assert [each["name"] for each in listed] == ["default", "other"]
    status = json.loads(get(daemon.port, "/status").body)["sessions"]
    assert [set(each) for each in listed] == [set(each) for each in status]


def leaves(tree):
    parts = tree.get("parts")
    return [tree] if parts is None else [leaf for part in parts for leaf in leaves(part)]


def test_a_session_is_described(daemon):
    empty = ask(daemon, "GET", f"{BASE}/default").json
    assert empty["name"] == "default" and empty["model"] is None and empty["view"]["position"] is None
    daemon.send(recorded("assembly-model"))
    whole = ask(daemon, "GET", f"{BASE}/default").json
    model = whole["model"]
    parts = leaves(model["tree"])
    assert model["leaves"] == len(parts) > 1 and model["number"] == whole["number"]
    assert all(part["id"].startswith("/") and part["color"].startswith("#") and part["visible"] for part in parts)
    for count in ("triangles", "faces", "edges", "vertices"):
        assert model[count] == sum(part.get(count, 0) for part in parts) > 0
    for side in ("xmin", "ymin", "zmin"):
        assert abs(model["box"][side] - min(part["box"][side] for part in parts)) < 0.01
    assert ask(daemon, "GET", f"{BASE}/default/model").json == model
    short = ask(daemon, "GET", f"{BASE}/default/model?limit=1").json
    assert len(leaves(short["tree"])) == 1 and short["left_out"] == len(parts) - 1
    assert short["triangles"] == model["triangles"] and short["box"] == model["box"]


def test_a_part_that_is_placed_has_its_box_there(daemon):
    daemon.send(recorded("box-model"))
    one = leaves(ask(daemon, "GET", f"{BASE}/default/model").json["tree"])[0]["box"]
    message = json.loads(recorded("box-model")[2:])
    message["data"]["shapes"]["loc"] = [[100, 0, 0], [0, 0, 0, 1]]
    daemon.send("D:" + json.dumps(message))
    moved = leaves(ask(daemon, "GET", f"{BASE}/default/model").json["tree"])[0]["box"]
    assert abs(moved["xmin"] - one["xmin"] - 100) < 1e-4 and abs(moved["ymin"] - one["ymin"]) < 1e-4


def test_what_a_browser_hid_is_not_visible(daemon):
    daemon.send(recorded("assembly-model"))
    first = leaves(ask(daemon, "GET", f"{BASE}/default/model").json["tree"])[0]["id"]
    with Browser(daemon.port, hello=OURS) as page:
        page.say("status", {"position": [1, 2, 3], "states": {first: [0, 0]}, "tab": "clip", "selected": [first],
                            "activeTool": "DistanceMeasurement", "selectedShapeIDs": ["/x", False]})
        page.settle()
        shown = {part["id"]: part["visible"] for part in leaves(ask(daemon, "GET", f"{BASE}/default").json["model"]["tree"])}
        assert [each for each, visible in shown.items() if not visible] == [first]
        state = ask(daemon, "GET", f"{BASE}/default/state").json
        assert state["states"] == {first: [0, 0]} and state["tab"] == "clip"
        chosen = ask(daemon, "GET", f"{BASE}/default/selection").json
        assert chosen == {"selected": [first], "measuring": ["/x"], "tool": "DistanceMeasurement"}


def test_an_image_is_that_of_the_other_door(daemon):
    daemon.send(recorded("bracket-model"))
    for query in ("", "?view=top,iso&width=300&height=200"):
        assert get(daemon.port, f"{BASE}/default/image.png{query}").body == get(daemon.port, f"/image.png{query}").body
    assert "view must be iso" in detail(daemon, 400, "GET", f"{BASE}/default/image.png?view=inside")
    assert "hue" in detail(daemon, 400, "GET", f"{BASE}/default/image.png?hue=1")


def test_a_camera_is_set_with_a_browser_and_without(daemon):
    assert "nothing is shown" in detail(daemon, 404, "PUT", f"{BASE}/default/camera", {"view": "top"})
    daemon.send(recorded("box-model"))
    top = image(daemon, "?view=top")
    assert not same(image(daemon), top)
    assert ask(daemon, "PUT", f"{BASE}/default/camera", {"view": "top"}).json["view"] == "top"
    assert same(image(daemon), top)
    answer = ask(daemon, "PUT", f"{BASE}/default/camera", BELOW).json
    assert {name: answer[name] for name in BELOW} == BELOW and answer["view"] is None
    below = image(daemon)
    assert not same(below, top)
    # A preset again wins over the placed one, and the other way round.
    ask(daemon, "PUT", f"{BASE}/default/camera", {"view": "top"})
    assert same(image(daemon), top)
    with Browser(daemon.port, hello=OURS) as page:
        page.settle()
        while not page.messages.empty():
            page.next()
        ask(daemon, "PUT", f"{BASE}/default/camera", {"zoom": 2})
        wanted = {"type": "ui", "config": {"zoom": 2}}
        wait_until(lambda: json.loads(page.next()) == wanted)
        page.say("status", BELOW)
        page.settle()
        assert ask(daemon, "GET", f"{BASE}/default/camera").json["position"] == BELOW["position"]


@pytest.mark.parametrize("body, why", [
    ({}, "nothing to set"), ({"view": "inside"}, "view must be iso"), ({"view": "iso", "zoom": 1}, "exclude"),
    ({"position": [1, 2]}, "position must be numbers"), ({"zoom": 0}, "zoom must be"), ({"fov": 3}, "no member fov"),
    ({"target": [1, 2, None]}, "target must be"), ({"quaternion": [0, 0, 0, 1e300]}, "quaternion must be"),
    (b"[1]", "JSON: Content-Type"),
])
def test_a_wrong_camera_is_named(daemon, body, why):
    daemon.send(recorded("box-model"))
    said = detail(daemon, 415 if isinstance(body, bytes) else 400, "PUT", f"{BASE}/default/camera", body)
    assert why in said


def test_a_body_that_is_no_json_object_is_refused(daemon):
    daemon.send(recorded("box-model"))
    path = f"{BASE}/default/camera"
    assert "must be a JSON object" in detail(daemon, 400, "PUT", path, b"[1]", JSON)
    assert "not JSON: line 1" in detail(daemon, 400, "PUT", path, b"{", JSON)
    assert "not JSON" in detail(daemon, 400, "PUT", path, b'{"zoom":1,"zoom":2}', JSON)
    assert "JSON" in detail(daemon, 415, "PUT", path, b"{}", "Content-Type: text/plain")
    assert detail(daemon, 415, "PUT", path)


def test_states_of_parts_and_settings_are_set(daemon):
    daemon.send(recorded("assembly-model"))
    path = f"{BASE}/default/state"
    first = leaves(ask(daemon, "GET", f"{BASE}/default/model").json["tree"])[0]["id"]
    before = image(daemon)
    answer = ask(daemon, "PUT", path, {"states": {first: [0, 0]}, "settings": {"axes": True}})
    assert answer.json["states"] == {first: [0, 0]} and answer.json["settings"]["axes"] is True
    assert not same(before, image(daemon))
    assert not next(each for each in leaves(ask(daemon, "GET", f"{BASE}/default/model").json["tree"])
                    if each["id"] == first)["visible"]
    with Browser(daemon.port, hello=OURS) as page:
        page.settle()
        ask(daemon, "PUT", path, {"tab": "clip"})
        wait_until(lambda: json.loads(page.next()) == {"type": "ui", "config": {"tab": "clip"}})
    for body, why in (({"states": {"/x": 1}}, "states must be"), ({"tab": 3}, "tab must be"), ({}, "nothing to set"),
                      ({"settings": []}, "settings must be"), ({"x": 1}, "a state has states")):
        assert why in detail(daemon, 400, "PUT", path, body)


def test_what_turns_something_on_or_off(daemon):
    """The same words everywhere, and those that the description has."""
    daemon.send(recorded("box-model"))
    words = ask(daemon, "GET", "/api/openapi.json").json["components"]["schemas"]["Switch"]["enum"]
    statuses = {"image.png?width=9&axes=": 200, "model.stl?visible=": 200, "measure?center=": 400}
    for path, status in statuses.items():
        for word in words:
            assert ask(daemon, "GET", f"{BASE}/default/{path}{word}").status == status, (path, word)
        for word in ("2", "TRUE", "maybe"):
            assert " must be 1 or 0" in detail(daemon, 400, "GET", f"{BASE}/default/{path}{word}")
    assert "id is missing" in detail(daemon, 400, "GET", f"{BASE}/default/measure?center=")


def command_measures(tmp_path, *words):
    return subprocess.run([PROGRAM, "measure", MESSAGES / "box-backend.msg", *words], capture_output=True, timeout=60,
                          check=False, env=environment(tmp_path))


def test_measuring_answers_what_the_command_answers(daemon, tmp_path):
    path = f"{BASE}/default/measure"
    if not json.loads(get(daemon.port, "/status").body)["measuring"]:
        pytest.skip("built without OCCT")
    assert "no exact geometry" in detail(daemon, 409, "GET", f"{path}?id=/x")
    daemon.send(recorded("box-model"))
    daemon.send(recorded("box-backend"))
    for query, words in ((f"id={FACES[0]}", FACES[:1]), (f"id={FACES[0]}&id2={FACES[1]}", FACES),
                         (f"id={FACES[0]}&id2={FACES[1]}&center=1", [*FACES, "--center"])):
        response = ask(daemon, "GET", f"{path}?{query}")
        assert response.status == 200, response.body
        assert response.body == command_measures(tmp_path, *words).stdout.strip()
    assert "no such shape" in detail(daemon, 404, "GET", f"{path}?id=/nowhere")
    assert "id is missing" in detail(daemon, 400, "GET", path)
    assert "idd" in detail(daemon, 400, "GET", f"{path}?idd=/x")
    assert "twice" in detail(daemon, 400, "GET", f"{path}?id=/x&id=/y")


def test_the_mass_of_a_part_and_of_a_group(daemon):
    path = f"{BASE}/default/mass"
    if not json.loads(get(daemon.port, "/status").body)["measuring"]:
        pytest.skip("built without OCCT")
    daemon.send(recorded("box-model"))
    assert ask(daemon, "GET", f"{path}?id=/Group").status == 204
    daemon.send(recorded("box-backend"))
    for name in ("/Group/Solid", "/Group"):
        found = ask(daemon, "GET", f"{path}?id={name}").json
        assert found == {"id": name, "parts": 1, "volume": pytest.approx(6), "area": pytest.approx(22)}
    # Two moved copies of a box: each geometry is computed once and counted twice.
    tree = json.loads(recorded("box-backend")[2:])["model"]
    solid = tree["parts"][0]
    moved = {**solid, "id": "/Group/other", "loc": [[9, 0, 0], [0, 0, 1, 0]]}
    daemon.send("B:" + json.dumps({"model": {**tree, "parts": [solid, moved]}}))
    found = ask(daemon, "GET", f"{path}?id=/Group").json
    assert (found["parts"], found["volume"], found["area"]) == (2, pytest.approx(12), pytest.approx(44))
    # A name's beginning is not the name.
    for wrong in ("/Group/Sol", "/Grou", "/Group/Solid/faces/faces_0"):
        assert ask(daemon, "GET", f"{path}?id={wrong}").status == 204
    assert "id is missing" in detail(daemon, 400, "GET", path)


def test_a_session_is_cleared(daemon):
    daemon.send(recorded("box-model"))
    with Browser(daemon.port, hello=OURS) as page:
        page.settle()
        assert ask(daemon, "DELETE", f"{BASE}/default").status == 204
        wait_until(lambda: json.loads(page.next()) == {"type": "clear"})
    assert ask(daemon, "GET", f"{BASE}/default").json["model"] is None


def test_a_session_gets_another_name(daemon):
    daemon.send(recorded("box-model"), "gear")
    assert ask(daemon, "PATCH", f"{BASE}/gear", {"name": "cog"}).json == {"session": "cog", "pinned": False}
    assert "no session gear" in detail(daemon, 404, "GET", f"{BASE}/gear/model")
    assert ask(daemon, "GET", f"{BASE}/cog/model").json["leaves"] == 1
    for body, status, why in (({}, 400, "nothing to change"), ({"name": "a/b"}, 400, "1 to 64"), ({"name": "default"}, 409, "of that name"),
                              ({"name": "x", "colour": 3}, 400, "no member colour"), ({"name": 3}, 400, "name must be a text")):
        assert why in detail(daemon, status, "PATCH", f"{BASE}/cog", body)
    assert "no session nobody" in detail(daemon, 404, "PATCH", f"{BASE}/nobody", {"name": "x"})
    assert "JSON" in detail(daemon, 415, "PATCH", f"{BASE}/cog")


def test_paths_and_methods_that_are_not_there(daemon):
    for path in ("/api/v1", "/api/v1/", "/api/v1/sessions/", "/api/v1/sessions/default/", "/api/v1/x",
                 f"{BASE}/default/past", f"{BASE}/a/b/c", f"{BASE}/default/sessions"):
        assert "openapi.json" in detail(daemon, 404, "GET", path), path
    assert "there is no session nowhere" in detail(daemon, 404, "GET", f"{BASE}/nowhere/camera")
    response = ask(daemon, "POST", f"{BASE}/default/camera")
    assert response.status == 405 and response.headers["allow"] == "GET, HEAD, PUT"
    assert ask(daemon, "POST", f"{BASE}/default/model").headers["allow"] == "GET, HEAD, PUT"
    assert ask(daemon, "OPTIONS", BASE).headers["allow"] == "GET, HEAD"
    head = ask(daemon, "HEAD", BASE)
    assert head.status == 200 and int(head.headers["content-length"]) > 10 and head.body == b""


def test_programs_need_what_all_others_need(start, outer):
    """The guard's rules come first, for each method, and their refusals are problems too."""
    daemon = start("--token", "correct-horse-battery", "--host", "0.0.0.0")
    daemon.send(recorded("box-model"))
    path = f"{BASE}/default/camera"
    for method, body in (("GET", None), ("PUT", {"view": "top"}), ("DELETE", None)):
        assert ask(daemon, method, path, body, at=outer).status == 401
        assert ask(daemon, method, path, body, "X-Cadcast-Token: wrong", at=outer).status == 401
        for line in ("Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Origin: null"):
            refused = ask(daemon, method, path, body, line)
            assert refused.status == 403
            assert not any(name.startswith("access-control") for name in refused.headers)
    assert ask(daemon, "GET", path).json["view"] is None
    right = "Authorization: Bearer correct-horse-battery"
    assert ask(daemon, "PUT", path, {"view": "top"}, right, at=outer).status == 200


def test_read_only_refuses_what_changes(start):
    daemon = start("--read-only")
    Kernel(daemon.port).send_and_settle(recorded("box-model"))
    for method, path, body in (("PUT", "camera", {"view": "top"}), ("PUT", "state", {"tab": "clip"}), ("PATCH", "", {"name": "x"}),
                               ("DELETE", "", None)):
        assert "--read-only" in detail(daemon, 403, method, f"{BASE}/default/{path}".rstrip("/"), body)
    assert ask(daemon, "GET", f"{BASE}/default/camera").json["view"] is None
    assert ask(daemon, "GET", f"{BASE}/default").json["model"] is not None
