# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Pictures by the page itself, in a Chromium that cadcast starts, beside those that it draws."""
import subprocess

import pytest
from chromium import CHROMIUM, PATIENCE_MS
from conftest import MESSAGES, message
from daemon import PROGRAM
from test_rendering import MOST_FAR, MOST_RMS, differences, picture
from wire import Wire, get


def same(one, other):
    rms, far = differences(picture(one, "white"), picture(other, "white"))
    assert rms < MOST_RMS and far <= MOST_FAR, (rms, far)


@pytest.fixture
def by_chromium(daemon, tmp_path):
    daemon.env["CADCAST_CHROMIUM"] = str(CHROMIUM)
    daemon.env["TMPDIR"] = str(tmp_path)
    daemon.start()
    daemon.send(message("assembly-model"))
    return daemon


def test_a_session_is_drawn_by_the_page(by_chromium, tmp_path):
    query = "/image.png?view=iso,30,20&width=600&height=300&axes=0&grid=0"
    with Wire(by_chromium.port, timeout=PATIENCE_MS / 1000) as wire:
        wire.request("GET", query + "&renderer=browser", "Connection: close")
        page = wire.read_response()
    assert page.status == 200, page.body
    same(page.body, get(by_chromium.port, query + "&fit=0").body)
    assert not list(tmp_path.glob("cadcast-browser-*"))


def test_the_command_draws_by_the_page(by_chromium):
    words = [PROGRAM, "render", MESSAGES / "bracket-model.msg", "-o", "-", "--view=top", "--transparent", "--grid=0", "--axes=0"]
    page = subprocess.run([*words, "--renderer=browser"], capture_output=True, check=True, env=by_chromium.env)
    same(page.stdout, subprocess.run(words, capture_output=True, check=True).stdout)
