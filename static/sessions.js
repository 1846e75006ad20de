// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The page that lists the sessions. It is a listener of its own kind on the same
// WebSocket and is told the whole list whenever it changes.

/** @import { Message, Session } from "../tools/page-checks/messages" */
import { arrange, isRemovable, keepWanted, loadWanted } from "./arrange.js";
import { showState } from "./bar.js";
import { copyText } from "./clipboard.js";
import { createComms } from "./comms.js";
import { readConfig, sessionUrl, socketUrl } from "./config.js";
import { createConnectionNotice } from "./connection.js";
import { at, button, element as plain } from "./dom.js";
import { watchDrops } from "./drop.js";
import { readableBytes, say, sayBriefly } from "./notices.js";
import { followTheme } from "./preferences.js";

const AGES_REFRESH_MS = 20000;
const PICTURE_EVERY_MS = 1000;
const SURE_MS = 4000;
const SIDE_MOST = 4;
/** @type {[seconds: number, unit: Intl.RelativeTimeFormatUnit][]} */
const AGE_STEPS = [
    [86400, "day"],
    [3600, "hour"],
    [60, "minute"]
];
const ages = new Intl.RelativeTimeFormat("en", { numeric: "always" });
const config = readConfig();
const cards = new Map();
const chosen = new Set();
let viewable = false; // there is a token for those who may only view
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
function kernelOf({ kernel: address, kernel_when: when, model }) {
    const none = model ? "kept from before the server was started" : "no notebook yet";
    return address === "" ? none : `notebook at ${address}, ${age(when)}`;
}

const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

const urlOf = (path) => new URL(path, new URL(config.urls.root, location.href));
const pathOf = (name, rest) => urlOf(`s/${encodeURIComponent(name)}/${rest}`);

async function copy(address) {
    const done = await copyText(address);
    sayBriefly("copied", done ? `Copied: ${address}` : address, done ? 2000 : 20000);
}

async function viewUrls(path) {
    const answer = await fetch(path, { cache: "no-store" }).catch(() => null);
    return answer?.ok ? (await answer.json()).view_urls : [];
}

/** The address that this browser uses, if the server knows it; else the first for other machines. */
async function copyViewLink(name) {
    const found = await viewUrls(pathOf(name, "addresses"));
    copy(found.find((each) => new URL(each).host === location.host) ?? found[0]);
}

/** @returns the server's answer; null if it refused, which is then said */
async function ask(word, body, method = "POST") {
    const answer = await fetch(urlOf(`sessions/${word}`), {
        method,
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body)
    }).catch(() => null);
    const found = await answer?.json().catch(() => null);
    if (answer?.ok) {
        return found;
    }
    say("asked", `That was not done: ${found?.detail ?? "the server does not answer."}`, { kind: "warning" });
    return null;
}

function rename(name) {
    const input = at("rename-name");
    at("rename-old").textContent = input.value = name;
    at("rename").returnValue = "";
    at("rename").onclose = async () => {
        const answer = at("rename").returnValue === "yes" && (await ask("rename", { session: name, name: input.value }));
        if (answer && wanted.pinned.includes(name)) {
            pin(name);
            pin(answer.session);
        }
    };
    at("rename").showModal();
    input.select();
}

function choose(name, flag) {
    chosen[flag ? "add" : "delete"](name);
    drawSide();
}

function drawSide() {
    const number = [...chosen].filter((name) => cards.has(name)).length;
    at("side").disabled = number < 2 || number > SIDE_MOST;
    at("side").textContent = number > SIDE_MOST ? `Side by side: ${SIDE_MOST} at most` : "Side by side";
}

function pin(name) {
    const others = wanted.pinned.filter((each) => each !== name);
    wanted.pinned = others.length < wanted.pinned.length ? others : [...others, name];
    keepWanted(wanted);
    draw();
}

/** A program pinned it, in every list: PATCH of docs/api.md. */
const unpinForAll = (name) => ask(`../api/v1/sessions/${name}`, { pin: false }, "PATCH");

