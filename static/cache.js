// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Large models outlive a reload: a browser's own cache takes no file of more than some
// tens of megabytes (6 in a private window), so the page keeps those itself. They are
// named by their contents and never change.

import { WINDOW, keep, kept } from "./store.js";

const NAME = "cadcast-models";
const KEY = "cadcast-kept";
const FROM_BYTES = 4e6;
const MODELS = 4;

const isCached = (url) => kept(WINDOW, KEY) === url;

/** The bytes of that address if they were kept, else null. */
export async function cachedModel(url, bytes) {
    try {
        // Asking the cache takes longer than asking whether it is worth it.
        if (bytes < FROM_BYTES || !isCached(url)) {
            return null;
        }
        const found = await (await caches.open(NAME)).match(url);
        const buffer = found === undefined ? null : await found.arrayBuffer();
        return buffer !== null && buffer.byteLength === bytes ? buffer : null;
    } catch {
        return null;
    }
}

async function store(url, buffer) {
    const cache = await caches.open(NAME);
    await cache.put(url, new Response(buffer));
    const known = await cache.keys();
    await Promise.all(known.slice(0, -MODELS).map((old) => cache.delete(old)));
    keep(WINDOW, KEY, url);
}

/** Keep these bytes, once there is nothing else to do. Where the browser forbids it, a reload fetches again. */
export function cacheModel(url, buffer) {
    if (buffer.byteLength < FROM_BYTES || globalThis.caches === undefined || isCached(url)) {
        return;
    }
    const later = globalThis.requestIdleCallback ?? ((run) => setTimeout(run, 1000));
    later(() => store(url, buffer).catch(() => {}), { timeout: 5000 });
}
