# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""A picture without a browser, beside the page in headless Chromium, for tools/bench.

Both begin with nothing running but a server that holds the model, and end with a PNG of the same size in
memory. Chromium is started for each picture, since a picture that is wanted now and then does not pay for
a browser that stays.
"""
import base64
import json
import math
import os
import subprocess
import time
from array import array
from pathlib import Path

from chromium import CHROMIUM, FLAGS
from playwright.sync_api import sync_playwright
from subjects import ROOT, Server, scratch, subjects
from wire import BINARY, Wire

MESSAGES = ROOT / "tests/data/messages"
SIZE = (1000, 700)
CANVAS = """async () => {
    const viewer = cadcast.viewer;
    viewer.renderer.clear();
    viewer.renderer.render(viewer.rendered.scene, viewer.rendered.camera.getCamera());
    return viewer.renderer.domElement.toDataURL("image/png");
}"""


def encoded(values, dtype):
    return {"shape": [len(values)], "dtype": dtype, "codec": "b64",
            "buffer": base64.b64encode(values.tobytes()).decode()}


def sphere(triangles):
    """The message of a dented sphere of about so many triangles, in 16 parts."""
    rows = max(2, round(math.sqrt(triangles / 2 / 16)))
    instances, parts = [], []
    for number in range(16):
        points, normals, corners = array("f"), array("f"), array("i")
        for i in range(rows + 1):
            for k in range(rows + 1):
                a, b = math.pi * i / rows, (number + k / rows) * math.pi / 8
                n = (math.sin(a) * math.cos(b), math.sin(a) * math.sin(b), math.cos(a))
                r = 50 + 2 * math.sin(9 * a) * math.cos(8 * b)
                points.extend(r * x for x in n)
                normals.extend(n)
        for i in range(rows):
            for k in range(rows):
                at = i * (rows + 1) + k
                corners.extend((at, at + rows + 1, at + 1, at + 1, at + rows + 1, at + rows + 2))
        instances.append({"vertices": encoded(points, "float32"), "normals": encoded(normals, "float32"),
                          "triangles": encoded(corners, "int32"), "edges": encoded(array("f"), "float32")})
        parts.append({"id": f"/ball/{number}", "name": str(number), "type": "shapes", "subtype": "solid",
                      "shape": {"ref": number}, "state": [1, 1], "color": "#e8b024", "alpha": 1.0, "loc": None})
    box = {f"{axis}{end}": sign * 52.0 for axis in "xyz" for end, sign in (("min", -1), ("max", 1))}
    shapes = {"version": 3, "parts": parts, "loc": None, "name": "ball", "id": "/ball", "bb": box}
    config = {"resetCamera": "reset", "theme": "light", "_core_version": "1.1.2"}
    return b"D:" + json.dumps({"data": {"instances": instances, "shapes": shapes}, "type": "data",
                               "config": config, "count": 16}).encode()


def descendants():
    """The processes below this one."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
    found, more = set(), {os.getpid()}
    while more:
        more = {pid for pid, parent in parents.items() if parent in more} - found
        found |= more
    return found


def memory(without):
    """MiB of the processes below this one, shared pages counted once."""
    total = 0
    for pid in descendants() - without:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def by_chromium(playwright, server):
    """Seconds and MiB for one picture, and its size."""
    before = descendants()
    began = time.monotonic()
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    page = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]}).new_page()
    page.goto(f"http://127.0.0.1:{server.port}/viewer")
    page.wait_for_function("() => performance.getEntriesByName('frame').length > 0", timeout=120000)
    url = page.evaluate(CANVAS)
    taken = time.monotonic() - began
    size = page.evaluate("() => { const c = cadcast.viewer.renderer.domElement; return [c.width, c.height]; }")
    used = memory(before)
    browser.close()
    assert url.startswith("data:image/png;base64,")
    return taken, used, size


def by_command(program, path, size, samples):
    """Seconds, processor seconds and MiB; the latter are at least Python's own, which the system counts to it
    up to the exec."""
    command = [program, "render", path, "-o", "-", f"--width={size[0]}", f"--height={size[1]}", f"--samples={samples}"]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        png = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    taken = time.monotonic() - began
    assert process.returncode == 0 and png.startswith(b"\x89PNG")
    return taken, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def by_server(server, size):
    began = time.monotonic()
    with Wire(server.port, timeout=60) as wire:
        wire.request("GET", f"/image.png?width={size[0]}&height={size[1]}", "Connection: close")
        response = wire.read_response()
    assert response.status == 200, response.body
    return time.monotonic() - began


def measure(playwright, options, table, label, message, folder):
    command = subjects(options)["cadcast"]
    path = Path(folder) / "model.msg"
    path.write_bytes(message)
    page, used, here, cpu, most, served, small = ([] for _ in range(7))
    for _ in range(options.rounds):
        with Server("cadcast", command) as server:
            began = time.monotonic()
            with Wire(server.port, timeout=120) as wire:
                wire.upgrade()
                wire.send_frame(BINARY, message)
                while b"image/png" not in poll(server):
                    time.sleep(0.005)  # asks as often as a page might
            small.append(time.monotonic() - began)
            taken, bytes_used, size = by_chromium(playwright, server)
            page.append(taken)
            used.append(bytes_used)
            served.append(by_server(server, size))
            taken, processor, resident = by_command(command[0], path, size, 4)
            here.append(taken)
            cpu.append(processor)
            most.append(resident)
    table.add(f"render: {label}", "chromium", page, "s")
    table.add(f"render: {label}", "command", here, "s", page)
    table.add(f"render: {label}, processor", "command", cpu, "s")
    table.add(f"render: {label}", "image.png", served, "s", page)
    table.add(f"render: {label}, show to small picture", "server", small, "s")
    table.add(f"render: {label}, memory", "chromium", used, "MiB")
    table.add(f"render: {label}, memory", "command", most, "MiB", used)


def poll(server):
    with Wire(server.port, timeout=60) as wire:
        wire.request("GET", "/picture.png", "Connection: close")
        response = wire.read_response()
    return response.headers.get("content-type", "").encode()


def bench(options, table):
    models = [("box", (MESSAGES / "box-model.msg").read_bytes()),
              ("assembly", (MESSAGES / "assembly-model.msg").read_bytes()),
              ("demo", (ROOT / "data/demo.msg").read_bytes()),
              ("100,000 triangles", sphere(100_000)), ("1,000,000 triangles", sphere(1_000_000))]
    folder = scratch()
    with sync_playwright() as playwright:
        for label, message in models:
            measure(playwright, options, table, label, message, folder)
