// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The picture on screen as a PNG: for a person, larger if that is asked for; for a kernel; and small,
// for the list of sessions.

/** @import { Screenshot, Tell } from "../tools/page-checks/messages" */

const SMALL_BYTES = 64000;
const SMALL_WIDTH = 32;

/** The colour that a person sees behind the model: the canvas itself is transparent there. */
function background() {
    const viewer = document.querySelector("#cad_viewer .tcv_cad_viewer");
    return viewer === null ? "white" : getComputedStyle(viewer).backgroundColor;
}

function onBackground(canvas) {
    const context = canvas.getContext("2d");
    context.globalCompositeOperation = "destination-over";
    context.fillStyle = background();
    context.fillRect(0, 0, canvas.width, canvas.height);
}

/** The small picture as a PNG that the server takes, smaller still where it must be. */
function encodeSmall(source) {
    for (let width = source.width; width >= SMALL_WIDTH; width /= 2) {
        const canvas = document.createElement("canvas");
        canvas.width = width;
        canvas.height = Math.max(1, Math.round((source.height * width) / source.width));
        canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
        const png = canvas.toDataURL("image/png");
        if (png.length < SMALL_BYTES) {
            return png;
        }
    }
    return null;
}

/**
 * @param {object} tools
 * @param {ReturnType<typeof import("./painter.js").createPainter>} tools.painter
 * @param {Tell} tools.tell  to the server
 * @param {() => boolean} tools.isModel  whether a model is on screen
 * @param {ReturnType<typeof import("./graphics.js").createGraphics>} tools.graphics
 * @param {() => Error | null} tools.failure  why the model that came last is not on screen
 */
export function createPictures({ painter, tell, isModel, graphics, failure }) {
    const canDraw = () => graphics.usable && !graphics.lost;

    /**
     * A picture of what is on screen; after a clear there is none.
     *
     * @param {string} filename
     * @returns {Promise<string>}
     */
    async function capture(filename) {
        if (!canDraw()) {
            throw new Error("this window has no graphics");
        }
        if (failure() !== null) {
            throw failure();
        }
        const data = await painter.capture(filename);
        if (data === null) {
            throw new Error("there is no model on screen");
        }
        return data;
    }

    return {
        /**
         * Another window is asked if this one cannot.
         *
         * @param {Screenshot} message
         */
        async screenshot({ filename }) {
            try {
                tell("screenshot", { filename, data: await capture(filename) });
            } catch (error) {
                tell("screenshot_failed", { filename, reason: error instanceof Error ? error.message : String(error) });
            }
        },

        /** @param {AbortSignal} signal */
        async thumbnail(_, signal) {
            await painter.settled(signal);
            const small = isModel() && canDraw() ? painter.smallPicture() : null;
            const data = small === null ? null : encodeSmall(small);
            if (data !== null) {
                tell("thumbnail", { data });
            }
        },

        /**
         * The Studio's picture comes from several passes of the size of the screen, and stays as it is.
         *
         * @param {{ scale: number, transparent: boolean }} options
         * @returns {Promise<Blob>}
         */
        async draw({ scale, transparent }) {
            if (!painter.ready || !canDraw()) {
                throw new Error("there is no model on screen");
            }
            await painter.settled();
            if (painter.viewer.isStudioActive) {
                return (await fetch(await capture("picture"))).blob();
            }
            const canvas = painter.enlarged(scale);
            if (!transparent) {
                onBackground(canvas);
            }
            const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
            if (blob === null) {
                throw new Error("the picture is too large for this browser; take a smaller one");
            }
            return blob;
        }
    };
}
