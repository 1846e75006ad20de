# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""One theme for the whole page: the renderer's and what is around it, readable in both, however it
came about."""
import json

import pytest
from conftest import message
from playwright.sync_api import expect

# The contrast (WCAG 2) of each text of the bar with what lies behind it.
CONTRAST = """() => {
    const parse = (text) => text.match(/[\\d.]+/g).map(Number);
    const light = (rgb) => rgb.slice(0, 3).map((value) => value / 255)
        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
        .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
    const behind = (element) => {
        const box = element.getBoundingClientRect();
        const below = document.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        for (const each of [...below, document.body]) {
            const colour = parse(getComputedStyle(each).backgroundColor);
            if (!document.getElementById("bar").contains(each) && (colour[3] ?? 1) === 1) {
                return colour;
            }
        }
        return [255, 255, 255];
    };
    return ["bar-name", "bar-state", "bar-note", "bar-session"].map((id) => {
        const element = document.getElementById(id);
        const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    });
}"""
LOOKS = """() => [
    document.body.dataset.theme,
    document.documentElement.dataset.theme,
    getComputedStyle(document.getElementById("bar")).colorScheme,
    cadcast.viewer?.state.get("theme"),
]"""


def configured(name, **config):
    model = json.loads(message(name)[2:])
    model["config"].pop("theme", None)
    model["config"].update(config)
    return "D:" + json.dumps(model)


def wait_theme(viewer, theme):
    viewer.page.wait_for_function(f"(theme) => ({LOOKS})().every((each) => each === theme)", arg=theme)


def assert_readable(viewer):
    viewer.page.evaluate(
        """() => {
            const note = document.getElementById("bar-note");
            note.textContent = "measured";
            note.hidden = document.getElementById("bar-session").hidden = false;
        }""")
    viewer.wait_good(lambda: viewer.page.evaluate(CONTRAST), lambda contrasts: min(contrasts) >= 4.5, "contrast")


@pytest.mark.parametrize("system", ["light", "dark"])
def test_a_theme_that_a_model_brings_holds_for_the_whole_page(daemon, viewer, system):
    daemon.start()
    viewer.page.emulate_media(color_scheme=system)
    viewer.open(daemon.url).live()
    other = "dark" if system == "light" else "light"
    for theme in (other, system):
        daemon.send(configured("box-model", theme=theme))
        viewer.wait_call("viewer?.ready")
        wait_theme(viewer, theme)
        for width in (900, 1400):
            viewer.resize(width, 640)
            assert_readable(viewer)


def test_a_theme_that_a_setting_brings_holds_for_the_whole_page(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    daemon.send(configured("box-model", theme="light"))
    viewer.wait_drawn()
    setting = json.loads(message("ui")[2:])
    setting["config"] = {"_core_version": setting["config"].get("_core_version"), "theme": "dark"}
    daemon.send("S:" + json.dumps(setting))
    wait_theme(viewer, "dark")
    assert_readable(viewer)


def test_the_system_is_followed_while_the_theme_is_the_browsers(daemon, viewer):
    daemon.start("--theme", "light")
    viewer.page.emulate_media(color_scheme="light")
    viewer.open(daemon.url).live()
    daemon.send(configured("box-model", theme="browser"))
    wait_theme(viewer, "light")
    for system in ("dark", "light", "dark"):
        viewer.page.emulate_media(color_scheme=system)
        wait_theme(viewer, system)
        assert_readable(viewer)
    daemon.send(configured("assembly-model", theme="light"))
    wait_theme(viewer, "light")
    for system in ("light", "dark"):
        viewer.page.emulate_media(color_scheme=system)
        viewer.painted()
        wait_theme(viewer, "light")


def test_a_theme_that_a_person_chooses_holds_for_every_page_of_the_browser(daemon, viewer):
    """The list of sessions, and pages that are open already: those side by side in one window are two."""
    daemon.start("--theme", "light")
    daemon.send(configured("box-model", theme="light"))
    daemon.send(configured("box-model", theme="light"), session="gear")
    page = viewer.page
    page.goto(daemon.url.replace("/viewer", "/sessions/side?name=default&name=gear"))
    inside = [page.frame_locator(f"iframe[title={name}]") for name in ("default", "gear")]
    for each in inside:
        expect(each.locator("html[data-theme=light] #bar-state.live")).to_be_visible()
    inside[0].locator("#bar-menu").click()
    inside[0].get_by_label("Theme").select_option("dark")
    for each in inside:
        expect(each.locator("html[data-theme=dark] body[data-theme=dark]")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto(daemon.url.replace("/viewer", "/sessions"))
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
