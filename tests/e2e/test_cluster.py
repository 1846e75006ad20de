# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Several servers that share their sessions through a real Redis server, and what happens as each of them fails."""
import json
import re
import signal
import socket
import subprocess
import threading

import pytest
from certs import make_cert
from daemon import PROGRAM, environment, wait_equal, wait_good, wait_until
from exact import ExactKernel, FakeHelper, shape
from slow import PATIENCE, SLOW
from wire import get

from cluster import ANIMATION, BOX, BRACKET, LARGE, MODELS, OURS, PIECE, TIME, TWO, Page, picture, settings, show
from engine import Engine


class Liar(threading.Thread):
    """A server that says the same to whoever comes, and ends the connection."""

    def __init__(self, words):
        super().__init__(daemon=True)
        self.words = words
        self.asked = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def run(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            with peer:
                self.asked += 1
                peer.settimeout(PATIENCE * SLOW)
                try:
                    peer.recv(4096)
                    peer.sendall(self.words)
                    peer.recv(4096)
                except OSError:
                    pass

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *what):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def test_what_is_shown_at_one_node_appears_at_the_others(node):
    a, b = node("a"), node("b")
    page = Page(b)
    show(a, BOX)
    page.until(lambda message: message == "box", "the model")
    show(a, settings(axes=True, grid=[True, False, False]))
    assert json.loads(page.until(lambda message: "axes" in message, "the settings"))["config"]["axes"] is True
    show(a, ANIMATION)
    page.until(lambda message: message == ANIMATION[2:], "the animation")
    show(a, TIME)
    page.until(lambda message: message == TIME[2:], "the time")
    # And back.
    show(b, settings(axes=False))
    wait_until(lambda: '"axes": false' in str(picture(a)) or '"axes":false' in str(picture(a)), what="the change at a")
    wait_equal(lambda: picture(a)[2:], [ANIMATION[2:], TIME[2:]])
    show(b, 'D:{"type":"clear"}')
    wait_equal(lambda: picture(a), [])
    assert a.health()["status"] == "ok"


def test_nodes_that_nobody_looks_at_get_no_picture(node):
    a, b, late = node("a"), node("b"), node("late")
    page = Page(b)
    show(a, BRACKET)
    page.until(lambda message: message == "bracket", "the model")
    assert late.metric("cluster_heard_total") == 0
    # A page that comes later, and one that comes again.
    later = Page(late)
    later.until(lambda message: message == "bracket", "the model")
    later.close()
    wait_equal(lambda: picture(late), ["bracket"])
    assert late.metric("cluster_heard_total") == 1
    session = next(each for each in json.loads(get(late.port, "/status").body)["sessions"] if each["name"] == "gear")
    assert session["kernel"] == "node a"


