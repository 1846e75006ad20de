/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */

/*
 * The least that a server's connection can cost: listens on a free loopback port, prints it, and
 * answers everything with the same bytes, without looking at it: an upgrade, a message, a goodbye.
 * Nine system calls a connection beside the waits, with a poll for many at once as in any server.
 */
#include <sys/epoll.h>

#include "wire.h"

#define CONNECTIONS 1024
#define BUFFER 65536

enum state { NEW, OPEN };

struct least {
    int server;
    int poll;
    enum state states[CONNECTIONS]; /* by descriptor */
    char buffer[BUFFER];
};

static int listen_anywhere(void)
{
    int one = 1;
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 512) < 0)
        stop("listen");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    getsockname(fd, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void look_at(const struct least *least, int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
    if (epoll_ctl(least->poll, EPOLL_CTL_ADD, fd, &event) < 0)
        stop("epoll_ctl");
}

static void take(struct least *least)
{
    int fd = accept(least->server, NULL, NULL);
    if (fd < 0 || fd >= CONNECTIONS)
        stop("accept");
    least->states[fd] = NEW;
    look_at(least, fd);
}

static void serve(struct least *least, int fd)
{
    static const char switching[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                    "Connection: Upgrade\r\nSec-WebSocket-Accept: "
                                    "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    static const char answer[] = "\x81\x1e{\"command\":\"status\",\"text\":{}}";
    static const char goodbye[] = "\x88\x02\x03\xe8";
    ssize_t n = read(fd, least->buffer, BUFFER);
    if (n > 0 && least->states[fd] == NEW) {
        write_all(fd, switching, sizeof(switching) - 1);
        least->states[fd] = OPEN;
    } else if (n > 0 && (uint8_t)least->buffer[0] != 0x88) {
        write_all(fd, answer, sizeof(answer) - 1);
    } else {
        if (n > 0)
            write_all(fd, goodbye, sizeof(goodbye) - 1);
        close(fd);
    }
}

int main(void)
{
    static struct least least;
    struct epoll_event events[64];
    least.poll = epoll_create1(0);
    least.server = listen_anywhere();
    look_at(&least, least.server);
    for (;;) {
        int n = epoll_wait(least.poll, events, 64, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == least.server)
                take(&least);
            else
                serve(&least, events[i].data.fd);
        }
    }
}
