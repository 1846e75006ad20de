/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "command/find_server.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uv.h>

#include "command/service.h"
#include "process/exit_status.h"
#include "process/service_files.h"
#include "settings/options.h"

/* Options of the server on that port, without others: 0, or an exit status. */
static int read_options(char **argv, char **envp, const char *port, struct options *options)
{
    char option[] = "--port";
    char *words[] = { argv[0], argv[1], option, (char *)port, NULL };
    if (port == NULL)
        words[2] = NULL;
    return service_options(options, port == NULL ? 2 : 4, words, envp);
}

int find_server(char **argv, char **envp, const char *given, struct text *url)
{
    struct options options;
    struct service_files files;
    int status = read_options(argv, envp, given, &options);
    if (status == 0) {
        json_t *info =
            service_files_init(&files, &options) == 0 ? service_files_read(&files) : NULL;
        const char *known = json_string_value(json_object_get(info, "url"));
        if (known != NULL)
            text_add(url, known);
        else
            text_format(url, "http://127.0.0.1:%d/viewer", (int)options.port);
        json_decref(info);
    }
    options_free(&options);
    return status;
}

/* Runs "cadcast start" on that port, with its words on standard error; 0, or its exit status. */
static int start_server(const char *port, char **envp)
{
    char self[PATH_MAX];
    size_t size = sizeof(self);
    char start[] = "start", option[] = "--port";
    char *words[] = { self, start, option, (char *)port, NULL };
    int status = 0;
    if (port == NULL)
        words[2] = NULL;
    if (uv_exepath(self, &size) < 0)
        return EXIT_STATUS_FAILED;
    pid_t child = fork();
    if (child == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execve(self, words, envp);
        _exit(127);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_STATUS_FAILED;
}

static bool take_url(const struct options *options, const char *session, struct text *url)
{
    json_t *addresses = service_addresses(options, session);
    const char *found = json_string_value(json_array_get(json_object_get(addresses, "urls"), 0));
    if (found != NULL)
        text_add(url, found);
    json_decref(addresses);
    return found != NULL;
}

int find_server_start(char **argv, char **envp, const char *port, const char *session,
                      struct text *url)
{
    struct options options;
    int status = read_options(argv, envp, port, &options);
    if (status == 0 && !take_url(&options, session, url)) {
        status = start_server(port, envp);
        if (status == 0 && !take_url(&options, session, url)) {
            fprintf(stderr, "cadcast: the server was started and does not answer\n");
            status = EXIT_STATUS_FAILED;
        }
    }
    options_free(&options);
    return status;
}
