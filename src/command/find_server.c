/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "command/find_server.h"

#include "command/service.h"
#include "process/service_files.h"
#include "settings/options.h"

int find_server(char **argv, char **envp, const char *given, struct text *url)
{
    struct options options;
    struct service_files files;
    char option[] = "--port";
    char *words[] = { argv[0], argv[1], option, (char *)given, NULL };
    if (given == NULL)
        words[2] = NULL;
    int status = service_options(&options, given == NULL ? 2 : 4, words, envp);
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
