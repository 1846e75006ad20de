/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "model/type_scanner.h"

#include <errno.h>
#include <string.h>

#include "base/scan.h"

/* The state: the tokens allowed next. */
enum {
    VALUE,       /* a value */
    FIRST_VALUE, /* a value or the end of the array */
    KEY,         /* a member's name */
    FIRST_KEY,   /* a member's name or the end of the object */
    COLON,
    NEXT,   /* a comma or the end of the innermost bracket */
    STRING, /* the rest of a string */
    ESCAPE, /* what follows a backslash */
    SCALAR, /* the rest of a number or word */
    END,    /* white space */
};

/* Members of the outermost object. */
enum { OTHER_MEMBER, TYPE_MEMBER };

void type_scanner_init(struct type_scanner *scanner)
{
    memset(scanner, 0, sizeof(*scanner));
}

/* Whether the kept number or word is valid. A longer one is not checked. */
static bool scalar_is_right(const struct type_scanner *scanner)
{
    const uint8_t *end = scanner->kept + scanner->kept_size;
    return scanner->kept_size == TYPE_SCANNER_NAME || scan_scalar(scanner->kept, end) == end;
}

bool type_scanner_done(const struct type_scanner *scanner)
{
    return scanner->error == 0 && scanner->depth == 0 &&
           (scanner->state == END || (scanner->state == SCALAR && scalar_is_right(scanner)));
}

const char *type_scanner_type(const struct type_scanner *scanner)
{
    return scanner->typed ? scanner->type : NULL;
}

static bool in_object(const struct type_scanner *scanner)
{
    unsigned top = scanner->depth - 1;
    return scanner->depth > 0 && (scanner->objects[top / 64] >> top % 64 & 1) != 0;
}

static bool wants_value(const struct type_scanner *scanner)
{
    return scanner->state == VALUE || scanner->state == FIRST_VALUE;
}

static void value_ends(struct type_scanner *scanner)
{
    scanner->state = scanner->depth == 0 ? END : NEXT;
}

/* A value begins: the last member "type" counts, also if it is no string. */
static void value_begins(struct type_scanner *scanner)
{
    if (scanner->depth == 1 && in_object(scanner) && scanner->member == TYPE_MEMBER)
        scanner->typed = false;
}

static int open_bracket(struct type_scanner *scanner, bool object)
{
    if (!wants_value(scanner))
        return -EINVAL;
    if (scanner->depth == TYPE_SCANNER_DEPTH)
        return -E2BIG;
    value_begins(scanner);
    uint64_t bit = (uint64_t)1 << scanner->depth % 64;
    if (object)
        scanner->objects[scanner->depth / 64] |= bit;
    else
        scanner->objects[scanner->depth / 64] &= ~bit;
    scanner->depth++;
    scanner->state = object ? FIRST_KEY : FIRST_VALUE;
    return 0;
}

static int close_bracket(struct type_scanner *scanner, bool object)
{
    bool empty = scanner->state == (object ? FIRST_KEY : FIRST_VALUE);
    if (!(empty || scanner->state == NEXT) || in_object(scanner) != object)
        return -EINVAL;
    scanner->depth--;
    value_ends(scanner);
    return 0;
}

static int begin_string(struct type_scanner *scanner)
{
    scanner->is_key = scanner->state == KEY || scanner->state == FIRST_KEY;
    if (!scanner->is_key) {
        if (!wants_value(scanner))
            return -EINVAL;
        value_begins(scanner);
    }
    scanner->keep = scanner->depth == 1 && in_object(scanner) &&
                    (scanner->is_key || scanner->member == TYPE_MEMBER);
    scanner->kept_size = 0;
    scanner->state = STRING;
    return 0;
}

