/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* cadcast qr: the addresses of the page as QR codes in the terminal. */
#include "command/qr_cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "command/service.h"
#include "process/exit_status.h"
#include "view/session.h"
#include "web/qr.h"

/* Loopback addresses are of no use to a phone. */
static bool is_loopback(const char *url)
{
    return strstr(url, "://127.") != NULL || strstr(url, "://[::1]") != NULL ||
           strstr(url, "://localhost:") != NULL;
}

static void print_code(const char *url)
{
    struct text code = { 0 };
    printf("%s\n", url);
    if (qr_blocks(&code, url, isatty(STDOUT_FILENO) == 1) == 0)
        printf("%s\n", text_string(&code));
    text_free(&code);
}

static int print_codes(const json_t *urls)
{
    size_t i;
    size_t printed = 0;
    json_t *url;
    json_array_foreach(urls, i, url) {
        if (is_loopback(json_string_value(url)))
            continue;
        print_code(json_string_value(url));
        printed++;
    }
    if (printed > 0 && !qr_possible())
        fprintf(stderr, "cadcast: built without libqrencode: the addresses alone\n");
    if (printed == 0)
        fprintf(stderr, "cadcast: the server is for this machine only: its option --host, such as "
                        "--host 0.0.0.0, opens it to others\n");
    return printed > 0 && qr_possible() ? EXIT_STATUS_FINE : EXIT_STATUS_FAILED;
}

/* The words after the command: of a session, and those of the server. */
static int show(const struct options *options, const char *session, bool view)
{
    json_t *addresses = service_addresses(options, session);
    const json_t *urls = json_object_get(addresses, view ? "view_urls" : "urls");
    int status;
    if (addresses == NULL) {
        fprintf(stderr, "cadcast: no server of this user answers on port %d\n", (int)options->port);
        status = EXIT_STATUS_NOT_RUNNING;
    } else if (view && json_array_size(urls) == 0) {
        fprintf(stderr, "cadcast: the server has no token for viewers (--view-token)\n");
        status = EXIT_STATUS_FAILED;
    } else {
        status = print_codes(urls);
    }
    json_decref(addresses);
    return status;
}

int qr_cli_command(int argc, char **argv, char **envp)
{
    struct options options;
    const char *given[COMMANDS_FLAGS];
    int status = service_flags("qr", &argc, argv, given);
    if (status != 0)
        return status;
    const char *session = given[0] == NULL ? SESSION_DEFAULT : given[0];
    if (!session_name_ok(session)) {
        fprintf(stderr, "cadcast: a session's name is 1 to 64 of A-Z a-z 0-9 . _ -\n");
        return EXIT_STATUS_USAGE;
    }
    status = service_options(&options, argc, argv, envp);
    if (status == 0)
        status = show(&options, session, given[1] != NULL);
    options_free(&options);
    return status;
}
