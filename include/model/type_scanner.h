/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_MODEL_TYPE_SCANNER_H
#define CADCAST_MODEL_TYPE_SCANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads a JSON text as it arrives, in pieces of any size, and remembers "type" of its
 * outermost object: a model of 26 MB has its type in its last bytes. Builds nothing,
 * allocates nothing, and skips strings nearly as fast as memory is read, so that it may run on the
 * loop.
 *
 * It checks that the text is one JSON value (RFC 8259). It does not check UTF-8, nor a number of 64
 * characters or more.
 */
enum {
    TYPE_SCANNER_DEPTH = 1024, /* deepest nesting that is followed */
    TYPE_SCANNER_NAME =
        64, /* a member's name or type longer than 63 bytes is never one of interest */
};

struct type_scanner {
    int error;         /* what type_scanner_feed returned last, 0 while all is well */
    uint8_t state;     /* the tokens allowed next, see type_scanner.c */
    uint8_t member;    /* the current member of the outermost object, if of interest */
    bool is_key;       /* the string being read is a name */
    bool keep;         /* the string being read is remembered in `kept` */
    bool typed;        /* `type` holds the value of "type" */
    uint8_t kept_size; /* TYPE_SCANNER_NAME: longer than fits */
    unsigned depth;    /* open brackets */
    uint64_t objects[TYPE_SCANNER_DEPTH / 64]; /* a bit for each open bracket: it is a brace */
    uint8_t kept[TYPE_SCANNER_NAME];
    char type[TYPE_SCANNER_NAME];
};

void type_scanner_init(struct type_scanner *scanner);

/* Takes the next `size` bytes. 0; -EINVAL: this is not JSON; -E2BIG: nested deeper than
 * TYPE_SCANNER_DEPTH. After an error every call returns it again. */
int type_scanner_feed(struct type_scanner *scanner, const void *data, size_t size);

/* Whether the text may end here: one whole value has been read. */
bool type_scanner_done(const struct type_scanner *scanner);

/* The string value of the outermost object's member "type"; of several the last one counts, as in
 * Python and JavaScript. NULL if none was read so far, it is not a string, or it is longer than any
 * known type. Valid as long as `scanner`. */
const char *type_scanner_type(const struct type_scanner *scanner);

#endif
