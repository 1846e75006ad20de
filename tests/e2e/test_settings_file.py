# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The settings file as people write it: what of it is taken, what is refused, and who hears of it."""
import json
import subprocess

import pytest
from daemon import PROGRAM, environment
from kernels import run
from peers import Browser, Kernel

# Each value with what the same value is to the real clients' own reading of a colour.
COLOURS = {
    "red": "#ff0000",
    "'RED'": "#ff0000",
    "darkslategrey": "#2f4f4f",
    "'#abc'": "#aabbcc",
    "'#ABCDEF'": "#abcdef",
    "'#01020380'": "#010203",
    "[255, 0, 0]": "#ff0000",
    "[1, 0, 0]": "#010000",
    "[1.0, 0, 0]": "#ff0000",
    "[0.0, 0.5, 1]": "#0080ff",
    "[1, 2, 3, 0.5]": "#010203",
    "[1, 2, 3, 128]": "#010203",
}

WRONG = {
    "default_color": [
        "notacolor", "transparent", "rebeccapurple", "''", "'#abcd'", "'#abcdefgg'", "ff0000",
        "rgb(1,2,3)", "[300, 0, 0]", "[1.5, 0, 0]", "[-1, 0, 0]", "[1, 2]", "[]", "16711680",
        "['1', '2', '3']", "{r: 1}", "[1, 2, 3, x]", "true",
    ],
    "default_facecolor": ["notacolor"],
    "default_edgecolor": ["notacolor"],
    "default_thickedgecolor": ["notacolor"],
    "default_vertexcolor": ["notacolor"],
    "collapse": ["nonsense", "true", "2", "[1]"],
    "reset_camera": ["nonsense", "true", "1", "rear"],
    "deviation": ["big", "-0.1", "[0.1]"],
    "angular_tolerance": ["fine"],
    "theme": ["blue"],
    "up": ["X"],
    "ticks": ["-3", "5.5"],
    "default_opacity": ["7"],
    "python_enumeration": ["perhaps"],
}

ALL_WRONG = "".join(f"{key}: {values[0]}\n" for key, values in WRONG.items())

SHOW = """
from build123d import Box, Rectangle
from {client} import *
show(Rectangle(4, 4), Box(4, 4, 4), names=["face", "box"])
"""

# Looks at what would be sent, for each settings file that the test writes, in one process.
COLOUR_OF_SHOWN = """
from build123d import Box, Rectangle
from ocp_tessellate.utils import Color
from ocp_viewer import *
import sys
from pathlib import Path
file = Path.home() / ".ocpvscode_standalone"
result["shown"] = {{}}
for value in {values}:
    file.write_text(f"default_color: {{value}}\\ndefault_facecolor: {{value}}\\n")
    time.sleep(0.01)  # gives the file another time
    conf = workspace_config()
    show(Box(1, 1, 1))
    result["shown"][value] = [Color(conf["default_color"]).web_color,
                              Color(conf["default_facecolor"]).web_color]
"""


def settings_file(tmp_path):
    return tmp_path / "home" / ".ocpvscode_standalone"


@pytest.mark.clients
@pytest.mark.parametrize(
    ("packages", "client"),
    [("clients", "ocp_viewer"), ("clients", "ocp_vscode"), ("legacy", "ocp_vscode")],
)
def test_show_works_whatever_the_file_says(start, tmp_path, packages, client):
    daemon = start("--log-level=warning")
    settings_file(tmp_path).write_text(ALL_WRONG)
    run(packages, SHOW.format(client=client), tmp_path / "home", OCP_PORT=str(daemon.port))
    for key in WRONG:
        assert daemon.lines(f": {key} takes "), key


@pytest.mark.clients
def test_every_colour_that_the_clients_read_is_taken(start, tmp_path):
    daemon = start("--log-level=warning")
    result, _, _ = run("clients", COLOUR_OF_SHOWN.format(values=list(COLOURS)), tmp_path / "home",
                       OCP_PORT=str(daemon.port))
    assert result["shown"] == {value: [colour] * 2 for value, colour in COLOURS.items()}
    assert not daemon.lines("config")


def test_wrong_values_are_named_and_the_last_good_ones_stay(start, tmp_path):
    daemon = start("--log-level=warning")
    kernel = Kernel(daemon.port)
    file = settings_file(tmp_path)
    good = {"default_color": "red", "collapse": "all", "reset_camera": "center", "ticks": 7}
    file.write_text("".join(f"{key}: {value}\n" for key, value in good.items()))
    before = kernel.config()
    assert before["default_color"] == "red"
    for key, values in WRONG.items():
        for value in values:
            rest = "".join(f"{k}: {v}\n" for k, v in good.items() if k != key)
            file.write_text(f"# {value}\n{key}: {value}\n{rest}")
            assert kernel.config() == before, (key, value)
            column = len(key) + 3
            lines = daemon.lines(f".ocpvscode_standalone:2:{column}: {key} takes ")
            assert "; its last good value stays" in lines[-1]
    assert len(daemon.lines("its last good value stays")) == sum(len(v) for v in WRONG.values())


