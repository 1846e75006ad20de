# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What the steps of a history have in common is held once, and nothing of it is to be seen: docs/history.md."""
import base64
import gzip
import json
import random
import re
import subprocess
import threading

import pytest
from conftest import recorded
from daemon import PROGRAM, environment, wait_equal, wait_until
from test_api import BASE, ask
from test_compare import counts
from test_history import file_of, history
from wire import get

PARTS = 40
POINTS = 700


def array(dtype, size, rows):
    """An array as kernels send it, of four bytes an element."""
    return {"shape": rows, "dtype": dtype, "buffer": base64.b64encode(size).decode(), "codec": "b64"}


def mesh(seed):
    """Points and triangles that no other seed has: 20 KiB."""
    numbers = random.Random(seed)
    points = b"".join(numbers.randrange(1, 100).to_bytes(1, "little") + b"\x00\x80\x3f" for _ in range(POINTS * 3))
    corners = b"".join(numbers.randrange(POINTS).to_bytes(4, "little") for _ in range(1050))
    return {
        "vertices": array("float32", points, [POINTS * 3]), "normals": array("float32", points[::-1], [POINTS * 3]),
        "triangles": array("int32", corners, [1050]), "edges": array("float32", points[:240], [60]),
    }


def model(name, seeds):
    """A model with a part for each seed."""
    part = {"type": "shapes", "subtype": "solid", "loc": None, "state": [1, 1], "color": "#e8b024", "alpha": 1.0}
    parts = [{**part, "id": f"/{name}/p{i}", "name": f"p{i}", "shape": {"ref": i}} for i in range(len(seeds))]
    tree = {"version": 3, "id": f"/{name}", "name": name, "loc": None, "parts": parts}
    data = {"instances": [mesh(seed) for seed in seeds], "shapes": tree}
    return "D:" + json.dumps({"type": "data", "data": data, "config": {"up": "Z"}, "count": len(seeds)})


def show_all(daemon, models):
    """Shows them, and returns their files."""
    files = []
    for name, message in models:
        daemon.send(message)
        wait_until(lambda name=name: f'"{name}"'.encode() in file_of(daemon).body, what=f"the file of {name}")
        files.append(file_of(daemon).body)
    return files


def one_changed(count):
    """Models of which each has one other part than the one before."""
    return [(f"m{n}", model(f"m{n}", [*range(n), *range(1000 + n, 1000 + PARTS)])) for n in range(count)]


def shared(daemon, most):
    wait_until(lambda: daemon.metric("history_bytes") < most, what="what is common to be held once")


def test_equal_arrays_are_held_once_and_every_step_is_as_it_was(start, tmp_path):
    daemon = start("--state-dir", tmp_path / "pictures")
    files = show_all(daemon, one_changed(9))
    sizes = [len(file) for file in files]
    assert [step["bytes"] for step in history(daemon)["steps"]] == sizes[:-1]
    # Of eight steps with one part each that the next one has not: less than one whole.
    shared(daemon, sizes[0])
    for step, file in zip(history(daemon)["steps"], files):
        assert get(daemon.port, f"/model.msg?step={step['number']}").body == file
        assert get(daemon.port, "/" + step["url"]).body == file
        some = get(daemon.port, "/" + step["url"], "Range: bytes=100000-100099")
        assert (some.status, some.body) == (206, file[100000:100100])
    report = ask(daemon, "GET", f"{BASE}/default/compare?step=2&with=default@5").json
    assert counts(report)["changed"] == 3 and counts(report)["same"] == PARTS - 3
    for path in ("image.png?view=iso&width=80&height=60", "model.glb"):
        more = "&" if "?" in path else "?"
        assert get(daemon.port, f"/{path}{more}step=1").status == 200
    # It is what is written, too, and shared again after a start.
    before = history(daemon)
    assert daemon.stop() == 0
    again = start("--state-dir", tmp_path / "pictures")
    wait_equal(lambda: history(again), before)
    shared(again, sizes[0])
    assert [get(again.port, f"/model.msg?step={number}").body for number in range(1, 9)] == files[:-1]


@pytest.mark.parametrize("then", ["clear", "again", "older"])
def test_what_steps_share_stays_while_one_of_them_goes(start, then):
    daemon = start("--history", 4)
    models = one_changed(6)
    files = show_all(daemon, models[:5])
    shared(daemon, len(files[0]))
    if then == "clear":
        daemon.send('D:{"type":"clear"}')
    elif then == "again":
        daemon.send(models[3][1])
        daemon.send(models[4][1])
        daemon.send(models[4][1])
    else:
        show_all(daemon, [models[5]])
    wait_until(lambda: history(daemon)["number"] > 5 and file_of(daemon).status in (200, 404))
    wanted = {f"m{n}": file for n, file in enumerate(files)}

    def good():
        found = history(daemon)["steps"]
        bodies = {step["number"]: get(daemon.port, f"/model.msg?step={step['number']}").body for step in found}
        return len(found) > 2 and all(bodies[step["number"]] == wanted[step["name"]] for step in found)

    wait_until(good, what="each step as it was")
    wait_until(lambda: daemon.metric("history_bytes") < 2.2 * len(files[0]), what="what is common to be held once")
    assert good()


