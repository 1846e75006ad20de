/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/*
 * Put before the C library (LD_PRELOAD) of the geometry helper: no filter of system calls is put
 * on. Ours forbids executable memory, which valgrind writes its translations to, and opening files,
 * to which gcov writes its counts.
 */
#include <errno.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int prctl(int option, ...)
{
    va_list args;
    unsigned long given[4];
    va_start(args, option);
    for (int i = 0; i < 4; i++)
        given[i] = va_arg(args, unsigned long);
    va_end(args);
    if (option == PR_SET_SECCOMP) {
        errno = EINVAL;
        return -1;
    }
    return (int)syscall(SYS_prctl, option, given[0], given[1], given[2], given[3]);
}
