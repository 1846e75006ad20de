/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_TESTS_SLOW_H
#define CADCAST_TESTS_SLOW_H

#include <stdlib.h>

#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define SLOW_BUILD 10
#else
#define SLOW_BUILD 1
#endif

/* How many of `rounds` to run, at least one: fewer with the thread sanitizer, and if CADCAST_SLOW
 * is set, the factor by which each takes longer, as under valgrind. */
static inline unsigned slow_rounds(unsigned rounds)
{
    const char *text = getenv("CADCAST_SLOW");
    unsigned long slow = text == NULL ? SLOW_BUILD : strtoul(text, NULL, 10);
    return slow > rounds ? 1 : slow > 1 ? rounds / (unsigned)slow : rounds;
}

#endif