@pytest.mark.parametrize("how", ["flag", "variable"])
def test_wrong_colours_do_not_start(tmp_path, how):
    home = tmp_path / "home"
    home.mkdir()
    options = ["--default_color", "notacolor"] if how == "flag" else []
    variables = {"CADCAST_DEFAULT_COLOR": "notacolor"} if how == "variable" else {}
    name = "--default_color" if how == "flag" else "CADCAST_DEFAULT_COLOR"
    for check in ([], ["--check"]):
        ended = subprocess.run([PROGRAM, "--port=0", *options, *check], capture_output=True,
                               check=False, text=True, timeout=60, env=environment(home, **variables))
        assert ended.returncode == 2
        assert ended.stderr == (
            f"cadcast: {name} takes a CSS colour name, #rgb, #rrggbb or #rrggbbaa, "
            'not "notacolor"\n'
        )


def test_misspelled_variables_are_named(start, tmp_path):
    variables = {"CADCAST_THEMES": "dark", "CADCAST_MAX_MESAGE": "1M", "CADCAST_UNLIKE_ANY": "1"}
    daemon = start(variables=variables)
    assert daemon.lines("unknown variable CADCAST_THEMES; did you mean CADCAST_THEME?")
    assert daemon.lines("unknown variable CADCAST_MAX_MESAGE; did you mean CADCAST_MAX_MESSAGE?")
    assert not daemon.lines("CADCAST_UNLIKE_ANY")
    ended = subprocess.run([PROGRAM, "--port=0", "--check"], capture_output=True, text=True,
                           timeout=60, check=False, env=environment(tmp_path / "home", **variables))
    assert ended.stderr.count("unknown variable CADCAST_THEMES") == 1


def test_check_names_what_is_wrong_in_the_file(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    settings_file(tmp_path).write_text(ALL_WRONG + "themes: dark\n")
    ended = subprocess.run([PROGRAM, "--port=0", "--check"], capture_output=True, text=True,
                           check=False, timeout=60, env=environment(home))
    assert ended.returncode == 0
    for key in WRONG:
        assert f": {key} takes " in ended.stderr
    assert "did you mean theme?" in ended.stderr


def notices(browser):
    """The texts of the settings' notices that have come so far."""
    texts = []
    browser.send('U:{"command":"ping"}')
    while (message := json.loads(browser.next()))["type"] != "pong":
        if message["type"] == "notice" and message["key"] == "settings":
            assert message["level"] == "warning"
            texts.append(message["text"])
    return texts


OURS = '{"viewer":"cadcast"}'


def test_pages_of_all_sessions_are_told_while_the_file_is_wrong(start, tmp_path):
    daemon = start("--listen=0=other")
    kernel = Kernel(daemon.port)
    file = settings_file(tmp_path)
    pages = [Browser(daemon.port, path, hello=OURS) for path in ("/", "/s/other/")]
    peer = Browser(daemon.port)
    assert [notices(page) for page in pages] == [[], []]
    file.write_text("ticks: 7\nmine: [\n")
    kernel.config()
    for page in pages:
        [text] = notices(page)
        assert text.startswith(f"{file}:3:1: ") and "the last good settings stay" in text
    kernel.config()
    assert [notices(page) for page in pages] == [[], []]
    with Browser(daemon.port, "/s/third/", hello=OURS) as later:
        assert len(notices(later)) == 1
    file.write_text("theme: blue\nthemes: dark\nport: 1\nmine: 1\n")
    kernel.config()
    for page in pages:
        [text] = notices(page)
        assert f'{file}:1:8: theme takes one of light|dark|browser, not "blue"' in text
        assert f"{file}:2:9: themes is not a known setting; did you mean theme?" in text
        assert f"{file}:3:7: port is an option of the command line, --port" in text
        assert "mine" not in text
    file.write_text("ticks: 8\n")
    kernel.config()
    assert [notices(page) for page in pages] == [[""], [""]]
    with Browser(daemon.port, hello=OURS) as later:
        assert notices(later) == []
    assert "notice" not in "".join(filter(None, peer.messages.queue))
    for page in [*pages, peer]:
        page.close()


def test_file_is_read_at_the_start(start, tmp_path):
    file = settings_file(tmp_path)
    file.parent.mkdir()
    file.write_text("ticks: [\n")
    daemon = start("--log-level=warning")
    assert daemon.lines(f"{file}:2:1: ")
    with Browser(daemon.port, hello=OURS) as page:
        assert len(notices(page)) == 1
