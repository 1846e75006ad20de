# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Real proxies in front of the daemon: nginx, and Jupyter with jupyter-server-proxy."""
import os
import pwd
import shutil
import socket
import subprocess
import urllib.request
from pathlib import Path

import pytest
from daemon import CACHE, environment, wait_until

HEADERS = """
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Forwarded-Host $http_host;
        proxy_read_timeout 300s;
        proxy_buffering off;
"""

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
    map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {pair.cert};
        ssl_certificate_key {pair.key};
        location /cad/ {{
            proxy_pass http://127.0.0.1:{target}/;
            {headers}
            proxy_set_header X-Forwarded-Prefix /cad;
        }}
        location /lab/deep/er/ {{
            proxy_pass http://127.0.0.1:{target};
            {headers}
            proxy_set_header X-Forwarded-Prefix /lab/deep/er;
        }}
        location /bare/ {{
            proxy_pass http://127.0.0.1:{target}/;
        }}
    }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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
    """https outside; /cad/ is taken off on the way, /lab/deep/er/ is not, /bare/ sets no header."""

    def __init__(self, folder, target, pair):
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if program is None:
            pytest.skip("nginx is not installed")
        super().__init__()
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        # As the same user, which root has to ask for.
        user = f"user {pwd.getpwuid(os.geteuid()).pw_name};" if os.geteuid() == 0 else ""
        config = self.folder / "nginx.conf"
        config.write_text(CONFIG.format(folder=self.folder, port=self.port, target=target, pair=pair, user=user,
                                        headers=HEADERS), encoding="utf-8")
        self.command = [program, "-p", self.folder, "-e", self.folder / "error.log", "-c", config]
        self.url = f"https://localhost:{self.port}"
        self.start()

    def start(self):
        with open(self.folder / "output", "ab") as output:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        wait_until(lambda: listens(self.port) or self.process.poll() is not None, 20, "nginx")
        assert self.process.poll() is None, (self.folder / "output").read_text()


class Jupyter(Proxy):
    """A Jupyter server with jupyter-server-proxy, under a prefix of its own as a hub gives it."""

    token = "a-token-for-jupyter"

    def __init__(self, folder, target):
        program = CACHE / "proxy" / "bin" / "jupyter-server"
        if not program.is_file():
            pytest.skip(f"{program} is missing: tools/requirements-proxy.txt describes its environment")
        super().__init__()
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.output = folder / "output"
        command = [
            program, "--no-browser", "--allow-root", f"--port={self.port}", "--ServerApp.ip=127.0.0.1",
            "--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}", "--ServerApp.base_url=/user/me/",
            f"--ServerApp.root_dir={folder}",
        ]
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder,
                                            env=environment(folder / "home", JUPYTER_PREFER_ENV_PATH="1"))
        wait_until(self.ready, 60, "Jupyter")
        self.url = f"http://localhost:{self.port}/user/me/proxy/{target}"

    def ready(self):
        assert self.process.poll() is None, self.output.read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/user/me/api", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False
