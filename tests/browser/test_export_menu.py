# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The menu's way to files of other kinds: whole, a part, what is visible; what cannot be made is said."""
import pytest
from conftest import message
from importing import IMPORTER
from test_accessibility import violations_of_all
from test_menu import open_menu

exact = pytest.mark.skipif(not IMPORTER.is_file(), reason="built without OCCT's data exchange")


def choose(viewer, kind, what):
    menu = open_menu(viewer)
    menu.get_by_label("Kind of file").select_option(kind)
    menu.get_by_label("What of it").select_option(label=what)
    return menu.get_by_role("button", name="Export", exact=True)


def exported(viewer, kind, what="all"):
    press = choose(viewer, kind, what)
    with viewer.page.expect_download() as download:
        press.click()
    return download.value.suggested_filename, download.value.path().read_bytes()


@exact
@pytest.mark.parametrize("options", [[], ["--read-only"]])
def test_exact_geometry_is_exported(daemon, viewer, options):
    daemon.start(*options)
    daemon.send(message("box-model"))
    daemon.send(message("box-backend"))
    viewer.open(daemon.url).live().wait_parts("Solid").wait_frame()
    name, data = exported(viewer, "step")
    assert name == "Solid.step" and data.startswith(b"ISO-10303-21;")
    assert exported(viewer, "brep")[1].startswith(b"\nCASCADE Topology V1")


def test_the_choice_in_the_menu_has_no_violation(daemon, viewer):
    daemon.start()
    daemon.send(message("assembly-model"))
    viewer.open(daemon.url).live().wait_parts("arm").wait_frame()
    press = choose(viewer, "3mf", "what is visible")
    press.focus()
    assert violations_of_all(viewer, (360,), 640) == {}
    assert press.is_visible()


def test_a_part_and_what_is_visible(daemon, viewer):
    daemon.start()
    daemon.send(message("assembly-model"))
    viewer.open(daemon.url).live().wait_parts("arm").wait_frame()
    choose(viewer, "stl", "the part picked last").click()
    viewer.said("no part was picked")
    whole = exported(viewer, "stl")[1]
    viewer.call("viewer.handlePick('/robot', 'base', false, false, false, null)")
    viewer.wait_until(lambda: "lastPick" in daemon.ask("status")["text"], "the pick")
    part = exported(viewer, "stl", "the part picked last")[1]
    viewer.call("viewer.setState('/robot/base', [0, 0], 'leaf')")
    viewer.wait_until(lambda: daemon.ask("status")["text"].get("states", {}).get("/robot/base") == [0, 0], "the hiding")
    rest = exported(viewer, "stl", "what is visible")[1]
    assert (len(part) - 84) + (len(rest) - 84) == len(whole) - 84 and len(part) > 84
    viewer.expect_errors("status of 409")
    choose(viewer, "step", "all").click()
    viewer.said("no exact geometry, only triangles")
    viewer.page.get_by_role("button", name="Messages").click()
    viewer.page.get_by_role("dialog", name="Messages").get_by_text("no exact geometry").wait_for()
