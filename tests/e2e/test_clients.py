# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The real Python clients, unmodified, against the daemon; a browser stands in for the page.

Each client runs one script; the tests look at what it got and at what the browser got.
"""
import base64
import hashlib
import io
import json
import threading
from types import SimpleNamespace

import pytest
from daemon import Daemon, free_port, wait_until
from kernels import Script
from peers import Browser
from PIL import Image

pytestmark = pytest.mark.clients

BUILD123D = "from build123d import Box, Cylinder\nblock, rod = Box(1, 2, 3), Cylinder(1, 4)"
CADQUERY = (
    "import cadquery as cq\n"
    "block, rod = cq.Workplane().box(1, 2, 3), cq.Workplane().circle(1).extrude(4)"
)

SCRIPT = """
{objects}
from {client} import *
show(block, rod, names=["block", "rod"])
wait(lambda: "zoom" in status())
result["status"] = status()
result["config"] = workspace_config()
set_viewer_config(axes=True, zoom=1.5)
show_object(rod, name="alone", clear=True)
show_object(block, name="besides")
animation = Animation()
animation.add_track("/Group/besides", "tz", [0, 1], [0, 5])
animation.animate(2)
save_screenshot("shot.png")
result["port"] = get_port()
show_clear()
"""

CLIENTS = {
    "build123d, ocp_vscode 4.2": ("clients", "ocp_vscode", BUILD123D),
    "build123d, ocp_viewer 1.2": ("clients", "ocp_viewer", BUILD123D),
    "CadQuery, ocp_viewer 1.2": ("cadquery", "ocp_viewer", CADQUERY),
    "build123d, ocp_vscode 3.4": ("legacy", "ocp_vscode", BUILD123D),
}


def picture():
    """A PNG as a data URL, as the page makes it."""
    image = Image.radial_gradient("L").convert("RGB")
    out = io.BytesIO()
    image.save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


class Page(Browser):
    """Reports a camera with each model, and answers each request for a screenshot."""

    def __init__(self, *args, **more):
        self.seen = []
        self.answering = None
        super().__init__(*args, **more)

    def answer(self):
        self.answering = threading.Thread(target=self._answer, daemon=True)
        self.answering.start()

    def _answer(self):
        while (text := self.messages.get()) is not None:
            self.seen.append(text)
            message = json.loads(text)
            if message.get("type") == "data":
                self.say("status", {"zoom": 1.25, "position": [1, 2, 3], "tab": "tree"})
            elif message.get("type") == "screenshot":
                self.say("screenshot", {"filename": message["filename"], "data": picture()})


@pytest.fixture(scope="module", params=CLIENTS)
def talk(request, tmp_path_factory):
    """One client's whole script, the daemon having said its port in the registry alone."""
    packages, client, objects = CLIENTS[request.param]
    home = tmp_path_factory.mktemp("home")
    with Daemon(home) as daemon, Page(daemon.port) as page:
        page.settle()
        page.answer()
        script = Script(packages, SCRIPT.format(objects=objects, client=client), home)
        result, sent, output = script.finish()
        # The client does not wait for what it said last, nor does 3.4 for its screenshot.
        wait_until(lambda: page.seen and json.loads(page.seen[-1]).get("type") == "clear", what="the clear")
        wait_until((home / "shot.png").exists, what="the screenshot")
        page.close()
        page.answering.join()
        yield SimpleNamespace(
            daemon=daemon, result=result, sent=sent, output=output, home=home, client=client,
            seen=page.seen, messages=[json.loads(text) for text in page.seen],
        )


def kinds(talk):
    return [message.get("type") for message in talk.messages]


def models(talk):
    return [message for message in talk.messages if message.get("type") == "data"]


def names(model):
    return [part["name"] for part in model["data"]["shapes"]["parts"]]


def test_finds_the_port_in_the_registry(talk):
    assert int(talk.result["port"]) == talk.daemon.port
    for complaint in ("Cannot", "not connected", "aborting", "Unexpected"):
        assert complaint not in talk.output, talk.output


def test_every_byte_arrives(talk):
    """What the client sent for the browser came out as it went in, in that order."""
    relayed = [digest for kind, _, digest in talk.sent if kind in "DS"]
    commands = [digest for kind, size, digest in talk.sent if kind == "C" and size > len('C:"status"')]
    received = [hashlib.sha256(text.encode()).hexdigest() for text in talk.seen]
    assert relayed
    assert [digest for digest in received if digest in relayed] == relayed
    assert [digest for digest in received if digest not in relayed] == commands


def test_show(talk):
    assert names(models(talk)[0]) == ["block", "rod"]


def test_show_object(talk):
    assert names(models(talk)[1]) == ["alone"]
    assert names(models(talk)[2]) == ["alone", "besides"]


def test_set_viewer_config(talk):
    (ui,) = [message for message in talk.messages if message.get("type") == "ui"]
    assert ui["config"]["axes"] is True
    assert ui["config"]["zoom"] == 1.5


def test_status(talk):
    assert talk.result["status"]["zoom"] == 1.25
    assert talk.result["status"]["position"] == [1, 2, 3]
    assert talk.result["status"]["tab"] == "tree"


def test_workspace_config(talk):
    config = talk.result["config"]
    assert config["_splash"] is False
    assert config["grid"] == [False, False, False]
    assert config["ortho"] is True and config["glass"] is True and config["tools"] is True
    assert config["theme"] == "browser"
    assert config["tree_width"] == 240


def test_animation(talk):
    (animation,) = [message for message in talk.messages if message.get("type") == "animation"]
    assert animation["data"] == [["/Group/besides", "tz", [0, 1], [0, 5]]]
    assert animation["config"]["speed"] == 2


def test_save_screenshot(talk):
    with Image.open(talk.home / "shot.png") as image:
        assert image.size == (256, 256)
        assert len(image.convert("L").getcolors()) > 100
    left = [path.name for path in talk.home.iterdir() if "shot.png" in path.name]
    assert left == ["shot.png"]


def test_show_clear(talk):
    assert kinds(talk)[-1] == "clear"


def test_no_complaint_in_the_log(talk):
    bad = [line for line in talk.daemon.log().splitlines() if "error: " in line or "warning: " in line]
    assert bad == []


def test_a_client_without_a_viewer_says_so(tmp_path):
    """Not ours to answer, but it must not find a daemon that has ended."""
    with Daemon(tmp_path / "home", port=free_port()) as daemon:
        pass
    code = f"from ocp_viewer import set_port, status\nset_port({daemon.port})\nresult['it'] = status()"
    _, _, output = Script("clients", code, tmp_path / "home").finish()
    assert "Cannot reach a viewer" in output
