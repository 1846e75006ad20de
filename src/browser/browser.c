/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "browser/browser.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/base64.h"
#include "base/file.h"
#include "browser/chromium.h"

/* What the window has besides the picture, and what it is at least. */
#define AROUND_WIDTH 60
#define AROUND_HEIGHT 160
#define LEAST_WIDTH 900
#define LEAST_HEIGHT 700

/* Descriptors that the removal of a folder uses. */
#define FOLDERS 16

static int refuse(char *why, int error, const char *text)
{
    snprintf(why, BROWSER_WHY, "%s", text);
    return error;
}

/* ---- what the page is asked ---- */

static json_t *switched(enum render_switch value)
{
    return value == RENDER_AS_IS ? json_null() : json_boolean(value == RENDER_ON);
}

static json_t *views_of(const struct render_options *options)
{
    json_t *views = json_array();
    for (unsigned i = 0; i < options->view_count; i++) {
        const struct camera_view *view = &options->views[i];
        json_array_append_new(views, view->named
                                         ? json_string(view->name)
                                         : json_pack("[f,f]", view->azimuth, view->elevation));
    }
    return views;
}

/* A promise of the picture, base64; the page makes its function when it has started. */
static int make_expression(const struct render_options *options, struct text *out)
{
    char background[8];
    const uint8_t *rgb = options->background;
    snprintf(background, sizeof(background), "#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
    json_t *json = json_pack("{s:o, s:i, s:i, s:b, s:o, s:o, s:o, s:o}", "views", views_of(options),
                             "width", (int)options->width, "height", (int)options->height,
                             "transparent", options->transparent, "background",
                             options->colored ? json_string(background) : json_null(), "axes",
                             switched(options->axes), "grid", switched(options->grid), "ortho",
                             switched(options->ortho));
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    text_format(out,
                "(async () => { while (window.cadcast?.draw === undefined) await new Promise((done)"
                " => setTimeout(done, 20)); return window.cadcast.draw(%s); })()",
                text == NULL ? "" : text);
    json_decref(json);
    free(text);
    return text == NULL ? -ENOMEM : text_error(out);
}

static int decode(const struct text *answer, struct blob **png, char *why)
{
    long size = base64_size(text_string(answer), answer->size);
    *png = size < 0 ? NULL : blob_new((size_t)size);
    if (size >= 0 && *png == NULL)
        return refuse(why, -ENOMEM, "out of memory");
    if (size < 8 || base64_decode((*png)->data, text_string(answer), answer->size) != size ||
        memcmp((*png)->data, "\x89PNG", 4) != 0) {
        blob_unref(*png);
        *png = NULL;
        return refuse(why, -EIO, "the page answered with no picture");
    }
    (*png)->size = (size_t)size;
    return 0;
}

static int ask(const struct browser_drawing *drawing, const char *folder, const char *path,
               struct blob **png, char *why)
{
    const struct render_options *options = drawing->options;
    struct text address = { 0 };
    struct text expression = { 0 };
    struct text answer = { 0 };
    text_format(&address, "file://%s", path);
    int error = make_expression(options, &expression);
    const struct chromium_question question = {
        .folder = folder,
        .address = text_string(&address),
        .expression = text_string(&expression),
        .width = options->width + AROUND_WIDTH < LEAST_WIDTH ? LEAST_WIDTH
                                                             : options->width + AROUND_WIDTH,
        .height = options->height + AROUND_HEIGHT < LEAST_HEIGHT ? LEAST_HEIGHT
                                                                 : options->height + AROUND_HEIGHT,
        .max_ms = drawing->max_ms,
        .cancel = drawing->cancel,
    };
    if (error == 0)
        error = chromium_ask(&question, &answer);
    if (error == 0)
        error = decode(&answer, png, why);
    else if (error == -ETIMEDOUT)
        refuse(why, error, "the browser takes longer than is allowed");
    else
        error = refuse(why, error == -ECANCELED || error == -ENOMEM ? error : -EIO,
                       answer.size > 0 ? text_string(&answer) : "the browser failed");
    text_free(&address);
    text_free(&expression);
    text_free(&answer);
    return error;
}

/* ---- its folder ---- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    remove(path);
    return 0;
}

static int write_page(const uint8_t *file, size_t size, const struct browser_drawing *drawing,
                      const char *path, char *why)
{
    struct export_result result;
    const struct export_options options = { .format = EXPORT_HTML,
                                            .page = drawing->page,
                                            .max_bytes = drawing->max_bytes,
                                            .max_ms = drawing->max_ms,
                                            .cancel = drawing->cancel };
    int error = export_write(file, size, &options, &result);
    if (error < 0)
        return refuse(why, error, result.fault);
    error = file_replace(path, result.bytes->data, result.bytes->size, 0);
    blob_unref(result.bytes);
    return error < 0 ? refuse(why, error, "the page cannot be written to a temporary folder") : 0;
}

int browser_draw(const uint8_t *file, size_t size, const struct browser_drawing *drawing,
                 struct blob **png, char why[BROWSER_WHY])
{
    char program[4096];
    char folder[4096];
    char path[4160];
    const char *place = getenv("TMPDIR");
    *png = NULL;
    int error = chromium_find(program, sizeof(program));
    if (error < 0)
        return refuse(why, -ENOTSUP,
                      "renderer=browser needs Chromium, which is not installed here");
    snprintf(folder, sizeof(folder), "%s/cadcast-browser-XXXXXX",
             place == NULL || place[0] != '/' ? "/tmp" : place);
    if (mkdtemp(folder) == NULL)
        return refuse(why, -errno, "there is no room for a temporary folder");
    snprintf(path, sizeof(path), "%s/page.html", folder);
    error = write_page(file, size, drawing, path, why);
    if (error == 0)
        error = ask(drawing, folder, path, png, why);
    nftw(folder, remove_one, FOLDERS, FTW_DEPTH | FTW_PHYS);
    return error;
}
