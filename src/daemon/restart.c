/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/restart.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "daemon/activation.h"
#include "daemon/background.h"
#include "daemon/server.h"
#include "daemon/service.h"
#include "net/work.h"

/* What the program says of what is wrong: more than that nobody reads. */
#define SAID_MAX 2000

/* Milliseconds that it may take, and between two looks whether it still matters. */
#define LOOK_MS 20000
#define STEP_MS 100

/* The name of the program by now. */
static int find_program(char program[PATH_MAX])
{
    size_t size = PATH_MAX;
    int error = uv_exepath(program, &size);
    char *deleted = error < 0 ? NULL : strstr(program, " (deleted)");
    /* It was replaced by a newer one of the same name. */
    if (deleted != NULL)
        *deleted = '\0';
    return error;
}

/* ---- looking ---- */

struct look {
    struct work work;
    struct server *server;
    char **argv; /* ours, and --check */
    struct text said;
    int status; /* what the program ended with */
};

static int spawn(pid_t *pid, char **argv, int output)
{
    char program[PATH_MAX];
    sigset_t none;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int error = find_program(program);
    if (error == 0)
        error = -posix_spawn(pid, program, &actions, &attributes, argv, environ);
    if (error == -ENOENT)
        error = -posix_spawn(pid, "/proc/self/exe", &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Reads what the program says until it ends. False: it takes too long. */
static bool listen_to(struct look *look, int fd)
{
    char piece[1024];
    struct pollfd input = { .fd = fd, .events = POLLIN };
    for (int waited = 0; waited < LOOK_MS && !look->server->restart.given_up;) {
        int ready = poll(&input, 1, STEP_MS);
        waited += ready > 0 ? 1 : STEP_MS;
        ssize_t n = ready > 0 ? read(fd, piece, sizeof(piece)) : 0;
        if (ready > 0 && n <= 0)
            return true;
        size_t room = SAID_MAX - look->said.size;
        text_add_bytes(&look->said, piece, (size_t)n < room ? (size_t)n : room);
    }
    return false;
}

static int run_program(struct look *look)
{
    int ends[2];
    pid_t pid;
    int status = 0;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    int error = spawn(&pid, look->argv, ends[1]);
    close(ends[1]);
    if (error == 0 && !listen_to(look, ends[0])) {
        text_add(&look->said, "it takes too long\n");
        kill(pid, SIGKILL);
    }
    close(ends[0]);
    while (error == 0 && waitpid(pid, &status, 0) < 0)
        error = errno == EINTR ? 0 : -errno;
    if (error == 0)
        look->status = WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_FAILED;
    return error;
}

static void run_look(struct work *work)
{
    char why[64];
    struct look *look = (struct look *)work;
    look->status = STATUS_FAILED;
    int error = run_program(look);
    if (error < 0)
        text_format(&look->said, "the program cannot be asked: %s\n",
                    error_text(error, why, sizeof(why)));
}

static void refuse(struct server *server, int status, const char *said)
{
    log_error(&server->log, "restart", "not done: a new process could not start");
    for (const char *line = said; *line != '\0'; line += strspn(line, "\n")) {
        size_t size = strcspn(line, "\n");
        log_error(&server->log, "restart", "%.*s", (int)size, line);
        line += size;
    }
    if (server->restart.background != NULL)
        background_refused(server->restart.background, status, said);
}

static void done_look(struct work *work, int cancelled)
{
    struct look *look = (struct look *)work;
    struct server *server = look->server;
    server->restart.looking = false;
    server_job_done(server, work, "restart");
    if (cancelled == 0 && look->status != STATUS_FINE && !server->closing)
        refuse(server, look->status, text_string(&look->said));
    else if (cancelled == 0 && !server->closing)
        server_restart(server);
    text_free(&look->said);
    free(look->argv);
    free(look);
}

static int start_look(struct server *server)
{
    size_t count = 0;
    while (server->restart.argv[count] != NULL)
        count++;
    struct look *look = calloc(1, sizeof(*look));
    char **argv = calloc(count + 2, sizeof(*argv));
    int error = look == NULL || argv == NULL ? -ENOMEM : 0;
    if (error == 0) {
        memcpy(argv, server->restart.argv, count * sizeof(*argv));
        argv[count] = "--check";
        look->server = server;
        look->argv = argv;
        error = work_start(&look->work, server->loop, run_look, done_look);
    }
    if (error < 0) {
        free(argv);
        free(look);
        return error;
    }
    server->jobs++;
    server->restart.looking = true;
    return 0;
}

void restart_begin(struct server *server)
{
    if (server->restart.looking && !server->closing)
        return;
    if (server->closing || server->restart.argv == NULL)
        server_restart(server);
    else if (start_look(server) < 0)
        refuse(server, STATUS_FAILED, "out of memory\n");
}

/* ---- becoming another one ---- */

void restart_exec(struct life *life, char **argv)
{
    char program[PATH_MAX];
    int error = find_program(program);
    if (error == 0)
        error = activation_give(life->kept, life->kept_names, life->kept_count);
    if (error == 0) {
        execv(program, argv);
        execv("/proc/self/exe", argv);
        error = -errno;
    }
    fprintf(stderr, "cadcast: cannot restart: %s\n", strerror(-error));
}
