// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// What a person comes back to: after a reload or a lost connection the server shows the
// picture again, and it is drawn as this window last looked at it (view.js says how).

/** @import { Data, Settings, Status } from "../tools/page-checks/messages" */
import { WINDOW, keep, kept } from "./store.js";
import { restored, withoutView } from "./view.js";

// How long after such a model its settings may take until they are repeated as well.
const REPLAY_MS = 1000;

/**
 * @param session        the session's name
 * @param collectStates  ocp-viewer-core's: the tree states a model comes with
 */
export function createRecall({ session, collectStates }) {
    const stored = `cadcast-shown-${session}`;
    let shown = null; // the name of the model drawn last; there may be no storage
    let view = null; // what the next model is drawn with
    let linked = null; // the model that a link's view is of
    let replayEnds = 0;
    let refining = false; // `view` is of this very model, drawn less finely

    const isShown = (key) => (kept(WINDOW, stored) ?? shown) === key;

    return {
        /**
         * The next model is one that this window has looked at like that, or a link has if it names
         * the model; the first call counts.
         *
         * @param {Status} next
         * @param {string | null} model
         */
        expect(next, model = null) {
            if (view === null) {
                view = next;
                linked = model;
            }
        },

        /**
         * The next model is the one on screen, drawn more finely.
         *
         * @param {Status} next
         */
        refine(next) {
            view = next;
            linked = null;
            refining = true;
        },

        forget() {
            view = null;
            linked = null;
            replayEnds = 0;
        },

        replayed() {
            replayEnds = 0;
        },

        /**
         * The settings to draw that model with.
         *
         * @param {Data} message
         * @param {string} key  the model's name
         * @returns {Settings}
         */
        configFor({ config, data }, key) {
            if (view === null) {
                // There is no view yet that is worth keeping.
                const first = shown === null && ["keep", "center"].includes(config.resetCamera ?? "keep");
                return first ? { ...config, resetCamera: "reset" } : config;
            }
            const same = refining || (linked === null ? isShown(key) : linked === key);
            refining = false;
            const known = collectStates(data.shapes);
            const result = restored(config, { view, same, bb: data.shapes.bb, known });
            view = null;
            linked = null;
            replayEnds = same ? performance.now() + REPLAY_MS : 0;
            return result;
        },

        drawn(key) {
            shown = key;
            if (replayEnds > 0) {
                replayEnds = performance.now() + REPLAY_MS;
            }
            keep(WINDOW, stored, key);
        },

        /**
         * Later settings; of repeated ones only those that the view does not decide.
         *
         * @param {Settings} config
         */
        settings(config) {
            return performance.now() < replayEnds ? withoutView(config) : config;
        }
    };
}
