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
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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

static void stop(const char *what)
{
    perror(what);
    exit(1);
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void write_all(int fd, const void *data, size_t size)
{
    const uint8_t *p = data;
    while (size > 0) {
        ssize_t n = write(fd, p, size);
        if (n <= 0)
            stop("write");
        p += n;
        size -= (size_t)n;
    }
}

/* Reads the answer to the upgrade, and nothing behind it. */
static void read_head(int fd)
{
    char last[4] = { 0 };
    while (memcmp(last, "\r\n\r\n", 4) != 0) {
        memmove(last, last + 1, 3);
        if (read(fd, last + 3, 1) != 1)
            stop("handshake");
    }
}

static int open_connection(const struct bench *bench, char kind)
{
    char request[256];
    int one = 1;
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)bench->port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        stop("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (bench->plain) {
        write_all(fd, &kind, 1);
        return fd;
    }
    int n = snprintf(request, sizeof(request),
                     "GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                     bench->port);
    write_all(fd, request, (size_t)n);
    read_head(fd);
    return fd;
}

/* A masked frame around `size` bytes (RFC 6455 section 5.2), with all eight bytes of length. */
static void make_frame(struct bench *bench, const uint8_t *message, size_t size)
{
    const uint8_t mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
    uint8_t *out = malloc(size + 14);
    if (out == NULL)
        stop("malloc");
    out[0] = 0x82;
    out[1] = 0xff;
    for (int i = 0; i < 8; i++)
        out[2 + i] = (uint8_t)(size >> (56 - 8 * i));
    memcpy(out + 10, mask, 4);
    for (size_t i = 0; i < size; i++)
        out[14 + i] = message[i] ^ mask[i & 3];
    bench->data = out;
    bench->size = size + 14;
    bench->expected = size - 2;
}

static void read_message(struct bench *bench, const char *path)
{
    struct stat st;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fstat(fileno(file), &st) < 0)
        stop(path);
    uint8_t *message = malloc((size_t)st.st_size);
    if (message == NULL || fread(message, 1, (size_t)st.st_size, file) != (size_t)st.st_size)
        stop(path);
    fclose(file);
    if (bench->plain) {
        bench->data = message;
        bench->size = (size_t)st.st_size;
        bench->expected = bench->size;
        return;
    }
    make_frame(bench, message, (size_t)st.st_size);
    free(message);
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
