/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#endif

/* Names tried before giving up, since another program seems to create them on purpose. */
#define NAMES_TRIED 20

int file_read_rest(int fd, size_t limit, struct text *out)
{
    char piece[16384];
    size_t size = 0;
    for (;;) {
        ssize_t n = read(fd, piece, sizeof(piece));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return text_error(out);
        size += (size_t)n;
        if (size > limit)
            return -EFBIG;
        text_add_bytes(out, piece, (size_t)n);
    }
}

int file_read(const char *path, size_t limit, struct text *out, struct stat *st)
{
    struct stat own;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -errno;
    int r = fstat(fd, &own) < 0 ? -errno : S_ISREG(own.st_mode) ? 0 : -EINVAL;
    if (r == 0 && own.st_size > 0 && (uintmax_t)own.st_size > limit)
        r = -EFBIG;
    if (r == 0)
        r = file_read_rest(fd, limit, out);
    close(fd);
    if (r == 0 && st != NULL)
        *st = own;
    return r;
}

#if defined(__linux__) && defined(SYS_openat2)
/* Converts to the result of stat. */
static void from_statx(const struct statx *known, struct stat *st)
{
    memset(st, 0, sizeof(*st));
    st->st_dev = makedev(known->stx_dev_major, known->stx_dev_minor);
    st->st_ino = known->stx_ino;
    st->st_mode = known->stx_mode;
    st->st_size = (off_t)known->stx_size;
    st->st_mtim.tv_sec = known->stx_mtime.tv_sec;
    st->st_mtim.tv_nsec = known->stx_mtime.tv_nsec;
    st->st_ctim.tv_sec = known->stx_ctime.tv_sec;
    st->st_ctim.tv_nsec = known->stx_ctime.tv_nsec;
}

int file_glance(const char *path, struct stat *st)
{
    const struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_CACHED };
    struct statx known;
    int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
    if (fd < 0)
        return errno == ENOENT ? -ENOENT : -EAGAIN;
    int r = statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &known);
    close(fd);
    /* Not the error of statx: the caller tries again with stat, which may wait, and gets that
     * error. */
    if (r < 0 || (known.stx_mask & STATX_BASIC_STATS) != STATX_BASIC_STATS)
        return -EAGAIN;
    from_statx(&known, st);
    return 0;
}
#else
int file_glance(const char *path, struct stat *st)
{
    return -EAGAIN;
}
#endif

/* Creates a file with an unused name in the folder of `path`. The length of its name does not
 * depend on `path`, so that the longest file name allowed can be replaced too. */
static int make_temporary(const char *path, char *name, size_t room, mode_t mode)
{
    const char *slash = strrchr(path, '/');
    int folder = slash != NULL ? (int)(slash - path + 1) : 0;
    for (unsigned i = 0; i < NAMES_TRIED; i++) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        int n = snprintf(name, room, "%.*s.cadcast-%ld-%lx%02x.tmp", folder, path, (long)getpid(),
                         (unsigned long)now.tv_nsec, i);
        if (n < 0 || (size_t)n >= room)
            return -ENAMETOOLONG;
        int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd >= 0 || errno != EEXIST)
            return fd >= 0 ? fd : -errno;
    }
    return -EEXIST;
}

