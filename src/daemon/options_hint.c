/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/options_hint.h"

#include <string.h>

#include "daemon/options_table.h"

/* Longer words are not compared. */
#define WORD_MAX 40

/* Copies a word with underscores for dashes; its length. */
static size_t plain_word(char out[WORD_MAX], const char *word, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = word[i] == '-' ? '_' : word[i];
    return size;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* How many letters have to be changed, added, left out or swapped with their neighbour to make one
 * word of the other (the optimal string alignment distance). */
static unsigned distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    unsigned table[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= a_size; i++)
        table[i][0] = (unsigned)i;
    for (size_t j = 0; j <= b_size; j++)
        table[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_size; i++) {
        for (size_t j = 1; j <= b_size; j++) {
            unsigned best = table[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            best = least(best, least(table[i - 1][j], table[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, table[i - 2][j - 2] + 1);
            table[i][j] = best;
        }
    }
    return table[a_size][b_size];
}

const char *options_hint(const char *name, size_t size)
{
    size_t count;
    const struct options_row *rows = options_rows(&count);
    const char *found = NULL;
    char given[WORD_MAX];
    char other[WORD_MAX];
    if (size < 2 || size > WORD_MAX)
        return NULL;
    plain_word(given, name, size);
    unsigned best = (unsigned)size / 3 + 2;
    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(rows[i].name);
        if (n > WORD_MAX)
            continue;
        plain_word(other, rows[i].name, n);
        /* The beginning of a name is as near as a word with one wrong letter. */
        unsigned far =
            n > size && memcmp(given, other, size) == 0 ? 1 : distance(given, size, other, n);
        if (far < best) {
            best = far;
            found = rows[i].name;
        }
    }
    return found;
}
