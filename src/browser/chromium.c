/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "browser/chromium.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "base/sys.h"

/* Most bytes of one message: a picture of 8 M pixels in base64 is less. */
#define MESSAGE_MAX ((size_t)128 << 20)

/* Milliseconds between two looks at `cancel`, and between two attempts while the page loads. */
#define LOOK_MS 100

/* Limits of each of its processes: seconds of processor time, KiB of memory. Its address space is
 * no measure: it reserves terabytes. What it leaves is in the folder too. */
static const char limits[] =
    "ulimit -c 0; ulimit -t 120; ulimit -d 4194304; cd \"$0\" && TMPDIR=. && export TMPDIR && "
    "exec nice -n 10 \"$@\"";

/* The child's descriptors for messages to it and from it. */
enum { CHILD_IN = 3, CHILD_OUT = 4 };

struct child {
    pid_t pid;
    int in;  /* to it */
    int out; /* from it */
    struct text got;
    int64_t deadline; /* milliseconds */
    const atomic_bool *cancel;
    unsigned number; /* of the last message */
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the program ---- */

/* Whether a folder of PATH has that program; `path` is set then. */
static bool in_folder(const char *folder, size_t length, const char *name, char *path, size_t size)
{
    int written = snprintf(path, size, "%.*s/%s", (int)length, folder, name);
    return length > 0 && written < (int)size && access(path, X_OK) == 0;
}

static bool on_path(const char *name, char *path, size_t size)
{
    const char *at = getenv("PATH");
    while (at != NULL && *at != '\0') {
        size_t length = strcspn(at, ":");
        if (in_folder(at, length, name, path, size))
            return true;
        at += length;
        at += *at == ':';
    }
    return false;
}

int chromium_find(char *path, size_t size)
{
    static const char *const names[] = { "chromium-headless-shell", "chromium", "chromium-browser",
                                         "google-chrome" };
    const char *named = getenv("CADCAST_CHROMIUM");
    if (named != NULL && named[0] != '\0') {
        snprintf(path, size, "%s", named);
        return access(path, X_OK) < 0 ? -errno : 0;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (on_path(names[i], path, size))
            return 0;
    }
    return -ENOTSUP;
}

/* ---- the child ---- */

/* Two ends that are not those that the child gets. No pipes: a child that has ended must not end
 * this process by a signal. */
static int make_pair(int ends[2])
{
    int made[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, made) < 0)
        return -errno;
    int error = 0;
    for (int i = 0; i < 2; i++) {
        ends[i] = fcntl(made[i], F_DUPFD_CLOEXEC, CHILD_OUT + 1);
        if (ends[i] < 0)
            error = -errno;
        close(made[i]);
    }
    return error;
}

static void close_all(const int *ends, int count)
{
    for (int i = 0; i < count; i++) {
        if (ends[i] >= 0)
            close(ends[i]);
    }
}

static int spawn(struct child *child, char *const argv[], const int to[2], const int from[2])
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, to[0], CHILD_IN);
    posix_spawn_file_actions_adddup2(&actions, from[1], CHILD_OUT);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    /* Of its own, so that all of its processes can be ended together. */
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    int error =
        -posix_spawn(&child->pid, "/bin/sh", &actions, &attributes, argv, sys_environment());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static int start(struct child *child, const struct chromium_question *question)
{
    char program[4096];
    char profile[4200];
    char window[64];
    int ends[4] = { -1, -1, -1, -1 };
    int error = chromium_find(program, sizeof(program));
    if (error < 0)
        return error;
    snprintf(profile, sizeof(profile), "--user-data-dir=%s", question->folder);
    snprintf(window, sizeof(window), "--window-size=%u,%u", question->width, question->height);
    char *const argv[] = {
        "sh", "-c", (char *)(uintptr_t)limits, (char *)(uintptr_t)question->folder, program,
        "--headless", "--remote-debugging-pipe", profile, window, "--use-gl=angle",
        "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--force-device-scale-factor=1",
        "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--disable-extensions",
        "--proxy-server=127.0.0.1:9", "--mute-audio", "--disable-dev-shm-usage",
        /* Its own confinement does not work for root. */
        geteuid() == 0 ? "--no-sandbox" : "--no-default-browser-check", "about:blank", NULL
    };
    error = make_pair(ends);
    if (error == 0)
        error = make_pair(ends + 2);
    if (error == 0)
        error = spawn(child, argv, ends, ends + 2);
    if (error < 0) {
        close_all(ends, 4);
        return error;
    }
    close(ends[0]);
    close(ends[3]);
    child->in = ends[1];
    child->out = ends[2];
    fcntl(child->out, F_SETFL, O_NONBLOCK);
    return 0;
}

