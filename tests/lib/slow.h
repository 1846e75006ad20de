/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_TESTS_SLOW_H
#define CADCAST_TESTS_SLOW_H

#include <stdlib.h>

/* How many of `rounds` to run: fewer where CADCAST_SLOW says that each takes so many times as long,
 * as under valgrind, and at least one. */
static inline unsigned slow_rounds(unsigned rounds)
{
    const char *text = getenv("CADCAST_SLOW");
    unsigned long slow = text == NULL ? 1 : strtoul(text, NULL, 10);
    return slow > rounds ? 1 : slow > 1 ? rounds / (unsigned)slow : rounds;
}

#endif