def test_many_ask_for_one_step(start):
    daemon = start()
    files = show_all(daemon, one_changed(4))
    shared(daemon, len(files[0]))
    url = "/" + history(daemon)["steps"][0]["url"]
    found = []
    threads = [threading.Thread(target=lambda: found.append(get(daemon.port, url).body)) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [files[0]] * 24
    wait_until(lambda: daemon.metric("history_bytes") < len(files[0]))


def test_models_with_nothing_in_common_are_as_they_were(start):
    daemon = start()
    files = show_all(daemon, [(f"m{n}", model(f"m{n}", range(100 * n, 100 * n + 8))) for n in range(4)])
    for number, file in enumerate(files[:-1], 1):
        assert get(daemon.port, f"/model.msg?step={number}").body == file


def unpacked(page):
    """What an HTML file says of the pictures before, the model's file, and theirs, the newest first."""
    held = gzip.decompress(base64.b64decode(re.search(r'id="packed">([^<]*)</script>', page.decode())[1]))
    past = json.loads(re.search(r'id="past">([^<]*)</script>', page.decode())[1])
    files = [held[:past["model"]]]
    at = past["model"]
    for step in past["steps"]:
        own, newer = held[at:at + step["own"]], files[-1]
        at += step["own"]
        runs = [step["runs"][i:i + 3] for i in range(0, len(step["runs"]), 3)]
        files.append(b"".join((newer if shared else own)[begin:begin + size] for begin, size, shared in runs))
    assert at == len(held)
    return past, files, len(held)


def test_a_page_in_one_file_has_the_steps_and_what_they_share_once(start):
    daemon = start()
    files = show_all(daemon, one_changed(4))
    daemon.send('S:{"type":"ui","config":{"title":"</script><b>"}}')
    files += show_all(daemon, [("last", one_changed(1)[0][1].replace("m0", "last"))])
    small = get(daemon.port, "/picture.png?step=2").body
    answer = get(daemon.port, "/export.html")
    if answer.status == 501:
        pytest.skip("the renderer's files were not fetched")
    past, found, size = unpacked(answer.body)
    assert [step["number"] for step in past["steps"]] == [4, 3, 2, 1] and past["left"] == 0
    assert found == files[::-1] and size < 1.5 * len(files[0])
    assert json.loads(past["steps"][0]["changes"])["messages"][0]["config"] == {"title": "</script><b>"}
    assert base64.b64decode(past["steps"][2]["small"]) == small
    for query, count in (("history=0", 0), ("step=3", 0), ("history=1&page=x", 4)):
        assert len(unpacked(get(daemon.port, f"/export.html?{query}").body)[0]["steps"]) == count, query
    assert get(daemon.port, "/export.html?history=2").status == 400


def test_steps_for_which_one_file_has_no_room_are_left_out_and_counted(start):
    daemon = start("--max-memory", "9M")
    files = show_all(daemon, [(f"m{n}", model(f"m{n}", range(50 * n, 50 * n + PARTS))) for n in range(3)])
    answer = get(daemon.port, "/export.html")
    if answer.status == 501:
        pytest.skip("the renderer's files were not fetched")
    past, found, _ = unpacked(answer.body)
    assert found[0] == files[-1] and past["left"] + len(past["steps"]) == 2 and past["left"] > 0
    assert daemon.lines(f"{past['left']} of 2 earlier pictures are not in the HTML file")


def test_commands_take_a_step_by_its_name(start, tmp_path):
    daemon = start()
    for name in ("assembly-model", "box-model"):
        daemon.send(recorded(name))
        wait_until(lambda: file_of(daemon).status == 200)
    wait_until(lambda: history(daemon)["steps"])

    def run(word, *words):
        words = [PROGRAM, word, "--port", str(daemon.port), *words]
        done = subprocess.run(words, capture_output=True, env=environment(daemon.home), cwd=tmp_path, timeout=60,
                              check=False)
        return done.returncode, done.stdout, done.stderr.decode()

    for words in (["default@-1"], ["default@1"], ["--session", "default@-1"]):
        assert run("render", "-o", "-", "--view", "iso", "--width", "80", "--height", "60", *words) == (
            0, get(daemon.port, "/image.png?view=iso&width=80&height=60&step=-1").body, "")
        assert run("export", "-o", "-", "--format", "glb", *words) == (0, get(daemon.port, "/model.glb?step=1").body, "")
        assert run("export", "-o", "x.png", *words)[0] == 0
        assert (tmp_path / "x.png").read_bytes() == get(daemon.port, "/image.png?step=1").body
    # What the server says of it, in one line; by the command as by the address.
    for path, words in (("/model.step?step=-1", ["export", "-o", "x.step", "default@-1"]),
                        (f"{BASE}/default/measure?step=-1&id=/a", ["measure", "default@-1", "/a"]),
                        (f"{BASE}/default/measure?step=9&id=/a", ["measure", "default@9", "/a"]),
                        ("/image.png?step=9", ["render", "-o", "x.png", "--session", "default@9"])):
        answer = get(daemon.port, path)
        status, out, said = run(*words)
        name = next(word for word in words if "@" in word)
        assert answer.status == (404 if "step=9" in path else 409), answer
        told = json.loads(answer.body)["detail"] if answer.body.startswith(b"{") else answer.body.decode().strip()
        assert (status, out, said) == (1, b"", f"cadcast: {name.split('@')[0]}: {told}\n")
    # A file of that name is a file.
    (tmp_path / "default@1").write_bytes(recorded("box-model"))
    assert run("export", "-o", "-", "--format", "glb", "default@1")[1] == get(daemon.port, "/model.glb").body
    for words in (["render", "-o", "x.png", "--session", "default@x"], ["export", "-o", "x.glb", "--session", "a/b"],
                  ["export", "-o", "x.glb", "--session", "default@"], ["measure", "default@-1"]):
        assert run(*words)[0] == 2, words
