# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The golden comparison in full: every recorded model, the demo, a show of geometry and an imported assembly, from
all sides and in many looks, as drawn without a browser and as the page's own canvas shows them.

It takes long: half a minute for each of some sixty rows without a graphics card. CADCAST_GOLDEN names the folder for its
table (table.md), its pictures and their contact sheet (sheet.png), which grow with each row, also over several runs;
CADCAST_LOOKS and CADCAST_MODELS, if not all are wanted, some of them with commas between. The tests in
test_rendering.py compare a selection in every run.
"""
import base64
import json
import os
from pathlib import Path

from conftest import MESSAGES, ROOT
from exact import ExactKernel, recorded_show
from PIL import Image, ImageDraw
from test_rendering import CANVAS, CUT, FAR, MOST_FAR, MOST_RMS, NAMES, VIEWS, differences, keep, picture
from wire import Wire, get

FOLDER = os.environ["CADCAST_GOLDEN"]  # without it conftest.py leaves this file out
RECORDED = ["box", "bracket", "assembly", "zoo", "legacy-3.4"]
# Models that have one look.
SHOWN, IMPORTED = "a show of geometry", "assembly.step"
# Settings of a look; "state" is that of each part: its faces, its edges.
LOOKS = {
    "light": {},
    "dark": {"theme": "dark"},
    "transparent": {"transparent": True},
    "edges alone": {"state": [0, 1]},
    "faces alone": {"state": [1, 0]},
    "black edges": {"blackEdges": True},
    "perspective": {"ortho": False},
    "cut": {},
    "cut open": {},
    "axes and grid": {"axes": True, "grid": [True, True, True]},
}
PLAIN = {"axes": False, "grid": [False, False, False], "theme": "light", "transparent": False, "ortho": True,
         "resetCamera": "reset"}
PAPERS = {"dark": "#444444"}
# Looks that are compared for information: numbers at the grid are of another font, and without lids what is cut away
# is decided for each sample here, for each pixel in the page (docs/rendering.md).
SHOWN_ONLY = {"axes and grid", "cut open"}
# The page's lids are on it, or hidden and not drawn here.
CUTS = {"cut": ("true", "1"), "cut open": ("false", "0")}
THUMB = (220, 150)
DATA = ROOT / "tests" / "data"


def leaves(node):
    for part in node["parts"]:
        yield from (leaves(part) if "parts" in part else [part])


def dressed(message, look):
    """The message of a model in that look."""
    model = json.loads(message[2:])
    changes = {**PLAIN, **LOOKS[look]}
    state = changes.pop("state", None)
    for part in leaves(model["data"]["shapes"]):
        if state is not None:
            # 3: there is none of it.
            part["state"] = [now if now == 3 else new for now, new in zip(part["state"], state)]
    model["config"].update(changes)
    return b"D:" + json.dumps(model).encode()


def here(daemon, size, view, clip):
    answer = get(daemon.port, f"/image.png?transparent=1&view={view}&width={size[0]}&height={size[1]}{clip}")
    assert answer.status == 200, answer.body
    return answer.body


def rows(daemon, viewer, look, name, folder):
    """One line of the table, from all sides; the iso views are kept for the contact sheet."""
    size = viewer.call("const c = viewer.renderer.domElement; return [c.width, c.height];")
    worst = [0, 0]
    clip = ""
    if look in CUTS:
        visible, lids = CUTS[look]
        clip = f"&fit=0&lids={lids}&clip={','.join(map(str, viewer.call(CUT % visible)))}"
    for view in VIEWS:
        viewer.call(f"viewer.setView('{NAMES.get(view, view)}'); viewer.setCameraZoom(1);")
        paper = PAPERS.get(look, "white")
        page = picture(base64.b64decode(viewer.call(CANVAS)), paper)
        ours = picture(here(daemon, size, view, clip), paper)
        rms, far = differences(page, ours)
        if "CADCAST_PICTURES" in os.environ:
            keep(os.environ["CADCAST_PICTURES"], f"{name}-{look}-{view}", page, ours)
        worst = [max(worst[0], rms), max(worst[1], far)]
        if view == "iso":
            keep(folder, f"{name}, {look}", page.resize(THUMB), ours.resize(THUMB))
    if clip:
        viewer.call("viewer.setActiveTab('tree');")
    return worst


def sheet(folder, rows, across=4):
    width, height = 2 * THUMB[0] + 10, THUMB[1] + 16
    made = Image.new("RGB", (across * width, -(-len(rows) // across) * height), "#dddddd")
    draw = ImageDraw.Draw(made)
    for number, (name, look) in enumerate(rows):
        left, top = number % across * width, number // across * height
        made.paste(Image.open(folder / f"{name}, {look}.png"), (left, top + 14))
        draw.text((left + 4, top + 1), f"{name}, {look}: page, cadcast", fill="black")
    return made


class Table:
    """The rows of this run, and of those before it in the same folder."""

    HEAD = "| model | look | rms | off by more than 96 |\n| --- | --- | --- | --- |\n"

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.path = folder / "table.md"
        before = self.path.read_text(encoding="utf-8").splitlines()[2:] if self.path.exists() else []
        self.lines = {tuple(line.strip("| ").split(" | ")[:2]): line for line in before}
        self.wrong = []

    def add(self, daemon, viewer, name, look):
        rms, far = rows(daemon, viewer, look, name, self.folder)
        line = f"| {name} | {look} | {rms:.2f} | {100 * far:.4f} % |"
        print(line, flush=True)
        self.lines[name, look] = line
        self.path.write_text(self.HEAD + "\n".join(self.lines.values()) + "\n", encoding="utf-8")
        sheet(self.folder, self.lines).save(self.folder / "sheet.png", optimize=True)
        if look not in SHOWN_ONLY and not (rms < MOST_RMS and far <= MOST_FAR):
            self.wrong.append(line)


def show(daemon, viewer, send):
    """Shows a model, and returns when the page has drawn it and all that belongs to it."""
    viewer.live().settled()
    viewer.page.evaluate("performance.clearMarks('frame')")
    send()
    viewer.wait_frame()
    viewer.settled()


def show_geometry(daemon):
    payload, shapes = recorded_show(DATA, "assembly")
    payload["config"] = {**payload.get("config", {}), **PLAIN}
    with ExactKernel(daemon.port) as kernel:
        kernel.show(shapes, payload=payload)


def import_assembly(daemon):
    body = (DATA / "import" / IMPORTED).read_bytes()
    with Wire(daemon.port, timeout=60) as wire:
        wire.request("PUT", f"/model?name={IMPORTED}", f"Content-Length: {len(body)}", "Connection: close", body=body)
        assert wire.read_response().status < 300


def test_all_pictures_are_as_in_the_page(daemon, viewer):
    for helper in ("CADCAST_GEOMETRY", "CADCAST_IMPORT"):
        if helper in os.environ:
            daemon.env[helper] = os.environ[helper]
    daemon.start()
    viewer.page.set_default_timeout(600_000)  # without a graphics card the demo takes minutes on a busy machine
    viewer.open(daemon.url).live()
    table = Table(Path(FOLDER))
    models = {name: (MESSAGES / f"{name}-model.msg").read_bytes() for name in RECORDED}
    models["demo"] = (ROOT / "data/demo.msg").read_bytes()
    chosen = os.environ.get("CADCAST_MODELS", ",".join([*models, SHOWN, IMPORTED])).split(",")
    models = {name: message for name, message in models.items() if name in chosen}
    for look in filter(None, os.environ.get("CADCAST_LOOKS", ",".join(LOOKS)).split(",")):
        for name, message in models.items():
            show(daemon, viewer, lambda message=message, look=look: daemon.send(dressed(message, look)))
            table.add(daemon, viewer, name, look)
    if SHOWN in chosen:
        viewer.page.reload()
        show(daemon, viewer, lambda: show_geometry(daemon))
        table.add(daemon, viewer, SHOWN, "as sent")
    if IMPORTED in chosen:
        viewer.page.reload()
        show(daemon, viewer, lambda: import_assembly(daemon))
        table.add(daemon, viewer, IMPORTED, "as imported")
    assert FAR == 96 and not table.wrong, table.wrong
