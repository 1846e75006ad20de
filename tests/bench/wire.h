/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BENCH_WIRE_H
#define CADCAST_BENCH_WIRE_H

/* What the programs here share: blocking sockets that speak as much WebSocket as a kernel or a
 * browser needs. Whatever fails ends the program. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A masked frame, ready to be sent. */
struct wire_frame {
    uint8_t *data;
    size_t size;
};

static inline void stop(const char *what)
{
    perror(what);
    exit(1);
}

static inline double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static inline void write_all(int fd, const void *data, size_t size)
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

static inline void read_all(int fd, void *data, size_t size)
{
    uint8_t *p = data;
    while (size > 0) {
        ssize_t n = read(fd, p, size);
        if (n <= 0)
            stop("read");
        p += n;
        size -= (size_t)n;
    }
}

/* Reads a head of HTTP, and nothing behind it. */
static inline void read_head(int fd)
{
    char last[4] = { 0 };
    while (memcmp(last, "\r\n\r\n", 4) != 0) {
        memmove(last, last + 1, 3);
        if (read(fd, last + 3, 1) != 1)
            stop("handshake");
    }
}

static inline int wire_connect(int port)
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

static inline void wire_upgrade(int fd, int port)
{
    char text[512];
    int n = snprintf(text, sizeof(text),
                     "GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                     port);
    write_all(fd, text, (size_t)n);
    read_head(fd);
}

static inline int wire_open(int port)
{
    int fd = wire_connect(port);
    wire_upgrade(fd, port);
    return fd;
}

/* A frame (RFC 6455 section 5.2) with `opcode` around a message; free() its data. */
static inline struct wire_frame wire_make(int opcode, const void *message, size_t size)
{
    static const uint8_t mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
    const uint8_t *from = message;
    unsigned extra = size < 126 ? 0 : size < 65536 ? 2 : 8;
    uint8_t *out = malloc(size + 14);
    if (out == NULL)
        stop("malloc");
    out[0] = (uint8_t)(0x80 | opcode);
    out[1] = (uint8_t)(0x80 | (extra == 0 ? size : extra == 2 ? 126 : 127));
    for (unsigned i = 0; i < extra; i++)
        out[2 + i] = (uint8_t)(size >> 8 * (extra - 1 - i));
    memcpy(out + 2 + extra, mask, 4);
    for (size_t i = 0; i < size; i++)
        out[6 + extra + i] = from[i] ^ mask[i & 3];
    return (struct wire_frame){ .data = out, .size = 6 + extra + size };
}

/* The payload of the next frame with a zero byte behind it, in memory of its own. */
static inline char *wire_read(int fd)
{
    uint8_t head[8];
    read_all(fd, head, 2);
    uint64_t size = head[1] & 0x7f;
    unsigned extra = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (extra > 0) {
        read_all(fd, head, extra);
        size = 0;
        for (unsigned i = 0; i < extra; i++)
            size = size << 8 | head[i];
    }
    char *payload = size < SIZE_MAX ? malloc(size + 1) : NULL;
    if (payload == NULL)
        stop("a frame too long");
    read_all(fd, payload, size);
    payload[size] = '\0';
    return payload;
}

/* All of a file. */
static inline uint8_t *wire_load(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) < 0)
        stop(path);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = malloc(*size + 1);
    if (data == NULL || fread(data, 1, *size, file) != *size)
        stop(path);
    fclose(file);
    data[*size] = '\0';
    return data;
}

/* Says goodbye and waits for the other end to go, as kernels do. */
static inline void wire_close(int fd)
{
    uint8_t goodbye[] = { 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8 };
    write_all(fd, goodbye, sizeof(goodbye));
    shutdown(fd, SHUT_WR);
    while (read(fd, goodbye, sizeof(goodbye)) > 0)
        continue;
    close(fd);
}

#endif
