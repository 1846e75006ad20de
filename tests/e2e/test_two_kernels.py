# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Two notebooks, unmodified, on two ports: each has a picture of its own."""
import json

import pytest
from daemon import free_port, wait_until
from kernels import Script
from peers import Browser, Kernel
from wire import get

pytestmark = pytest.mark.clients

# By set_port, and by the environment; each shows, then both swap their ports.
BY_CALL = """
import os
from build123d import Box, Sphere
from ocp_viewer import set_port, get_port, show, status
for port, make, name in (({first}, Box(1, 2, 3), "block"), ({second}, Sphere(2), "ball")):
    set_port(port)
    show(make, names=[name])
    result[name] = [get_port(), status().get("who")]
    print("shown", flush=True)
    wait(lambda: os.path.exists({gate!r}))
"""
BY_ENVIRONMENT = """
import os
from build123d import Cylinder, Cone
from ocp_viewer import get_port, set_port, show, status
show(Cylinder(1, 4), names=["rod"])
result["rod"] = [get_port(), status().get("who")]
print("shown", flush=True)
wait(lambda: os.path.exists({gate!r}))
set_port({second})
show(Cone(2, 1, 3), names=["cone"])
result["cone"] = [get_port(), status().get("who")]
"""


def named(browser, name):
    """The next model, which has to be of that name."""
    while True:
        message = json.loads(browser.next(120))
        if message.get("type") == "data":
            parts = message["data"]["shapes"]["parts"]
            assert [part["name"] for part in parts] == [name]
            return message


def test_two_notebooks_draw_apart_and_swap(start, tmp_path):
    port = free_port()
    daemon = start("--listen", f"{port}=left")
    assert list(json.loads((daemon.home / ".ocpvscode").read_text())["services"]) == [str(daemon.port)]
    gate = tmp_path / "swap"
    with Browser(daemon.port) as main, Browser(daemon.port, "/s/left/") as left:
        for browser, who in ((main, "main"), (left, "left")):
            browser.settle()
            browser.say("status", {"who": who})
        by_call = Script("clients", BY_CALL.format(first=daemon.port, second=port, gate=str(gate)),
                         daemon.home)
        by_environment = Script(
            "clients", BY_ENVIRONMENT.format(second=daemon.port, gate=str(gate)), daemon.home,
            OCP_PORT=str(port))
        named(main, "block")
        named(left, "rod")
        # A third window, opened now, shows what its session holds.
        with Browser(daemon.port, "/s/left/") as late:
            named(late, "rod")
        gate.touch()
        named(main, "cone")
        named(left, "ball")
        result, _, _ = by_call.finish()
        assert result == {"block": [daemon.port, "main"], "ball": [port, "left"]}
        result, _, _ = by_environment.finish()
        assert result == {"rod": [port, "left"], "cone": [daemon.port, "main"]}
        assert main.quiet() and left.quiet()
    # The port's own root is its session too, for browsers as for kernels.
    with Browser(port) as root:
        named(root, "ball")
    assert '"session":"left"' in get(port, "/viewer").body.decode()
    wait_until(lambda: Kernel(port).status().get("who") == "left")


def test_without_a_choice_clients_take_the_main_port(start):
    daemon = start("--listen", f"{free_port()}=left", "--listen", f"{free_port()}=right")
    script = Script("clients", """
        from build123d import Box
        from ocp_viewer import get_port, show
        show(Box(1, 1, 1), names=["block"])
        result["port"] = get_port()
    """, daemon.home)
    assert script.finish()[0] == {"port": daemon.port}
    with Browser(daemon.port) as browser:
        named(browser, "block")
