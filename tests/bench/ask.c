/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */

/*
 * A kernel that asks, so light that the server is what is measured:
 *
 *   bench_ask PORT COUNT MESSAGE...
 *
 * Each round sends each message on a connection of its own, as kernels do, and prints the
 * microseconds from connect to the end of the answer. MESSAGE is text, or @FILE; with a '-' before
 * it there is no answer to wait for.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct message {
    uint8_t *frame;
    size_t size;
    bool silent; /* nothing comes back */
};

static void stop(const char *what)
{
    perror(what);
    exit(1);
}

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void write_all(int fd, const uint8_t *p, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, p, size);
        if (n <= 0)
            stop("write");
        p += n;
        size -= (size_t)n;
    }
}

static void read_all(int fd, uint8_t *p, size_t size)
{
    while (size > 0) {
        ssize_t n = read(fd, p, size);
        if (n <= 0)
            stop("read");
        p += n;
        size -= (size_t)n;
    }
}

static uint8_t *load(const char *argument, size_t *size)
{
    static uint8_t room[64 * 1024 * 1024];
    if (argument[0] != '@') {
        *size = strlen(argument);
        return (uint8_t *)argument;
    }
    FILE *file = fopen(argument + 1, "rb");
    if (file == NULL)
        stop(argument + 1);
    *size = fread(room, 1, sizeof(room), file);
    fclose(file);
    return room;
}

/* A masked binary frame (RFC 6455 section 5.2). */
static struct message make(const char *argument)
{
    struct message message = { .silent = argument[0] == '-' };
    size_t size;
    const uint8_t *data = load(argument + message.silent, &size);
    unsigned extra = size < 126 ? 0 : size < 65536 ? 2 : 8;
    uint8_t *out = malloc(size + 14);
    if (out == NULL)
        stop("malloc");
    out[0] = 0x82;
    out[1] = (uint8_t)(0x80 | (extra == 0 ? size : extra == 2 ? 126 : 127));
    for (unsigned i = 0; i < extra; i++)
        out[2 + i] = (uint8_t)(size >> 8 * (extra - 1 - i));
    memset(out + 2 + extra, 0x55, 4);
    for (size_t i = 0; i < size; i++)
        out[6 + extra + i] = data[i] ^ 0x55;
    message.frame = out;
    message.size = 6 + extra + size;
    return message;
}

static int open_connection(int port)
{
    int one = 1;
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        stop("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

static void upgrade(int fd, int port)
{
    char text[512];
    size_t have = 0;
    int n = snprintf(text, sizeof(text),
                     "GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                     port);
    write_all(fd, (const uint8_t *)text, (size_t)n);
    while (have < 4 || memcmp(text + have - 4, "\r\n\r\n", 4) != 0) {
        ssize_t got = read(fd, text + have, sizeof(text) - have);
        if (got <= 0)
            stop("handshake");
        have += (size_t)got;
    }
}

static void read_frame(int fd)
{
    static uint8_t room[1024 * 1024];
    uint8_t head[8];
    read_all(fd, head, 2);
    size_t size = head[1] & 0x7f;
    unsigned extra = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (extra > 0) {
        read_all(fd, head, extra);
        size = 0;
        for (unsigned i = 0; i < extra; i++)
            size = size << 8 | head[i];
    }
    if (size > sizeof(room))
        stop("answer too long");
    read_all(fd, room, size);
}

static double ask(int port, const struct message *message)
{
    uint8_t close_frame[] = { 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8 };
    double began = now_us();
    int fd = open_connection(port);
    upgrade(fd, port);
    write_all(fd, message->frame, message->size);
    if (!message->silent)
        read_frame(fd);
    double taken = now_us() - began;
    write_all(fd, close_frame, sizeof(close_frame));
    shutdown(fd, SHUT_WR);
    while (read(fd, close_frame, sizeof(close_frame)) > 0)
        continue;
    close(fd);
    return taken;
}

int main(int argc, char **argv)
{
    struct message messages[64];
    if (argc < 4 || argc > 66) {
        fprintf(stderr, "usage: bench_ask PORT COUNT MESSAGE...\n");
        return 2;
    }
    for (int i = 3; i < argc; i++)
        messages[i - 3] = make(argv[i]);
    for (int round = 0; round < atoi(argv[2]); round++) {
        for (int i = 3; i < argc; i++)
            printf("%.1f\n", ask(atoi(argv[1]), &messages[i - 3]));
    }
    return 0;
}
