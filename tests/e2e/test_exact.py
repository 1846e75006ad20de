# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Shows that send geometry: what is asked for, what is shown, and what each fault costs. The helper
is a fake one that does as the shapes say; test_exact_geometry.py has the real one."""
import json
import os
import signal
import time

import cadmodel
import pytest
from conftest import recorded
from daemon import wait_until
from exact import ExactKernel, FakeHelper, hash_of, leaf, message, plan, shape
from peers import Browser, Kernel
from slow import SLOW
from websockets.exceptions import ConnectionClosed
from wire import BINARY, TEXT, frame, get

OURS = json.dumps({"viewer": "cadcast", "id": "w1", "formats": ["binary"], "version": "0"})


@pytest.fixture
def helper(tmp_path):
    return FakeHelper(tmp_path)


@pytest.fixture
def exact(start, helper):
    """A daemon with the fake helper."""
    return start("--mesh-processes", 2, variables=helper.variables)


def our_page(daemon):
    return Browser(daemon.port, hello=OURS)


def model_of(page, kind="model", preview=False):
    """The next message of that type; a preview only if it is asked for."""
    while True:
        got = json.loads(page.next())
        if got.get("type") == kind and bool(got.get("preview")) == preview:
            return got


def fetch(daemon, model):
    response = get(daemon.port, "/" + model["url"])
    assert response.status == 200
    assert len(response.body) == model["bytes"]
    return response.body


def shown(daemon):
    """The names of the parts that a new page gets; none if there is no picture."""
    with our_page(daemon) as page:
        while (got := json.loads(page.next())).get("type") not in ("model", "empty"):
            pass
        if got["type"] == "empty":
            return []
        tree = cadmodel.decode(fetch(daemon, got))["data"]["shapes"]
        return [part["name"] for part in tree["parts"]]


def quiet_metric(daemon, name, value):
    wait_until(lambda: daemon.metric(name) == value, what=f"{name} = {value}")


def test_a_show_is_meshed_and_shown(exact, helper):
    shapes = [shape("a", size=1), shape("b", size=3)]
    with our_page(exact) as page, ExactKernel(exact.port) as kernel:
        want, answer = kernel.show(shapes)
        assert want == [0, 1]
        assert answer == {**answer, "ok": True, "parts": 2, "meshed": 2, "cached": 0, "notices": []}
        file = cadmodel.decode(fetch(exact, model_of(page)))
    assert sorted(helper.names()) == ["a", "b"]
    assert {(each["deviation"], each["angle"]) for each in helper.notes()} == {(0.1, 0.2)}
    assert file["type"] == "data" and file["count"] == 2 and file["config"]["axes"] is True
    assert [part["shape"] for part in file["data"]["shapes"]["parts"]] == [{"ref": 0}, {"ref": 1}]
    assert file["data"]["shapes"]["bb"] == {"xmin": 0, "xmax": 5, "ymin": 0, "ymax": 3, "zmin": 0, "zmax": 3}
    assert exact.lines("2 parts from") and exact.metric("shows_total") == 1


def test_an_unchanged_show_is_neither_sent_nor_meshed_again(exact, helper):
    shapes = [shape(f"s{n}") for n in range(20)]
    with ExactKernel(exact.port) as kernel:
        kernel.show(shapes)
    shapes[7] = shape("changed")
    with ExactKernel(exact.port) as kernel:
        want, answer = kernel.show(shapes)
        assert want == [7] and (answer["meshed"], answer["cached"]) == (1, 19)
        want, answer = kernel.show(shapes)
        assert want == [] and (answer["ok"], answer["meshed"], answer["cached"]) == (True, 0, 20)
    assert len(helper.notes()) == 21
    assert exact.metric("exact_meshed_total") == 21 and exact.metric("exact_cached_total") == 39


def test_sessions_share_shapes_and_another_deviation_is_another_mesh(exact, helper):
    shapes = [shape("a")]
    with ExactKernel(exact.port) as kernel:
        kernel.show(shapes)
    with ExactKernel(exact.port, "/s/other/") as kernel:
        assert kernel.show(shapes)[0] == []
        finer = plan(shapes, mesh={"deviation": 0.01, "angular_tolerance": 0.2})
        want, answer = kernel.show(shapes, payload=finer)
        assert want == [] and answer["meshed"] == 1
    assert [each["deviation"] for each in helper.notes()] == [0.1, 0.01]


def test_equal_shapes_are_asked_for_once(exact, helper):
    shapes = [shape("a"), shape("a"), shape("b")]
    with ExactKernel(exact.port) as kernel:
        want, answer = kernel.show(shapes)
        assert want == [0, 2] and answer["parts"] == 3
    assert sorted(helper.names()) == ["a", "b"]


def test_other_viewers_get_the_same_as_text(exact):
    """As an ordinary `D`, whether they are there at the show or come later."""
    with Browser(exact.port) as there, our_page(exact) as page, ExactKernel(exact.port) as kernel:
        there.settle()
        kernel.show([shape("a"), shape("b")])
        file = cadmodel.decode(fetch(exact, model_of(page)))
        assert cadmodel.expect(there.next()) == file
        with Browser(exact.port) as later:
            assert cadmodel.expect(later.next()) == file
        page.send('U:{"command":"verbatim"}')
        assert cadmodel.expect(json.dumps(model_of(page, "data"))) == file


def test_settings_and_animations_follow_the_picture(exact):
    with ExactKernel(exact.port) as kernel:
        kernel.show([shape("a")])
    exact.send('S:{"type":"ui","config":{"axes":false}}')
    with Browser(exact.port) as browser:
        assert json.loads(browser.next())["type"] == "data"
        assert json.loads(browser.next()) == {"type": "ui", "config": {"axes": False}}


def test_a_model_and_a_clear_end_a_show(exact):
    for newer in (recorded("box-model"), recorded("clear")):
        with ExactKernel(exact.port) as kernel:
            kernel.begin(plan([shape("a")]))
            assert kernel.wanted() == [0]
            exact.send(newer)
            answer = kernel.answer()
            assert not answer["ok"] and "newer" in answer["error"]
            kernel.send([shape("a")])
    assert shown(exact) == []


def test_the_newest_of_two_shows_wins(exact, helper, tmp_path):
    """And the meshing of the older one ends."""
    gate = tmp_path / "gate"
    with ExactKernel(exact.port) as old, ExactKernel(exact.port) as new:
        old_shapes = [shape(f"old{n}", "wait", until=str(gate)) for n in range(10)]
        old.begin(plan(old_shapes))
        old.wanted()
        old.send(old_shapes)
        wait_until(lambda: len(helper.notes()) == 2)
        want, answer = new.show([shape("new")], [leaf("/Group/new", 0)])
        assert answer["ok"]
        answer = old.answer()
        assert not answer["ok"] and "newer" in answer["error"]
    gate.touch()
    assert shown(exact) == ["new"]
    quiet_metric(exact, "mesh_waiting", 0)
    assert len([name for name in helper.names() if name.startswith("old")]) == 2


def test_progress_is_told(exact, tmp_path):
    gates = [tmp_path / f"gate{n}" for n in range(4)]
    shapes = [shape(f"s{n}", "wait", until=str(gate)) for n, gate in enumerate(gates)]
    with ExactKernel(exact.port) as kernel:
        kernel.begin(plan(shapes))
        kernel.wanted()
        kernel.send(shapes)
        for gate in gates[:-1]:
            time.sleep(0.12)  # longer than the pause between two messages
            gate.touch()
            kernel.next_progress()
        gates[-1].touch()
        assert kernel.answer()["ok"]
    assert all(each["of"] == 4 for each in kernel.progress)
    assert [each["done"] for each in kernel.progress][:3] == [1, 2, 3]


@pytest.mark.parametrize("do, more, why", [
    ("crash", {}, "crashed"),
    ("fail", {"reason": "it is no shape"}, "it is no shape"),
    ("garbage", {}, "damaged"),
    ("empty", {}, "nothing to draw"),
])
def test_a_shape_that_cannot_be_meshed_is_named_and_the_rest_is_shown(exact, do, more, why):
    with our_page(exact) as page, ExactKernel(exact.port) as kernel:
        _, answer = kernel.show([shape("bad", do, **more), shape("good")])
        assert answer["ok"] and answer["parts"] == 1
        assert len(answer["notices"]) == 1
        assert answer["notices"][0].startswith("/Group/part0: ") and why in answer["notices"][0]
        model_of(page)
    assert shown(exact) == ["part1"]


def test_a_show_of_which_nothing_can_be_drawn_leaves_the_picture(exact):
    exact.send(recorded("box-model"))
    with our_page(exact) as page, ExactKernel(exact.port) as kernel:
        model_of(page)
        _, answer = kernel.show([shape("bad", "crash")])
        assert not answer["ok"] and "/Group/part0" in answer["error"]
        assert "was refused" in model_of(page, "notice")["text"]
    assert shown(exact) == ["Solid"]
    assert exact.lines("was refused")


def test_a_helper_that_is_killed_costs_nothing(exact, helper, tmp_path):
    """The shape that it had is given to the next one."""
    gate = tmp_path / "gate"
    shapes = [shape(f"s{n}", "wait", until=str(gate)) for n in range(3)]
    with ExactKernel(exact.port) as kernel:
        kernel.begin(plan(shapes))
        kernel.wanted()
        kernel.send(shapes)
        for each in wait_until(lambda: len(notes := helper.notes()) == 2 and notes):
            os.kill(each["pid"], signal.SIGKILL)
        wait_until(lambda: len(helper.notes()) == 4)
        gate.touch()
        answer = kernel.answer()
        assert answer["ok"] and answer["meshed"] == 3 and answer["notices"] == []


def test_a_shape_that_is_too_slow_is_shown_as_its_edges(start, helper):
    # The start of a helper counts too.
    daemon = start("--mesh-processes", 1, "--mesh-timeout", 3 * SLOW, variables=helper.variables)
    with our_page(daemon) as page, ExactKernel(daemon.port) as kernel:
        _, answer = kernel.show([shape("slow", "slow"), shape("good")])
        assert answer["ok"] and answer["parts"] == 2 and "--mesh-timeout" in answer["notices"][0]
        parts = cadmodel.decode(fetch(daemon, model_of(page)))["data"]["shapes"]["parts"]
        assert [part["type"] for part in parts] == ["edges", "shapes"]
        assert parts[0]["state"] == [3, 1] and "segments_per_edge" in parts[0]["shape"]
        # It is not taken for a mesh of its faces later.
        assert kernel.show([shape("slow", "slow"), shape("good")])[1]["meshed"] == 1


@pytest.mark.parametrize("stage", ["E", "want", "half", "all"])
def test_a_kernel_that_dies_leaves_the_old_picture(exact, helper, tmp_path, stage):
    exact.send(recorded("box-model"))
    gate = tmp_path / "gate"
    shapes = [shape("a", "wait", until=str(gate)), shape("b", "wait", until=str(gate))]
    with ExactKernel(exact.port) as kernel:
        kernel.begin(plan(shapes))
        if stage != "E":
            kernel.wanted()
        if stage in ("half", "all"):
            kernel.send(shapes[:1] if stage == "half" else shapes)
            wait_until(helper.notes)
        kernel.socket.socket.close()
    wait_until(lambda: exact.metric("connections") <= 1)  # the one that asks
    assert stage == "E" or exact.lines("left before it was complete")
    gate.touch()
    assert shown(exact) == ["Solid"]
    quiet_metric(exact, "mesh_waiting", 0)
    with ExactKernel(exact.port) as kernel:
        assert kernel.show([shape("c")])[1]["ok"]


def test_bytes_with_another_hash_are_refused(exact):
    with ExactKernel(exact.port) as kernel:
        for size in (10, 100_000):  # checked at once, and on the pool
            good = shape("a" * size)
            bad = bytearray(message(good))
            bad[-1] ^= 1
            kernel.begin(plan([good]))
            assert kernel.wanted() == [0]
            kernel.socket.send(bytes(bad))
            answer = kernel.answer()
            assert not answer["ok"] and "hash" in answer["error"]
        assert kernel.show([shape("good")])[1]["ok"]
    assert len(exact.lines("another hash")) == 2


def test_shapes_that_were_not_asked_for_are_refused(exact):
    with ExactKernel(exact.port) as kernel:
        kernel.begin(plan([shape("a")]))
        assert kernel.wanted() == [0]
        kernel.send([shape("other")])
        answer = kernel.answer()
        assert not answer["ok"] and "not asked for" in answer["error"]
        kernel.send([shape("a")])  # its show is over
        assert kernel.show([shape("a")])[1]["ok"]
        kernel.begin(plan([shape("a"), shape("b")]))
        assert kernel.wanted() == [1]
        kernel.send([shape("a")])
        assert "not asked for" in kernel.answer()["error"]
    with ExactKernel(exact.port) as kernel:
        kernel.begin(plan([shape("long")]) | {"shapes": [{"hash": hash_of(shape("long")), "bytes": 7}]})
        kernel.wanted()
        kernel.send([shape("long")])
        assert "and not 7" in kernel.answer()["error"]


def test_a_declared_size_costs_nothing(exact):
    """A gigabyte that is declared and does not come is not reserved, nor waited for by others."""
    most = int(json.loads(get(exact.port, "/api/exact").body)["max_shape"])
    before = exact.rss()
    with ExactKernel(exact.port) as kernel:
        kernel.begin(plan([shape("a")]) | {"shapes": [{"hash": "0" * 64, "bytes": min(most, 1 << 30)}]})
        assert kernel.wanted() == [0]
        # And a frame that claims to be all of it, and stops after its hash.
        kernel.socket.socket.sendall(frame(BINARY, b"F:" + bytes(32), size=min(most, 1 << 30)))
        with ExactKernel(exact.port) as other:
            assert other.show([shape("b")])[1]["ok"]
        assert not kernel.answer()["ok"]
    assert shown(exact) == ["part0"]
    assert exact.grown(before) < 50 << 20


@pytest.mark.parametrize("change, why", [
    ({"version": 2}, "version"),
    ({"shapes": [{"hash": "zz", "bytes": 3}]}, "hash"),
    ({"shapes": [{"hash": "0" * 64, "bytes": 1 << 60}]}, "over the limit"),
    ({"tree": {"id": "/a", "name": "a", "parts": [{"id": "/a/b", "name": "b", "shape": {"ref": 9}}]}}, "no shape"),
    ({"config": None}, "config"),
    ({"padding": "x" * 40_000, "count": "many"}, "count"),
])
def test_a_bad_show_is_refused_with_its_reason(exact, change, why):
    with our_page(exact) as page, ExactKernel(exact.port) as kernel:
        page.settle()
        kernel.begin(plan([shape("a")]) | change)
        answer = kernel.answer()
        assert not answer["ok"] and why in answer["error"]
        assert why in model_of(page, "notice")["text"]
        assert kernel.show([shape("a")])[1]["ok"]
        assert model_of(page, "notice")["text"] == ""
    assert len(exact.lines("a show of")) == 1


def test_a_show_without_parts_says_so(exact):
    exact.send(recorded("box-model"))
    with our_page(exact) as page, ExactKernel(exact.port) as kernel:
        kernel.begin(plan([]))
        assert kernel.answer() == {"command": "exact", "ok": True, "parts": 0, "meshed": 0, "cached": 0,
                                   "milliseconds": 0, "notices": []}
        assert "nothing to draw" in model_of(page, "notice")["text"]
    assert shown(exact) == ["Solid"]


def test_only_shapes_need_not_be_text(exact, wire):
    """Binary frames that are not UTF-8 are taken for `F` alone, and only as binary frames."""
    data = b"\xff\xfe" * 100
    for opcode, payload, code in [
        (BINARY, b"D:" + data, 1007), (BINARY, b"E:" + data, 1007), (TEXT, message(data), 1007),
        (BINARY, b"\xffF:" + data, 1007), (BINARY, b"F" + data, 1007),
    ]:
        bad = wire().upgrade()
        bad.send_frame(opcode, payload)
        assert bad.read_close() == code
    pieces = wire().upgrade()
    pieces.send_frame(BINARY, b"F", fin=False)
    pieces.send_frame(0, b":" + data[:33], fin=False)
    pieces.send_frame(0, data)
    pieces.send_frame(TEXT, b'C:"status"')
    assert b'"status"' in pieces.read_message()


def test_a_silent_helper_program_is_not_offered(start, tmp_path):
    daemon = start("--backend", "none")
    assert get(daemon.port, "/api/exact").status == 404
    with ExactKernel(daemon.port) as kernel:
        kernel.begin(plan([shape("a")]))
        assert "cadcast-geometry" in kernel.answer()["error"]


def test_what_a_kernel_may_ask_first(exact):
    about = json.loads(get(exact.port, "/api/exact").body)
    assert about["version"] == 1 and about["max_shape"] > 1 << 20
    assert about == json.loads(get(exact.port, "/s/other/api/exact").body)


def test_a_program_that_does_not_start_is_named(start, tmp_path):
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    daemon = start(variables={"CADCAST_GEOMETRY": str(broken)})
    with ExactKernel(daemon.port) as kernel:
        _, answer = kernel.show([shape("a")])
        assert not answer["ok"] and "does not start" in answer["error"]


def test_the_picture_survives_a_restart(start, helper, tmp_path):
    folder = tmp_path / "pictures"
    daemon = start("--state-dir", folder, variables=helper.variables)
    with our_page(daemon) as page, ExactKernel(daemon.port) as kernel:
        kernel.show([shape("a"), shape("b")])
        file = fetch(daemon, model_of(page))
    assert daemon.stop() == 0
    again = start("--state-dir", folder, variables=helper.variables)
    with our_page(again) as page, Browser(again.port) as other:
        assert fetch(again, model_of(page)) == file
        assert cadmodel.expect(other.next()) == cadmodel.decode(file)
    wait_until(lambda: json.loads(get(again.port, "/status").body)["sessions"][0]["models"] == ["part0", "part1"])


def test_pictures_go_after_what_is_only_kept_for_later(start, helper):
    """Shapes of former shows make room first."""
    daemon = start("--max-memory", "4M", "--max-message", "2M", variables=helper.variables)
    daemon.send(recorded("box-model"), "other")
    with ExactKernel(daemon.port) as kernel:
        for n in range(12):
            want, answer = kernel.show([shape(f"{n}", pad="x" * 500_000)])
            assert want == [0] and answer["ok"]
    assert daemon.metric("exact_store_bytes") < 4 << 20
    assert daemon.metric("pictures_dropped_total") == 0
    with ExactKernel(daemon.port) as kernel:
        kernel.begin(plan([shape(f"{n}", pad="y" * 1_000_000) for n in range(5)]))
        answer = kernel.answer()
        assert not answer["ok"] and "--max-memory is 4M" in answer["error"]


def test_many_shows_at_once_each_get_an_answer(exact):
    kernels = [ExactKernel(exact.port, f"/s/k{n % 3}/") for n in range(9)]
    shapes = [[shape(f"{n}.{k}") for k in range(5)] for n in range(9)]
    for number, (kernel, mine) in enumerate(zip(kernels, shapes), 1):
        kernel.begin(plan(mine))
        # Connections have no order among themselves.
        wait_until(lambda number=number: f'messages_total{{kind="E"}} {number}\n' in get(exact.port, "/metrics").body.decode())
    answers = []
    for kernel, mine in zip(kernels, shapes):
        try:
            want = kernel.answer()
            if "want" in want:
                kernel.send(mine[n] for n in want["want"])
                answers.append(kernel.answer())
            else:
                answers.append(want)
        except ConnectionClosed:
            pytest.fail("a kernel was not answered")
    for n in range(9):
        assert answers[n]["ok"] == (n >= 6), answers
    for kernel in kernels:
        kernel.close()


def test_a_screenshot_waits_for_the_show_that_is_on_its_way(exact, tmp_path):
    with our_page(exact) as page, ExactKernel(exact.port) as kernel:
        page.settle()
        kernel.begin(plan([shape("a")]))
        kernel.wanted()
        Kernel(exact.port).send(f'C:{{"type":"screenshot","filename":"{tmp_path}/x.png"}}')
        kernel.send([shape("a")])
        assert kernel.answer()["ok"]
        order = []
        while len(order) < 2:
            got = json.loads(page.next())["type"]
            if got in ("model", "screenshot"):
                order.append(got)
        assert order == ["model", "screenshot"]


def meshes_on_disk(folder):
    return sorted(folder.glob("meshes/*.mesh"))


def test_meshes_survive_a_restart(start, helper, tmp_path):
    """The shapes are sent again, and not meshed again, unless their file is damaged."""
    folder = tmp_path / "pictures"
    shapes = [shape("a"), shape("b")]
    daemon = start("--state-dir", folder, variables=helper.variables)
    with ExactKernel(daemon.port) as kernel:
        kernel.show(shapes)
    wait_until(lambda: len(meshes_on_disk(folder)) == 2)
    assert daemon.stop() == 0
    again = start("--state-dir", folder, variables=helper.variables)
    with ExactKernel(again.port) as kernel:
        want, answer = kernel.show(shapes)
        assert want == [0, 1] and (answer["meshed"], answer["cached"]) == (0, 2)
        assert kernel.show(shapes)[1]["cached"] == 2
        finer = plan(shapes, mesh={"deviation": 0.01, "angular_tolerance": 0.2})
        assert kernel.show(shapes, payload=finer)[1]["meshed"] == 2
    assert len(helper.notes()) == 4
    wait_until(lambda: len(meshes_on_disk(folder)) == 4)
    assert again.stop() == 0
    for n, path in enumerate(meshes_on_disk(folder)):
        data = bytearray(path.read_bytes())
        data[-1 if n % 2 else 9] ^= 1
        path.write_bytes(data[:-5] if n == 2 else data)
    last = start("--state-dir", folder, variables=helper.variables)
    with ExactKernel(last.port) as kernel:
        assert kernel.show(shapes)[1]["meshed"] == 2
    assert len(last.lines("was damaged and is removed")) == 2


def test_meshes_on_disk_are_bounded(start, helper, tmp_path):
    folder = tmp_path / "pictures"
    daemon = start("--state-dir", folder, "--mesh-cache", "20K", variables=helper.variables)
    with ExactKernel(daemon.port) as kernel:
        for n in range(20):
            assert kernel.show([shape(f"s{n}")])[1]["ok"]
    wait_until(lambda: len(meshes_on_disk(folder)) > 3)
    assert daemon.stop() == 0
    assert sum(path.stat().st_size for path in meshes_on_disk(folder)) <= 20 << 10


def test_meshes_that_cannot_be_kept_are_one_line(start, helper, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "meshes").write_text("no folder")
    daemon = start("--state-dir", folder, variables=helper.variables)
    with ExactKernel(daemon.port) as kernel:
        for n in range(3):
            assert kernel.show([shape(f"s{n}")])[1]["ok"]
    wait_until(lambda: daemon.metric("pool_jobs") == 0)
    assert len(daemon.lines("meshes cannot be kept")) == 1


BIG = "x" * 300_000  # such a shape is meshed coarsely first
COARSE = 1  # of the flags that the helper gets


def begin_slowly(kernel, gate):
    """A show of a small shape and of a large one that is meshed when there is a gate."""
    shapes = [shape("large", "wait", until=str(gate), pad=BIG), shape("small")]
    kernel.begin(plan(shapes))
    kernel.wanted()
    kernel.send(shapes)


def test_a_show_that_takes_long_is_previewed(exact, helper, tmp_path):
    """In our pages: the picture stays until the show is complete, and other viewers wait for that."""
    gate = tmp_path / "gate"
    exact.send(recorded("box-model"))
    with our_page(exact) as page, Browser(exact.port) as other, ExactKernel(exact.port) as kernel:
        assert "preview" not in model_of(page)
        other.settle()
        begin_slowly(kernel, gate)
        preview = model_of(page, preview=True)
        assert "refines" not in preview
        parts = cadmodel.decode(fetch(exact, preview))["data"]["shapes"]["parts"]
        assert [part["name"] for part in parts] == ["part0", "part1"]
        assert shown(exact) == ["Solid"]
        gate.touch()
        assert kernel.answer()["ok"]
        final = model_of(page)
        assert "preview" not in final and final["refines"] is True and final["number"] == preview["number"]
        assert fetch(exact, final)
        assert get(exact.port, "/" + preview["url"]).status in (200, 204)
        assert json.loads(other.next())["data"]["shapes"]["parts"][0]["name"] == "Solid"
        assert json.loads(other.next())["data"]["shapes"]["parts"][0]["name"] == "part0"
    assert [each["flags"] & COARSE for each in helper.notes() if each["name"] == "large"].count(COARSE) == 1
    with our_page(exact) as page:
        assert "preview" not in (got := model_of(page)) and got["number"] == final["number"]


def test_edges_come_before_a_coarse_mesh_that_takes_long(exact, helper, tmp_path):
    gate = tmp_path / "gate"
    shapes = [shape(f"large{n}", "wait coarse", until=str(gate), pad=BIG) for n in range(3)] + [shape("small")]
    with our_page(exact) as page, ExactKernel(exact.port) as kernel:
        kernel.begin(plan(shapes))
        kernel.wanted()
        kernel.send(shapes)
        parts = cadmodel.decode(fetch(exact, model_of(page, preview=True)))["data"]["shapes"]["parts"]
        assert {part["type"] for part in parts if part["name"] != "part3"} == {"edges"}
        gate.touch()
        answer = kernel.answer()
        assert answer["ok"] and answer["meshed"] == 4 and answer["notices"] == []
        final = model_of(page)
        assert final["refines"] is True
        parts = cadmodel.decode(fetch(exact, final))["data"]["shapes"]["parts"]
        assert [part["type"] for part in parts] == ["shapes"] * 4


def test_the_picture_comes_back_if_a_previewed_show_ends(exact, tmp_path):
    exact.send(recorded("box-model"))
    with our_page(exact) as page:
        before = model_of(page)
        with ExactKernel(exact.port) as kernel:
            begin_slowly(kernel, tmp_path / "never")
            model_of(page, preview=True)
            kernel.socket.socket.close()
        assert model_of(page) == before
    assert shown(exact) == ["Solid"]


def test_a_preview_of_nothing_before_it_goes_with_its_show(exact, tmp_path):
    with our_page(exact) as page:
        model_of(page, "empty")
        with ExactKernel(exact.port) as kernel:
            begin_slowly(kernel, tmp_path / "never")
            model_of(page, preview=True)
            exact.send(recorded("clear"))
            assert not kernel.answer()["ok"]
        model_of(page, "empty")


def test_what_is_ready_is_previewed_again_and_again(exact, tmp_path):
    """With more parts each time."""
    gates = [tmp_path / f"gate{n}" for n in range(3)]
    shapes = [shape("ready")] + [shape(f"s{n}", "wait", until=str(gate)) for n, gate in enumerate(gates)]
    with our_page(exact) as page, ExactKernel(exact.port) as kernel:
        kernel.begin(plan(shapes))
        kernel.wanted()
        kernel.send(shapes)
        counts = []
        for gate in gates[:2]:
            got = model_of(page, preview=True)
            assert got.get("refines", False) == (counts != [])
            counts.append(len(cadmodel.decode(fetch(exact, got))["data"]["shapes"]["parts"]))
            gate.touch()
        gates[2].touch()
        assert kernel.answer()["parts"] == 4
    assert counts == [1, 2]


def test_helpers_that_are_killed_again_and_again_cost_no_show(exact, helper, tmp_path):
    """CADCAST_FAULTS says how often."""
    for n in range(int(os.environ.get("CADCAST_FAULTS", "20")) // 2):
        gate = tmp_path / f"gate{n}"
        shapes = [shape(f"{n}a", "wait", until=str(gate)), shape(f"{n}b", "wait", until=str(gate))]
        with ExactKernel(exact.port) as kernel:
            before = len(helper.notes())
            kernel.begin(plan(shapes))
            kernel.wanted()
            kernel.send(shapes)
            wait_until(lambda seen=before: len(helper.notes()) == seen + 2)
            for each in helper.notes()[before:]:
                os.kill(each["pid"], signal.SIGKILL)
            gate.touch()
            answer = kernel.answer()
            assert answer["ok"] and answer["parts"] == 2 and answer["notices"] == []


def test_a_model_is_newer_than_a_show_whose_plan_is_still_read(exact):
    with ExactKernel(exact.port) as kernel:
        kernel.begin(plan([shape("a")], padding="x" * 20_000_000))
        wait_until(lambda: 'messages_total{kind="E"} 1' in get(exact.port, "/metrics").body.decode())
        exact.send(recorded("box-model"))
        answer = kernel.answer()
        if "want" in answer:  # it was read by then
            answer = kernel.answer()
        assert not answer["ok"] and answer["replaced"]
    assert shown(exact) == ["Solid"]


def test_what_a_plan_takes_counts_as_memory(start, helper):
    daemon = start("--max-memory", "64M", "--max-message", "32M", variables=helper.variables)
    with ExactKernel(daemon.port) as kernel:
        kernel.begin(plan([shape("a")], padding="x" * 10_000_000))
        answer = kernel.answer()
        assert not answer["ok"] and "--max-memory is 64M" in answer["error"]
        assert kernel.show([shape("a")])[1]["ok"]
