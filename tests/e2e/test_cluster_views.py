# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Pages of a cluster: one that comes to another node finds how it looked at the picture, and a kernel gets screenshots
of pages at other nodes."""
import json

import pytest
from daemon import wait_equal, wait_good, wait_until
from peers import Browser

from cluster import BOX, show

HELLO = '{"viewer":"cadcast","id":"page-1","formats":["binary"]}'
PNG = ("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
       "rkJggg==")
VIEW = {"position": [1.5, 2, 3], "quaternion": [0, 0, 0, 1], "target": [0, 0, 0], "zoom": 2.5}


def model_and_view(node):
    """What a page of ours is told until it has both; the model's address and the view."""
    found = {}
    with Browser(node.port, "/s/gear/", hello=HELLO) as page:
        def both():
            message = page.next()
            said = json.loads(message) if message.startswith("{") else {}
            if said.get("type") in ("model", "restore"):
                found[said["type"]] = said
            return len(found) == 2

        wait_until(both, what="the model and the view")
    return found["model"]["url"], found["restore"]["view"]


@pytest.mark.parametrize("there", [False, True], ids=["not yet", "there before"])
def test_a_page_finds_its_view_at_another_node(node, engine, there):
    a, b = node("a"), node("b")
    show(b if there else a, BOX)
    with Browser(a.port, "/s/gear/", hello=HELLO) as page:
        address = json.loads(wait_good(page.next, lambda message: '"type":"model"' in message, what="the model"))["url"]
        page.say("status", VIEW)
        wait_until(lambda: "2.5" in engine.say("HGET", "cad1:{gear}:v", "page-1"), what="the view is at the engine")
    a.kill()
    a.status = 0  # it was meant to end so
    # The same name too: the page need not fetch the model again, and knows that it is the same.
    assert model_and_view(b) == (address, VIEW)


def test_a_screenshot_is_taken_where_a_page_was_used_last(node, engine, tmp_path):
    a, b, c = node("a"), node("b"), node("c")
    show(a, BOX)
    with Browser(b.port, "/s/gear/", hello=HELLO) as page, Browser(c.port, "/s/gear/", hello=HELLO) as other:
        for each in page, other:
            wait_good(each.next, lambda message: '"type":"model"' in message, what="the model")
        wait_equal(lambda: a.metric("cluster_nodes"), 3)
        for name in "b", "c":
            wait_until(lambda: engine.say("HGET", "cad1:{gear}:here", name), what=f"{name} has told of its page")  # pylint: disable=cell-var-from-loop
        engine.say("HSET", "cad1:{gear}:here", "c", json.dumps({"browsers": 1, "used": 1}))
        target = tmp_path / "shot.png"
        show(a, "C:" + json.dumps({"type": "screenshot", "filename": str(target)}))
        asked = json.loads(wait_good(page.next, lambda message: "screenshot" in message, what="the request"))
        page.say("screenshot", {"filename": asked["filename"], "data": PNG})
        wait_until(target.exists, what="the picture is there")
        assert "screenshot" not in str([other.messages.get() for _ in range(3)])