int file_write(int fd, const void *data, size_t size)
{
    const char *at = data;
    while (size > 0) {
        ssize_t n = write(fd, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

bool file_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

bool file_is_at(int fd, const char *path)
{
    struct stat own;
    struct stat there;
    return fstat(fd, &own) == 0 && stat(path, &there) == 0 && file_same(&own, &there);
}

static int fill(int fd, const void *data, size_t size, unsigned flags, const struct stat *like)
{
    if (like != NULL) {
        if (fchmod(fd, like->st_mode & 07777) < 0)
            return -errno;
        /* Fails unless we are root, which may be writing in another user's home. */
        if (like->st_uid != geteuid() && fchown(fd, like->st_uid, like->st_gid) < 0)
            errno = 0;
    }
    int r = file_write(fd, data, size);
    if (r == 0 && (flags & FILE_SYNC) && fsync(fd) < 0)
        r = -errno;
    return r;
}

int file_replace(const char *path, const void *data, size_t size, unsigned flags)
{
    struct stat st;
    bool like = (flags & FILE_LIKE) && stat(path, &st) == 0 && S_ISREG(st.st_mode);
    char *name = malloc(strlen(path) + 80);
    if (name == NULL)
        return -ENOMEM;
    int fd = make_temporary(path, name, strlen(path) + 80, like ? 0600 : 0666);
    int r = fd < 0 ? fd : fill(fd, data, size, flags, like ? &st : NULL);
    /* A full disk may be reported only now. */
    if (fd >= 0 && close(fd) < 0 && r == 0)
        r = -errno;
    if (r == 0 && rename(name, path) < 0)
        r = -errno;
    if (r < 0 && fd >= 0)
        unlink(name);
    free(name);
    return r;
}

int file_make_folders(const char *path, mode_t mode)
{
    char *copy = strdup(path);
    if (copy == NULL)
        return -ENOMEM;
    int r = 0;
    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        /* A folder further up may be another user's, or read-only, and exist: the last one
         * decides. */
        r = mkdir(copy, mode) < 0 && errno != EEXIST ? -errno : 0;
        *slash = '/';
    }
    free(copy);
    return r;
}

/* Creates the missing folders above `path`; *made is their number. */
static int make_missing(const char *path, unsigned *made)
{
    char *copy = strdup(path);
    if (copy == NULL)
        return -ENOMEM;
    int r = 0;
    for (char *slash = strchr(copy + 1, '/'); r == 0 && slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int error = mkdir(copy, 0700) < 0 ? -errno : 0;
        /* A folder further up may be another user's, or read-only, and exist. */
        bool missing = error < 0 && error != -EEXIST && access(copy, F_OK) < 0;
        r = missing ? error : 0;
        *made += error == 0;
        *slash = '/';
    }
    free(copy);
    return r;
}

/* Removes the last `count` folders above `path`, unless another program uses them meanwhile. */
static void remove_made(const char *path, unsigned count)
{
    char *copy = strdup(path);
    for (char *slash = copy == NULL ? NULL : strrchr(copy, '/'); slash != NULL && count > 0;
         slash = strrchr(copy, '/')) {
        *slash = '\0';
        count -= copy[0] == '\0' || rmdir(copy) == 0 || errno == ENOTEMPTY;
    }
    free(copy);
}

static int try_file(const char *path)
{
    struct stat st;
    bool there = stat(path, &st) == 0;
    /* Opening a FIFO would wait for its reader. */
    if (there && !S_ISREG(st.st_mode))
        return S_ISDIR(st.st_mode) ? -EISDIR : access(path, W_OK) < 0 ? -errno : 0;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0)
        return -errno;
    close(fd);
    if (!there)
        unlink(path);
    return 0;
}

/* `path` ends with a slash. */
static int try_folder(const char *path)
{
    char *name = malloc(strlen(path) + 80);
    int fd = name == NULL ? -ENOMEM : make_temporary(path, name, strlen(path) + 80, 0600);
    if (fd >= 0) {
        close(fd);
        unlink(name);
    }
    free(name);
    return fd < 0 ? fd : 0;
}

int file_try(const char *path, bool folder)
{
    struct text whole = { 0 };
    unsigned made = 0;
    text_format(&whole, "%s%s", path, folder ? "/" : "");
    int error = text_error(&whole);
    if (error == 0)
        error = make_missing(whole.data, &made);
    if (error == 0)
        error = folder ? try_folder(whole.data) : try_file(whole.data);
    if (made > 0)
        remove_made(whole.data, made);
    text_free(&whole);
    return error;
}
