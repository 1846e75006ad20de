# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The official clients of the Model Context Protocol, of both eras, go an agent's whole way: open a file, describe it,
draw four views, measure two faces, compare it with a second file, export it. And the official conformance suite."""
import base64
import io
import json
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT, recorded
from daemon import CACHE, PROGRAM, environment
from importing import IMPORTER
from PIL import Image
from slow import SLOW
from test_api import leaves
from test_mcp import MODERN, OLD, TOOLS
from wire import get

HERE = Path(__file__).parent
CLIENTS = {
    "python 2": [CACHE / "mcp" / "bin" / "python", HERE / "mcp_client.py"],
    "python 1": [CACHE / "mcp1" / "bin" / "python", HERE / "mcp_client.py"],
    "typescript 1": ["node", HERE / "mcp_client.mjs", CACHE / "mcp-clients", "sdk"],
    "typescript 2": ["node", HERE / "mcp_client.mjs", CACHE / "mcp-clients", "client"],
}
CUBE, PAIR = ROOT / "tests" / "data" / "files" / "cube.step", ROOT / "tests" / "data" / "files" / "pair.step"


def ask(name, tmp_path, calls, *words):
    """The names of the tools, and the results of the calls, as that client has them."""
    done = subprocess.run([*map(str, CLIENTS[name]), *map(str, words)], input=json.dumps(calls), capture_output=True, text=True,
                          timeout=120 * SLOW, check=False, env=environment(tmp_path / "home"))
    assert done.returncode == 0, done
    said = json.loads(done.stdout)
    return said["tools"], said["answers"]


def check_way(answers, measuring):
    """What describe, render, measure, compare, export, set_view, selection, list_sessions and clear gave."""
    described, drawn, measured, compared, exported, viewed, selected, listed, cleared = answers
    assert json.loads(described["content"][0]["text"]) == described["structuredContent"]
    [picture] = drawn["content"]
    assert picture["type"] == "image" and picture["mimeType"] == "image/png"
    assert Image.open(io.BytesIO(base64.b64decode(picture["data"]))).size == (320, 240)
    if measuring:
        assert measured["structuredContent"]["tool_type"] == "DistanceMeasurement"
    assert compared["structuredContent"]["same"] is False
    assert [each["type"] for each in compared["content"]] == ["text", "image"]
    assert base64.b64decode(exported["content"][1]["resource"]["blob"])[:4] == b"glTF"
    assert viewed["structuredContent"]["view"] == "top" and selected["structuredContent"]["selected"] == []
    assert {each["name"] for each in listed["structuredContent"]["sessions"]} == {"default", "other"}
    assert not cleared.get("isError")
    assert not any(answer.get("isError") for answer in answers if answer is not measured)


def way(part):
    return [["describe", {}], ["render", {"view": "front,right,top,iso", "width": 320, "height": 240}],
            ["measure", {"id": f"{part}/faces/faces_0", "id2": f"{part}/faces/faces_1"}],
            ["compare", {"with": "other", "picture": True, "width": 200, "height": 100}],
            ["export", {"format": "glb"}], ["set_view", {"view": "top"}], ["selection", {}], ["list_sessions", {}],
            ["clear", {}]]


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_over_http(daemon, tmp_path, name):
    daemon.send(recorded("box-model"))
    daemon.send(recorded("box-backend"))
    daemon.send(recorded("bracket-model"), "other")
    measuring = json.loads(get(daemon.port, "/status").body)["measuring"]
    calls = [*way("/Group/Solid"), ["describe", {"session": "nowhere"}], ["open_file", {"path": str(CUBE)}]]
    tools, answers = ask(name, tmp_path, calls, f"http://127.0.0.1:{daemon.port}/mcp")
    assert tools == TOOLS
    check_way(answers[:9], measuring)
    assert [answer["isError"] for answer in answers[9:]] == [True, True]


@pytest.mark.skipif(not IMPORTER.is_file(), reason="built without OCCT")
@pytest.mark.parametrize("name", ["python 2", "python 1"])
def test_a_client_that_starts_a_program(daemon, tmp_path, name):
    """The whole way from two files."""
    opened = [["open_file", {"path": str(CUBE)}], ["open_file", {"path": str(PAIR), "session": "other"}]]
    words = (PROGRAM, "mcp", "--port", daemon.port)
    _, answers = ask(name, tmp_path, [*opened, ["describe", {}]], *words)
    assert [answer["structuredContent"]["format"] for answer in answers[:2]] == ["step", "step"]
    [part] = leaves(answers[2]["structuredContent"]["model"]["tree"])
    tools, answers = ask(name, tmp_path, way(part["id"]), *words)
    assert tools == TOOLS
    check_way(answers, True)


@pytest.mark.parametrize("revision", [MODERN, OLD[0]])
def test_the_conformance_suite(daemon, tmp_path, revision):
    """All that a revision requires, but for what mcp_conformance.yml names."""
    suite = CACHE / "mcp-clients" / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
    command = ["node", "--import", (HERE / "mcp_conformance.mjs").as_uri(), suite, "server", "--requirements", revision,
               "--url", f"http://127.0.0.1:{daemon.port}/mcp", "--timeout", 60000 * SLOW,
               "--expected-failures", HERE / "mcp_conformance.yml"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=150 * SLOW, check=False, cwd=tmp_path,
                          env=environment(tmp_path / "home"))
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "tools-list: 4 passed" in done.stdout or "tools-list: 3 passed" in done.stdout, done.stdout
