# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Three servers behind the real nginx and the real HAProxy, which route by session as docs/scaling.md has it."""
import json
import re
import urllib.request
from pathlib import Path

import kernels
import pytest
from certs import make_cert, trusting
from chromium import PATIENCE_MS
from conftest import recorded
from daemon import free_port, wait_equal, wait_until
from proxies import Haproxy, Nginx, replaced
from slow import PATIENCE, SLOW
from websockets.sync.client import connect

ROOT = Path(__file__).resolve().parents[2]
MANUAL = ROOT / "docs" / "scaling.md"
TOKEN = "correct-horse-battery-staple"
NAMES = [f"part-{number}" for number in range(12)]


def example(language, lines):
    found = re.search(rf"```{language}\n(.*?)```", MANUAL.read_text(encoding="utf-8"), re.S)[1]
    return replaced(found.replace("10.0.1.0/24", "127.0.0.1").replace("Token TOKEN", f"Token {TOKEN}"), lines)


def of_nginx(port, cluster, pair):
    return example("nginx", {"listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;", "server_name cad.example.org;": "",
                             "/etc/ssl/cad/cert.pem": str(pair.cert), "/etc/ssl/cad/key.pem": str(pair.key),
                             "listen 3941;": f"listen 127.0.0.1:{cluster.gear};", **cluster.addresses()})


def of_haproxy(folder, cluster, pair):
    both = folder / "both.pem"
    both.write_bytes(Path(pair.cert).read_bytes() + Path(pair.key).read_bytes())
    return lambda port: example("haproxy", {
        "bind :443 ssl crt /etc/ssl/cad/both.pem": f"bind 127.0.0.1:{port} ssl crt {both}",
        "bind :3941": f"bind 127.0.0.1:{cluster.gear}", **cluster.addresses()})


class Cluster:
    """Three servers, each with a home of its own, and the proxy."""

    def __init__(self, kind, start, tmp_path):
        self.start_one = start
        self.gear = free_port()
        self.port = free_port()
        self.homes = [tmp_path / f"server-{i}" for i in range(3)]
        self.servers = [self.start(i) for i in range(3)]
        pair = make_cert(tmp_path / "cert", "localhost")
        if kind == "nginx":
            self.proxy = Nginx(tmp_path / "nginx", self, pair, example=of_nginx)
        else:
            self.proxy = Haproxy(tmp_path / "haproxy", of_haproxy(tmp_path, self, pair))

    def start(self, i):
        """On an address of its own, as on another machine."""
        options = "--trusted-proxy", "127.0.0.1", "--token", TOKEN, "--state-dir", self.homes[i] / "state"
        return self.start_one("--host", f"127.0.0.{i + 2}", *options, home=self.homes[i], port=self.port)

    def addresses(self):
        """Those of the example -> ours."""
        return {f"10.0.0.{i + 1}:3939": f"127.0.0.{i + 2}:{self.port}" for i in range(3)}

    def connect(self, name):
        return connect(f"wss://localhost:{self.proxy.port}/s/{name}/", ssl=trusting(), max_size=None,
                       open_timeout=PATIENCE * SLOW, additional_headers={"X-Cadcast-Token": TOKEN})

    def show(self, name, message):
        with self.connect(name) as socket:
            socket.send(message)
            socket.send(b'C:"status"')
            while "status" not in str(socket.recv(timeout=PATIENCE * SLOW))[:200]:
                pass

    def seen(self, name):
        """What a browser of the session is shown first: its last model; none if there is none yet."""
        with self.connect(name) as socket:
            socket.send('L:{}')
            socket.send('C:"status"')
            while True:
                message = str(socket.recv(timeout=PATIENCE * SLOW))
                if '"command": "status"' in message[:200] or '"command":"status"' in message[:200]:
                    return None
                if '"instances"' in message:
                    return message

    def places(self):
        """Name of a session that shows a model -> numbers of the servers that have it."""
        found = {}
        for number, server in enumerate(self.servers):
            if not server.alive():
                continue
            request = urllib.request.Request(f"http://127.0.0.{number + 2}:{self.port}/status",
                                             headers={"X-Cadcast-Token": TOKEN})
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                for session in json.load(answer)["sessions"]:
                    if session["models"]:
                        found.setdefault(session["name"], []).append(number)
        return found


@pytest.fixture(params=["nginx", "haproxy"])
def cluster(request, start, tmp_path):
    made = Cluster(request.param, start, tmp_path)
    yield made
    made.proxy.stop()


def test_sessions_meet_at_one_server_and_come_back_with_it(cluster):
    box, bracket = recorded("box-model"), recorded("bracket-model")
    for name in NAMES:
        cluster.show(name, box)
    wait_equal(lambda: sorted(cluster.places()), sorted(NAMES))
    places = cluster.places()
    assert all(len(numbers) == 1 for numbers in places.values()), places
    assert len({numbers[0] for numbers in places.values()}) > 1, "they are spread"
    assert all(cluster.seen(name) is not None for name in NAMES)

    lost = places[NAMES[0]][0]
    gone = cluster.servers[lost]
    assert gone.stop() == 0
    wait_until(lambda: cluster.seen(NAMES[0]) is None, what="another server takes its sessions")
    for name in NAMES:
        assert (cluster.seen(name) is None) == (places[name] == [lost]), name
    cluster.show(NAMES[0], bracket)
    assert cluster.seen(NAMES[0]) is not None, "shown again, elsewhere"

    cluster.servers[lost] = cluster.start(lost)
    others = [name for name in NAMES[1:] if places[name] == [lost]]
    for name in others:
        wait_until(lambda: cluster.seen(name) is not None, what="its sessions are back")  # pylint: disable=cell-var-from-loop


def test_an_unmodified_client_and_a_page_meet(cluster, chromium):
    code = f"""
        from build123d import Box
        from ocp_vscode import set_port, show
        set_port({cluster.gear})
        show(Box(1, 2, 3))
    """
    page = chromium.new_context(ignore_https_errors=True).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{cluster.proxy.url}/s/gear/viewer?token={TOKEN}")
    page.wait_for_selector("#bar-state.live")
    kernels.run("clients", code, cluster.homes[0])
    page.wait_for_function("() => cadcast.viewer?.ready && Object.keys(cadcast.viewer.getStates()).length === 1",
                           polling=50)
    wait_equal(lambda: list(cluster.places()), ["gear"])
    page.context.close()
