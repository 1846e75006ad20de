/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/*
 * Put before the C library (LD_PRELOAD) by tests/e2e/test_faults.py: makes one call to the system
 * fail, or the clock of the wall jump.
 *
 *   FAULT_AT=n      the n-th of the calls below fails, counted over all threads; 0: none
 *   FAULT_TIMES=m   and the m - 1 after it (default 1)
 *   FAULT_CLOCK=f   a file with a number of seconds by which the wall's clock is wrong
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static atomic_long calls;

static long number(const char *name, long otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtol(text, NULL, 10);
}

/* Whether this call is to fail; sets errno. */
static int fails(int error)
{
    long at = number("FAULT_AT", 0);
    if (at == 0)
        return 0;
    long call = atomic_fetch_add(&calls, 1) + 1;
    if (call < at || call >= at + number("FAULT_TIMES", 1))
        return 0;
    errno = error;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    return fails(EMFILE) ? -1 : REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    return fails(EMFILE) ? -1 : REAL(open64)(path, flags, mode);
}

int openat(int at, const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    return fails(ENFILE) ? -1 : REAL(openat)(at, path, flags, mode);
}

int socket(int domain, int type, int protocol)
{
    return fails(EMFILE) ? -1 : REAL(socket)(domain, type, protocol);
}

int bind(int fd, const struct sockaddr *address, socklen_t size)
{
    return fails(EACCES) ? -1 : REAL(bind)(fd, address, size);
}

int listen(int fd, int backlog)
{
    return fails(EADDRINUSE) ? -1 : REAL(listen)(fd, backlog);
}

int accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
    return fails(ECONNABORTED) ? -1 : REAL(accept4)(fd, address, size, flags);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
    return fails(ENOBUFS) ? -1 : REAL(setsockopt)(fd, level, name, value, size);
}

int getpeername(int fd, struct sockaddr *address, socklen_t *size)
{
    return fails(ENOTCONN) ? -1 : REAL(getpeername)(fd, address, size);
}

int getsockname(int fd, struct sockaddr *address, socklen_t *size)
{
    return fails(ENOBUFS) ? -1 : REAL(getsockname)(fd, address, size);
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
    return fails(ECONNRESET) ? -1 : REAL(send)(fd, data, size, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    return fails(ECONNRESET) ? -1 : REAL(sendmsg)(fd, message, flags);
}

ssize_t recv(int fd, void *data, size_t size, int flags)
{
    return fails(ECONNRESET) ? -1 : REAL(recv)(fd, data, size, flags);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    return fails(ECONNRESET) ? -1 : REAL(recvmsg)(fd, message, flags);
}

/* Those that libuv reads its own wake-up calls with never fail in life: only larger ones do. */
ssize_t read(int fd, void *data, size_t size)
{
    return size > 1024 && fails(EIO) ? -1 : REAL(read)(fd, data, size);
}

/* Nor standard error, on which it says what went wrong. */
ssize_t write(int fd, const void *data, size_t size)
{
    return size > 16 && fd != STDERR_FILENO && fails(ENOSPC) ? -1 : REAL(write)(fd, data, size);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    return fd != STDERR_FILENO && fails(EPIPE) ? -1 : REAL(writev)(fd, parts, count);
}

int fsync(int fd)
{
    return fails(EIO) ? -1 : REAL(fsync)(fd);
}

int rename(const char *from, const char *to)
{
    return fails(ENOSPC) ? -1 : REAL(rename)(from, to);
}

int mkdir(const char *path, mode_t mode)
{
    return fails(ENOSPC) ? -1 : REAL(mkdir)(path, mode);
}

int fstat(int fd, struct stat *out)
{
    return fails(EIO) ? -1 : REAL(fstat)(fd, out);
}

int pipe2(int fds[2], int flags)
{
    return fails(EMFILE) ? -1 : REAL(pipe2)(fds, flags);
}

int socketpair(int domain, int type, int protocol, int fds[2])
{
    return fails(EMFILE) ? -1 : REAL(socketpair)(domain, type, protocol, fds);
}

pid_t fork(void)
{
    return fails(EAGAIN) ? -1 : REAL(fork)();
}

/* ---- the clock of the wall ---- */

static long wrong_by(void)
{
    static _Thread_local int busy;
    char text[32] = "";
    const char *path = getenv("FAULT_CLOCK");
    if (path == NULL || busy)
        return 0;
    busy = 1;
    int fd = REAL(open)(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (REAL(read)(fd, text, sizeof(text) - 1) < 0)
            text[0] = '\0';
        close(fd);
    }
    busy = 0;
    return strtol(text, NULL, 10);
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    int status = REAL(clock_gettime)(clock, out);
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
        out->tv_sec += wrong_by();
    return status;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    int status = REAL(gettimeofday)(out, zone);
    out->tv_sec += wrong_by();
    return status;
}

time_t time(time_t *out)
{
    time_t now = REAL(time)(NULL) + wrong_by();
    if (out != NULL)
        *out = now;
    return now;
}
