# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Both pages for people who use a keyboard or a screen reader; axe-core looks for what they miss."""
import json
import re
from pathlib import Path

import axe_playwright_python
import pytest
from conftest import message
from playwright.sync_api import expect

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()


def violations(viewer):
    if not viewer.settled().page.evaluate("() => 'axe' in window"):
        viewer.page.evaluate(AXE)
    found = viewer.page.evaluate("() => axe.run({ resultTypes: ['violations'] }).then((result) => result.violations)")
    return [
        f"{each['impact']} {each['id']}: {node['html'][:120]} {node['any'][:1] and node['any'][0]['message']}"
        for each in found for node in each["nodes"]
    ]


@pytest.fixture
def robot(daemon, viewer):
    daemon.start("--listen", "0=bracket")
    daemon.send(message("box-model"), session="bracket")
    daemon.send(message("assembly-model"))
    viewer.open(daemon.url).live().wait_parts("arm").wait_frame().wait_names("arm")
    viewer.page.wait_for_selector("[role=treeitem]")
    # Nothing here looks at the picture, and the studio's takes minutes without a graphics card.
    viewer.call("viewer.renderer.render = () => {};")
    return viewer


def violations_of_all(viewer, widths, height):
    """Those in windows of these widths, in light and dark."""
    found = {}
    for width in widths:
        viewer.resize(width, height)
        for scheme in ("light", "dark"):
            viewer.page.emulate_media(color_scheme=scheme)
            found[width, scheme] = violations(viewer)
    return {where: each for where, each in found.items() if each}


# What leads there, and back.
MODES = [
    ("", ""), ("viewer.setActiveTab('clip')", ""), ("viewer.setActiveTab('zebra')", ""),
    ("viewer.setActiveTab('material')", "viewer.setActiveTab('tree')"),
    ("viewer.setExplode(true)", "viewer.setExplode(false)"),
    ("viewer.display.setTool('properties', true)", "viewer.display.setTool('properties', false)"),
    ("viewer.display.showHelp(true)", "viewer.display.showHelp(false)"), ("viewer.setActiveTab('studio')", ""),
]


def test_the_viewer_has_no_violation(robot):
    found = {}
    for mode, back in MODES:
        robot.call(mode)
        found[mode] = violations(robot)
        robot.call(back)
    assert not any(found.values()), found


def test_the_list_of_sessions_has_no_violation(daemon, viewer):
    daemon.start("--listen", "0=bracket")
    daemon.send(message("box-model"))
    viewer.open(daemon.url.replace("/viewer", "/sessions")).live()
    viewer.page.locator("li.session").nth(1).wait_for()
    assert violations_of_all(viewer, (900, 360), 640) == {}
    viewer.page.wait_for_function("() => document.documentElement.scrollWidth <= 360")
    assert viewer.page.get_by_role("main").locator("#list").count() == 1


def test_sessions_side_by_side_and_the_form_of_a_name_have_no_violation(daemon, viewer):
    daemon.start()
    daemon.send(message("box-model"), session="gear")
    viewer.open(daemon.url.replace("/viewer", "/sessions")).live()
    viewer.page.get_by_role("button", name="Rename gear").click()
    assert not violations(viewer)
    viewer.page.goto(daemon.url.replace("/viewer", "/sessions/side?name=gear&name=default"))
    viewer.page.frame("side-gear").wait_for_selector("#bar-state.live")
    assert not violations(viewer)


def reached(viewer, presses=80):
    """What gets the focus, one Tab after the other, and whether one sees it."""
    found = []
    viewer.page.evaluate("document.activeElement.blur()")
    for _ in range(presses):
        viewer.page.keyboard.press("Tab")
        found.append(viewer.page.evaluate("""() => {
            const it = document.activeElement;
            const name = it === document.body ? "" : it.getAttribute("aria-label") ?? it.value ?? it.textContent;
            const ring = [it, ...it.children].some((each) => getComputedStyle(each).outlineStyle === "solid");
            return [it.id || it.className, name, ring];
        }"""))
        if found[-1][0] == "bar-menu":
            break
    return found


