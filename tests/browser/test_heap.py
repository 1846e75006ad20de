# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Nothing stays in the page of the models that it has shown.

20 shows; CADCAST_SHOWS=200 for more of them, by hand.
"""
import json
import os

from conftest import message

SHOWS = int(os.environ.get("CADCAST_SHOWS", "20"))
MODELS = ("box-model", "assembly-model")
PARTS = {"box-model": "Solid", "assembly-model": "arm"}


class Heap:
    """What the page's memory holds once nothing is waiting to be collected."""

    def __init__(self, viewer):
        self.viewer = viewer
        self.devtools = viewer.page.context.new_cdp_session(viewer.page)

    def geometries(self):
        """What the renderer counts on the graphics card."""
        return self.viewer.call("const { memory } = viewer.renderer.info; return [memory.geometries, memory.textures];")

    def of_class(self, expression):
        """How many objects of the class of that one there are."""
        group = {"objectGroup": "heap"}
        prototype = self.devtools.send("Runtime.evaluate", {
            "expression": f"Object.getPrototypeOf({expression})", **group})
        found = self.devtools.send("Runtime.queryObjects", {
            "prototypeObjectId": prototype["result"]["objectId"], **group})
        count = self.devtools.send("Runtime.callFunctionOn", {
            "functionDeclaration": "function () { return this.length; }",
            "objectId": found["objects"]["objectId"], "returnByValue": True})
        self.devtools.send("Runtime.releaseObjectGroup", group)
        return count["result"]["value"]

    def counts(self):
        self.devtools.send("HeapProfiler.collectGarbage")
        counters = self.devtools.send("Memory.getDOMCounters")
        return {
            "listeners": counters["jsEventListeners"],
            "elements": counters["nodes"],
            "graphics": self.geometries(),
            "meshes": self.of_class("cadcast.viewer.rendered.nestedGroup.rootGroup"),
            "viewers": self.of_class("cadcast.viewer"),
        }

    def held(self):
        """Bytes of what there is but compiled code: how much of that there is depends on what the browser finds
        worth compiling, and on the scripts of the test, and not on what the page keeps."""
        chunks = []
        self.devtools.on("HeapProfiler.addHeapSnapshotChunk", lambda event: chunks.append(event["chunk"]))
        self.devtools.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
        snapshot = json.loads("".join(chunks))
        meta = snapshot["snapshot"]["meta"]
        fields, (kinds, *_) = meta["node_fields"], meta["node_types"]
        nodes = snapshot["nodes"]
        types = nodes[fields.index("type")::len(fields)]
        sizes = nodes[fields.index("self_size")::len(fields)]
        return sum(size for kind, size in zip(types, sizes) if kinds[kind] != "code")


def show(daemon, viewer, times):
    """The models in turn, so many times in all, and none is skipped."""
    for each in range(times):
        name = MODELS[each % len(MODELS)]
        viewer.page.evaluate("() => performance.clearMarks('frame')")
        daemon.send(message(name))
        viewer.wait_parts(PARTS[name]).wait_frame()


def test_nothing_is_left_of_what_was_shown(daemon, viewer):
    daemon.start()
    viewer.page.set_viewport_size({"width": 500, "height": 400})
    daemon.send(message(MODELS[-1]))
    viewer.open(daemon.url).live().wait_frame()
    heap = Heap(viewer)
    # What is made once is there after some.
    show(daemon, viewer, 2 * len(MODELS))
    before, held = heap.counts(), heap.held()
    show(daemon, viewer, SHOWS)

    def more():
        now = heap.counts()
        return {what: (before[what], count) for what, count in now.items() if count > before[what]}

    left = more()
    try:
        viewer.wait_until(lambda: not more(), "as few objects as before")
    except AssertionError:
        assert not left, f"what there is more of, before and after {SHOWS} shows: {left}"
        raise
    grown = heap.held() - held
    print(f"{SHOWS} shows: {grown} bytes more; {before}")
    # The browser's own lists of what took long have a limit. One model of two has 200 kB.
    assert grown < 700000, f"{grown} bytes more"
