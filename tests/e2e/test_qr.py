# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Addresses as QR codes, read back with zbar as a phone would."""
import io
import json
import re
import shutil
import subprocess
from urllib.parse import quote, urlsplit

import pytest
from daemon import PROGRAM
from PIL import Image, ImageDraw
from wire import get

TOKEN = "correct-horse-battery-staple"
DARK = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
SCALE = 6


@pytest.fixture
def daemon(start, outer):
    return start("--host", "0.0.0.0", "--token", TOKEN, "--view-token", "only-a-spectator-here")


@pytest.fixture
def addresses(daemon):
    found = json.loads(get(daemon.port, "/addresses").body)
    if not found["qr"]:
        pytest.skip("built without libqrencode")
    return found


def read(picture):
    """What a reader of such codes finds in a picture."""
    if shutil.which("zbarimg") is None:
        pytest.skip("zbarimg is not installed")
    file = io.BytesIO()
    picture.save(file, "PNG")
    done = subprocess.run(["zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", "PNG:-"], input=file.getvalue(),
                          capture_output=True, timeout=60, check=False)
    return done.stdout.decode().strip()


def drawn(dark, width):
    picture = Image.new("L", (width * SCALE, width * SCALE), 255)
    draw = ImageDraw.Draw(picture)
    for x, y in dark:
        draw.rectangle((x * SCALE, y * SCALE, (x + 1) * SCALE - 1, (y + 1) * SCALE - 1), fill=0)
    return picture


def from_svg(text):
    width = int(re.search(r'viewBox="0 0 (\d+)', text)[1])
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", text)
    return drawn([(int(x) + i, int(y)) for x, y, n in runs for i in range(int(n))], width)


def from_blocks(lines):
    return drawn([(x, 2 * y + half) for y, line in enumerate(lines) for x, sign in enumerate(line)
                  for half in (0, 1) if DARK[sign][half]], len(lines[0]))


def qr(daemon, *words):
    return subprocess.run([PROGRAM, "qr", "--port", str(daemon.port), *words], env=daemon.env, capture_output=True,
                          text=True, timeout=60, check=False)


def test_the_page_has_a_code_for_each_address(daemon, addresses, outer):
    """The machine's other addresses come and go, as a laptop's do: those without a code are gone."""
    for key, query in (("urls", ""), ("view_urls", "&view")):
        read_hosts = set()
        for url in addresses[key]:
            host = urlsplit(url).hostname
            answer = get(daemon.port, f"/qr.svg?host={quote(host)}{query}")
            if answer.status == 404 and host not in ("127.0.0.1", outer):
                continue
            assert answer.status == 200 and answer.headers["content-type"] == "image/svg+xml"
            assert read(from_svg(answer.body.decode())) == url
            read_hosts.add(host)
        assert {"127.0.0.1", outer} <= read_hosts
    url = json.loads(get(daemon.port, "/s/gear/addresses").body)["urls"][0]
    assert "/s/gear/viewer?token=" in url
    assert read(from_svg(get(daemon.port, "/s/gear/qr.svg").body.decode())) == url
    for wrong in ("host=10.1.2.3.4", "host=", "host", "view&host=%", "host=%zz", "host=" + "1" * 60, "host=" + "1" * 90):
        assert get(daemon.port, f"/qr.svg?{wrong}").status == 404


@pytest.mark.parametrize("words, token, place", [
    ([], TOKEN, "/viewer"), (["--view"], "only-a-spectator-here", "/viewer"), (["--session", "gear"], TOKEN, "/s/gear/"),
])
def test_the_terminal_shows_the_addresses_for_other_machines(daemon, addresses, outer, words, token, place):
    done = qr(daemon, *words)
    assert done.returncode == 0 and done.stderr == "", done
    lines = done.stdout.splitlines()
    start = next(i for i, line in enumerate(lines) if outer in line)
    assert token in lines[start] and place in lines[start]
    code = lines[start + 1:start + 1 + lines[start + 1:].index("")]
    assert read(from_blocks(code)) == lines[start]
    assert not any("127.0.0.1" in line for line in lines)


def test_what_cannot_be_is_said(start):
    alone = start()
    done = qr(alone)
    assert done.returncode == 1 and "--host" in done.stderr
    done = qr(alone, "--view")
    assert done.returncode == 1 and "--view-token" in done.stderr
    assert qr(alone, "--session", "a b").returncode == 2
    alone.stop()
    done = qr(alone)
    assert done.returncode == 3 and "no server" in done.stderr
