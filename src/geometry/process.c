/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "geometry/process.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The longest answer accepted, in bytes: a READY that lists many unreadable parts. */
#define ANSWER_LIMIT ((size_t)64 << 20)

struct process {
    uv_process_t child;
    uv_pipe_t input;  /* the child's standard input: we write */
    uv_pipe_t output; /* its standard output: we read */
    const struct process_events *events;
    void *arg;
    struct frame_reader reader;
    char buffer[16 * 1024];
    unsigned open; /* handles and writes that are not completed; at 0 the process is freed */
    bool running;  /* the child was started and its exit was not reported yet */
    bool closing;  /* process_close was called */
    bool ended;    /* events->ended was called */
    bool started;  /* process_start succeeded, so `closed` must fire */
};

/* One frame being written. */
struct sending {
    uv_write_t request;
    struct process *process;
    struct blob *payload;
    unsigned char head[FRAME_HEAD + PROCESS_LEAD];
};

static void release(struct process *process)
{
    if (--process->open > 0)
        return;
    const struct process_events *events = process->events;
    void *arg = process->arg;
    bool started = process->started;
    frame_reader_free(&process->reader);
    free(process);
    if (started)
        events->closed(arg);
}

static void end(struct process *process, const char *why)
{
    if (process->ended || process->closing)
        return;
    process->ended = true;
    process->events->ended(process->arg, why);
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

/* The child's own handle is closed when it has ended: closed earlier, the child would not be waited
 * for and stay a zombie. */
static void close_handles(struct process *process)
{
    close_handle((uv_handle_t *)&process->input);
    close_handle((uv_handle_t *)&process->output);
    if (!process->running)
        close_handle((uv_handle_t *)&process->child);
}

static void on_child_exit(uv_process_t *child, int64_t status, int signal_number)
{
    struct process *process = child->data;
    char why[64];
    process->running = false;
    if (signal_number != 0)
        snprintf(why, sizeof(why), "ended by signal %d (%s)", signal_number,
                 strsignal(signal_number));
    else
        snprintf(why, sizeof(why), "ended with status %" PRId64, status);
    if (process->closing)
        close_handle((uv_handle_t *)child);
    else
        end(process, why);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct process *process = handle->data;
    *buf = uv_buf_init(process->buffer, sizeof(process->buffer));
}

/* Delivers the frames in `size` bytes. Events may close the process on the way. */
static void take_bytes(struct process *process, const char *data, size_t size)
{
    while (!process->closing && !process->ended) {
        size_t used;
        int result = frame_feed(&process->reader, data, size, &used);
        if (result < 0)
            end(process, "spoke what is no frame");
        if (result <= 0)
            return;
        data += used;
        size -= used;
        process->events->frame(process->arg, &process->reader.frame, process->reader.payload);
    }
}

/* After the end of the output the exit status follows and is the better reason; only a child that
 * closed its output and lives on is ended here. */
static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct process *process = stream->data;
    if (count > 0) {
        take_bytes(process, buf->base, (size_t)count);
    } else if (count < 0) {
        uv_read_stop(stream);
        if (process->running)
            uv_process_kill(&process->child, SIGKILL);
    }
}

/* Initialises the handles; from here on release() counts them. */
static int init_handles(struct process *process, uv_loop_t *loop)
{
    process->child.data = process;
    process->input.data = process;
    process->output.data = process;
    int error = uv_pipe_init(loop, &process->input, 0);
    if (error < 0)
        return error;
    process->open++;
    error = uv_pipe_init(loop, &process->output, 0);
    if (error == 0)
        process->open++;
    return error;
}

