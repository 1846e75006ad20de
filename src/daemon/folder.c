/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/folder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <uv.h>

#include "base/text.h"

int folder_of_program(char *out, size_t size)
{
    int error = uv_exepath(out, &size);
    if (error < 0)
        return error;
    char *slash = strrchr(out, '/');
    if (slash != NULL)
        *slash = '\0';
    return 0;
}

static bool has_page(const char *folder)
{
    struct text path = { 0 };
    text_format(&path, "%s/templates/viewer.html", folder);
    bool there = text_error(&path) == 0 && access(path.data, R_OK) == 0;
    text_free(&path);
    return there;
}

int folder_find(const char *given, char **out, const struct log *log)
{
    static const char *const places[] = { "/../share/cadcast", "/..", "/../.." };
    char program[PATH_MAX];
    char path[PATH_MAX + 128];
    if (given != NULL && has_page(given)) {
        *out = strdup(given);
        return *out == NULL ? -ENOMEM : 0;
    }
    for (size_t i = 0; given == NULL && i < sizeof(places) / sizeof(places[0]); i++) {
        if (folder_of_program(program, sizeof(program)) < 0)
            break;
        snprintf(path, sizeof(path), "%s%s", program, places[i]);
        if (has_page(path)) {
            *out = realpath(path, NULL);
            return *out == NULL ? -errno : 0;
        }
    }
    log_error(log, "server", "the page is not found%s%s: give its folder with --data-dir",
              given == NULL ? "" : " in ", given == NULL ? "" : given);
    return -ENOENT;
}

char *folder_packed(const char *data)
{
    char program[PATH_MAX];
    char path[PATH_MAX + 128];
    snprintf(path, sizeof(path), "%s/gzip", data);
    if (access(path, R_OK | X_OK) == 0)
        return strdup(path);
    if (folder_of_program(program, sizeof(program)) < 0)
        return NULL;
    snprintf(path, sizeof(path), "%s/gzip", program);
    return access(path, R_OK | X_OK) == 0 ? strdup(path) : NULL;
}

char *folder_program(const char *name)
{
    static const char *const places[] = { "", "/src/helper", "/../libexec", "/../libexec/cadcast" };
    char program[PATH_MAX];
    char path[PATH_MAX + 128];
    if (folder_of_program(program, sizeof(program)) < 0)
        return NULL;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        snprintf(path, sizeof(path), "%s%s/%s", program, places[i], name);
        if (access(path, X_OK) == 0)
            return strdup(path);
    }
    return NULL;
}

static long read_pid(int fd)
{
    static const char request[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                                  "Connection: close\r\n\r\n";
    char answer[4096];
    size_t have = 0;
    if (write(fd, request, sizeof(request) - 1) != (ssize_t)sizeof(request) - 1)
        return 0;
    for (ssize_t n = 1; n > 0 && have<sizeof(answer) - 1; have += n> 0 ? (size_t)n : 0)
        n = read(fd, answer + have, sizeof(answer) - 1 - have);
    answer[have] = '\0';
    const char *pid = strstr(answer, "\"pid\":");
    return pid == NULL || strstr(answer, "\"version\"") == NULL ? 0 : strtol(pid + 6, NULL, 10);
}

long folder_cadcast_at(uint16_t port)
{
    struct timeval patience = { .tv_usec = 500000 };
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    long pid = 0;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        pid = read_pid(fd);
    close(fd);
    return pid;
}
