// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
//
// An agent on the official TypeScript clients. usage: node mcp_client.mjs FOLDER sdk|client URL
// FOLDER has the packages. Reads a list of [tool, arguments] from standard input, calls them in turn, and prints one
// JSON object: the names of the tools, and what each call gave.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [folder, which, url] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const parts = which === 'client'
  ? require('@modelcontextprotocol/client')
  : {
      ...require('@modelcontextprotocol/sdk/client/index.js'),
      ...require('@modelcontextprotocol/sdk/client/streamableHttp.js')
    };
const calls = JSON.parse(readFileSync(0, 'utf8'));
const client = new parts.Client({ name: 'test', version: '1' });
await client.connect(new parts.StreamableHTTPClientTransport(new URL(url)));
const listed = await client.listTools();
const answers = [];
for (const [name, args] of calls) {
  answers.push(await client.callTool({ name, arguments: args }));
}
console.log(JSON.stringify({ tools: listed.tools.map((tool) => tool.name), answers }));
await client.close();
