/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "process/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "net/socket.h"

/* The length of the address, 0 if the variable holds no usable one. */
static socklen_t address_of(const char *path, struct sockaddr_un *address)
{
    size_t size = path == NULL ? 0 : strlen(path);
    if (size < 2 || size >= sizeof(address->sun_path) || (path[0] != '/' && path[0] != '@'))
        return 0;
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, size + 1);
    /* An abstract name begins with a zero byte and has no terminating one. */
    if (path[0] == '@')
        address->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + (path[0] == '/'));
}

void notify_send(const char *lines)
{
    struct sockaddr_un address = { 0 };
    socklen_t size = address_of(getenv("NOTIFY_SOCKET"), &address);
    int fd = size == 0 ? -1 : socket_open(AF_UNIX, SOCK_DGRAM);
    if (fd < 0)
        return;
    /* A manager that does not read must not block the server. */
    if (sendto(fd, lines, strlen(lines), MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&address,
               size) < 0)
        fprintf(stderr, "cadcast: the service manager cannot be notified\n");
    close(fd);
}

void notify_reloading(void)
{
    char lines[80];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(lines, sizeof(lines), "RELOADING=1\nMONOTONIC_USEC=%lld%06ld\n", (long long)now.tv_sec,
             now.tv_nsec / 1000);
    notify_send(lines);
}

uint64_t notify_watchdog(void)
{
    const char *usec = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    if (usec == NULL || (pid != NULL && strtol(pid, NULL, 10) != (long)getpid()))
        return 0;
    uint64_t ms = strtoull(usec, NULL, 10) / 1000;
    return ms == 0 ? 0 : ms < 4 ? 1 : ms / 2;
}

bool notify_is_journal(int fd)
{
    struct stat st;
    char here[64];
    const char *stream = getenv("JOURNAL_STREAM");
    if (stream == NULL || fstat(fd, &st) != 0)
        return false;
    snprintf(here, sizeof(here), "%llu:%llu", (unsigned long long)st.st_dev,
             (unsigned long long)st.st_ino);
    return strcmp(stream, here) == 0;
}
