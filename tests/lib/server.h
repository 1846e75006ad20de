/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_TESTS_SERVER_H
#define CADCAST_TESTS_SERVER_H

#include <ftw.h>

#include "api/wiring.h"
#include "loop.h"
#include "server/server.h"
#include "settings/options.h"
#include "web/ws.h"
#include "web/ws_frame.h"

/* A server in this process, with a home of its own and without the deadline for goodbyes: what
 * does not end by itself then never ends. */
struct fixture {
    struct options options;
    struct server server;
    uv_loop_t *loop;
    bool parsed;
    bool started;
};

#define UPGRADE                                                                                    \
    "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"           \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static inline int fixture_home(char home[64])
{
    strcpy(home, "/tmp/cadcast-home-XXXXXX");
    return mkdtemp(home) == NULL || setenv("HOME", home, 1) < 0 ? -errno : 0;
}

static inline int fixture_unlink(const char *path, const struct stat *st, int kind,
                                 struct FTW *where)
{
    return remove(path);
}

static inline void fixture_forget_home(const char *home)
{
    nftw(home, fixture_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

/* TEST_DATA is tests/data of the sources; the page lies two folders above. */
static inline int fixture_start(struct fixture *fixture, uv_loop_t *loop, const char *port)
{
    char data[4096];
    struct text message = { 0 };
    snprintf(data, sizeof(data), "%s/../..", getenv("TEST_DATA"));
    char *argv[] = { "cadcast",           "--port",    (char *)port, "--data-dir",  data,
                     "--no-state",        "--backend", "none",       "--log-level", "error",
                     "--goodbye-timeout", "0",         NULL };
    char *envp[] = { NULL };
    fixture->loop = loop;
    int error =
        options_parse(&fixture->options, sizeof(argv) / sizeof(argv[0]) - 1, argv, envp, &message);
    if (error < 0 && message.size > 0)
        print_error("%s\n", text_string(&message));
    text_free(&message);
    fixture->parsed = true;
    if (error == 0)
        error = server_start(&fixture->server, loop, &fixture->options, wiring_parts());
    fixture->started = error == 0;
    return error;
}

/* After the loop has ended. */
static inline void fixture_free(struct fixture *fixture)
{
    if (fixture->started)
        server_free(&fixture->server);
    if (fixture->parsed)
        options_free(&fixture->options);
    memset(fixture, 0, sizeof(*fixture));
}

static inline uint16_t fixture_port(const struct fixture *fixture)
{
    return fixture->server.listeners[0]->port;
}

/* Sends a request on a connection of its own and reads to the end: as client_read. */
static inline int fixture_ask(struct fixture *fixture, const char *request, struct text *got)
{
    int fd = client_connect(AF_INET, fixture_port(fixture));
    if (fd < 0)
        return fd;
    int error = client_send(fixture->loop, fd, request, strlen(request));
    if (error == 0)
        error = client_read(fixture->loop, fd, got, NULL, SIZE_MAX);
    close(fd);
    return error;
}

/* A WebSocket; below 0: it could not be had. */
static inline int fixture_upgrade(struct fixture *fixture)
{
    struct text got = { 0 };
    int fd = client_connect(AF_INET, fixture_port(fixture));
    if (fd < 0)
        return fd;
    int error = client_send(fixture->loop, fd, UPGRADE, sizeof(UPGRADE) - 1);
    if (error == 0)
        error = client_read(fixture->loop, fd, &got, "\r\n\r\n", SIZE_MAX);
    if (error == 0 && strncmp(got.data, "HTTP/1.1 101 ", 13) != 0)
        error = -EPROTO;
    text_free(&got);
    if (error == 0)
        return fd;
    close(fd);
    return error < 0 ? error : -ECONNRESET;
}

/* Sends a message in one frame, with a mask of zeros. */
static inline int fixture_say_bytes(struct fixture *fixture, int fd, const void *data, size_t size)
{
    uint8_t head[WS_HEAD_MAX + 4] = { 0 };
    size_t n = ws_frame_head(head, 0x82, size);
    head[1] |= 0x80;
    memset(head + n, 0, 4);
    int error = client_send(fixture->loop, fd, head, n + 4);
    return error == 0 ? client_send(fixture->loop, fd, data, size) : error;
}

static inline int fixture_say(struct fixture *fixture, int fd, const char *text)
{
    return fixture_say_bytes(fixture, fd, text, strlen(text));
}

#endif
