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
#include <stdbool.h>

#include "wire.h"

struct message {
    struct wire_frame frame;
    bool silent; /* nothing comes back */
};

static struct message make(const char *argument)
{
    struct message message = { .silent = argument[0] == '-' };
    const char *text = argument + message.silent;
    size_t size = strlen(text);
    uint8_t *loaded = text[0] == '@' ? wire_load(text + 1, &size) : NULL;
    message.frame = wire_make(2, loaded != NULL ? loaded : (const uint8_t *)text, size);
    free(loaded);
    return message;
}

/* Microseconds. */
static double ask(int port, const struct message *message)
{
    double began = now_ms();
    int fd = wire_open(port);
    write_all(fd, message->frame.data, message->frame.size);
    if (!message->silent)
        free(wire_read(fd));
    double taken = now_ms() - began;
    wire_close(fd);
    return taken * 1e3;
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
