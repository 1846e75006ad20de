// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// What the session showed before. It is loaded when a person asks for it.

import { at, button } from "./dom.js";
import { say, unsay } from "./notices.js";

/** @param {any} tools  of away.js; `stays` is whether a new show leaves the picture on screen */
export function createHistory({ steps, url, push, change, back, stays }) {
    let now = 0; // the number of the step on screen; 0: none of them
    const slider = at("history-at");

    const self = {
        list,
        go,
        left() {
            now = 0;
            list();
        },
        stays: () => at("history-pin").checked || stays(),
        move: (by) => go(steps()[Math.max(0, place() + by)]?.number ?? 0),

        /** The number of the step on screen. */
        get number() {
            return now;
        },

        get step() {
            return `&step=${now}`;
        }
    };

    function card(step) {
        const time = new Date(step.when * 1000).toLocaleTimeString();
        const made = button("", () => go(step.number), `${step.name}, ${time}`);
        const image = document.createElement("img");
        image.src = url(`picture.png?step=${step.number}&of=${step.url}`);
        image.alt = "";
        made.append(image, time);
        return made;
    }

    function place() {
        const found = steps().findIndex(({ number }) => number === now);
        return found < 0 ? steps().length : found;
    }

    function list() {
        const cards = [...steps().map(card), button("now", () => go(0), "The last picture")];
        const chosen = cards[place()];
        chosen.ariaPressed = "true";
        const focused = at("history-list").contains(document.activeElement);
        at("history-list").replaceChildren(...cards);
        focused && chosen.focus();
        slider.max = cards.length - 1;
        slider.value = place();
        slider.ariaValueText = at("history-text").textContent = chosen.ariaLabel;
        if (now === 0) {
            unsay("past");
        } else {
            say("past", "This is an earlier picture.", { action: { label: "Show the last", run: () => go(0) } });
        }
    }

    async function go(number) {
        const step = steps().find((each) => each.number === number);
        if (step === undefined) {
            back();
            return;
        }
        now = number;
        change(self, step.url);
        list();
        const answer = await fetch(url(`history?step=${number}`)).catch(() => null);
        const changes = answer?.ok ? (await answer.json()).messages : [];
        if (now === number) {
            [{ ...step, type: "model", alone: true }, ...changes, { type: "replayed" }].forEach(push);
        }
    }

    slider.addEventListener("input", () => go(steps()[slider.value]?.number ?? 0));
    return self;
}
