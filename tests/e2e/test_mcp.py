# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The Model Context Protocol for agents, both eras, byte by byte: POST /mcp, and `cadcast mcp` over stdio."""
import base64
import io
import json
import subprocess

import pytest
from conftest import ROOT, recorded
from daemon import PROGRAM, environment
from importing import IMPORTER
from peers import Kernel
from PIL import Image
from wire import Wire, get

MODERN = "2026-07-28"
OLD = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]
META = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}
TOOLS = ["list_sessions", "describe", "render", "measure", "open_file", "compare", "set_view",
         "selection", "export", "clear"]


def post(daemon, body, *lines, method="POST", kind="application/json", **more):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    with Wire(daemon.port, **more) as wire:
        wire.request(method, "/mcp", "Connection: close", f"Content-Type: {kind}", f"Content-Length: {len(data)}", *lines,
                     body=data)
        response = wire.read_response()
    response.json = json.loads(response.body) if response.body else None
    return response


def modern(daemon, method, params=None, *lines, version=MODERN, named=None, said=None):
    """A request without a handshake, with the headers that mirror it."""
    params = {"_meta": {**META, "io.modelcontextprotocol/protocolVersion": version}, **(params or {})}
    headers = [f"MCP-Protocol-Version: {version}", f"Mcp-Method: {said or method}"]
    name = named or params.get("name")
    headers += [f"Mcp-Name: {name}"] if name else []
    return post(daemon, {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}, *headers, *lines)


def old(daemon, method, params=None, *lines):
    return post(daemon, {"jsonrpc": "2.0", "id": "a", "method": method, "params": params or {}}, *lines)


def call(daemon, tool, ask=modern, **arguments):
    response = ask(daemon, "tools/call", {"name": tool, "arguments": arguments})
    assert response.status == 200, response.body
    return response.json["result"]


def code(response):
    assert "result" not in response.json, response
    return response.status, response.json["error"]["code"]


def test_a_request_without_a_handshake(daemon):
    found = modern(daemon, "server/discover").json
    assert found["id"] == 7 and found["jsonrpc"] == "2.0"
    result = found["result"]
    assert result["resultType"] == "complete" and result["supportedVersions"] == [MODERN, *OLD]
    assert result["capabilities"] == {"tools": {}} and result["ttlMs"] > 0 and result["cacheScope"] == "public"
    assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "cadcast"
    listed = modern(daemon, "tools/list").json["result"]
    assert [tool["name"] for tool in listed["tools"]] == TOOLS
    assert listed["resultType"] == "complete" and listed["ttlMs"] > 0 and listed["cacheScope"] == "public"
    assert code(modern(daemon, "resources/list")) == (404, -32601)
    assert code(modern(daemon, "initialize")) == (404, -32601)
    assert "mcp-session-id" not in modern(daemon, "tools/list").headers


def test_headers_that_differ_from_the_body_are_refused(daemon):
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}
    version, method = f"MCP-Protocol-Version: {MODERN}", "Mcp-Method: tools/list"
    assert post(daemon, body, version, method).status == 200
    for lines in ((), (version,), (method,), ("MCP-Protocol-Version: 2025-11-25", method), (version, "Mcp-Method: ping")):
        assert code(post(daemon, body, *lines)) == (400, -32020)
    assert code(modern(daemon, "tools/call", {"name": "describe"}, named="render")) == (400, -32020)
    assert code(modern(daemon, "tools/list", said="tools/call")) == (400, -32020)
    encoded = "=?base64?" + base64.b64encode(b"describe").decode() + "?="
    assert modern(daemon, "tools/call", {"name": "describe"}, named=encoded).status == 200
    assert code(modern(daemon, "tools/call", {"name": "describe"}, named="=?base64?xx?=")) == (400, -32020)


