# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What the page says of a show that the server refused."""

from conftest import message
from playwright.sync_api import expect
from websockets.exceptions import ConnectionClosed


def test_page_says_that_a_model_was_refused_until_the_next_is_shown(daemon, viewer):
    daemon.start("--max-message", "1M")
    viewer.open(daemon.url).live()
    daemon.send(message("box-model"))
    viewer.wait_parts("Solid")
    try:
        daemon.send(b'D:{"type":"data","data":{"x":"' + b"y" * 4_200_000 + b'"}}')
    except ConnectionClosed as ended:
        assert ended.rcvd.code == 1009
    notice = viewer.page.locator(".notice[data-key=refused]")
    expect(notice).to_contain_text("a model of 4.2 MB was refused: --max-message is 1M")
    daemon.send(message("box-model"))
    notice.wait_for(state="detached")
