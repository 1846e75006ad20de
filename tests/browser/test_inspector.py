# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The sheet about the model: facts, parts by name, measurements."""
import csv
import io

import pytest
from conftest import message
from playwright.sync_api import expect
from test_accessibility import violations_of_all
from test_measure import FACE, need_helper, panel, pick, take

SHEET = "#model"


@pytest.fixture
def robot(daemon, viewer):
    daemon.start()
    daemon.send(message("assembly-model"))
    return viewer.open(daemon.url).live().wait_parts("arm").wait_frame()


def open_sheet(viewer):
    viewer.page.get_by_role("button", name="Menu").click()
    viewer.page.get_by_role("button", name="Facts, parts, measurements").click()
    sheet = viewer.page.get_by_role("dialog", name="Model")
    sheet.wait_for()
    return sheet


def facts(viewer):
    """Name -> value, once the model is there; read at one moment, since they are written anew."""
    viewer.page.locator("#model-facts dt", has_text="Model").wait_for()
    return dict(viewer.page.evaluate(
        "() => [...document.querySelectorAll('#model-facts dt')]"
        ".map((name) => [name.innerText, name.nextElementSibling.innerText.replaceAll('\\u00a0', ' ')])"))


def test_the_facts_follow_the_model_and_the_unit(daemon, viewer):
    daemon.start()
    daemon.send(message("box-model"))
    viewer.open(daemon.url).live().wait_parts("Solid")
    sheet = open_sheet(viewer)
    wanted = {"Model": "Solid", "Parts": "1", "Faces": "6", "Edges": "12", "Triangles": "12",
              "Bounding box": "1 × 2 × 3 mm"}
    found = viewer.wait_good(lambda: facts(viewer), lambda got: wanted.items() <= got.items(), f"{wanted}")
    assert "kB" in found["Size of the data"] or found["Size of the data"].endswith(" B")
    sheet.get_by_label("Units").select_option("cm")
    viewer.wait_equal(lambda: facts(viewer)["Bounding box"], "0.1 × 0.2 × 0.3 cm")
    daemon.send(message("assembly-model"))
    viewer.page.locator("#model-facts dd", has_text="robot").wait_for()
    viewer.page.reload()
    viewer.live().wait_parts("arm")
    open_sheet(viewer)
    viewer.wait_good(lambda: facts(viewer)["Bounding box"], lambda size: size.endswith(" cm"), "a size in cm")
    daemon.send('D:{"type":"clear"}')
    viewer.page.locator("#model-facts dd", has_text="none is shown").wait_for()


def test_volume_area_and_mass_are_exact_if_the_server_can(daemon, viewer):
    daemon.start()
    need_helper(daemon)
    daemon.send(message("box-model"))
    viewer.open(daemon.url).live().wait_parts("Solid")
    sheet = open_sheet(viewer)
    on_mesh = {"Volume": "6 mm³", "Area": "22 mm²", "Taken": "from the mesh: approximate"}
    viewer.wait_good(lambda: facts(viewer), lambda got: on_mesh.items() <= got.items(), f"{on_mesh}")
    sheet.get_by_label("Material").select_option("steel")
    expect(sheet.get_by_label("Density")).to_have_value("7.85")
    viewer.wait_equal(lambda: facts(viewer).get("Mass"), "0.0471 g")
    sheet.get_by_label("Density").fill("1000")
    sheet.get_by_label("Density").press("Enter")
    viewer.wait_equal(lambda: facts(viewer).get("Mass"), "6 g")
    sheet.get_by_label("Units").select_option("in")
    viewer.wait_equal(lambda: facts(viewer).get("Volume"), "0.000366 in³")
    daemon.send(message("box-backend"))
    viewer.page.reload()
    viewer.live().wait_parts("Solid")
    open_sheet(viewer)
    wanted = {"Area": "0.0341 in²", "Mass": "0.013228 lb", "Taken": "exactly"}
    viewer.wait_good(lambda: facts(viewer), lambda got: wanted.items() <= got.items(), f"{wanted}")


def test_the_facts_of_the_part_chosen(robot):
    sheet = open_sheet(robot)
    robot.page.locator("#overlay").wait_for(state="attached")
    robot.call("viewer.handlePick('/robot', 'base', false, false, false, null)")
    sheet.get_by_role("heading", name="Part: base").wait_for()
    part = sheet.locator("#model-part-facts")
    for text in ("Faces\n6", "Bounding box\n10 × 10 × 10 mm", "Volume\n1,000 mm³", "Area\n600 mm²"):
        expect(part).to_contain_text(text.replace("\n", ""))
    robot.call("viewer.handlePick('/robot', 'base', false, false, false, null)")
    part.wait_for(state="hidden")


