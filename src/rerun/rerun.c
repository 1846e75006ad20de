/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "rerun/rerun.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"
#include "process/exit_status.h"
#include "process/watcher.h"
#include "rerun/child.h"
#include "rerun/tail.h"
#include "rerun/warm.h"

/* Milliseconds between two looks whether all processes of a run have ended. */
#define LOOK_MS 10

/* Milliseconds after SIGKILL in which they are waited for. */
#define KILL_MS 500

#define NO_COMMAND 127
#define SIGNALS 3

struct rerun {
    const struct rerun_options *options;
    uv_loop_t loop;
    struct watcher *watcher;
    uv_signal_t signals[SIGNALS];
    uv_timer_t stopping; /* active: the run is to end */
    struct text why;     /* of the run, if it fails */
    struct warm *warm;   /* NULL: none runs */
    struct tail *tail;   /* what the command says on standard error; NULL: a warm Python's run */
    bool running;        /* the run has not ended */
    bool again;          /* one follows */
    int quit;            /* the exit status of all, from then on; below 0: not yet */
    int group;           /* the processes of the last run; 0: none */
    uint64_t begun;      /* uv_hrtime */
    int64_t since;       /* the same by the files' clock */
    uint64_t deadline;   /* loop time of SIGKILL */
};

static void begin(struct rerun *rerun);

static int fail(const char *what, int error)
{
    char why[64];
    fprintf(stderr, "cadcast: %s: %s\n", what, error_text(error, why, sizeof(why)));
    return error == -ENOENT || error == -EACCES ? NO_COMMAND : EXIT_STATUS_FAILED;
}

/* ---- the end ---- */

static void close_all(struct rerun *rerun)
{
    watcher_close(rerun->watcher);
    warm_close(rerun->warm);
    tail_close(rerun->tail);
    for (size_t i = 0; i < SIGNALS; i++)
        uv_close((uv_handle_t *)&rerun->signals[i], NULL);
    uv_close((uv_handle_t *)&rerun->stopping, NULL);
}

static bool is_alive(const struct rerun *rerun)
{
    return rerun->running || (rerun->group > 0 && kill(-rerun->group, 0) == 0);
}

/* No process of the last run is left. */
static void go_on(struct rerun *rerun)
{
    uv_timer_stop(&rerun->stopping);
    rerun->group = 0;
    if (rerun->quit >= 0)
        close_all(rerun);
    else if (rerun->again)
        begin(rerun);
}

static void on_stopping(uv_timer_t *timer)
{
    struct rerun *rerun = timer->data;
    uint64_t now = uv_now(&rerun->loop);
    /* Processes that have ended and are not waited for stay, if process 1 is no init. */
    bool given_up = !rerun->running && now > rerun->deadline + KILL_MS;
    if (!is_alive(rerun) || given_up)
        go_on(rerun);
    else if (now >= rerun->deadline && rerun->group > 0)
        kill(-rerun->group, SIGKILL);
}

/* Ends what is left of the run, and goes on then. */
static void stop(struct rerun *rerun, int number)
{
    if (!is_alive(rerun)) {
        go_on(rerun);
        return;
    }
    if (uv_is_active((uv_handle_t *)&rerun->stopping))
        return;
    /* A group can be stopped by job control, and would then not notice. */
    if (rerun->group > 0) {
        kill(-rerun->group, number);
        kill(-rerun->group, SIGCONT);
    }
    rerun->deadline = uv_now(&rerun->loop) + RERUN_PATIENCE_MS;
    uv_timer_start(&rerun->stopping, on_stopping, 0, LOOK_MS);
}

/* The warm Python has forked nothing yet, so no other process has to end. */
static void quit(struct rerun *rerun, int status)
{
    rerun->quit = status;
    if (rerun->warm != NULL && rerun->group == 0)
        rerun->running = false;
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct rerun *rerun = handle->data;
    bool second = rerun->quit >= 0;
    if (second)
        rerun->deadline = uv_now(&rerun->loop);
    else
        quit(rerun, 128 + number);
    stop(rerun, number == SIGHUP ? SIGTERM : number);
}

/* ---- a run ---- */

static void say_end(const struct rerun *rerun, int status, double seconds, bool shown)
{
    const char *label = rerun->options->label;
    if (status == 0)
        fprintf(stderr, "cadcast: %s: done in %.2f s%s\n", label, seconds,
                shown ? "" : ", and nothing was shown");
    else if (status > 128)
        fprintf(stderr, "cadcast: %s: ended by signal %d (%s) after %.2f s\n", label, status - 128,
                strsignal(status - 128), seconds);
    else
        fprintf(stderr, "cadcast: %s: exit status %d after %.2f s\n", label, status, seconds);
}

static void on_ended(void *arg, int status)
{
    struct rerun *rerun = arg;
    double seconds = (double)(uv_hrtime() - rerun->begun) / 1e9;
    bool stopped = uv_is_active((uv_handle_t *)&rerun->stopping);
    rerun->running = false;
    if (rerun->tail != NULL && status != 0)
        tail_lines(rerun->tail, &rerun->why);
    /* A run that is ended for another one has not failed. */
    bool shown = rerun->options->ended(rerun->options->arg, stopped ? -1 : status, seconds,
                                       text_string(&rerun->why));
    if (stopped)
        return;
    if (!rerun->options->once) {
        say_end(rerun, status, seconds, shown);
        return;
    }
    quit(rerun, status);
    stop(rerun, SIGTERM);
}

