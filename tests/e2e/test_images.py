# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Pictures that the server draws itself, with no browser anywhere: over HTTP, for the list of sessions, for a
kernel's screenshot, and by the command."""
import hashlib
import io
import json
import subprocess
import threading
from pathlib import Path

import pytest
from conftest import MESSAGES, recorded
from daemon import PROGRAM, environment, wait_until
from peers import Browser
from PIL import Image, ImageChops
from wire import Wire, get

OURS = json.dumps({"viewer": "cadcast", "id": "w1", "formats": ["binary"], "version": "0"})
WHITE = (255, 255, 255)
# A camera that looks from below at the model's corner, as a browser reports it.
BELOW = {"position": [10, 10, -10], "target": [0, 0, 0], "zoom": 0.5,
         "quaternion": [0.3647, 0.8805, -0.2798, 0.1159]}


def image(response):
    assert response.status == 200, response.body
    assert response.headers["content-type"] == "image/png"
    return Image.open(io.BytesIO(response.body))


def drawn(picture):
    """How many pixels are not of the background."""
    colours = picture.convert("RGB").getcolors(1 << 20)
    return sum(count for count, colour in colours if colour != WHITE)


def same(one, other):
    return ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getbbox() is None


def test_what_a_session_shows_is_an_image(daemon):
    assert get(daemon.port, "/image.png").status == 404
    assert get(daemon.port, "/s/other/image.png").status == 404
    daemon.send(recorded("bracket-model"))
    picture = image(get(daemon.port, "/image.png"))
    assert picture.size == (800, 600) and picture.mode == "RGB" and drawn(picture) > 20000
    top = image(get(daemon.port, "/s/default/image.png?view=top&width=320&height=240&transparent=1"))
    assert top.size == (320, 240) and top.mode == "RGBA" and top.getpixel((0, 0))[3] == 0
    sheet = image(get(daemon.port, "/image.png?view=front,right,top,30,20"))
    quarter = image(get(daemon.port, "/image.png?view=top&fit=1&width=400&height=300"))
    assert same(sheet.crop((0, 300, 400, 600)), quarter)
    plain = image(get(daemon.port, "/image.png?view=iso&edges=0&background=102030"))
    assert plain.getpixel((0, 0)) == (16, 32, 48)
    head = get(daemon.port, "/image.png", method="HEAD")
    assert head.status == 200 and head.body == b""
    daemon.send("D:" + json.dumps({"type": "data", "data": {"instances": [], "shapes": {
        "id": "/G", "name": "G", "parts": [{"id": "/G/a", "type": "shapes", "shape": {"ref": 3}}]}}, "config": {}}))
    wait_until(lambda: get(daemon.port, "/image.png").status == 422)
    assert b"names an instance that does not exist" in get(daemon.port, "/image.png").body


@pytest.mark.parametrize("query, why", [
    ("view=inside", "view must be iso, front"), ("width=5000", "width must be 1 to 4096"),
    ("height=x", "height must be"), ("background=red", "background must be"), ("hue=1", "there is no parameter hue"),
    ("fit=perhaps", "fit must be 1 or 0"), ("camera=1&view=top", "camera and view exclude"), ("parts=", "parts must be"),
    ("clip=1,2,3", "clip must be"), ("clip=0,0,0,1", "clip must be"), ("clip=1,0,0,x", "clip must be"),
    ("clip=" + ",".join("1" * 13), "clip must be"), ("clip=1,0,0,1e10", "clip must be"),
    ("renderer=page", "renderer must be own or browser"), ("renderer=browser&fit=1", "renderer=browser has no"),
    ("view=%zz", "not encoded"), ("width=4096&height=4096", "width and height must be"),
])
@pytest.mark.shared
def test_a_wrong_parameter_is_named(daemon, query, why):
    daemon.send(recorded("box-model"))
    response = get(daemon.port, f"/image.png?{query}")
    assert response.status == 400 and why in response.body.decode()


def test_an_image_needs_the_token_that_all_else_needs(start):
    daemon = start("--token", "secret-enough", "--host", "0.0.0.0")
    assert get(daemon.port, "/image.png?token=wrong").status == 401
    assert get(daemon.port, "/image.png", Host="evil.example").status in (400, 403, 421)


