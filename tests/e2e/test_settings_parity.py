# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The answer to "config" against what ocp_viewer makes of the same file and the same flags."""
import json
import os
import random
import subprocess
import sys

import pytest
from peers import Kernel

# Asked in a process of its own for every home, since it looks for the file when it is imported.
# The JSON that it would send is printed: values that are no JSON end it with an error.
REFERENCE = """
import json, sys
import orjson
from pathlib import Path
from ocp_viewer.server import settings
for line in sys.stdin:
    given = json.loads(line)
    settings.CONFIG_FILE = Path(given["file"])
    try:
        answer = orjson.dumps(settings.resolve(given["params"])).decode()
    except Exception as error:
        answer = json.dumps({"error": repr(error)})
    print(answer, flush=True)
"""

FILES = {
    "none": None,
    "empty": "",
    "comment": "# nothing\n",
    "usual": "tree_width: 300\ntheme: dark\ngrid_xy: yes\ngrid_yz: true\nno_glass: on\nticks: 7\n",
    "inverted": "no_tools: true\nperspective: yes\nno_glass: false\n",
    "computed": "grid: [1]\nglass: false\ntools: false\northo: false\n",
    "numbers": "pan_speed: 2\nrotate_speed: 1.0\ndeviation: 1.0e-2\nambient_intensity: 0x10\n",
    "words": "collapse: 1\nreset_camera: center\nup: Y\ndefault_color: '#ff0000'\n",
    "letters": "collapse: E\nreset_camera: ISO\n",
    "colour lists": "default_color: [0, 0, 255]\ndefault_facecolor: [1.0, 0.5, 0]\n"
    "default_edgecolor: [1, 2, 3, 0.5]\ndefault_vertexcolor: '#abc'\n",
    "flat keys": "modifier_keys: {shift: shiftKey, ctrl: ctrlKey, meta: metaKey}\n",
    "keys by system": "modifier_keys:\n  macOS: {alt: x, meta: y}\n  default: {ctrl: metaKey}\n",
    "keys of one system": "modifier_keys: {macOS: {shift: a}}\n",
    "unknown": "mine: {b: [1, {c: 2.5}], a: }\nother: text\nmax_reconnect_attempts: 5\n",
    "dates": "day: 2024-01-02\ntime: 2024-01-02 03:04:05.5 +01:30\nnight: 2001-12-14t21:59:43Z\n",
    "resolved": "a: 1_000\nb: 0b11\nc: 017\nd: 1:30:00\ne: 1e3\nf: .5\ng: ~\nh: .inf\ni: 08\n",
    "merged": "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: [*a, *a]\n",
    "folded": "a: |\n  one\n  two\nb: >-\n  three\n  four\nc: \"\\u00e4 \\t\"\nd: 'it''s'\n",
    "last one wins": "ticks: 1\nticks: 2\n",
    "<script>": "mine: </script><script>\n",
}

# The files with names that are not known, or have no effect: each is a line of the log.
NAMED = {
    "computed": ["grid", "glass", "tools", "ortho"],
    "unknown": ["mine", "other", "max_reconnect_attempts"],
    "dates": ["day", "time", "night"],
    "resolved": list("abcdefghi"),
    "merged": list("abc"),
    "folded": list("abcd"),
    "<script>": ["mine"],
}

FLAGS = {
    "--tree_width=500": {"tree_width": 500},
    "--grid_xy": {"grid_xy": True},
    "--grid_xz": {"grid_xz": True},
    "--no_glass": {"no_glass": True},
    "--no_tools": {"no_tools": True},
    "--perspective": {"perspective": True},
    "--axes": {"axes": True},
    "--axes0": {"axes0": True},
    "--pan_speed=1": {"pan_speed": 1.0},
    "--zoom_speed=2": {"zoom_speed": 2.0},
    "--theme=light": {"theme": "light"},
    "--reset_camera=reset": {"reset_camera": "reset"},
    "--collapse=none": {"collapse": "none"},
    "--up=Y": {"up": "Y"},
    "--default_color=#00ff00": {"default_color": "#00ff00"},
    "--default_opacity=0.25": {"default_opacity": 0.25},
    "--no_python_enumeration": {"python_enumeration": False},
    "--python_enumeration": {"python_enumeration": True},
    "--timeit": {"timeit": True},
}

WORDS = list("0123456789+-._:eExbafT~") + [
    "0x", "0b", ".inf", ".nan", "yes", "No", "on", "OFF", "null", "1:", "2024-01-", "-05", "E-",
]