static void on_begun(void *arg, int pid)
{
    struct rerun *rerun = arg;
    rerun->group = pid;
    rerun->since = sys_file_clock();
    if (rerun->quit >= 0)
        kill(-pid, SIGTERM);
}

static void on_why(void *arg, const char *text)
{
    struct rerun *rerun = arg;
    rerun->why.size = 0;
    text_add(&rerun->why, text);
}

static void on_file(void *arg, const char *path)
{
    struct rerun *rerun = arg;
    if (rerun->watcher != NULL)
        watcher_add(rerun->watcher, path, rerun->since);
}

/* Without its process the run goes on unwatched, and is ended at the next change. */
static void on_lost(void *arg, int status)
{
    struct rerun *rerun = arg;
    warm_close(rerun->warm);
    rerun->warm = NULL;
    fprintf(stderr, "cadcast: Python has ended by itself\n");
    if (rerun->running)
        on_ended(rerun, status == 0 ? EXIT_STATUS_FAILED : status);
}

static int begin_warm(struct rerun *rerun)
{
    const struct warm_events events = { .begun = on_begun,
                                        .file = on_file,
                                        .why = on_why,
                                        .ended = on_ended,
                                        .lost = on_lost,
                                        .arg = rerun };
    int error = 0;
    if (rerun->warm == NULL)
        error = warm_start(&rerun->loop, rerun->options->command, &events, &rerun->warm);
    return error < 0 ? error : warm_run(rerun->warm);
}

static int begin_child(struct rerun *rerun)
{
    struct child *child;
    tail_close(rerun->tail);
    /* Without it the run says its errors itself. */
    if (tail_open(&rerun->loop, &rerun->tail) < 0)
        rerun->tail = NULL;
    int errors = rerun->tail == NULL ? STDERR_FILENO : tail_end(rerun->tail);
    int error =
        child_start(&rerun->loop, rerun->options->command, errors, NULL, on_ended, rerun, &child);
    if (rerun->tail != NULL)
        tail_begun(rerun->tail);
    if (error == 0)
        rerun->group = child_pid(child);
    return error;
}

static void begin(struct rerun *rerun)
{
    rerun->again = false;
    rerun->why.size = 0;
    if (rerun->why.data != NULL)
        rerun->why.data[0] = '\0';
    rerun->options->began(rerun->options->arg);
    rerun->begun = uv_hrtime();
    rerun->since = sys_file_clock();
    int error = rerun->options->warm ? begin_warm(rerun) : begin_child(rerun);
    rerun->running = error == 0;
    if (error == 0)
        return;
    int status = fail(rerun->options->command[0], error);
    rerun->options->ended(rerun->options->arg, status, 0, "");
    if (rerun->options->once || error == -ENOENT) {
        quit(rerun, status);
        close_all(rerun);
    }
}

static void on_changed(void *arg, const char *path)
{
    struct rerun *rerun = arg;
    bool waiting = rerun->options->warm && rerun->running && rerun->group == 0;
    /* A run that has not begun yet will read what was saved. */
    if (rerun->quit >= 0 || rerun->again || waiting)
        return;
    fprintf(stderr, "cadcast: %s has changed\n", path);
    rerun->again = true;
    stop(rerun, SIGTERM);
}

/* ---- all of it ---- */

static int watch(struct rerun *rerun)
{
    const struct watcher_options options = { .debounce = rerun->options->debounce,
                                             .poll = rerun->options->poll,
                                             .changed = on_changed,
                                             .arg = rerun };
    int error = watcher_open(&rerun->loop, &options, &rerun->watcher);
    for (size_t i = 0; error == 0 && i < rerun->options->path_count; i++)
        error = watcher_add(rerun->watcher, rerun->options->paths[i], 0);
    return error;
}

static int prepare(struct rerun *rerun)
{
    static const int numbers[SIGNALS] = { SIGINT, SIGTERM, SIGHUP };
    int error = uv_loop_init(&rerun->loop);
    if (error < 0)
        return error;
    signal(SIGPIPE, SIG_IGN);
    uv_timer_init(&rerun->loop, &rerun->stopping);
    rerun->stopping.data = rerun;
    for (size_t i = 0; i < SIGNALS; i++) {
        uv_signal_init(&rerun->loop, &rerun->signals[i]);
        rerun->signals[i].data = rerun;
        int failed = uv_signal_start(&rerun->signals[i], on_signal, numbers[i]);
        error = error == 0 ? failed : error;
    }
    return error == 0 && !rerun->options->once ? watch(rerun) : error;
}

int rerun(const struct rerun_options *options)
{
    struct rerun rerun = { .options = options, .quit = -1 };
    int error = prepare(&rerun);
    if (error < 0) {
        fail("watching", error);
        rerun.quit = EXIT_STATUS_FAILED;
        close_all(&rerun);
    } else {
        begin(&rerun);
    }
    uv_run(&rerun.loop, UV_RUN_DEFAULT);
    uv_loop_close(&rerun.loop);
    text_free(&rerun.why);
    return rerun.quit;
}
