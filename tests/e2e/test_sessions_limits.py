# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What a session is, how many there may be, and what goes first when memory is short."""
import base64
import json
import struct
import zlib

import pytest
from conftest import recorded
from daemon import wait_until
from peers import Browser, Kernel
from websockets.exceptions import InvalidStatus
from wire import BINARY, Closed, Wire, get

MB = 1024 * 1024
OURS = '{"viewer":"cadcast","id":"%s","formats":["binary"]}'


def model(tag, size=0):
    return json.dumps({"data": {"instances": [], "shapes": {"id": "/m", "name": "m", "parts": [
        {"id": f"/m/{tag}", "name": tag, "shape": None}]}}, "type": "data", "config": {},
        "filler": "x" * size}, separators=(",", ":"))


def listed(daemon):
    """The rows of the list of sessions, by name."""
    with Browser(daemon.port, hello='{"viewer":"sessions"}') as listing:
        return {row["name"]: row for row in json.loads(listing.next())["sessions"]}


def shown(browser):
    """The name in the next model that comes."""
    while True:
        message = json.loads(browser.next())
        if message.get("type") == "data":
            return message["data"]["shapes"]["parts"][0]["name"]


# -- names and paths

@pytest.mark.parametrize("path, session", [
    ("/", "default"), ("/x/y/", "default"), ("/viewer", "default"), ("/s/", "default"),
    ("/s/left/", "left"), ("/s/left", "left"), ("/x/y/s/left/", "left"), ("/s/one/s/left/", "left"),
    ("/s/A.b_c-9/", "A.b_c-9"), ("/hub/user/~me/s/left/", "left"), ("/s/" + "n" * 64 + "/", "n" * 64),
    ("/s/default/", "default"),
])
def test_where_a_socket_leads(start, path, session):
    daemon = start("--no-state")
    Kernel(daemon.port, path).send("D:" + model("here"))
    address = "/" if session == "default" else f"/s/{session}/"
    with Browser(daemon.port, address) as browser:
        assert shown(browser) == "here"
    assert session in listed(daemon)


@pytest.mark.parametrize("name", ["a b", "a%20b", "%2e%2e", "..", ".", "ä", "n" * 65, "a;b", "a~"])
def test_names_that_are_none(start, name):
    daemon = start("--no-state")
    with Wire(daemon.port) as wire:
        path = f"/s/{name}/".encode().decode("latin-1").replace(" ", "%20")
        wire.request("GET", path, *wire.handshake_lines())
        assert wire.read_response().status in (400, 404)
    assert get(daemon.port, f"/s/{name}/viewer".replace(" ", "%20").encode().decode("latin-1")).status \
        in (400, 404)
    assert list(listed(daemon)) == ["default"]


def test_too_many_sessions(start):
    daemon = start("--no-state", "--max-sessions", "3")
    for name in "ab":
        Kernel(daemon.port, f"/s/{name}/").send("D:" + model(name))
    with pytest.raises(InvalidStatus) as refused:
        Kernel(daemon.port, "/s/c/").status()
    assert refused.value.response.status_code == 503
    assert daemon.lines("no session c")
    # What is there is not touched, and room that is given back can be used.
    Kernel(daemon.port, "/s/a/").send("D:" + model("again"))
    Kernel(daemon.port, "/s/b/").send('D:{"type":"clear"}')
    wait_until(lambda: "b" not in listed(daemon), what="the end of an empty session")
    Kernel(daemon.port, "/s/c/").status()
    with Browser(daemon.port, "/s/a/") as browser:
        assert shown(browser) == "again"


def test_empty_sessions_go_and_others_stay(start):
    daemon = start("--no-state")
    Kernel(daemon.port, "/s/full/").send("D:" + model("full"))
    Kernel(daemon.port, "/s/empty/").status()
    with Browser(daemon.port, "/s/watched/") as browser:
        browser.settle()
        assert set(listed(daemon)) == {"default", "full", "empty", "watched"}
        wait_until(lambda: "empty" not in listed(daemon), what="the end of an empty session")
        assert set(listed(daemon)) == {"default", "full", "watched"}
    wait_until(lambda: set(listed(daemon)) == {"default", "full"}, what="the end of a left session")


def test_the_page_of_a_session_makes_none(start):
    daemon = start("--no-state")
    assert get(daemon.port, "/s/only-looked-at/viewer").status == 200
    assert list(listed(daemon)) == ["default"]


# -- the list

