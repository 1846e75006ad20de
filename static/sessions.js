// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The page that lists the sessions. It is a listener of its own kind on the same
// WebSocket and is told the whole list whenever it changes.

/** @import { Message, Session } from "../tools/page-checks/messages" */
import { arrange, isRemovable, keepWanted, loadWanted } from "./arrange.js";
import { showState } from "./bar.js";
import { copyText } from "./clipboard.js";
import { createComms } from "./comms.js";
import { applyTheme, readConfig, sessionUrl, socketUrl } from "./config.js";
import { createConnectionNotice } from "./connection.js";
import { at, button, element as plain } from "./dom.js";
import { watchDrops } from "./drop.js";
import { readableBytes, sayBriefly } from "./notices.js";

const AGES_REFRESH_MS = 20000;
const PICTURE_EVERY_MS = 1000;
const SURE_MS = 4000;
/** @type {[seconds: number, unit: Intl.RelativeTimeFormatUnit][]} */
const AGE_STEPS = [
    [86400, "day"],
    [3600, "hour"],
    [60, "minute"]
];
const ages = new Intl.RelativeTimeFormat("en", { numeric: "always" });
const config = readConfig();
const cards = new Map();
const wanted = loadWanted();
/** @type {Session[]} */
let known = [];

const element = (name, className, text = "") => Object.assign(plain(name, text), { className });

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

/** A notebook connects for each message, so who is connected says nothing. */
function kernelOf({ kernel: address, kernel_when: when }) {
    return address === "" ? "no notebook yet" : `notebook at ${address}, ${age(when)}`;
}

const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

async function copyAddress(name) {
    const address = sessionUrl(config.urls, name);
    const done = await copyText(address);
    sayBriefly("copied", done ? `Copied: ${address}` : address, done ? 2000 : 20000);
}

function pin(name) {
    const others = wanted.pinned.filter((each) => each !== name);
    wanted.pinned = others.length < wanted.pinned.length ? others : [...others, name];
    keepWanted(wanted);
    draw();
}

/** The session is told what a notebook's show_clear() tells it. */
function clear(name) {
    const url = new URL(`s/${encodeURIComponent(name)}/`, new URL(config.urls.root, location.href));
    const socket = new WebSocket(socketUrl({ ...config.urls, socket: url.href }));
    socket.onopen = () => {
        socket.send('D:{"type":"clear"}');
        socket.close();
    };
}

/** There is no way back from it: the first press asks, the second does it. */
function clearWhenSure(card, name) {
    if (card.sure === null) {
        card.sure = setTimeout(() => {
            card.sure = null;
            drawActions(card);
        }, SURE_MS);
        drawActions(card);
        return;
    }
    clearTimeout(card.sure);
    card.sure = null;
    drawActions(card);
    clear(name);
}

function makeCard(name) {
    const item = element("li", "session");
    item.dataset.session = name;
    const link = element("a", "");
    link.href = sessionUrl(config.urls, name);
    const card = {
        item,
        picture: element("div", "picture", ""),
        models: element("p", "models"),
        when: element("p", "when"),
        kernel: element("p", "kernel"),
        counts: element("p", "counts"),
        pin: button("", () => pin(name)),
        clear: button("", () => clearWhenSure(card, name)),
        sure: null,
        session: null,
        timer: null,
        asked: -PICTURE_EVERY_MS
    };
    link.append(card.picture, element("h2", "", name), card.models, card.when, card.kernel, card.counts);
    const actions = element("div", "actions");
    const copy = button("copy address", () => copyAddress(name), `Copy the address of ${name}`);
    actions.append(card.pin, copy, card.clear);
    item.append(link, actions);
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
            card.picture.textContent = card.session.model
                ? "A picture comes once a browser has shown it"
                : "Nothing to see yet";
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

function drawAges({ session, when, kernel }) {
    when.textContent = age(session.when);
    kernel.textContent = kernelOf(session);
}

function drawActions({ session, pin: pinned, clear: clearing, sure }) {
    const isPinned = wanted.pinned.includes(session.name);
    const word = isRemovable(session) ? "remove" : "clear";
    pinned.textContent = isPinned ? "unpin" : "pin";
    pinned.setAttribute("aria-label", `${isPinned ? "Unpin" : "Pin"} ${session.name}`);
    clearing.textContent = sure === null ? word : `really ${word}?`;
    clearing.setAttribute("aria-label", `${clearing.textContent} ${session.name}`);
    clearing.hidden = config.read_only || !session.model;
}

/** @param {Session} session */
function drawCard(card, session) {
    const models = session.models ?? [];
    card.session = session;
    card.models.textContent = models.length > 0 ? models.join(", ") : "empty";
    card.models.title = models.join(", ");
    card.counts.textContent = [
        count(session.browsers, "browser"),
        readableBytes(session.bytes)
    ].join(" · ");
    drawAges(card);
    drawActions(card);
    refreshPicture(card);
}

function draw() {
    const sessions = arrange(known, wanted);
    const list = at("list");
    const names = new Set(sessions.map((session) => session.name));
    for (const [name, card] of cards) {
        if (!names.has(name)) {
            card.item.remove();
            cards.delete(name);
        }
    }
    sessions.forEach((session, place) => {
        if (!cards.has(session.name)) {
            cards.set(session.name, makeCard(session.name));
        }
        const card = cards.get(session.name);
        drawCard(card, session);
        // What is in its place is not touched: it may have the keyboard's focus.
        if (list.children[place] !== card.item) {
            list.insertBefore(card.item, list.children[place] ?? null);
        }
    });
    at("none").hidden = known.some((session) => session.model);
    at("unfound").hidden = sessions.length > 0;
}

applyTheme(config.settings?.theme);
const notify = createConnectionNotice(() => comms.retry());
const comms = createComms({
    url: socketUrl(config.urls),
    limit: config.max_reconnect_attempts,
    keepTrying: config.keep_trying,
    register: () => 'L:{"viewer":"sessions"}',
    onText: (text) => {
        const message = /** @type {Message} */ (JSON.parse(text));
        if (message.type === "sessions") {
            known = message.sessions;
            draw();
        }
    },
    onState: (report) => {
        showState(report.state);
        notify(report);
    }
});
watchDrops();
const sort = at("sort");
const find = at("find");
sort.value = wanted.sort;
sort.addEventListener("change", () => {
    wanted.sort = sort.value;
    keepWanted(wanted);
    draw();
});
find.addEventListener("input", () => {
    wanted.text = find.value;
    draw();
});
// A session is there as soon as its page is open.
at("make").addEventListener("submit", (event) => {
    event.preventDefault();
    location.href = sessionUrl(config.urls, at("make-name").value);
});
setInterval(() => {
    cards.forEach(drawAges);
}, AGES_REFRESH_MS);
