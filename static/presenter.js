// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// One page leads, others look as it does.

import { at } from "./dom.js";
import { say, unsay } from "./notices.js";

/** @param {any} tools  of page.js; `step` is the earlier picture on screen, 0: the last one, null: a comparison */
export function createPresenter({ view, show, step, go, tell }) {
    let leads = "none";
    let wanted = false;
    let following = true;
    let seen = {};
    let waiting = null;

    function send() {
        tell("lead", waiting);
        waiting = null;
    }

    function lead(flag) {
        wanted = flag;
        tell("lead", flag ? { ...view(), step: step() } : null);
    }

    function look(changes) {
        if ("step" in changes && changes.step !== step()) {
            go(changes.step);
        }
        show(changes);
    }

    function follow(flag) {
        if (leads === "other" && following !== flag) {
            following = flag;
            greeted();
            line();
        }
    }

    function greeted() {
        if (wanted && step() !== null) {
            lead(true);
        } else if (following && leads === "other") {
            look(seen);
        }
    }

    function line() {
        if (leads === "none") {
            unsay("presenter");
        } else if (leads === "you") {
            put("Leading the other pages.", "Stop", () => lead(false));
        } else if (following) {
            put("Following another page.", "Stop", moved);
        } else {
            put("Another page leads.", "Follow", () => follow(true));
        }
    }

    const put = (text, label, run) => say("presenter", text, { action: { label, run } });

    const moved = () => follow(false);

    for (const name of ["pointerdown", "wheel", "keydown"]) {
        at("cad_viewer").addEventListener(name, moved, true);
    }

    function reported(changes) {
        if (leads === "you") {
            waiting ?? setTimeout(send, 50);
            waiting = { ...waiting, ...changes };
        }
    }

    return {
        lead() {
            if (leads !== "you" && step() === null) {
                throw new Error("a comparison is on screen; end it first");
            }
            lead(leads !== "you");
        },

        heard(message) {
            if (message.leads !== leads) {
                following = step() !== null;
                seen = {};
            }
            leads = message.leads;
            wanted &&= leads !== "other";
            line();
        },

        follow(changes) {
            Object.assign(seen, changes);
            if (following) {
                const { position, quaternion, target, zoom } = seen;
                look({ position, quaternion, target, zoom, ...changes });
            }
        },

        reported,

        /** Another picture is on screen; a page that does not lead stops following. A comparison is not led. */
        stepped(number) {
            if (number !== null) {
                reported({ step: number });
            }
            if (number !== (seen.step ?? 0)) {
                moved();
            }
        },

        /** Whether a new show leaves the earlier picture on screen. */
        stays: () => leads === "other" && following && seen.step > 0,

        greeted
    };
}
