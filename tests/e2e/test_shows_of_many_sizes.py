# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Shows from 1 kB to 80 MB, one after the other: every one arrives, byte for byte.

CADCAST_SHOWS says how many (default 60); CADCAST_SEED makes others of them.
"""
import json
import os
import random
import threading

import pytest
from bulk import TEXT, Bulk, fetch, model, show
from conftest import ROOT
from peers import Kernel

SHOWS = int(os.environ.get("CADCAST_SHOWS", "60"))
SEED = os.environ.get("CADCAST_SEED", "7")
PARTS = [(ROOT / f"tests/data/measure/{name}-backend.msg").read_bytes() for name in ("box", "bracket", "zoo")]


def sizes(what):
    """Of each size as many as of each other, in the logarithm; and of the large ones, whose memory
    is handed on from one to the next, as many again."""
    dice = random.Random(f"{what} {SEED}")
    for _ in range(SHOWS):
        yield int(10 ** dice.uniform(3, 7.9)) if dice.random() < 0.5 else int(dice.uniform(15e6, 80e6))


def send(port, text, answers):
    answers.append(show(port, text))


def check_show(port, receive, text):
    """`receive` is what a browser got of the show, which meanwhile is sent."""
    answers = []
    kernel = threading.Thread(target=send, args=(port, text, answers))
    kernel.start()
    try:
        receive()
    finally:
        kernel.join()
    assert answers == ["1000 "]


def next_of(browser, kind):
    while True:
        message = json.loads(browser.receive())
        if message["type"] == kind:
            return message


@pytest.mark.bare("several gigabytes")
def test_each_arrives_as_text(start):
    daemon = start("--log-level", "info")
    with Bulk(daemon.port) as browser:
        browser.send(b"L:{}", TEXT)
        for number, size in enumerate(sizes("text")):
            text, _ = model(size, number)

            def receive(text=text, size=size):
                assert browser.receive() == text, f"{size} bytes"

            check_show(daemon.port, receive, text)
    assert not daemon.lines("stays as text")


@pytest.mark.bare("several gigabytes")
def test_each_arrives_as_a_file_among_other_jobs_of_the_pool(start):
    """Our own page fetches a file that the worker pool made; exact geometry comes in between."""
    daemon = start("--log-level", "info")
    dice = random.Random(SEED)
    with Bulk(daemon.port) as browser:
        browser.send(b'L:{"viewer":"cadcast","formats":["binary"]}', TEXT)
        for number, size in enumerate(sizes("file")):
            text, data = model(size, number)

            def receive(data=data, size=size):
                address = next_of(browser, "model")["url"]
                file = fetch(daemon.port, "/" + address)
                assert data in file, f"{size} bytes"

            check_show(daemon.port, receive, text)
            if dice.random() < 0.3:
                assert Kernel(daemon.port).ask(dice.choice(PARTS))["ok"]
    assert not daemon.lines("stays as text")
