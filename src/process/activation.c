/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "process/activation.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/bind.h"

#define FIRST 3 /* the first passed descriptor, by definition */

/* The port of a listening socket; 0: it is not one. */
static uint16_t port_of(int fd)
{
    struct sockaddr_storage name;
    int accepts = 0;
    socklen_t size = sizeof(accepts);
    int port = bind_port(fd, &name);
    if (port < 0 || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) < 0 || !accepts)
        return 0;
    return (uint16_t)port;
}

void activation_host(int fd, char *out, unsigned size)
{
    struct sockaddr_storage name = { 0 };
    socklen_t length = sizeof(name);
    snprintf(out, size, "127.0.0.1");
    if (getsockname(fd, (struct sockaddr *)&name, &length) < 0)
        return;
    if (name.ss_family == AF_INET6)
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&name)->sin6_addr, out, size);
    else
        inet_ntop(AF_INET, &((struct sockaddr_in *)&name)->sin_addr, out, size);
}

/* Adds one socket; `name` is its entry in LISTEN_FDNAMES. */
static void take(struct activation *activation, int fd, const char *name, const struct log *log)
{
    size_t prefix = sizeof(ACTIVATION_SESSION) - 1;
    uint16_t port = port_of(fd);
    if (port == 0 || activation->count == ACTIVATION_MAX) {
        log_warning(log, "server", "descriptor %d is no listening TCP socket", fd);
        close(fd);
        return;
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    struct activation_socket *socket = &activation->sockets[activation->count++];
    socket->fd = fd;
    socket->port = port;
    bool session = strncmp(name, ACTIVATION_SESSION, prefix) == 0;
    snprintf(socket->session, sizeof(socket->session), "%s", session ? name + prefix : "");
}

static void forget_variables(void)
{
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}

void activation_take(struct activation *activation, const struct log *log)
{
    const char *pid = getenv("LISTEN_PID");
    const char *fds = getenv("LISTEN_FDS");
    const char *names = getenv("LISTEN_FDNAMES");
    memset(activation, 0, sizeof(*activation));
    /* The sockets are for another process, and the variables were inherited by mistake. */
    if (pid == NULL || fds == NULL || strtol(pid, NULL, 10) != (long)getpid()) {
        forget_variables();
        return;
    }
    long count = strtol(fds, NULL, 10);
    char *copy = strdup(names == NULL ? "" : names);
    char *rest = copy;
    for (int i = 0; i < count && i < ACTIVATION_MAX; i++) {
        char *name = rest == NULL ? NULL : strsep(&rest, ":");
        take(activation, FIRST + i, name == NULL ? "" : name, log);
    }
    free(copy);
    forget_variables();
}

static int set_variables(const char (*names)[ACTIVATION_NAME], unsigned count)
{
    char number[16];
    char list[ACTIVATION_MAX * (ACTIVATION_NAME + 10)];
    size_t n = 0;
    for (unsigned i = 0; i < count; i++)
        n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s%s", i == 0 ? "" : ":",
                              names[i][0] == '\0' ? "main" : ACTIVATION_SESSION, names[i]);
    snprintf(number, sizeof(number), "%ld", (long)getpid());
    int error = setenv("LISTEN_PID", number, 1);
    snprintf(number, sizeof(number), "%u", count);
    error |= setenv("LISTEN_FDS", number, 1);
    error |= setenv("LISTEN_FDNAMES", list, 1);
    return error < 0 ? -ENOMEM : 0;
}

int activation_give(const int *fds, const char (*names)[ACTIVATION_NAME], unsigned count)
{
    int high[ACTIVATION_MAX];
    /* Move them out of the range first, so that none overwrites another. */
    for (unsigned i = 0; i < count; i++) {
        high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, FIRST + ACTIVATION_MAX);
        if (high[i] < 0)
            return -errno;
    }
    for (unsigned i = 0; i < count; i++) {
        if (dup2(high[i], FIRST + (int)i) < 0)
            return -errno;
    }
    return set_variables(names, count);
}
