# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""cadcast: shows the CAD models of Python scripts and notebooks in a browser.

This package starts and finds the ``cadcast`` program that its wheel installs, and shows a session
in a notebook's cell. That needs nothing but Python's standard library, and imports no CAD kernel.

>>> import cadcast
>>> cadcast.start()                    # finds the running server of this user, or starts one
>>> cadcast.view("default", height=500)      # the page in a cell, or a link and the reason
>>> cadcast.screenshot()               # the picture of the page, in a cell
>>> cadcast.show(part)                 # as ocp_viewer's or ocp_vscode's show, but faster

``show`` and the clients' other names are theirs: they are imported from the client that is installed,
at the first use, and made fast (``cadcast.fast``). ``status`` is the server's; ``cadcast.client`` has all
names of the client, its ``status`` too.
"""
from __future__ import annotations

import importlib
from typing import Any

from ._notebook import Frame, Link, Picture, view
from ._program import CadcastError, Server, program, start, status, stop
from ._screenshot import screenshot
from ._version import __version__

__all__ = [
    "CadcastError",
    "Frame",
    "Link",
    "Picture",
    "Server",
    "__version__",
    "program",
    "screenshot",
    "start",
    "status",
    "stop",
    "view",
]


def _client() -> Any:
    """The client that is installed, made fast."""
    for name in ("ocp_viewer", "ocp_vscode"):
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            continue
        importlib.import_module("cadcast.fast")
        return module
    raise CadcastError("neither ocp_viewer nor ocp_vscode is installed: pip install ocp_viewer")


def _names(client: Any) -> list[str]:
    """What `from client import *` gives; a client of before 4.0 does not say."""
    return list(getattr(client, "__all__", None) or (name for name in dir(client) if not name.startswith("_")))


def __getattr__(name: str) -> Any:
    if name.startswith("_") or name in ("client", "fast", "jupyter"):
        raise AttributeError(f"module 'cadcast' has no attribute {name!r}")
    try:
        client = _client()
    except CadcastError as error:
        raise AttributeError(f"cadcast.{name}: {error}") from error
    if name not in _names(client):
        raise AttributeError(f"module 'cadcast' has no attribute {name!r}")
    return getattr(client, name)


def load_ipython_extension(_shell: Any) -> None:
    """``%load_ext cadcast``: the clients' shows in this notebook are fast from now on."""
    _client()