static void stop(struct child *child)
{
    if (child->pid > 0) {
        kill(-child->pid, SIGKILL);
        close(child->in);
        close(child->out);
        while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    text_free(&child->got);
}

/* ---- messages ---- */

/* Waits until the child has written, for LOOK_MS at most. */
static int wait_for(const struct child *child)
{
    struct pollfd poll_of = { .fd = child->out, .events = POLLIN };
    if (child->cancel != NULL && atomic_load(child->cancel))
        return -ECANCELED;
    if (now_ms() > child->deadline)
        return -ETIMEDOUT;
    return poll(&poll_of, 1, LOOK_MS) < 0 && errno != EINTR ? -errno : 0;
}

/* Reads what there is. */
static int read_some(struct child *child)
{
    char data[65536];
    ssize_t n = read(child->out, data, sizeof(data));
    if (n > 0)
        text_add_bytes(&child->got, data, (size_t)n);
    if (n == 0 || child->got.size > MESSAGE_MAX)
        return -EIO;
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        return -errno;
    return text_error(&child->got);
}

/* Takes the first whole message; NULL: there is none yet, or it is no JSON. */
static json_t *take_message(struct child *child)
{
    const char *end = child->got.size == 0 ? NULL : memchr(child->got.data, 0, child->got.size);
    if (end == NULL)
        return NULL;
    size_t size = (size_t)(end - child->got.data);
    json_t *json = json_loadb(child->got.data, size, 0, NULL);
    memmove(child->got.data, end + 1, child->got.size - size - 1);
    child->got.size -= size + 1;
    return json == NULL ? json_object() : json;
}

/* Sends a message and waits for its answer: its `result`, NULL if it is an error. Takes over
 * `parameters`. 0 or an error. */
static int call(struct child *child, const char *session, const char *method, json_t *parameters,
                json_t **result)
{
    json_t *json = json_pack("{s:i, s:s, s:o}", "id", (int)++child->number, "method", method,
                             "params", parameters);
    if (session != NULL)
        json_object_set_new(json, "sessionId", json_string(session));
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    int error = text == NULL ? -ENOMEM : 0;
    if (error == 0 && send(child->in, text, strlen(text) + 1, MSG_NOSIGNAL) < 0)
        error = -errno;
    json_decref(json);
    free(text);
    *result = NULL;
    while (error == 0) {
        json_t *message = take_message(child);
        if (json_integer_value(json_object_get(message, "id")) == (json_int_t)child->number) {
            *result = json_incref(json_object_get(message, "result"));
            json_decref(message);
            return 0;
        }
        if (message == NULL) {
            error = wait_for(child);
            if (error == 0)
                error = read_some(child);
        }
        json_decref(message);
    }
    return error;
}

/* The text of a member of a result, which is dropped; NULL: there is none. */
static char *take_text(json_t *result, const char *name)
{
    const char *text = json_string_value(json_object_get(result, name));
    char *copy = text == NULL ? NULL : strdup(text);
    json_decref(result);
    return copy;
}

/* Opens the page: *session is the connection to it, which the caller frees. */
static int open_page(struct child *child, const char *address, char **session)
{
    json_t *result;
    int error =
        call(child, NULL, "Target.createTarget", json_pack("{s:s}", "url", address), &result);
    char *target = take_text(result, "targetId");
    if (error == 0 && target == NULL)
        error = -EIO;
    if (error == 0) {
        error = call(child, NULL, "Target.attachToTarget",
                     json_pack("{s:s, s:b}", "targetId", target, "flatten", 1), &result);
        *session = take_text(result, "sessionId");
        if (error == 0 && *session == NULL)
            error = -EIO;
    }
    free(target);
    return error;
}

/* Asks the page once. 1: it is not there yet, or has been replaced. */
static int evaluate(struct child *child, const char *session, const char *expression,
                    struct text *answer)
{
    json_t *result;
    int error = call(child, session, "Runtime.evaluate",
                     json_pack("{s:s, s:b, s:b}", "expression", expression, "awaitPromise", 1,
                               "returnByValue", 1),
                     &result);
    if (error < 0 || result == NULL)
        return error < 0 ? error : 1;
    const json_t *failed = json_object_get(result, "exceptionDetails");
    const json_t *value = json_object_get(json_object_get(result, "result"), "value");
    const json_t *said = json_object_get(json_object_get(failed, "exception"), "description");
    if (failed != NULL || json_is_string(value))
        text_add(answer, json_is_string(failed == NULL ? value : said)
                             ? json_string_value(failed == NULL ? value : said)
                             : "the page failed");
    error = failed != NULL ? -EIO : json_is_string(value) ? text_error(answer) : 1;
    json_decref(result);
    return error;
}

int chromium_ask(const struct chromium_question *question, struct text *answer)
{
    struct child child = { .deadline = now_ms() + question->max_ms, .cancel = question->cancel };
    char *session = NULL;
    int error = start(&child, question);
    if (error == 0)
        error = open_page(&child, question->address, &session);
    if (error == 0)
        error = 1;
    while (error > 0) {
        error = evaluate(&child, session, question->expression, answer);
        if (error > 0) {
            sys_pause(LOOK_MS);
            int over = wait_for(&child);
            error = over < 0 ? over : error;
        }
    }
    stop(&child);
    free(session);
    return error;
}
