/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BROWSER_BROWSER_H
#define CADCAST_BROWSER_BROWSER_H

#include <stdint.h>

#include "base/blob.h"
#include "export/export.h"
#include "render/render.h"

/* Room for a reason, with its zero byte. */
#define BROWSER_WHY 200

/*
 * Draws a model file by the page itself, in a Chromium that is started for it (browser/chromium.h):
 * for what src/render does not draw. The page is the one HTML file of export/export_html.h, opened
 * from a folder below $TMPDIR that is removed afterwards. Blocks for seconds.
 */
struct browser_drawing {
    const struct render_options *options; /* those of query_check with options->browser */
    const struct export_page *page;
    unsigned max_ms;
    size_t max_bytes;
    const atomic_bool *cancel; /* may be NULL */
};

/* 0: *png has one reference, the caller's; or an error of chromium_ask or export_write, with the
 * reason in `why`. */
int browser_draw(const uint8_t *file, size_t size, const struct browser_drawing *drawing,
                 struct blob **png, char why[BROWSER_WHY]);

#endif
