/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/registry_lock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RETRY_MS 100
#define STALE_MS 5000

/* The lock we wait for, and since when: a clock that was set back must not make it immortal. */
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

static bool same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool is_stale(struct waiting *waiting, const struct stat *st)
{
    int64_t now = clock_ms(CLOCK_MONOTONIC);
    if (!same(&waiting->seen, st)) {
        waiting->seen = *st;
        waiting->since = now;
    }
    int64_t changed = (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000;
    return clock_ms(CLOCK_REALTIME) - changed > STALE_MS || now - waiting->since > STALE_MS;
}

/* Takes a stale lock away. Two who find it stale at the same time must not both remove it, or the
 * second would remove the new lock of the first: so it is renamed, which only one can do, and put
 * back if it then turns out to be another. */
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
        if (!same(&st, stale))
            rename(aside, lock->path);
        else if (rmdir(aside) < 0)
            log_warning(lock->log, "registry", "stale lock set aside as %s", aside);
        else
            log_info(lock->log, "registry", "removed the stale lock %s", lock->path);
    }
    free(aside);
    return r;
}

static void pause_ms(long ms)
{
    struct timespec left = { ms / 1000, ms % 1000 * 1000000 };
    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        continue;
}

/* One try. Returns 0, 1 where it has to be tried again, or an error. */
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
        pause_ms(RETRY_MS);
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
    if (lstat(lock->path, &st) == 0 && same(&st, &lock->own))
        rmdir(lock->path);
}
