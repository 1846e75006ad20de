# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Shows that send geometry: the page shows what is ready, and then the rest without a jump."""
import pytest
from exact import CONFIG, ExactKernel, FakeHelper, plan, shape

LOOK = (
    "viewer.presetCamera('front'); viewer.setCameraZoom(0.75);"
    "viewer.setStates({'/Group/part1': [0, 1]}); viewer.setActiveTab('clip');"
)
# As the page reports it.
LOOKED = {"zoom": 0.75, "tab": "clip"}


def test_the_finer_picture_replaces_the_preview_without_a_jump(daemon, viewer, tmp_path):
    """Camera, tree and tab stay as the user left them; a show after that has its own."""
    gate = tmp_path / "gate"
    daemon.env.update(FakeHelper(tmp_path).variables)
    daemon.start("--mesh-processes", 2)
    viewer.open(daemon.url).live()
    shapes = [shape("large", "wait", until=str(gate), pad="x" * 300_000), shape("small")]
    with ExactKernel(daemon.port) as kernel:
        kernel.begin(plan(shapes, config={**CONFIG, "resetCamera": "reset"}))
        kernel.wanted()
        kernel.send(shapes)
        viewer.wait_parts("Group").wait_drawn()
        viewer.call(LOOK)
        viewer.wait_until(lambda: LOOKED.items() <= daemon.ask("status")["text"].items(), "what the user did")
        camera, states = viewer.camera(), viewer.call("return viewer.getStates()")
        assert states["/Group/part1"] == [0, 1]
        viewer.call("window.preview = viewer.rendered")
        gate.touch()
        assert kernel.answer()["ok"]
        viewer.wait_call("viewer.ready && viewer.rendered !== window.preview").wait_drawn()
        assert len(viewer.fetched_models()) >= 2  # there may be a preview of edges alone, and a coarse one
        viewer.wait_equal(viewer.camera, pytest.approx(camera, rel=1e-4, abs=1e-4), "the camera")
        # What had edges alone in the preview has faces now.
        states = {**states, "/Group/part0": [1, 1]}
        viewer.wait_equal(lambda: viewer.call("return viewer.getStates()"), states)
