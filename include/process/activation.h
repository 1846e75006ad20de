/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_PROCESS_ACTIVATION_H
#define CADCAST_PROCESS_ACTIVATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"

#define ACTIVATION_MAX 64
#define ACTIVATION_NAME 80

/* Prefix of a session's name in LISTEN_FDNAMES: "session=NAME". Any other name is the main port. */
#define ACTIVATION_SESSION "session="

/*
 * Listening sockets inherited from another process, as sd_listen_fds(3) describes: a service
 * manager, or the predecessor of this process at a restart.
 */
struct activation {
    struct activation_socket {
        int fd;
        uint16_t port;
        char session[ACTIVATION_NAME]; /* "" the main one */
    } sockets[ACTIVATION_MAX];
    unsigned count;
};

/* Takes the sockets, and removes the variables from the environment. A descriptor that is not a
 * listening TCP socket is closed with a log line. */
void activation_take(struct activation *activation, const struct log *log);

/* Writes the address a socket is bound to, as text: "127.0.0.1", "0.0.0.0", "::". */
void activation_host(int fd, char *out, unsigned size);

/*
 * Passes sockets to the program that this process is about to become by execve: copies `fds` to the
 * descriptors from 3 on and sets the variables. `names`: a session each, or "". Descriptors from 3
 * to 2 + count are overwritten: call it right before execve. 0 or -errno.
 */
int activation_give(const int *fds, const char (*names)[ACTIVATION_NAME], unsigned count);

#endif
