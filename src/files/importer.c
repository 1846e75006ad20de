/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "files/importer.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct importer {
    uv_process_t child;
    uv_pipe_t input;  /* the child's standard input: we write */
    uv_pipe_t output; /* its standard output: we read */
    const struct importer_events *events;
    void *arg;
    struct frame_reader reader;
    char buffer[64 * 1024];
    size_t at;      /* bytes of the buffer that were delivered */
    size_t have;    /* bytes of it */
    size_t queued;  /* bytes that the input has not taken */
    unsigned open;  /* handles and requests that are not completed; at 0 it is freed */
    int64_t status; /* of its exit */
    int signal_number;
    bool running;   /* the child's exit was not reported yet */
    bool exhausted; /* its output has ended */
    bool broken;    /* it wrote what is no frame */
    bool paused;
    bool delivering; /* within `frame` */
    bool reading;
    bool ending; /* its input is to be ended */
    bool told;   /* `ended` was called */
    bool closing;
    bool started;
};

/* Bytes on their way to the child. */
struct writing {
    uv_write_t request;
    struct importer *importer;
    size_t size;
    char data[];
};

static void release(struct importer *importer)
{
    if (--importer->open > 0)
        return;
    const struct importer_events *events = importer->events;
    void *arg = importer->arg;
    bool started = importer->started;
    frame_reader_free(&importer->reader);
    free(importer);
    if (started)
        events->closed(arg);
}

static void on_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static void close_handle(uv_handle_t *handle)
{
    if (handle->type != UV_UNKNOWN_HANDLE && !uv_is_closing(handle))
        uv_close(handle, on_closed);
}

/* The child's own handle is closed when it has ended: closed earlier, it would stay a zombie. */
static void close_handles(struct importer *importer)
{
    close_handle((uv_handle_t *)&importer->input);
    close_handle((uv_handle_t *)&importer->output);
    if (!importer->running)
        close_handle((uv_handle_t *)&importer->child);
}

/* Tells of the end, once process and output have ended and every frame was delivered. */
static void tell_end(struct importer *importer)
{
    if (importer->told || importer->closing || importer->running || !importer->exhausted ||
        importer->at < importer->have)
        return;
    importer->told = true;
    if (importer->broken)
        importer->events->ended(importer->arg, -EPROTO, 0);
    else
        importer->events->ended(importer->arg, importer->status, importer->signal_number);
}

static void on_child_exit(uv_process_t *child, int64_t status, int signal_number)
{
    struct importer *importer = child->data;
    importer->running = false;
    importer->status = status;
    importer->signal_number = signal_number;
    if (importer->closing)
        close_handle((uv_handle_t *)child);
    else
        tell_end(importer);
}

static void fault(struct importer *importer)
{
    importer->broken = true;
    importer->exhausted = true;
    importer->at = importer->have;
    if (importer->running)
        uv_process_kill(&importer->child, SIGKILL);
}

/* Delivers the frames in the buffer, until it is paused or closed. */
static void deliver(struct importer *importer)
{
    while (importer->at < importer->have && !importer->paused && !importer->closing) {
        size_t used;
        int result = frame_feed(&importer->reader, importer->buffer + importer->at,
                                importer->have - importer->at, &used);
        importer->at += used;
        if (result < 0) {
            fault(importer);
            return;
        }
        if (result != FRAME_WHOLE)
            continue;
        importer->delivering = true;
        importer->events->frame(importer->arg, &importer->reader.frame, importer->reader.payload);
        importer->delivering = false;
    }
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct importer *importer = handle->data;
    *buf = uv_buf_init(importer->buffer, sizeof(importer->buffer));
}

static void read_if_wanted(struct importer *importer);

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct importer *importer = stream->data;
    if (count > 0) {
        importer->at = 0;
        importer->have = (size_t)count;
        deliver(importer);
    } else if (count < 0) {
        importer->exhausted = true;
    }
    read_if_wanted(importer);
    tell_end(importer);
}

static void read_if_wanted(struct importer *importer)
{
    bool wanted = !importer->paused && !importer->exhausted && !importer->closing &&
                  importer->at >= importer->have;
    uv_stream_t *stream = (uv_stream_t *)&importer->output;
    if (wanted && !importer->reading)
        importer->reading = uv_read_start(stream, on_alloc, on_read) == 0;
    else if (!wanted && importer->reading && !importer->closing) {
        uv_read_stop(stream);
        importer->reading = false;
    }
}

void importer_pause(struct importer *importer)
{
    importer->paused = true;
    if (!importer->delivering)
        read_if_wanted(importer);
}

