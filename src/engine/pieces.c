/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "engine/pieces.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "base/compress.h"
#include "base/hash.h"

/* Pieces that are under way at a time: the line is never empty, and others' commands wait for one
 * piece at most. */
#define FLYING 4

/* A content on its way, in either direction. */
struct transfer {
    struct work work;
    struct pieces pieces;
    struct blob *content;
    size_t size;
    char hash[PIECES_HASH];
    struct resp *values; /* one a piece: data NULL if it is not there (yet, or any more) */
    size_t count;
    size_t next; /* to be sent, or to be asked for */
    unsigned flying;
    int status;
    bool fetches;
    bool (*right)(struct blob *content);
    pieces_done done;
    void *arg;
};

static int make_hash(const struct blob *content, char hash[PIECES_HASH])
{
    uint8_t bytes[HASH_SHA256];
    int error = hash_sha256(bytes, blob_payload(content), blob_payload_size(content));
    for (size_t i = 0; error == 0 && i < sizeof(bytes); i++)
        snprintf(hash + 2 * i, 3, "%02x", bytes[i]);
    return error;
}

static void transfer_free(struct transfer *transfer)
{
    for (size_t i = 0; i < transfer->count; i++)
        free(transfer->values[i].data);
    free(transfer->values);
    blob_unref(transfer->content);
    free(transfer);
}

/* For `size` bytes; NULL: no memory. */
static struct transfer *transfer_new(const struct pieces *pieces, size_t size, pieces_done done,
                                     void *arg)
{
    struct transfer *transfer = calloc(1, sizeof(*transfer));
    if (transfer == NULL)
        return NULL;
    transfer->size = size;
    transfer->count = (size + PIECES_SIZE - 1) / PIECES_SIZE;
    transfer->values = calloc(transfer->count + 1, sizeof(*transfer->values));
    if (transfer->values == NULL) {
        free(transfer);
        return NULL;
    }
    transfer->pieces = *pieces;
    transfer->done = done;
    transfer->arg = arg;
    return transfer;
}

static void end(struct transfer *transfer)
{
    struct blob *content = transfer->fetches && transfer->status == 0 ? transfer->content : NULL;
    if (content != NULL)
        transfer->content = NULL;
    transfer->done(transfer->arg, transfer->status, transfer->hash, content);
    transfer_free(transfer);
}

/* The bytes of piece `i` of the content. */
static size_t piece_size(const struct transfer *transfer, size_t i)
{
    return i + 1 < transfer->count ? PIECES_SIZE : transfer->size - i * PIECES_SIZE;
}

static void name_of(const struct transfer *transfer, size_t i, char key[PIECES_BASE + 100])
{
    snprintf(key, PIECES_BASE + 100, "%s%s:%zu", transfer->pieces.base, transfer->hash, i);
}

/* Whether it takes well under a millisecond: then it does not wait behind large ones. */
static bool is_small(const struct transfer *transfer)
{
    return transfer->size > 0 && transfer->size <= PIECES_SMALL;
}

static uint64_t wait_of(const struct transfer *transfer)
{
    return is_small(transfer) ? LINK_SMALL : LINK_PIECE;
}

/* ---- to the engine ---- */

/* Makes the value of a piece with `room`, of PIECES_VALUE bytes and what zstd needs. */
static int make_value(struct transfer *transfer, size_t i, char *room, size_t size)
{
    const uint8_t *from = blob_payload(transfer->content) + i * PIECES_SIZE;
    size_t length = piece_size(transfer, i);
    size_t n = ZSTD_compress(room + 1, size - 1, from, length, COMPRESS_ZSTD_LEVEL);
    room[0] = 'z';
    if (ZSTD_isError(n) || n >= length) {
        room[0] = 'r';
        memcpy(room + 1, from, length);
        n = length;
    }
    transfer->values[i].data = malloc(n + 1);
    if (transfer->values[i].data == NULL)
        return -ENOMEM;
    memcpy(transfer->values[i].data, room, n + 1);
    transfer->values[i].size = n + 1;
    return 0;
}

static void run_compress(struct work *work)
{
    struct transfer *transfer = (struct transfer *)work;
    size_t size = ZSTD_compressBound(transfer->count > 1 ? PIECES_SIZE : transfer->size) + 1;
    char *room = malloc(size);
    transfer->status = room == NULL ? -ENOMEM : make_hash(transfer->content, transfer->hash);
    for (size_t i = 0; transfer->status == 0 && i < transfer->count; i++)
        transfer->status = make_value(transfer, i, room, size);
    free(room);
}

static void pump(struct transfer *transfer);

static void on_put(void *arg, struct resp *reply)
{
    struct transfer *transfer = arg;
    transfer->flying--;
    if (reply == NULL)
        transfer->status = -ECONNRESET;
    else if (reply->kind == RESP_ERROR)
        transfer->status = strncmp(reply->data, "OOM", 3) == 0 ? PIECES_FULL : -EPROTO;
    pump(transfer);
}

static int put_next(struct transfer *transfer)
{
    char key[PIECES_BASE + 100];
    char life[12];
    struct resp *value = &transfer->values[transfer->next];
    name_of(transfer, transfer->next, key);
    snprintf(life, sizeof(life), "%d", PIECES_LIFE);
    const struct link_word words[] = {
        { "SETEX", 5 }, { key, strlen(key) }, { life, strlen(life) }, { value->data, value->size }
    };
    int error = link_ask(transfer->pieces.link, words, 4, wait_of(transfer), on_put, transfer);
    free(value->data);
    value->data = NULL;
    return error;
}

