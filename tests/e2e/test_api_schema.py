# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""static/openapi.json is OpenAPI 3.1, and what the daemon answers to made-up requests is what stands there:
statuses, types, headers and bodies. Longer, with other requests each time:

    ~/.cache/cadcast/schema/bin/schemathesis run http://127.0.0.1:3939/api/openapi.json --max-time 600 \
        --exclude-path-regex 'events$' --exclude-checks positive_data_acceptance,unsupported_method,not_a_server_error
"""
import subprocess

import pytest
from conftest import ROOT, recorded
from daemon import CACHE, environment
from slow import SLOW

PROGRAMS = CACHE / "schema" / "bin"
# Without the name of a session that is there all answers would be 404; events of one that is there have no end.
CONFIG = '[parameters]\n"path.name" = "{}"\n"query.with" = "other"\n'
# No schema says that a file must be a model, or that `camera` and `view` exclude each other; a method that is not
# of HTTP is refused before its path is read; which 5xx there may be is declared.
UNCHECKED = "positive_data_acceptance,unsupported_method,not_a_server_error,use_after_free"
# The first empties what the others ask for, the second has a process for each request: test_files.py.
LEFT_OUT = ("--exclude-operation-id", "clear_session", "--exclude-operation-id", "open_file")


def run(tmp_path, *words):
    return subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=150 * SLOW, check=False,
                          cwd=tmp_path, env=environment(tmp_path / "home"))


def test_the_description_keeps_to_its_standard(tmp_path):
    done = run(tmp_path, PROGRAMS / "openapi-spec-validator", ROOT / "static" / "openapi.json")
    assert done.returncode == 0 and done.stdout.endswith("OK\n"), done


@pytest.mark.parametrize("phase, session, words", [
    ("fuzzing", "default", ["--exclude-path-regex", "events$"]),
    ("coverage", "default", ["--exclude-path-regex", r"(events|\.png|\.html)$"]),
    ("coverage", "nowhere", ["--include-path-regex", "events$"]),
], ids=["all", "edges", "events"])
def test_answers_are_those_that_are_described(start, tmp_path, phase, session, words):
    """The same requests in each run: what these find does not depend on the day."""
    daemon = start(variables={"CADCAST_CHROMIUM": "/nowhere"})
    daemon.send(recorded("box-model"))
    daemon.send(recorded("box-backend"))
    daemon.send(recorded("bracket-model"), "other")
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG.format(session), encoding="utf-8")
    done = run(tmp_path, PROGRAMS / "schemathesis", "--config-file", config, "run",
               f"http://127.0.0.1:{daemon.port}/api/openapi.json", "--phases", phase, "--max-examples", 5, "--seed", 1,
               "--generation-deterministic", "--suppress-health-check", "all", "--exclude-checks", UNCHECKED,
               "--continue-on-failure", "--request-timeout", 60 * SLOW, "--warnings", "off", *LEFT_OUT, *words)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "generated" in done.stdout, done.stdout
