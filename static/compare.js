// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Two pictures compared: a list of what differs, and before, after or both of them on screen, with
// the camera where it is. The server finds what differs (docs/comparing.md). It is loaded when a
// person asks for it.

import { describe, idIn, summary } from "./differences.js";
import { at, button, element } from "./dom.js";
import { say, unsay } from "./notices.js";
import { choose, zoomTo } from "./search.js";

const VIEWS = ["from", "both", "to"];

/** @param {any} tools  of away.js */
export function createCompare({ steps, session, root, scene, push, change, back, earlier }) {
    const [from, to] = [at("compare-from"), at("compare-to")];
    let report = null; // the server's
    let view = null; // of VIEWS: on screen; null: something else is
    let wanted = null; // the part to look at once its picture is on screen
    let fresh = false; // the session shows something new meanwhile
    let asked = 0;

    const self = {
        list,
        drawn,
        key,
        left() {
            view = null;
            wanted = null;
            fresh = false;
            press();
            announce();
        },
        stays() {
            fresh = true;
            announce();
            return true;
        },

        number: null,

        /** Of what an export is made. */
        get step() {
            throw new Error("a comparison is on screen; end it first");
        }
    };

    /** The sheet says it too, and ends it. */
    function announce() {
        const text = fresh ? "This is a comparison. Something new was shown meanwhile." : "This is a comparison.";
        if (view === null || (!fresh && at("compare").matches(":popover-open"))) {
            unsay("compared");
        } else {
            say("compared", text, { action: { label: fresh ? "Show it" : "End", run: back }, keep: fresh });
        }
    }

    const tell = (text) => {
        at("compare-text").textContent = text;
    };

    /** The address of a comparison; sides are NAME or NAME@NUMBER. */
    function address(one, other, form = "") {
        const [name, step] = one.split("@");
        const query = `with=${encodeURIComponent(other)}${step === undefined ? "" : `&step=${step}`}`;
        return root(`api/v1/sessions/${encodeURIComponent(name)}/compare${form}?${query}`);
    }

    function choices() {
        const others = [...at("bar-session").options].map(({ value }) => value).filter((name) => name !== session());
        const time = ({ when }) => new Date(when * 1000).toLocaleTimeString();
        return [
            ["what is shown now", session()],
            ...steps().map((step) => [`${time(step)}, ${step.name}`, `${session()}@${step.number}`]).reverse(),
            ...others.map((name) => [`session ${name}`, name])
        ];
    }

    function fill(select, pairs, preferred) {
        const listed = Array.from(select.options, ({ value }) => value);
        // Rebuilding an open list under the pointer would close it.
        if (listed.join() !== pairs.map(([, value]) => value).join()) {
            const chosen = listed.length > 1 ? select.value : preferred;
            select.replaceChildren(...pairs.map(([label, value]) => new Option(label, value)));
            select.value = pairs.some(([, value]) => value === chosen) ? chosen : preferred;
        }
    }

    /** The pictures there are. */
    function list() {
        const pairs = choices();
        const step = earlier() > 0 ? `${session()}@${earlier()}` : null;
        fill(from, pairs, step ?? pairs[1]?.[1] ?? session());
        fill(to, pairs, session());
        if (step !== null) {
            from.value = step;
        }
        at("compare-do").disabled = pairs.length < 2;
        if (pairs.length < 2) {
            tell("There is only one picture. Show something else, here or in another session.");
        } else if (report === null) {
            tell("");
        }
    }

    function press() {
        at("compare-views").hidden = report === null;
        VIEWS.forEach((each) => {
            at(`compare-${each}-view`).ariaPressed = String(each === view);
        });
        at("compare-end").hidden = view === null;
    }

    function row(part) {
        const [name, detail] = describe(part);
        const made = button("", () => look(part));
        made.append(element("b", part.class), ` ${name} `, element("small", detail));
        made.dataset.class = part.class;
        made.title = part.id;
        return element("li", "", [made]);
    }

    async function ask() {
        const mine = ++asked;
        tell("Comparing…");
        const answer = await fetch(address(from.value, to.value)).catch(() => null);
        const said = await answer?.json().catch(() => null);
        if (mine !== asked) {
            return;
        }
        report = answer?.ok ? said : null;
        at("compare-list").replaceChildren(...(report?.parts ?? []).map(row));
        if (report === null) {
            const why = said?.detail ?? (answer === null ? "the server does not answer" : `the server said ${answer.status}`);
            tell(`They cannot be compared: ${why}.`);
            if (view !== null) {
                back();
            }
            press();
        } else {
            tell(summary(report));
            show("both");
        }
    }

    const pinned = ({ session: name, number }) => `${name}@${number}`;

    function model(next) {
        const side = report[next];
        if (next === "both") {
            const bytes = (report.from.bytes ?? 0) + (report.to.bytes ?? 0);
            return { url: address(pinned(report.from), pinned(report.to), ".msg"), bytes, number: 0 };
        }
        const url = root(`s/${encodeURIComponent(side.session)}/${side.url}`);
        return side.url === undefined ? null : { url, bytes: side.bytes, number: side.number };
    }

    function show(next) {
        const shown = model(next);
        if (shown === null) {
            tell("The server still prepares that picture. Compare again in a moment.");
            return;
        }
        view = next;
        change(self, shown.url);
        press();
        announce();
        push({ type: "model", alone: true, ...shown });
    }

    /** Zoom to a part and choose it; where it is in another picture only, that is shown first. */
    function look(part) {
        wanted = part;
        if (view === null || idIn(report, part, view) === null) {
            show("both");
        } else {
            drawn();
        }
    }

    function drawn() {
        const { viewer } = scene;
        if (wanted === null || view === null || !viewer?.ready) {
            return;
        }
        const id = idIn(report, wanted, view);
        const path = Object.keys(viewer.getStates()).find((each) => scene.realPath(each) === id);
        wanted = null;
        if (path !== undefined) {
            zoomTo(viewer, path);
            if (viewer.lastBbox?.id !== path) {
                choose(viewer, path);
            }
        }
    }

    function key(pressed) {
        if (report === null) {
            at("compare").showPopover();
        } else {
            show(pressed === "d" ? "both" : view === "to" ? "from" : "to");
        }
    }

    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = new URL("compare.css", import.meta.url).href;
    document.head.append(style);
    at("compare-do").addEventListener("click", ask);
    at("compare-end").addEventListener("click", back);
    VIEWS.forEach((each) => at(`compare-${each}-view`).addEventListener("click", () => show(each)));
    at("compare").addEventListener("toggle", announce);
    at("compare").addEventListener("keydown", (event) => {
        // What is pressed in the sheet is not meant for the model, but for the keys that switch.
        if (event.key === "Escape") {
            at("compare").hidePopover();
        }
    });
    return self;
}
