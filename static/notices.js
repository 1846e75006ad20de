// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// What the page says about itself, over the picture: one line per matter, each known
// by its key, so that saying the same thing again changes the line and adds none.

const lines = new Map();

/**
 * @param key      what the line is about; a second call with it replaces the line
 * @param text     what it says, as plain text
 * @param kind     "info", "warning" or "error"
 * @param action   {label, run}, a button; optional
 * @param dismiss  whether a person can put it away
 */
export function say(key, text, { kind = "info", action = null, dismiss = true } = {}) {
    const line = document.createElement("div");
    line.className = `notice ${kind}`;
    line.dataset.key = key;
    line.setAttribute("role", kind === "error" ? "alert" : "status");
    const words = document.createElement("span");
    words.textContent = text;
    line.append(words);
    if (action !== null) {
        line.append(button(action.label, action.run));
    }
    if (dismiss) {
        const close = button("×", () => unsay(key));
        close.className = "close";
        close.title = "Dismiss";
        line.append(close);
    }
    const old = lines.get(key);
    if (old !== undefined) {
        old.replaceWith(line);
    } else {
        document.getElementById("notices").append(line);
    }
    lines.set(key, line);
}

export function unsay(key) {
    lines.get(key)?.remove();
    lines.delete(key);
}

function button(label, run) {
    const element = document.createElement("button");
    element.type = "button";
    element.textContent = label;
    element.addEventListener("click", run);
    return element;
}

const SHOWN_AFTER_MS = 300;
const UNITS = ["B", "kB", "MB", "GB"];

export function readableBytes(bytes) {
    const step = bytes > 0 ? Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3)) : 0;
    const number = bytes / 1000 ** step;
    return `${step === 0 || number >= 100 ? Math.round(number) : number.toFixed(1)} ${UNITS[step]}`;
}

/**
 * The bar for one transfer. It shows itself only where the transfer takes long enough
 * for somebody to wonder.
 *
 * @returns `{update, end}`: update(loaded bytes) as they come, end() in any case
 */
export function progress(total) {
    const box = document.getElementById("progress");
    const started = performance.now();
    let loaded = 0;

    function draw() {
        const seconds = (performance.now() - started) / 1000;
        const share = total > 0 ? Math.min(1, loaded / total) : 0;
        document.getElementById("progress-bar").style.width = `${100 * share}%`;
        document.getElementById("progress-text").textContent =
            `${readableBytes(loaded)} of ${readableBytes(total)}, ` +
            `${readableBytes(loaded / seconds)}/s`;
        box.setAttribute("aria-valuenow", Math.round(100 * share));
        box.hidden = false;
    }

    const timer = setTimeout(draw, SHOWN_AFTER_MS);
    return {
        update(bytes) {
            loaded = bytes;
            if (!box.hidden) {
                draw();
            }
        },
        end() {
            clearTimeout(timer);
            box.hidden = true;
        }
    };
}