static void keep(struct type_scanner *scanner, const uint8_t *data, size_t size)
{
    if (!scanner->keep)
        return;
    if (size > (size_t)(TYPE_SCANNER_NAME - scanner->kept_size)) {
        scanner->kept_size = TYPE_SCANNER_NAME;
        return;
    }
    memcpy(scanner->kept + scanner->kept_size, data, size);
    scanner->kept_size = (uint8_t)(scanner->kept_size + size);
}

static void end_string(struct type_scanner *scanner)
{
    char string[TYPE_SCANNER_NAME];
    bool whole = scanner->keep && scanner->kept_size < TYPE_SCANNER_NAME &&
                 scan_unescape(string, sizeof(string), scanner->kept, scanner->kept_size) >= 0;
    if (scanner->is_key) {
        scanner->state = COLON;
        scanner->member = OTHER_MEMBER;
        if (whole && strcmp(string, "type") == 0)
            scanner->member = TYPE_MEMBER;
        return;
    }
    if (whole) {
        memcpy(scanner->type, string, sizeof(string));
        scanner->typed = true;
    }
    value_ends(scanner);
}

/* Skips the rest of a string, or as much of it as was received. */
static const uint8_t *pass_string(struct type_scanner *scanner, const uint8_t *p,
                                  const uint8_t *end)
{
    const uint8_t *stop = scan_string(p, end);
    keep(scanner, p, (size_t)(stop - p));
    if (stop == end)
        return end;
    if (*stop == '"') {
        end_string(scanner);
    } else if (*stop == '\\') {
        keep(scanner, stop, 1);
        scanner->state = ESCAPE;
    } else {
        scanner->error = -EINVAL;
    }
    return stop + 1;
}

static int pass_escape(struct type_scanner *scanner, uint8_t c)
{
    if (c == '\0' || strchr("\"\\/bfnrtu", c) == NULL)
        return -EINVAL;
    keep(scanner, &c, 1);
    scanner->state = STRING;
    return 0;
}

static int pass_comma(struct type_scanner *scanner)
{
    if (scanner->state != NEXT)
        return -EINVAL;
    scanner->state = in_object(scanner) ? KEY : VALUE;
    return 0;
}

static int pass_colon(struct type_scanner *scanner)
{
    if (scanner->state != COLON)
        return -EINVAL;
    scanner->state = VALUE;
    return 0;
}

static bool is_scalar(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '+' || c == '.';
}

static int begin_scalar(struct type_scanner *scanner, uint8_t c)
{
    if (!is_scalar(c) || !wants_value(scanner))
        return -EINVAL;
    value_begins(scanner);
    scanner->state = SCALAR;
    scanner->kept[0] = c;
    scanner->kept_size = 1;
    return 0;
}

/* Takes one byte outside a string. */
static int pass_mark(struct type_scanner *scanner, uint8_t c)
{
    if (scanner->state == SCALAR) {
        if (is_scalar(c)) {
            if (scanner->kept_size < TYPE_SCANNER_NAME)
                scanner->kept[scanner->kept_size++] = c;
            return 0;
        }
        if (!scalar_is_right(scanner))
            return -EINVAL;
        value_ends(scanner);
    }
    switch (c) {
    case ' ':
    case '\t':
    case '\n':
    case '\r':
        return 0;
    case '"':
        return begin_string(scanner);
    case '{':
    case '[':
        return open_bracket(scanner, c == '{');
    case '}':
    case ']':
        return close_bracket(scanner, c == '}');
    case ',':
        return pass_comma(scanner);
    case ':':
        return pass_colon(scanner);
    default:
        return begin_scalar(scanner, c);
    }
}

int type_scanner_feed(struct type_scanner *scanner, const void *data, size_t size)
{
    const uint8_t *p = data;
    const uint8_t *end = p + size;
    while (p < end && scanner->error == 0) {
        if (scanner->state == STRING)
            p = pass_string(scanner, p, end);
        else if (scanner->state == ESCAPE)
            scanner->error = pass_escape(scanner, *p++);
        else
            scanner->error = pass_mark(scanner, *p++);
    }
    return scanner->error;
}