def test_a_body_that_lacks_what_each_request_has_is_refused(daemon):
    lines = (f"MCP-Protocol-Version: {MODERN}", "Mcp-Method: tools/list")
    for name in META:
        params = {"_meta": {**META, name: None}}
        assert code(post(daemon, {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params}, *lines)) == (400, -32602)
        del params["_meta"][name]
        assert code(post(daemon, {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params}, *lines)) == (400, -32602)
    assert code(post(daemon, {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, *lines)) == (400, -32602)


def test_a_version_that_is_not_known_is_named(daemon):
    response = modern(daemon, "tools/list", version="2099-01-01")
    assert code(response) == (400, -32022)
    assert response.json["error"]["data"] == {"supported": [MODERN, *OLD], "requested": "2099-01-01"}
    assert code(old(daemon, "tools/list", {}, "MCP-Protocol-Version: 1999-01-01")) == (400, -32022)


def test_a_client_with_a_handshake(daemon):
    for version in OLD:
        result = old(daemon, "initialize", {"protocolVersion": version, "capabilities": {}}).json["result"]
        assert result["protocolVersion"] == version and result["serverInfo"]["name"] == "cadcast"
        assert old(daemon, "ping", {}, f"MCP-Protocol-Version: {version}").json["result"] == {}
    assert old(daemon, "initialize", {"protocolVersion": "1"}).json["result"]["protocolVersion"] == OLD[0]
    note = post(daemon, {"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert note.status == 202 and note.body == b""
    listed = old(daemon, "tools/list").json["result"]
    assert [tool["name"] for tool in listed["tools"]] == TOOLS and "resultType" not in listed
    assert code(old(daemon, "resources/list")) == (200, -32601)


@pytest.mark.parametrize("body, wanted", [
    (b"{", (400, -32700)), (b"[]", (400, -32600)), (b"{}", (400, -32600)), (b'{"jsonrpc":"1.0","id":1,"method":"ping"}', (400, -32600)),
    (b'{"jsonrpc":"2.0","id":{},"method":"ping"}', (400, -32600)),
])
def test_what_is_no_request_is_refused(daemon, body, wanted):
    assert code(post(daemon, body)) == wanted


def test_methods_types_and_origins(daemon):
    for method in ("GET", "DELETE", "PUT", "OPTIONS"):
        response = post(daemon, b"{}", method=method)
        assert response.status == 405 and response.headers["allow"] == "POST"
    assert post(daemon, b"{}", kind="text/plain").status == 415
    assert post(daemon, b"{}", "Origin: https://evil.example").status == 403
    assert post(daemon, b"{}", "Sec-Fetch-Site: cross-site").status == 403


def test_agents_need_what_all_others_need(start, outer):
    daemon = start("--token", "correct-horse-battery", "--host", "0.0.0.0")
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert post(daemon, body, host=outer).status == 401
    assert post(daemon, body, "Authorization: Bearer correct-horse-battery", host=outer).status == 200


def test_the_hints_tell_what_a_tool_does(daemon):
    tools = {tool["name"]: tool for tool in modern(daemon, "tools/list").json["result"]["tools"]}
    reads = {name for name, tool in tools.items() if tool["annotations"]["readOnlyHint"]}
    assert reads == {"list_sessions", "describe", "render", "measure", "compare", "selection", "export"}
    assert [name for name, tool in tools.items() if tool["annotations"].get("destructiveHint")] == ["open_file", "clear"]
    assert tools["measure"]["inputSchema"]["required"] == ["id"]


@pytest.mark.parametrize("ask", [modern, old])
def test_a_trip_of_an_agent(daemon, ask):
    assert call(daemon, "render", ask)["isError"] is True
    daemon.send(recorded("box-model"))
    daemon.send(recorded("box-backend"))
    assert call(daemon, "list_sessions", ask)["structuredContent"]["sessions"][0]["name"] == "default"
    described = call(daemon, "describe", ask)
    assert json.loads(described["content"][0]["text"]) == described["structuredContent"]
    part = described["structuredContent"]["model"]["tree"]
    while "parts" in part:
        part = part["parts"][0]
    content = call(daemon, "render", ask, view="front,right,top,iso", width=200, height=160)["content"][0]
    assert content["type"] == "image" and content["mimeType"] == "image/png"
    assert Image.open(io.BytesIO(base64.b64decode(content["data"]))).size == (200, 160)
    measured = call(daemon, "measure", ask, id=f"{part['id']}/faces/faces_0", id2=f"{part['id']}/faces/faces_1")
    if "not available" not in measured["content"][0]["text"]:
        assert measured["structuredContent"]["tool_type"] == "DistanceMeasurement"
    assert call(daemon, "set_view", ask, view="top")["structuredContent"]["view"] == "top"
    assert call(daemon, "set_view", ask, hide=[part["id"]])["structuredContent"]["states"] == {part["id"]: [0, 0]}
    assert call(daemon, "selection", ask)["structuredContent"]["selected"] == []
    for arguments, why in (({"session": "nowhere"}, "no session nowhere"), ({"hue": 1}, "no argument hue"),
                           ({"session": "a/b"}, "must be a name"), ({"limit": 0}, "limit must be")):
        answer = call(daemon, "describe", ask, **arguments)
        assert answer["isError"] is True and why in answer["content"][0]["text"]
    for tool, more in (("render", {}), ("compare", {"with": "default", "picture": True})):
        answer = call(daemon, tool, ask, width=2049, **more)
        assert answer["isError"] is True and "width must be 1 to 2048" in answer["content"][0]["text"]
    assert "isError" not in call(daemon, "clear", ask)
    assert call(daemon, "describe", ask)["structuredContent"]["model"] is None
    assert code(ask(daemon, "tools/call", {"name": "run_code"}))[1] == -32602


def test_two_models_are_compared(daemon):
    daemon.send(recorded("box-model"))
    daemon.send(recorded("bracket-model"), "b")
    result = call(daemon, "compare", **{"with": "b"})
    report = result["structuredContent"]
    assert not report["same"] and json.loads(result["content"][0]["text"]) == report and len(result["content"]) == 1
    result = call(daemon, "compare", picture=True, width=200, height=100, limit=1, **{"with": "b"})
    assert result["structuredContent"]["counts"] == report["counts"] and len(result["structuredContent"]["parts"]) == 1
    assert [each["type"] for each in result["content"]] == ["text", "image"]
    assert Image.open(io.BytesIO(base64.b64decode(result["content"][1]["data"]))).size == (200, 100)
    for arguments, why in (({}, "with must be"), ({"with": "c"}, "no session c"), ({"with": "b", "width": 9999}, "width must")):
        answer = call(daemon, "compare", **arguments)
        assert answer["isError"] is True and why in answer["content"][0]["text"]


def test_a_small_file_is_in_the_answer_and_a_large_one_behind_a_link(daemon):
    daemon.send(recorded("box-model"))
    line, resource = call(daemon, "export", format="glb")["content"]
    assert line["type"] == "text" and resource["type"] == "resource"
    inner = resource["resource"]
    glb = base64.b64decode(inner["blob"])
    assert inner["mimeType"] == "model/gltf-binary" and glb[:4] == b"glTF"
    assert inner["uri"] == f"http://127.0.0.1:{daemon.port}/s/default/model.glb"
    assert get(daemon.port, "/s/default/model.glb").body == glb
    daemon.send(recorded("assembly-model"))
    parts = ["/robot/base", "/robot/arm/Solid(0)"]
    whole = len(base64.b64decode(call(daemon, "export", format="stl", parts=parts)["content"][1]["resource"]["blob"]))
    assert (whole - 84) % 50 == 0 and whole == len(get(daemon.port, "/model.stl?parts=/robot/base&parts=/robot/arm/Solid(0)").body)
    daemon.send(recorded("zoo-model"))
    line, link = call(daemon, "export", format="stl")["content"]
    assert link["type"] == "resource_link" and link["size"] > 65536 and "below" not in line["text"]
    assert len(get(daemon.port, link["uri"].split(str(daemon.port))[1]).body) == link["size"]
    for arguments, why in (({}, "format must be"), ({"format": "exe"}, "format must be"),
                           ({"format": "stl", "parts": "x"}, "must be lists"),
                           ({"format": "stl", "parts": ["/nowhere"]}, "there is no part"), ({"format": "stl", "hue": 1}, "no argument")):
        answer = call(daemon, "export", **arguments)
        assert answer["isError"] is True and why in answer["content"][0]["text"], answer


def test_a_file_is_opened_where_the_agent_is(daemon, tmp_path):
    """Over HTTP no path is read, whatever it names; `cadcast mcp` reads it as the user who runs it."""
    path = ROOT / "tests" / "data" / "files" / "cube.step"
    said = call(daemon, "open_file", path=str(path))
    assert said["isError"] is True and "curl -T" in said["content"][0]["text"]
    assert call(daemon, "describe")["structuredContent"]["model"] is None

    def opened(meta=None, **arguments):
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                   "params": {"name": "open_file", "arguments": arguments, **({"_meta": meta} if meta else {})}}
        return talk(tmp_path, daemon.port, message)[1][0]["result"]
    for arguments, why in (({"path": "/no/such"}, "No such file"), ({"path": str(tmp_path)}, "directory"), ({}, "curl -T"),
                           ({"path": str(path), "session": "a/b"}, "must be a name"), ({"path": str(path), "hue": 1}, "open_file takes")):
        result = opened(**arguments)
        assert result["isError"] is True and why in result["content"][0]["text"], result
    if not IMPORTER.is_file():
        pytest.skip("built without OCCT")
    result = opened(META, path=str(path), session="cube", heal=False)
    assert result["structuredContent"]["format"] == "step" and result["resultType"] == "complete"
    assert call(daemon, "describe", session="cube")["structuredContent"]["model"]["leaves"] == 1
    (tmp_path / "noise.step").write_text("noise", encoding="utf-8")
    assert "noise.step" in opened(path=str(tmp_path / "noise.step"))["content"][0]["text"]


def test_read_only_refuses_what_changes(start):
    daemon = start("--read-only")
    Kernel(daemon.port).send_and_settle(recorded("box-model"))
    for tool, arguments in (("set_view", {"view": "top"}), ("open_file", {"path": "/x"}), ("clear", {})):
        assert "--read-only" in call(daemon, tool, **arguments)["content"][0]["text"]
    assert call(daemon, "describe")["structuredContent"]["model"] is not None


def talk(tmp_path, port, *messages):
    text = "".join(json.dumps(message) + "\n" for message in messages)
    done = subprocess.run([PROGRAM, "mcp", "--port", str(port)], input=text, capture_output=True, text=True, timeout=60,
                          check=False, env=environment(tmp_path / "home"))
    return done, [json.loads(line) for line in done.stdout.splitlines()]


def test_the_same_over_standard_input(daemon, tmp_path):
    done, answers = talk(
        tmp_path, daemon.port,
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": OLD[0]}},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
        {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"_meta": META, "name": "describe", "arguments": {}}},
        {"jsonrpc": "2.0", "id": 4, "method": "server/discover", "params": {"_meta": META}},
        {"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {"_meta": META, "name": "nö", "arguments": {}}})
    assert done.returncode == 0 and [answer["id"] for answer in answers] == [1, 2, 3, 4, 5], done
    assert [tool["name"] for tool in answers[1]["result"]["tools"]] == TOOLS
    assert answers[2]["result"]["structuredContent"]["name"] == "default"
    assert answers[4]["error"]["code"] == -32602


def test_it_starts_a_server_where_none_runs(start, tmp_path):
    """On a port of its own, which is given back before: nothing else may take it meanwhile."""
    first = start()
    port = first.port
    assert first.stop() == 0
    env = environment(tmp_path / "home")
    try:
        done, answers = talk(tmp_path, port, {"jsonrpc": "2.0", "id": 1, "method": "ping"})
        assert done.returncode == 0 and answers == [{"jsonrpc": "2.0", "id": 1, "result": {}}], done
    finally:
        subprocess.run([PROGRAM, "stop", "--port", str(port)], env=env, capture_output=True, timeout=60, check=False)
