// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The menu behind "⋯": the picture as a file, a link to the view, full screen, presentation, keys
// and this browser's settings.

import { copyText } from "./clipboard.js";
import { resourceUrl } from "./config.js";
import { at } from "./dom.js";
import { openSheet } from "./keys.js";
import { lazily } from "./lazy.js";
import { say, sayBriefly, unsay } from "./notices.js";

const KEY = "menu"; // of what the menu says

/** @returns the size and the background that are chosen for pictures */
function pictureOptions() {
    return { scale: Number(at("picture-scale").value), transparent: at("picture-transparent").checked };
}

function save(href, name) {
    const link = document.createElement("a");
    link.href = href;
    link.download = name;
    link.click();
    return link;
}

function download(blob, name) {
    const link = save(URL.createObjectURL(blob), name);
    // The browser has begun to read it by then.
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** As text or table: for what else the page lets save. */
export const downloadText = (text, type, name) => download(new Blob([text], { type }), name);

async function copyPicture(take) {
    if (navigator.clipboard?.write === undefined) {
        throw new Error("this browser copies pictures over https only; save it instead");
    }
    await navigator.clipboard.write([new ClipboardItem({ "image/png": take() })]);
    sayBriefly("copied", "The picture is in the clipboard.");
}

/** Whether the page may fill the screen is the browser's business; a phone's may not. */
function fullScreen() {
    const none = () => Promise.reject(new Error("this browser has no full screen"));
    return document.documentElement.requestFullscreen?.() ?? none();
}

/**
 * @param {object} tools
 * @param {import("../tools/page-checks/messages").Urls | null} tools.urls  null: there is no server
 * @param {() => void} tools.openFiles
 * @param {() => void} [tools.lead]
 * @param {(options: { scale: number, transparent: boolean }) => Promise<Blob>} tools.picture
 * @param {() => string} tools.name  of what is shown
 * @param {() => string} tools.link  the address of the page with this view
 * @param {() => string} tools.part  the id of the part picked last; "": none
 * @param {() => string} [tools.step]  names the earlier picture on screen in a query; "": it is the last
 * @param {() => string} tools.file  the address of the same as one HTML file
 * @param {ReturnType<typeof import("./preferences.js").createPreferences>} tools.preferences
 * @param {() => void} tools.onResize  the picture has more or less room now
 */
export function createMenu({ urls, openFiles, lead, picture, name, link, step, file, part, preferences, onResize }) {
    const menu = at("menu");
    const share = lazily("Addresses to share", async () => (await import("./share.js")).createShare(urls));

    function present(flag) {
        document.body.classList.toggle("presenting", flag);
        at("present-end").hidden = !flag;
        onResize();
    }

    const actions = {
        open: openFiles,
        save: async () => download(await picture(pictureOptions()), `${name() || "cadcast"}.png`),
        // It is made by the server, and the browser shows how it comes.
        file: () => save(file() + (step?.() ?? ""), ""),
        export: async () => {
            const kind = at("export-kind");
            const what = at("export-what").value;
            const id = what === "parts=" ? part() : "";
            if (what === "parts=" && id === "") {
                throw new Error("no part was picked; double-click one");
            }
            const { fetchExport } = await import("./export.js");
            const path = `model.${kind.value}?${what}${encodeURIComponent(id)}${step()}`;
            const made = await fetchExport(resourceUrl(urls, path), kind.selectedOptions[0].text);
            if (made !== null) {
                download(made, `${name() || "cadcast"}.${kind.value}`);
            }
        },
        copy: () => copyPicture(() => picture(pictureOptions())),
        link: async () => {
            const done = await copyText(link());
            const text = done ? "The link to this view is in the clipboard." : link();
            sayBriefly("copied", text, done ? 2000 : 20000);
        },
        full: () => (document.fullscreenElement === null ? fullScreen() : document.exitFullscreen()),
        present: () => {
            present(true);
            // Without it the presentation fills the window.
            return fullScreen().catch(() => {});
        },
        lead,
        keys: openSheet,
        forget: () => {
            preferences.forget();
            preferences.fill(at("preferences"));
        }
    };

    async function run(action) {
        try {
            await actions[action]();
            unsay(KEY);
        } catch (error) {
            const why = error instanceof Error ? error.message : error;
            say(KEY, `That did not work: ${why}.`, { kind: "warning" });
        }
    }

    menu.addEventListener("click", ({ target }) => {
        const pressed = target instanceof Element ? target.closest("[data-do]") : null;
        const action = pressed?.getAttribute("data-do");
        if (action !== undefined) {
            if (action !== "forget") {
                menu.hidePopover();
            }
            run(action);
        }
    });
    menu.addEventListener("beforetoggle", () => preferences.fill(at("preferences")));
    menu.addEventListener("toggle", async () => {
        if (urls !== null && menu.matches(":popover-open")) {
            (await share())?.();
        }
    });
    at("present-end").addEventListener("click", () => {
        present(false);
        if (document.fullscreenElement !== null) {
            document.exitFullscreen();
        }
    });
    document.addEventListener("fullscreenchange", () => {
        if (document.fullscreenElement === null && document.body.matches(".presenting")) {
            present(false);
        }
    });
    window.addEventListener("keydown", ({ key }) => {
        if (key === "Escape" && document.body.matches(".presenting")) {
            present(false);
        }
    });
}
