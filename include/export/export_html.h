/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_EXPORT_EXPORT_HTML_H
#define CADCAST_EXPORT_EXPORT_HTML_H

#include "base/text.h"
#include "export/export.h"
#include "export/export_out.h"
#include "render/limit.h"

/*
 * A model file, as it is, inside a page that needs no server: docs/exporting.md. The page is what
 * tools/make-onefile makes.
 */

/* Most bytes of the packed model: as base64 it is the longest text that browsers take. */
#define EXPORT_HTML_MOST ((size_t)380 << 20)

/* From so many bytes of the whole file on, a user is warned: browsers take long to open it. */
#define EXPORT_HTML_LARGE ((size_t)100 << 20)

/* Most bytes of the steps of a history beside the model. */
#define EXPORT_HTML_PAST ((size_t)64 << 20)

/* Reads options->page and fills it in. Errors as export_write; -ENOTSUP: there is no page. `fault`:
 * EXPORT_WHY bytes for a reason. */
int export_html(const uint8_t *file, size_t size, const struct export_options *options,
                struct export_out *out, char *fault);

/* Adds the values of the page: `settings` is JSON in which "<" is escaped; `view` JSON of how it
 * was looked at, NULL: as the settings say. */
void export_html_values(struct text *out, const char *settings, const json_t *view);

/* Adds a message for the page to its values, JSON in `size` bytes. */
void export_html_message(struct text *out, const void *message, size_t size);

/* Ends the values. */
void export_html_end(struct text *out);

#endif
