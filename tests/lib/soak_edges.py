# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Of what tools/soak does, what happens at the edges of the daemon: shows of every size, the settings file,
terminals, and the graphics of browsers."""
import json
import os
import pty
import queue
import re
import select
import subprocess
import threading
import time

from bulk import TEXT, Bulk, fetch, model, show
from chromium import CHROMIUM, FLAGS
from daemon import PROGRAM, environment, wait_until
from peers import Kernel

# From 1 kB to 80 MB, each as often as each other, so that one round is like the next.
SIZES = [int(10 ** (3 + 4.9 * n / 15)) for n in range(16)]
SETTINGS = {
    "theme: dark\n": "dark",
    "theme: light\n": "light",
    "theme: [\n": None,
    "theme: blue\n": None,
    "\0\0\0": None,
    "- theme\n": None,
}
LOSE_GRAPHICS = """async (pause) => {
    const canvas = document.querySelector("canvas");
    const extension = canvas.getContext("webgl2").getExtension("WEBGL_lose_context");
    const lost = new Promise((done) => canvas.addEventListener("webglcontextlost", done, { once: true }));
    const back = new Promise((done) => canvas.addEventListener("webglcontextrestored", done, { once: true }));
    extension.loseContext();
    await lost;
    await new Promise((done) => setTimeout(done, pause));
    extension.restoreContext();
    await back;
}"""


class Looker:
    """A browser that reads whatever comes at once, and answers pings, whatever its owner does meanwhile."""

    def __init__(self, browser):
        self.browser = browser
        self.messages = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            while True:
                self.messages.put(self.browser.receive())
        except OSError as error:
            self.messages.put(error)

    def next(self):
        try:
            message = self.messages.get(timeout=120)
        except queue.Empty:
            raise AssertionError("a show did not come within 120 s") from None
        if isinstance(message, OSError):
            raise AssertionError(f"a browser of the shows was sent away: {message}")
        return message

    def close(self):
        self.browser.close()


class Sizes:
    """Shows of every size to a browser that takes text and to one that fetches files: each arrives."""

    path = "/s/sizes/"

    def __init__(self, port):
        self.port = port
        self.number = 0
        self.waiting = []
        self.browser = self.ours = None

    def join(self, hello):
        looker = Looker(Bulk(self.port, self.path, seconds=3600))
        looker.browser.send(hello, TEXT)
        looker.browser.send(b'C:"status"', TEXT)
        while not looker.next().startswith(b'{"command":"status"'):
            pass
        return looker

    def step(self, dice):
        if self.browser is None:
            self.browser = self.join(b"L:{}")
            self.ours = self.join(b'L:{"viewer":"cadcast","formats":["binary"]}')
        if not self.waiting:
            self.waiting = dice.sample(SIZES, len(SIZES))
        self.number += 1
        size = self.waiting.pop()
        text, data = model(size, self.number)
        kernel = threading.Thread(target=show, args=(self.port, text, self.path))
        kernel.start()
        try:
            assert self.browser.next() == text, f"a show of {size} bytes came changed"
            assert data in self.file(), f"the file of a show of {size} bytes is wrong"
        finally:
            kernel.join()

    def file(self):
        while (message := json.loads(self.ours.next()))["type"] != "model":
            pass
        return fetch(self.port, self.path + message["url"])

    def end(self):
        for browser in (self.browser, self.ours):
            if browser is not None:
                browser.close()


class Settings:
    """The settings file turns bad and good; what was good last holds."""

    def __init__(self, daemon):
        self.file = daemon.home / ".ocpvscode_standalone"
        self.port = daemon.port
        self.theme = None

    def end(self):
        self.file.unlink(missing_ok=True)

    def step(self, dice):
        text = dice.choice(sorted(SETTINGS))
        new = self.file.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        os.replace(new, self.file)
        self.theme = SETTINGS[text] or self.theme
        if self.theme is not None:
            wait_until(lambda: Kernel(self.port).config()["theme"] == self.theme, 20, f"theme {self.theme} of {text!r}")


class Terminals:
    """A daemon is started in a terminal that is closed: it ends with it."""

    def __init__(self, home):
        self.home = home / "terminal"

    def end(self):
        """Each step has ended what it began."""

    def step(self, dice):
        master, slave = pty.openpty()
        # A soak may run under nohup, which makes its children ignore SIGHUP.
        command = ["env", "--default-signal=HUP", "setsid", "--ctty", str(PROGRAM), "--port", "0", "--no-state"]
        try:
            process = subprocess.Popen(command,
                                       stdin=slave, stdout=slave, stderr=slave, env=environment(self.home))
        finally:
            os.close(slave)
        try:
            self.wait_ready(master)
            time.sleep(dice.random() * 0.5)  # a random moment
        finally:
            os.close(master)
        try:
            status = process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError("a daemon lives on without its terminal") from None
        assert status == 0, f"a daemon without its terminal ended with status {status}"

    def wait_ready(self, master):
        text = b""
        while not re.search(rb"READY http://", text):
            readable, _, _ = select.select([master], [], [], 30)
            assert readable, f"no READY in a terminal, but {text!r}"
            text += os.read(master, 4096)


class Graphics:
    """A browser loses its graphics, and has them back; it goes on showing models."""

    def __init__(self, daemon, models):
        self.port = daemon.port
        self.home = daemon.home
        self.models = models
        self.playwright = self.browser = self.page = None

    def start(self):
        from playwright.sync_api import sync_playwright  # pylint: disable=import-outside-toplevel

        self.playwright = sync_playwright().start()
        self.browser = self.playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        self.page = self.browser.new_page()
        self.page.goto(f"http://127.0.0.1:{self.port}/s/graphics/viewer")

    def end(self):
        if self.playwright is not None:
            self.browser.close()
            self.playwright.stop()

    def step(self, dice):
        if self.page is None:
            self.start()
        kernel = Kernel(self.port, "/s/graphics/")
        kernel.send(dice.choice(self.models))
        self.page.wait_for_selector("canvas")
        if dice.random() < 0.5:
            self.page.evaluate(LOSE_GRAPHICS, int(dice.random() * 1000))
        self.check_shot(kernel)

    def check_shot(self, kernel):
        """It still draws: a kernel gets its picture."""
        file = self.home / "graphics.png"
        file.unlink(missing_ok=True)
        kernel.send("C:" + json.dumps({"type": "screenshot", "filename": str(file)}))
        wait_until(file.exists, 60, "a screenshot of a browser that had lost its graphics", self.page)
