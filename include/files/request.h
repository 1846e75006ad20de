/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_FILES_REQUEST_H
#define CADCAST_FILES_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct http;

#define REQUEST_NAME 256 /* bytes of a file's name, with its terminating zero */

/* How a file is to be read, from its request. */
struct request {
    char name[REQUEST_NAME]; /* a label without folders; "": none was given */
    const char
        *format;  /* the ending that stands for its kind, a literal; NULL: by name and content */
    bool archive; /* the body is a tar archive of several files */
    bool heal;
    bool reset;       /* pages look at the whole of it, and do not keep their camera */
    bool progress;    /* the client wants interim answers */
    double deviation; /* 0: the default */
    double angle;     /* the same */
};

/* Reads query and headers; `name`: of the file in the path, "" if none. 0, or the HTTP status
 * against it, with the reason in `why`. */
int request_read(struct request *request, const struct http *http, const char *name,
                 struct text *why);

/* Whether a file of that name is a model by its ending, and not only beside one. */
bool request_is_model(const char *name);

#endif
