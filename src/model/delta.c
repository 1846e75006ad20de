/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "model/delta.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "model/model.h"

/* A run that is shared costs as much as so many bytes. */
#define LEAST 64

/* Bytes of a text in a message from which on it may be a shape. */
#define LONG 256

/* Places of the table that are looked at: many arrays with one sum cost no more. */
#define PROBES 8

/* The members that stand for an array's bytes are written so, and not far from each other. */
#define OFFSET "\"offset\":"
#define NEAR 256

/* What is compared as a whole: an array with its padding, or bytes of the JSON; of a message a long
 * text, or what is between two. */
struct piece {
    size_t at; /* in the file */
    size_t size;
};

struct pieces {
    const struct blob *file;
    size_t data; /* where the arrays begin */
    struct piece *list;
    size_t count;
    size_t room;
};

/* The pieces of the base by their sums. */
struct table {
    const struct pieces *base;
    uint32_t *places; /* number of the piece and 1; 0: free */
    size_t mask;
};

struct builder {
    struct delta_run *runs;
    size_t count;
    size_t room;
    size_t at;  /* bytes of the file so far */
    size_t own; /* of them, those that are not shared */
};

/* ---- arrays ---- */

static int add_piece(struct pieces *pieces, size_t at, size_t size)
{
    if (pieces->count == pieces->room) {
        size_t room = pieces->room == 0 ? 64 : pieces->room * 2;
        struct piece *more = realloc(pieces->list, room * sizeof(*more));
        if (more == NULL)
            return -ENOMEM;
        pieces->list = more;
        pieces->room = room;
    }
    pieces->list[pieces->count++] = (struct piece){ at, size };
    return 0;
}

/* Digits at `*at`, which moves behind them; false: there are none, or too many. */
static bool read_number(const char **at, const char *end, size_t *number)
{
    const char *from = *at;
    *number = 0;
    while (*at < end && **at >= '0' && **at <= '9' && *at - from < 16)
        *number = *number * 10 + (size_t)(*(*at)++ - '0');
    return *at > from;
}

/* The bytes of the array whose `"offset":` is at `at`: a member of the same object, before or
 * behind it. False: there is none. */
static bool find_size(const char *json, const char *at, const char *end, size_t *size)
{
    static const char word[] = "\"bytes\":";
    const char *from = at, *to = at;
    while (from > json && at - from < NEAR && from[-1] != '{' && from[-1] != '}')
        from--;
    while (to < end && to - at < NEAR && *to != '{' && *to != '}')
        to++;
    const char *found = memmem(from, (size_t)(to - from), word, sizeof(word) - 1);
    if (found == NULL)
        return false;
    found += sizeof(word) - 1;
    return read_number(&found, end, size);
}

/* The array whose `"offset":` is at `at`. False: none is described there. */
static bool read_array(const struct pieces *pieces, const char *at, struct piece *piece)
{
    const char *json = (const char *)pieces->file->data + MODEL_HEAD;
    const char *end = (const char *)pieces->file->data + pieces->data;
    const char *digits = at + sizeof(OFFSET) - 1;
    size_t offset, size, space = pieces->file->size - pieces->data;
    if (!read_number(&digits, end, &offset) || !find_size(json, at, end, &size) || offset > space ||
        size > space - offset || size == 0 || offset % MODEL_ALIGN != 0)
        return false;
    size_t padded = (size + MODEL_ALIGN - 1) / MODEL_ALIGN * MODEL_ALIGN;
    *piece =
        (struct piece){ pieces->data + offset, padded < space - offset ? padded : space - offset };
    return true;
}

static int by_place(const void *a, const void *b)
{
    const struct piece *one = a, *two = b;
    return one->at < two->at ? -1 : one->at > two->at;
}

