# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What tests of several servers with the same sessions have in common."""
import json
import random

from conftest import recorded
from daemon import wait_good
from peers import Browser, Kernel, is_status


def large_model():
    """Some megabytes that hardly shrink, as text that is a model."""
    noise = random.Random(7).randbytes(3 << 20).hex()
    return b'D:{"noise":"' + noise.encode() + b'",' + BOX[3:]


BOX = recorded("box-model")
BRACKET = recorded("bracket-model")
TWO = BOX.replace(b'"name":"', b'"name":"another ', 1)
LARGE = large_model()
MODELS = {"box": BOX, "bracket": BRACKET, "two": TWO, "large": LARGE}
PIECE = (1 << 20) - 65  # bytes of a content in one value

ANIMATION = 'D:{"type":"animation","data":[["/Group/a","ry",[0,1],[0,90]]],"config":{"speed":1}}'
TIME = 'C:{"type":"set_relative_time","value":0.5}'
OURS = '{"viewer":"cadcast","id":"page"}'


def name_of(message):
    """Of a model, so that a failed comparison can be read; another message as it is."""
    return next((name for name, model in MODELS.items() if message == model.decode()[2:]), message)


def settings(**config):
    return "S:" + json.dumps({"type": "ui", "config": config})


def picture(node, session="gear"):
    """What a browser of the session is shown first: the model, and the changes to it."""
    browser = Browser(node.port, f"/s/{session}/")
    browser.settle()
    browser.socket.close()
    found = []
    while (message := browser.messages.get()) is not None:
        if not is_status(message):
            found.append(name_of(message))
    return found


class Page:
    """A browser of a session that stays: what it was shown, in order."""

    def __init__(self, node, session="gear", hello="{}"):
        self.browser = Browser(node.port, f"/s/{session}/", hello=hello).settle()

    def until(self, good, what):
        """The first message that is good(), its name if it is a model."""
        return wait_good(lambda: name_of(self.browser.next()), good, what=what)

    def close(self):
        self.browser.socket.close()


def show(node, message, session="gear"):
    Kernel(node.port, f"/s/{session}/").send_and_settle(message)
