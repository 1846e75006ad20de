/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "rerun/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "base/utf8.h"

/* What is kept, and what of it is told. */
#define KEPT ((size_t)8 << 10)
#define LINES 10
#define BYTES ((size_t)2000)

#define ESCAPE '\033'

struct tail {
    uv_pipe_t pipe;
    int run; /* the run's end; -1: closed here */
    size_t size;
    char kept[KEPT];
    char room[KEPT];
};

static void keep(struct tail *tail, const char *from, size_t size)
{
    if (size >= KEPT) {
        memcpy(tail->kept, from + size - KEPT, KEPT);
        tail->size = KEPT;
        return;
    }
    size_t most = KEPT - size;
    if (tail->size > most) {
        memmove(tail->kept, tail->kept + tail->size - most, most);
        tail->size = most;
    }
    memcpy(tail->kept + tail->size, from, size);
    tail->size += size;
}

static void take(struct tail *tail, const char *from, size_t size)
{
    /* A standard error that cannot be written to does not end the run. */
    file_write(STDERR_FILENO, from, size);
    keep(tail, from, size);
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
    struct tail *tail = handle->data;
    (void)wanted;
    *buffer = uv_buf_init(tail->room, sizeof(tail->room));
}

/* A terminal whose other end was closed says EIO. */
static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    if (size < 0)
        uv_read_stop(stream);
    else
        take(stream->data, buffer->base, (size_t)size);
}

/* ---- the two ends ---- */

/* A terminal of the same kind, which changes nothing: ours does. */
static int open_terminal(int ends[2])
{
    struct termios modes;
    struct winsize size;
    const char *name = NULL;
    ends[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (ends[0] < 0)
        return -errno;
    if (grantpt(ends[0]) == 0 && unlockpt(ends[0]) == 0)
        name = ptsname(ends[0]);
    ends[1] = name == NULL ? -1 : open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (ends[1] < 0) {
        close(ends[0]);
        return -EIO;
    }
    if (tcgetattr(STDERR_FILENO, &modes) == 0) {
        modes.c_oflag &= ~(tcflag_t)OPOST;
        modes.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(ends[1], TCSANOW, &modes);
    }
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0)
        ioctl(ends[1], TIOCSWINSZ, &size);
    return 0;
}

static int open_ends(int ends[2])
{
    if (isatty(STDERR_FILENO) == 1)
        return open_terminal(ends);
    return uv_pipe(ends, 0, 0);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

int tail_open(uv_loop_t *loop, struct tail **out)
{
    int ends[2] = { -1, -1 };
    struct tail *tail = calloc(1, sizeof(*tail));
    *out = NULL;
    int error = tail == NULL ? -ENOMEM : open_ends(ends);
    if (error < 0) {
        free(tail);
        return error;
    }
    tail->run = ends[1];
    tail->pipe.data = tail;
    uv_pipe_init(loop, &tail->pipe, 0);
    error = uv_pipe_open(&tail->pipe, ends[0]);
    if (error < 0)
        close(ends[0]);
    else
        error = uv_read_start((uv_stream_t *)&tail->pipe, on_room, on_read);
    if (error < 0) {
        tail_close(tail);
        return error;
    }
    *out = tail;
    return 0;
}

int tail_end(const struct tail *tail)
{
    return tail->run;
}

void tail_begun(struct tail *tail)
{
    if (tail->run >= 0)
        close(tail->run);
    tail->run = -1;
}

void tail_close(struct tail *tail)
{
    if (tail == NULL)
        return;
    tail_begun(tail);
    uv_close((uv_handle_t *)&tail->pipe, on_closed);
}

/* ---- the last lines ---- */

/* What has come since the loop has looked. */
static void drain(struct tail *tail)
{
    uv_os_fd_t fd;
    if (uv_fileno((uv_handle_t *)&tail->pipe, &fd) < 0)
        return;
    for (;;) {
        ssize_t size = read(fd, tail->room, sizeof(tail->room));
        if (size > 0)
            take(tail, tail->room, (size_t)size);
        else if (size == 0 || errno != EINTR)
            return;
    }
}

/* Where the last lines begin. */
static size_t find_lines(const char *text, size_t size)
{
    unsigned lines = 0;
    size_t at = size;
    while (at > 0 && size - at < BYTES && (text[at - 1] != '\n' || ++lines < LINES))
        at--;
    /* Not in the middle of a line, unless that is all. */
    size_t whole = at;
    while (whole > 0 && whole < size && text[whole - 1] != '\n')
        whole++;
    return whole < size ? whole : at;
}

/* Writes the text without colours and what else moves a cursor; its size. */
static size_t make_plain(const char *from, size_t size, char *to)
{
    size_t line = 0, out = 0;
    for (size_t i = 0; i < size; i++) {
        if (from[i] == ESCAPE && i + 1 < size && from[i + 1] == '[') {
            for (i += 2; i < size && (from[i] < '@' || from[i] > '~'); i++)
                ;
        } else if (from[i] == '\r' && i + 1 < size && from[i + 1] != '\n') {
            out = line; /* as progress bars do it */
        } else if (from[i] == '\n') {
            to[out++] = '\n';
            line = out;
        } else if ((unsigned char)from[i] >= ' ' || from[i] == '\t') {
            to[out++] = from[i];
        }
    }
    return out;
}

void tail_lines(struct tail *tail, struct text *out)
{
    char plain[KEPT];
    drain(tail);
    size_t size = make_plain(tail->kept, tail->size, plain);
    while (size > 0 && plain[size - 1] == '\n')
        size--;
    size_t at = find_lines(plain, size);
    bool valid = utf8_valid((const uint8_t *)plain + at, size - at);
    for (size_t i = at; i < size && !valid; i++)
        plain[i] = (unsigned char)plain[i] < 0x80 ? plain[i] : '?';
    text_add_bytes(out, plain + at, size - at);
}
