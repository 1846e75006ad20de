# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Real proxies in front of the daemon: nginx, HAProxy, and Jupyter with jupyter-server-proxy."""
import os
import pwd
import re
import shutil
import socket
import subprocess
import urllib.request
from pathlib import Path

import pytest
from daemon import CACHE, environment, free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
MANUAL = ROOT / "docs" / "operating.md"
COMPOSED = ROOT / "packaging" / "compose" / "nginx.conf"

CONFIG = """
daemon off;
worker_processes 1;
{user}
pid {folder}/pid;
error_log {folder}/error.log info;
events {{ worker_connections 512; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {example}
}}
"""


def replaced(text, lines):
    for line, ours in lines.items():
        assert text.count(line) == 1, f"there is no {line} in\n{text}"
        text = text.replace(line, ours)
    return text


def example(port, target, pair):
    """The example of the manual with our ports and certificate; and two more locations: one that leaves
    the prefix on the path, one that says nothing of whom it asks for."""
    text = replaced(re.search(r"```nginx\n(.*?)```", MANUAL.read_text(encoding="utf-8"), re.S)[1], {
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "server_name cad.example.org;": "server_name localhost;",
        "/etc/ssl/cad/cert.pem": str(pair.cert),
        "/etc/ssl/cad/key.pem": str(pair.key),
        "http://127.0.0.1:3939/": f"http://127.0.0.1:{target}/",
    })
    location = re.search(r"    location /cad/ \{.*?\n    \}\n", text, re.S)[0]
    deeper = location.replace("/cad", "/lab/deep/er").replace(f":{target}/;", f":{target};")
    bare = f"    location /bare/ {{ proxy_pass http://127.0.0.1:{target}/; }}\n"
    return text.replace(location, location + deeper + bare)


def composed(port, target, pair):
    """The configuration of the compose file, with our ports, names and certificate."""
    return replaced(COMPOSED.read_text(encoding="utf-8"), {
        "listen 8443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "/etc/nginx/certificate/cert.pem": str(pair.cert),
        "/etc/nginx/certificate/key.pem": str(pair.key),
        "http://cadcast:3939;": f"http://127.0.0.1:{target};",
    })


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


class Proxy:
    """A process in front of the daemon."""

    def __init__(self):
        self.process = None
        self.port = free_port()

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None


class Nginx(Proxy):
    """https outside; in the example /cad/ is taken off on the way, /lab/deep/er/ is not, /bare/ sets no header."""

    def __init__(self, folder, target, pair, example=example):
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if program is None:
            pytest.skip("nginx is not installed")
        super().__init__()
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        # As the same user, which root has to ask for.
        user = f"user {pwd.getpwuid(os.geteuid()).pw_name};" if os.geteuid() == 0 else ""
        config = self.folder / "nginx.conf"
        config.write_text(CONFIG.format(folder=self.folder, user=user, example=example(self.port, target, pair)), encoding="utf-8")
        self.command = [program, "-p", self.folder, "-e", self.folder / "error.log", "-c", config]
        self.url = f"https://localhost:{self.port}"
        self.start()

    def start(self):
        with open(self.folder / "output", "ab") as output:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        wait_until(lambda: listens(self.port) or self.process.poll() is not None, 20, "nginx")
        assert self.process.poll() is None, (self.folder / "output").read_text()


class Haproxy(Proxy):
    """That configuration, in the foreground."""

    def __init__(self, folder, config):
        program = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
        if program is None:
            pytest.skip("haproxy is not installed")
        super().__init__()
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "haproxy.cfg"
        path.write_text("defaults\n    timeout client 300s\n" + config(self.port), encoding="utf-8")
        self.url = f"https://localhost:{self.port}"
        with open(folder / "output", "wb") as output:
            self.process = subprocess.Popen([program, "-db", "-f", path], stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=output)
        wait_until(lambda: listens(self.port) or self.process.poll() is not None, 20, "haproxy")
        assert self.process.poll() is None, (folder / "output").read_text()


class JupyterServer(Proxy):
    """A Jupyter server in that folder, under a prefix of its own as a hub gives it."""

    token = "a-token-for-jupyter"

    def __init__(self, program, folder, *options, env):
        super().__init__()
        self.output = folder / "output"
        command = [
            program, "--no-browser", "--allow-root", f"--port={self.port}", "--ServerApp.ip=127.0.0.1",
            "--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}", "--ServerApp.base_url=/user/me/",
            f"--ServerApp.root_dir={folder}", *options,
        ]
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder,
                                            env={**env, "JUPYTER_PREFER_ENV_PATH": "1"})
        self.url = f"http://localhost:{self.port}/user/me/"
        wait_until(self.ready, 120, "Jupyter")

    def ready(self):
        assert self.process.poll() is None, self.output.read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/user/me/api", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False


class Jupyter(JupyterServer):
    """With jupyter-server-proxy, in front of that port."""

    def __init__(self, folder, target):
        program = CACHE / "proxy" / "bin" / "jupyter-server"
        if not program.is_file():
            pytest.skip(f"{program} is missing: tools/requirements-proxy.txt describes its environment")
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(program, folder, env=environment(folder / "home"))
        self.url += f"proxy/{target}"