/** The session is told what a notebook's show_clear() tells it. One that is removed loses its port before. */
async function clear(session) {
    if (goesWithPort(session) && !(await ask("listen", { close: session.port }))) {
        return;
    }
    const socket = new WebSocket(socketUrl({ ...config.urls, socket: pathOf(session.name, "").href }));
    socket.onopen = () => {
        socket.send('D:{"type":"clear"}');
        socket.close();
    };
}

const goesWithPort = (session) => isRemovable(session) && session.port !== 0;

/** There is no way back from it: the first press asks, the second does it. */
function clearWhenSure(card) {
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
    clear(card.session);
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
        pin: button("", () => (card.session.pinned ? unpinForAll(name) : pin(name))),
        clear: button("", () => clearWhenSure(card)),
        view: button("view-only link", () => copyViewLink(name), `Copy the view-only link of ${name}`),
        rename: button("rename", () => rename(name), `Rename ${name}`),
        sure: null,
        session: null,
        timer: null,
        asked: -PICTURE_EVERY_MS
    };
    link.append(card.picture, element("h2", "", name), card.models, card.when, card.kernel, card.counts);
    const actions = element("div", "actions");
    const address = button("copy address", () => copy(link.href), `Copy the address of ${name}`);
    const tick = Object.assign(plain("input"), { type: "checkbox", checked: chosen.has(name) });
    tick.title = "Side by side with others";
    tick.setAttribute("aria-label", `${name} side by side`);
    tick.addEventListener("change", () => choose(name, tick.checked));
    actions.append(tick, card.pin, address, card.view, card.rename, card.clear);
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
        const answer = await fetch(pathOf(card.session.name, "picture.png"), { cache: "no-cache" }).catch(() => null);
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

function drawActions({ session, pin: pinned, clear: clearing, view, rename: renaming, sure }) {
    const isPinned = session.pinned || wanted.pinned.includes(session.name);
    const word = isRemovable(session) ? "remove" : "clear";
    pinned.textContent = isPinned ? "unpin" : "pin";
    pinned.hidden = session.pinned && config.read_only;
    pinned.setAttribute("aria-label", `${isPinned ? "Unpin" : "Pin"} ${session.name}`);
    clearing.textContent = sure === null ? word : `really ${word}?`;
    clearing.setAttribute("aria-label", `${clearing.textContent} ${session.name}`);
    clearing.hidden = config.read_only || !(session.model || goesWithPort(session));
    renaming.hidden = config.read_only || session.name === "default";
    view.hidden = !viewable;
}

/** @param {Session} session */
function drawCard(card, session) {
    const models = session.models ?? [];
    card.session = session;
    card.models.textContent = models.length > 0 ? models.join(", ") : "empty";
    card.models.title = models.join(", ");
    card.counts.textContent = [
        ...(session.port === 0 ? [] : [`port ${session.port}`]),
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
    drawSide();
    at("none").hidden = known.some((session) => session.model);
    at("unfound").hidden = sessions.length > 0;
}

followTheme(config.settings?.theme);
const notify = createConnectionNotice(() => comms.retry());
const comms = createComms({
    url: () => socketUrl(config.urls),
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
// A session is there as soon as its page is open; one that notebooks reach by a port has that first.
at("make-port").parentElement.hidden = config.read_only;
at("make").addEventListener("submit", async (event) => {
    event.preventDefault();
    const session = at("make-name").value;
    const port = at("make-port").value;
    if (port === "" || (await ask("listen", { session, port: Number(port) }))) {
        location.href = sessionUrl(config.urls, session);
    }
});
at("side").addEventListener("click", () => {
    const url = urlOf("sessions/side");
    const names = known.map((session) => session.name).filter((name) => chosen.has(name));
    names.forEach((name) => url.searchParams.append("name", name));
    location.href = url.href;
});
viewUrls(urlOf("addresses")).then((urls) => {
    viewable = urls.length > 0 && !config.read_only;
    cards.forEach(drawActions);
});
setInterval(() => {
    cards.forEach(drawAges);
}, AGES_REFRESH_MS);
