/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "state/state_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "state/state_record.h"

#define VERSION 1
#define HEAD 16 /* bytes of the file's head */

static const uint8_t magic[8] = { 'c', 'a', 'd', 'c', 'a', 's', 't', '\n' };

void state_records_free(struct state_records *picture)
{
    for (unsigned kind = 0; kind < STATE_KINDS; kind++)
        blob_unref(picture->records[kind].blob);
    memset(picture, 0, sizeof(*picture));
}

/* ---- writing ---- */

/* The bytes before a payload are the message's kind or room for a frame header, which the loop may
 * be writing at the same time: they are never read, and zeros are written instead. */
static const uint8_t nothing[64];

/* Whether a record of that kind is kept in state_records. */
static bool is_content(uint32_t kind)
{
    return (kind >= STATE_MODEL && kind < STATE_DONE) || kind == STATE_PINNED;
}

static int write_zeros(int fd, size_t size)
{
    int error = 0;
    for (size_t n; size > 0 && error == 0; size -= n) {
        n = size < sizeof(nothing) ? size : sizeof(nothing);
        error = file_write(fd, nothing, n);
    }
    return error;
}

/* Writes a record of `size` bytes of content, with zeros for the first `offset` of them. */
static int write_record(int fd, enum state_kind kind, const void *data, size_t size, size_t offset,
                        struct state_place *place)
{
    uint8_t head[STATE_RECORD_HEAD];
    uint32_t check = state_record_check_content(data, size, offset);
    const struct state_record_head about = {
        .kind = kind, .offset = (uint32_t)offset, .size = size, .check = check
    };
    state_record_put(head, &about);
    int error = file_write(fd, head, sizeof(head));
    if (error == 0)
        error = write_zeros(fd, offset);
    if (error == 0)
        error = file_write(fd, (const uint8_t *)data + offset, size - offset);
    if (error < 0)
        return error;
    place->size += sizeof(head) + size;
    if (is_content(kind)) {
        place->last[kind].check = check;
        place->last[kind].size = size;
    }
    return 0;
}

static int write_blob(int fd, enum state_kind kind, const struct state_record *record,
                      struct state_place *place)
{
    if (record->blob == NULL)
        return write_record(fd, kind, "", 0, 0, place);
    return write_record(fd, kind, record->blob->data, record->blob->size, record->blob->skip,
                        place);
}

static int write_head(int fd, const struct state_records *picture, struct state_place *place)
{
    uint8_t head[HEAD] = { 0 };
    uint8_t facts[STATE_FACTS_SIZE];
    memcpy(head, magic, sizeof(magic));
    bytes_put(head + 8, VERSION, 4);
    bytes_put(facts, picture->number, 8);
    bytes_put(facts + 8, (uint64_t)picture->shown, 8);
    int error = file_write(fd, head, sizeof(head));
    place->size = sizeof(head);
    if (error == 0)
        error = write_record(fd, STATE_NAME, picture->name, strlen(picture->name), 0, place);
    if (error == 0)
        error = write_record(fd, STATE_FACTS, facts, sizeof(facts), 0, place);
    return error;
}

int state_file_write(int fd, const struct state_records *picture, struct state_place *place)
{
    memset(place, 0, sizeof(*place));
    int error = write_head(fd, picture, place);
    for (unsigned kind = STATE_MODEL; kind < STATE_KINDS && error == 0; kind++) {
        if (is_content(kind) && picture->records[kind].blob != NULL)
            error = write_blob(fd, kind, &picture->records[kind], place);
    }
    if (error == 0)
        error = write_record(fd, STATE_DONE, "", 0, 0, place);
    place->whole = place->size;
    return error;
}

static bool differs(const struct state_record *record, enum state_kind kind,
                    const struct state_place *place)
{
    size_t size = record->blob == NULL ? 0 : record->blob->size;
    if (size != place->last[kind].size)
        return true;
    return size > 0 && state_record_check_content(record->blob->data, size, record->blob->skip) !=
                           place->last[kind].check;
}