def test_the_view_is_that_of_the_browser_used_last(daemon):
    daemon.send(recorded("box-model"))
    before = image(get(daemon.port, "/image.png"))
    with Browser(daemon.port, hello=OURS) as page:
        page.settle()
        page.say("status", BELOW)
        page.settle()
        assert not same(before, image(get(daemon.port, "/image.png")))
    seen = image(get(daemon.port, "/image.png"))
    assert not same(before, seen) and same(before, image(get(daemon.port, "/image.png?view=iso")))
    # Another model that says where its camera goes is not shown from there.
    daemon.send(recorded("assembly-model"))
    other = image(get(daemon.port, "/image.png"))
    assert same(other, image(get(daemon.port, "/image.png?view=iso")))


def box(picture):
    """Of what is not background, and how much of the picture it reaches over."""
    left, top, right, bottom = ImageChops.difference(picture.convert("RGB"), Image.new("RGB", picture.size, WHITE)).getbbox()
    return (left, top, right, bottom), max((right - left) / picture.size[0], (bottom - top) / picture.size[1])


@pytest.mark.shared
def test_what_is_seen_fills_the_picture(daemon):
    daemon.send(recorded("assembly-model"))
    plain = "edges=1&axes=0&grid=0"
    for view in ("iso", "top", "30,20"):
        for projection in ("orthographic", "perspective"):
            query = f"/image.png?{plain}&view={view}&projection={projection}&width=300&height=400"
            assert not same(image(get(daemon.port, query)), image(get(daemon.port, query + "&fit=1")))
            (left, top, right, bottom), share = box(image(get(daemon.port, query + "&fit=1")))
            assert 0.92 < share < 0.99, (view, projection, share)
            assert abs(left - (300 - right)) < 6 and abs(top - (400 - bottom)) < 6
    whole = image(get(daemon.port, f"/image.png?{plain}&view=top&fit=1"))
    assert same(whole, image(get(daemon.port, f"/image.png?{plain}&view=top&fit=yes&clip=0,0,1,1000")))


def ids(shapes):
    for part in shapes["parts"]:
        yield from (ids(part) if "parts" in part else [part["id"]])


@pytest.mark.shared
def test_parts_of_it_are_drawn(daemon):
    daemon.send(recorded("assembly-model"))
    names = list(ids(json.loads(recorded("assembly-model")[2:])["data"]["shapes"]))
    base = "/image.png?view=iso&axes=0&grid=0&fit=0"
    whole = image(get(daemon.port, base))
    one = image(get(daemon.port, f"{base}&parts={names[0]}"))
    others = image(get(daemon.port, base + "".join(f"&hide={name}" for name in names[1:])))
    assert 0 < drawn(one) < drawn(whole) and same(one, others)
    two = image(get(daemon.port, f"{base}&parts={names[0]}&parts={names[1]}"))
    assert drawn(one) < drawn(two) < drawn(whole)
    api = "/api/v1/sessions/default" + base
    assert same(two, image(get(daemon.port, f"{api}&parts={names[0]}&parts={names[1]}")))
    none = get(daemon.port, f"{base}&hide=/Group/nothing")
    assert none.status == 404 and b"there is no part /Group/nothing" in none.body
    assert get(daemon.port, f"{api}&parts=/x").status == 404
    # What the tree hides is shown if it is asked for.
    with Browser(daemon.port, hello=OURS) as page:
        page.settle()
        page.say("status", {"states": {names[0]: [0, 0]}, **BELOW})
        page.settle()
        assert same(one, image(get(daemon.port, f"{base}&parts={names[0]}")))
        assert same(image(get(daemon.port, "/image.png")), image(get(daemon.port, "/image.png?camera=1")))


@pytest.mark.shared
def test_planes_cut_it(daemon):
    daemon.send(recorded("box-model"))
    for projection in ("orthographic", "perspective"):
        base = f"/image.png?view=front&axes=0&grid=0&edges=0&projection={projection}"
        (left, top, right, bottom), _ = box(image(get(daemon.port, base)))
        middle = (left + right) / 2
        (half_left, _, half_right, _), _ = box(image(get(daemon.port, base + "&clip=-1,0,0,0")))
        model = json.loads(recorded("box-model")[2:])["data"]["shapes"]["bb"]
        cut = left + (right - left) * (0 - model["xmin"]) / (model["xmax"] - model["xmin"])
        assert abs(half_left - left) <= 1 and abs(half_right - cut) < 0.1 * (right - left), (half_right, cut, middle)
        quarter = image(get(daemon.port, base + "&clip=-1,0,0,0,0,0,-2,0"))
        assert drawn(quarter) < drawn(image(get(daemon.port, base + "&clip=-1,0,0,0")))
        assert get(daemon.port, base + "&clip=1,0,0,-1000").status == 200


