# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Chromium at two nodes of a cluster and an unmodified client at a third one."""
import kernels
import pytest
from conftest import ROOT
from daemon import Daemon, wait_until
from line import Line
from test_measure import FACE, need_helper, panel, pick, take
from test_sessions_chromium import CUT, assert_same, difference, look, picture

from engine import Engine

TOP = (0, 0, 15)  # of the block


@pytest.fixture
def nodes(tmp_path):
    """Three of them at an engine, of which only the last one measures."""
    engine = Engine(tmp_path / "engine")
    made = []
    try:
        for name in "a", "b", "c":
            variables = {"CADCAST_DATA_DIR": ROOT}
            if name != "c":
                variables["CADCAST_GEOMETRY"] = tmp_path / "none"
            made.append(Daemon(tmp_path / name, "--cluster", engine.url, "--node-name", name, variables=variables))
        for each in made:
            wait_until(lambda: each.metric("cluster_nodes") == 3, what="it knows the others")  # pylint: disable=cell-var-from-loop
        yield made
        for each in made:
            each.check_clean()
    finally:
        for each in made:
            each.kill()
        engine.stop()


def test_pages_see_and_measure_what_a_client_shows_at_another_node_and_outlive_their_own(nodes, viewers, tmp_path):
    a, b, c = nodes
    need_helper(c)
    line = Line(a.port)  # a proxy in front of the nodes
    first = viewers().open(f"http://127.0.0.1:{line.port}/viewer").live()
    second = viewers().open(b.url).live()
    kernels.run("clients", f"""
        from build123d import Box
        from ocp_vscode import set_port, show
        set_port({c.port})
        show(Box(10, 20, 30), names=["block"])
    """, tmp_path / "kernel")
    for viewer in first, second:
        viewer.wait_parts("block").wait_drawn().settled()
    first.wait_until(lambda: difference(picture(first), picture(second)) <= 1, "the same picture")

    take(first, "properties", FACE)
    pick(first, TOP)
    assert "200" in panel(first, "properties", "area"), "10 times 20"
    assert c.metric("cluster_answered_total") > 0
    first.page.locator(".tcv_button_properties").click()

    seen = look(first)
    first.expect_errors(*CUT)
    a.kill()
    a.status = 0  # it was meant to end so
    line.target = b.port
    first.wait_until(lambda: b.metric("browsers") == 2, "the page is at another node")
    first.live()
    assert_same(first, seen)
    assert first.page.evaluate("document.querySelectorAll('#bar-state.live').length") == 1
    line.close()
