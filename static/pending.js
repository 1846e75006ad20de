// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// What is missing when a model has been painted: images on faces, which the browser decodes
// later and after which the renderer does not paint, and the Studio tab's materials and
// lights, after which it does.

// A screenshot with a black face is better than none.
const PATIENCE_MS = 5000;
const LOOK_MS = 20;

/** The textures of faces whose images are not decoded yet, by path: their version is 0 until then. */
function undecoded(groups) {
    const found = [];
    for (const path in groups) {
        const texture = groups[path].front?.material?.map;
        if (texture?.version === 0 && texture.image?.tagName === "IMG") {
            found.push([path, texture.image]);
        }
    }
    return found;
}

/**
 * @param onLoaded  () => void, the scene is another one now and wants to be painted
 * @param onBroken  (path) => void, the image on the face of that path cannot be decoded
 * @returns `{watch, during, settled}`
 */
export function createPending({ onLoaded, onBroken }) {
    let images = new Set(); // of the model on screen
    let others = 0; // promises that are not kept yet

    return {
        /** A model was built; `groups` are the renderer's objects by path. */
        watch(groups) {
            const mine = new Set();
            images = mine;
            for (const [path, image] of undecoded(groups)) {
                mine.add(image);
                const over = ({ type }) => {
                    mine.delete(image);
                    if (images === mine && type === "error") {
                        onBroken(path);
                    }
                    if (images === mine && mine.size === 0) {
                        onLoaded();
                    }
                };
                // The renderer's own handler was there first, and has run then.
                image.addEventListener("load", over);
                image.addEventListener("error", over);
            }
        },

        /** That asynchronous function, counted among what is missing while it runs. */
        during(load) {
            return async () => {
                others += 1;
                try {
                    return await load();
                } finally {
                    others -= 1;
                }
            };
        },

        /** Resolves when nothing is missing, after PATIENCE_MS, or when `signal` is aborted. */
        async settled(signal) {
            const end = performance.now() + PATIENCE_MS;
            while ((images.size > 0 || others > 0) && !signal?.aborted && performance.now() < end) {
                await new Promise((done) => setTimeout(done, LOOK_MS));
            }
        }
    };
}
