/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_WEB_PAGE_H
#define CADCAST_WEB_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

#include "base/list.h"
#include "base/log.h"
#include "base/text.h"
#include "base/weak.h"
#include "web/http.h"

/*
 * The page and its files: a table made once at the start of what lies below static/, so that no
 * request ever names a file on the disk. Contents are read and hashed on the worker pool when first
 * asked for, and kept, compressed too (web/asset.h).
 */
struct page {
    uv_loop_t *loop;
    const struct log *log;
    char *folder; /* the data folder: static/ and templates/ are in it */
    char *packed; /* where the files compressed at build time are; NULL: nowhere */
    struct list assets;
    struct text viewer;   /* templates/viewer.html */
    struct text sessions; /* templates/sessions.html */
    char version[17];     /* of all files together: part of their addresses */
    unsigned loading;     /* jobs on the pool */
};

/* Looks through `folder` (blocking: at the start); `packed` is the folder of asset_load. Errors:
 * -ENOENT where templates/viewer.html is not there, -ENOMEM; page_close then too. */
int page_open(struct page *page, uv_loop_t *loop, const char *folder, const char *packed,
              const struct log *log);

/* Whether the third-party part of the page is there; it is fetched at set-up, see tools/. */
bool page_complete(const struct page *page);

/* Answers with the file of that path ("page.js", decoded, below static/), or 404; `who` is a weak
 * reference to the struct http, for an answer that comes later. A leading "v-<version>/" makes the
 * answer cacheable for ever. */
void page_file(struct page *page, struct http *http, struct weak *who, const char *path);

/* Answers with a template in which `@CADCAST@` became `json` and `@STATIC@` the relative address
 * of the files, `up` being what leads from the page's folder to theirs ("" or "../../"). */
void page_template(struct page *page, struct http *http, const struct text *template,
                   const char *json, const char *up);

/* Frees everything; no job may be running (page->loading is 0). */
void page_close(struct page *page);

#endif