/* A shape is a long text without quotes; what is not in one, names and places, is of no length. */
static int find_texts(struct pieces *pieces, const struct blob *file)
{
    const uint8_t *data = file->data, *end = data + file->size, *begun = data, *at = data;
    int error = 0;
    *pieces = (struct pieces){ .file = file };
    while (error == 0 && at < end) {
        const uint8_t *quote = memchr(at, '"', (size_t)(end - at));
        const uint8_t *stop = quote == NULL ? end : quote;
        if (stop - at >= LONG) {
            error =
                at == begun ? 0 : add_piece(pieces, (size_t)(begun - data), (size_t)(at - begun));
            if (error == 0)
                error = add_piece(pieces, (size_t)(at - data), (size_t)(stop - at));
            begun = stop;
        }
        at = quote == NULL ? end : quote + 1;
    }
    if (error == 0 && begun < end)
        error = add_piece(pieces, (size_t)(begun - data), (size_t)(end - begun));
    return error;
}

/* Finds the arrays in the text of the JSON: quotes in a string of it are escaped, so that none
 * looks like one; and what was taken for an array by mistake would be shared only if it is equal.
 */
static int find_arrays(struct pieces *pieces, const struct blob *file)
{
    *pieces = (struct pieces){ .file = file };
    size_t json = file->size < MODEL_HEAD ? 0 : (size_t)bytes_get(file->data + 12, 4);
    if (file->size < MODEL_HEAD || memcmp(file->data, MODEL_MAGIC, 8) != 0 ||
        json > file->size - MODEL_HEAD)
        return -EBADMSG;
    size_t data = (MODEL_HEAD + json + MODEL_ALIGN - 1) / MODEL_ALIGN * MODEL_ALIGN;
    pieces->data = data < file->size ? data : file->size;
    const char *at = (const char *)file->data + MODEL_HEAD, *end = at + json;
    int error = 0;
    while (error == 0 &&
           (at = memmem(at, (size_t)(end - at), OFFSET, sizeof(OFFSET) - 1)) != NULL) {
        struct piece piece;
        if (read_array(pieces, at, &piece))
            error = add_piece(pieces, piece.at, piece.size);
        at += sizeof(OFFSET) - 1;
    }
    if (pieces->count > 0)
        qsort(pieces->list, pieces->count, sizeof(*pieces->list), by_place);
    return error;
}

static int find_pieces(struct pieces *pieces, const struct blob *file)
{
    bool message = file->size > 2 && file->data[0] == 'B' && file->data[1] == ':';
    return message ? find_texts(pieces, file) : find_arrays(pieces, file);
}

/* ---- the table ---- */

static uint64_t sum_of(const uint8_t *data, size_t size)
{
    uint64_t sum = size;
    for (size_t i = 0; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, data + i, sizeof(word));
        sum = (sum ^ word) * 0x9E3779B97F4A7C15u;
        sum ^= sum >> 29;
    }
    return sum;
}

static int fill_table(struct table *table, const struct pieces *base)
{
    size_t room = 16;
    while (room < base->count * 2)
        room *= 2;
    *table =
        (struct table){ .base = base, .places = calloc(room, sizeof(uint32_t)), .mask = room - 1 };
    for (size_t i = 0; table->places != NULL && i < base->count; i++) {
        size_t place =
            sum_of(base->file->data + base->list[i].at, base->list[i].size) & table->mask;
        for (unsigned probe = 0; probe < PROBES; probe++) {
            uint32_t *free_one = &table->places[(place + probe) & table->mask];
            if (*free_one == 0) {
                *free_one = (uint32_t)i + 1;
                break;
            }
        }
    }
    return table->places == NULL ? -ENOMEM : 0;
}

/* Whether the base has the same `size` bytes at `at`. */
static bool same_at(const struct blob *base, size_t at, const uint8_t *data, size_t size)
{
    return at <= base->size && size <= base->size - at && memcmp(base->data + at, data, size) == 0;
}

/* Where the base has these bytes. False: nowhere. */
static bool find_equal(const struct table *table, const uint8_t *data, size_t size, size_t *at)
{
    const struct pieces *base = table->base;
    size_t place = sum_of(data, size) & table->mask;
    for (unsigned probe = 0; probe < PROBES; probe++) {
        uint32_t number = table->places[(place + probe) & table->mask];
        if (number == 0)
            return false;
        *at = base->list[number - 1].at;
        if (base->list[number - 1].size == size && same_at(base->file, *at, data, size))
            return true;
    }
    return false;
}

/* ---- runs ---- */