/* ---- from the engine ---- */

static void on_get(void *arg, struct resp *reply)
{
    struct transfer *transfer = arg;
    /* Answers come in order: this is the oldest piece that is under way. */
    struct resp *value = &transfer->values[transfer->next - transfer->flying];
    transfer->flying--;
    if (reply == NULL) {
        transfer->status = -ECONNRESET;
    } else if (reply->kind == RESP_STRING_VALUE) {
        value->data = reply->data;
        value->size = reply->size;
        reply->data = NULL;
    } else {
        transfer->status = reply->kind == RESP_NULL ? PIECES_MISSING : -EPROTO;
    }
    pump(transfer);
}

/* Reading a piece renews its life (GETEX, Redis 6.2). */
static int get_next(struct transfer *transfer)
{
    char key[PIECES_BASE + 100];
    char life[12];
    name_of(transfer, transfer->next, key);
    snprintf(life, sizeof(life), "%d", PIECES_LIFE);
    const struct link_word words[] = {
        { "GETEX", 5 }, { key, strlen(key) }, { "EX", 2 }, { life, strlen(life) }
    };
    return link_ask(transfer->pieces.link, words, 4, wait_of(transfer), on_get, transfer);
}

static int read_value(struct transfer *transfer, size_t i)
{
    const struct resp *value = &transfer->values[i];
    uint8_t *to = transfer->content->data + PIECES_SKIP + i * PIECES_SIZE;
    size_t length = piece_size(transfer, i);
    if (value->size == 0)
        return -EBADMSG;
    if (value->data[0] == 'r' && value->size - 1 == length)
        memcpy(to, value->data + 1, length);
    else if (value->data[0] != 'z' ||
             ZSTD_decompress(to, length, value->data + 1, value->size - 1) != length)
        return -EBADMSG;
    return 0;
}

static void run_expand(struct work *work)
{
    struct transfer *transfer = (struct transfer *)work;
    char hash[PIECES_HASH];
    for (size_t i = 0; transfer->status == 0 && i < transfer->count; i++) {
        transfer->status = read_value(transfer, i);
        free(transfer->values[i].data);
        transfer->values[i].data = NULL;
    }
    if (transfer->status != 0)
        return;
    transfer->content->size = transfer->size + PIECES_SKIP;
    transfer->status = make_hash(transfer->content, hash);
    if (transfer->status == 0 &&
        (strcmp(hash, transfer->hash) != 0 || !transfer->right(transfer->content)))
        transfer->status = -EBADMSG;
}

static void done_expand(struct work *work, int status)
{
    end((struct transfer *)work);
}

/* ---- both ---- */

static void all_there(struct transfer *transfer)
{
    int error = 0;
    if (transfer->fetches && transfer->status == 0 && is_small(transfer)) {
        run_expand(&transfer->work);
    } else if (transfer->fetches && transfer->status == 0) {
        error = work_start(&transfer->work, transfer->pieces.jobs, "a picture of the cluster",
                           run_expand, done_expand);
        if (error == 0)
            return;
        transfer->status = error;
    }
    end(transfer);
}

static void pump(struct transfer *transfer)
{
    while (transfer->status == 0 && transfer->flying < FLYING && transfer->next < transfer->count) {
        int error = transfer->fetches ? get_next(transfer) : put_next(transfer);
        transfer->next += error == 0;
        transfer->flying += error == 0;
        transfer->status = error;
    }
    if (transfer->flying == 0)
        all_there(transfer);
}

static void done_compress(struct work *work, int status)
{
    pump((struct transfer *)work);
}

/* Its only piece. */
static int put_small(struct transfer *transfer)
{
    run_compress(&transfer->work);
    int error = transfer->status == 0 ? put_next(transfer) : transfer->status;
    transfer->next = 1;
    transfer->flying = 1;
    return error;
}

int pieces_put(const struct pieces *pieces, struct blob *content, pieces_done done, void *arg)
{
    struct transfer *transfer = transfer_new(pieces, blob_payload_size(content), done, arg);
    if (transfer == NULL)
        return -ENOMEM;
    transfer->content = blob_ref(content);
    int error = is_small(transfer)
                    ? put_small(transfer)
                    : work_start(&transfer->work, transfer->pieces.jobs,
                                 "a picture for the cluster", run_compress, done_compress);
    if (error < 0)
        transfer_free(transfer);
    return error;
}

int pieces_get(const struct pieces *pieces, const char hash[PIECES_HASH], size_t size,
               bool (*right)(struct blob *content), pieces_done done, void *arg)
{
    if (!link_is_ready(pieces->link))
        return -EPIPE;
    struct transfer *transfer = transfer_new(pieces, size, done, arg);
    if (transfer == NULL)
        return -ENOMEM;
    snprintf(transfer->hash, sizeof(transfer->hash), "%s", hash);
    transfer->fetches = true;
    transfer->right = right;
    transfer->content = blob_new(size + PIECES_SKIP);
    int error = transfer->content == NULL || size == 0 ? -ENOMEM : get_next(transfer);
    if (error < 0) {
        transfer_free(transfer);
        return error;
    }
    transfer->content->skip = PIECES_SKIP;
    transfer->next = 1;
    transfer->flying = 1;
    pump(transfer);
    return 0;
}
