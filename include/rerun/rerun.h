/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RERUN_RERUN_H
#define CADCAST_RERUN_RERUN_H

#include <stdbool.h>
#include <stddef.h>

/* Milliseconds from SIGTERM to SIGKILL. */
#define RERUN_PATIENCE_MS 3000

struct rerun_options {
    const char *label;  /* of what is run, for messages */
    char **command;     /* ends with NULL */
    char *const *paths; /* what is watched; more comes from `warm` */
    size_t path_count;
    bool warm; /* the command is that of a warm Python, which forks a process for every run */
    bool once; /* one run; nothing is watched */
    bool poll;
    unsigned debounce; /* milliseconds; 0: the usual ones */
    /* For those who look at the model and not at the terminal: a run begins; it has ended, with
     * that exit status, below 0 if it was ended for another one, after so many seconds, and why it
     * failed, or "". Returns whether it may have shown something. */
    void (*began)(void *arg);
    bool (*ended)(void *arg, int status, double seconds, const char *why);
    void *arg;
};

/*
 * Runs the command, and again whenever a file is saved; a run that is not over then is ended first,
 * with all its processes. On SIGINT, SIGTERM or SIGHUP ends all of them. One line on standard error
 * about each run. Returns the exit status: 128 and the number of that signal; with `once` that of
 * the run; EXIT_STATUS_FAILED if the paths cannot be watched; 127 if there is no such command.
 */
int rerun(const struct rerun_options *options);

#endif