def hatched(picture):
    """Whether there is much red, with darker lines in it."""
    colors = picture.convert("RGB").getcolors(1 << 24)
    red = [(count, r) for count, (r, g, b) in colors if r > g + 40 and abs(g - b) < 30]
    plain = max(red, default=(0, 0))[1]
    return sum(count for count, _ in red) > 5000 and sum(count for count, r in red if r < 0.9 * plain) > 500


@pytest.mark.shared
def test_lids_close_what_is_cut(daemon):
    """From all sides the red of the page's plane across x, hatched, where one would look into the box."""
    daemon.send(recorded("box-model"))
    for projection in ("orthographic", "perspective"):
        base = f"/image.png?axes=0&grid=0&edges=0&fit=1&width=300&height=300&projection={projection}&clip=-1,0,0,0"
        for view, seen in (("right", True), ("iso", True), ("100,-20", True), ("left", False), ("-60,20", False)):
            lid, hollow = (image(get(daemon.port, f"{base}&view={view}&lids={lids}")) for lids in (1, 0))
            assert hatched(lid) == seen and not hatched(hollow), view
            assert box(lid)[0] == box(hollow)[0], "a lid does not reach beyond its solid"
            assert same(lid, image(get(daemon.port, f"{base}&view={view}")))


def test_the_list_of_sessions_has_a_picture_without_a_browser(daemon):
    for name in ("one", "two"):
        daemon.send(recorded("assembly-model"), name)
    for name in ("one", "two"):
        wait_until(lambda name=name: get(daemon.port, f"/s/{name}/picture.png").status == 200)
        picture = image(get(daemon.port, f"/s/{name}/picture.png"))
        assert picture.size == (256, 192) and picture.getpixel((0, 0))[3] == 0
    first = get(daemon.port, "/s/one/picture.png").body
    daemon.send(recorded("bracket-model"), "one")
    wait_until(lambda: get(daemon.port, "/s/one/picture.png").body != first)


def test_the_small_picture_does_not_wait_for_a_page_that_is_there(daemon):
    """This one never sends one. (That a page's takes its place is in test_sessions_limits.py.)"""
    with Browser(daemon.port, hello=OURS) as page:
        page.settle()
        daemon.send(recorded("assembly-model"))
        wait_until(lambda: get(daemon.port, "/picture.png").status == 200)
        assert image(get(daemon.port, "/picture.png")).size == (256, 192)


def test_a_small_picture_that_the_end_came_before_is_drawn_after_the_next_start(start, tmp_path):
    """The end does not wait for it: nobody does."""
    daemon = start("--state-dir", tmp_path / "pictures")
    daemon.send(recorded("assembly-model"))
    daemon.stop()
    again = start("--state-dir", tmp_path / "pictures")
    wait_until(lambda: get(again.port, "/picture.png").status == 200)


def shoot(daemon, path):
    daemon.send("C:" + json.dumps({"type": "screenshot", "filename": str(path)}))


def test_a_screenshot_comes_without_a_browser(daemon, tmp_path):
    path = tmp_path / "shot.png"
    daemon.send(recorded("bracket-model"))
    shoot(daemon, path)
    wait_until(path.exists)
    picture = Image.open(path)
    assert picture.size == (800, 600) and picture.getpixel((0, 0))[3] == 0
    wait_until(lambda: daemon.lines("drawn without a browser"))


def test_screenshots_of_one_show_after_the_other_are_each_of_its_own(daemon, tmp_path):
    names = ["box-model", "bracket-model", "zoo-model"]
    for name in names:
        daemon.send(recorded(name))
        shoot(daemon, tmp_path / f"{name}.png")
    wait_until(lambda: len(list(tmp_path.glob("*.png"))) == len(names))
    for name in names:
        daemon.send(recorded(name))
        wanted = image(get(daemon.port, "/image.png?transparent=1&view=iso"))
        assert Image.open(tmp_path / f"{name}.png").tobytes() == wanted.tobytes(), name


