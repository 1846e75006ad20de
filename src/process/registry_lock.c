/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "process/registry_lock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sys.h"

#define RETRY_MS 100
#define STALE_MS 5000

/* The lock waited for, and since when: so a lock whose time is in the future becomes stale too. */
struct waiting {
    struct stat seen;
    int64_t since;
    int64_t deadline;
};

static int64_t clock_ms(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool unchanged(const struct stat *a, const struct stat *b)
{
    return file_same(a, b) && sys_modified(a) == sys_modified(b);
}

static bool is_stale(struct waiting *waiting, const struct stat *st)
{
    int64_t now = clock_ms(CLOCK_MONOTONIC);
    if (!unchanged(&waiting->seen, st)) {
        waiting->seen = *st;
        waiting->since = now;
    }
    int64_t changed = sys_modified(st) / 1000000;
    return clock_ms(CLOCK_REALTIME) - changed > STALE_MS || now - waiting->since > STALE_MS;
}

/* Removes a stale lock. If two programs find it stale at the same time, the second must not remove
 * the new lock of the first: so it is renamed, which only one of them can do, and renamed back if
 * it then proves to be another one. */
static int remove_stale(const struct registry_lock *lock, const struct stat *stale)
{
    struct stat st;
    size_t room = strlen(lock->path) + 40;
    char *aside = malloc(room);
    if (aside == NULL)
        return -ENOMEM;
    snprintf(aside, room, "%s.stale-%ld", lock->path, (long)getpid());
    int r = rename(lock->path, aside) < 0 && errno != ENOENT ? -errno : 0;
    if (r == 0 && lstat(aside, &st) == 0) {
        if (!unchanged(&st, stale))
            rename(aside, lock->path);
        else if (rmdir(aside) < 0)
            log_warning(lock->log, "registry", "stale lock set aside as %s", aside);
        else
            log_info(lock->log, "registry", "removed the stale lock %s", lock->path);
    }
    free(aside);
    return r;
}

/* One try. Returns 0, 1 if it must be tried again, or an error. */
static int try_enter(struct registry_lock *lock, struct waiting *waiting)
{
    struct stat st;
    if (mkdir(lock->path, 0777) == 0)
        return lstat(lock->path, &lock->own) == 0 ? 0 : -errno;
    if (errno != EEXIST)
        return -errno;
    if (lstat(lock->path, &st) < 0)
        return errno == ENOENT ? 1 : -errno;
    if (is_stale(waiting, &st)) {
        int r = remove_stale(lock, &st);
        return r < 0 ? r : 1;
    }
    if (clock_ms(CLOCK_MONOTONIC) + RETRY_MS <= waiting->deadline)
        sys_pause(RETRY_MS);
    return 1;
}

int registry_lock_enter(struct registry_lock *lock, unsigned patience)
{
    struct waiting waiting = { .deadline = clock_ms(CLOCK_MONOTONIC) + patience };
    for (;;) {
        int r = try_enter(lock, &waiting);
        if (r <= 0)
            return r;
        if (clock_ms(CLOCK_MONOTONIC) + RETRY_MS > waiting.deadline)
            return -ETIMEDOUT;
    }
}

void registry_lock_leave(struct registry_lock *lock)
{
    struct stat st;
    if (lstat(lock->path, &st) == 0 && unchanged(&st, &lock->own))
        rmdir(lock->path);
}
