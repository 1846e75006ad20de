// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

/** Plain http from another machine has no clipboard, but the old command still works inside a click. */
function copyOldWay(text) {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    try {
        document.execCommand("copy");
    } finally {
        area.remove();
    }
}

/** Copy what the Select tool picked; where the page may not, nobody needs to be told. */
export function copyText(text) {
    if (navigator.clipboard === undefined) {
        copyOldWay(text);
    } else {
        navigator.clipboard.writeText(text).catch(() => {});
    }
}
