# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The Python package: it starts, finds, asks and stops the program, and decides how a cell shows it."""
import http.client
import http.server
import json
import socket
import subprocess
import threading

import pytest
from daemon import wait_until

VIEW = "import cadcast\nprint(cadcast.view({arguments})._repr_html_())"


@pytest.fixture(autouse=True)
def nothing_runs(installed):
    installed.stop_all()
    yield
    installed.stop_all()


class Notebook:
    """What a kernel sees of its notebook server: the file about it, and what it answers."""

    def __init__(self, folder, servers, behind_tile=None):
        asked = self.asked = []
        answers = {}
        if servers is not None:
            answers["/user/me/server-proxy/servers-info"] = {"server_processes": [{"name": name} for name in servers]}
        if behind_tile is not None:
            answers["/user/me/cadcast/healthz"] = {"pid": behind_tile}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append((self.path, self.headers.get("Authorization")))
                self.send_response(200 if self.path in answers else 404)
                self.end_headers()
                if self.path in answers:
                    self.wfile.write(json.dumps(answers[self.path]).encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        (folder / "jpserver-77.json").write_text(json.dumps(
            {"url": f"{self.origin}/user/me/", "base_url": "/user/me/", "token": "secret"}))
        self.variables = {"JPY_PARENT_PID": "77", "JUPYTER_RUNTIME_DIR": str(folder)}


@pytest.fixture
def notebook(tmp_path):
    made = []

    def make(servers, **more):
        made.append(Notebook(tmp_path, servers, **more))
        return made[-1]

    yield make
    for each in made:
        each.server.shutdown()
        each.server.server_close()


def test_importing_it_imports_no_kernel_and_starts_nothing(installed):
    said = installed.python("import sys, cadcast\n"
                            "print([name for name in sys.modules if name.startswith(('OCP', 'IPython', 'cadquery'))])\n"
                            "print(cadcast.status())")
    assert said.split() == ["[]", "None"]


def test_start_finds_what_runs_already(installed):
    installed.run("start", "--port", "0", "--listen", "0=bracket")
    said = installed.python("import cadcast\na = cadcast.start()\nb = cadcast.start(read_only=True)\nassert a == b, (a, b)\n"
                            "print(a.page('bracket')[-17:], a.url[-7:], len(cadcast.status()['ports']))")
    assert said == "/s/bracket/viewer /viewer 2"


def test_start_gives_options_on(installed):
    said = installed.python("import cadcast\ns = cadcast.start(port=0, listen=['0=left', '0=right'], demo=True, read_only=False)\n"
                            "state = cadcast.status(s.port)\n"
                            "print([each['session'] for each in state['ports']], state['sessions'][0]['model'])")
    assert said == "['default', 'left', 'right'] True"


def test_what_is_wrong_is_said_in_the_programs_words(installed):
    said = installed.python("import cadcast\ntry:\n    cadcast.start(port=0, no_such_thing=3)\n"
                            "except cadcast.CadcastError as error:\n    print(error)")
    assert "no-such-thing" in said


def test_program_that_is_not_there(installed):
    said = installed.python("import cadcast\ntry:\n    cadcast.program()\nexcept cadcast.CadcastError as error:\n    print(error)",
                            CADCAST_PROGRAM="/nowhere/cadcast")
    assert said == "CADCAST_PROGRAM names /nowhere/cadcast, which is no program"


def test_finds_the_one_in_the_registry(installed):
    """As jupyter-server-proxy starts it: at a port of its own, in the foreground. It is not ours to stop."""
    said = installed.python(
        "import subprocess, cadcast\n"
        "p = subprocess.Popen([cadcast.program(), 'serve', '--port', '0'], stdout=subprocess.PIPE, text=True)\n"
        "url = p.stdout.readline().split()[1]\n"
        "assert cadcast.start().url == url, (cadcast.start(), url)\n"
        "assert cadcast.start().pid == p.pid\n"
        "try:\n"
        "    cadcast.stop()\n"
        "except cadcast.CadcastError as error:\n"
        "    print(error)\n"
        "p.terminate()\n"
        "print(p.wait(20))")
    assert "was not started with start" in said and said.endswith("\n0")


def test_a_cell_through_the_proxy(installed, notebook):
    """The page comes from the notebook's own origin, at the port where kernels draw."""
    here = notebook(["something"])
    port = installed.python("import cadcast; print(cadcast.start(port=0).port)")
    for arguments, path in (("", "viewer"), ("'left'", "s/left/viewer"), ("session='default'", "viewer")):
        cell = installed.python(VIEW.format(arguments=arguments), **here.variables)
        assert f'src="/user/me/proxy/{port}/{path}"' in cell, cell
    assert ("/user/me/server-proxy/servers-info", "token secret") in here.asked


def test_a_cell_through_the_tile(installed, notebook):
    """Which works under any name of the notebook server; but only if it leads to the same cadcast."""
    port, pid = installed.python("import cadcast; s = cadcast.start(port=0); print(s.port, s.pid)").split()
    here = notebook(["cadcast"], behind_tile=int(pid))
    assert 'src="/user/me/cadcast/s/left/viewer"' in installed.python(VIEW.format(arguments="'left'"), **here.variables)
    other = notebook(["cadcast"], behind_tile=1)
    assert f'src="/user/me/proxy/{port}/viewer"' in installed.python(VIEW.format(arguments=""), **other.variables)


def test_a_cell_of_a_height(installed):
    cell = installed.python(VIEW.format(arguments="height=333, url='https://cad.example.org/viewer'"))
    assert 'src="https://cad.example.org/viewer"' in cell and "height: 333px" in cell
    said = installed.python("import cadcast\ntry:\n    cadcast.view(height=0)\nexcept ValueError as error:\n    print(error)")
    assert said == "height is a positive number of pixels"


def test_a_cell_without_a_proxy(installed, notebook):
    """cadcast is started so that its page may stand in the notebook's frames."""
    here = notebook(None)
    cell = installed.python(VIEW.format(arguments=""), **here.variables, CADCAST_PORT="0")
    assert "<iframe" in cell and '/viewer"' in cell and "proxy" not in cell, cell


def test_a_link_where_a_frame_would_stay_empty(installed, notebook):
    here = notebook(None)
    installed.python("import cadcast; cadcast.start(port=0)")
    cell = installed.python(VIEW.format(arguments=""), **here.variables)
    assert "<iframe" not in cell and "<a href=" in cell
    assert f"--allow-origin {here.origin}" in cell and "jupyter-server-proxy" in cell


def test_a_link_in_vs_code(installed):
    installed.python("import cadcast; cadcast.start(port=0)")
    cell = installed.python(VIEW.format(arguments=""), VSCODE_PID="1")
    assert "<iframe" not in cell and "Simple Browser" in cell


def test_a_cell_on_a_hub_without_a_notebook_server(installed):
    port = installed.python("import cadcast; print(cadcast.start(port=0).port)")
    cell = installed.python(VIEW.format(arguments="'a'"), JUPYTERHUB_SERVICE_PREFIX="/user/me/")
    assert f'src="/user/me/proxy/{port}/s/a/viewer"' in cell


def test_a_picture_without_a_page_says_so(installed):
    said = installed.python("import cadcast\ncadcast.start(port=0)\ntry:\n    cadcast.screenshot(timeout=0.5)\n"
                            "except cadcast.CadcastError as error:\n    print(error)")
    assert said.startswith("no picture within 0.5 s: is the page open? http://")


def pair_in(folder):
    return ["--tls-cert", folder / "pair" / "cert.pem", "--tls-key", folder / "pair" / "key.pem"]


def test_a_server_with_tls_has_its_own_address(installed, tmp_path):
    """Here, and if it was not started with start(); what this package itself asks goes either way."""
    installed.run("make-cert", tmp_path / "pair")
    options = f"tls_cert={str(tmp_path / 'pair' / 'cert.pem')!r}, tls_key={str(tmp_path / 'pair' / 'key.pem')!r}"
    pictured = ("try:\n    cadcast.screenshot(timeout=0.3)\nexcept cadcast.CadcastError as error:\n    print(str(error)[:24])\n")
    said = installed.python(f"import cadcast\ns = cadcast.start(port=0, {options})\n"
                            "assert cadcast.start() == s == cadcast.start(port=s.port), (s, cadcast.start())\n"
                            f"print(s.url[:8])\n{pictured}")
    assert said.splitlines() == ["https://", "no picture within 0.3 s:"]
    installed.stop_all()
    foreground = subprocess.Popen([installed.program, "--port", "0", *pair_in(tmp_path)], env=installed.env, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        url = foreground.stdout.readline().split()[1]
        assert installed.python(f"import cadcast\nprint(cadcast.start().url)\n{pictured}").splitlines() == [url, "no picture within 0.3 s:"]
    finally:
        foreground.terminate()
        assert foreground.wait(20) == 0
        foreground.stdout.close()


def test_a_picture_of_a_server_that_speaks_tls_alone(installed, tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback")
        outer = probe.getsockname()[0]
    installed.run("make-cert", tmp_path / "pair")
    installed.run("start", "--port", "0", "--host", outer, *pair_in(tmp_path))
    said = installed.python("import cadcast\ntry:\n    cadcast.screenshot(timeout=0.3)\n"
                            "except cadcast.CadcastError as error:\n    print(error)")
    assert said.startswith(f"no picture within 0.3 s: is the page open? https://{outer}:"), said


class Tile:
    """The process behind the tile, as jupyter-server-proxy runs it, and requests to it."""

    def __init__(self, installed, folder):
        entry = json.loads(installed.python("from cadcast.jupyter import setup\nimport json\nprint(json.dumps(setup()))"))
        assert entry["launcher_entry"]["path_info"] == "cadcast/viewer" and entry["unix_socket"] is True
        assert entry["launcher_entry"]["icon_path"].endswith("/share/cadcast/static/icon.svg")
        self.headers = entry["request_headers_override"]
        self.socket = folder / "socket"
        command = [word.format(unix_socket=self.socket) for word in entry["command"]]
        self.process = subprocess.Popen(command, env=installed.env, cwd=installed.home)
        wait_until(self.socket.exists, 20, "the tile's socket")

    def get(self, path):
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(30)
        connection.sock.connect(str(self.socket))
        connection.request("GET", path, headers=self.headers)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (path, answer.status, body)
        connection.close()
        return body

    def pid(self):
        return json.loads(self.get("/healthz"))["pid"]

    def end(self):
        self.process.terminate()
        return self.process.wait(20)


@pytest.fixture
def tile(installed, tmp_path):
    made = Tile(installed, tmp_path)
    yield made
    if made.process.poll() is None:
        made.end()


def test_the_tile_leads_to_the_one_that_runs(installed, tile):
    """One that came after the notebook server too, and the next one after its end."""
    for _ in range(2):
        pid = int(installed.python("import cadcast; print(cadcast.start(port=0).pid)"))
        assert tile.pid() == pid
        page = (installed.folder / "share" / "cadcast" / "static" / "vendor" / "three-cad-viewer.esm.js").read_bytes()
        assert tile.get("/static/vendor/three-cad-viewer.esm.js") == page
        installed.stop_all()
    assert tile.end() == 0


def test_the_tile_starts_one_that_kernels_find(installed, tile):
    """It ends with the notebook server."""
    pid = tile.pid()
    assert int(installed.python("import cadcast; print(cadcast.start().pid)")) == pid
    assert tile.end() == 0
    assert installed.python("import cadcast; print(cadcast.status())") == "None"


def test_the_tile_is_for_its_user_alone(installed, tile):
    """It is no port of the loopback, through which other users would come in as this one."""
    tile.pid()
    listening = subprocess.run(["ss", "-ltnp"], capture_output=True, text=True, check=True).stdout
    assert f"pid={tile.process.pid}," not in listening
