# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""docs/operating.md names nothing that is not there. Its nginx example is run by test_proxy.py."""
import json
import re
import subprocess
from pathlib import Path

import pytest
from daemon import PROGRAM, environment
from wire import get

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def every_option(tmp_path_factory):
    return subprocess.run([PROGRAM, "help", "all"], env=environment(tmp_path_factory.mktemp("home")),
                          capture_output=True, text=True, timeout=60, check=True).stdout


def test_options_and_variables_are_there(every_option):
    for variable in set(re.findall(r"CADCAST_[A-Z_]+", PAGE)):
        assert variable in every_option, variable
    ours = set(re.findall(r"`(?:cadcast )?(--[a-z_-]+)", PAGE)) | {"--trusted-proxy", "--allow-host"}
    assert len(ours) > 10
    for option in ours:
        assert option in every_option or option == "--force", option
    for command in set(re.findall(r"`cadcast ([a-z][a-z-]+)", PAGE)):
        assert re.search(rf"^  {command}\b", every_option, re.M), command


def test_values_that_are_worth_an_alarm_are_there(start, tmp_path):
    # Nothing listens there: what is counted of a cluster is there all the same.
    daemon = start("--state-dir", tmp_path / "pictures", "--cluster", "redis://127.0.0.1:1")
    metrics = get(daemon.port, "/metrics").body.decode()
    for name in set(re.findall(r"cadcast_[a-z_]+", PAGE)):
        assert f"\n{name} " in metrics or f"# TYPE {name} " in metrics, name
    status = json.loads(get(daemon.port, "/status").body)
    for path in ("state.trouble", "memory.pictures", "memory.limit"):
        assert path in PAGE
        outer, inner = path.split(".")
        assert inner in status[outer]
    assert get(daemon.port, "/healthz").status == 200


def test_the_drop_in_is_one_that_starts(start):
    """With the variables as systemd gives them."""
    lines = re.findall(r"^Environment=(.*)$", PAGE, re.M)
    variables = dict(each.split("=", 1) for line in lines for each in line.split())
    assert {"CADCAST_MAX_MEMORY", "CADCAST_LISTEN"} <= set(variables)
    variables["CADCAST_LISTEN"] = re.sub(r"^\d+", "0", variables["CADCAST_LISTEN"])
    daemon = start("--log-level", "info", variables=variables)
    status = json.loads(get(daemon.port, "/status").body)
    assert status["memory"]["limit"] == 4 << 30
    assert [port["session"] for port in status["ports"]] == ["default", "bracket"]


def test_links_lead_somewhere():
    for file, anchor in re.findall(r"\]\(([\w.-]+)(?:#([\w-]+))?\)", PAGE):
        text = (ROOT / "docs" / file).read_text(encoding="utf-8")
        titles = [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.*)$", text, re.M)]
        assert not anchor or anchor in titles, (file, anchor)
    assert "docs/operating.md" in (ROOT / "README.md").read_text(encoding="utf-8")
