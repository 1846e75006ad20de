// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Whether the page itself arrives. If one of its modules does not, as while a proxy starts, no other
// can say so: this one needs none of them, runs before them, and loads them again until they are there.

const AGAIN_MS = 2000;
const LONG_MS = 15000;

const line = document.createElement("div");
line.setAttribute("role", "alert");
line.className = "notice warning";

function say(text) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Reload";
    button.addEventListener("click", () => location.reload());
    line.replaceChildren(text, button);
    document.getElementById("notices").append(line);
}

/** @param {HTMLScriptElement} script  of the page, that is still to run */
function watch(script) {
    const late = setTimeout(() => say("The page is still being loaded from the server."), LONG_MS);
    script.addEventListener("load", () => {
        clearTimeout(late);
        line.remove();
    });
    script.addEventListener("error", () => {
        clearTimeout(late);
        say("The page could not be loaded from the server; trying again …");
        setTimeout(() => {
            const next = document.createElement("script");
            next.type = "module";
            next.src = script.src;
            watch(next);
            document.head.append(next);
        }, AGAIN_MS);
    });
}

const own = import.meta.url;
document.querySelectorAll("script[type=module]").forEach((script) => {
    const each = /** @type {HTMLScriptElement} */ (script);
    if (each.src !== own) {
        watch(each);
    }
});