def test_the_list_is_live(start):
    daemon = start("--no-state")
    with Browser(daemon.port, hello='{"viewer":"sessions"}') as listing:
        def row(name, **wanted):
            """Waits for a list in which that session is so."""
            while True:
                rows = {each["name"]: each for each in json.loads(listing.next())["sessions"]}
                if name in rows and all(rows[name][key] == value for key, value in wanted.items()):
                    return rows[name]

        row("default", browsers=0, model=False, models=[])
        Kernel(daemon.port, "/s/left/").send(recorded("assembly-model"))
        found = row("left", model=True, browsers=0)
        while not found["models"]:
            found = row("left")
        assert "base" in found["models"] and found["bytes"] > 10_000 and found["when"] > 0
        with Browser(daemon.port, "/s/left/", hello=OURS % "x") as browser:
            row("left", browsers=1)
            # Without a browser the server has drawn one.
            wait_until(lambda: get(daemon.port, "/s/left/picture.png").status == 200)
            while json.loads(browser.next())["type"] != "thumbnail":
                pass
            pixels = zlib.compress(b"\0\1\2\3")
            png = b"\x89PNG\r\n\x1a\n" + b"".join(
                struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
                for kind, data in ((b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)),
                                   (b"IDAT", pixels), (b"IEND", b"")))
            browser.say("thumbnail", {"data": "data:image/png;base64," + base64.b64encode(png).decode()})
            wait_until(lambda: get(daemon.port, "/s/left/picture.png").body == png)
            row("left", picture=True)
        row("left", browsers=0)
        with Wire(daemon.port) as kernel:
            kernel.upgrade("/s/left/")
            row("left", kernels=1)
        row("left", kernels=0)
        Kernel(daemon.port, "/s/left/").send('D:{"type":"clear"}')
        row("left", model=False, models=[], picture=False)


# -- memory

def test_what_goes_first_when_memory_is_short(start):
    """Pictures without a browser go first, of those the one unused for longest; never the newest."""
    daemon = start("--no-state", "--max-memory", "40M")
    with Browser(daemon.port, "/s/watched/") as watcher:
        watcher.settle()
        Kernel(daemon.port, "/s/watched/").send("D:" + model("watched", 3 * MB))
        for name in ("old", "used", "new"):
            Kernel(daemon.port, f"/s/{name}/").send("D:" + model(name, 4 * MB))
        wait_until(lambda: all(row["models"] for row in listed(daemon).values() if row["model"]))
        Kernel(daemon.port, "/s/used/").send('S:{"type":"ui","config":{"axes":true}}')
        Kernel(daemon.port).send("D:" + model("large", 6 * MB))
        wait_until(lambda: daemon.lines("dropped the picture"))
        rows = listed(daemon)
        assert [name for name in rows if rows[name]["model"]][:1] == ["default"]
        line = daemon.lines("dropped the picture")[0]
        assert "session old" in line and "warning" in line
        dropped = [line.split("session ")[1].split()[0] for line in daemon.lines("dropped the picture")]
        assert dropped == ["old", "new", "used"][: len(dropped)] and "watched" not in dropped
        assert daemon.health()["bytes"] <= 40 * MB
        with Browser(daemon.port) as browser:
            assert shown(browser) == "large"


def test_a_message_that_alone_is_too_big(start):
    daemon = start("--no-state", "--max-memory", "8M")
    Kernel(daemon.port).send("D:" + model("small", 1000))
    with Wire(daemon.port) as wire:
        wire.upgrade().send_frame(BINARY, b"D:x", size=9 * MB)
        assert wire.read_close() == 1009
    with Wire(daemon.port) as wire:
        wire.upgrade()
        try:
            for number in range(12):
                wire.send_frame(BINARY if number == 0 else 0, b"x" * MB, fin=False)
        except (Closed, ConnectionError):
            pass
        assert wire.read_close() == 1009
    with Browser(daemon.port) as browser:
        assert shown(browser) == "small"


def test_a_model_whose_forms_do_not_fit_together_is_still_shown(start):
    """The text alone fits; the file for our page does not fit beside it, so it gets the text."""
    daemon = start("--no-state", "--max-memory", "10M")
    with Browser(daemon.port, hello=OURS % "x") as ours:
        Kernel(daemon.port).send("D:" + model("large", 6 * MB))
        assert shown(ours) == "large"
    wait_until(lambda: daemon.health()["bytes"] <= 10 * MB)


