# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The pictures that a session showed before: docs/history.md."""
import io
import json
import subprocess

import pytest
from conftest import recorded
from daemon import PROGRAM, environment, wait_equal, wait_good, wait_until
from peers import Browser, Kernel
from PIL import Image
from test_api import BASE, OURS, ask, detail
from test_compare import changed, counts, recolour
from wire import get

UI = 'S:{"type":"ui","config":{"axes":true}}'
ANIMATION = 'D:{"type":"animation","data":[["/a","t",[0,1],[0,1]]],"config":{"speed":1}}'


def named(name, width=1.0):
    """A model of one box with that name."""
    payload = json.loads(recorded("box-model")[2:])
    payload["data"]["shapes"]["name"] = name
    payload["count"] = 1
    payload["width"] = width
    return "D:" + json.dumps(payload)


def history(daemon, session=None):
    response = get(daemon.port, f"/s/{session}/history" if session else "/history")
    assert response.status == 200, response.body
    return json.loads(response.body)


def steps(daemon, session=None):
    return [step["name"] for step in history(daemon, session)["steps"]]


def file_of(daemon, session=None):
    return get(daemon.port, (f"/s/{session}" if session else "") + "/model.msg")


def show(daemon, *names, session=None):
    """Shows these models, each when the one before is a file."""
    for name in names:
        daemon.send(named(name), session)
        wait_until(lambda name=name: f'"{name}"'.encode() in file_of(daemon, session).body, what=f"the file of {name}")


def test_what_is_replaced_becomes_a_step(start):
    daemon = start()
    show(daemon, "first", "second", "third")
    found = history(daemon)
    assert (found["session"], found["limit"], found["number"]) == ("default", 8, 3)
    assert [step["name"] for step in found["steps"]] == ["first", "second"]
    assert [step["number"] for step in found["steps"]] == [1, 2]
    first = found["steps"][0]
    assert first["parts"] == 1 and first["when"] > 0
    model = get(daemon.port, "/" + first["url"])
    assert model.status == 200 and len(model.body) == first["bytes"] and b'"first"' in model.body
    assert get(daemon.port, "/model.msg?step=1").body == model.body == get(daemon.port, "/model.msg?step=-2").body
    assert ask(daemon, "GET", f"{BASE}/default/history").json == found


def test_the_oldest_goes_first(start):
    daemon = start("--history", 2)
    show(daemon, "a", "b", "c", "d", "e")
    assert steps(daemon) == ["c", "d"]
    assert get(daemon.port, "/model.msg?step=2").status == 404


def test_none_is_kept(start):
    daemon = start("--history", 0)
    show(daemon, "a", "b")
    assert history(daemon)["steps"] == []
    assert daemon.metric("history_steps") == daemon.metric("history_bytes") == 0


def test_the_same_again_is_no_new_step(start):
    daemon = start()
    show(daemon, "a", "b", "b", "b")
    wait_equal(lambda: steps(daemon), ["a"])


def test_a_cleared_picture_is_a_step(start):
    daemon = start()
    show(daemon, "a")
    daemon.send(recorded("clear"))
    wait_equal(lambda: steps(daemon), ["a"])
    assert get(daemon.port, "/model.msg").status == 404
    assert get(daemon.port, "/model.msg?step=-1").status == 200


def test_what_changed_a_step_is_kept_with_it(start):
    daemon = start()
    show(daemon, "a")
    daemon.send(UI)
    daemon.send(ANIMATION)
    daemon.send('C:{"type":"set_relative_time","value":0.5}')
    show(daemon, "b", "c")
    messages = json.loads(get(daemon.port, "/history?step=1").body)["messages"]
    assert [each["type"] for each in messages] == ["ui", "animation", "set_relative_time"]
    assert messages[0]["config"] == {"axes": True}
    assert json.loads(get(daemon.port, "/history?step=2").body) == {"number": 2, "messages": []}


def test_a_step_has_a_small_picture_whenever_it_is_asked_for(start):
    daemon = start()
    show(daemon, "a", "b", "c")
    for step in (1, 2):
        picture = get(daemon.port, f"/picture.png?step={step}")
        image = Image.open(io.BytesIO(picture.body))
        assert image.size == (256, 192) and len(image.getcolors(1 << 20)) > 5
        assert get(daemon.port, f"/picture.png?step={step}").body == picture.body
    bytes_of = sum(len(get(daemon.port, f"/picture.png?step={step}").body) for step in (1, 2))
    files = sum(step["bytes"] for step in history(daemon)["steps"])
    assert daemon.metric("history_bytes") == files + bytes_of


