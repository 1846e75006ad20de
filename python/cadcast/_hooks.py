# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What cadcast.fast puts between the clients' own functions: the conversion stays theirs, and shapes
are sent in place of triangles."""
from __future__ import annotations

import functools
import os
from typing import Any

from ocp_tessellate import convert as _convert
from ocp_viewer_core import show as _show
from ocp_viewer_core.codec import default as _default
from ocp_viewer_core.comms import is_pytest as _is_pytest
from ocp_viewer_core.websocket import WebSocketComms as _Comms

from . import _exact, _program


class _State:
    """What the hooks share: the show in progress, and what the process remembers."""

    def __init__(self) -> None:
        self.memory = _exact.Memory()
        self.servers = _exact.Servers()
        self.comms: Any = None       # the transport of the show in progress
        self.sent = False            # the show in progress went the new way: no exact geometry follows
        self.said: set[str] = set()
        self.last: dict[str, Any] | None = None
        self.originals: dict[str, Any] = {}

    def say(self, text: str) -> None:
        """Says it once in the life of the process."""
        if text not in self.said:
            self.said.add(text)
            print(f"cadcast: {text}", flush=True)


_state = _State()


def _port(comms: Any) -> int:
    port = comms.call_port
    return int(comms.port if port is None else port)


def _send(original: Any, comms: Any, data: Any, message_type: Any, port: Any = None, timeit: bool = False) -> Any:
    # A show asks for settings first: meanwhile the server is asked, and makes itself ready.
    _state.servers.ask(comms.host, int(comms.port if port is None else port))
    return original(comms, data, message_type, port, timeit)


def _begin(original: Any, comms: Any, keywords: Any) -> None:
    original(comms, keywords)
    _state.comms = comms
    _state.sent = False
    _state.memory.begin()


def _end(original: Any, comms: Any) -> None:
    original(comms)
    _state.comms = None
    _state.sent = False
    _state.memory.end()


def _create_cache_id(original: Any, obj: Any) -> str:
    """The hash of a shape's bytes, which is what the client itself computes, but only once."""
    if _state.comms is not None and hasattr(obj, "TShape") and hasattr(obj, "NbChildren"):
        return _state.memory.write(obj).digest
    return str(original(obj))


def _get_instance(original: Any, converter: Any, obj: Any, cache_id: str, name: str) -> Any:
    """The number of a shape among the converter's instances, by a table: the client looks through all."""
    if _state.comms is None:
        return original(converter, obj, cache_id, name)
    known = converter.__dict__.setdefault("_cadcast_instances", {})
    shape = obj.TShape()
    if shape in known:
        if converter.progress is not None:
            converter.progress.update("-")
        return known[shape], obj.Location()
    others, converter.instances = converter.instances, []
    try:
        _, loc = original(converter, obj, cache_id, name)
        others += converter.instances
    finally:
        converter.instances = others
    known[shape] = len(others) - 1
    return known[shape], loc


def _tessellate_group(
    original: Any, group: Any, instances: Any, kwargs: Any = None, progress: Any = None, timeit: bool = False
) -> Any:
    def old() -> Any:
        return original(group, instances, kwargs, progress, timeit)

    comms = _state.comms
    if comms is None or _is_pytest() or not _state.servers.take_shapes(comms.host, _port(comms)):
        return old()
    try:
        planned = _exact.plan_show(group, instances, kwargs or {}, _state.memory, old)
    except Exception as error:
        _state.say(f"this show goes the old way: {type(error).__name__}: {error}")
        return old()
    return old() if planned is None else planned


def _send_data(original: Any, comms: Any, data: Any, timeit: bool = False) -> Any:
    model = data.get("data") if isinstance(data, dict) else None
    instances = model.get("instances") if isinstance(model, dict) else None
    if not instances or not isinstance(instances[0], _exact.Part):
        return original(comms, data, timeit)
    plan = instances[0].plan
    try:
        quiet = comms.keywords.get("progress") == ""
        _state.last = _exact.send(f"{comms.url}:{_port(comms)}", plan, data, _default, quiet)
        _state.sent = True
        for notice in _state.last.get("notices", ()):
            print(f"cadcast: {notice}", flush=True)
    except _exact.Superseded:
        _state.sent = True
    except _exact.Refused as error:
        _state.servers.forget()
        print(f"cadcast: this show goes the old way: {error}", flush=True)
        return original(comms, _exact.old_model(plan, data), timeit)
    return None


def _send_backend(original: Any, comms: Any, data: Any, timeit: bool = False) -> Any:
    # The server has the exact geometry already.
    return None if _state.sent else original(comms, data, timeit)


_HOOKS = [
    (_Comms, "begin", _begin),
    (_Comms, "end", _end),
    (_Comms, "_send", _send),
    (_Comms, "send_data", _send_data),
    (_Comms, "send_backend", _send_backend),
    (_convert, "create_cache_id", _create_cache_id),
    (_convert.OcpConverter, "get_instance", _get_instance),
    (_show, "tessellate_group", _tessellate_group),
]


def _hook(owner: Any, name: str, hook: Any) -> None:
    original = getattr(owner, name)
    _state.originals[f"{owner.__name__}.{name}"] = (owner, name, owner.__dict__.get(name))

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        return hook(original, *args, **kwargs)

    setattr(owner, name, call)


def _wake_server() -> None:
    """Asks the server that the client will find: it starts its helper, which takes longer to start than
    a first small show to be sent. Of several servers the client lets the user choose."""
    port = os.environ.get("OCP_PORT", "")
    ports = [int(port)] if port.isdigit() else _program.registered_ports()
    if len(ports) == 1:
        _state.servers.ask("127.0.0.1", ports[0])


def enabled() -> bool:
    return bool(_state.originals)


def enable() -> None:
    if enabled():
        return
    try:
        for owner, name, hook in _HOOKS:
            _hook(owner, name, hook)
    except AttributeError as error:
        disable()
        _state.say(f"shows send triangles as before: this client is too new ({error})")
        return
    _state.say("shows send shapes to a cadcast server, which makes the triangles")
    _wake_server()


def disable() -> None:
    for owner, name, original in _state.originals.values():
        if original is None:
            delattr(owner, name)
        else:
            setattr(owner, name, original)
    _state.originals.clear()


def last() -> dict[str, Any] | None:
    return _state.last