def test_exact_geometry_takes_no_picture_s_room(start):
    daemon = start("--no-state", "--max-memory", "8M")
    kernel = Kernel(daemon.port)
    kernel.send("D:" + model("m", 3 * MB))
    with Wire(daemon.port) as wire:
        wire.upgrade().send_frame(BINARY, b'B:{"model":{"parts":[]},"x":"' + b"x" * 5 * MB + b'"}')
        assert wire.read_close() == 1009
    with Browser(daemon.port) as browser:
        assert shown(browser) == "m"


# -- status, views, screenshots

def test_status_is_that_of_the_browser_used_last(start):
    """Each key has what the browser reported whose person did something last."""
    daemon = start("--no-state")
    kernel = Kernel(daemon.port)

    def say(browser, idle, **status):
        browser.send("U:" + json.dumps({"command": "status", "idle": idle, "text": status}))
        browser.settle()

    with Browser(daemon.port, hello=OURS % "a") as first:
        first.settle()
        say(first, 60_000, zoom=1, tab="tree", only_first=1)
        with Browser(daemon.port, hello=OURS % "b") as second:
            second.settle()
            # The second was opened later, so it counts as used later.
            say(second, 0, zoom=2, only_second=2)
            assert kernel.status() == {"zoom": 2, "tab": "tree", "only_first": 1, "only_second": 2}
            # The first reports because a model was drawn, not because its user acted.
            say(first, 50_000, zoom=3, tab="clip")
            assert kernel.status()["zoom"] == 2 and kernel.status()["tab"] == "clip"
            # Now its user acts: everything that it has reported counts.
            say(first, 0, grid=[True, False, False])
            assert kernel.status() == {"zoom": 3, "tab": "clip", "only_first": 1, "only_second": 2,
                                       "grid": [True, False, False]}
            say(second, 100_000, zoom=4)
            assert kernel.status()["zoom"] == 3
            first.close()
            wait_until(lambda: kernel.status()["zoom"] == 4)
            assert kernel.status()["tab"] == "clip"


def test_pages_that_do_not_say_so_are_used_when_they_speak(start):
    daemon = start("--no-state")
    with Browser(daemon.port) as first, Browser(daemon.port) as second:
        first.settle()
        second.settle()
        for browser, zoom in ((first, 1), (second, 2), (first, 3)):
            browser.say("status", {"zoom": zoom})
            browser.settle()
            assert Kernel(daemon.port).status() == {"zoom": zoom}


def test_screenshots_come_from_the_browser_used_last(start, tmp_path):
    daemon = start("--no-state")
    kernel = Kernel(daemon.port)
    kernel.send("D:" + model("m"))
    with Browser(daemon.port) as first, Browser(daemon.port) as second:
        first.settle()
        second.settle()
        for number, (used, other) in enumerate(((first, second), (second, first), (first, second))):
            used.say("status", {"zoom": number})
            used.settle()
            while not (first.quiet(0.05) and second.quiet(0.05)):
                pass
            path = str(tmp_path / f"{number}.png")
            kernel.send("C:" + json.dumps({"type": "screenshot", "filename": path}))
            assert json.loads(used.next()) == {"type": "screenshot", "filename": path}
            assert other.quiet()
        first.close()
        # The one that was asked is gone: another one gets what it has not answered.
        assert json.loads(second.next())["type"] == "screenshot"


def test_views_are_kept_for_each_page(start):
    """A page that reloads gets its own camera, tree and tab; another one does not."""
    daemon = start("--no-state")
    Kernel(daemon.port).send("D:" + model("m"))
    view = {"position": [1, 2, 3], "quaternion": [0, 0, 0, 1], "target": [0, 0, 0], "zoom": 2,
            "states": {"/m/m": [0, 1]}, "tab": "clip"}
    for name in ("one", "two"):
        with Browser(daemon.port, hello=OURS % name) as browser:
            browser.say("status", {**view, "tab": name, "activeTool": "DistanceMeasurement"})
            browser.settle()
    for name, wanted in (("one", "one"), ("two", "two"), ("three", None)):
        with Browser(daemon.port, hello=OURS % name) as browser:
            browser.settle()
            kinds = {}
            while not browser.messages.empty():
                message = json.loads(browser.next())
                kinds[message["type"]] = message
            restored = kinds.get("restore", {}).get("view", {})
            assert restored.get("tab") == wanted
            assert "activeTool" not in restored


def test_splash_is_a_matter_of_each_session(start):
    daemon = start("--no-state")
    Kernel(daemon.port, "/s/left/").send("D:" + model("m"))
    assert Kernel(daemon.port).config()["_splash"] is True
    assert Kernel(daemon.port, "/s/left/").config()["_splash"] is False
