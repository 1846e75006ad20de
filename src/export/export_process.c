/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "export/export_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"

/* Milliseconds between two looks at the limit. */
#define LOOK_MS 50

/* One that runs. */
struct running {
    const struct export_process *what;
    pid_t pid;
    int input;     /* we write; -1: closed */
    int output;    /* we read */
    unsigned at;   /* the piece that is being written */
    size_t offset; /* of the rest of it */
    struct frame_reader reader;
};

static int set_actions(posix_spawn_file_actions_t *actions, int input, int output)
{
    int error = posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    return -error;
}

/* With no signal blocked, and no environment but what its libraries need. */
static int spawn(struct running *running, int input, int output)
{
    char path[4096];
    const char *libraries = getenv("LD_LIBRARY_PATH");
    char *environment[] = { libraries == NULL ? NULL : path, NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    snprintf(path, sizeof(path), "LD_LIBRARY_PATH=%s", libraries == NULL ? "" : libraries);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int error = set_actions(&actions, input, output);
    if (error == 0)
        error = -posix_spawn(&running->pid, running->what->arguments[0], &actions, &attributes,
                             running->what->arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static int start(struct running *running)
{
    int to[2], from[2];
    int error = sys_pipe(to);
    if (error < 0)
        return error;
    error = sys_pipe(from);
    if (error < 0) {
        close(to[0]);
        close(to[1]);
        return error;
    }
    error = spawn(running, to[0], from[1]);
    close(to[0]);
    close(from[1]);
    running->input = to[1];
    running->output = from[0];
    if (error == 0 && (fcntl(to[1], F_SETFL, O_NONBLOCK) < 0))
        error = -errno;
    return error;
}

static void close_input(struct running *running)
{
    if (running->input >= 0)
        close(running->input);
    running->input = -1;
}

/* Writes what the pipe takes. One that does not read to the end has its reason. */
static void feed(struct running *running)
{
    const struct export_process *what = running->what;
    while (running->at < what->pieces) {
        const struct export_piece *piece = &what->input[running->at];
        ssize_t put = write(running->input, (const char *)piece->data + running->offset,
                            piece->size - running->offset);
        if (put < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (put < 0)
            break;
        running->offset += (size_t)put;
        if (running->offset < piece->size)
            continue;
        running->at++;
        running->offset = 0;
    }
    close_input(running);
}

static int take(struct running *running, const char *data, size_t size)
{
    const struct export_process *what = running->what;
    while (size > 0) {
        size_t used;
        int result = frame_feed(&running->reader, data, size, &used);
        if (result == FRAME_WHOLE)
            result = what->frame(what->arg, &running->reader);
        if (result < 0)
            return result;
        data += used;
        size -= used;
    }
    return 0;
}

/* 1: the output has ended; 0: not yet; or an error. */
static int drain(struct running *running)
{
    char buffer[64 * 1024];
    ssize_t got = read(running->output, buffer, sizeof(buffer));
    if (got == 0)
        return 1;
    if (got < 0)
        return errno == EINTR ? 0 : -errno;
    return take(running, buffer, (size_t)got);
}

static int exchange(struct running *running)
{
    int result = 0;
    while (result == 0) {
        struct pollfd ends[2] = { { .fd = running->output, .events = POLLIN },
                                  { .fd = running->input, .events = POLLOUT } };
        int ready = poll(ends, running->input < 0 ? 1 : 2, LOOK_MS);
        if (ready < 0 && errno != EINTR)
            return -errno;
        if (ready > 0 && running->input >= 0 && ends[1].revents != 0)
            feed(running);
        if (ready > 0 && ends[0].revents != 0)
            result = drain(running);
        if (result == 0)
            result = limit_check(running->what->limit);
    }
    return result < 0 ? result : 0;
}

/* Waits for its end; the signal that ended it, or an error. */
static int reap(struct running *running, int error)
{
    int status = 0;
    pid_t got = 0;
    while (error == 0 && got == 0) {
        got = waitpid(running->pid, &status, WNOHANG);
        if (got == 0) {
            sys_pause(1);
            error = limit_check(running->what->limit);
        }
    }
    if (error < 0)
        kill(running->pid, SIGKILL);
    while (got == 0 || (got < 0 && errno == EINTR))
        got = waitpid(running->pid, &status, 0);
    if (error < 0)
        return error;
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

int export_process_run(const struct export_process *process)
{
    struct running running = {
        .what = process, .input = -1, .output = -1, .reader = { .limit = process->longest }
    };
    int error = start(&running);
    bool started = running.pid > 0;
    if (error == 0)
        error = exchange(&running);
    close_input(&running);
    if (running.output >= 0)
        close(running.output);
    if (started)
        error = reap(&running, error);
    frame_reader_free(&running.reader);
    return error;
}