int state_file_append(int fd, const struct state_records *picture, struct state_place *place)
{
    int result = 1;
    for (unsigned kind = STATE_SETTINGS; kind < STATE_KINDS && result >= 0; kind++) {
        if (is_content(kind) && differs(&picture->records[kind], kind, place))
            result = write_blob(fd, kind, &picture->records[kind], place);
    }
    return result;
}

/* ---- reading ---- */

/* Reads the head of the record at `at`. -EBADMSG: there is no whole record. */
static int read_head(const struct state_source *source, uint64_t at, struct state_record_head *head)
{
    uint8_t bytes[STATE_RECORD_HEAD];
    if (source->size - at < sizeof(bytes))
        return -EBADMSG;
    int error = source->read(source->owner, at, bytes, sizeof(bytes));
    if (error < 0)
        return error;
    error = state_record_get(bytes, head);
    if (error == 0 && head->size > source->size - at - sizeof(bytes))
        error = -EBADMSG;
    return error;
}

/* Reads the content of the record at `at` into a new blob. */
static int read_content(const struct state_source *source, uint64_t at,
                        const struct state_record_head *head, struct blob **out)
{
    struct blob *blob = blob_new(head->size);
    if (blob == NULL)
        return -ENOMEM;
    int error = source->read(source->owner, at + STATE_RECORD_HEAD, blob->data, head->size);
    if (error == 0 && state_record_check(blob->data, head->size) != head->check)
        error = -EBADMSG;
    blob->size = head->size;
    if (error < 0)
        blob_unref(blob);
    else
        *out = blob;
    return error;
}

/* Stores the content of a record; takes over `blob`. A later record of a kind replaces an earlier
 * one; an empty one removes it. */
static int take(struct state_records *picture, const struct state_record_head *head,
                struct blob *blob, struct state_place *place)
{
    int error = 0;
    if (head->kind == STATE_NAME) {
        error = state_records_set_name(picture, blob);
    } else if (head->kind == STATE_FACTS) {
        error = state_records_set_facts(picture, blob);
    } else if (is_content(head->kind)) {
        struct state_record *record = &picture->records[head->kind];
        blob_unref(record->blob);
        record->blob = head->size == 0 ? NULL : blob_ref(blob);
        if (record->blob != NULL)
            record->blob->skip = head->offset;
        place->last[head->kind].check = head->check;
        place->last[head->kind].size = head->size;
    }
    blob_unref(blob);
    return error;
}

static int read_record(const struct state_source *source, struct state_records *picture,
                       struct state_place *place)
{
    struct state_record_head head;
    struct blob *blob = NULL;
    int error = read_head(source, place->size, &head);
    if (error == 0)
        error = read_content(source, place->size, &head, &blob);
    if (error == 0)
        error = take(picture, &head, blob, place);
    if (error < 0)
        return error;
    place->size += STATE_RECORD_HEAD + head.size;
    if (head.kind == STATE_DONE && place->whole == 0)
        place->whole = place->size;
    return 0;
}

static int read_records(const struct state_source *source, struct state_records *picture,
                        struct state_place *place)
{
    while (place->whole == 0 || place->size < source->size) {
        int error = read_record(source, picture, place);
        /* A crash during an append loses that append only: the whole picture before it is valid. */
        if (error == -EBADMSG && place->whole != 0)
            break;
        if (error < 0)
            return error;
    }
    return picture->name[0] == '\0' ? -EBADMSG : 0;
}

int state_file_read(const struct state_source *source, struct state_records *picture,
                    struct state_place *place)
{
    uint8_t head[HEAD];
    memset(picture, 0, sizeof(*picture));
    memset(place, 0, sizeof(*place));
    if (source->size < sizeof(head))
        return -EBADMSG;
    int error = source->read(source->owner, 0, head, sizeof(head));
    if (error < 0)
        return error;
    if (memcmp(head, magic, sizeof(magic)) != 0 || bytes_get(head + 12, 4) != 0)
        return -EBADMSG;
    uint64_t version = bytes_get(head + 8, 4);
    if (version != VERSION)
        return version > VERSION && version < 1000 ? -EPROTO : -EBADMSG;
    place->size = sizeof(head);
    error = read_records(source, picture, place);
    if (error < 0)
        state_records_free(picture);
    return error;
}
