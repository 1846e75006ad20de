# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Shows while 1,000 pictures are asked for at once, beside the same shows while nothing is, for tools/bench.

A show is from a kernel's connect until a browser has the whole message. The requests come from a process of its
own, as they would from other machines, which lets all others go first.
"""
import json
import multiprocessing
import os
import selectors
import socket
import time
from collections import Counter

from peers import Browser, Kernel
from subjects import ROOT, Server, subjects

MESSAGES = ROOT / "tests/data/messages"
REQUESTS = 1000
SHOWS = 100
# The connections are there before any of them asks, which may take some time on a busy machine.
SLOW = ("--header-timeout", "600")
REQUEST = b"GET /image.png?width=%d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n"


def ask_for_pictures(port, ready, begin, result):
    """REQUESTS connections, each with one request, and how they were answered: statuses, those of the refused ones
    that said when to come again, and when the last answer was there."""
    os.nice(19)
    selector = selectors.DefaultSelector()
    answers = {}
    for _ in range(REQUESTS):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setblocking(False)
        selector.register(connection, selectors.EVENT_READ)
        answers[connection] = bytearray()
    ready.set()
    begin.wait()
    for number, connection in enumerate(answers):
        connection.send(REQUEST % (400 + number % 100, port))
    while selector.get_map():
        for key, _ in selector.select():
            try:
                data = key.fileobj.recv(1 << 16)
            except ConnectionResetError:
                data = b""
            answers[key.fileobj] += data
            if not data:
                selector.unregister(key.fileobj)
                key.fileobj.close()
    ended = time.monotonic()
    heads = [bytes(answer).split(b"\r\n\r\n")[0].lower() for answer in answers.values()]
    statuses = Counter(head[9:12].decode() for head in heads)
    polite = sum(b"retry-after" in head for head in heads if head[9:12] == b"503")
    result.put((dict(statuses), polite, ended))


def one_show(kernel, browser, message):
    began = time.monotonic()
    kernel.send(message)
    while not (isinstance(got := browser.messages.get(timeout=60), str) and '"data"' in got[:200000]):
        pass
    return (time.monotonic() - began) * 1000


def measure(port, messages, shows):
    kernel = Kernel(port)
    with Browser(port) as browser:
        return [one_show(kernel, browser, messages[i % len(messages)]) for i in range(shows)]


def bench(options, table):
    messages = [(MESSAGES / f"{name}-model.msg").read_bytes() for name in ("box", "bracket")]
    context = multiprocessing.get_context("spawn")
    quiet, busy, before, after = [], [], [], []
    said, polite, meanwhile = Counter(), 0, 0
    for _ in range(options.rounds):
        with Server("cadcast", subjects(options)["cadcast"], SLOW) as server:
            quiet += measure(server.port, messages, SHOWS)
            before.append(server.memory("VmHWM") / (1 << 20))
            ready, begin, result = context.Event(), context.Event(), context.Queue()
            asking = context.Process(target=ask_for_pictures, args=(server.port, ready, begin, result))
            asking.start()
            ready.wait()
            begin.set()
            began = time.monotonic()
            shows = measure(server.port, messages, SHOWS)
            statuses, refused_well, ended = result.get(timeout=600)
            meanwhile += sum(began + sum(shows[:i]) / 1000 < ended for i in range(SHOWS))
            busy += shows
            asking.join()
            said.update(statuses)
            polite += refused_well
            after.append(server.memory("VmHWM") / (1 << 20))
    table.add("flood: a show, nothing else asked", "cadcast", quiet, "ms")
    table.add(f"flood: a show, {REQUESTS} pictures asked for", "cadcast", busy, "ms", quiet)
    table.add("flood: most memory before", "cadcast", before, "MiB")
    table.add("flood: most memory after", "cadcast", after, "MiB", before)
    print(json.dumps({"answers": said, "503 with Retry-After": polite, "shows before the last answer": meanwhile,
                      "slowest show in ms": [round(max(quiet), 1), round(max(busy), 1)]}))
