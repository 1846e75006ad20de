# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""An agent on the official Python client, of both its eras. usage: mcp_client.py URL|PROGRAM [ARGUMENT...]

Reads a list of [tool, arguments] from standard input, calls them in turn, and prints one JSON object: the names of the
tools, and what each call gave. A URL is asked over HTTP, a program over its standard input.
"""
import asyncio
import json
import sys


def plain(model):
    return model.model_dump(by_alias=True, mode="json", exclude_none=True)


async def ask(session, calls):
    listed = plain(await session.list_tools())
    answers = [plain(await session.call_tool(name, arguments)) for name, arguments in calls]
    print(json.dumps({"tools": [tool["name"] for tool in listed["tools"]], "answers": answers}))


async def modern(words, calls):
    from mcp import Client, StdioServerParameters
    server = words[0] if words[0].startswith("http") else StdioServerParameters(command=words[0], args=words[1:])
    async with Client(server) as client:
        await ask(client, calls)


async def legacy(words, calls):
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client
    from mcp.client.streamable_http import streamablehttp_client
    over_http = words[0].startswith("http")
    transport = streamablehttp_client(words[0]) if over_http else stdio_client(
        StdioServerParameters(command=words[0], args=words[1:]))
    async with transport as streams, ClientSession(*streams[:2]) as session:
        await session.initialize()
        await ask(session, calls)


if __name__ == "__main__":
    import mcp
    run = modern if hasattr(mcp, "Client") else legacy
    asyncio.run(run(sys.argv[1:], json.load(sys.stdin)))
