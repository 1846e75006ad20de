/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/skim.h"

#include <errno.h>
#include <string.h>

#include "base/scan.h"

/* What may come next. */
enum {
    VALUE,       /* a value */
    FIRST_VALUE, /* a value or the end of the array */
    KEY,         /* a member's name */
    FIRST_KEY,   /* a member's name or the end of the object */
    COLON,
    NEXT,   /* a comma or the end of what is open */
    STRING, /* the rest of a string */
    ESCAPE, /* what follows a backslash */
    SCALAR, /* the rest of a number or word */
    END,    /* white space */
};

/* Members of the outermost object. */
enum { OTHER_MEMBER, TYPE_MEMBER, DATA_MEMBER };

void skim_init(struct skim *skim)
{
    memset(skim, 0, sizeof(*skim));
}

bool skim_done(const struct skim *skim)
{
    return skim->error == 0 && skim->depth == 0 && (skim->state == END || skim->state == SCALAR);
}

const char *skim_type(const struct skim *skim)
{
    return skim->typed ? skim->type : NULL;
}

static bool in_object(const struct skim *skim)
{
    unsigned top = skim->depth - 1;
    return skim->depth > 0 && (skim->objects[top / 64] >> top % 64 & 1) != 0;
}

static bool wants_value(const struct skim *skim)
{
    return skim->state == VALUE || skim->state == FIRST_VALUE;
}

static void value_ends(struct skim *skim)
{
    skim->state = skim->depth == 0 ? END : NEXT;
}

/* A value begins: where it belongs to a member that we know, note what it is. */
static void value_begins(struct skim *skim, enum skim_kind kind)
{
    if (skim->depth != 1 || !in_object(skim))
        return;
    if (skim->member == DATA_MEMBER)
        skim->data = kind;
    if (skim->member == TYPE_MEMBER)
        skim->typed = false;
}

static int open_bracket(struct skim *skim, bool object)
{
    if (!wants_value(skim))
        return -EINVAL;
    if (skim->depth == SKIM_DEPTH)
        return -E2BIG;
    value_begins(skim, object ? SKIM_OBJECT : SKIM_ARRAY);
    uint64_t bit = (uint64_t)1 << skim->depth % 64;
    if (object)
        skim->objects[skim->depth / 64] |= bit;
    else
        skim->objects[skim->depth / 64] &= ~bit;
    skim->depth++;
    skim->state = object ? FIRST_KEY : FIRST_VALUE;
    return 0;
}

static int close_bracket(struct skim *skim, bool object)
{
    bool empty = skim->state == (object ? FIRST_KEY : FIRST_VALUE);
    if (!(empty || skim->state == NEXT) || in_object(skim) != object)
        return -EINVAL;
    skim->depth--;
    value_ends(skim);
    return 0;
}

static int begin_string(struct skim *skim)
{
    skim->is_key = skim->state == KEY || skim->state == FIRST_KEY;
    if (!skim->is_key) {
        if (!wants_value(skim))
            return -EINVAL;
        value_begins(skim, SKIM_OTHER);
    }
    skim->keep =
        skim->depth == 1 && in_object(skim) && (skim->is_key || skim->member == TYPE_MEMBER);
    skim->kept_size = 0;
    skim->state = STRING;
    return 0;
}

static void keep(struct skim *skim, const uint8_t *data, size_t size)
{
    if (!skim->keep)
        return;
    if (size > (size_t)(SKIM_NAME - skim->kept_size)) {
        skim->kept_size = SKIM_NAME;
        return;
    }
    memcpy(skim->kept + skim->kept_size, data, size);
    skim->kept_size = (uint8_t)(skim->kept_size + size);
}

static void end_string(struct skim *skim)
{
    char string[SKIM_NAME];
    bool whole = skim->keep && skim->kept_size < SKIM_NAME &&
                 scan_unescape(string, sizeof(string), skim->kept, skim->kept_size) >= 0;
    if (skim->is_key) {
        skim->state = COLON;
        skim->member = OTHER_MEMBER;
        if (whole && strcmp(string, "type") == 0)
            skim->member = TYPE_MEMBER;
        else if (whole && strcmp(string, "data") == 0)
            skim->member = DATA_MEMBER;
        return;
    }
    if (whole) {
        memcpy(skim->type, string, sizeof(string));
        skim->typed = true;
    }
    value_ends(skim);
}

/* Passes the rest of a string, or as much of it as is here. */
static const uint8_t *pass_string(struct skim *skim, const uint8_t *p, const uint8_t *end)
{
    const uint8_t *stop = scan_string(p, end);
    keep(skim, p, (size_t)(stop - p));
    if (stop == end)
        return end;
    if (*stop == '"') {
        end_string(skim);
    } else if (*stop == '\\') {
        keep(skim, stop, 1);
        skim->state = ESCAPE;
    } else {
        skim->error = -EINVAL;
    }
    return stop + 1;
}

static int pass_escape(struct skim *skim, uint8_t c)
{
    if (c == '\0' || strchr("\"\\/bfnrtu", c) == NULL)
        return -EINVAL;
    keep(skim, &c, 1);
    skim->state = STRING;
    return 0;
}

static int pass_comma(struct skim *skim)
{
    if (skim->state != NEXT)
        return -EINVAL;
    skim->state = in_object(skim) ? KEY : VALUE;
    return 0;
}

static int pass_colon(struct skim *skim)
{
    if (skim->state != COLON)
        return -EINVAL;
    skim->state = VALUE;
    return 0;
}

static bool is_scalar(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '+' || c == '.';
}

static int begin_scalar(struct skim *skim, uint8_t c)
{
    if (!is_scalar(c) || !wants_value(skim))
        return -EINVAL;
    value_begins(skim, SKIM_OTHER);
    skim->state = SCALAR;
    return 0;
}

/* One byte outside a string. */
static int pass_mark(struct skim *skim, uint8_t c)
{
    if (skim->state == SCALAR) {
        if (is_scalar(c))
            return 0;
        value_ends(skim);
    }
    switch (c) {
    case ' ':
    case '\t':
    case '\n':
    case '\r':
        return 0;
    case '"':
        return begin_string(skim);
    case '{':
    case '[':
        return open_bracket(skim, c == '{');
    case '}':
    case ']':
        return close_bracket(skim, c == '}');
    case ',':
        return pass_comma(skim);
    case ':':
        return pass_colon(skim);
    default:
        return begin_scalar(skim, c);
    }
}

int skim_feed(struct skim *skim, const void *data, size_t size)
{
    const uint8_t *p = data;
    const uint8_t *end = p + size;
    while (p < end && skim->error == 0) {
        if (skim->state == STRING)
            p = pass_string(skim, p, end);
        else if (skim->state == ESCAPE)
            skim->error = pass_escape(skim, *p++);
        else
            skim->error = pass_mark(skim, *p++);
    }
    return skim->error;
}