def test_a_step_is_drawn_and_written_as_what_is_shown(start):
    daemon = start()
    daemon.send(recorded("assembly-model"))
    wait_until(lambda: file_of(daemon).status == 200)
    glb, image = get(daemon.port, "/model.glb").body, get(daemon.port, "/image.png?view=iso").body
    daemon.send(recorded("box-model"))
    wait_until(lambda: history(daemon)["steps"])
    assert get(daemon.port, "/model.glb?step=-1").body == glb != get(daemon.port, "/model.glb").body
    assert get(daemon.port, "/image.png?view=iso&step=-1").body == image
    assert ask(daemon, "GET", f"{BASE}/default/image.png?view=iso&step=1").body == image
    assert get(daemon.port, "/model.step?step=-1").status in (409, 501)


@pytest.mark.parametrize("path", ["model.msg", "picture.png", "image.png", "model.glb", "history", "export.html"])
def test_what_is_no_step_is_said(start, path):
    daemon = start()
    show(daemon, "a", "b")
    for step, status in (("7", 404), ("-2", 404), ("0", 400), ("x", 400), ("1x", 400), ("", 400),
                         ("99999999999999999999", 400)):
        answer = get(daemon.port, f"/{path}?step={step}")
        assert answer.status == status and b"step" in answer.body, (step, answer)


def test_pages_are_told(start):
    daemon = start()
    show(daemon, "a")
    with Browser(daemon.port, hello=OURS) as page:
        show(daemon, "b")
        told = wait_good(lambda: json.loads(page.next()), lambda message: message["type"] == "history")
        assert [step["name"] for step in told["steps"]] == ["a"]
    with Browser(daemon.port, hello=OURS) as later:
        again = wait_good(lambda: json.loads(later.next()), lambda message: message["type"] == "history")
        assert again == told


def test_memory_is_that_of_all_pictures(start):
    """Earlier pictures go before any that is shown, the oldest first; and the log says so."""
    daemon = start("--max-memory", "3M")
    big = [named(name) [:-1] + f', "fill": "{"x" * 700000}"}}' for name in "abcdef"]
    Kernel(daemon.port, "/s/other/").send_and_settle(named("kept"))
    for number, message in enumerate(big, 1):
        daemon.send(message)
        wait_until(lambda number=number: history(daemon)["number"] == number)
        wait_until(lambda: file_of(daemon).status in (200, 422), what="its file")
    assert daemon.metric("picture_bytes") < 3 << 20
    assert daemon.metric("pictures_dropped_total") == 0 < daemon.metric("history_dropped_total")
    assert set(steps(daemon)) < set("abcde") and steps(daemon)[-1:] in (["e"], [])
    assert get(daemon.port, "/s/other/model.msg").status == 200
    assert daemon.lines("memory limit: dropped")


def test_steps_are_compared(start):
    daemon = start()
    daemon.send(recorded("assembly-model"))
    wait_until(lambda: file_of(daemon).status == 200)
    daemon.send(changed(recorded("assembly-model"), recolour))
    wait_until(lambda: history(daemon)["steps"])
    report = ask(daemon, "GET", f"{BASE}/default/compare?step=-1&with=default").json
    assert counts(report)["recoloured"] == 1 and not report["same"]
    assert ask(daemon, "GET", f"{BASE}/default/compare?with=default@1").json["counts"] == report["counts"]
    assert ask(daemon, "GET", f"{BASE}/default/compare?step=1&with=default@-1").json["same"]
    picture = ask(daemon, "GET", f"{BASE}/default/compare.png?step=-1&with=default&width=80&height=60")
    assert picture.status == 200 and picture.body.startswith(b"\x89PNG")
    shown = ask(daemon, "PUT", f"{BASE}/diff/compare", {"from": "default@-1", "to": "default"})
    assert shown.json["counts"] == report["counts"]
    assert "step" in detail(daemon, 404, "GET", f"{BASE}/default/compare?step=9&with=default")
    assert "step" in detail(daemon, 400, "GET", f"{BASE}/default/compare?with=default@x")
    assert "SESSION@STEP" in detail(daemon, 400, "GET", f"{BASE}/default/compare?with=@1")


def step_files(folder):
    return sorted(path.name for path in folder.glob("*.step"))


