/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMPARE_COMPARE_MATCH_H
#define CADCAST_COMPARE_COMPARE_MATCH_H

#include "compare/compare_side.h"

/*
 * Which part of one model is which of the other, and what has become of it. A part is found by its
 * key; one that was removed and one that was added are the same, renamed, if their shapes are.
 */
enum compare_match_class {
    COMPARE_MATCH_CHANGED,    /* the shape differs, and perhaps more */
    COMPARE_MATCH_MOVED,      /* the place differs, and perhaps the look */
    COMPARE_MATCH_RECOLOURED, /* colour, opacity or visibility differ */
    COMPARE_MATCH_RENAMED,
    COMPARE_MATCH_ADDED,
    COMPARE_MATCH_REMOVED,
    COMPARE_MATCH_SAME,
    COMPARE_MATCH_CLASSES,
};

/* What differs, as bits. */
enum compare_match_what {
    COMPARE_MATCH_SHAPE = 1,
    COMPARE_MATCH_PLACE = 2,
    COMPARE_MATCH_COLOUR = 4,
    COMPARE_MATCH_VISIBLE = 8,
    COMPARE_MATCH_NAME = 16,
};

struct compare_match_pair {
    const struct compare_side_part *from; /* NULL: it was added */
    const struct compare_side_part *to;   /* NULL: it was removed */
    enum compare_match_class what;
    unsigned differs;
};

struct compare_match {
    struct compare_match_pair *pairs; /* by class, then in the order of the trees */
    size_t count;
    size_t counts[COMPARE_MATCH_CLASSES];
};

/* The name of a class. */
const char *compare_match_name(enum compare_match_class what);

/* Sets the `other` of the parts, and makes the list of pairs. 0 or -ENOMEM. compare_match_free is
 * to be called in any case. */
int compare_match(struct compare_match *match, struct compare_side *from, struct compare_side *to);

void compare_match_free(struct compare_match *match);

#endif
