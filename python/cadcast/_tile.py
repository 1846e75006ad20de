# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The process behind the tile of JupyterLab: ``python -m cadcast._tile SOCKET``.

It passes what comes through a Unix socket on to the cadcast of this user: the one that runs, at
whatever port, or one that it starts. So the tile and the kernels show the same server, whichever
of them came first. It is a socket in a folder of this user alone, and no port of the loopback,
because cadcast admits connections by their user: through a port every user of this machine would
come in as this one.
"""
from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from urllib.parse import urlsplit

from ._program import CadcastError, Server, program, server_of, status, tls_for

_PIECE = 256 * 1024

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _dial(server: Server) -> Line:
    parts = urlsplit(server.url)
    return await asyncio.open_connection(parts.hostname or "127.0.0.1", server.port, ssl=tls_for(server.url))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until the end of this direction, which is passed on."""
    while True:
        data = await reader.read(_PIECE)
        if not data:
            break
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


class Tile:
    """The server that it leads to, and the process if it was started here."""

    def __init__(self) -> None:
        self.server: Server | None = None
        self.process: subprocess.Popen[str] | None = None
        self.lock = asyncio.Lock()

    def find(self) -> Server:
        """The server that runs, or one that ends with this process."""
        state = status()
        if state is not None:
            return server_of(state)
        self.end()
        # A port that the clients find in the registry: the usual one may be another user's.
        self.process = subprocess.Popen(
            [program(), "serve", "--port", "0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.startswith("READY "):
            raise CadcastError(f"cadcast does not start: it ended with status {self.process.wait()}")
        url = line.split()[1]
        return server_of({"url": url, "pid": self.process.pid, "ports": [{"port": urlsplit(url).port, "session": "default"}]})

    async def connect(self) -> Line:
        """A connection to the server; to another one if it has gone."""
        async with self.lock:
            if self.server is not None:
                try:
                    return await _dial(self.server)
                except OSError:
                    self.server = None
            self.server = await asyncio.get_running_loop().run_in_executor(None, self.find)
            return await _dial(self.server)

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the notebook server, up to its end."""
        try:
            from_there, there = await self.connect()
        except (CadcastError, OSError) as error:
            print(f"cadcast: {error}", file=sys.stderr)
            writer.close()
            return
        ways = [asyncio.ensure_future(_copy(reader, there)), asyncio.ensure_future(_copy(from_there, writer))]
        # One that fails ends the other; what is said by both is said to the server's log.
        await asyncio.wait(ways, return_when=asyncio.FIRST_EXCEPTION)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        there.close()
        writer.close()

    def end(self) -> None:
        """Ends the server that was started here."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None


async def serve(path: str) -> None:
    """Until SIGTERM or SIGINT."""
    ended = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, ended.set)
    tile = Tile()
    try:
        listening = await asyncio.start_unix_server(tile.pass_on, path)
        await ended.wait()
        listening.close()
    finally:
        tile.end()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
