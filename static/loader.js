// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Where a model's bytes come from: from before a reload, from the server's file, or, if
// anything is wrong with that, as the text that the kernel sent.

import { keep, kept } from "./keep.js";
import { mark } from "./marks.js";
import { fetchBytes, parseModel, plainTree } from "./model.js";
import { progress } from "./notices.js";

const VERBATIM_MS = 60000;

/**
 * @param tell              (command, text) => void, to the server
 * @param modelUrl          (path) => string, the address of what the server named
 * @param resolveInstances  three-cad-viewer's
 */
export function createLoader({ tell, modelUrl, resolveInstances }) {
    let waiting = null; // takes the text that was asked for

    async function bytesOf(message, signal) {
        const url = modelUrl(message.url);
        const held = await kept(url, message.bytes);
        signal.throwIfAborted();
        if (held !== null) {
            return held;
        }
        const bar = progress(message.bytes);
        try {
            return await fetchBytes(url, bar.update, signal);
        } finally {
            bar.end();
        }
    }

    /** Ask for the model as the kernel sent it, and wait for that. */
    function askVerbatim(signal) {
        tell("verbatim", {});
        let timer = 0;
        return new Promise((resolve, reject) => {
            const late = () => reject(new Error("the server did not send the model"));
            timer = setTimeout(late, VERBATIM_MS);
            waiting = resolve;
            signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        }).finally(() => {
            clearTimeout(timer);
            waiting = null;
        });
    }

    async function fromFile(message, signal) {
        const bytes = await bytesOf(message, signal);
        mark("bytes");
        const payload = plainTree(parseModel(bytes), resolveInstances);
        mark("parsed");
        return { payload, bytes };
    }

    return {
        /**
         * @param message  {url, bytes}: where the server has the model
         * @returns `{payload, keep}`: the message as a kernel's, its arrays as views, and a
         *          function to call once it is on screen
         */
        async load(message, signal) {
            try {
                const { payload, bytes } = await fromFile(message, signal);
                return { payload, keep: () => keep(modelUrl(message.url), bytes) };
            } catch (error) {
                signal.throwIfAborted();
                tell("log", `page: ${message.url}: ${error.message}; asking for the text`);
                return { payload: await askVerbatim(signal), keep: () => {} };
            }
        },

        /** Whether that text message was waited for; then it takes the place of the file. */
        takes(message) {
            waiting?.(message);
            return waiting !== null;
        }
    };
}
