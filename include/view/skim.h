/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_SKIM_H
#define CADCAST_VIEW_SKIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads a JSON text as it arrives, in pieces of any size, and remembers what its outermost object
 * says of itself: a model of 26 MB says what it is in its last bytes. Builds nothing, allocates
 * nothing, and passes strings nearly as fast as memory is read, so that it may run on the loop.
 *
 * It checks what that gives for nothing: brackets, commas, colons, quotes and escapes stand where
 * they may and the text is one value. Numbers and words are not looked at, nor is UTF-8.
 */
enum {
    SKIM_DEPTH = 1024, /* deepest nesting that is followed */
    SKIM_NAME = 64,    /* a member's name or type longer than 63 bytes is none of ours */
};

enum skim_kind { SKIM_NONE, SKIM_OBJECT, SKIM_ARRAY, SKIM_OTHER };

struct skim {
    int error;                         /* what skim_feed returned last, 0 while all is well */
    uint8_t state;                     /* what may come next, see skim.c */
    uint8_t member;                    /* which of the outermost object's members is being read */
    bool is_key;                       /* the string being read is a name */
    bool keep;                         /* the string being read is remembered in `kept` */
    bool typed;                        /* `type` holds the value of "type" */
    uint8_t kept_size;                 /* SKIM_NAME: longer than fits */
    enum skim_kind data;               /* what the member "data" is */
    unsigned depth;                    /* open brackets */
    uint64_t objects[SKIM_DEPTH / 64]; /* a bit for each open bracket: it is a brace */
    uint8_t kept[SKIM_NAME];
    char type[SKIM_NAME];
};

void skim_init(struct skim *skim);

/* Takes the next `size` bytes. 0; -EINVAL: this is no JSON text; -E2BIG: nested deeper than
 * SKIM_DEPTH. After an error it stays at that. */
int skim_feed(struct skim *skim, const void *data, size_t size);

/* Whether the text may end here: one whole value has been read. */
bool skim_done(const struct skim *skim);

/* The string value of the outermost object's member "type"; of several the last one counts, as in
 * Python and JavaScript. NULL where there is none so far, it is no string, or it is longer than
 * any that we know. Valid as long as `skim`. */
const char *skim_type(const struct skim *skim);

#endif
