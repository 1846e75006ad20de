// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// What the session showed before. What the server sends while an earlier picture is on screen is
// held back, and asked for again when the window returns to the last one.

import { at, button } from "./dom.js";
import { say, unsay } from "./notices.js";

const NEWER = ["model", "data", "clear", "empty"];

/**
 * @param {any} tools  of page.js; `look` keeps the view for the model of that address, `stepped` is told
 *     what is on screen, and `stays` whether a new show leaves it there
 */
export function createHistory({ steps, newest, url, push, look, renew, stepped = () => {}, stays = () => false }) {
    let now = 0; // the number of the step on screen; 0: the last picture
    const slider = at("history-at");

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
        if (step === undefined && now === 0) {
            return;
        }
        now = step?.number ?? 0;
        stepped(now);
        look((step ?? newest())?.url);
        list();
        if (now === 0) {
            return renew();
        }
        const answer = await fetch(url(`history?step=${number}`)).catch(() => null);
        const changes = answer?.ok ? (await answer.json()).messages : [];
        if (now === number) {
            [{ ...step, type: "model" }, ...changes, { type: "replayed" }].forEach(push);
        }
    }

    slider.addEventListener("input", () => go(steps()[slider.value]?.number ?? 0));
    return {
        list,
        go,

        get step() {
            return now;
        },

        move: (by) => go(steps()[Math.max(0, place() + by)]?.number ?? 0),

        /** Whether a message is not for what is on screen; a new picture is, unless the person stays. */
        holds(message) {
            const newer = NEWER.includes(message.type) && !message.preview && message.number !== newest()?.number;
            if (now !== 0 && newer && !at("history-pin").checked && !stays()) {
                now = 0;
                stepped(now);
                look(message.url);
                list();
            }
            return now !== 0 && message.type !== "follow";
        }
    };
}
