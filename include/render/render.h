/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RENDER_RENDER_H
#define CADCAST_RENDER_RENDER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "render/camera.h"

/*
 * Draws a model file as the page shows it, without a browser: docs/rendering.md. Needs no loop:
 * made for the worker pool. The same input gives the same pixels with any number of threads.
 */

/* Limits of a picture. */
#define RENDER_SIDE_MAX 4096
#define RENDER_PIXELS_MAX (8 * 1024 * 1024)
#define RENDER_VIEWS_MAX 9
#define RENDER_CUTS_MAX 3
#define RENDER_THREADS_MAX 16

/* Whether something is to be as the model has it. */
enum render_switch { RENDER_AS_IS, RENDER_ON, RENDER_OFF };

struct render_options {
    unsigned width; /* pixels, 1 to RENDER_SIDE_MAX, together at most RENDER_PIXELS_MAX */
    unsigned height;
    unsigned shrink;  /* draws everything so many times larger first, 1 to 4; 0: 1 */
    unsigned samples; /* of a pixel: 4, 8 or 16; 0: 4 */
    struct camera_view views[RENDER_VIEWS_MAX]; /* several: side by side, each as large as fits */
    unsigned view_count;                        /* 0: the view that the settings have */
    enum render_switch edges;
    enum render_switch axes;
    enum render_switch grid;
    enum render_switch ortho;
    enum render_switch fit; /* what is seen fills the picture; RENDER_AS_IS: if there are several
                             * views, or parts were chosen. Otherwise the page's framing */
    bool transparent;       /* no background */
    bool colored;           /* `background` is given; otherwise the theme's */
    uint8_t background[3];  /* sRGB */
    bool browser;           /* drawn by a browser, and not here: browser/browser.h */
    int64_t step;  /* for those who draw sessions: a step of the history, 0: what is shown */
    bool camera;   /* the camera that `reported` has: no view may be given */
    json_t *parts; /* an object whose keys are ids of parts or groups: these alone; NULL: all */
    json_t *hide;  /* the same: without these */
    double cuts[RENDER_CUTS_MAX][4]; /* planes; kept is where x, y, z and 1 times it is positive */
    unsigned cut_count;
    enum render_switch lids; /* on solids that are cut; RENDER_AS_IS: as in the page, with them */
    const json_t
        *settings; /* of messages since the model; may be NULL, borrowed as all JSON here */
    const json_t *reported;    /* what the browser used last has told of its view; may be NULL */
    bool same;                 /* ... and that it was about this model */
    unsigned threads;          /* 0: one, the caller's */
    unsigned max_ms;           /* 0: no limit of time */
    size_t max_bytes;          /* of memory, without the model file and the picture */
    const atomic_bool *cancel; /* may be NULL */
};

/* Room for a reason, with its zero byte. */
#define RENDER_WHY 160

struct render_picture {
    uint8_t *pixels; /* RGBA, sRGB, opacity not multiplied in; the caller frees it */
    unsigned width;
    unsigned height;
    bool opaque;       /* every pixel */
    unsigned left_out; /* parts that could not be drawn, or only in outline */
    const char *fault; /* after an error that has a reason: a literal, or `why` */
    char why[RENDER_WHY];
};

/* Defaults: 800 x 600, 256 MiB, 10 s. */
void render_options_init(struct render_options *options);

/* Copies options; the copy has references of its own. */
void render_options_copy(struct render_options *to, const struct render_options *from);

/* Drops the lists of parts. */
void render_options_free(struct render_options *options);

/*
 * 0; or, with the reason in picture->fault:
 *   -EINVAL     the file is no valid model file, or the options are not valid
 *   -E2BIG, -EFBIG  it needs more than the limits allow
 *   -ENODATA    there is nothing to draw
 *   -ENOENT     there is no part of an id in `parts` or `hide`
 *   -ETIMEDOUT, -ECANCELED, -ENOMEM
 */
int render_draw(const uint8_t *file, size_t size, const struct render_options *options,
                struct render_picture *picture);

void render_picture_free(struct render_picture *picture);

#endif
