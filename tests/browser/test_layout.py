# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Where things are: nothing of the page's own lies on the renderer's controls or changes their looks."""
import pytest
from conftest import message

WIDTHS = [360, 414, 480, 640, 740, 760, 800, 900, 960, 961, 1000, 1100, 1280, 1500, 2000]
HEIGHT = 640

# The renderer's controls that a person sees, and which of them something else is on.
COVERED = """
    const CONTROLS = `input, select, button, .tcv_ellipsis, .tcv_shape_filter, .tcv_filter_dropdown_value,
        .tcv_toggle_info_wrapper, .tcv_toggle_tools_wrapper, .tv-nav-marker, .tv-icon, .tv-node-label`;
    const view = document.getElementById("cad_viewer");
    const covered = [];
    let seen = 0;
    for (const control of view.querySelectorAll(CONTROLS)) {
        if (!control.checkVisibility({ visibilityProperty: true })) {
            continue;
        }
        control.scrollIntoView({ block: "nearest", inline: "nearest" });
        const box = control.getBoundingClientRect();
        const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
        seen += 1;
        if (hit !== null && !view.contains(hit) && hit !== document.body && hit !== document.documentElement) {
            covered.push(`${control.className} by ${hit.id || hit.className || hit.tagName}`);
        }
    }
    scrollTo(0, 0);
    return [seen, covered];
"""
NOTICE = """
    const { say } = await import(document.querySelector('script[src$="page.js"]').src.replace("page.js", "notices.js"));
    say("test", "Something that a person should know, in a line that is not a short one");
"""
PUT_AWAY = NOTICE[:NOTICE.index("say(")].replace("say", "unsay") + 'unsay("test");'
# What leads there, and back.
MODES = {
    "tree": ("viewer.setActiveTab('tree')", ""),
    "clip": ("viewer.setActiveTab('clip')", ""),
    "zebra": ("viewer.setActiveTab('zebra')", ""),
    "material": ("viewer.setActiveTab('material')", "viewer.setActiveTab('tree')"),
    "explode": ("viewer.setExplode(true)", "viewer.setExplode(false)"),
    "distance": ("viewer.display.setTool('distance', true)", "viewer.display.setTool('distance', false)"),
    "properties": ("viewer.display.setTool('properties', true)", "viewer.display.setTool('properties', false)"),
    "select": ("viewer.display.setTool('select', true)", "viewer.display.setTool('select', false)"),
    "help": ("viewer.display.showHelp(true)", "viewer.display.showHelp(false)"),
    "no glass": ("viewer.glassMode(false)", "viewer.glassMode(true)"),
    "no tools": ("viewer.showTools(false)", "viewer.showTools(true)"),
    "notice": (NOTICE, PUT_AWAY),
    "notice over explode": ("viewer.setExplode(true);" + NOTICE, "viewer.setExplode(false);" + PUT_AWAY),
}
STUDIO = {
    "studio": "viewer.setActiveTab('studio')",
    "material editor": """
        viewer.handlePick("/robot", "arm", false, false, false, null);
        document.querySelector(".tcv_mat_editor_toggle").click();
    """,
}


@pytest.fixture
def robot(daemon, viewer):
    daemon.start("--listen", "0=bracket", "--listen", "0=a-session-with-a-long-name")
    daemon.send(message("assembly-model"))
    for session in ("bracket", "a-session-with-a-long-name"):
        daemon.send(message("box-model"), session=session)
    viewer.open(daemon.url).live().wait_parts("arm").wait_frame()
    # Nothing here looks at the picture, and to draw it at every size takes long.
    viewer.call("viewer.renderer.render = () => {};")
    return viewer


def check_widths(viewer, mode, widths=WIDTHS):
    for width in widths:
        viewer.resize(width, HEIGHT)
        viewer.wait_good(
            lambda: viewer.call(COVERED),
            lambda found: found[1] == [] and (found[0] > 8 or mode == "no tools"), f"{mode}, {width} pixels wide: nothing covered")


def test_nothing_lies_on_the_controls(robot):
    for mode, (there, back) in MODES.items():
        robot.call(there)
        check_widths(robot, mode, WIDTHS if mode == "explode" else WIDTHS[::3])
        robot.call(back)


def test_nothing_lies_on_the_controls_of_the_studio(robot):
    for mode, there in STUDIO.items():
        robot.resize(900, HEIGHT).call(there)
        check_widths(robot, mode, WIDTHS[::3])


def test_an_animation_can_be_stopped_at_every_width(daemon, robot):
    daemon.send(message("assembly-animation"))
    robot.page.locator(".tcv_stop").wait_for()
    check_widths(robot, "animation")
    robot.resize(900, 600)
    robot.page.locator(".tcv_pause").click()
    robot.page.locator(".tcv_stop").click()
    assert "/sessions" not in robot.page.url


def test_the_page_fills_its_window_and_no_more(robot):
    for width in (480, 900, 1400):
        robot.resize(width, HEIGHT).wait_call(f"document.documentElement.clientWidth === {width}")
        robot.page.wait_for_function(
            "() => document.documentElement.scrollWidth <= innerWidth"
            " && document.documentElement.scrollHeight <= innerHeight"
        )
        robot.page.wait_for_function(
            "(width) => {"
            " const right = document.querySelector('#cad_viewer canvas').getBoundingClientRect().right;"
            " return width - 20 < right && right <= width; }",
            arg=width)


def test_the_bar_can_be_read_and_used_at_every_width(robot):
    for width in WIDTHS:
        robot.resize(width, HEIGHT)
        for part in ("#bar-session", "#bar-name", "#bar-state"):
            robot.wait_good(
                robot.page.locator(part).bounding_box,
                lambda box: box["width"] > 30 and box["x"] >= 0 and box["x"] + box["width"] <= width, f"{part} at {width}")
        robot.page.locator("#bar-name").click(trial=True)


STYLES = """
    const own = Array.from(document.styleSheets).find((sheet) => sheet.href?.includes("cadcast.css"));
    const nodes = [...document.querySelectorAll("#cad_viewer *")].filter((node) => !node.closest("#overlay")); // ours
    const PLACE = /^(top|bottom|left|right|inset)/; // that the body's margins are others is meant
    const styles = () => nodes.map((node) => {
        const style = getComputedStyle(node);
        return Object.fromEntries(Array.from(style, (key) => [key, style[key]]));
    });
    const withOurs = styles();
    own.disabled = true;
    const without = styles();
    own.disabled = false;
    const changed = new Set();
    nodes.forEach((node, each) => {
        for (const [key, value] of Object.entries(without[each])) {
            if (withOurs[each][key] !== value && !PLACE.test(key)) {
                changed.add(`${key}: ${withOurs[each][key]} instead of ${value}`);
            }
        }
    });
    return [nodes.length, [...changed].slice(0, 20)];
"""


def test_our_style_sheet_changes_nothing_of_the_renderer(robot):
    robot.call("viewer.display.showHelp(true)")
    for scheme in ("light", "dark"):
        robot.page.emulate_media(color_scheme=scheme)
        robot.settled()
        nodes, changed = robot.call(STYLES)
        assert nodes > 300
        assert changed == [], scheme


def test_all_rows_of_the_help_are_in_the_window(robot):
    robot.resize(1200, 640).call("viewer.display.showHelp(true)")
    robot.wait_good(
        lambda: robot.page.locator(".tcv_cad_help_layout tr").evaluate_all(
            "(rows) => [rows.length, Math.max(...rows.map((row) => row.getBoundingClientRect().bottom))]"),
        lambda rows: rows[0] > 20 and 0 < rows[1] <= 640, "rows, and where the last one ends")
