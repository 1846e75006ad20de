/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "process/open_page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "process/paths.h"

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value != NULL && value[0] != '\0';
}

/* The program that opens addresses; NULL, and *why: there is no display, or only a remote one. */
static const char *opener(const char **why)
{
    const char *program = sys_is_mac() ? "open" : "xdg-open";
    bool display = sys_is_mac() || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
    if (is_set("SSH_CONNECTION") || is_set("SSH_TTY"))
        *why = "this is an SSH session";
    else if (!display)
        *why = "there is no display";
    else if (!paths_installed(program))
        *why = "xdg-open is not installed";
    else
        return program;
    return NULL;
}

/* Runs in the forked process: only calls that are safe after a fork in a program with threads. */
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

const char *open_page(const char *url)
{
    const char *why = NULL;
    const char *program = opener(&why);
    if (program == NULL)
        return why;
    pid_t child = fork();
    if (child == 0)
        become(program, url);
    /* It ends at once, after starting the browser. */
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
    return child < 0 ? "no process can be started" : NULL;
}
