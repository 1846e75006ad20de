/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Conversion between pictures and the records of a file; both run on the worker pool. */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "state/state_file.h"

static int add_piece(const char *data, size_t size, void *blob)
{
    return blob_append(blob, data, size) < 0 ? -1 : 0;
}

/* Serializes JSON to a blob; NULL makes no record. */
static int dump(json_t *json, struct blob **out)
{
    if (json == NULL)
        return 0;
    struct blob *blob = blob_new(4096);
    if (blob == NULL)
        return -ENOMEM;
    if (json_dump_callback(json, add_piece, blob, JSON_COMPACT) < 0) {
        blob_unref(blob);
        return -ENOMEM;
    }
    *out = blob;
    return 0;
}

static struct blob *share(struct blob *blob)
{
    return blob == NULL ? NULL : blob_ref(blob);
}

int state_records_from(struct state_records *records, const struct picture *picture)
{
    records->number = picture->number;
    records->shown = picture->shown;
    records->records[STATE_MODEL].blob = share(picture->model);
    records->records[STATE_PARTS].blob = share(picture->parts);
    records->records[STATE_ANIMATION].blob = share(picture->animation);
    records->records[STATE_TIME].blob = share(picture->time);
    records->records[STATE_THUMBNAIL].blob = share(picture->thumbnail);
    int error = dump(picture->settings, &records->records[STATE_SETTINGS].blob);
    if (error == 0)
        error = dump(picture->status, &records->records[STATE_STATUS].blob);
    if (error == 0)
        error = dump(picture->views, &records->records[STATE_VIEWS].blob);
    return error;
}

int state_records_pin(struct state_records *records, bool pinned)
{
    if (!pinned)
        return 0;
    records->records[STATE_PINNED].blob = blob_copy("1", 1);
    return records->records[STATE_PINNED].blob == NULL ? -ENOMEM : 0;
}

bool state_records_pinned(const struct state_records *records)
{
    return records->records[STATE_PINNED].blob != NULL;
}

static json_t *read_object(const struct state_record *record)
{
    if (record->blob == NULL)
        return NULL;
    json_t *json =
        json_loadb((const char *)record->blob->data, record->blob->size, JSON_ALLOW_NUL, NULL);
    if (json_is_object(json))
        return json;
    json_decref(json);
    return NULL;
}

static struct blob *take(struct state_record *record)
{
    struct blob *blob = record->blob;
    record->blob = NULL;
    return blob;
}

void state_records_to(struct state_records *records, struct picture *picture)
{
    struct state_record *from = records->records;
    *picture = (struct picture){
        .model = take(&from[STATE_MODEL]),
        .parts = take(&from[STATE_PARTS]),
        .settings = read_object(&from[STATE_SETTINGS]),
        .animation = take(&from[STATE_ANIMATION]),
        .time = take(&from[STATE_TIME]),
        .status = read_object(&from[STATE_STATUS]),
        .views = read_object(&from[STATE_VIEWS]),
        .thumbnail = take(&from[STATE_THUMBNAIL]),
        .number = records->number,
        .shown = records->shown,
    };
}

int state_records_set_name(struct state_records *records, const struct blob *blob)
{
    if (blob->size > SESSION_NAME_MAX || memchr(blob->data, 0, blob->size) != NULL)
        return -EBADMSG;
    memcpy(records->name, blob->data, blob->size);
    records->name[blob->size] = '\0';
    return session_name_ok(records->name) ? 0 : -EBADMSG;
}

int state_records_set_facts(struct state_records *records, const struct blob *blob)
{
    if (blob->size != STATE_FACTS_SIZE)
        return -EBADMSG;
    records->number = bytes_get(blob->data, 8);
    records->shown = (int64_t)bytes_get(blob->data + 8, 8);
    return 0;
}