def test_every_tool_can_be_reached_with_tab_and_is_seen_there(robot):
    found = reached(robot)
    names = {name for _, name, _ in found}
    for name in ("Show axes", "Explode tool", "Tools", "Info", "What can be picked", "Tree", "Studio", "Session"):
        assert name in names, sorted(map(str, names))
    unseen = [entry for entry in found if not entry[2] and entry[0] not in ("BODY", "")]
    assert unseen == []


def press(viewer, *keys):
    for key in keys:
        viewer.page.keyboard.press(key)


def test_the_tree_is_worked_with_the_keyboard(daemon, robot):
    tree = robot.page.get_by_role("tree", name="Parts")
    tree.get_by_role("treeitem").first.focus()
    focused = robot.page.locator(":focus")
    robot_itself = re.compile("^robot")
    expect(focused).to_have_attribute("aria-label", robot_itself)
    press(robot, "ArrowLeft")
    expect(focused).to_have_attribute("aria-expanded", "false")
    press(robot, "ArrowRight")
    robot.page.wait_for_function("() => document.activeElement.ariaExpanded === 'true'")
    press(robot, "ArrowRight", "ArrowDown")
    expect(focused).to_have_attribute("aria-label", re.compile("^(?!robot).*, faces shown, edges shown$"))
    name = focused.get_attribute("aria-label").split(", ", 1)[0]
    press(robot, " ")
    robot.page.wait_for_function("() => document.activeElement.ariaLabel.includes('faces hidden')")
    robot.wait_equal(lambda: robot.call(f"return viewer.getStates()['/robot/{name}']"), [0, 0])
    press(robot, "Enter")
    robot.page.locator(".tcv_cad_info_container", has_text=name).wait_for(state="attached")
    press(robot, "End", "Home")
    expect(focused).to_have_attribute("aria-label", robot_itself)
    expect(robot.page.locator("[role=treeitem][tabindex='0']")).to_have_count(1)


def test_toggles_and_the_filter_are_worked_with_the_keyboard(robot):
    robot.page.get_by_role("button", name="What can be picked").press("Enter")
    robot.page.get_by_role("button", name="Edge", exact=True).press("Enter")
    robot.page.locator(".tcv_filter_value", has_text="Edge").wait_for()
    robot.page.get_by_role("button", name="Info", exact=True).press("Enter")
    robot.page.locator(".tcv_cad_info").wait_for()
    robot.page.get_by_role("button", name="Tools", exact=True).press(" ")
    robot.page.locator(".tcv_cad_tree").wait_for(state="hidden")


def test_names_of_parts_are_read_as_they_are(daemon, viewer):
    daemon.start()
    payload = json.loads(message("box-model")[2:])
    part = payload["data"]["shapes"]["parts"][0]
    part["name"] = "R1/10k"
    part["id"] = payload["data"]["shapes"]["id"] + "/R1/10k"
    daemon.send("D:" + json.dumps(payload))
    viewer.open(daemon.url).live().wait_frame()
    viewer.page.get_by_role("button", name="Expand tree").click()
    viewer.page.get_by_role("treeitem", name="R1/10k, faces shown, edges shown").wait_for()


def test_what_is_shown_is_read_aloud(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    said = viewer.page.get_by_role("status").filter(has_text="Shown: ")
    expect(said).to_have_count(0)
    daemon.send(message("box-model"))
    expect(said).to_have_text("Shown: Solid")
    daemon.send(message("assembly-model"))
    expect(said).to_have_text("Shown: robot")
    daemon.send('D:{"type":"clear"}')
    expect(said).to_have_count(0)


MOVING = """() => [...document.querySelectorAll("*")].flatMap((each) => ["", "::before", "::after"].map((part) => {
    const { transitionProperty, transitionDuration, animationName } = getComputedStyle(each, part);
    const fades = transitionProperty !== "none" && transitionDuration.split(", ").some((time) => time !== "0s");
    return fades || animationName !== "none" ? `${each.className}${part}` : "";
})).filter((each) => each !== "")"""


def test_nothing_moves_by_itself_where_a_person_wants_no_motion(robot):
    assert robot.page.evaluate(MOVING), "the renderer has nothing that moves any more"
    robot.page.emulate_media(reduced_motion="reduce")
    assert robot.page.evaluate(MOVING) == []
