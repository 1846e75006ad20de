# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Network namespaces: a machine of its own for a node, with one link to the engine and one to its users."""
import itertools
import os
import subprocess

NUMBERS = itertools.count(1)


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def places_fault():
    """Why there can be none here; None: there can."""
    if os.geteuid() != 0:
        return "namespaces need root"
    name = f"cad-probe-{os.getpid()}"
    try:
        ip("netns", "add", name)
        ip("netns", "del", name)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"no network namespaces: {getattr(error, 'stderr', error)}".strip()
    return None


class Place:
    """One for each node that has one; whoever makes it closes it."""

    def __init__(self):
        number = next(NUMBERS)
        self.name = f"cad-{os.getpid()}-{number}"
        # Tests run beside each other: the process's number keeps their addresses apart.
        net = f"10.{200 + os.getpid() % 50}.{os.getpid() // 50 % 250}"
        first = 8 * (number % 31)
        self.engine_host, self.host = f"{net}.{first + 1}", f"{net}.{first + 6}"
        ip("netns", "add", self.name)
        try:
            self.cable = self._link("e", f"{self.engine_host}/30", f"{net}.{first + 2}/30")
            self._link("u", f"{net}.{first + 5}/30", f"{self.host}/30")
            self.inside("link", "set", "lo", "up")
        except BaseException:
            self.close()
            raise

    def _link(self, kind, near, far):
        name = f"{kind}{os.getpid() % 100000}x{self.name.rsplit('-', 1)[1]}"
        ip("link", "add", name, "type", "veth", "peer", "name", kind, "netns", self.name)
        ip("addr", "add", near, "dev", name)
        ip("link", "set", name, "up")
        self.inside("addr", "add", far, "dev", kind)
        self.inside("link", "set", kind, "up")
        return name

    def inside(self, *words):
        ip("-n", self.name, *words)

    def down(self):
        ip("link", "set", self.cable, "down")

    def up(self):
        ip("link", "set", self.cable, "up")

    def close(self):
        ip("netns", "del", self.name)
