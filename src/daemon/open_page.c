/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/open_page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value != NULL && value[0] != '\0';
}

/* The program that opens addresses, NULL where there is no display, or only one far away. */
static const char *opener(void)
{
    if (is_set("SSH_CONNECTION") || is_set("SSH_TTY"))
        return NULL;
#ifdef __APPLE__
    return "open";
#else
    return is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") ? "xdg-open" : NULL;
#endif
}

/* In a process of its own. Only calls that are safe after a fork among threads. */
static void become(const char *program, const char *url)
{
    int null = open("/dev/null", O_RDWR);
    setsid();
    if (fork() != 0)
        _exit(0);
    for (int fd = 0; null >= 0 && fd <= 2; fd++)
        dup2(null, fd);
    execlp(program, program, url, (char *)NULL);
    _exit(127);
}

void open_page(const char *url)
{
    const char *program = opener();
    pid_t child = program == NULL ? -1 : fork();
    if (child == 0)
        become(program, url);
    /* It ends at once, having left the browser to itself. */
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
}
