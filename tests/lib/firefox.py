# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Debian's Firefox, driven by WebDriver BiDi (https://w3c.github.io/webdriver-bidi/): Playwright's own is another."""
import contextlib
import json
import os
import re
import subprocess
from pathlib import Path

from daemon import wait_until
from slow import PATIENCE, SLOW
from websockets.sync.client import connect

FIREFOX = Path(os.environ.get("FIREFOX", "/usr/bin/firefox-esr"))
XVFB = Path("/usr/bin/Xvfb")
LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
# It asks nobody, tells nobody, and draws on the processor as a machine without a graphics card does.
PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.safebrowsing.update.enabled": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "gfx.webrender.software": True,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "remote.prefs.recommended": True,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.server": "",
    "webgl.force-enabled": True,
}


class Display:
    """A screen that nobody sees, with a number that the system gives."""

    def __init__(self):
        read, write = os.pipe()
        self.process = subprocess.Popen(
            [XVFB, "-displayfd", str(write), "-screen", "0", "1200x900x24", "-nolisten", "tcp"], pass_fds=[write],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as number:
            self.name = f":{number.readline().strip()}"
        assert self.name != ":", "Xvfb did not start"

    def close(self):
        self.process.terminate()
        self.process.wait()


class Firefox:
    """A browser with one window and a profile of its own."""

    def __init__(self, home, display, **preferences):
        home.mkdir()
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});"
                 for name, value in {**PREFERENCES, **preferences}.items()]
        (home / "user.js").write_text("\n".join(lines) + "\n", encoding="ascii")
        self.log = home / "log"
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG")}
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [FIREFOX, "--remote-debugging-port=0", "--profile", home, "--no-remote", "about:blank"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**kept, "HOME": str(home), "DISPLAY": display.name, "MOZ_CRASHREPORTER_DISABLE": "1",
                     "LIBGL_ALWAYS_SOFTWARE": "1"})
        found = wait_until(lambda: LISTENS.search(self.log.read_text(errors="replace")), what="Firefox")
        self.open_socket = contextlib.ExitStack()
        self.socket = self.open_socket.enter_context(
            connect(f"{found[1]}/session", max_size=None, open_timeout=PATIENCE * SLOW))
        self.number = 0
        self.errors = []  # what the page wrote to the console as an error
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])
        self.context = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method, **parameters):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.socket.recv(timeout=PATIENCE * SLOW))
            if answer.get("method") == "log.entryAdded" and answer["params"]["level"] == "error":
                self.errors.append(answer["params"]["text"])
            if answer.get("id") == self.number:
                assert answer["type"] == "success", answer
                return answer["result"]

    def open(self, url):
        self.ask("browsingContext.navigate", context=self.context, url=url, wait="interactive")

    def evaluate(self, expression):
        """What it is, as JSON."""
        answer = self.ask("script.evaluate", expression=f"JSON.stringify({expression})", awaitPromise=True,
                          target={"context": self.context})
        assert answer["type"] == "success", answer
        return json.loads(answer["result"].get("value", "null"))

    def wait(self, expression, what=None):
        return wait_until(lambda: self.evaluate(expression), what=what or expression)

    def close(self):
        self.open_socket.close()
        # Nothing of it is kept, and an orderly end takes seconds.
        self.process.kill()
        self.process.wait()