def test_a_restart_keeps_it(start, tmp_path):
    folder = tmp_path / "pictures"
    daemon = start("--state-dir", folder)
    show(daemon, "a")
    daemon.send(UI)
    show(daemon, "b", "c")
    show(daemon, "p", "q", session="Other")
    before, small = history(daemon), get(daemon.port, "/picture.png?step=1").body
    model = get(daemon.port, "/model.msg?step=1").body
    assert daemon.stop() == 0
    again = start("--state-dir", folder)
    wait_equal(lambda: history(again), before)
    wait_equal(lambda: steps(again, "Other"), ["p"])
    assert get(again.port, "/model.msg?step=1").body == model
    assert get(again.port, "/picture.png?step=1").body == small
    assert json.loads(get(again.port, "/history?step=1").body)["messages"][0]["config"] == {"axes": True}
    show(again, "d")
    assert [(step["number"], step["name"]) for step in history(again)["steps"]] == [(1, "a"), (2, "b"), (3, "c")]
    files = step_files(folder)
    assert again.stop() == 0
    assert len(step_files(folder)) == 4 and set(files) <= set(step_files(folder))


def test_what_the_history_has_no_more_is_not_on_the_disk(start, tmp_path):
    folder = tmp_path / "pictures"
    daemon = start("--state-dir", folder, "--history", 2)
    show(daemon, "a", "b", "c")
    wait_until(lambda: len(step_files(folder)) == 2, what="two files")
    show(daemon, "p", "q", session="gone")
    wait_until(lambda: len(step_files(folder)) == 3, what="that of the other session")
    show(daemon, "d")
    wait_equal(lambda: [int(name.split(".")[1].split("-")[0]) for name in step_files(folder)], [2, 3, 1])
    daemon.send(recorded("clear"), "gone")
    wait_until(lambda: not any(name.startswith("gone") for name in step_files(folder)), what="its removal")
    assert daemon.stop() == 0
    fewer = start("--state-dir", folder, "--history", 1)
    wait_equal(lambda: steps(fewer), ["c"])
    wait_until(lambda: len(step_files(folder)) == 1, what="one file")


def test_a_damaged_step_costs_that_step(start, tmp_path):
    folder = tmp_path / "pictures"
    daemon = start("--state-dir", folder)
    show(daemon, "a", "b", "c")
    assert daemon.stop() == 0
    first, second = step_files(folder)
    data = bytearray((folder / first).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / first).write_bytes(data)
    (folder / second.replace("default", "other")).write_bytes((folder / second).read_bytes())
    (folder / (second + ".tmp")).write_bytes(b"cut off")
    again = start("--state-dir", folder)
    wait_equal(lambda: steps(again), ["b"])
    assert len(again.lines("of its history is not read")) == 2
    wait_equal(lambda: step_files(folder), [second])
    assert not list(folder.glob("*.tmp"))


def test_a_stream_of_shows_is_bounded_and_ends_right(start, tmp_path):
    """As fast as they are taken: the newest is right, as are the last ones before it, once their files are made."""
    daemon = start("--history", 4, "--state-dir", tmp_path / "pictures")
    shows = 300
    with Browser(daemon.port, hello=OURS), Kernel(daemon.port).connect() as kernel:
        for number in range(1, shows + 1):
            kernel.send(named(f"n{number}"))
            if number % 50 == 0:
                assert daemon.metric("history_steps") <= 4
        wait_equal(lambda: steps(daemon), [f"n{shows - back}" for back in (4, 3, 2, 1)], "the last steps")
    wait_until(lambda: f'"n{shows}"'.encode() in file_of(daemon).body, what="the newest")
    assert daemon.metric("history_bytes") == sum(step["bytes"] for step in history(daemon)["steps"])
    assert daemon.stop() == 0
    assert len(step_files(tmp_path / "pictures")) == 4


def test_the_command_compares_steps(start, tmp_path):
    daemon = start()
    daemon.send(recorded("assembly-model"))
    wait_until(lambda: file_of(daemon).status == 200)
    (tmp_path / "before.msg").write_bytes(file_of(daemon).body)
    daemon.send(changed(recorded("assembly-model"), recolour))
    wait_until(lambda: history(daemon)["steps"])

    def diff(*names):
        done = subprocess.run([PROGRAM, "diff", "--port", str(daemon.port), *names], capture_output=True, text=True,
                              env=environment(daemon.home), timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    status, said = diff("default@-1", "default", "--image", tmp_path / "diff.png")
    assert status == 1 and said.startswith("recoloured ") and "1 recoloured" in said, said
    assert (tmp_path / "diff.png").read_bytes().startswith(b"\x89PNG")
    assert diff("default", "default@1")[0] == 1
    assert diff("default@1", "default@-1")[0] == 0
    assert diff("default@-1", tmp_path / "before.msg")[0] == 0
    status, said = diff("default@9", "default")
    assert status == 2 and "step" in said
    assert diff("default@x", "default")[0] == 2
