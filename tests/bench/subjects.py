# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What tools/bench is made of: servers that are started and ended, reference programs, shows to
send, and the table."""
import atexit
import base64
import json
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lib"))

from daemon import CACHE, environment, free_port  # noqa: E402
from needs import PYTHON  # noqa: E402

KNOWN = {
    "ocp-viewer": [PYTHON, "-m", "ocp_viewer"],
    "legacy": [CACHE / "legacy" / "bin" / "python", "-m", "ocp_vscode"],
}


def scratch():
    """A folder that is gone when the measurement ends."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    atexit.register(shutil.rmtree, folder, True)
    return folder


class Program:
    """A process that is ended with the measurement, and what it costs."""

    def __init__(self, command, **options):
        self.process = subprocess.Popen([*map(str, command)], stdin=subprocess.DEVNULL, **options)
        atexit.register(self.close)

    def memory(self, field="VmRSS"):
        """Bytes: VmRSS is what it has now, VmHWM the most it had."""
        return self.memory_of(self.process.pid, field)

    @staticmethod
    def memory_of(pid, field="VmRSS"):
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        return int(re.search(rf"{field}:\s+(\d+)", text)[1]) * 1024

    def cpu(self):
        """Seconds of processor time of all its threads; exact, not counted in ticks."""
        total = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text(encoding="ascii").split()[0])
            except OSError:
                pass
        return total / 1e9

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def page_of(program):
    """The tree whose page a program serves: its own if it was built in one, as an older build was."""
    tree = Path(program).resolve().parent.parent
    return tree if (tree / "templates" / "viewer.html").is_file() else ROOT


