/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "files/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "files/tar.h"

struct folder {
    struct work work;
    struct work_jobs *jobs;
    const struct folder_events *events;
    void *arg;
    /* Of the loop. */
    struct text pending; /* bytes for the next job */
    bool running;        /* a job has the members below */
    bool ended;          /* all bytes were fed */
    bool finished;       /* and are written */
    bool closing;
    bool removed;
    /* Of the job. */
    struct text bytes;
    struct tar tar;
    char path[PATH_MAX]; /* "": not made yet */
    struct text names;   /* of files, each ending with a zero byte */
    struct text made;    /* all that was made, in this order, in the same form */
    unsigned count;
    int file;  /* descriptor of the file that is being written; -1: none */
    bool last; /* these bytes are the last ones */
    int status;
    const char *why;
    char text[96];
};

/* ---- on the pool ---- */

static int make_folder(struct folder *folder)
{
    const char *place = getenv("TMPDIR");
    if (place == NULL || place[0] != '/')
        place = "/tmp";
    if (snprintf(folder->path, sizeof(folder->path), "%s/cadcast-import-XXXXXX", place) >=
            (int)sizeof(folder->path) ||
        mkdtemp(folder->path) == NULL) {
        int error = errno;
        folder->path[0] = '\0';
        return error == 0 ? -ENAMETOOLONG : -error;
    }
    return 0;
}

/* The path of a file in the folder. */
static int full_path(const struct folder *folder, char out[PATH_MAX], const char *name, size_t size)
{
    int n = snprintf(out, PATH_MAX, "%s/%.*s", folder->path, (int)size, name);
    return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* Makes the folders above that file. What is there was made here: nothing else can write there. */
static int make_parents(struct folder *folder, const char *name)
{
    char path[PATH_MAX];
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        size_t size = (size_t)(slash - name);
        if (full_path(folder, path, name, size) < 0)
            return -ENAMETOOLONG;
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
            return -errno;
        if (errno == EEXIST) {
            errno = 0;
            continue;
        }
        text_add_bytes(&folder->made, name, size);
        text_add_bytes(&folder->made, "\0", 1);
    }
    return text_error(&folder->made);
}

static int refuse(struct folder *folder, const char *why)
{
    folder->why = why;
    return -EPROTO;
}

static int on_file(void *arg, const char *name, uint64_t size)
{
    struct folder *folder = arg;
    char path[PATH_MAX];
    if (++folder->count > FOLDER_FILES_MAX)
        return refuse(folder, "there are too many files in it");
    errno = 0;
    int error = make_parents(folder, name);
    if (error == 0)
        error = full_path(folder, path, name, strlen(name));
    if (error < 0)
        return error;
    folder->file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (folder->file < 0)
        return errno == EEXIST || errno == ENOTDIR ? refuse(folder, "a name is in it twice")
                                                   : -errno;
    text_add_bytes(&folder->names, name, strlen(name) + 1);
    text_add_bytes(&folder->made, name, strlen(name) + 1);
    return text_error(&folder->names) < 0 ? -ENOMEM : text_error(&folder->made);
}

static int on_data(void *arg, const void *data, size_t size)
{
    const struct folder *folder = arg;
    return file_write(folder->file, data, size);
}

static int on_end(void *arg)
{
    struct folder *folder = arg;
    int error = close(folder->file) < 0 ? -errno : 0;
    folder->file = -1;
    return error;
}

static const struct tar_events tar_events = { .file = on_file, .data = on_data, .end = on_end };

static void run_write(struct work *work)
{
    struct folder *folder = (struct folder *)work;
    folder->status = text_error(&folder->bytes);
    if (folder->status == 0 && folder->path[0] == '\0')
        folder->status = make_folder(folder);
    if (folder->status == 0)
        folder->status = tar_feed(&folder->tar, &tar_events, folder, text_string(&folder->bytes),
                                  folder->bytes.size, &folder->why);
    if (folder->status == 0 && folder->last)
        folder->status = tar_end(&folder->tar, &folder->why);
    folder->bytes.size = 0;
}

