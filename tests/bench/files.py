# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""tools/bench files: from a file to its picture, by `cadcast open`, by Python, and by f3d.

`cadcast` is the command beside a server that runs, until a page that takes models as files has all arrays; `first
picture` is when it has the first of them, of what is ready by then. `python` is a fresh process with the unmodified
clients, imports included, until a page of ocp-viewer's own server has the text. `f3d` draws one picture into a file, with
software, on a screen of its own (Xvfb). The files are OCCT's linkrods.step and others that are made here.
"""
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy
from show import Memory, Page
from show_scenes import make_step
from subjects import KNOWN, PYTHON, Program, Server, environment, scratch

LINKRODS = Path("/usr/share/opencascade/data/step/linkrods.step")
READERS = {".step": "import_step", ".stl": "import_stl"}  # build123d has none for GLB
SCRIPT = """
import time
from build123d import *
import ocp_viewer
ocp_viewer.set_port({port})
ocp_viewer.show({reader}({path!r}), progress="")
"""


def ball(columns, rows, radius=50.0):
    """(points, corners) of a bumpy sphere of 2 * columns * rows triangles."""
    around = numpy.linspace(0, 2 * numpy.pi, columns, endpoint=False)
    up = numpy.linspace(0.001, numpy.pi - 0.001, rows + 1)
    across, along = numpy.meshgrid(around, up)
    size = radius * (1 + 0.1 * numpy.sin(9 * across) * numpy.sin(7 * along))
    points = numpy.stack([size * numpy.sin(along) * numpy.cos(across), size * numpy.sin(along) * numpy.sin(across),
                          size * numpy.cos(along)], axis=-1).reshape(-1, 3).astype("<f4")
    row, column = numpy.meshgrid(numpy.arange(rows), numpy.arange(columns), indexing="ij")
    a = row * columns + column
    b = row * columns + (column + 1) % columns
    corners = numpy.stack([a, a + columns, b, b, a + columns, b + columns], axis=-1).reshape(-1, 3)
    return points, corners.astype("<u4")


def make_stl(path, triangles):
    points, corners = ball(1000, triangles // 2000)
    record = numpy.zeros(len(corners), dtype=[("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("more", "<u2")])
    record["corners"] = points[corners]
    path.write_bytes(bytes(80) + struct.pack("<I", len(corners)) + record.tobytes())


def make_glb(path, megabytes):
    """Twenty meshes, none like another, each with normals."""
    count = 20
    rows = round((megabytes * 1e6 / count) / (500 * (12 + 12 + 24)))
    data, views, accessors, meshes = b"", [], [], []
    for number in range(count):
        points, corners = ball(500, rows, 0.05 + 0.001 * number)
        normals = points / numpy.linalg.norm(points, axis=1, keepdims=True)
        for array, shape, kind in ((points, "VEC3", 5126), (normals.astype("<f4"), "VEC3", 5126), (corners.reshape(-1), "SCALAR", 5125)):
            views.append({"buffer": 0, "byteOffset": len(data), "byteLength": array.nbytes})
            accessors.append({"bufferView": len(views) - 1, "componentType": kind, "count": len(array), "type": shape})
            if array is points:
                accessors[-1] |= {"min": points.min(axis=0).tolist(), "max": points.max(axis=0).tolist()}
            data += array.tobytes()
        first = len(accessors) - 3
        meshes.append({"name": f"ball{number}", "primitives": [
            {"attributes": {"POSITION": first, "NORMAL": first + 1}, "indices": first + 2}]})
    nodes = [{"mesh": n, "name": f"ball{n}", "translation": [0.15 * (n % 5), 0, 0.15 * (n // 5)]} for n in range(count)]
    text = json.dumps({"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": list(range(count))}], "nodes": nodes,
                       "meshes": meshes, "accessors": accessors, "bufferViews": views, "buffers": [{"byteLength": len(data)}]}).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(data), 0x004E4942) + data
    path.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body)


def make_files(options):
    """(label, path) of each."""
    folder = options.files or scratch()
    stl, glb = folder / "ball.stl", folder / "balls.glb"
    step = folder / "assembly.step"
    if not stl.is_file():
        make_stl(stl, options.triangles)
    if not glb.is_file():
        make_glb(glb, 50)
    if not step.is_file():
        step = Path(make_step(options.step))
    for path in (LINKRODS, step, stl, glb):
        if path.is_file():
            yield f"{path.name}, {path.stat().st_size / 1e6:.1f} MB", path


def by_us(options, path):
    with Server("cadcast", [options.program]) as server:
        page, memory = Page(server.port, True), Memory(server)
        over = threading.Event()
        watcher = threading.Thread(target=lambda: [memory.look() for _ in iter(lambda: over.wait(0.02), True)], daemon=True)
        watcher.start()
        began = time.time()
        subprocess.run([options.program, "open", "--port", str(server.port), "--no-browser", str(path)], check=True,
                       env=environment(server.home), stdout=subprocess.DEVNULL)
        times = page.of_a_show(options.patience)
        over.set()
        watcher.join()
        return {"": times[-1] - began, "first picture": times[0] - began, "memory": memory.look()}


def most_memory(pid, over):
    most = 0
    while not over.wait(0.02):
        try:
            most = max(most, int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))[1]) / 1024)
        except (OSError, TypeError):
            break
    return most


class Watched:
    """A process, its time and the most memory it had; None if it took too long."""

    def __init__(self, command, seconds, **more):
        over, found = threading.Event(), []
        self.began = time.time()
        with subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more) as process:
            watcher = threading.Thread(target=lambda: found.append(most_memory(process.pid, over)), daemon=True)
            watcher.start()
            try:
                self.status = process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                self.status = None
            over.set()
            watcher.join()
        self.seconds = time.time() - self.began
        self.memory = found[0]


def by_python(options, path):
    if path.suffix not in READERS:
        return {}
    with Server("ocp-viewer", KNOWN["ocp-viewer"]) as server:
        page = Page(server.port, False)
        code = SCRIPT.format(port=server.port, reader=READERS[path.suffix], path=str(path))
        ran = Watched([PYTHON, "-c", code], options.patience, cwd=server.home, env=environment(server.home) | {"MPLBACKEND": "Agg"})
        if ran.status != 0:
            return {}
        times = page.of_a_show(options.patience)
        memory = ran.memory + Program.memory_of(server.process.pid, "VmHWM") / 2**20
        return {"": times[-1] - ran.began, "first picture": times[0] - ran.began, "memory": memory}


def by_f3d(options, path, screen):
    picture = path.parent / "f3d.png" if os.access(path.parent, os.W_OK) else scratch() / "f3d.png"
    picture.unlink(missing_ok=True)
    ran = Watched(["f3d", "--dry-run", "--resolution", "800,600", "--output", picture, path], options.patience,
                  env={**os.environ, "DISPLAY": screen})
    if ran.status != 0 or not picture.is_file():
        return {}
    return {"": ran.seconds, "first picture": ran.seconds, "memory": ran.memory}


class Screen:
    """An X server without a screen."""

    def __enter__(self):
        read, write = os.pipe()
        with open(os.devnull, "wb") as nowhere:
            self.process = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "1024x768x24", "-nolisten", "tcp"],
                                            pass_fds=[write], stderr=nowhere)
        os.close(write)
        with os.fdopen(read) as lines:
            return f":{lines.readline().strip()}"

    def __exit__(self, *ignored):
        self.process.terminate()
        self.process.wait()


def bench(options, table):
    for name in ("f3d", "Xvfb"):
        if shutil.which(name) is None:
            sys.exit(f"bench: {name} is not there: apt install f3d xvfb")
    with Screen() as screen:
        for label, path in make_files(options):
            found = {"cadcast": [], "python": [], "f3d": []}
            for _ in range(options.file_rounds):
                found["cadcast"].append(by_us(options, path))
                found["f3d"].append(by_f3d(options, path, screen))
                found["python"].append(by_python(options, path))
            for column, unit in (("", "s"), ("first picture", "s"), ("memory", "MiB")):
                values = {name: [each[column] for each in got if each] for name, got in found.items()}
                table.compare(f"{label} {column}".strip()[:40], values, unit, "f3d" if column == "first picture" else "python"
                              if values["python"] else "f3d")
