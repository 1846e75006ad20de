/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Reads recordings. They come from other people too: nothing in them is believed. */
#include "state/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/utf8.h"
#include "model/model.h"
#include "state/state_record.h"

#define PIECE ((size_t)128 * 1024)

struct recording_reader {
    int fd;
    ZSTD_DCtx *context;
    uint64_t most; /* bytes of a picture */
    uint64_t left; /* of them for this one */
    size_t begun;  /* 0: between two frames */
    bool ended;    /* the file has no more bytes */
    ZSTD_inBuffer in;
    uint8_t piece[PIECE];
};

static int open_file(int fd)
{
    struct stat st;
    uint8_t head[RECORDING_HEAD];
    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EBADMSG;
    ssize_t n = read(fd, head, sizeof(head));
    if (n < 0)
        return -errno;
    return (size_t)n < sizeof(head) ? -EBADMSG : recording_check_head(head);
}

bool recording_is(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int error = fd < 0 ? -errno : open_file(fd);
    if (fd >= 0)
        close(fd);
    return error == 0 || error == -EPROTO;
}

int recording_reader_new(struct recording_reader **out, const char *path, uint64_t most)
{
    struct recording_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL)
        return -ENOMEM;
    reader->most = most;
    reader->in.src = reader->piece;
    reader->context = ZSTD_createDCtx();
    reader->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int error = reader->fd < 0 ? -errno : open_file(reader->fd);
    if (error == 0 && reader->context == NULL)
        error = -ENOMEM;
    if (error < 0)
        recording_reader_free(reader);
    else
        *out = reader;
    return error;
}

void recording_reader_free(struct recording_reader *reader)
{
    if (reader == NULL)
        return;
    ZSTD_freeDCtx(reader->context);
    if (reader->fd >= 0)
        close(reader->fd);
    free(reader);
}

/* ---- bytes ---- */

/* Reads more of the file, if all of it was decompressed. */
static int refill(struct recording_reader *reader)
{
    if (reader->in.pos < reader->in.size || reader->ended)
        return 0;
    ssize_t n = read(reader->fd, reader->piece, PIECE);
    if (n < 0)
        return -errno;
    reader->ended = n == 0;
    reader->in.pos = 0;
    reader->in.size = (size_t)n;
    return 0;
}

/* Decompresses `size` bytes. 1: the recording ends between two pictures; -ENODATA: it ends in the
 * middle of one. */
static int take(struct recording_reader *reader, void *to, size_t size)
{
    ZSTD_outBuffer out = { to, size, 0 };
    while (out.pos < out.size) {
        size_t before = out.pos;
        int error = refill(reader);
        if (error < 0)
            return error;
        size_t from = reader->in.pos;
        if (reader->ended && reader->begun == 0)
            return 1;
        reader->begun = ZSTD_decompressStream(reader->context, &out, &reader->in);
        if (ZSTD_isError(reader->begun))
            return -EBADMSG;
        if (reader->ended && out.pos == before && reader->in.pos == from)
            return -ENODATA;
    }
    return 0;
}

/* The same in the middle of a picture. */
static int take_rest(struct recording_reader *reader, void *to, size_t size)
{
    int error = take(reader, to, size);
    return error == 1 ? -ENODATA : error;
}

/* ---- records ---- */

static bool is_text(unsigned kind, const struct blob *blob)
{
    bool text = kind == STATE_MODEL ? !model_is_file(blob) : kind != STATE_THUMBNAIL;
    return !text || utf8_valid(blob_payload(blob), blob_payload_size(blob));
}

/* Reads the content of a record into a new blob. */
static int read_content(struct recording_reader *reader, const struct state_record_head *head,
                        struct blob **out)
{
    if (head->size > reader->left)
        return -EFBIG;
    reader->left -= head->size;
    struct blob *blob = blob_new(head->size);
    if (blob == NULL)
        return -ENOMEM;
    int error = take_rest(reader, blob->data, head->size);
    if (error == 0 && state_record_check(blob->data, head->size) != head->check)
        error = -EBADMSG;
    blob->size = head->size;
    blob->skip = head->offset;
    if (error < 0)
        blob_unref(blob);
    else
        *out = blob;
    return error;
}

static int take_number(uint64_t *to, const struct blob *blob)
{
    if (blob->size != 8)
        return -EBADMSG;
    *to = bytes_get(blob->data, 8);
    return 0;
}

static int take_when(struct recording_picture *picture, const struct blob *blob)
{
    uint64_t when = 0;
    int error = take_number(&when, blob);
    picture->when = (int64_t)(when > INT64_MAX ? INT64_MAX : when);
    return error;
}

/* Takes over `blob`. */
static int take_part(struct recording_picture *picture, unsigned kind, struct blob *blob)
{
    struct state_record *record = &picture->records.records[kind];
    if (blob->size > 0 && !is_text(kind, blob)) {
        blob_unref(blob);
        return -EBADMSG;
    }
    blob_unref(record->blob);
    record->blob = blob->size == 0 ? NULL : blob;
    if (blob->size == 0)
        blob_unref(blob);
    picture->present[kind] = true;
    return 0;
}

/* Takes over `blob`. Records of kinds that this version does not know are passed over. */
static int take_record(struct recording_picture *picture, uint32_t kind, struct blob *blob)
{
    int error = 0;
    if (kind >= STATE_MODEL && kind < STATE_DONE)
        return take_part(picture, kind, blob);
    if (kind == STATE_NAME)
        error = state_records_set_name(&picture->records, blob);
    else if (kind == STATE_FACTS)
        error = state_records_set_facts(&picture->records, blob);
    else if (kind == RECORDING_WHEN)
        error = take_when(picture, blob);
    else if (kind == RECORDING_LEFT_OUT)
        error = take_number(&picture->left_out, blob);
    blob_unref(blob);
    return error;
}

/* Reads the records of a picture that follow its first head. */
static int read_records(struct recording_reader *reader, struct state_record_head *head,
                        struct recording_picture *picture)
{
    uint8_t bytes[STATE_RECORD_HEAD];
    struct blob *blob = NULL;
    while (head->kind != STATE_DONE) {
        int error = read_content(reader, head, &blob);
        if (error == 0)
            error = take_record(picture, head->kind, blob);
        if (error == 0)
            error = take_rest(reader, bytes, sizeof(bytes));
        if (error == 0)
            error = state_record_get(bytes, head);
        if (error < 0)
            return error;
    }
    return picture->records.name[0] == '\0' || head->size > 0 ? -EBADMSG : 0;
}

int recording_read(struct recording_reader *reader, struct recording_picture *picture)
{
    uint8_t bytes[STATE_RECORD_HEAD];
    struct state_record_head head;
    memset(picture, 0, sizeof(*picture));
    reader->left = reader->most;
    int error = take(reader, bytes, sizeof(bytes));
    if (error == 0)
        error = state_record_get(bytes, &head);
    if (error == 0)
        error = read_records(reader, &head, picture);
    if (error < 0)
        recording_picture_free(picture);
    return error;
}
