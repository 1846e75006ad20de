/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */

/*
 * The least that a relay can cost: listens on a free loopback port, prints it, and copies what one
 * connection sends to the receivers, without looking at it. The first byte of a connection says
 * what it is: 'r' a receiver, 's' a sender, 'G' (of GET) a kernel that speaks WebSocket and wants
 * its message acknowledged. One thread, one buffer, blocking writes. With an argument ("keep") what
 * a kernel sends goes into memory of its own, as in a server that keeps it.
 */
#include <stdbool.h>
#include <sys/mman.h>

#include "wire.h"

#define RECEIVERS 256
#define BUFFER (1 << 18)

struct copy {
    int receivers[RECEIVERS];
    int count;
    char *buffer;
    bool keep;
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

static void copy_sender(struct copy *copy, int fd)
{
    ssize_t n;
    while ((n = read(fd, copy->buffer, BUFFER)) > 0) {
        for (int i = 0; i < copy->count; i++)
            write_all(copy->receivers[i], copy->buffer, (size_t)n);
    }
    close(fd);
}

/* Takes one message, whose frame has all eight bytes of length or two of them, and answers. */
static void acknowledge(const struct copy *copy, int fd)
{
    char *kept = NULL;
    static const char switching[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                    "Connection: Upgrade\r\n\r\n";
    static const char answer[] = "\x81\x0b{\"ok\":true}";
    uint8_t head[8];
    uint64_t left = 0;
    read_head(fd);
    write_all(fd, switching, sizeof(switching) - 1);
    read_all(fd, head, 2);
    unsigned extra = head[1] == 0xff ? 8 : 2;
    read_all(fd, head, extra);
    for (unsigned i = 0; i < extra; i++)
        left = left << 8 | head[i];
    left += 4;
    size_t size = (size_t)left;
    if (copy->keep)
        kept = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (kept == MAP_FAILED)
        stop("mmap");
    for (char *to = kept; left > 0;) {
        ssize_t n = read(fd, kept != NULL ? to : copy->buffer, left < BUFFER ? left : BUFFER);
        if (n <= 0)
            stop("read");
        left -= (uint64_t)n;
        to += kept != NULL ? n : 0;
    }
    write_all(fd, answer, sizeof(answer) - 1);
    while (read(fd, copy->buffer, BUFFER) > 0)
        continue;
    if (kept != NULL)
        munmap(kept, size);
    close(fd);
}

int main(int argc, char **argv)
{
    struct copy copy = { .buffer = malloc(BUFFER), .keep = argc > 1 };
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
        else if (kind == 'G')
            acknowledge(&copy, fd);
        else
            copy_sender(&copy, fd);
    }
}
