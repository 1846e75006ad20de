/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BROWSER_CHROMIUM_H
#define CADCAST_BROWSER_CHROMIUM_H

#include <stdatomic.h>
#include <stddef.h>

#include "base/text.h"

/*
 * A Chromium without a window, as a child process for one question to one page: it is told over
 * pipes (--remote-debugging-pipe), reaches no network, and ends with the answer. Never needed:
 * where none is installed, -ENOTSUP says so.
 */
struct chromium_question {
    const char *folder;     /* an empty one, for its profile */
    const char *address;    /* of the page */
    const char *expression; /* JavaScript: a promise of a text */
    unsigned width;         /* of the window, pixels */
    unsigned height;
    unsigned max_ms;
    const atomic_bool *cancel; /* may be NULL */
};

/* Finds the program: CADCAST_CHROMIUM, else chromium-headless-shell, chromium and other names of it
 * on PATH. 0; -ENOTSUP: there is none; or why that of the variable cannot be started. */
int chromium_find(char *path, size_t size);

/* Asks; blocks until the answer, which is added to `answer`. 0; an error of chromium_find;
 * -ETIMEDOUT, -ECANCELED; -EIO: it ended, or the page failed, and `answer` may say why; or an error
 * of the system. The child has ended then. */
int chromium_ask(const struct chromium_question *question, struct text *answer);

#endif
