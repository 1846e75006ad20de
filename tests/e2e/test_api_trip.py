# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""An agent's whole way over HTTP alone, from two files to a comparison and an export; the commands answer the same.
Over MCP it is in test_mcp_clients.py."""
import io
import json
import subprocess

import pytest
from conftest import ROOT
from daemon import PROGRAM, environment
from importing import IMPORTER
from PIL import Image
from slow import PATIENCE
from test_api import ask, leaves
from wire import get

FILES = ROOT / "tests" / "data" / "files"
SESSIONS = "/api/v1/sessions"


@pytest.mark.skipif(not IMPORTER.is_file(), reason="built without OCCT")
def test_a_trip_from_two_files_to_a_comparison_and_an_export(daemon, tmp_path):
    def put(session, name):
        body = (FILES / name).read_bytes()
        answer = ask(daemon, "PUT", f"{SESSIONS}/{session}/model?name={name}", body, "Content-Type: model/step")
        assert answer.status == 200 and answer.json["format"] == "step", answer

    put("default", "cube.step")
    put("other", "pair.step")
    described = ask(daemon, "GET", f"{SESSIONS}/default").json
    [part] = leaves(described["model"]["tree"])
    assert part["faces"] == 6 and described["model"]["box"]
    drawn = get(daemon.port, f"{SESSIONS}/default/image.png?view=front,right,top,iso&width=320&height=240")
    assert drawn.status == 200 and Image.open(io.BytesIO(drawn.body)).size == (320, 240)
    face = f"{part['id']}/faces/faces_"
    measured = get(daemon.port, f"{SESSIONS}/default/measure?id={face}0&id2={face}1")
    assert measured.status == 200 and json.loads(measured.body)["tool_type"] == "DistanceMeasurement"
    compared = ask(daemon, "GET", f"{SESSIONS}/default/compare?with=other").json
    assert compared["same"] is False
    exported = get(daemon.port, f"{SESSIONS}/default/model.step")
    assert exported.status == 200 and exported.body.startswith(b"ISO-10303-21;")

    # One code path each: what the commands say of the same server is the same, byte for byte.
    def command(*words, status=0):
        done = subprocess.run([PROGRAM, *words, "--port", str(daemon.port)], capture_output=True, check=False,
                              timeout=PATIENCE, env=environment(tmp_path))
        assert done.returncode == status, done
        return done.stdout

    assert command("render", "--session=default", "--view=front,right,top,iso", "--width=320", "--height=240",
                   "-o", "-") == drawn.body
    assert command("export", "--session=default", "--format=step", "-o", "-") == exported.body
    assert json.loads(command("diff", "--json", "default", "other", status=1)) == compared
