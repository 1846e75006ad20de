// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Whether this window can draw: not at all without WebGL, slowly without a graphics card, and
// not now while the browser has taken the graphics away, as it does after sleep or a fault
// of the driver. Each is said, with what to do.

import { say, unsay } from "./notices.js";
import { BROWSER, keep, kept } from "./store.js";

const KEY = "graphics";
const HOW =
    "Turn on hardware acceleration in the browser's settings and restart it; over a remote desktop, " +
    "or if that does not help, open this page in another browser or on another machine.";
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
const SOFTWARE_SAID = "cadcast-software-said";
// Asking makes the browser wait for the graphics: not while it draws its first model.
const SOFTWARE_AFTER_MS = 1000;

function hasWebGl() {
    const gl = document.createElement("canvas").getContext("webgl2");
    gl?.getExtension("WEBGL_lose_context")?.loseContext();
    return gl !== null;
}

/** The name of the renderer if it is software, else null. */
function softwareName(gl) {
    const names = gl.getExtension("WEBGL_debug_renderer_info");
    const name = String(gl.getParameter(names === null ? gl.RENDERER : names.UNMASKED_RENDERER_WEBGL));
    return SOFTWARE.exec(name)?.[0] ?? null;
}

/** Once per browser; without storage, once per page. */
function saySoftware(gl) {
    const name = gl.isContextLost() ? null : softwareName(gl);
    if (name === null || kept(BROWSER, SOFTWARE_SAID) !== null) {
        return;
    }
    keep(BROWSER, SOFTWARE_SAID, name);
    const text = `This browser draws without a graphics card (${name}): large models are slow. ${HOW}`;
    say("software", text, { kind: "warning" });
}

function sayNone() {
    const text = `This browser cannot draw 3D models: it has no WebGL. ${HOW}`;
    say(KEY, text, { kind: "error", dismiss: false });
}

function sayReload(text, kind) {
    say(KEY, text, { kind, action: { label: "Reload", run: () => location.reload() }, dismiss: false });
}

/** @returns `{usable, lost, watch}` */
export function createGraphics() {
    const usable = hasWebGl();
    let lost = false;
    if (!usable) {
        sayNone();
    }

    return {
        /** Whether there is WebGL at all. */
        usable,

        /** Whether the browser has taken the graphics away and not yet given them back. */
        get lost() {
            return lost;
        },

        /**
         * @param viewer     three-cad-viewer's, new
         * @param onRestored  () => void, what was uploaded is gone and has to be painted anew
         */
        watch(viewer, onRestored) {
            const canvas = viewer.renderer.domElement;
            canvas.addEventListener("webglcontextlost", () => {
                lost = true;
                sayReload(
                    "The browser has lost its graphics, as it may after sleep or a fault of the driver. " +
                        "They usually come back by themselves; if not, reload this page.",
                    "warning"
                );
            });
            // The renderer's own listener was there first, and has made its programs anew.
            canvas.addEventListener("webglcontextrestored", () => {
                lost = false;
                if (viewer.isStudioActive) {
                    sayReload("The graphics are back, but not the Studio's lights: reload this page.", "warning");
                } else {
                    unsay(KEY);
                }
                onRestored();
            });
            setTimeout(() => saySoftware(viewer.renderer.getContext()), SOFTWARE_AFTER_MS);
        }
    };
}
