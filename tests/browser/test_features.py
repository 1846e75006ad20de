# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What the renderer brings works in our page: docs/page.md, "Beside other viewers"."""
import pytest
from conftest import PAINT, message

# Pixels of the canvas that are not those of its upper left corner.
INKED = PAINT + """
    const gl = viewer.renderer.getContext();
    const pixels = new Uint32Array(gl.drawingBufferWidth * gl.drawingBufferHeight);
    gl.readPixels(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight, gl.RGBA, gl.UNSIGNED_BYTE,
        new Uint8Array(pixels.buffer));
    return pixels.reduce((sum, each) => sum + (each !== pixels[pixels.length - 1]), 0);
"""
# How bright the canvas is on the average: flat faces have as many colours in any light.
BRIGHTNESS = PAINT + """
    const gl = viewer.renderer.getContext();
    const pixels = new Uint8Array(gl.drawingBufferWidth * gl.drawingBufferHeight * 4);
    gl.readPixels(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    return pixels.reduce((sum, each) => sum + each, 0) / pixels.length;
"""
DIRECTION = """
    const [from, to] = [viewer.getCameraPosition(), viewer.controls.getTarget().toArray()];
    const away = from.map((value, axis) => value - to[axis]);
    return away.map((value) => Math.round(value / Math.hypot(...away) * 100) / 100);
"""
VIEWS = {"front": [0, -1, 0], "rear": [0, 1, 0], "left": [-1, 0, 0], "right": [1, 0, 0], "top": [0, 0, 1],
         "bottom": [0, 0, -1], "iso": [0.58, -0.58, 0.58]}


@pytest.fixture
def box(daemon, viewer):
    daemon.start()
    daemon.send(message("box-model"))
    viewer.open(daemon.url).live().wait_parts("Solid").wait_drawn()
    viewer.call("viewer.setAxes(false);")
    return viewer


def test_a_section_plane_cuts_the_model(box):
    box.page.locator(".tcv_tab_clip").click()
    box.wait_call("viewer.state.get('activeTab') === 'clip'")
    whole = box.call(INKED)
    box.page.locator(".tcv_sld_value_plane1").focus()
    box.page.keyboard.press("Home")
    box.wait_good(lambda: box.call(INKED), lambda now: now < 0.6 * whole, "less of the model")
    box.page.locator(".tcv_clip_reset").click()
    box.wait_good(lambda: box.call(INKED), lambda now: now > 0.9 * whole, "all of the model")


def test_each_view_looks_from_its_side(box):
    for name, direction in VIEWS.items():
        box.page.locator(f".tcv_cad_toolbar .tcv_button_{name}").click()
        box.wait_equal(lambda: box.call(DIRECTION), direction, name)


def test_zebra_stripes_and_materials_change_the_picture(box):
    few, _ = box.colours()
    box.page.locator(".tcv_tab_zebra").click()
    box.page.locator("#zebra_colorful").check()
    box.wait_good(lambda: box.colours()[0], lambda now: now != few, "other colours")
    box.page.locator(".tcv_tab_material").click()
    box.wait_call("viewer.state.get('activeTab') === 'material'")
    before = box.call(BRIGHTNESS)
    slider = box.page.locator(".tcv_sld_value_ambientlight")
    slider.focus()
    slider.press("End")
    box.wait_good(lambda: box.call(BRIGHTNESS), lambda now: now > before + 1, "more light")
