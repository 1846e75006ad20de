// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// A model as the server keeps it for this page (docs/model-format.md): the payload's
// JSON, then all its arrays, aligned, so that the renderer gets views into the bytes
// that came off the network and nothing is decoded or copied.

const MAGIC = "CADCAST1";
const HEADER_BYTES = 16;
const ALIGNMENT = 16;

// A kept HTTP connection may have died unnoticed while the network was away: then a
// request on it waits for ever. The server may need a while before the first byte.
const FIRST_BYTE_MS = 20000;
const STILL_MS = 10000;

// What a dtype becomes. int32 is viewed unsigned because the renderer does the same
// with what it decodes itself: indices and type numbers are never negative.
const VIEWS = {
    float32: Float32Array,
    int32: Uint32Array,
    uint32: Uint32Array,
    float64: Float64Array,
    int16: Int16Array,
    uint16: Uint16Array,
    int8: Int8Array,
    uint8: Uint8Array,
    int64: BigInt64Array,
    uint64: BigUint64Array
};

/**
 * Fetch the bytes. XMLHttpRequest rather than fetch: it reports progress and still
 * hands over one buffer that the browser filled itself.
 *
 * Rejects where nothing comes for long: the model can still come over the WebSocket.
 *
 * @param onProgress (loaded bytes) => void
 * @param signal     an AbortSignal; an aborted fetch rejects with its reason
 */
export function fetchBytes(url, onProgress, signal) {
    return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        let patience = 0;
        const wait = (milliseconds) => {
            clearTimeout(patience);
            patience = setTimeout(() => {
                reject(new Error("the transfer stalled"));
                request.abort();
            }, milliseconds);
        };
        request.open("GET", url);
        request.responseType = "arraybuffer";
        request.onprogress = (event) => {
            wait(STILL_MS);
            onProgress(event.loaded);
        };
        request.onloadend = () => clearTimeout(patience);
        request.onload = () => {
            if (request.status === 200 && request.response instanceof ArrayBuffer) {
                resolve(request.response);
            } else {
                reject(new Error(`the server answered ${request.status}`));
            }
        };
        request.onerror = () => reject(new Error("the transfer was cut"));
        request.onabort = () => reject(signal.reason);
        signal.addEventListener("abort", () => request.abort(), { once: true });
        wait(FIRST_BYTE_MS);
        request.send();
    });
}

function isArray(value) {
    return (
        Array.isArray(value.shape) &&
        typeof value.dtype === "string" &&
        Number.isInteger(value.offset) &&
        Number.isInteger(value.bytes)
    );
}

function view(buffer, start, array) {
    const Type = VIEWS[array.dtype];
    if (Type === undefined) {
        throw new Error(`an array has the unknown type ${array.dtype}`);
    }
    const offset = start + array.offset;
    if (array.offset < 0 || array.bytes < 0 || offset + array.bytes > buffer.byteLength) {
        throw new Error("an array lies outside the file");
    }
    return new Type(buffer, offset, array.bytes / Type.BYTES_PER_ELEMENT);
}

/** Put views in place of all descriptors below `value`, without recursion: trees may be deep. */
function placeViews(value, buffer, start) {
    const open = [value];
    while (open.length > 0) {
        const parent = open.pop();
        for (const key in parent) {
            const child = parent[key];
            if (child === null || typeof child !== "object") {
                continue;
            }
            if (isArray(child)) {
                parent[key] = view(buffer, start, child);
            } else if (typeof child[0] !== "number") {
                open.push(child);
            }
        }
    }
}

/** The payload, its arrays as views into `buffer`. Throws if the file is not valid. */
export function parseModel(buffer) {
    const header = new DataView(buffer, 0, Math.min(HEADER_BYTES, buffer.byteLength));
    const magic = String.fromCharCode(...new Uint8Array(buffer, 0, Math.min(8, buffer.byteLength)));
    if (buffer.byteLength < HEADER_BYTES || magic !== MAGIC) {
        throw new Error("this is not a model file");
    }
    const version = header.getUint32(8, true);
    if (version !== 1) {
        throw new Error(`the model file has the unknown version ${version}`);
    }
    const end = HEADER_BYTES + header.getUint32(12, true);
    if (end > buffer.byteLength) {
        throw new Error("the model file is cut short");
    }
    const text = new TextDecoder().decode(new Uint8Array(buffer, HEADER_BYTES, end - HEADER_BYTES));
    const payload = JSON.parse(text);
    placeViews(payload, buffer, Math.ceil(end / ALIGNMENT) * ALIGNMENT);
    return payload;
}

/**
 * The payload as the renderer takes it from a host that decoded the arrays itself: a
 * plain tree, every part holding its arrays instead of a number into the list of them.
 */
export function plainTree(payload, resolveInstances) {
    const data = payload.data;
    if (data && Array.isArray(data.instances)) {
        const { instances, ...rest } = data;
        return { ...payload, data: { ...rest, shapes: resolveInstances(data.shapes, instances) } };
    }
    return payload;
}
