/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */

/* Stands before the C library in a program (LD_PRELOAD), and runs its main once for each packet
 * that comes on the socket CADCAST_FORK_MAIN, in a process of its own. So a program is loaded once
 * for many runs: cadcast-import needs 50 ms for its 72 libraries, and milliseconds for a small
 * file.
 *
 * A packet is the arguments from argv[0] on, each with a zero byte behind it, and with it three
 * descriptors: the run's standard input, output and error. The answer is its status, as of waitpid.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 64

typedef int main_function(int, char **, char **);
typedef int start_function(main_function *, int, char **, void (*)(void), void (*)(void),
                           void (*)(void), void *);

int __libc_start_main(main_function *, int, char **, void (*)(void), void (*)(void), void (*)(void),
                      void *);

static main_function *own_main;

static int run(char *text, size_t size, const int given[3], char **envp)
{
    char *arguments[ARGUMENTS_MAX + 1] = { NULL };
    int count = 0;
    for (size_t at = 0; at < size && count < ARGUMENTS_MAX; at += strlen(text + at) + 1)
        arguments[count++] = text + at;
    for (int i = 0; i < 3; i++)
        dup2(given[i], i);
    close_range(3, ~0U, 0);
    return own_main(count, arguments, envp);
}

static int serve(int argc, char **argv, char **envp)
{
    static char text[65536];
    int socket = atoi(getenv("CADCAST_FORK_MAIN"));
    for (;;) {
        int given[3], status;
        union {
            struct cmsghdr head;
            char space[CMSG_SPACE(sizeof(given))];
        } control;
        struct iovec part = { text, sizeof(text) - 1 };
        struct msghdr packet = { .msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = &control,
                                 .msg_controllen = sizeof(control) };
        ssize_t size = recvmsg(socket, &packet, 0);
        if (size <= 0 || packet.msg_controllen < sizeof(control))
            _exit(0);
        memcpy(given, CMSG_DATA(&control.head), sizeof(given));
        pid_t child = fork();
        /* As the loader does it: handlers of the end are run. */
        if (child == 0)
            exit(run(text, (size_t)size, given, envp));
        for (int i = 0; i < 3; i++)
            close(given[i]);
        if (child < 0 || waitpid(child, &status, 0) < 0 ||
            send(socket, &status, sizeof(status), MSG_NOSIGNAL) < 0)
            _exit(1);
    }
}

int __libc_start_main(main_function *real_main, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    start_function *next = (start_function *)dlsym(RTLD_NEXT, "__libc_start_main");
    own_main = real_main;
    return next(serve, argc, argv, init, fini, rtld_fini, stack_end);
}
