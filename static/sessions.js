// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The page that lists the sessions. It is a listener of its own kind on the same
// WebSocket and is told the whole list whenever it changes.

import { showState } from "./bar.js";
import { createComms } from "./comms.js";
import { applyTheme, readConfig, sessionUrl, socketUrl } from "./config.js";
import { createConnectionNotice } from "./connection.js";
import { readableBytes } from "./notices.js";

const AGES_REFRESH_MS = 20000;
const PICTURE_EVERY_MS = 1000;
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
        session: null,
        timer: null,
        asked: -PICTURE_EVERY_MS
    };
    link.append(card.picture, element("h2", "", name), card.models, card.when, card.counts);
    item.append(link);
    return card;
}

/**
 * The picture's address names no version, and a list comes for many reasons. So it is
 * asked for again after each list, but at most once a second; the server answers 304
 * where it is the same, and then nothing is drawn.
 */
function refreshPicture(card) {
    if (card.timer !== null) {
        return;
    }
    const wait = Math.max(0, card.asked + PICTURE_EVERY_MS - performance.now());
    card.timer = setTimeout(async () => {
        card.timer = null;
        card.asked = performance.now();
        if (!card.session.picture) {
            card.picture.textContent = "no picture yet";
            return;
        }
        const path = `s/${encodeURIComponent(card.session.name)}/picture.png`;
        const url = new URL(path, new URL(config.urls.root, location.href));
        const answer = await fetch(url, { cache: "no-cache" }).catch(() => null);
        if (answer?.ok) {
            drawPicture(card, await answer.blob());
        }
    }, wait);
}

function drawPicture(card, blob) {
    const url = URL.createObjectURL(blob);
    const image = new Image();
    image.alt = "";
    image.addEventListener("load", () => {
        card.picture.replaceChildren(image);
        URL.revokeObjectURL(url);
    });
    image.addEventListener("error", () => URL.revokeObjectURL(url));
    image.src = url;
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
    refreshPicture(card);
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

applyTheme(config.settings?.theme);
const notify = createConnectionNotice(() => comms.retry());
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
    onState: (report) => {
        showState(report.state);
        notify(report);
    }
});
setInterval(() => {
    for (const card of cards.values()) {
        card.when.textContent = age(card.session.when);
    }
}, AGES_REFRESH_MS);
