/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */

/*
 * The least that a relay can cost: listens on a free loopback port, prints it, and copies what one
 * connection sends to the receivers, without looking at it. The first byte of a connection says
 * what it is: 'r' a receiver, 's' a sender. One thread, one buffer, blocking writes.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVERS 256
#define BUFFER (1 << 18)

struct copy {
    int receivers[RECEIVERS];
    int count;
    char *buffer;
};

static int listen_anywhere(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 512) < 0)
        return -1;
    getsockname(fd, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void write_all(int fd, const char *data, ssize_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, (size_t)size);
        if (n <= 0)
            return;
        data += n;
        size -= n;
    }
}

static void copy_sender(struct copy *copy, int fd)
{
    ssize_t n;
    while ((n = read(fd, copy->buffer, BUFFER)) > 0) {
        for (int i = 0; i < copy->count; i++)
            write_all(copy->receivers[i], copy->buffer, n);
    }
    close(fd);
}

int main(void)
{
    struct copy copy = { .buffer = malloc(BUFFER) };
    int server = listen_anywhere();
    if (server < 0 || copy.buffer == NULL)
        return 1;
    for (;;) {
        char kind;
        int one = 1;
        int fd = accept(server, NULL, NULL);
        if (fd < 0 || read(fd, &kind, 1) != 1)
            return 0;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        if (kind == 'r' && copy.count < RECEIVERS)
            copy.receivers[copy.count++] = fd;
        else
            copy_sender(&copy, fd);
    }
}
