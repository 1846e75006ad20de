/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_TESTS_LOOP_H
#define CADCAST_TESTS_LOOP_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

#include "base/text.h"

/* A loop that must be left as it was found, and clients without a loop, on its own thread: they
 * block on nothing but a connect that the kernel answers. */

static inline void loop_count(uv_handle_t *handle, void *arg)
{
    unsigned *count = arg;
    ++*count;
    print_error("left on the loop: %s%s%s\n", uv_handle_type_name(handle->type),
                uv_is_active(handle) ? ", active" : "", uv_is_closing(handle) ? ", closing" : "");
}

/* Runs the loop until nothing is left to do, and closes it; fails if a handle was left. */
static inline void loop_end(uv_loop_t *loop)
{
    unsigned left = 0;
    uv_run(loop, UV_RUN_DEFAULT);
    uv_walk(loop, loop_count, &left);
    assert_int_equal(left, 0);
    assert_int_equal(uv_loop_close(loop), 0);
}

/* Lets the loop do what it can do now. */
static inline void loop_turn(uv_loop_t *loop)
{
    for (unsigned i = 0; i < 20; i++)
        uv_run(loop, UV_RUN_NOWAIT);
}

/* Runs the loop until `*flag` is not 0. */
static inline void loop_until(uv_loop_t *loop, const unsigned *flag)
{
    while (*flag == 0)
        uv_run(loop, UV_RUN_ONCE);
}

/* A client's socket, connected to that port of 127.0.0.1 or ::1. Below 0: errno. */
static inline int client_connect(int family, uint16_t port)
{
    struct sockaddr_in four = { .sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6,
                                .sin6_port = htons(port),
                                .sin6_addr = in6addr_loopback };
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int error = family == AF_INET ? connect(fd, (struct sockaddr *)&four, sizeof(four))
                                  : connect(fd, (struct sockaddr *)&six, sizeof(six));
    if (error < 0) {
        error = -errno;
        close(fd);
        return error;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* Sends all of it, the loop taking it in meanwhile. 0, or what was wrong. */
static inline int client_send(uv_loop_t *loop, int fd, const void *data, size_t size)
{
    const char *at = data;
    while (size > 0) {
        ssize_t n = send(fd, at, size, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return -errno;
        at += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
        uv_run(loop, UV_RUN_NOWAIT);
    }
    return 0;
}

/* Reads until `until` is in what came, or `size` bytes (no more) are there, or the end. Returns 1
 * at the end, 0 if it found `until` or `size` bytes, or an error. */
static inline int client_read(uv_loop_t *loop, int fd, struct text *got, const char *until,
                              size_t size)
{
    char piece[65536];
    for (;;) {
        size_t want = size - got->size < sizeof(piece) ? size - got->size : sizeof(piece);
        ssize_t n = recv(fd, piece, want, 0);
        if (n == 0)
            return 1;
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return -errno;
        if (n > 0)
            text_add_bytes(got, piece, (size_t)n);
        if (text_error(got) < 0)
            return -ENOMEM;
        if (got->size >= size || (until != NULL && got->size > 0 &&
                                  memmem(got->data, got->size, until, strlen(until)) != NULL))
            return 0;
        uv_run(loop, UV_RUN_NOWAIT);
    }
}

#endif