def test_a_large_picture_goes_in_pieces(node, engine):
    a, b = node("a"), node("b")
    page = Page(b)
    show(a, LARGE)
    page.until(lambda message: message == "large", "the model")
    pieces = [key for key in engine.say("KEYS", "*").split() if ":b:" in key]
    assert len(pieces) == -(-len(LARGE) // PIECE) > 4
    assert all(int(engine.say("STRLEN", key)) <= PIECE + 1 and int(engine.say("TTL", key)) > 80000 for key in pieces)
    status = json.loads(get(b.port, "/status").body)["cluster"]
    assert (status["node"], status["heard"], status["full"]) == ("b", 1, False)
    show(a, BOX)
    page.until(lambda message: message == "box", "the next model")
    assert all(int(engine.say("TTL", key)) <= 60 for key in pieces)
    new = [key for key in engine.say("KEYS", "*:b:*").split() if key not in pieces]
    assert len(new) == 1 and int(engine.say("TTL", new[0])) > 80000


def test_a_show_of_geometry_travels_as_its_meshes(start, node, engine, tmp_path):
    helper = FakeHelper(tmp_path)
    a = start("--cluster", engine.url, "--node-name", "a", variables=helper.variables, home=tmp_path / "a")
    b = node("b")
    with ExactKernel(a.port, "/s/gear/") as kernel:
        kernel.show([shape("first", size=1), shape("second", size=3)])
    found = wait_good(lambda: picture(b), lambda messages: messages)
    tree = json.loads(found[0])["data"]["shapes"]
    assert [part["name"] for part in tree["parts"]] == ["part0", "part1"]


def test_a_page_of_ours_fetches_what_another_node_shows(node):
    a, b = node("a"), node("b")
    page = Page(b, hello=OURS.replace("}", ',"formats":["binary"]}'))
    show(a, BOX)
    model = json.loads(page.until(lambda message: '"type":"model"' in message, "the model's address"))
    assert len(get(b.port, "/s/gear/" + model["url"]).body) == model["bytes"]


def test_a_node_is_killed_and_its_picture_is_at_the_others(node):
    a, b = node("a"), node("b")
    show(a, BOX)
    show(a, settings(ticks=7))
    wait_equal(lambda: json.loads(get(a.port, "/status").body)["cluster"]["due"], 0)
    wait_until(lambda: a.metric("cluster_shown_total") == 1, what="the show is at the engine")
    wait_until(lambda: '"ticks":7' in str(picture(b)), what="the change too")
    a.kill()
    a.status = 0  # it was meant to end so
    c = node("c")
    for other in b, c:
        wait_good(lambda: picture(other), lambda found: found[:1] == ["box"] and '"ticks":7' in str(found[1:]))


def test_without_the_engine_nodes_work_alone_and_agree_afterwards(node, engine):
    a, b = node("a"), node("b")
    page, other = Page(a, hello=OURS), Page(b)
    show(a, BOX)
    other.until(lambda message: message == "box", "the model")
    engine.stop()
    wait_until(lambda: a.lines("works alone") and b.lines("works alone"), what="the nodes have noticed")
    show(a, BRACKET)
    wait_equal(lambda: picture(a), ["bracket"])
    page.until(lambda message: "do not see this" in message, "a line on the page")
    assert "do not see this" in str(Page(a, "new", OURS).until(lambda message: '"notice"' in message, "a notice"))
    show(b, TWO)
    wait_equal(lambda: picture(b), ["two"])
    engine.start()
    page.until(lambda message: '"cluster"' in message and "do not see" not in message, "it is taken back")
    for each in a, b:
        wait_equal(lambda: picture(each), ["two"])  # pylint: disable=cell-var-from-loop
    assert a.metric("cluster_lost_total") >= 1
    wait_equal(lambda: a.metric("cluster_connected"), 1)


def test_an_engine_that_lost_everything_gets_it_again(node, engine):
    a, b = node("a"), node("b")
    page = Page(a)
    show(a, BOX)
    show(a, settings(axes=True))
    wait_until(lambda: a.metric("cluster_shown_total") == 1, what="it is shown")
    engine.say("FLUSHALL")
    wait_until(lambda: engine.say("HGET", "cad1:{gear}:s", "model"), what="it is there again")
    wait_good(lambda: picture(b), lambda found: found[:1] == ["box"] and '"axes":true' in str(found[1:]))
    page.close()


def test_pieces_that_the_engine_dropped_come_from_a_node(node, engine):
    """No page looks at it where it is."""
    a, b = node("a"), node("b")
    show(a, BOX)
    wait_until(lambda: a.metric("cluster_shown_total") == 1, what="it is shown")
    for key in engine.say("KEYS", "*:b:*").split():
        engine.say("DEL", key)
    wait_equal(lambda: picture(b), ["box"])
    assert b.metric("cluster_missing_total") >= 1


def test_an_engine_without_memory_is_said_and_tried_again(node, engine):
    a, b = node("a"), node("b")
    page = Page(a, hello=OURS)
    used = int(re.search(r"used_memory:(\d+)", engine.say("INFO", "memory"))[1])
    engine.say("CONFIG", "SET", "maxmemory", used + 300000)
    show(a, LARGE)
    page.until(lambda message: "no memory left" in message, "a line on the page")
    assert a.metric("cluster_full") == 1
    wait_equal(lambda: a.metric("cluster_connected"), 1)
    engine.say("CONFIG", "SET", "maxmemory", 0)
    show(a, BOX)
    wait_equal(lambda: picture(b), ["box"])
    page.until(lambda message: '"cluster"' in message and "no memory" not in message, "it is taken back")


def test_an_engine_that_hangs_delays_nobody(node, engine):
    a, b = node("a"), node("b")
    show(a, BOX)
    wait_equal(lambda: picture(b), ["box"])
    engine.signal(signal.SIGSTOP)
    show(a, BRACKET)
    assert picture(a) == ["bracket"]
    wait_until(lambda: a.lines("works alone"), what="a gives it up")
    engine.signal(signal.SIGCONT)
    wait_equal(lambda: picture(b), ["bracket"])


def test_connections_that_the_engine_cuts_come_back(node, engine):
    a, b = node("a"), node("b")
    page = Page(b)
    for name in "box", "bracket", "two":
        engine.say("CLIENT", "KILL", "TYPE", "pubsub")
        engine.say("CLIENT", "KILL", "TYPE", "normal")
        show(a, MODELS[name])
        page.until(lambda message: message == name, "the model")  # pylint: disable=cell-var-from-loop


def test_a_picture_from_the_disk_is_shared_unless_another_is_newer(node, engine, tmp_path):
    keeps = "--state-dir", tmp_path / "state"
    a = node("a", *keeps)
    show(a, BOX)
    a.stop()
    engine.say("FLUSHALL")
    a, b = node("a", *keeps), node("b")
    wait_equal(lambda: picture(b), ["box"])
    a.stop()
    show(b, BRACKET)
    wait_until(lambda: b.metric("cluster_shown_total") == 1, what="it is shown")
    a = node("a", *keeps)
    wait_equal(lambda: picture(a), ["bracket"])


def test_two_prefixes_are_two_clusters(node):
    a, b = node("a"), node("b", "--cluster-prefix", "other/")
    show(a, BOX)
    wait_until(lambda: a.metric("cluster_shown_total") == 1, what="it is shown")
    show(b, BRACKET)
    wait_until(lambda: b.metric("cluster_shown_total") == 1, what="it is shown")
    assert picture(a) == ["box"] and picture(b) == ["bracket"]


def test_a_wrong_password_is_said_and_not_repeated(start, engine):
    alone = start("--cluster", engine.url.replace("battery", "secret-guess"))
    wait_until(lambda: alone.lines("WRONGPASS"), what="the reason")
    assert "secret-guess" not in alone.log()
    show(alone, BOX)
    assert picture(alone) == ["box"]


def test_tls_checks_who_the_engine_is(start, tmp_path):
    pair = make_cert(tmp_path / "cert", "localhost")
    engine = Engine(tmp_path / "engine", pair)
    try:
        options = "--cluster", engine.url, "--node-name"
        trusts = {"SSL_CERT_FILE": pair.cert}
        a = start(*options, "a", home=tmp_path / "a", variables=trusts)
        b = start(*options, "b", home=tmp_path / "b", variables=trusts)
        stranger = start(*options, "stranger", home=tmp_path / "stranger")
        show(a, LARGE)
        wait_equal(lambda: picture(b), ["large"])
        wait_until(lambda: stranger.lines("certificate verify failed"), what="it is not trusted")
        assert picture(stranger) == []
    finally:
        engine.stop()


@pytest.mark.parametrize("url, fault", [
    ("http://127.0.0.1", "begins with redis://"),
    ("redis://", "HOST"),
    ("redis://host:0", "HOST"),
    ("redis://host:99999", "HOST"),
    ("redis://u:%zz@host", "password"),
    ("redis://host/first", "database"),
    ("sentinel://host", "name of the master"),
    ("sentinel://host:x/main", "HOST"),
    ("sentinel://host/main?wrong", "sentinel=USER"),
])
def test_a_wrong_address_is_named(tmp_path, url, fault):
    done = subprocess.run([PROGRAM, "--check", "--port", "0", "--cluster", url], env=environment(tmp_path), text=True,
                          capture_output=True, check=False, timeout=PATIENCE * SLOW)
    assert done.returncode != 0 and "--cluster" in done.stderr and fault in done.stderr


@pytest.mark.parametrize("lie", [
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"+OK\r\n" * 1000,
    b"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
    b"$1048577\r\n",
    b"*-5\r\n",
    b"+" + b"x" * 5000,
    b"-\xff\xfe\x1b[2J\r\n",
], ids=["http", "many", "deep", "long", "negative", "endless", "bytes"])
def test_a_server_that_is_no_engine_ends_nobody(start, lie):
    with Liar(lie) as liar:
        alone = start("--cluster", f"redis://127.0.0.1:{liar.port}")
        wait_until(lambda: liar.asked > 3, what="it tries again")
        show(alone, BOX)
        assert picture(alone) == ["box"]
        assert alone.metric("cluster_connected") == 0
        assert not json.loads(get(alone.port, "/status").body)["cluster"]["connected"]


def test_without_the_option_there_is_nothing_of_it(start):
    alone = start()
    assert json.loads(get(alone.port, "/status").body)["cluster"] is None
    assert "cadcast_cluster" not in get(alone.port, "/metrics").body.decode()
