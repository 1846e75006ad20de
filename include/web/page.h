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
#include "base/weak_pointer.h"
#include "loop/work.h"
#include "web/http.h"

/*
 * The page and its files: a table of the files below static/, made once at the start, so that no
 * path of a request is ever opened. Contents are read and hashed on the worker pool when first
 * asked for, and kept, also compressed (web/asset.h).
 */
struct page {
    struct work_jobs jobs; /* files being read on the pool */
    const struct log *log;
    char *folder; /* the data folder: static/ and templates/ are in it */
    char *packed; /* the folder of files compressed at build time; NULL: none */
    struct list assets;
    struct text viewer;   /* templates/viewer.html */
    struct text sessions; /* templates/sessions.html */
    struct text side;     /* templates/side.html */
    char version[17];     /* a hash of all files, part of their addresses */
    unsigned loading;     /* jobs on the pool */
};

/* Lists `folder` (blocking: at the start); `packed` is the folder of asset_load. Errors: -ENOENT if
 * templates/viewer.html is missing, -ENOMEM; call page_close after an error too. */
int page_open(struct page *page, uv_loop_t *loop, const char *folder, const char *packed,
              const struct log *log);

/* Whether the third-party part of the page is there; tools/fetch-assets gets it. */
bool page_complete(const struct page *page);

/* Answers with the file of that path ("page.js", decoded, below static/), or 404; `who` is a weak
 * pointer to the struct http, for an answer after the file is read. A leading "v-<version>/"
 * makes the answer cacheable for ever. */
void page_file(struct page *page, struct http *http, struct weak_pointer *who, const char *path);

/* Answers with a template in which `@CADCAST@` is replaced with `json` and `@STATIC@` with the
 * relative address of the files; `up` is the path from the page's folder to theirs ("" or
 * "../../"). */
void page_template(struct page *page, struct http *http, const struct text *template,
                   const char *json, const char *up);

/* Frees everything; no job may be running (page->loading is 0). */
void page_close(struct page *page);

#endif
