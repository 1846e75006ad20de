# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The page in a notebook's cell, and what is shown instead where that cannot be.

A page of cadcast may stand only in frames of its own origin and of those named with
--allow-origin (docs/security.md). So a cell's frame needs one of two things: the notebook server's
own proxy (jupyter-server-proxy), which gives the page the notebook's origin and is the one way
that works on JupyterHub; or a cadcast that was started with the notebook's origin.
"""
from __future__ import annotations

import html
import json
import os
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from ._program import Option, Server, start, status

# Seconds, for the notebook server and cadcast, both on this machine; and for a start behind the tile.
_TIMEOUT = 2.0
_TILE_TIMEOUT = 20.0


@dataclass(frozen=True)
class Frame:
    """A cell with the page in it."""

    url: str
    height: int

    def _repr_html_(self) -> str:
        return (
            f'<iframe src="{html.escape(self.url)}" title="cadcast" '
            f'style="width: 100%; height: {self.height}px; border: 0" '
            'allow="clipboard-write; fullscreen"></iframe>'
        )


@dataclass(frozen=True)
class Link:
    """A link to the page, and why the page is not in the cell itself."""

    url: str
    reason: str

    def _repr_html_(self) -> str:
        return (
            f'<a href="{html.escape(self.url)}" target="_blank">{html.escape(self.url)}</a>'
            f"<br>{html.escape(self.reason)}"
        )

    def __str__(self) -> str:
        return f"{self.url}\n{self.reason}"


@dataclass(frozen=True)
class Picture:
    """A PNG that a cell shows; `data` are its bytes."""

    data: bytes

    def _repr_png_(self) -> bytes:
        return self.data

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the picture to a file."""
        Path(path).write_bytes(self.data)


@dataclass(frozen=True)
class _Notebook:
    """The notebook server that this kernel belongs to."""

    url: str  # http://localhost:8888/user/me/, ends with a slash
    base: str  # the path in it
    token: str

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


def _runtime_folders() -> list[Path]:
    """Where Jupyter's servers leave what they are: jupyter_core.paths.jupyter_runtime_dir."""
    named = os.environ.get("JUPYTER_RUNTIME_DIR")
    if named:
        return [Path(named)]
    home = Path.home()
    data = os.environ.get("JUPYTER_DATA_DIR")
    folders = [Path(data) / "runtime"] if data else []
    share = os.environ.get("XDG_DATA_HOME") or str(home / ".local" / "share")
    return folders + [Path(share) / "jupyter" / "runtime", home / "Library" / "Jupyter" / "runtime"]


def _notebook() -> _Notebook | None:
    """The server whose kernel this process is, by its process number; None if there is none."""
    parent = os.environ.get("JPY_PARENT_PID")
    if not parent:
        return None
    for folder in _runtime_folders():
        for kind in ("jpserver", "nbserver"):
            try:
                said = json.loads((folder / f"{kind}-{parent}.json").read_text(encoding="utf-8"))
                return _Notebook(said["url"], said.get("base_url", "/"), said.get("token", ""))
            except (OSError, ValueError, KeyError):
                continue
    return None


def _get(url: str, token: str, timeout: float = _TIMEOUT) -> Any:
    request = urllib.request.Request(url, headers={"Authorization": f"token {token}"} if token else {})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.load(answer)


def _proxied(notebook: _Notebook) -> list[str] | None:
    """The names of what jupyter-server-proxy starts; None where the notebook server has none."""
    try:
        known = _get(notebook.url + "server-proxy/servers-info", notebook.token)
        return [str(each.get("name")) for each in known.get("server_processes", [])]
    except (OSError, ValueError, AttributeError):
        return None


def _behind_tile(notebook: _Notebook) -> int:
    """The process that the tile leads to, which is started if none runs; 0 if there is none."""
    try:
        return int(_get(notebook.url + "cadcast/healthz", notebook.token, _TILE_TIMEOUT)["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _in_vscode() -> bool:
    return "VSCODE_PID" in os.environ or "VSCODE_CWD" in os.environ


def _may_be_framed(server: Server, origin: str) -> bool:
    """Whether the server lets its pages stand in frames of that origin."""
    try:
        with urllib.request.urlopen(server.url, timeout=_TIMEOUT) as answer:
            policy = answer.headers.get("Content-Security-Policy", "")
    except OSError:
        return False
    ancestors = policy.split("frame-ancestors", 1)[-1].split(";")[0].split()
    return origin in ancestors


def _page_path(server: Server, session: str | None) -> str:
    name = session or server.session
    return "viewer" if name == server.session else f"s/{quote(name)}/viewer"


def view(
    session: str | None = None, height: int = 600, url: str | None = None
) -> Frame | Link:
    """Shows a session's page in the notebook's cell; starts cadcast if it does not run.

    session  its name; None is the one that kernels without a setting draw in
    height   of the cell, in CSS pixels
    url      take this address of the page and look no further: of a cadcast behind a proxy of
             your own, which must allow the notebook's origin

    Returns a Frame, which is the page in the cell: through jupyter-server-proxy (JupyterLab,
    Notebook, JupyterHub), or directly if cadcast allows the notebook's origin. Otherwise a Link
    that says why. Raises CadcastError if cadcast cannot be started.
    """
    if height <= 0:
        raise ValueError("height is a positive number of pixels")
    if url is not None:
        return Frame(url, height)
    notebook = _notebook()
    hub = os.environ.get("JUPYTERHUB_SERVICE_PREFIX")
    proxied = _proxied(notebook) if notebook is not None else None
    options: dict[str, Option] = {}
    behind = _behind_tile(notebook) if notebook is not None and "cadcast" in (proxied or ()) else 0
    if notebook is not None and proxied is None and status() is None:
        options["allow_origin"] = [notebook.origin, *_other_names(notebook.origin)]
    server = start(**options)
    # With a token a proxy's requests need it too: they come from this machine, but not for it.
    query = f"?token={quote(server.token)}" if server.token else ""
    path = _page_path(server, session) + query
    if notebook is not None and behind == server.pid:
        return Frame(f"{notebook.base}cadcast/{path}", height)
    if notebook is not None and proxied is not None:
        return Frame(f"{notebook.base}proxy/{server.port}/{path}", height)
    if notebook is None and hub is not None:
        # A kernel that another program started (nbclient, a gateway) on a hub: its proxy is there.
        return Frame(f"{hub}proxy/{server.port}/{path}", height)
    page = server.page(session)
    if notebook is not None and _may_be_framed(server, notebook.origin):
        return Frame(page, height)
    return Link(page, _reason(notebook))


def _other_names(origin: str) -> list[str]:
    """A person may have opened the notebook by another name of this machine."""
    parts = urlsplit(origin)
    port = f":{parts.port}" if parts.port else ""
    if parts.hostname in ("localhost", "127.0.0.1", "::1"):
        names = ("localhost", "127.0.0.1", "[::1]")
        return [f"{parts.scheme}://{name}{port}" for name in names if f"{parts.scheme}://{name}{port}" != origin]
    return []


def _reason(notebook: _Notebook | None) -> str:
    if notebook is not None:
        return (
            "cadcast runs already and does not allow this notebook's origin: install "
            "jupyter-server-proxy beside the notebook server, or start cadcast with "
            f"--allow-origin {notebook.origin}."
        )
    if _in_vscode():
        return (
            "VS Code shows cells in frames of an origin that changes, which cadcast cannot allow. "
            "Open the address in a browser or, in VS Code, with the command Simple Browser: Show."
        )
    return "This is no kernel of a notebook server that could be found; open the address in a browser."


__all__ = ["Frame", "Link", "Picture", "view"]
