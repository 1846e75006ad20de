// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// What a person comes back to: after a reload or a lost connection the server shows the
// picture again, and it is drawn as this window last looked at it (view.js says how).

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
    let replayEnds = 0;

    function isShown(key) {
        try {
            return sessionStorage.getItem(stored) === key;
        } catch {
            return shown === key;
        }
    }

    return {
        /** The next model is one that this window has looked at like that; the first word counts. */
        expect(next) {
            view ??= next;
        },

        forget() {
            view = null;
            replayEnds = 0;
        },

        replayed() {
            replayEnds = 0;
        },

        /** The settings to draw that model with. */
        configFor({ config, data }, key) {
            if (view === null) {
                // The splash, if anything, is on screen: it has no view worth keeping.
                const first = shown === null && ["keep", "center"].includes(config.resetCamera ?? "keep");
                return first ? { ...config, resetCamera: "reset" } : config;
            }
            const same = isShown(key);
            const known = collectStates(data.shapes);
            const result = restored(config, { view, same, bb: data.shapes.bb, known });
            view = null;
            replayEnds = same ? performance.now() + REPLAY_MS : 0;
            return result;
        },

        drawn(key) {
            shown = key;
            if (replayEnds > 0) {
                replayEnds = performance.now() + REPLAY_MS;
            }
            try {
                sessionStorage.setItem(stored, key);
            } catch {
                // Without storage a reload shows the model with a fresh view.
            }
        },

        /** Later settings; of repeated ones only those that the view does not decide. */
        settings(config) {
            return performance.now() < replayEnds ? withoutView(config) : config;
        }
    };
}