@pytest.fixture(scope="module")
def reference():
    """A function that asks the Python viewer's own code; None where it fails on the file."""
    pytest.importorskip("ocp_viewer", reason="the Python viewer is not installed")
    process = subprocess.Popen(
        [sys.executable, "-c", REFERENCE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def ask(file, params):
        process.stdin.write(json.dumps({"file": str(file), "params": params}) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        return None if set(answer) == {"error"} else answer

    yield ask
    process.stdin.close()
    assert process.wait(30) == 0


def write(file, text):
    if text is None:
        file.unlink(missing_ok=True)
    else:
        file.write_text(text, encoding="utf-8")


def exact(value):
    """The same text for the same JSON: order of keys at the top, and 1 is neither 1.0 nor true."""
    return json.dumps(value)


def ask_daemon(kernel):
    answer = kernel.config()
    assert answer.pop("_splash") is True
    return answer


def test_files(start, tmp_path, reference):
    daemon = start("--log-level=warning")
    kernel = Kernel(daemon.port)
    file = tmp_path / "home" / ".ocpvscode_standalone"
    for name, text in FILES.items():
        write(file, text)
        expected = reference(file, {})
        assert expected is not None, name
        told = len(daemon.lines("config"))
        assert exact(ask_daemon(kernel)) == exact(expected), name
        lines = daemon.lines("config")[told:]
        assert len(lines) == len(NAMED.get(name, [])), lines
        for key, line in zip(NAMED.get(name, []), lines):
            assert f": {key} " in line


@pytest.mark.parametrize("text", [None, FILES["usual"], FILES["inverted"]])
def test_flags_over_files(start, tmp_path, reference, text):
    chosen = random.Random(1)
    for _ in range(3):
        flags = chosen.sample(sorted(FLAGS), 8)
        if {"--no_python_enumeration", "--python_enumeration"} <= set(flags):
            flags.remove("--python_enumeration")
        params = {}
        for flag in flags:
            params.update(FLAGS[flag])
        daemon = start("--log-level=warning", *flags)
        file = tmp_path / "home" / ".ocpvscode_standalone"
        write(file, text)
        assert exact(ask_daemon(Kernel(daemon.port))) == exact(reference(file, params)), flags
        daemon.stop()


def test_environment_is_a_flag_below_the_flags(start, tmp_path, reference):
    variables = {"CADCAST_TREE_WIDTH": 400, "CADCAST_AXES": "1", "CADCAST_THEME": "light"}
    daemon = start("--tree-width=500", variables=variables)
    file = tmp_path / "home" / ".ocpvscode_standalone"
    write(file, "theme: dark\nticks: 9\naxes: false\n")
    expected = reference(file, {"tree_width": 500, "axes": True, "theme": "light"})
    assert exact(ask_daemon(Kernel(daemon.port))) == exact(expected)


def test_words_of_every_shape(start, tmp_path, reference):
    """Words put together at random, fifty to a file. A file that the Python viewer fails on says
    nothing: there its word by word cousin in the unit tests does."""
    daemon = start("--log-level=error")
    kernel = Kernel(daemon.port)
    file = tmp_path / "home" / ".ocpvscode_standalone"
    chosen = random.Random(int(os.environ.get("CADCAST_SEED", "7")))
    compared = 0
    for _ in range(40):
        words = ["".join(chosen.choices(WORDS, k=chosen.randint(1, 6))) for _ in range(25)]
        write(file, "".join(f"k{i}: {word}\n" for i, word in enumerate(words)))
        expected = reference(file, {})
        if expected is not None:
            compared += 1
            assert exact(ask_daemon(kernel)) == exact(expected), words
    assert compared >= 10


def test_broken_file_never_breaks_a_show(start, tmp_path):
    daemon = start("--log-level=warning")
    kernel = Kernel(daemon.port)
    file = tmp_path / "home" / ".ocpvscode_standalone"
    write(file, "tree_width: 300\n")
    assert kernel.config()["tree_width"] == 300
    write(file, "tree_width: 301\nticks: [\n")
    for _ in range(3):
        assert kernel.config()["tree_width"] == 300
    assert len(daemon.lines(".ocpvscode_standalone:3:1:")) == 1
    write(file, "tree_width: 302\n")
    assert kernel.config()["tree_width"] == 302


def test_created_file_is_the_reference_s_defaults(start, tmp_path, reference):
    home = tmp_path / "home"
    first = start(home=home)
    file = home / ".ocpvscode_standalone"
    made = subprocess.run(
        [first.command[0], "--create_configfile"], check=False, env=first.env, capture_output=True, text=True
    )
    assert made.returncode == 0
    assert made.stdout == f"Created config file {file}\n"
    assert exact(reference(file, {})) == exact(reference(tmp_path / "nothing", {}))
    assert exact(ask_daemon(Kernel(first.port))) == exact(reference(file, {}))
