/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "process/background.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sys.h"
#include "process/exit_status.h"
#include "settings/options_json.h"

/* The environment variable that passes the lock's descriptor to the next program. */
#define LOCK_VARIABLE "CADCAST_SERVICE_LOCK"

/* Above the descriptors of passed sockets. */
#define LOCK_FD 256

#define START_WAIT 60000 /* milliseconds until READY */

int background_inherited(void)
{
    const char *number = getenv(LOCK_VARIABLE);
    int lock = number == NULL ? 0 : (int)strtol(number, NULL, 10);
    unsetenv(LOCK_VARIABLE);
    if (lock <= STDERR_FILENO || fcntl(lock, F_SETFD, FD_CLOEXEC) < 0)
        return 0;
    return lock;
}

int background_ready(const struct background *background, json_t *urls)
{
    return background->lock == 0
               ? 0
               : service_files_write(background->lock, urls, background->log, background->options);
}

void background_refused(const struct background *background, int status, const char *why)
{
    if (background->lock != 0)
        service_files_refuse(background->lock, status, why);
}

void background_detach(const struct background *background)
{
    int null = background->lock == 0 ? -1 : open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return;
    dup2(null, STDOUT_FILENO);
    close(null);
}

void background_end(const struct background *background)
{
    if (background->lock != 0)
        unlink(background->pid);
}

void background_hand_over(const struct background *background)
{
    char number[16];
    /* A second request for a restart must not end this process in between. */
    signal(SIGUSR2, SIG_IGN);
    if (background->lock == 0)
        return;
    fcntl(background->lock, F_SETFD, 0);
    snprintf(number, sizeof(number), "%d", background->lock);
    setenv(LOCK_VARIABLE, number, 1);
}

/* Moves a descriptor so that passed sockets do not overwrite it. */
static int move_lock(int lock)
{
    int high = fcntl(lock, F_DUPFD_CLOEXEC, LOCK_FD);
    if (high < 0)
        return lock;
    close(lock);
    return high;
}

int background_places(struct options *options, const struct service_files *files)
{
    if (options->log_file == NULL)
        options->log_file = strdup(files->log);
    bool keeps = options->state_dir == NULL && !options->no_state;
    if (keeps)
        options->state_dir = strdup(files->state);
    return options->log_file == NULL || (keeps && options->state_dir == NULL) ? -ENOMEM : 0;
}

int background_serve(struct options *options, const struct service_files *files, int lock,
                     char **argv, background_server serve)
{
    struct background background = { .lock = lock,
                                     .pid = strdup(files->pid),
                                     .log = strdup(files->log) };
    int status = EXIT_STATUS_FAILED;
    bool placed = background_places(options, files) == 0;
    /* As given: a server that takes sockets over changes some. */
    background.options = options_json(options);
    if (background.pid != NULL && background.log != NULL && placed)
        status = serve(options, &background, argv);
    free(background.pid);
    free(background.log);
    json_decref(background.options);
    close(lock);
    return status;
}

/* Detaches from the terminal: input from /dev/null, errors into the log, READY into the pipe. */
static int detach(const struct service_files *files, int ready)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int error = file_make_folders(files->log, 0700);
    int log = error < 0 ? -1 : open(files->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (error == 0 && (log < 0 || null < 0))
        error = -errno;
    if (error < 0) {
        fprintf(stderr, "cadcast: %s: %s\n", files->log, strerror(-error));
        return EXIT_STATUS_FAILED;
    }
    dup2(null, STDIN_FILENO);
    dup2(ready, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    close(null);
    close(log);
    close(ready);
    return 0;
}

/* Forks twice: the process in the background has no terminal and cannot get one. */
static pid_t fork_away(void)
{
    pid_t child = fork();
    if (child != 0) {
        int status = 0;
        while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
            continue;
        return child > 0 && status == 0 ? child : -1;
    }
    setsid();
    pid_t second = fork();
    if (second != 0)
        _exit(second < 0 ? 1 : 0);
    return 0;
}

/* Waits for the line READY of the process in the background, and until it closes the pipe. False:
 * it ended without such a line. */
static bool wait_ready(int fd, struct text *line)
{
    char piece[1024];
    int64_t left = START_WAIT;
    struct pollfd wait = { .fd = fd, .events = POLLIN };
    while (left > 0 && poll(&wait, 1, (int)left) > 0) {
        ssize_t n = read(fd, piece, sizeof(piece));
        if (n <= 0)
            break;
        text_add_bytes(line, piece, (size_t)n);
        left -= 1;
    }
    return strchr(text_string(line), '\n') != NULL;
}

int background_begin(struct options *options, const struct service_files *files, int lock,
                     char **argv, background_server serve, struct text *line)
{
    int ends[2];
    int error = sys_pipe(ends);
    if (error < 0) {
        close(lock);
        return error;
    }
    lock = move_lock(lock);
    fflush(NULL);
    pid_t pid = fork_away();
    if (pid == 0) {
        close(ends[0]);
        int status = detach(files, ends[1]);
        if (status == 0)
            status = background_serve(options, files, lock, argv, serve);
        options_free(options);
        exit(status);
    }
    close(ends[1]);
    close(lock);
    bool ready = pid > 0 && wait_ready(ends[0], line);
    close(ends[0]);
    return ready ? 0 : BACKGROUND_ENDED;
}
