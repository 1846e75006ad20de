/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/*
 * Put before the C library (LD_PRELOAD) of cadcast-import: what a file could do that had taken over
 * the program. When standard input is read for the first time, it tries to open files, a socket and
 * a process, and says on standard error what came of each: "0", or the number of the error.
 * CADCAST_PRY names the layers that are left out: "seccomp", "landlock", "rlimit".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static char left_out[64];

/* A call to the system, as the C library's syscall(), which is replaced below. */
static long direct(long number, const long given[6])
{
    long result;
#if defined(__x86_64__)
    register long fourth __asm__("r10") = given[3];
    register long fifth __asm__("r8") = given[4];
    register long sixth __asm__("r9") = given[5];
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(given[0]), "S"(given[1]), "d"(given[2]), "r"(fourth),
                       "r"(fifth), "r"(sixth)
                     : "rcx", "r11", "memory");
#else
    register long first __asm__("x0") = given[0];
    register long second __asm__("x1") = given[1];
    register long third __asm__("x2") = given[2];
    register long fourth __asm__("x3") = given[3];
    register long fifth __asm__("x4") = given[4];
    register long sixth __asm__("x5") = given[5];
    register long call __asm__("x8") = number;
    __asm__ volatile("svc 0"
                     : "+r"(first)
                     : "r"(call), "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "memory");
    result = first;
#endif
    if (result < 0 && result > -4096) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

__attribute__((constructor)) static void remember(void)
{
    const char *given = getenv("CADCAST_PRY");
    if (given != NULL)
        snprintf(left_out, sizeof(left_out), "%s", given);
}

int prctl(int option, ...)
{
    va_list args;
    unsigned long given[4];
    va_start(args, option);
    for (int i = 0; i < 4; i++)
        given[i] = va_arg(args, unsigned long);
    va_end(args);
    if (option == PR_SET_SECCOMP && strstr(left_out, "seccomp") != NULL)
        return 0;
    return (int)syscall(SYS_prctl, option, given[0], given[1], given[2], given[3]);
}

static int set_limit(__rlimit_resource_t what, const void *limit)
{
    if (what == RLIMIT_NOFILE && strstr(left_out, "rlimit") != NULL)
        return 0;
    return (int)syscall(SYS_setrlimit, what, limit);
}

int setrlimit(__rlimit_resource_t what, const struct rlimit *limit)
{
    return set_limit(what, limit);
}

/* What programs with large files call; the numbers are the same. */
int setrlimit64(__rlimit_resource_t what, const struct rlimit64 *limit)
{
    return set_limit(what, limit);
}

/* The program makes the calls of Landlock through this one. */
long syscall(long number, ...)
{
    va_list args;
    long given[6];
    va_start(args, number);
    for (int i = 0; i < 6; i++)
        given[i] = va_arg(args, long);
    va_end(args);
    if (number == SYS_landlock_create_ruleset && strstr(left_out, "landlock") != NULL) {
        errno = ENOSYS;
        return -1;
    }
    return direct(number, given);
}

static void say(const char *what, long result)
{
    char line[80];
    int size = snprintf(line, sizeof(line), "%s %d\n", what, result < 0 ? errno : 0);
    if (write(STDERR_FILENO, line, (size_t)size) < 0)
        _exit(1);
}

static void pry(void)
{
    say("file", syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY));
    say("new", syscall(SYS_openat, AT_FDCWD, "/tmp/cadcast-pried", O_WRONLY | O_CREAT, 0600));
    say("socket", syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
    long child = syscall(SYS_fork);
    if (child == 0)
        _exit(0);
    say("process", child);
    char *words[] = { "false", NULL };
    if (strstr(left_out, "seccomp") == NULL)
        say("program", syscall(SYS_execve, "/bin/false", words, words + 1));
}

ssize_t read(int fd, void *to, size_t size)
{
    static int pried;
    if (fd == STDIN_FILENO && !pried) {
        pried = 1;
        pry();
    }
    return syscall(SYS_read, fd, to, size);
}
