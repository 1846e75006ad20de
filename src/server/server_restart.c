/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "server/server_restart.h"

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
#include "base/sys.h"
#include "base/text.h"
#include "loop/work.h"
#include "process/activation.h"
#include "process/background.h"
#include "process/exit_status.h"
#include "server/server.h"

/* Limit, in bytes, of the output that is kept of the checked program. */
#define SAID_MAX 2000

/* Environment variable that marks a process as the check of its parent's restart. */
#define LOOK_VARIABLE "CADCAST_RESTART_LOOKS"

/* Timeout of the check, and interval at which it tests for cancellation, in milliseconds. */
#define LOOK_MS 20000
#define STEP_MS 100

/* The current path of the program. */
static int find_program(char program[PATH_MAX])
{
    size_t size = PATH_MAX;
    int error = uv_exepath(program, &size);
    char *deleted = error < 0 ? NULL : strstr(program, " (deleted)");
    /* The file was replaced by a newer one of the same name. */
    if (deleted != NULL)
        *deleted = '\0';
    return error;
}

/* ---- the check ---- */

struct look {
    struct work work;
    struct server *server;
    char **argv; /* ours, and --check */
    char **envp; /* ours, and LOOK_VARIABLE */
    struct text said;
    int status; /* exit status of the program */
};

static int spawn(pid_t *pid, const struct look *look, int output)
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
        error = -posix_spawn(pid, program, &actions, &attributes, look->argv, look->envp);
    if (error == -ENOENT)
        error = -posix_spawn(pid, "/proc/self/exe", &actions, &attributes, look->argv, look->envp);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Reads the program's output until it ends. False: it takes too long. */
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
    int error = sys_pipe(ends);
    if (error < 0)
        return error;
    error = spawn(&pid, look, ends[1]);
    close(ends[1]);
    if (error == 0 && !listen_to(look, ends[0])) {
        text_add(&look->said, "the check took too long\n");
        kill(pid, SIGKILL);
    }
    close(ends[0]);
    while (error == 0 && waitpid(pid, &status, 0) < 0)
        error = errno == EINTR ? 0 : -errno;
    if (error == 0)
        look->status = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_STATUS_FAILED;
    return error;
}

static void run_look(struct work *work)
{
    char why[64];
    struct look *look = (struct look *)work;
    look->status = EXIT_STATUS_FAILED;
    int error = run_program(look);
    if (error < 0)
        text_format(&look->said, "the new program cannot be run: %s\n",
                    error_text(error, why, sizeof(why)));
}

static void refuse(struct server *server, int status, const char *said)
{
    log_error(&server->log, "restart", "not restarted: a new process could not start");
    for (const char *line = said; *line != '\0'; line += strspn(line, "\n")) {
        size_t size = strcspn(line, "\n");
        log_error(&server->log, "restart", "%.*s", (int)size, line);
        line += size;
    }
    if (server->restart.background != NULL)
        background_refused(server->restart.background, status, said);
}

static void free_look(struct look *look)
{
    text_free(&look->said);
    free(look->argv);
    free(look->envp);
    free(look);
}

static void done_look(struct work *work, int cancelled)
{
    struct look *look = (struct look *)work;
    struct server *server = look->server;
    server->restart.looking = false;
    if (cancelled == 0 && look->status != EXIT_STATUS_FINE && !server->front.closing)
        refuse(server, look->status, text_string(&look->said));
    else if (cancelled == 0 && !server->front.closing)
        server_restart(server);
    free_look(look);
}

/* A copy of the list with one more word; NULL: no memory. */
static char **list_with(char **list, char *word)
{
    size_t count = 0;
    while (list[count] != NULL)
        count++;
    char **longer = calloc(count + 2, sizeof(*longer));
    if (longer == NULL)
        return NULL;
    memcpy(longer, list, count * sizeof(*longer));
    longer[count] = word;
    return longer;
}

static int start_look(struct server *server)
{
    struct look *look = calloc(1, sizeof(*look));
    if (look == NULL)
        return -ENOMEM;
    look->server = server;
    look->argv = list_with(server->restart.argv, "--check");
    look->envp = list_with(sys_environment(), LOOK_VARIABLE "=1");
    int error = look->argv == NULL || look->envp == NULL
                    ? -ENOMEM
                    : work_start(&look->work, &server->front.jobs, "restart", run_look, done_look);
    if (error < 0) {
        free_look(look);
        return error;
    }
    server->restart.looking = true;
    return 0;
}

void server_restart_begin(struct server *server)
{
    if (server->restart.looking && !server->front.closing)
        return;
    if (server->front.closing || server->restart.argv == NULL)
        server_restart(server);
    else if (start_look(server) < 0)
        refuse(server, EXIT_STATUS_FAILED, "out of memory\n");
}

bool server_restart_looks(void)
{
    return getenv(LOOK_VARIABLE) != NULL;
}

/* ---- replacing the process ---- */

void server_restart_exec(struct server_lifecycle *life, char **argv)
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
