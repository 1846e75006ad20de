// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// What is loaded once there is a picture (interaction.js), and when the sheet about the model is
// opened (inspector.js).

import { at } from "./dom.js";
import { lazily, untilLoaded } from "./lazy.js";
import { decode } from "./names.js";

/**
 * @param {object} tools
 * @param {() => ReturnType<typeof import("./scene.js").createScene>} tools.scene
 * @param {string} tools.session
 * @param {ReturnType<typeof import("./measurements.js").createMeasurements>} tools.measurements
 * @param {(path: string) => string | null} tools.massUrl  where the server is asked for the volume
 * @returns a function to be called when another model is on screen, or none
 */
export function createModelTools({ scene, session, measurements, massUrl }) {
    const model = () => scene().looking;
    /** @type {ReturnType<typeof import("./interaction.js").createInteraction>} */
    let interaction = null;

    let interactions = null; // once it is being loaded
    const inspector = lazily("Facts about the model", async () => {
        const { createInspector } = await import("./inspector.js");
        return createInspector({
            session,
            model,
            viewer: () => (scene().viewer?.ready ? scene().viewer : null),
            real: decode,
            massUrl,
            interaction: () => interaction,
            measurements
        });
    });
    let inspected = false;

    async function inspect() {
        inspected = true;
        (await inspector())?.();
    }

    async function interact() {
        const { createInteraction } = await (interactions ??= untilLoaded(
            "Tools for picking",
            () => import("./interaction.js")
        ));
        const properties = () => at("model").showPopover();
        const { viewer, realPath } = scene();
        interaction ??= createInteraction({ viewer, model, measurements, realPath, properties });
        if (inspected) {
            inspect();
        }
    }

    at("model").addEventListener("toggle", inspect);
    return () => {
        if (inspected) {
            inspect();
        }
        interaction?.redraw();
        if (model().data !== null && interaction === null) {
            // Behind the first frame.
            requestAnimationFrame(() => setTimeout(interact));
        }
    };
}
