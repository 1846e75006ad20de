/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "engine/pieces.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Pieces that are under way at a time: the line is never empty, and others' commands wait for one
 * piece at most. */
#define FLYING 4

/* Pieces that are compressed or expanded at a time: other work of the pool goes on. */
#define WORKING 2

/* Pieces that are held compressed at most: all of them would be a second copy. */
#define HELD 16

/* One of a content, while it is compressed. */
struct piece {
    struct work work;
    struct transfer *transfer;
    struct resp value; /* `data` NULL if it is not there (yet, or any more) */
    int status;
    bool ready; /* compressed, or expanded */
};

/* A content on its way, in either direction. */
struct transfer {
    struct work work;
    struct pieces pieces;
    struct blob *content;
    size_t size;
    char hash[PIECES_HASH];
    struct piece *piece; /* `count` of them */
    size_t count;
    size_t begun; /* to be compressed, or expanded: the ones before are or were */
    size_t next;  /* to be sent, or to be asked for */
    size_t ended; /* pieces that are expanded */
    unsigned flying;
    unsigned working; /* jobs of the pool */
    int status;
    int whole;   /* the result of the job that hashes or checks all of it */
    bool hashed; /* that job is over */
    bool fetches;
    bool (*right)(struct blob *content);
    pieces_done done;
    void *arg;
};

