# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""tools/bench save: from a save to arrays in the page, by `cadcast run`, and by `python model.py`.

`cadcast` is `cadcast run` on a script that imports cadcast.fast: from the moment in which the file has its new
name until a page that takes models as files has all arrays. `python` is a fresh process with the unmodified client,
which a person starts after the save, until a page of ocp-viewer's own server has the text. Each save changes one
part.
"""
import subprocess
import sys
import time

from show import Page
from subjects import KNOWN, PYTHON, ROOT, Program, Server, environment

HEAD = "from build123d import *\nfrom ocp_viewer import show\n"
BOXES = """
parts = [Pos(i % 24 * 9, i // 24 * 9, 0) * {box} for i in range({boxes})]
parts[7] = Box(3, 3, {size})
show(*parts, progress="")
"""
FILLETED = "fillet(Box(4 + i % 24 / 10, 5 + i // 24 / 10, 6).edges(), 0.5)"
PLAIN = "Box(4 + i % 24 / 10, 5 + i // 24 / 10, 6)"
SCENES = {
    "a box": "show(Box(1, 2, {size}), progress='')\n",
    "{boxes} boxes, one changed": BOXES.replace("{box}", PLAIN),
    "{boxes} filleted boxes, one changed": BOXES.replace("{box}", FILLETED),
}


def save(path, text):
    """As most editors do: another file takes the name."""
    new = path.with_name(".new")
    new.write_text(text)
    new.replace(path)


def environ_of(server):
    return environment(server.home) | {"OCP_PORT": str(server.port), "MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT / "python")}


def by_us(options, scene, saves):
    """The times of so many saves after the first run."""
    times = []
    with Server("cadcast", [options.program]) as server:
        page, path = Page(server.port, True), server.home / "model.py"
        path.write_text("import cadcast.fast\n" + HEAD + scene.format(size=1, boxes=options.boxes))
        with open(server.home / "said", "wb") as said, Program(
                [options.program, "run", "--port", server.port, "--python", PYTHON, path],
                stdout=said, stderr=said, env=environ_of(server), cwd=server.home):
            page.of_a_show(options.patience)
            for size in range(2, 2 + saves):
                time.sleep(1)  # a person looks at it
                save(path, "import cadcast.fast\n" + HEAD + scene.format(size=size, boxes=options.boxes))
                began = time.time()
                times.append((page.of_a_show(options.patience)[-1] - began) * 1e3)
    return times


def by_python(options, scene):
    with Server("ocp-viewer", KNOWN["ocp-viewer"]) as server:
        page, path = Page(server.port, False), server.home / "model.py"
        path.write_text(HEAD + scene.format(size=1, boxes=options.boxes))
        began = time.time()
        status = subprocess.run([PYTHON, path], env=environ_of(server), cwd=server.home, stdout=subprocess.DEVNULL,
                                timeout=options.patience, check=False).returncode
        if status != 0:
            sys.exit(f"python model.py: exit status {status}")
        return [(page.of_a_show(options.patience)[-1] - began) * 1e3]


def bench(options, table):
    for label, scene in SCENES.items():
        found = {"python": [], "cadcast": []}
        for _ in range(options.rounds):
            found["python"] += by_python(options, scene)
            found["cadcast"] += by_us(options, scene, 3)
        table.compare(f"save: {label.format(boxes=options.boxes)}", found, "ms", "python")
