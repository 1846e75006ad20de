# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Makes the shows of ``ocp_viewer`` and ``ocp_vscode`` fast: ``import cadcast.fast``, or
``%load_ext cadcast`` in a notebook.

Their ``show`` and its relatives keep their names, signatures and results. Before a cadcast server
they send shapes, which the server meshes in parallel and keeps; before any other server, and for what
only triangles can carry, they send what they always sent. So do all shows of a client that is too old,
or too new, for this; that is said once.
"""
from __future__ import annotations

import importlib
from typing import Any

__all__ = ["disable", "enable", "enabled", "last"]


def _load() -> Any:
    try:
        return importlib.import_module("._hooks", __package__)
    except ImportError as error:
        print(f"cadcast: shows send triangles as before: this needs ocp_viewer, or ocp_vscode from 4.0 on ({error})",
              flush=True)
        return None


_hooks = _load()


def enabled() -> bool:
    """Whether the clients' shows are fast now."""
    return _hooks is not None and bool(_hooks.enabled())


def enable() -> None:
    """Makes the clients' shows fast, if the client allows it. Does nothing the second time."""
    if _hooks is not None:
        _hooks.enable()


def disable() -> None:
    """Takes it back: the clients send triangles again."""
    if _hooks is not None:
        _hooks.disable()


def last() -> dict[str, Any] | None:
    """The server's answer to the last fast show: parts, meshed, cached, milliseconds, notices."""
    answer: dict[str, Any] | None = None if _hooks is None else _hooks.last()
    return answer


enable()