void importer_resume(struct importer *importer)
{
    if (!importer->paused || importer->closing)
        return;
    importer->paused = false;
    if (importer->delivering)
        return;
    deliver(importer);
    read_if_wanted(importer);
    tell_end(importer);
}

static int init_handles(struct importer *importer, uv_loop_t *loop)
{
    importer->child.data = importer;
    importer->input.data = importer;
    importer->output.data = importer;
    int error = uv_pipe_init(loop, &importer->input, 0);
    if (error < 0)
        return error;
    importer->open++;
    error = uv_pipe_init(loop, &importer->output, 0);
    if (error == 0)
        importer->open++;
    return error;
}

static int spawn(struct importer *importer, uv_loop_t *loop, char **args)
{
    char library_path[4096];
    const char *libraries = getenv("LD_LIBRARY_PATH");
    snprintf(library_path, sizeof(library_path), "LD_LIBRARY_PATH=%s",
             libraries != NULL ? libraries : "");
    char *environment[] = { libraries != NULL ? library_path : NULL, NULL };
    uv_stdio_container_t stdio[] = {
        { .flags = UV_CREATE_PIPE | UV_READABLE_PIPE,
          .data.stream = (uv_stream_t *)&importer->input },
        { .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
          .data.stream = (uv_stream_t *)&importer->output },
        { .flags = UV_IGNORE },
    };
    uv_process_options_t options = { .exit_cb = on_child_exit,
                                     .file = args[0],
                                     .args = args,
                                     .env = environment,
                                     .stdio_count = 3,
                                     .stdio = stdio };
    /* The handle is initialised whatever uv_spawn returns, and must be closed. */
    importer->open++;
    return uv_spawn(loop, &importer->child, &options);
}

int importer_start(struct importer **result, uv_loop_t *loop, char **args, size_t longest,
                   const struct importer_events *events, void *arg)
{
    *result = NULL;
    struct importer *importer = calloc(1, sizeof(*importer));
    if (importer == NULL)
        return -ENOMEM;
    importer->events = events;
    importer->arg = arg;
    importer->reader.limit = longest;
    int error = init_handles(importer, loop);
    if (error == 0)
        error = spawn(importer, loop, args);
    if (error < 0) {
        importer->closing = true;
        if (importer->open == 0)
            free(importer);
        else
            close_handles(importer);
        return error;
    }
    importer->running = true;
    importer->started = true;
    read_if_wanted(importer);
    *result = importer;
    return 0;
}

static void end_if_written(struct importer *importer);

static void on_written(uv_write_t *request, int status)
{
    struct writing *writing = request->data;
    struct importer *importer = writing->importer;
    importer->queued -= writing->size;
    free(writing);
    /* A process that does not read to the end ends for a reason of its own. */
    if (!importer->closing && importer->queued == 0 && !importer->ending)
        importer->events->drained(importer->arg);
    end_if_written(importer);
    release(importer);
}

int importer_write(struct importer *importer, const void *data, size_t size)
{
    uv_stream_t *stream = (uv_stream_t *)&importer->input;
    if (importer->closing)
        return 0;
    uv_buf_t buf = uv_buf_init((char *)data, (unsigned)size);
    int taken = importer->queued == 0 ? uv_try_write(stream, &buf, 1) : 0;
    size_t done = taken > 0 ? (size_t)taken : 0;
    if (done == size)
        return 0;
    struct writing *writing = malloc(sizeof(*writing) + size - done);
    if (writing == NULL)
        return -ENOMEM;
    writing->importer = importer;
    writing->size = size - done;
    writing->request.data = writing;
    memcpy(writing->data, (const char *)data + done, size - done);
    buf = uv_buf_init(writing->data, (unsigned)writing->size);
    if (uv_write(&writing->request, stream, &buf, 1, on_written) < 0) {
        free(writing);
        return 0;
    }
    importer->queued += size - done;
    importer->open++;
    return 0;
}

size_t importer_queued(const struct importer *importer)
{
    return importer->queued;
}

/* The pipe is closed as a whole: nothing is read from it. */
static void end_if_written(struct importer *importer)
{
    if (importer->ending && importer->queued == 0)
        close_handle((uv_handle_t *)&importer->input);
}

void importer_end_input(struct importer *importer)
{
    importer->ending = true;
    end_if_written(importer);
}

struct blob *importer_take(struct importer *importer)
{
    _Static_assert((int)FRAME_ROOM == BLOB_ROOM, "a frame's payload becomes a blob");
    size_t size = (size_t)importer->reader.frame.length;
    return blob_adopt(frame_reader_take(&importer->reader), size);
}

void importer_close(struct importer *importer)
{
    if (importer->closing)
        return;
    importer->closing = true;
    if (importer->running)
        uv_process_kill(&importer->child, SIGKILL);
    close_handles(importer);
}