def test_a_flood_of_images_delays_no_show(daemon):
    """Few wait, the others are told to come again, and kernels do not notice."""
    daemon.send(recorded("assembly-model"))
    image(get(daemon.port, "/image.png"))
    quiet = daemon.rss()
    answers = []

    def flood():
        for _ in range(8):
            response = get(daemon.port, "/image.png?width=400&height=300")
            answers.append((response.status, response.headers.get("retry-after")))

    threads = [threading.Thread(target=flood) for _ in range(24)]
    for thread in threads:
        thread.start()
    shows = 0
    while any(thread.is_alive() for thread in threads) and shows < 100:
        daemon.send(recorded("box-model" if shows % 2 else "bracket-model"))
        shows += 1
    for thread in threads:
        thread.join()
    assert {status for status, _ in answers} == {200, 503}
    assert all(retry == "1" for status, retry in answers if status == 503)
    # One picture is drawn at a time: what it needs, and what the allocator keeps of it.
    assert not daemon.measurable() or daemon.rss() - quiet < 200 << 20


def test_a_picture_that_needs_too_much_memory_is_refused(start):
    """Its limit is 256 MiB: the tree of parts of this model alone would take more. Nothing else notices."""
    daemon = start("--no-state")
    model = json.loads(recorded("box-model")[2:])
    model["config"]["filler"] = "x" * (17 << 20)
    daemon.send(b"D:" + json.dumps(model).encode(), "large")
    daemon.send(recorded("box-model"))
    for path in ("/s/large/image.png", "/api/v1/sessions/large/image.png", "/s/large/image.png?width=10&height=10"):
        answer = get(daemon.port, path)
        assert answer.status == 503 and answer.headers["retry-after"], answer
        assert b"the model has too many parts" in answer.body and answer.body.strip().count(b"\n") == 0
        image(get(daemon.port, "/image.png"))
    wait_until(lambda: get(daemon.port, "/picture.png").status == 200)
    assert get(daemon.port, "/s/large/picture.png").status == 404


def render(tmp_path, *words, stdin=None):
    return subprocess.run([PROGRAM, "render", *words], input=stdin, capture_output=True, timeout=60, check=False,
                          env=environment(tmp_path))


def test_the_command_draws_a_recorded_model(tmp_path):
    path = tmp_path / "a.png"
    done = render(tmp_path, MESSAGES / "box-model.msg", "-o", path, "--view=top", "--width", "100", "--height=80")
    assert done.returncode == 0 and done.stdout == b"" and Image.open(path).size == (100, 80)
    again = render(tmp_path, "-", "-o", "-", "--view=top", "--width=100", "--height=80", stdin=recorded("box-model"))
    assert again.returncode == 0 and again.stdout == path.read_bytes()


PIXELS = {"assembly": "e33cc3e5e49bc6ad", "zoo": "5958999af691f2f2"}  # the beginning of their SHA-256


@pytest.mark.parametrize("without", ["", "-AVX,-AVX2,-FMA,-SSE4_1"])
@pytest.mark.parametrize("name", PIXELS)
def test_the_pixels_are_the_same_on_each_processor(tmp_path, name, without):
    """And with each compiler, with sanitizers too. glibc has other functions for processors that lack something."""
    words = ["--view=17,33", "--projection=perspective", "--clip=-1,0,0,0.3", "--axes=1", "--grid=1"]
    done = subprocess.run([PROGRAM, "render", MESSAGES / f"{name}-model.msg", "-o", "-", *words], capture_output=True, timeout=60,
                          check=True, env={**environment(tmp_path), "GLIBC_TUNABLES": f"glibc.cpu.hwcaps={without}"})
    pixels = Image.open(io.BytesIO(done.stdout)).convert("RGBA").tobytes()
    assert hashlib.sha256(pixels).hexdigest().startswith(PIXELS[name])


@pytest.mark.parametrize("words, status, why", [
    ([MESSAGES / "box-model.msg"], 2, "usage: cadcast render"),
    (["-o", "-"], 2, "usage: cadcast render"),
    (["-o", "-", "--view=inside", MESSAGES / "box-model.msg"], 2, "view must be"),
    (["-o", "-", "--session=a/b"], 2, "a session's name"),
    (["-o", "-", "/nowhere.msg"], 1, "/nowhere.msg: No such file"),
    (["-o", "-", MESSAGES / "ui.msg"], 1, "neither a recorded model nor"),
    (["-o", "-", MESSAGES / "nothing-model.msg"], 1, "there is nothing to draw"),
    (["-o", "/nowhere/x.png", MESSAGES / "box-model.msg"], 1, "/nowhere/x.png"),
    (["-o", "-", "--session", "default", "--port", "1"], 3, "no server answers"),
])
def test_the_command_says_what_is_wrong(tmp_path, words, status, why):
    done = render(tmp_path, *words)
    assert done.returncode == status and why in done.stderr.decode(), done
    assert done.stdout == b""


