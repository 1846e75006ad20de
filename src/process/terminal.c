/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "process/terminal.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

/* Whether the session has a terminal. Without setsid(2) it is that of the shell; when it is closed
 * the kernel takes it away from every process of the session. */
static bool has_controlling(void)
{
    int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

void terminal_look(struct terminal *terminal)
{
    struct sigaction now;
    /* nohup(1) ignores SIGHUP so that the process outlives its terminal. */
    bool ignored = sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
    terminal->controlling = !ignored && has_controlling();
    terminal->log = isatty(STDERR_FILENO) != 0;
}

bool terminal_goes(const struct terminal *terminal)
{
    /* A shell that ends sends SIGHUP to its jobs while the terminal still exists. With the log in a
     * file only a terminal that is really gone counts: SIGHUP also requests a new log file. */
    return terminal->controlling && (terminal->log || !has_controlling());
}

static void hangups(int how)
{
    sigset_t hangup;
    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    pthread_sigmask(how, &hangup, NULL);
}

void terminal_hold(const struct terminal *terminal)
{
    if (terminal->controlling)
        hangups(SIG_BLOCK);
    else
        signal(SIGHUP, SIG_IGN);
}

void terminal_release(void)
{
    hangups(SIG_UNBLOCK);
}
