// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Several sessions in one window: our own pages side by side, each with a connection of its own.

import { readConfig, sessionUrl } from "./config.js";
import { at, element } from "./dom.js";
import { followTheme } from "./preferences.js";

const MOST = 4;
const NAME = /^(?!\.{1,2}$)[\w.-]{1,64}$/;

const config = readConfig();
const asked = new URL(location.href).searchParams.getAll("name");
const names = [...new Set(asked)].filter((name) => NAME.test(name)).slice(0, MOST);

function frame(name) {
    // The name is known before the page is there: it tells this window's pages apart.
    const made = Object.assign(document.createElement("iframe"), { name: `side-${name}`, title: name });
    made.allow = "clipboard-write; fullscreen";
    made.src = sessionUrl(config.urls, name);
    return made;
}

followTheme(config.settings?.theme);
document.title = `${names.join(" | ") || "Sessions"} – cadcast`;
at("frames").dataset.count = String(names.length);
at("frames").replaceChildren(...names.map(frame));
at("none").hidden = names.length > 0;
at("names").append(...names.map((name) => element("li", name)));