def test_a_part_is_found_shown_alone_hidden_and_looked_at(robot):
    robot.page.keyboard.press("/")
    find = robot.page.get_by_label("Find", exact=True)
    find.wait_for()
    robot.page.keyboard.type("ARM")
    robot.page.locator("#model-count", has_text="1 found").wait_for()
    sheet = robot.page.locator(SHEET)

    def act(name):
        sheet.get_by_role("button", name="Menu of arm").click()
        robot.page.get_by_role("dialog", name="arm").get_by_role("button", name=name, exact=True).click()

    robot.page.locator("#overlay").wait_for(state="attached")
    act("Only this")

    def states():
        return robot.call("return viewer.getStates()")

    robot.wait_equal(lambda: [path for path, state in states().items() if 1 in state],
                     ["/robot/arm/Solid(0)", "/robot/arm/Solid(1)"], "what is shown")
    zoom = robot.call("return viewer.getCameraZoom()")
    act("Zoom to")
    robot.wait_call(f"viewer.getCameraZoom() > {zoom}")
    act("Hide")
    robot.wait_equal(lambda: states()["/robot/arm/Solid(0)"], [0, 0])
    act("Show")
    sheet.get_by_role("button", name="Show all parts").click()
    robot.wait_equal(lambda: set(map(tuple, states().values())), {(1, 1)})
    sheet.get_by_role("button", name="Select arm").click()
    robot.page.locator(".tcv_cad_info_container", has_text="arm").wait_for(state="attached")
    robot.page.keyboard.press("Escape")
    sheet.wait_for(state="hidden")


def test_parts_with_odd_names_are_found_by_the_names_a_person_knows(daemon, viewer):
    daemon.start()
    text = message("box-model").decode().replace('"name":"Solid"', '"name":"R1/10k <b>"', 1)
    daemon.send(text.replace('"/Group/Solid"', '"/Group/R1/10k <b>"'))
    viewer.open(daemon.url).live().wait_frame()
    viewer.page.keyboard.press("/")
    viewer.page.keyboard.type("r1/10k")
    viewer.page.get_by_role("button", name="Select R1/10k <b>").wait_for()


def test_measurements_are_kept_over_a_reload_and_saved(daemon, viewer):
    daemon.start()
    daemon.send(message("box-model"))
    daemon.send(message("box-backend"))
    viewer.open(daemon.url).live().wait_parts("Solid").wait_drawn()
    take(viewer, "properties", FACE)
    pick(viewer, (0.5, 0, 0.3))
    rows = viewer.page.locator("#model-measured li")
    panel(viewer, "properties", "area")
    viewer.page.keyboard.press("Escape")
    viewer.page.reload()
    viewer.live().wait_parts("Solid")
    sheet = open_sheet(viewer)
    expect(rows.first).to_contain_text("properties of /Group/Solid/faces/")
    expect(rows.first).to_contain_text("area: 6")
    with viewer.page.expect_download() as download:
        sheet.get_by_role("button", name="Save as CSV").click()
    assert download.value.suggested_filename == "default-measurements.csv"
    with open(download.value.path(), encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(io.StringIO(file.read())))
    assert {"number": "1", "tool": "properties", "quantity": "area", "value": "6"}.items() <= next(
        row for row in table if row["quantity"] == "area").items()
    viewer.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sheet.get_by_role("button", name="Copy").click()
    viewer.said("in the clipboard")
    assert "area: 6" in viewer.page.evaluate("navigator.clipboard.readText()")
    sheet.get_by_role("button", name="Clear the list").click()
    expect(rows).to_have_count(0)
    expect(sheet.get_by_role("button", name="Save as CSV")).to_be_disabled()


def test_the_open_sheet_has_no_violation_and_fits(robot):
    sheet = open_sheet(robot)
    sheet.get_by_label("Find").fill("o")
    robot.page.locator("#model-found li").first.wait_for()
    for width in (390, 1024):
        robot.resize(width, 800).wait_good(
            sheet.bounding_box, lambda box: box["x"] >= 0 and box["x"] + box["width"] <= width and box["y"] >= 0)
    assert violations_of_all(robot, (390, 1024), 800) == {}
