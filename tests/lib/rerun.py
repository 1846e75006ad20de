# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""`cadcast run` and `cadcast watch` as processes of a test."""
import subprocess
import uuid
from pathlib import Path

from daemon import PROGRAM, SANITIZER, wait_equal
from slow import SLOW


def left(marker):
    """Processes with that in their environment."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if marker.encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue
    return found


class Rerun:
    """One of them, `through` a command that becomes it; what it says on standard error is in the file `said`."""

    def __init__(self, daemon, folder, *words, out=subprocess.DEVNULL, env=None, through=()):
        self.marker = str(uuid.uuid4())
        self.said = folder.parent / "said"
        with open(self.said, "wb") as errors:
            self.process = subprocess.Popen(
                [*map(str, through), PROGRAM, *map(str, words)], cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=errors,
                env={**daemon.env, "MARKER": self.marker, **(env or {})})

    def stop(self, number):
        """Ends it as a person does: with its own status, and no process left."""
        self.process.send_signal(number)
        assert self.process.wait(20 * SLOW) == 128 + number
        said = self.said.read_text()
        assert not SANITIZER.search(said), said
        wait_equal(lambda: left(self.marker), [], "the processes left")

    def end(self):
        """After a test that has failed: SIGTERM, so that what it started ends too."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


def rerunning(start):
    """For a fixture: what `start` makes, and its end."""
    made = []

    def begin(*words, **more):
        made.append(start(*words, **more))
        return made[-1]

    yield begin
    for each in made:
        each.end()
