# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Files that a person drops on the page, or chooses: the browser's own drop, with files from the disk."""
import json
import math
import os
import re
import shutil
from pathlib import Path

import mesh_files
import pytest
from daemon import ROOT
from importing import IMPORTER
from test_accessibility import violations
from wire import Wire

IMPORTED = ROOT / "tests" / "data" / "import"
FILES = ROOT / "tests" / "data" / "files"

real = pytest.mark.skipif(not IMPORTER.is_file(), reason="cadcast-import is not built")


@pytest.fixture
def page(daemon, viewer):
    """A page of a session that shows nothing yet."""
    if "CADCAST_IMPORT" in os.environ:
        daemon.env["CADCAST_IMPORT"] = os.environ["CADCAST_IMPORT"]
    daemon.start()
    viewer.open(daemon.url).live()
    viewer.page.locator("#hint-files").wait_for()
    return viewer


def drop(viewer, *paths):
    """As the window system does it."""
    developer = viewer.page.context.new_cdp_session(viewer.page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        developer.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 300, "data": data})
    developer.detach()


@real
def test_a_file_is_shown(page):
    drop(page, FILES / "pair.step")
    page.wait_parts("block", "rod").wait_drawn()
    page.page.locator("#hint").wait_for(state="hidden")
    page.page.locator(".notice").wait_for(state="detached")


def of_each_kind(folder):
    """(paths to drop, their only part, number of parts, faces and triangles, or None) for each format."""
    box = (1, 6, 12)
    (folder / "red.mtl").write_text("newmtl red\nKd 1 0 0\n")
    (folder / "box.obj").write_bytes(mesh_files.obj("mtllib red.mtl\nusemtl red\n"))
    root, data = mesh_files.gltf("box.bin")
    (folder / "box.gltf").write_text(json.dumps(root))
    (folder / "box.bin").write_bytes(data)
    for name, content in (("box.stl", mesh_files.stl()), ("text.stl", mesh_files.text_stl("solid part")),
                          ("box.ply", mesh_files.ply()), ("box.glb", mesh_files.glb()), ("box.3mf", mesh_files.threemf())):
        (folder / name).write_bytes(content)
    return [
        ([FILES / "cube.step"], None, (1, 6, 12)), ([IMPORTED / "parts.iges"], None, (2, 9, None)),
        ([IMPORTED / "text.brep"], "text", (1, None, None)), ([IMPORTED / "binary.brep"], "binary", (1, 1, None)),
        ([folder / "box.stl"], "box", box), ([folder / "text.stl"], "solid_part", box), ([folder / "box.ply"], "box", box),
        ([folder / "box.obj", folder / "red.mtl"], "box", box), ([folder / "box.gltf", folder / "box.bin"], "block", box),
        ([folder / "box.glb"], "block", box), ([folder / "box.3mf"], None, box),
    ]


@real
def test_each_kind_is_shown(page, tmp_path):
    """Counted by the page itself. CADCAST_PICTURES names a folder for what is to be seen."""
    pictures = os.environ.get("CADCAST_PICTURES")
    page.call("document.getElementById('model').showPopover()")
    facts = page.page.locator("#model-facts")
    distances = []
    for number, (paths, part, counts) in enumerate(of_each_kind(tmp_path)):
        page.call("window.before = viewer?.rendered ?? null")
        drop(page, *paths)
        page.wait_call("viewer?.ready && viewer.rendered !== window.before").wait_drawn()
        if part is not None:
            page.wait_parts(part)
        for what, count in zip(("Parts", "Faces", "Triangles"), counts, strict=True):
            if count is not None:
                facts.get_by_text(what, exact=True).locator(f"xpath=following-sibling::dd[1][.='{count}']").wait_for()
        # Seen whole, however large the one before was.
        size = facts.get_by_text("Bounding box", exact=True).locator("xpath=following-sibling::dd[1]").inner_text()
        diagonal = math.hypot(*(float(each) for each in re.findall(r"[\d.]+", size)))
        away = math.dist(page.camera()[:3], page.camera()[7:10]) / diagonal
        distances.append(away)
        assert away == pytest.approx(distances[0], rel=0.3), (paths, distances)
        if pictures:
            page.page.screenshot(path=str(Path(pictures) / f"{number:02}-{paths[0].name}.png"))
        assert page.page.locator(".notice.error").count() == 0


@real
def test_the_sending_of_a_large_file_is_seen(page, tmp_path):
    """200 MB, of which the box is the beginning."""
    path = tmp_path / "large.stl"
    path.write_bytes(mesh_files.stl())
    os.truncate(path, 200_000_000)
    page.call("""
        window.shares = [];
        const look = () => {
            const bar = document.querySelector(".notice progress");
            if (bar?.ariaLabel === "large.stl: sending") {
                window.shares.push(bar.value);
            }
        };
        new MutationObserver(look).observe(document.getElementById("notices"), { attributes: true, subtree: true });
    """)
    drop(page, path)
    page.wait_parts("large").wait_drawn()
    shares = page.call("return window.shares")
    assert len(set(shares)) > 1 and shares == sorted(shares) and shares[-1] > 0.5, shares
    assert any("large.stl: sending" in line and "of 200 MB" in line for line in page.call("return window.said"))
    page.page.locator(".notice").wait_for(state="detached")


