# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""JupyterLab with jupyter-server-proxy and the wheel in one environment, in Chromium."""
import fcntl
import json
import re

import pytest
from chromium import CHROMIUM, FLAGS, PATIENCE_MS
from conftest import ROOT, Installed
from daemon import CACHE, wait_until
from peers import Kernel
from playwright.sync_api import TimeoutError, sync_playwright
from proxies import JupyterServer

MESSAGES = ROOT / "tests" / "data" / "messages"
CELLS = [
    "import cadcast\nfirst = cadcast.view(height=300)\nprint('port', cadcast.status()['ports'][0]['port'])\nfirst",
    "cadcast.view('left', height=300)",
    "cadcast.screenshot(timeout=60)",
]


def make_lab(installed, folder):
    """A JupyterLab with a notebook of the cells."""
    folder.mkdir()
    cells = [{"cell_type": "code", "source": each, "metadata": {}, "outputs": [], "execution_count": None, "id": f"c{i}"}
             for i, each in enumerate(CELLS)]
    (folder / "book.ipynb").write_text(json.dumps({
        "cells": cells, "nbformat": 4, "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}}))
    return JupyterServer(
        installed.folder / "bin" / "jupyter-lab", folder,
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.news_url=",
        env={**installed.env, "PATH": f"{installed.folder}/bin:{installed.env['PATH']}"})


@pytest.fixture(scope="module")
def lab(wheel, tmp_path_factory):
    folder = CACHE / "jupyter"
    if not (folder / "bin" / "jupyter-lab").exists():
        pytest.skip(f"{folder} is missing: tools/requirements-jupyter.txt describes it")
    made = tmp_path_factory.mktemp("lab")
    with open(CACHE / ".lock-jupyter-test", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        installed = Installed(folder, made / "home", wheel)
        running = make_lab(installed, made / "books")
        running.installed = installed
        yield running
        running.stop()
        installed.stop_all()
        installed.pip("uninstall", "-q", "-y", "cadcast")


@pytest.fixture
def page(lab):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        made = browser.new_page(viewport={"width": 1280, "height": 1500})
        made.set_default_timeout(PATIENCE_MS)
        made.goto(f"{lab.url}lab?token={lab.token}&reset")
        yield made
        browser.close()


def open_book(page, lab):
    page.goto(f"{lab.url}lab/tree/book.ipynb?reset")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")


def run_cell(page, number):
    """Runs a cell to its end. Presses again if nothing runs: JupyterLab forgets a cell whose kernel still starts."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(number)
    prompt = cell.locator(".jp-InputPrompt").element_handle()
    before = prompt.inner_text()

    def ran():
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        try:
            page.wait_for_function("([prompt, before]) => prompt.innerText !== before", arg=[prompt, before], timeout=3000)
        except TimeoutError:
            return False
        page.wait_for_function("(prompt) => !prompt.innerText.includes('*')", arg=prompt, timeout=PATIENCE_MS)
        return prompt.inner_text() != before and re.search(r"\d", prompt.inner_text())

    wait_until(ran, 90, f"the end of cell {number}")


def frame_of(page, number):
    """The page in the output of that cell, once it has its connection."""
    element = page.locator(".jp-Notebook .jp-CodeCell").nth(number).locator("iframe[title=cadcast]")
    element.wait_for()
    frame = element.element_handle().content_frame()
    frame.wait_for_selector("#bar-state.live")
    return frame


def port_printed(page):
    text = page.locator(".jp-Notebook .jp-CodeCell").nth(0).locator(".jp-OutputArea").inner_text
    return int(wait_until(lambda: re.search(r"port (\d+)", text()), 90, "the port in the cell")[1])


def model(name):
    return (MESSAGES / f"{name}-model.msg").read_bytes()


def wait_models(frame, number):
    frame.wait_for_function(
        "(n) => performance.getEntriesByType('resource').filter((e) => /models\\/[0-9a-f]+$/.test(e.name)).length >= n"
        " && cadcast.viewer?.ready", arg=number, timeout=PATIENCE_MS)


def test_the_tile_and_a_cell_show_the_one_that_a_terminal_started_later(lab, page):
    """The notebook server ran before it; there are not two."""
    lab.installed.run("start", "--port", "0")
    state = json.loads(lab.installed.python("import cadcast, json\nprint(json.dumps(cadcast.status()))"))
    Kernel(state["ports"][0]["port"]).send(model("box"))
    page.goto(f"{lab.url}cadcast/viewer")
    wait_models(page, 1)
    open_book(page, lab)
    run_cell(page, 0)
    assert port_printed(page) == state["ports"][0]["port"]
    wait_models(frame_of(page, 0), 1)
    # A page that is open would ask the tile for another server, which the tile alone ends.
    page.goto("about:blank")
    lab.installed.stop_all()


def test_the_tile_opens_the_page(lab, page):
    tile = page.locator(".jp-LauncherCard", has_text="CAD viewer")
    tile.wait_for()
    assert tile.locator("img, svg").count() >= 1
    with page.context.expect_page() as opened:
        tile.click()
    opened.value.wait_for_selector("#bar-state.live")
    assert opened.value.url.startswith(f"{lab.url}cadcast/viewer"), opened.value.url


def test_a_model_in_a_cell_two_sessions_a_picture_and_a_new_kernel(lab, page):
    open_book(page, lab)
    run_cell(page, 0)
    port = port_printed(page)
    first = frame_of(page, 0)
    Kernel(port).send(model("box"))
    wait_models(first, 1)
    run_cell(page, 1)
    second = frame_of(page, 1)
    Kernel(port, "/s/left/").send(model("bracket"))
    wait_models(second, 1)
    assert second.url.endswith("/user/me/cadcast/s/left/viewer"), second.url
    # The picture goes the kernels' way, and stands in the cell.
    run_cell(page, 2)
    picture = page.locator(".jp-Notebook .jp-CodeCell").nth(2).locator("img")
    picture.wait_for()
    assert picture.evaluate("(img) => img.naturalWidth") > 100
    # Another kernel finds the same server, and the picture is there.
    page.keyboard.press("Escape")
    page.keyboard.press("0")
    page.keyboard.press("0")
    page.locator(".jp-Dialog button.jp-mod-warn").click()
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    run_cell(page, 0)
    assert port_printed(page) == port
    again = frame_of(page, 0)
    wait_models(again, 1)
