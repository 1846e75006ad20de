// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// three-cad-viewer paints the whole scene at every change of its state: eight times while
// it brings up a model, six times for a screenshot. With a large model and no graphics
// card each of them takes seconds. Here the paints that belong together become one.

import { createPending } from "./pending.js";

// After the end of an animation, also where there was none, the renderer paints once more.
const AFTERMATH_MS = 50;
// A hidden window gets no frames.
const UNSEEN_MS = 1000;
// The renderer never answers where the browser gives it no image of the canvas.
const CAPTURE_MS = 20000;
const SMALL_WIDTH = 256;

const delay = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function overdue() {
    await delay(CAPTURE_MS);
    throw new Error(`the browser made no image in ${CAPTURE_MS / 1000} seconds`);
}

/** Resolves when the browser has produced the next frame. */
const nextFrame = () =>
    new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

/**
 * @param Viewer    three-cad-viewer's class
 * @param onViewer  (viewer) => void, the one that is drawn with was made
 * @param onArrays  () => void, called once the renderer holds plain arrays, decoded or not
 * @param onFrame   () => void, called when the browser has produced a model's first frame
 * @param onBroken  (path) => void, the image on the face of that path cannot be shown
 * @returns `{Viewer, viewer, ready, once, show, repaint, settled, capture, enlarged, smallPicture}`: the
 *          class to draw with, of which one is made, and what is done with that
 */
export function createPainter(Viewer, { onViewer, onArrays, onFrame, onBroken }) {
    let viewer = null;
    let paint = null; // the renderer's own
    let holds = 0;
    let resting = null; // an object for each rest, null where there is none
    let asked = 0; // paints asked for while held or resting
    let idle = 0; // those of them that will come and change nothing
    let small = null; // a canvas with what was painted last, null where it is not that any more
    const pending = createPending({ onLoaded: loadedLate, onBroken });

    function update(marker, notify = true) {
        if (holds > 0 || resting !== null) {
            asked += 1;
            return;
        }
        small = null;
        paint(marker, notify);
    }

    class PaintedViewer extends Viewer {
        constructor(...args) {
            super(...args);
            viewer = this;
            paint = this.update;
            this.update = update;
            this.enterStudioMode = pending.during(this.enterStudioMode);
            onViewer(viewer);
        }

        buildInitialGroup(...args) {
            onArrays();
            return super.buildInitialGroup(...args);
        }

        toggleAnimationLoop(flag) {
            idle += holds > 0 && !flag ? 1 : 0;
            super.toggleAnimationLoop(flag);
        }
    }

    /** Something that was missing in the last paint is there. */
    function loadedLate() {
        small = null;
        update(true, false);
    }

    const isReady = () => viewer !== null && viewer.ready;

    function hold() {
        if (holds === 0) {
            asked = 0;
            idle = 0;
        }
        holds += 1;
    }

    function paintNow() {
        asked = 0;
        small = null;
        if (isReady()) {
            // The renderer moves the light to the camera after each paint, for the next one.
            viewer.directLight.position.copy(viewer.camera.getCamera().position);
            paint(true, true);
        }
    }

    function release() {
        holds -= 1;
        if (holds === 0 && asked > 0) {
            paintNow();
        }
    }

    /** Until the frame is there nothing more is painted, and afterwards only what is new. */
    async function rest(frame) {
        const mine = {};
        resting = mine;
        // Timers of the same length run in the order in which they were set.
        await Promise.all([Promise.race([frame, delay(UNSEEN_MS)]), delay(AFTERMATH_MS)]);
        if (resting === mine) {
            resting = null;
            if (asked > idle) {
                paintNow();
            }
        }
    }

    /** The canvas holds its picture only in the turn that painted it. */
    function takeSmall() {
        const canvas = viewer.renderer.domElement;
        small = document.createElement("canvas");
        small.width = Math.min(SMALL_WIDTH, canvas.width);
        small.height = Math.max(1, Math.round((canvas.height * small.width) / canvas.width));
        const context = small.getContext("2d");
        context.imageSmoothingQuality = "high";
        context.drawImage(canvas, 0, 0, small.width, small.height);
    }

    /** Run `change`, and paint once what it led to. */
    function once(change) {
        hold();
        try {
            return change();
        } finally {
            release();
        }
    }

    return {
        Viewer: PaintedViewer,

        /** The one that was made, null before that. */
        get viewer() {
            return viewer;
        },

        /** Whether there is a model that can be moved, measured or asked. */
        get ready() {
            return isReady();
        },

        once,

        /** The same for what brings up a model. */
        show(change) {
            once(change);
            takeSmall();
            pending.watch(viewer.nestedGroup.groups);
            const frame = nextFrame();
            frame.then(onFrame);
            rest(frame);
        },

        /** What is on the canvas is not the picture any more. */
        repaint() {
            viewer.idPicker?.setDirty();
            loadedLate();
        },

        /** Resolves when the picture is complete; pending.js says how long that may take. */
        settled: pending.settled,

        /** The model without the orientation marker as a PNG in a data URL; null where there is none. */
        async capture(name) {
            await pending.settled();
            if (!isReady()) {
                return null;
            }
            hold();
            try {
                // The renderer draws it over what is there.
                viewer.renderer.clear();
                return (await Promise.race([viewer.getImage(name), overdue()])).dataUrl;
            } finally {
                release();
                rest(nextFrame());
            }
        },

        /** A canvas with the model, `scale` times as large as on screen or as large as the graphics can. */
        enlarged(scale) {
            const { renderer, rendered } = viewer;
            const before = renderer.getPixelRatio();
            const screen = renderer.domElement;
            const most = renderer.capabilities.maxTextureSize / Math.max(screen.clientWidth, screen.clientHeight);
            renderer.setPixelRatio(Math.min(scale, most));
            try {
                renderer.clear();
                renderer.render(rendered.scene, rendered.camera.getCamera());
                const canvas = document.createElement("canvas");
                canvas.width = screen.width;
                canvas.height = screen.height;
                canvas.getContext("2d").drawImage(screen, 0, 0);
                return canvas;
            } finally {
                renderer.setPixelRatio(before);
                paintNow();
            }
        },

        /** A canvas with the picture on screen in small; null where there is none. */
        smallPicture() {
            if (!isReady()) {
                return null;
            }
            if (small === null) {
                paintNow();
                takeSmall();
            }
            return small;
        }
    };
}
