// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The page that lists the sessions. It is a listener of its own kind on the same
// WebSocket and is told the whole list whenever it changes.

import { createComms } from "./comms.js";
import { readConfig, sessionUrl, socketUrl } from "./config.js";
import { readableBytes, say, unsay } from "./notices.js";

const AGES_REFRESH_MS = 20000;
const AGE_STEPS = [
    [86400, "day"],
    [3600, "hour"],
    [60, "minute"]
];
const ages = new Intl.RelativeTimeFormat("en", { numeric: "always" });
const config = readConfig();
const cards = new Map();

function element(name, className, text = "") {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
}

/** When, as seconds since 1970 or as an ISO date; null and 0 mean never. */
function age(when) {
    const seconds = typeof when === "string" ? Date.parse(when) / 1000 : when;
    if (!(seconds > 0)) {
        return "nothing shown yet";
    }
    const past = Date.now() / 1000 - seconds;
    const step = AGE_STEPS.find(([size]) => past >= size);
    return step === undefined ? "just now" : ages.format(-Math.floor(past / step[0]), step[1]);
}

const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

function makeCard(name) {
    const item = element("li", "session");
    item.dataset.session = name;
    const link = element("a", "");
    link.href = sessionUrl(config.urls, name);
    const card = {
        item,
        picture: element("div", "picture", "no picture yet"),
        models: element("p", "models"),
        when: element("p", "when"),
        counts: element("p", "counts"),
        shown: null
    };
    link.append(card.picture, element("h2", "", name), card.models, card.when, card.counts);
    item.append(link);
    return card;
}

/**
 * The picture's address names no version, so it is asked for again whenever the session
 * showed something or changed its picture; the server answers 304 where it is the same.
 */
function drawPicture(card, session) {
    const mark = session.picture ? `${session.picture} ${session.when} ${session.bytes}` : null;
    const version = session.picture_version ?? mark;
    if (mark === null) {
        card.picture.textContent = "no picture yet";
    } else if (card.shown !== version) {
        const image = new Image();
        image.alt = "";
        const url = new URL(session.picture, new URL(config.urls.root, location.href));
        url.searchParams.set("v", String(version));
        image.addEventListener("load", () => card.picture.replaceChildren(image));
        image.src = url.href;
    }
    card.shown = version;
}

function drawCard(card, session) {
    const models = session.models ?? [];
    card.session = session;
    card.models.textContent = models.length > 0 ? models.join(", ") : "empty";
    card.models.title = models.join(", ");
    card.when.textContent = age(session.when);
    card.counts.textContent = [
        count(session.browsers, "browser"),
        count(session.kernels, "kernel"),
        readableBytes(session.bytes)
    ].join(" · ");
    drawPicture(card, session);
}

function draw(sessions) {
    const list = document.getElementById("list");
    const names = new Set(sessions.map((session) => session.name));
    for (const [name, card] of cards) {
        if (!names.has(name)) {
            card.item.remove();
            cards.delete(name);
        }
    }
    for (const session of sessions) {
        if (!cards.has(session.name)) {
            cards.set(session.name, makeCard(session.name));
        }
        const card = cards.get(session.name);
        drawCard(card, session);
        list.append(card.item);
    }
    document.getElementById("none").hidden = sessions.length > 0;
}

function onState({ state }) {
    const words = { connecting: "connecting", live: "live", waiting: "offline", gone: "offline" };
    const label = document.getElementById("bar-state");
    label.textContent = words[state];
    label.className = state;
    if (state === "gone") {
        say("connection", `cadcast at ${location.host} does not answer. Start it, then connect.`, {
            kind: "error",
            action: { label: "Connect", run: () => comms.retry() },
            dismiss: false
        });
    } else if (state === "live") {
        unsay("connection");
    }
}

const theme = config.settings?.theme;
if (theme === "light" || theme === "dark") {
    document.documentElement.dataset.theme = theme;
}
const comms = createComms({
    url: socketUrl(config.urls),
    limit: config.max_reconnect_attempts,
    register: () => 'L:{"viewer":"sessions"}',
    onText: (text) => {
        const message = JSON.parse(text);
        if (message.type === "sessions") {
            draw(message.sessions);
        }
    },
    onState
});
setInterval(() => {
    for (const card of cards.values()) {
        card.when.textContent = age(card.session.when);
    }
}, AGES_REFRESH_MS);