class Server(Program):
    """A viewer server on a port of its own, with an empty home."""

    mode = "ws"

    def __init__(self, name, command, options=()):
        self.name = name
        self.port = free_port()
        self.home = scratch()
        log = open(self.home / "log", "wb")
        environ = environment(self.home)
        environ["CADCAST_DATA_DIR"] = str(page_of(command[0]))
        began = time.monotonic()
        super().__init__([*command, "--port", self.port, *options], stdout=log, stderr=log,
                         env=environ, cwd=self.home)
        log.close()
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                break
            except ConnectionRefusedError:
                if self.process.poll() is not None:
                    sys.exit(f"{name} did not start:\n{(self.home / 'log').read_text()[-2000:]}")
                time.sleep(0.0002)  # finer than what is measured
        self.started = time.monotonic() - began

    def metrics(self):
        """Name -> value of what /metrics says."""
        with socket.create_connection(("127.0.0.1", self.port)) as wire:
            wire.sendall(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            data = b""
            while piece := wire.recv(65536):
                data += piece
        lines = [line.rsplit(" ", 1) for line in data.decode().split("\r\n\r\n", 1)[1].splitlines()
                 if line and line[0] != "#"]
        return {name.removeprefix("cadcast_"): float(value) for name, value in lines}


class Copy(Program):
    """tests/bench/copy.c: the least that a relay can cost."""

    name = "copy"
    mode = "copy"

    def __init__(self, *arguments):
        super().__init__([build("copy"), *arguments], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())


class Least(Program):
    """tests/bench/least.c: the least that a connection can cost."""

    name = "least"

    def __init__(self):
        super().__init__([build("least")], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())


def build(name, built={}):  # noqa: B006
    """Compiles tests/bench/NAME.c, once."""
    if name not in built:
        built[name] = scratch() / name
        subprocess.run(["cc", "-O2", "-pthread", "-o", built[name], ROOT / f"tests/bench/{name}.c"],
                       check=True)
    return built[name]


def run(name, *arguments):
    """The numbers that a reference program prints."""
    result = subprocess.run([build(name), *map(str, arguments)], capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"{name} {arguments}: {result.stderr}")
    return [float(line) for line in result.stdout.split()]


def subjects(options):
    """Name and command of each server to measure; the first is ours, `before` an older build of it."""
    before = {"before": [options.before]} if options.before else {}
    return {"cadcast": [options.program], **before, **{name: KNOWN[name] for name in options.against}}


def settled(server, quiet=0.2):
    """Waits until the server does nothing any more."""
    before = server.cpu()
    while True:
        time.sleep(quiet)  # the time in which it may do something
        now = server.cpu()
        if now - before < 0.005:
            return
        before = now


# -- what is shown

def synthetic(megabytes):
    """A model of about that size, of arrays as a tessellator makes them; the same every time."""
    part = 999_996
    count = max(1, round(megabytes * 1e6 / (part * 4 / 3)))
    data = base64.b64encode((b"\0\0" + bytes(range(256)) * 4)[:1000] * 1000)[: part // 3 * 4].decode()
    empty = {"shape": [0], "dtype": "int32", "buffer": "", "codec": "b64"}
    reals = {**empty, "dtype": "float32"}
    instance = {"vertices": {"shape": [part // 4], "dtype": "float32", "buffer": data, "codec": "b64"},
                "triangles": empty, "normals": reals, "edges": reals, "obj_vertices": reals,
                "face_types": empty, "edge_types": empty, "triangles_per_face": empty,
                "segments_per_edge": empty}
    parts = [{"id": f"/Group/p{i}", "name": f"p{i}", "type": "shapes", "shape": {"ref": i}, "loc": None,
              "state": [1, 1], "color": "#e8b024"} for i in range(count)]
    # The page needs a box to look at.
    box = {f"{axis}{end}": value for axis in "xyz" for end, value in (("min", -10), ("max", 10))}
    # In the order in which the Python clients write it.
    model = {"data": {"instances": [instance] * count, "shapes": {
        "version": 3, "id": "/Group", "name": "Group", "parts": parts, "loc": None,
        "normal_len": 0, "bb": box}},
        "type": "data", "config": {}, "count": count}
    return b"D:" + json.dumps(model, separators=(",", ":")).encode()


def shows(options):
    """(name, file) of every show: recorded ones where a folder of them was named, and made ones."""
    folder = scratch()
    for path in sorted(options.large.iterdir()) if options.large else ():
        if path.name.endswith("-model.msg"):
            yield path.name.removesuffix("-model.msg"), path
        elif path.name.endswith("-model.msg.zst"):
            plain = folder / path.name.removesuffix(".zst")
            subprocess.run(["zstd", "-dqfo", plain, path], check=True)
            yield path.name.removesuffix("-model.msg.zst"), plain
    for size in options.megabytes:
        plain = folder / f"{size}-model.msg"
        plain.write_bytes(synthetic(size))
        yield f"made {size} MB", plain


# -- the table

class Table:
    """Rows of measurement, subject, median, spread and ratio; printed as they come."""

    LINE = "| {:<40} | {:<10} | {:>12} | {:>17} | {:>5} |"

    def __init__(self):
        print(self.LINE.format("measurement", "subject", "median", "quartiles", "ratio"))
        print("| {:-<40} | {:-<10} | {:->12} | {:->17} | {:->5} |".format("", "", "", "", ""))

    def add(self, what, name, values, unit, reference=None):
        """`reference`: the values that these are to be compared with."""
        middle = statistics.median(values)
        low, _, high = statistics.quantiles(values, n=4) if len(values) > 1 else (middle,) * 3
        base = statistics.median(reference) if reference else 0
        ratio = f"{middle / base:.2f}" if base else ""
        print(self.LINE.format(what, name, f"{middle:.4g} {unit}", f"{low:.4g} - {high:.4g}", ratio),
              flush=True)

    def compare(self, what, values, unit, reference=None):
        """One row a subject; ratios against `reference`, else against ours."""
        values = {name: each for name, each in values.items() if each}
        base = values.get(reference) if reference else next(iter(values.values()))
        for name, each in values.items():
            own = name == reference or (reference is None and each is base)
            self.add(what, name, each, unit, None if own else base)