static int add_run(struct builder *builder, bool shared, size_t from, size_t size)
{
    struct delta_run *last = builder->count == 0 ? NULL : &builder->runs[builder->count - 1];
    if (size == 0)
        return 0;
    if (!shared) {
        from = builder->own;
        builder->own += size;
    }
    builder->at += size;
    if (last != NULL && last->shared == shared && last->from + last->size == from) {
        last->size += size;
        return 0;
    }
    if (builder->runs == NULL || builder->count == builder->room) {
        size_t room = builder->room == 0 ? 16 : builder->room * 2;
        struct delta_run *more = realloc(builder->runs, room * sizeof(*more));
        if (more == NULL)
            return -ENOMEM;
        builder->runs = more;
        builder->room = room;
    }
    builder->runs[builder->count++] = (struct delta_run){ builder->at - size, from, size, shared };
    return 0;
}

/* An array: the base has it most likely behind the one before. */
static int add_array(struct builder *builder, const struct table *table, const uint8_t *data,
                     size_t size)
{
    const struct blob *base = table->base->file;
    const struct delta_run *last = builder->count == 0 ? NULL : &builder->runs[builder->count - 1];
    size_t at = last != NULL && last->shared ? last->from + last->size : SIZE_MAX;
    if (same_at(base, at, data, size))
        return add_run(builder, true, at, size);
    bool shared = size >= LEAST && find_equal(table, data, size, &at);
    return add_run(builder, shared, at, size);
}

/* The JSON: what is equal at its beginning and at its end. */
static int add_json(struct builder *builder, const struct pieces *file, const struct pieces *base)
{
    const uint8_t *one = file->file->data, *two = base->file->data;
    size_t most = file->data < base->data ? file->data : base->data;
    size_t before = 0, after = 0;
    while (before < most && one[before] == two[before])
        before++;
    while (after < most - before && one[file->data - 1 - after] == two[base->data - 1 - after])
        after++;
    before = before < LEAST ? 0 : before;
    after = after < LEAST ? 0 : after;
    int error = add_run(builder, true, 0, before);
    if (error == 0)
        error = add_run(builder, false, 0, file->data - before - after);
    return error < 0 ? error : add_run(builder, true, base->data - after, after);
}

static int add_all(struct builder *builder, const struct pieces *file, const struct table *table)
{
    int error = add_json(builder, file, table->base);
    size_t at = file->data;
    for (size_t i = 0; i < file->count && error == 0; i++) {
        const struct piece *piece = &file->list[i];
        if (piece->at < at)
            continue;
        error = add_run(builder, false, 0, piece->at - at);
        if (error == 0)
            error = add_array(builder, table, file->file->data + piece->at, piece->size);
        at = piece->at + piece->size;
    }
    return error < 0 ? error : add_run(builder, false, 0, file->file->size - at);
}

/* ---- deltas ---- */

static struct delta *build(const struct builder *builder, const struct blob *file)
{
    struct delta *delta = calloc(1, sizeof(*delta) + builder->count * sizeof(struct delta_run));
    struct blob *own = delta == NULL ? NULL : blob_new(builder->own);
    if (own == NULL) {
        free(delta);
        return NULL;
    }
    atomic_init(&delta->refs, 1);
    delta->size = file->size;
    delta->skip = file->skip;
    delta->own = own;
    delta->count = builder->count;
    for (size_t i = 0; i < builder->count; i++) {
        const struct delta_run *run = &builder->runs[i];
        delta->runs[i] = *run;
        if (!run->shared)
            memcpy(own->data + run->from, file->data + run->at, run->size);
    }
    own->size = builder->own;
    return delta;
}

int delta_make(const struct blob *file, const struct blob *base, struct delta **delta)
{
    struct pieces of_file = { 0 }, of_base = { 0 };
    struct table table = { 0 };
    struct builder builder = { 0 };
    *delta = NULL;
    int error = find_pieces(&of_file, file);
    if (error == 0)
        error = find_pieces(&of_base, base);
    if (error == 0)
        error = fill_table(&table, &of_base);
    if (error == 0)
        error = add_all(&builder, &of_file, &table);
    if (error == 0 && (*delta = build(&builder, file)) == NULL)
        error = -ENOMEM;
    free(builder.runs);
    free(table.places);
    free(of_base.list);
    free(of_file.list);
    return error;
}
