// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The list of messages behind the bell: all that was said in this window, also what has gone or
// was put away, the newest first.

import { at, button, element } from "./dom.js";
import { history, say, watchHistory } from "./notices.js";

const STUDIO_HOST = "dl.polyhaven.org";
const time = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

function entry({ text, kind, when, over, action }) {
    const said = /** @type {HTMLTimeElement} */ (element("time", time.format(when)));
    const item = element("li", "", [said, ` ${text} `]);
    said.dateTime = when.toISOString();
    item.className = over ? "over" : kind;
    if (over) {
        item.append(element("small", "(over)"));
    } else if (action !== null) {
        item.append(button(action.label, action.run));
    }
    return item;
}

/** The renderer takes most of its Studio's lights from another server, and is silent if it cannot. */
function watchStudio() {
    document.addEventListener("securitypolicyviolation", ({ blockedURI }) => {
        if (blockedURI.includes(STUDIO_HOST)) {
            say(
                "studio",
                `This Studio environment comes from ${STUDIO_HOST}, and this page contacts no other server: ` +
                    'the built-in light is used. Choose "Studio" as environment to have it by its name, ' +
                    "or start the server with --studio-online.",
                { kind: "warning" }
            );
        }
    });
}

/** Begin to count what is new at the bell, and to fill the list when it is open. */
export function watchMessages() {
    const bell = at("bar-bell");
    const popover = at("messages");
    let seen = null; // the last one that the person has had before them

    function changed() {
        const open = popover.matches(":popover-open");
        if (open) {
            seen = history.at(-1) ?? null;
            at("messages-list").replaceChildren(...history.map(entry).reverse());
            at("messages-none").hidden = history.length > 0;
        }
        const fresh = history.length - 1 - history.lastIndexOf(seen);
        bell.dataset.fresh = fresh > 0 ? String(fresh) : "";
        bell.setAttribute("aria-label", fresh > 0 ? `Messages, ${fresh} new` : "Messages");
    }

    popover.addEventListener("toggle", changed);
    watchHistory(changed);
    watchStudio();
}
