# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The cadcast program: where it is, and starting, asking and stopping its background service."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    import ssl

Option = Union[str, int, float, bool, None, Sequence[Union[str, int, float]]]

# Seconds. A start restores pictures from disk, a stop writes them.
_START_TIMEOUT = 60
_STATUS_TIMEOUT = 20
# Exit status of `cadcast status` if no server runs (man page, EXIT STATUS).
_NOT_RUNNING = 3


class CadcastError(RuntimeError):
    """cadcast could not do what was asked; the text is what the program said."""


def program() -> str:
    """The path of the ``cadcast`` program.

    The environment variable ``CADCAST_PROGRAM`` comes first, then the program that was installed
    with this package, then the first one on ``PATH``. Raises CadcastError if there is none.
    """
    named = os.environ.get("CADCAST_PROGRAM")
    if named:
        if os.access(named, os.X_OK):
            return named
        raise CadcastError(f"CADCAST_PROGRAM names {named}, which is no program")
    for folder in _script_folders():
        candidate = folder / "cadcast"
        if os.access(candidate, os.X_OK):
            return str(candidate)
    found = shutil.which("cadcast")
    if found is None:
        raise CadcastError("the program cadcast is not installed: pip install cadcast")
    return found


def _script_folders() -> list[Path]:
    """Where pip puts programs: beside this interpreter, and for `pip install --user`."""
    schemes = (None, "posix_user")
    folders = []
    for scheme in schemes:
        try:
            path = sysconfig.get_path("scripts", scheme) if scheme else sysconfig.get_path("scripts")
        except KeyError:
            continue
        folders.append(Path(path))
    # A virtual environment that was entered by its interpreter alone has no PATH of its own.
    folders.append(Path(sys.executable).parent)
    return folders


@dataclass(frozen=True)
class Server:
    """A running cadcast.

    url      the address of the viewer page, with the token if one is needed
    port     the port of the default session
    session  the session whose page `url` is
    version  of the server, which may be another one than this package's
    pid      its process
    """

    url: str
    port: int
    session: str
    version: str
    pid: int

    def page(self, session: str | None = None) -> str:
        """The address of a session's page."""
        if session is None or session == self.session:
            return self.url
        parts = urlsplit(self.url)
        query = f"?{parts.query}" if parts.query else ""
        return f"{parts.scheme}://{parts.netloc}/s/{session}/viewer{query}"

    @property
    def token(self) -> str | None:
        """The token in the address, None if the server needs none from this machine."""
        values = parse_qs(urlsplit(self.url).query).get("token")
        return values[0] if values else None

    def _repr_html_(self) -> str:
        return f'<a href="{self.url}" target="_blank">cadcast at port {self.port}</a>'


def _flags(options: dict[str, Option]) -> list[str]:
    """The options as the program takes them: name=True is --name, a list repeats the option."""
    flags: list[str] = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is False or value is None:
            continue
        if value is True:
            flags.append(flag)
        elif isinstance(value, (list, tuple)):
            for each in value:
                flags += [flag, str(each)]
        else:
            flags += [flag, str(value)]
    return flags


def _run(command: str, options: dict[str, Option], timeout: float) -> subprocess.CompletedProcess[str]:
    line = [program(), command, *_flags(options)]
    try:
        return subprocess.run(
            line, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise CadcastError(f"{' '.join(line)}: no answer within {timeout:g} s") from error
    except OSError as error:
        raise CadcastError(f"{line[0]}: {error.strerror}") from error


def _words(result: subprocess.CompletedProcess[str]) -> str:
    text = (result.stderr.strip() or result.stdout.strip()).splitlines()
    return "\n".join(text[-4:]) or f"cadcast ended with status {result.returncode}"


def status(port: int | None = None) -> dict[str, Any] | None:
    """What ``cadcast status --json`` answers; docs/protocol.md lists the members. None: none runs.

    `port` is the one to ask. By default it is the usual one, or else those that the registry
    ~/.ocpvscode names, where the clients look too. Raises CadcastError for a server that runs and
    does not answer.
    """
    if port is not None:
        return _status_at({"port": port})
    state = _status_at({})
    for known in registered_ports() if state is None else ():
        state = _status_at({"port": known})
        if state is not None:
            break
    return state


def _status_at(options: dict[str, Option]) -> dict[str, Any] | None:
    result = _run("status", {"json": True, **options}, _STATUS_TIMEOUT)
    if result.returncode == _NOT_RUNNING:
        return None
    if result.returncode != 0:
        raise CadcastError(_words(result))
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def registered_ports() -> list[int]:
    """The ports in the registry; [] where there is none or it is not readable."""
    try:
        services = json.loads((Path.home() / ".ocpvscode").read_text(encoding="utf-8"))["services"]
        return [int(port) for port in services]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def tls_for(url: str) -> ssl.SSLContext | None:
    """What a connection to that address needs; None if it goes plain.

    On loopback a server with TLS takes plain connections too. The certificate is not checked: the
    address comes from a file of the user's own, and is one of this machine.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" or host == "::1" or host.startswith("127."):
        return None
    import ssl

    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def server_of(state: dict[str, Any]) -> Server:
    """The server whose status that is."""
    ports = state.get("ports") or [{"port": 0, "session": "default"}]
    main = ports[0]
    # One that is ending has no address any more.
    url = state.get("url") or f"http://127.0.0.1:{main['port']}/viewer"
    return Server(
        url=url,
        port=int(main["port"]),
        session=str(main["session"]),
        version=str(state.get("version", "")),
        pid=int(state.get("pid", 0)),
    )


def start(**options: Option) -> Server:
    """Finds the running server of this user, or starts one in the background.

    The options are those of the program, with underscores: ``start(port=4000)``,
    ``start(listen=["3940=bracket"])``, ``start(read_only=True)``. They apply only to a server that
    is started; a server that runs already goes on with its own. Raises CadcastError with the
    program's words if it cannot start.
    """
    port = options.get("port")
    number = port if isinstance(port, int) and not isinstance(port, bool) and port > 0 else None
    state = status(number)
    if state is None:
        result = _run("start", options, _START_TIMEOUT)
        if result.returncode != 0:
            raise CadcastError(_words(result))
        ready = next((line.split()[1] for line in result.stdout.splitlines() if line.startswith("READY ")), None)
        state = status(number if number is not None else _port_of(ready))
        if state is None:
            raise CadcastError("the server ended right after its start: see `cadcast logs`")
        if ready is not None:
            state["url"] = ready
    return server_of(state)


def _port_of(url: str | None) -> int | None:
    return None if url is None else urlsplit(url).port


def stop(port: int | None = None) -> bool:
    """Ends the server that was started in the background; False if none ran. Pictures are kept.

    Raises CadcastError for one that runs in a terminal or under a service manager.
    """
    state = status(port)
    if state is None:
        return False
    result = _run("stop", {"port": server_of(state).port}, _START_TIMEOUT)
    if result.returncode != 0:
        raise CadcastError(_words(result))
    return True
