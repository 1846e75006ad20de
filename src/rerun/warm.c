/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "rerun/warm.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/text.h"
#include "rerun/child.h"

/* The longest line of the Python process, in bytes. */
#define LINE_MAX_BYTES ((size_t)64 << 10)

struct warm {
    struct warm_events events;
    struct child *child; /* NULL: it has ended */
    uv_pipe_t pipe;
    uv_write_t write;
    bool writing;
    struct text line; /* what came of one that is not whole */
    char buffer[4096];
    bool closing;
    unsigned open; /* the pipe and the process; at 0 it is freed */
};

static void release(struct warm *warm)
{
    if (--warm->open > 0)
        return;
    text_free(&warm->line);
    free(warm);
}

static void on_pipe_closed(uv_handle_t *handle)
{
    release(handle->data);
}

/* ---- what it says ---- */

static void take_line(struct warm *warm, const char *text, size_t size)
{
    json_t *said = json_loadb(text, size, 0, NULL);
    const json_t *pid = json_object_get(said, "pid");
    const json_t *end = json_object_get(said, "end");
    const char *why = json_string_value(json_object_get(said, "why"));
    const char *file = json_string_value(json_object_get(said, "file"));
    if (json_integer_value(pid) > 1)
        warm->events.begun(warm->events.arg, (int)json_integer_value(pid));
    if (why != NULL)
        warm->events.why(warm->events.arg, why);
    if (file != NULL)
        warm->events.file(warm->events.arg, file);
    if (json_is_integer(end))
        warm->events.ended(warm->events.arg, (int)json_integer_value(end));
    json_decref(said);
}

/* Takes the whole lines in what has come. */
static void take_lines(struct warm *warm)
{
    size_t at = 0;
    while (!warm->closing && at < warm->line.size) {
        const char *begin = warm->line.data + at;
        const char *end = memchr(begin, '\n', warm->line.size - at);
        if (end == NULL)
            break;
        take_line(warm, begin, (size_t)(end - begin));
        at += (size_t)(end - begin) + 1;
    }
    memmove(warm->line.data, warm->line.data + at, warm->line.size - at);
    warm->line.size -= at;
    if (warm->line.size > LINE_MAX_BYTES)
        warm->line.size = 0;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct warm *warm = handle->data;
    *buf = uv_buf_init(warm->buffer, sizeof(warm->buffer));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct warm *warm = stream->data;
    if (n < 0)
        uv_read_stop(stream);
    if (n <= 0)
        return;
    text_add_bytes(&warm->line, buf->base, (size_t)n);
    take_lines(warm);
}

/* ---- its life ---- */

static void on_ended(void *arg, int status)
{
    struct warm *warm = arg;
    bool told = !warm->closing;
    warm->child = NULL;
    if (told)
        warm->events.lost(warm->events.arg, status);
    release(warm);
}

int warm_start(uv_loop_t *loop, char **argv, const struct warm_events *events, struct warm **out)
{
    struct warm *warm = calloc(1, sizeof(*warm));
    *out = NULL;
    if (warm == NULL)
        return -ENOMEM;
    warm->events = *events;
    warm->open = 2;
    warm->pipe.data = warm;
    uv_pipe_init(loop, &warm->pipe, 0);
    int error = child_start(loop, argv, STDERR_FILENO, &warm->pipe, on_ended, warm, &warm->child);
    if (error == 0)
        error = uv_read_start((uv_stream_t *)&warm->pipe, on_alloc, on_read);
    if (warm->child == NULL)
        warm->open--;
    if (error < 0)
        warm_close(warm);
    else
        *out = warm;
    return error;
}

static void on_written(uv_write_t *write, int status)
{
    struct warm *warm = write->data;
    warm->writing = false;
}

int warm_run(struct warm *warm)
{
    static const char order[] = "run\n";
    uv_buf_t buffer = uv_buf_init((char *)order, sizeof(order) - 1);
    if (warm->writing || warm->closing)
        return -EBUSY;
    warm->write.data = warm;
    int error = uv_write(&warm->write, (uv_stream_t *)&warm->pipe, &buffer, 1, on_written);
    warm->writing = error == 0;
    return error;
}

void warm_close(struct warm *warm)
{
    if (warm == NULL || warm->closing)
        return;
    warm->closing = true;
    if (warm->child != NULL)
        kill(child_pid(warm->child), SIGKILL);
    uv_close((uv_handle_t *)&warm->pipe, on_pipe_closed);
}
