// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Where a model's bytes come from: from before a reload, from the server's file, or, if
// anything is wrong with that, as the text that the kernel sent.

/** @import { Data, Model, Tell } from "../tools/page-checks/messages" */
import { cacheModel, cachedModel } from "./cache.js";
import { mark } from "./marks.js";
import { fetchBytes, parseModel, plainTree } from "./model.js";
import { progress } from "./notices.js";

const VERBATIM_MS = 60000;

/**
 * @param {object} tools
 * @param {Tell} tools.tell    to the server
 * @param {(path: string) => string} tools.modelUrl  the address of what the server named
 * @param {Function} tools.resolveInstances  three-cad-viewer's
 */
export function createLoader({ tell, modelUrl, resolveInstances }) {
    let waiting = null; // takes the text that was asked for

    async function bytesOf(message, signal) {
        const url = modelUrl(message.url);
        const held = await cachedModel(url, message.bytes);
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
         * @param {Model & { alone?: boolean }} message  where the server has the model; alone: there
         *                                               is no text of it
         * @param {AbortSignal} signal   aborted when it no longer matters
         * @returns `{payload, keep}`: the message as a kernel's, its arrays as views, and a
         *          function to call once it is on screen
         */
        async load(message, signal) {
            try {
                const { payload, bytes } = await fromFile(message, signal);
                return { payload, keep: () => cacheModel(modelUrl(message.url), bytes) };
            } catch (error) {
                signal.throwIfAborted();
                if (message.alone === true) {
                    throw error;
                }
                tell("log", `page: ${message.url}: ${/** @type {Error} */ (error).message}; asking for the text`);
                return { payload: await askVerbatim(signal), keep: () => {} };
            }
        },

        /**
         * Whether that text message was waited for; then it takes the place of the file.
         *
         * @param {Data} message
         */
        takes(message) {
            waiting?.(message);
            return waiting !== null;
        }
    };
}
