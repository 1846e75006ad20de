/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "offline/recorded.h"

#include <errno.h>
#include <string.h>

#include "state/recording.h"

/* The picture that is shown last, so far. */
struct last {
    char name[SESSION_NAME_MAX + 1]; /* its session */
    struct blob *model;
    struct blob *exact;
};

static void replace(struct blob **to, struct state_record *from)
{
    blob_unref(*to);
    *to = from->blob;
    from->blob = NULL;
}

static void take(struct last *last, struct recording_picture *picture)
{
    struct state_record *records = picture->records.records;
    bool shows = picture->present[STATE_MODEL] && records[STATE_MODEL].blob != NULL;
    bool same = strcmp(last->name, picture->records.name) == 0;
    if (!same && !shows)
        return;
    if (picture->present[STATE_MODEL])
        replace(&last->model, &records[STATE_MODEL]);
    if (picture->present[STATE_PARTS] || !same)
        replace(&last->exact, &records[STATE_PARTS]);
    memcpy(last->name, picture->records.name, sizeof(last->name));
}

int recorded_last(const char *path, uint64_t most, struct blob **model, struct blob **exact)
{
    struct last last = { .model = NULL };
    struct recording_picture picture;
    struct recording_reader *reader = NULL;
    int error = recording_reader_new(&reader, path, most);
    while (error == 0) {
        error = recording_read(reader, &picture);
        if (error != 0)
            break;
        take(&last, &picture);
        recording_picture_free(&picture);
    }
    recording_reader_free(reader);
    if (error == 1 || error == -ENODATA)
        error = last.model == NULL ? -ENOENT : 0;
    *model = error == 0 ? last.model : NULL;
    *exact = error == 0 ? last.exact : NULL;
    if (error != 0) {
        blob_unref(last.model);
        blob_unref(last.exact);
    }
    return error;
}