static int spawn(struct process *process, uv_loop_t *loop, const char *program,
                 const struct process_limits *limits)
{
    /* More small blocks than the seven of each size that glibc keeps for a thread: the kernel takes
     * and returns thousands for a face. */
    char heap[] = "GLIBC_TUNABLES=glibc.malloc.tcache_count=2000";
    char memory[24], time[24];
    char library_path[4096];
    const char *libraries = getenv("LD_LIBRARY_PATH");
    snprintf(memory, sizeof(memory), "%" PRIu64, limits->memory);
    snprintf(time, sizeof(time), "%" PRIu64, limits->time);
    snprintf(library_path, sizeof(library_path), "LD_LIBRARY_PATH=%s",
             libraries != NULL ? libraries : "");
    char *args[] = { (char *)program, "--memory", memory, "--time", time, NULL };
    char *environment[] = { heap, libraries != NULL ? library_path : NULL, NULL };
    uv_stdio_container_t stdio[] = {
        { .flags = UV_CREATE_PIPE | UV_READABLE_PIPE,
          .data.stream = (uv_stream_t *)&process->input },
        { .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
          .data.stream = (uv_stream_t *)&process->output },
        { .flags = UV_IGNORE },
    };
    uv_process_options_t options = { .exit_cb = on_child_exit,
                                     .file = program,
                                     .args = args,
                                     .env = environment,
                                     .stdio_count = 3,
                                     .stdio = stdio };
    /* The handle is initialised whatever uv_spawn returns, and must be closed. */
    process->open++;
    return uv_spawn(loop, &process->child, &options);
}

int process_start(struct process **result, uv_loop_t *loop, const char *program,
                  const struct process_limits *limits, const struct process_events *events,
                  void *arg)
{
    *result = NULL;
    struct process *process = calloc(1, sizeof(*process));
    if (process == NULL)
        return -ENOMEM;
    process->events = events;
    process->arg = arg;
    process->reader.limit = limits->answer > 0 ? limits->answer : ANSWER_LIMIT;
    int error = init_handles(process, loop);
    if (error == 0)
        error = spawn(process, loop, program, limits);
    if (error == 0) {
        process->running = true;
        error = uv_read_start((uv_stream_t *)&process->output, on_alloc, on_read);
    }
    if (error < 0) {
        process->closing = true;
        if (process->running)
            uv_process_kill(&process->child, SIGKILL);
        if (process->open == 0)
            free(process);
        else
            close_handles(process);
        return error;
    }
    process->started = true;
    *result = process;
    return 0;
}

static void on_written(uv_write_t *request, int status)
{
    struct sending *sending = request->data;
    struct process *process = sending->process;
    blob_unref(sending->payload);
    free(sending);
    /* on_child_exit reports a broken pipe as well, with the reason. */
    release(process);
}

int process_send_led(struct process *process, const struct frame *frame, const void *lead,
                     size_t size, struct blob *payload)
{
    if (process->closing || process->ended)
        return -EPIPE;
    struct sending *sending = malloc(sizeof(*sending));
    if (sending == NULL)
        return -ENOMEM;
    struct frame whole = *frame;
    size_t rest = payload != NULL ? blob_payload_size(payload) : 0;
    whole.length = size + rest;
    frame_put(sending->head, &whole);
    if (size > 0)
        memcpy(sending->head + FRAME_HEAD, lead, size);
    sending->process = process;
    sending->payload = payload != NULL ? blob_ref(payload) : NULL;
    sending->request.data = sending;
    uv_buf_t bufs[2] = { { .base = (char *)sending->head, .len = FRAME_HEAD + size } };
    if (rest > 0) {
        bufs[1].base = (char *)payload->data + payload->skip;
        bufs[1].len = rest;
    }
    int error = uv_write(&sending->request, (uv_stream_t *)&process->input, bufs, rest > 0 ? 2 : 1,
                         on_written);
    if (error < 0) {
        blob_unref(sending->payload);
        free(sending);
        return error;
    }
    process->open++;
    return 0;
}

int process_send(struct process *process, const struct frame *frame, struct blob *payload)
{
    return process_send_led(process, frame, NULL, 0, payload);
}

struct blob *process_take(struct process *process)
{
    _Static_assert((int)FRAME_ROOM == BLOB_ROOM, "a frame's payload becomes a blob");
    size_t size = (size_t)process->reader.frame.length;
    return blob_adopt(frame_reader_take(&process->reader), size);
}

int process_pid(const struct process *process)
{
    return process->running ? (int)uv_process_get_pid(&process->child) : 0;
}

void process_close(struct process *process)
{
    if (process->closing)
        return;
    process->closing = true;
    if (process->running)
        uv_process_kill(&process->child, SIGKILL);
    close_handles(process);
}