def test_how_far_a_file_is_read_is_a_bar_on_every_page(daemon, viewers, tmp_path):
    """With Cancel where it was dropped. A screen reader has words and number."""
    fake = tmp_path / "fake_import"
    shutil.copy(ROOT / "tests" / "lib" / "fake_import.py", fake)
    daemon.env["CADCAST_IMPORT"] = str(fake)
    daemon.start()
    sender, other = viewers(), viewers()
    for each in (sender, other):
        each.open(daemon.url).live()
    (tmp_path / "part.json").write_text('{"do": "steps", "phase": "building"}')
    drop(sender, tmp_path / "part.json")
    for each in (sender, other):
        bar = each.page.get_by_role("progressbar", name="part.json: building")
        each.wait_until(lambda bar=bar: bar.count() == 1 and bar.evaluate("(bar) => bar.value") > 0, "the bar")
        assert each.page.locator(".notice", has_text="part.json: building").count() == 1
        assert violations(each) == []
    assert other.page.get_by_role("button", name="Cancel").count() == 0
    sender.page.get_by_role("button", name="Cancel").click()
    for each in (sender, other):
        each.page.locator(".notice progress").wait_for(state="detached")


@real
def test_several_files_and_folders(page, tmp_path):
    folder = tmp_path / "parts"
    (folder / "deep").mkdir(parents=True)
    shutil.copy(FILES / "cube.step", folder / "deep" / "Würfel.step")
    (folder / "notes.txt").write_text("no model")
    drop(page, folder)
    page.wait_drawn()
    drop(page, FILES / "cube.step", FILES / "pair.step")
    page.wait_parts("cube", "pair", "block")


@real
def test_what_cannot_be_shown_is_said_and_costs_nothing(page, viewers, daemon, tmp_path):
    page.expect_errors("status of 4")
    page.open(daemon.url).live()
    drop(page, FILES / "cube.step")
    page.wait_drawn()
    shown = page.call("return Object.keys(viewer.getStates())")
    notes = tmp_path / "notes.txt"
    notes.write_text("these are notes\n")
    drop(page, notes)
    page.page.locator(".notice", has_text="notes.txt is of no kind that can be shown").wait_for()
    assert page.page.locator(".notice").count() == 1
    more = tmp_path / "more.txt"
    more.write_text("more")
    drop(page, notes, more)
    page.page.locator(".notice.error", has_text="None of these files can be shown: notes.txt, more.txt").wait_for()
    assert page.call("return Object.keys(viewer.getStates())") == shown
    other = viewers()
    other.open(daemon.url).live()
    other.page.locator(".notice", has_text="notes.txt is of no kind").wait_for()
    drop(page, FILES / "cube.step")
    for each in (page, other):
        each.page.locator(".notice", has_text="can be shown").wait_for(state="detached")


@real
def test_files_are_chosen_in_the_hint_and_in_the_menu(page):
    with page.page.expect_file_chooser() as chosen:
        page.page.locator("#hint-open").click()
    chosen.value.set_files(FILES / "cube.step")
    page.wait_drawn()
    page.page.locator("#bar button[popovertarget=menu]").click()
    with page.page.expect_file_chooser() as chosen:
        page.page.locator("#menu [data-do=open]").click()
    chosen.value.set_files([FILES / "cube.step", FILES / "pair.step"])
    page.wait_parts("block", "rod", "cube")


@real
def test_a_file_that_is_sent_again_keeps_camera_and_tree(page, daemon):
    """As cadcast open --watch does it."""
    body = (FILES / "pair.step").read_bytes()

    def send():
        with Wire(daemon.port, timeout=60) as wire:
            wire.request("PUT", "/model?name=pair.step", f"Content-Length: {len(body)}", body=body)
            assert wire.read_response().status == 200

    send()
    page.wait_parts("block", "rod").wait_drawn()
    part = page.call("return Object.keys(viewer.getStates()).find((path) => path.endsWith('rod'))")
    page.call(f"viewer.presetCamera('front'); viewer.setCameraZoom(0.75); viewer.setStates({{'{part}': [0, 1]}});")
    page.wait_until(lambda: daemon.ask("status")["text"].get("zoom") == 0.75, "what the user did")
    camera = page.camera()
    page.call("window.before = viewer.rendered")
    send()
    page.wait_call("viewer.ready && viewer.rendered !== window.before").wait_drawn()
    page.wait_equal(page.camera, pytest.approx(camera, rel=1e-4, abs=1e-4), "the camera")
    page.wait_equal(lambda: page.call(f"return viewer.getStates()['{part}']"), [0, 1])


def test_a_read_only_page_says_so(daemon, viewer):
    daemon.start("--read-only")
    viewer.open(daemon.url).live()
    viewer.page.locator("#hint").wait_for()
    assert viewer.page.locator("#hint-files").is_hidden()
    drop(viewer, FILES / "cube.step")
    viewer.said("This page may only view")


def test_a_server_without_the_importer_says_so(daemon, viewer):
    daemon.env["CADCAST_IMPORT"] = "/nowhere"
    daemon.start()
    viewer.expect_errors("status of 501")
    viewer.open(daemon.url).live()
    drop(viewer, FILES / "cube.step")
    viewer.page.locator(".notice.error", has_text="cadcast-import is not installed").wait_for()
