# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""tools/bench show: from the Python call to arrays in the page, by triangles and by shapes.

A process with the unmodified client shows a scene twice, and once more with one part changed; a browser
that takes models as files fetches each picture. `triangles` is the client as it is, `shapes` the same
with `import cadcast.fast`, and `ocp-viewer` (with --against) the client with its own server, whose
browser takes text. A fresh daemon and a fresh process each time, so that nothing is known from before.
"""
import http.client
import json
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

from show_scenes import scenes
from subjects import KNOWN, PYTHON, ROOT, Program, Server, environment
from websockets.sync.client import connect

# The last byte of what a picture is made from is that of a `D`, an `E` or an `F`, not of a `B`.
SCRIPT = """
import json, re, sys, time
from pathlib import Path
from websockets.sync.connection import Connection
bytes_sent, last_byte, send = 0, 0, Connection.send
def count(self, data, *args, **more):
    global bytes_sent, last_byte
    send(self, data, *args, **more)
    bytes_sent += len(data)
    if data[:2] in (b"D:", b"E:", b"F:", "D:", "E:", "F:"):
        last_byte = time.time()
Connection.send = count
from build123d import *
import ocp_viewer
{fast}
ocp_viewer.set_port({port})
ocp_viewer.workspace_config()
{scene}
for what, objects in (("first", parts), ("again", parts), ("changed", changed))[:{shows}]:
    bytes_sent, began = 0, time.time()
    ocp_viewer.show(*objects, progress="")
    most = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
    print("SHOW " + json.dumps([what, began, last_byte, bytes_sent / 2**20, most / 1024]), flush=True)
    sys.stdin.readline()
"""


class Page:
    """A browser that notes when it has each picture."""

    def __init__(self, port, ours):
        self.port = port
        self.socket = connect(f"ws://127.0.0.1:{port}/", max_size=None, compression=None, ping_interval=None)
        hello = {"viewer": "cadcast", "id": "bench", "formats": ["binary"], "version": "0"} if ours else {}
        self.pictures = queue.Queue()
        self.socket.send("L:" + json.dumps(hello))
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self):
        try:
            for message in self.socket:
                head = message[:200]
                if '"type":"model"' in head or '"model"' in head:
                    got = json.loads(message)
                    if got.get("type") == "model":
                        self._fetch(got["url"])
                        self.pictures.put((time.time(), not got.get("preview")))
                elif len(message) > 200 and '"data"' in message:
                    self.pictures.put((time.time(), True))
        except Exception as error:  # pylint: disable=broad-exception-caught
            self.pictures.put(error)

    def _fetch(self, url):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", "/" + url)
        connection.getresponse().read()
        connection.close()

    def of_a_show(self, seconds=120):
        """When it had each picture of a show that is over: previews, and the whole one."""
        found, whole = [], False
        while not whole:
            try:
                got = self.pictures.get(timeout=seconds)
            except queue.Empty:
                sys.exit(f"the page got no picture within {seconds} s of the end of the call")
            if isinstance(got, Exception):
                sys.exit(f"the page got no picture: {got!r}")
            found.append(got[0])
            whole = got[1]
        return found


class Memory:
    """The most memory, in MiB, that a server and each process that it started had."""

    def __init__(self, server):
        self.pid = server.process.pid
        self.most = {}

    def look(self):
        waiting = [self.pid]
        while waiting:
            pid = waiting.pop()
            try:
                self.most[pid] = max(self.most.get(pid, 0), Program.memory_of(pid, "VmHWM") / 2**20)
                for task in Path(f"/proc/{pid}/task").iterdir():
                    waiting += map(int, (task / "children").read_text(encoding="ascii").split())
            except (OSError, TypeError):  # it ended
                continue
        return sum(self.most.values())


def one(way, options, scene):
    """What -> {column: value}; it lacks what took longer than --patience."""
    command = KNOWN["ocp-viewer"] if way == "ocp-viewer" else [options.program]
    found = {}
    with Server(way, command) as server:
        page, memory = Page(server.port, way != "ocp-viewer"), Memory(server)
        code = SCRIPT.format(port=server.port, scene=scene, shows=1 if options.first else 3,
                             fast="import cadcast.fast" if way == "shapes" else "")
        environ = environment(server.home) | {"PYTHONPATH": str(ROOT / "python"), "MPLBACKEND": "Agg"}
        with subprocess.Popen([PYTHON, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.PIPE, cwd=server.home, env=environ) as process:
            patience = threading.Timer(options.patience, process.kill)
            patience.start()
            for line in process.stdout:
                if line.startswith("SHOW "):
                    what, began, last_byte, size, most = json.loads(line[5:])
                    times = page.of_a_show()
                    found[what] = {"": (times[-1] - began) * 1e3, "first picture": (times[0] - began) * 1e3,
                                   "first picture after the last byte": (times[0] - last_byte) * 1e3,
                                   "sent": size, "memory of the client": most,
                                   "memory of the server": memory.look()}
                    process.stdin.write("\n")
                    process.stdin.flush()
            patience.cancel()
            errors = process.stderr.read()
        if process.returncode not in (0, -9):
            sys.exit(f"{way}: the client ended after {list(found)}:\n{errors[-2000:]}")
    return found


COLUMNS = {"": "ms", "first picture": "ms", "first picture after the last byte": "ms", "sent": "MiB",
           "memory of the client": "MiB", "memory of the server": "MiB"}
SHORT = ("", "sent")  # what is told of each show; the rest only of the first


def report(table, label, what, runs):
    for column, unit in COLUMNS.items():
        if what != "first" and column not in SHORT:
            continue
        values = {way: [each[what][column] for each in found if what in each] for way, found in runs.items()}
        reference = "ocp-viewer" if values.get("ocp-viewer") else "triangles"
        if any(values.values()):
            table.compare(f"  {column}" if column else f"show: {label}, {what}", values, unit, reference)
    for way, found in runs.items():
        if any(what not in each for each in found):
            print(f"  {label}, {what}: {way} did not get to it in time")


def bench(options, table):
    ways = ["triangles", *(name for name in options.against if name == "ocp-viewer"), "shapes"]
    for label, scene in scenes(options):
        runs = {way: [] for way in ways}
        for _ in range(options.rounds):
            for way in ways:
                runs[way].append(one(way, options, scene))
        for what in ("first",) if options.first else ("first", "again", "changed"):
            report(table, label, what, runs)