static void transfer_free(struct transfer *transfer)
{
    for (size_t i = 0; i < transfer->count; i++)
        free(transfer->piece[i].value.data);
    free(transfer->piece);
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
    transfer->piece = calloc(transfer->count + 1, sizeof(*transfer->piece));
    if (transfer->piece == NULL) {
        free(transfer);
        return NULL;
    }
    for (size_t i = 0; i < transfer->count; i++)
        transfer->piece[i].transfer = transfer;
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

/* Whether it takes well under a millisecond: then it does not wait behind large ones. */
static bool is_small(const struct transfer *transfer)
{
    return transfer->size > 0 && transfer->size <= PIECES_SMALL;
}

/* ---- to the engine ---- */

static void run_compress(struct work *work)
{
    struct piece *piece = (struct piece *)work;
    const struct transfer *transfer = piece->transfer;
    size_t i = (size_t)(piece - transfer->piece);
    const uint8_t *from = blob_payload(transfer->content) + i * PIECES_SIZE;
    piece->status = pieces_pack(&piece->value, from, piece_size(transfer, i));
}

static void run_hash(struct work *work)
{
    struct transfer *transfer = (struct transfer *)work;
    transfer->whole = pieces_hash(transfer->content, transfer->hash);
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

/* ---- from the engine ---- */

static void expand_small(struct transfer *transfer);

static void on_get(void *arg, struct resp *reply)
{
    struct transfer *transfer = arg;
    /* Answers come in order: this is the oldest piece that is under way. */
    struct resp *value = &transfer->piece[transfer->next - transfer->flying].value;
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
    if (transfer->status == 0 && is_small(transfer))
        expand_small(transfer);
    pump(transfer);
}

static void run_expand(struct work *work)
{
    struct piece *piece = (struct piece *)work;
    const struct transfer *transfer = piece->transfer;
    size_t i = (size_t)(piece - transfer->piece);
    uint8_t *to = transfer->content->data + PIECES_SKIP + i * PIECES_SIZE;
    piece->status = pieces_unpack(&piece->value, to, piece_size(transfer, i));
    free(piece->value.data);
    piece->value.data = NULL;
}

/* All of it is expanded. */
static void run_check(struct work *work)
{
    struct transfer *transfer = (struct transfer *)work;
    char hash[PIECES_HASH];
    transfer->content->size = transfer->size + PIECES_SKIP;
    transfer->whole = pieces_hash(transfer->content, hash);
    if (transfer->whole == 0 &&
        (strcmp(hash, transfer->hash) != 0 || !transfer->right(transfer->content)))
        transfer->whole = -EBADMSG;
}

/* Its only piece. */
static void expand_small(struct transfer *transfer)
{
    run_expand(&transfer->piece[0].work);
    transfer->begun = 1;
    transfer->ended = 1;
    transfer->hashed = true;
    transfer->status = transfer->piece[0].status;
    if (transfer->status != 0)
        return;
    run_check(&transfer->work);
    transfer->status = transfer->whole;
}

/* ---- both ---- */

/* Sends the next piece, or asks for it. Reading renews its life (GETEX, Redis 6.2). */
static int fly_next(struct transfer *transfer)
{
    char key[PIECES_BASE + 100];
    char life[12];
    struct resp *value = &transfer->piece[transfer->next].value;
    snprintf(key, sizeof(key), "%s%s:%zu", transfer->pieces.base, transfer->hash, transfer->next);
    snprintf(life, sizeof(life), "%d", PIECES_LIFE);
    const struct link_word name = { key, strlen(key) };
    const struct link_word seconds = { life, strlen(life) };
    const struct link_word put[] = { { "SETEX", 5 }, name, seconds, { value->data, value->size } };
    const struct link_word get[] = { { "GETEX", 5 }, name, { "EX", 2 }, seconds };
    int error = link_ask(transfer->pieces.link, transfer->fetches ? get : put, 4,
                         is_small(transfer) ? LINK_SMALL : LINK_PIECE,
                         transfer->fetches ? on_get : on_put, transfer);
    free(value->data);
    value->data = NULL;
    return error;
}

static void done_whole(struct work *work, int status)
{
    struct transfer *transfer = (struct transfer *)work;
    transfer->working--;
    transfer->hashed = true;
    if (transfer->status == 0)
        transfer->status = transfer->whole;
    pump(transfer);
}

static void done_piece(struct work *work, int status)
{
    struct piece *piece = (struct piece *)work;
    struct transfer *transfer = piece->transfer;
    transfer->working--;
    transfer->ended++;
    piece->ready = true;
    if (transfer->status == 0)
        transfer->status = piece->status;
    pump(transfer);
}

/* The job that hashes all of it, or checks that. */
static int start_whole(struct transfer *transfer)
{
    int error = work_start(&transfer->work, transfer->pieces.jobs, "a picture of the cluster",
                           transfer->fetches ? run_check : run_hash, done_whole);
    transfer->working += error == 0;
    return error;
}

/* Pieces that may be worked on: all, or those that have arrived. */
static size_t there(const struct transfer *transfer)
{
    return transfer->fetches ? transfer->next - transfer->flying : transfer->count;
}

static void work_on(struct transfer *transfer)
{
    while (transfer->status == 0 && transfer->working < WORKING &&
           transfer->begun < there(transfer) &&
           (transfer->fetches || transfer->begun - transfer->next < HELD)) {
        transfer->status = work_start(&transfer->piece[transfer->begun].work, transfer->pieces.jobs,
                                      "a piece for the cluster",
                                      transfer->fetches ? run_expand : run_compress, done_piece);
        transfer->begun += transfer->status == 0;
        transfer->working += transfer->status == 0;
    }
}

/* Whether the next piece may be sent, or asked for. */
static bool may_fly(const struct transfer *transfer)
{
    if (transfer->status != 0 || transfer->flying >= FLYING || transfer->next >= transfer->count)
        return false;
    return transfer->fetches ? transfer->next - transfer->ended < HELD
                             : transfer->hashed && transfer->piece[transfer->next].ready;
}

static void pump(struct transfer *transfer)
{
    work_on(transfer);
    while (may_fly(transfer)) {
        int error = fly_next(transfer);
        transfer->next += error == 0;
        transfer->flying += error == 0;
        transfer->status = error;
    }
    if (transfer->fetches && transfer->status == 0 && transfer->ended == transfer->count &&
        !transfer->hashed && transfer->working == 0)
        transfer->status = start_whole(transfer);
    bool over = transfer->status != 0 || (transfer->hashed && transfer->next == transfer->count);
    if (over && transfer->flying == 0 && transfer->working == 0)
        end(transfer);
}

/* Its only piece. */
static int put_small(struct transfer *transfer)
{
    run_hash(&transfer->work);
    run_compress(&transfer->piece[0].work);
    int error = transfer->whole == 0 ? transfer->piece[0].status : transfer->whole;
    if (error == 0)
        error = fly_next(transfer);
    transfer->hashed = true;
    transfer->begun = 1;
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
    int error = is_small(transfer) ? put_small(transfer) : start_whole(transfer);
    if (error < 0)
        transfer_free(transfer);
    else
        work_on(transfer);
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
    int error = transfer->content == NULL || size == 0 ? -ENOMEM : fly_next(transfer);
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
