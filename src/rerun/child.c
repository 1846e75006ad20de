/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "rerun/child.h"

#include <errno.h>
#include <stdlib.h>

struct child {
    uv_process_t process;
    child_ended ended;
    void *arg;
};

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_exit_status(uv_process_t *process, int64_t status, int number)
{
    struct child *child = process->data;
    uv_close((uv_handle_t *)process, on_closed);
    child->ended(child->arg, number != 0 ? 128 + number : (int)status);
}

int child_start(uv_loop_t *loop, char **argv, int errors, uv_pipe_t *pipe, child_ended ended,
                void *arg, struct child **out)
{
    uv_stdio_container_t streams[4];
    struct child *child = calloc(1, sizeof(*child));
    *out = NULL;
    if (child == NULL)
        return -ENOMEM;
    *child = (struct child){ .ended = ended, .arg = arg };
    child->process.data = child;
    for (int fd = 0; fd <= 2; fd++)
        streams[fd] =
            (uv_stdio_container_t){ .flags = UV_INHERIT_FD, .data.fd = fd == 2 ? errors : fd };
    streams[3].flags = UV_CREATE_PIPE | UV_READABLE_PIPE | UV_WRITABLE_PIPE;
    streams[3].data.stream = (uv_stream_t *)pipe;
    uv_process_options_t options = { .file = argv[0],
                                     .args = argv,
                                     .flags = UV_PROCESS_DETACHED,
                                     .stdio = streams,
                                     .stdio_count = pipe == NULL ? 3 : 4,
                                     .exit_cb = on_exit_status };
    int error = uv_spawn(loop, &child->process, &options);
    if (error < 0) {
        uv_close((uv_handle_t *)&child->process, on_closed);
        return error;
    }
    *out = child;
    return 0;
}

int child_pid(const struct child *child)
{
    return child->process.pid;
}
