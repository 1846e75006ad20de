/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "steps/assembly.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct waiter {
    struct list link;
    struct weak_pointer *who;
    assembly_done done;
    void *owner;
};

/* One file, from the first question to the end. */
struct job {
    struct work work;
    struct list link; /* in assembly->making */
    struct assembly *assembly;
    struct list waiters;
    struct stored_file parts;
    struct model_file file;
};

static void run(struct work *work)
{
    struct job *job = (struct job *)work;
    job->file.bytes = stored_make(&job->parts, job->assembly->blocks);
}

static void tell(struct job *job)
{
    list_each(pos, next, &job->waiters) {
        struct waiter *waiter = list_entry(pos, struct waiter, link);
        if (weak_pointer_get(waiter->who) != NULL)
            waiter->done(waiter->owner, waiter->who, &job->file);
    }
}

static void drop_waiters(struct job *job)
{
    list_each(pos, next, &job->waiters) {
        struct waiter *waiter = list_entry(pos, struct waiter, link);
        weak_pointer_unref(waiter->who);
        free(waiter);
    }
}

static void keep(struct assembly *assembly, struct model_file *file)
{
    /* It may still be being sent. */
    retained_release(assembly->retained, assembly->last.bytes);
    assembly->last = *file;
    assembly->asked = true;
}

static void done(struct work *work, int status)
{
    struct job *job = (struct job *)work;
    list_remove(&job->link);
    if (status == 0)
        tell(job);
    drop_waiters(job);
    keep(job->assembly, &job->file);
    stored_drop(&job->parts);
    free(job);
}

void assembly_init(struct assembly *assembly, struct work_jobs *jobs, struct retained *retained)
{
    *assembly = (struct assembly){ .jobs = jobs, .retained = retained };
    list_init(&assembly->making);
}

bool assembly_has(struct assembly *assembly, const struct history_step *step,
                  struct model_file *file)
{
    *file = step->file;
    bool last = assembly->last.bytes != NULL && strcmp(assembly->last.hash, file->hash) == 0;
    assembly->asked = assembly->asked || last;
    file->bytes = last ? assembly->last.bytes : step->stored->whole;
    return file->bytes != NULL;
}

static struct job *job_of(const struct assembly *assembly, const char *hash)
{
    list_each(pos, next, &assembly->making) {
        struct job *job = list_entry(pos, struct job, link);
        if (strcmp(job->file.hash, hash) == 0)
            return job;
    }
    return NULL;
}

/* Begins to make a file. NULL: no memory. */
static struct job *begin(struct assembly *assembly, const struct history_step *step)
{
    struct job *job = calloc(1, sizeof(*job));
    if (job == NULL || stored_take(step->stored, &job->parts) < 0) {
        free(job);
        return NULL;
    }
    job->assembly = assembly;
    job->file = step->file;
    list_init(&job->waiters);
    list_append(&assembly->making, &job->link);
    if (work_start(&job->work, assembly->jobs, "the file of a step", run, done) == 0)
        return job;
    list_remove(&job->link);
    stored_drop(&job->parts);
    free(job);
    return NULL;
}

int assembly_ask(struct assembly *assembly, const struct history_step *step,
                 struct weak_pointer *who, assembly_done then, void *owner)
{
    struct waiter *waiter = calloc(1, sizeof(*waiter));
    struct job *job = waiter == NULL ? NULL : job_of(assembly, step->file.hash);
    if (waiter != NULL && job == NULL)
        job = begin(assembly, step);
    if (job == NULL) {
        free(waiter);
        return -ENOMEM;
    }
    waiter->who = weak_pointer_ref(who);
    waiter->done = then;
    waiter->owner = owner;
    list_append(&job->waiters, &waiter->link);
    return 0;
}

void assembly_tick(struct assembly *assembly)
{
    if (!assembly->asked && assembly->last.bytes != NULL) {
        retained_release(assembly->retained, assembly->last.bytes);
        assembly->last.bytes = NULL;
    }
    assembly->asked = false;
}

void assembly_free(struct assembly *assembly)
{
    retained_release(assembly->retained, assembly->last.bytes);
    assembly->last.bytes = NULL;
}