/* Removes what was made, the last first. */
static void run_remove(struct work *work)
{
    struct folder *folder = (struct folder *)work;
    char path[PATH_MAX];
    size_t end = folder->made.size;
    if (folder->file >= 0)
        close(folder->file);
    folder->file = -1;
    while (end > 0) {
        size_t at = end - 1;
        while (at > 0 && folder->made.data[at - 1] != '\0')
            at--;
        if (full_path(folder, path, folder->made.data + at, end - 1 - at) == 0)
            remove(path);
        end = at;
    }
    if (folder->path[0] != '\0')
        rmdir(folder->path);
}

/* ---- on the loop ---- */

static void folder_free(struct folder *folder)
{
    text_free(&folder->pending);
    text_free(&folder->bytes);
    text_free(&folder->names);
    text_free(&folder->made);
    tar_free(&folder->tar);
    free(folder);
}

static void finish(struct folder *folder)
{
    const struct folder_events *events = folder->events;
    void *arg = folder->arg;
    folder_free(folder);
    events->closed(arg);
}

static void done_remove(struct work *work, int status)
{
    /* The loop has ended: nothing waits for it. */
    if (status < 0)
        run_remove(work);
    finish((struct folder *)work);
}

static void begin_removal(struct folder *folder)
{
    folder->removed = true;
    if (work_start(&folder->work, folder->jobs, "an import's folder", run_remove, done_remove) == 0)
        return;
    done_remove(&folder->work, UV_ECANCELED);
}

static void start_job(struct folder *folder);

static void done_write(struct work *work, int status)
{
    struct folder *folder = (struct folder *)work;
    folder->running = false;
    if (status < 0 && folder->status == 0)
        folder->status = status;
    if (folder->closing) {
        begin_removal(folder);
        return;
    }
    folder->finished = folder->last && folder->status == 0;
    if (folder->status == 0 && !folder->finished)
        start_job(folder);
    folder->events->drained(folder->arg);
}

static void start_job(struct folder *folder)
{
    struct text bytes = folder->bytes;
    if (folder->running || folder->status < 0 || folder->finished ||
        (folder->pending.size == 0 && !folder->ended))
        return;
    folder->bytes = folder->pending;
    folder->pending = bytes;
    folder->pending.size = 0;
    folder->last = folder->ended;
    folder->running = true;
    if (work_start(&folder->work, folder->jobs, "an import's files", run_write, done_write) == 0)
        return;
    folder->running = false;
    folder->status = -ENOMEM;
}

struct folder *folder_new(struct work_jobs *jobs, const struct folder_events *events, void *arg)
{
    struct folder *folder = calloc(1, sizeof(*folder));
    if (folder == NULL)
        return NULL;
    folder->jobs = jobs;
    folder->events = events;
    folder->arg = arg;
    folder->file = -1;
    return folder;
}

void folder_feed(struct folder *folder, const void *data, size_t size)
{
    text_add_bytes(&folder->pending, data, size);
    start_job(folder);
}

void folder_end(struct folder *folder)
{
    folder->ended = true;
    start_job(folder);
}

size_t folder_waiting(const struct folder *folder)
{
    return folder->pending.size;
}

bool folder_complete(const struct folder *folder)
{
    return folder->finished;
}

const char *folder_fault(const struct folder *folder, bool *internal)
{
    int status = folder->running ? 0 : folder->status;
    *internal = status != -EPROTO;
    if (status == 0)
        return NULL;
    if (status == -EPROTO)
        return folder->why;
    return error_text(status, ((struct folder *)folder)->text, sizeof(folder->text));
}

const char *folder_path(const struct folder *folder)
{
    return folder->path;
}

const struct text *folder_names(const struct folder *folder)
{
    return &folder->names;
}

void folder_close(struct folder *folder)
{
    if (folder->closing)
        return;
    folder->closing = true;
    if (!folder->running)
        begin_removal(folder);
}
