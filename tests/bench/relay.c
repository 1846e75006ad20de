/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */

/*
 * A kernel and its browsers, as light as they can be, so that what is measured is the server
 * between them:
 *
 *   bench_relay ws|copy PORT FILE BROWSERS RUNS PAUSE_MS
 *
 * FILE is a kernel's message. Prints a line for each run: milliseconds from the kernel's connect to
 * the last byte at the slowest browser. `ws` speaks WebSocket, `copy` the few bytes that copy.c
 * wants; the sender and the receivers are the same. One thread sends, one receives.
 */
#include <pthread.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "wire.h"

#define BUFFER (256 * 1024)

struct browser {
    int fd;
    uint8_t head[10];
    unsigned head_have;
    uint64_t frame_left;
    uint64_t message; /* payload bytes of the message so far */
    bool fin;
    unsigned got; /* whole messages of the expected size */
};

struct bench {
    bool plain;
    int port;
    uint8_t *data; /* what the kernel sends */
    size_t size;
    uint64_t expected; /* bytes that a browser gets */
    struct browser *browsers;
    int count;
    int done; /* eventfd: one more browser has the message */
    uint8_t *buffer;
};

static int open_connection(const struct bench *bench, char kind)
{
    if (!bench->plain)
        return wire_open(bench->port);
    int fd = wire_connect(bench->port);
    write_all(fd, &kind, 1);
    return fd;
}

static void read_message(struct bench *bench, const char *path)
{
    size_t size;
    uint8_t *message = wire_load(path, &size);
    struct wire_frame frame = { .data = message, .size = size };
    bench->expected = size;
    if (!bench->plain) {
        frame = wire_make(2, message, size);
        free(message);
        bench->expected -= 2;
    }
    bench->data = frame.data;
    bench->size = frame.size;
}

static void message_done(struct bench *bench, struct browser *browser)
{
    uint64_t one = 1;
    if (browser->message == bench->expected)
        write_all(bench->done, &one, sizeof(one));
    browser->message = 0;
}

static void begin_frame(struct browser *browser)
{
    uint8_t length = browser->head[1] & 0x7f;
    unsigned extra = length == 126 ? 2 : length == 127 ? 8 : 0;
    browser->frame_left = length < 126 ? length : 0;
    for (unsigned i = 0; i < extra; i++)
        browser->frame_left = browser->frame_left << 8 | browser->head[2 + i];
    browser->fin = (browser->head[0] & 0x80) != 0;
    browser->message += browser->frame_left;
    browser->head_have = 0;
}

static unsigned head_size(const struct browser *browser)
{
    uint8_t length = browser->head[1] & 0x7f;
    return browser->head_have < 2 ? 2 : 2 + (length == 126 ? 2 : length == 127 ? 8 : 0);
}

static void take_frames(struct bench *bench, struct browser *browser, const uint8_t *p, size_t size)
{
    while (size > 0) {
        size_t n = 1;
        if (browser->frame_left > 0) {
            n = browser->frame_left < size ? browser->frame_left : size;
            browser->frame_left -= n;
        } else {
            browser->head[browser->head_have++] = *p;
            if (browser->head_have < head_size(browser)) {
                p++;
                size--;
                continue;
            }
            begin_frame(browser);
        }
        if (browser->frame_left == 0 && browser->fin)
            message_done(bench, browser);
        p += n;
        size -= n;
    }
}

static void take_plain(struct bench *bench, struct browser *browser, size_t size)
{
    browser->message += size;
    if (browser->message >= bench->expected)
        message_done(bench, browser);
}

static void *receive(void *arg)
{
    struct bench *bench = arg;
    struct epoll_event events[64];
    int poll = epoll_create1(0);
    for (int i = 0; i < bench->count; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &bench->browsers[i] };
        epoll_ctl(poll, EPOLL_CTL_ADD, bench->browsers[i].fd, &event);
    }
    for (;;) {
        int n = epoll_wait(poll, events, 64, -1);
        for (int i = 0; i < n; i++) {
            struct browser *browser = events[i].data.ptr;
            ssize_t size = read(browser->fd, bench->buffer, BUFFER);
            if (size <= 0)
                stop("the server closed a browser");
            if (bench->plain)
                take_plain(bench, browser, (size_t)size);
            else
                take_frames(bench, browser, bench->buffer, (size_t)size);
        }
    }
    return NULL;
}

static void open_browsers(struct bench *bench)
{
    const uint8_t hello[] = { 0x81, 0x84, 0, 0, 0, 0, 'L', ':', '{', '}' };
    bench->browsers = calloc((size_t)bench->count, sizeof(*bench->browsers));
    for (int i = 0; i < bench->count; i++) {
        bench->browsers[i].fd = open_connection(bench, 'r');
        if (!bench->plain)
            write_all(bench->browsers[i].fd, hello, sizeof(hello));
    }
}

static double run(struct bench *bench)
{
    uint64_t got = 0;
    double began = now_ms();
    int fd = open_connection(bench, 's');
    write_all(fd, bench->data, bench->size);
    for (int left = bench->count; left > 0; left -= (int)got) {
        if (read(bench->done, &got, sizeof(got)) != sizeof(got))
            stop("eventfd");
    }
    double taken = now_ms() - began;
    close(fd);
    return taken;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    if (argc != 7) {
        fprintf(stderr, "usage: bench_relay ws|copy PORT FILE BROWSERS RUNS PAUSE_MS\n");
        return 2;
    }
    struct bench bench = { .plain = strcmp(argv[1], "copy") == 0,
                           .port = atoi(argv[2]),
                           .count = atoi(argv[4]),
                           .done = eventfd(0, 0),
                           .buffer = malloc(BUFFER) };
    read_message(&bench, argv[3]);
    open_browsers(&bench);
    if (bench.buffer == NULL || pthread_create(&thread, NULL, receive, &bench) != 0)
        stop("start");
    for (int i = 0; i < atoi(argv[5]); i++) {
        /* Whatever the server still has to do for the show before is not this one's cost. */
        usleep((useconds_t)atoi(argv[6]) * 1000);
        printf("%.3f\n", run(&bench));
        fflush(stdout);
    }
    return 0;
}
