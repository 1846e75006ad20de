# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The page of a browser that came without its token."""
import pytest
from test_accessibility import violations

TOKEN = "browsers-need-this-token"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_entering_the_token_opens_the_viewer(daemon, viewers, scheme):
    daemon.start("--token", TOKEN, "--trusted-proxy", "127.0.0.1")
    viewer = viewers(
        color_scheme=scheme, bypass_csp=True, viewport={"width": 360, "height": 640},
        # As a proxy says that it comes from another machine.
        extra_http_headers={"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Host": f"127.0.0.1:{daemon.port}"})
    viewer.expect_errors("401")
    viewer.page.goto(daemon.url.split("?")[0])
    assert violations(viewer) == []
    for token in ("wrong", TOKEN):
        viewer.page.get_by_label("Token").fill(token)
        viewer.page.get_by_role("button", name="Open").click()
    viewer.page.wait_for_selector("#bar-state")
    assert TOKEN not in viewer.page.url
