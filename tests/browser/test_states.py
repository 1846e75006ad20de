# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""axe-core finds nothing at all in any state of the page, light or dark."""
import pytest
from page_states import OPTIONS, STATES, prepare
from test_accessibility import violations


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_no_violation(daemon, viewers, state):
    daemon.start(*OPTIONS)
    prepare(daemon)
    viewer = viewers(bypass_csp=True, viewport={"width": 1024, "height": 700})
    viewer.expect_errors("401", "WebSocket", "ERR_")
    STATES[state](viewer.page, daemon)
    found = {}
    for scheme in ("light", "dark"):
        viewer.page.emulate_media(color_scheme=scheme)
        found[scheme] = violations(viewer)
    assert found == {"light": [], "dark": []}
