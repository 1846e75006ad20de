/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "settings/options_hint.h"

#include <ctype.h>
#include <string.h>

#include "settings/options_table.h"

/* Longer words are not compared. */
#define WORD_MAX 40

/* Copies a word with underscores for dashes; returns its length. */
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

/* How many letters must be changed, added, removed or swapped with their neighbour to turn one word
 * into the other (the optimal string alignment distance). */
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

/* The distance of two plain words. The beginning of a name counts as one wrong letter. */
static unsigned distance_to(const char *given, size_t size, const char *other, size_t n)
{
    return n > size && memcmp(given, other, size) == 0 ? 1 : distance(given, size, other, n);
}

/* The nearest name of all rows, or of the settings alone, that is nearer than `best`. */
static const char *nearest(const char *name, size_t size, bool settings, unsigned best)
{
    size_t count;
    const struct options_row *rows = options_rows(&count);
    const char *found = NULL;
    char given[WORD_MAX];
    char other[WORD_MAX];
    if (size < 2 || size > WORD_MAX)
        return NULL;
    plain_word(given, name, size);
    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(rows[i].name);
        if (n > WORD_MAX || (settings && !rows[i].setting))
            continue;
        plain_word(other, rows[i].name, n);
        unsigned far = distance_to(given, size, other, n);
        if (far < best) {
            best = far;
            found = rows[i].name;
        }
    }
    return found;
}

const char *options_hint(const char *name, size_t size)
{
    return nearest(name, size, false, (unsigned)size / 3 + 2);
}

/* An unknown name may be right: only a similar one is worth a question. */
const char *options_hint_setting(const char *name, size_t size)
{
    return size < 3 ? NULL : nearest(name, size, true, (unsigned)size / 5 + 2);
}

bool options_hint_variable(const char *variable, size_t size, char out[64])
{
    size_t start = strlen("CADCAST_");
    char name[WORD_MAX];
    if (size < start + 3 || size - start > WORD_MAX)
        return false;
    for (size_t i = start; i < size; i++)
        name[i - start] = (char)tolower((unsigned char)variable[i]);
    size -= start;
    if (options_row(name, size) != NULL)
        return false;
    const char *near = nearest(name, size, false, (unsigned)size / 5 + 2);
    if (near != NULL)
        options_variable(options_row(near, strlen(near)), out);
    return near != NULL;
}

const char *options_hint_word(const char *word, const char *const *words, size_t count)
{
    size_t size = strlen(word);
    unsigned best = (unsigned)size / 3 + 1;
    const char *found = NULL;
    for (size_t i = 0; size > 1 && size <= WORD_MAX && i < count; i++) {
        size_t n = strlen(words[i]);
        unsigned far = n > WORD_MAX ? best : distance_to(word, size, words[i], n);
        if (far < best) {
            best = far;
            found = words[i];
        }
    }
    return found;
}
