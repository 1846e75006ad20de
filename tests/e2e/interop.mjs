// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
//
// A browser and a kernel on Node's "ws". usage: node interop.mjs URL FILE
// Prints one JSON line: what came back.
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const WebSocket = require('/usr/share/nodejs/ws');
const [url, file] = process.argv.slice(2);
const model = readFileSync(file);
const sha = (data) => createHash('sha256').update(data).digest('hex');
const said = {};

function open(options) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, options);
    socket.inbox = [];
    socket.waiting = [];
    socket.on('message', (data, binary) => {
      const message = { data, binary };
      const waiter = socket.waiting.shift();
      if (waiter) waiter(message);
      else socket.inbox.push(message);
    });
    socket.on('open', () => resolve(socket));
    socket.on('error', reject);
  });
}

function next(socket) {
  if (socket.inbox.length) return Promise.resolve(socket.inbox.shift());
  return new Promise((resolve) => socket.waiting.push(resolve));
}

const browser = await open({ perMessageDeflate: true });
said.extensions = browser.extensions;
browser.send('L:{}');
browser.send('C:"status"');
said.first = JSON.parse((await next(browser)).data).command;

const kernel = await open({ perMessageDeflate: false });
kernel.send(model, { binary: true });
const got = await next(browser);
said.model = sha(got.data);
said.binary = got.binary;

// The same model in fragments, with pings between them.
for (let at = 0; at < model.length; at += 50000) {
  kernel.send(model.subarray(at, at + 50000), { binary: true, fin: at + 50000 >= model.length });
  kernel.ping(`${at}`);
}
said.fragmented = sha((await next(browser)).data);

const nonce = randomBytes(100);
const pong = new Promise((resolve) => browser.once('pong', resolve));
browser.ping(nonce);
said.pong = sha(await pong) === sha(nonce);

browser.send('U:{"command":"status","text":{"name":"Ärger €😀"}}');
browser.send('C:"status"');
said.status = JSON.parse((await next(browser)).data).text.name;
kernel.send('C:"config"');
said.config = JSON.parse((await next(kernel)).data).theme;

const closed = new Promise((resolve) => kernel.on('close', (code) => resolve(code)));
kernel.close(1000, 'bye');
said.closed = await closed;
console.log(JSON.stringify(said));
// The browser stays until the daemon ends, and says how it did.
browser.on('close', (code) => {
  console.log(JSON.stringify({ closed: code }));
  process.exit(0);
});
