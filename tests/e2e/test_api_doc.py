# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""static/openapi.json describes what src/api/api.c answers: nothing less, nothing more."""
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import recorded
from slow import SLOW
from wire import Wire, get

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = json.loads((ROOT / "static" / "openapi.json").read_text(encoding="utf-8"))
METHODS = {"get", "put", "post", "delete", "patch"}


def routes():
    """{(method, path): parameters} of the table."""
    source = (ROOT / "src" / "api" / "api.c").read_text(encoding="utf-8")
    rows = re.findall(r'\{ "([A-Z]+)", "([^"]*)", "([^"]*)", (?:true|false), \w+ \}', source)
    assert len(rows) > 10
    base = "/api/v1/sessions"
    paths = {"sessions": base, "": f"{base}/{{name}}"}
    found = {(method.lower(), paths.get(path, f"{base}/{{name}}/{path}")): given for method, path, given in rows
             if not path.startswith("sessions/")}
    # These are answered by the routes themselves: docs/files.md, docs/exporting.md.
    files = {("get", f"{base}/{{name}}/model.{form}"): "parts hide visible step" for form in ("step", "brep", "stl", "glb", "3mf")}
    return found | files | {("put", f"{base}/{{name}}/model"): "name deviation angular_tolerance heal camera",
                            ("get", f"{base}/{{name}}/export.html"): "page step history"}


def operations():
    return {(method, path): operation for path, item in DOCUMENT["paths"].items()
            for method, operation in item.items() if method in METHODS and path.startswith("/api/v1/")}


def test_each_route_is_described_and_no_other():
    assert set(operations()) == set(routes())
    names = [operation["operationId"] for operation in operations().values()]
    assert len(set(names)) == len(names)


def test_the_parameters_are_those_of_the_routes():
    query = (ROOT / "src" / "render" / "query.c").read_text(encoding="utf-8")
    drawn = set(re.findall(r'strcmp\(name, "(\w+)"\)', query))
    for place, given in routes().items():
        described = {each["name"] for each in operations()[place].get("parameters", []) if each["in"] == "query"}
        wanted = set(given.split())
        assert described == (wanted - {"*"} | drawn if "*" in wanted else wanted), place


def references(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                yield inner
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_what_is_referred_to_is_there_and_all_that_is_there_is_referred_to():
    components = {f"#/components/{kind}/{name}" for kind, all_of in DOCUMENT["components"].items() for name in all_of
                  if kind != "securitySchemes"}
    assert set(references(DOCUMENT)) == components


def test_it_is_served_as_it_is(daemon):
    response = get(daemon.port, "/api/openapi.json")
    assert response.status == 200 and response.headers["content-type"] == "application/json"
    assert json.loads(response.body) == DOCUMENT
    assert get(daemon.port, "/api/openapi.json", method="PUT").status == 405


@pytest.mark.parametrize("place", sorted(operations()), ids=" ".join)
def test_answers_have_a_status_and_a_type_that_are_described(daemon, place):
    method, path = place
    declared = operations()[place]["responses"]
    for name, show in (("default", False), ("nowhere", False), ("default", True)):
        if show:
            daemon.send(recorded("box-model"))
        for query in ("", "?limit=0&view=x", "?id=/x"):
            with Wire(daemon.port) as wire:
                wire.request(method.upper(), path.replace("{name}", name) + query, "Connection: close")
                head = wire.read_until(b"\r\n\r\n").decode()
            status = head.split()[1]
            assert status in declared, (status, head)
            described = declared[status]
            if "$ref" in described:
                described = DOCUMENT["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
            kind = re.search(r"content-type: ([^;\r\n]*)", head, re.I)
            assert [kind[1]] == list(described["content"]) if kind else "content" not in described, head


def with_a_lid(name):
    """A message of a box in which there is a second one, the lid."""
    message = json.loads(recorded(name)[2:])
    tree = message["data"]["shapes"] if "data" in message else message["model"]
    [solid] = tree["parts"]
    tree["parts"].append({**solid, "id": "/Group/lid", "name": "lid", "loc": [[9, 0, 0], [0, 0, 1, 0]]})
    return recorded(name)[:2] + json.dumps(message).encode()


def curl_lines():
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    [block] = [each for each in re.findall(r"```\n(.*?)```", text, re.S) if each.startswith("B=")]
    return block.splitlines()[1:]


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_each_curl_line_of_the_document_works(daemon, tmp_path):
    """As they are copied, in their order: none fails, and what each leaves is what its comment says."""
    daemon.send(with_a_lid("box-model"))
    daemon.send(with_a_lid("box-backend"))
    daemon.send(recorded("bracket-model"), "other")
    measures = json.loads(get(daemon.port, "/status").body)["measuring"]
    said = {}
    for line in curl_lines():
        if not measures and ("/measure" in line or "model.step" in line):
            continue
        # Events have no end: head is content with the first ones.
        words = line.replace("curl", "curl --fail", 1).replace("/events", "/events | head -n 3")
        command = f"B=http://127.0.0.1:{daemon.port}/api/v1/sessions\n{words}"
        done = subprocess.run(["bash", "-c", command], capture_output=True, cwd=tmp_path, timeout=60 * SLOW, check=False)
        assert done.returncode == 0, (line, done)
        said[line] = done.stdout.decode()
    assert len(said) >= 13
    assert {path.name for path in tmp_path.iterdir()} >= {"views.png", "model.html", "screen.png"}
    assert all(path.stat().st_size > 100 for path in tmp_path.iterdir() if path.is_file())
    assert not measures or "lid" in (tmp_path / "lid.step").read_text(encoding="utf-8")
    assert any("event: shown" in text for text in said.values())
    assert get(daemon.port, "/api/v1/sessions/default/image.png").status == 404