def test_without_chromium_a_line_says_so(start, tmp_path):
    daemon = start(variables={"CADCAST_CHROMIUM": "/nowhere"})
    daemon.send(recorded("box-model"))
    for path in ("/image.png", "/api/v1/sessions/default/image.png"):
        answer = get(daemon.port, f"{path}?renderer=browser")
        assert answer.status == 501 and b"needs Chromium, which is not installed here" in answer.body
    done = subprocess.run([PROGRAM, "render", MESSAGES / "box-model.msg", "-o", "-", "--renderer", "browser"],
                          capture_output=True, check=False,
                          env={**environment(tmp_path), "CADCAST_CHROMIUM": "/nowhere"})
    assert done.returncode == 1 and done.stdout == b"" and done.stderr.count(b"\n") == 1
    assert b"needs Chromium" in done.stderr


@pytest.mark.parametrize("script, why", [("exit 1", b"the browser failed"), ("exec sleep 60", b"the browser")])
def test_a_browser_that_fails_is_no_picture(start, tmp_path, script, why):
    """And nothing of it stays: no process, no folder."""
    program = tmp_path / "chromium"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    folder = tmp_path / "tmp"
    folder.mkdir()
    daemon = start(variables={"CADCAST_CHROMIUM": str(program), "TMPDIR": str(folder)})
    daemon.send(recorded("box-model"))
    if script == "exit 1":
        answer = get(daemon.port, "/image.png?renderer=browser")
        assert answer.status == 502 and why in answer.body
    else:
        with Wire(daemon.port) as wire:
            wire.request("GET", "/image.png?renderer=browser")
            wait_until(lambda: any(folder.iterdir()))
            # Other pictures do not wait for it, and neither does the end.
            assert get(daemon.port, "/image.png").status == 200
            daemon.stop()
    assert not any(folder.iterdir())


@pytest.mark.parametrize("path", ["/image.png", "/api/v1/sessions/default/image.png"])
def test_a_client_that_leaves_ends_the_browser_that_draws_for_it(start, tmp_path, path):
    program, folder, notes = tmp_path / "chromium", tmp_path / "tmp", tmp_path / "notes"
    program.write_text(f"#!/bin/sh\necho $$ >{notes}.new; mv {notes}.new {notes}\nexec sleep 1000\n")
    program.chmod(0o755)
    folder.mkdir()
    daemon = start(variables={"CADCAST_CHROMIUM": str(program), "TMPDIR": str(folder)})
    daemon.send(recorded("box-model"))
    with Wire(daemon.port) as wire:
        wire.request("GET", f"{path}?renderer=browser")
        wait_until(notes.is_file)
        process = Path("/proc", notes.read_text().strip())
        assert process.exists()
    wait_until(lambda: not process.exists() and not any(folder.iterdir()), what="the browser's end")
    assert get(daemon.port, path).status == 200


def test_the_command_has_the_same_parameters(daemon, tmp_path):
    daemon.send(recorded("assembly-model"))
    name = next(ids(json.loads(recorded("assembly-model")[2:])["data"]["shapes"]))
    query = f"view=iso&fit=1&clip=-1,0,0,1&hide={name}"
    words = ["--view=iso", "--fit", "1", "--clip", "-1,0,0,1", "--hide", name, "-o", "-"]
    wanted = get(daemon.port, f"/image.png?{query}").body
    assert render(tmp_path, MESSAGES / "assembly-model.msg", *words).stdout == wanted
    assert render(tmp_path, "--session=default", f"--port={daemon.port}", *words).stdout == wanted
    assert render(tmp_path, MESSAGES / "assembly-model.msg", "-o", "-", "--parts=/x").returncode == 1


def test_the_command_draws_what_a_session_shows(daemon, tmp_path):
    daemon.send(recorded("bracket-model"))
    done = render(tmp_path, "--session", "default", "--port", str(daemon.port), "-o", "-", "--view", "right")
    assert done.returncode == 0, done.stderr
    assert done.stdout == get(daemon.port, "/image.png?view=right").body
    none = render(tmp_path, "--session", "empty", "--port", str(daemon.port), "-o", "-")
    assert none.returncode == 1 and b"nothing is shown here" in none.stderr
