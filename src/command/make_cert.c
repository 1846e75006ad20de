/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "command/make_cert.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "command/service.h"
#include "net/selfsigned.h"
#include "process/exit_status.h"
#include "settings/commands.h"

static int make(const char *folder, const char *const *names, size_t count, bool force)
{
    char why[512];
    struct text made = { 0 };
    int error = selfsigned_make(folder, names, count, force, &made, why, sizeof(why));
    if (error == -EEXIST)
        fprintf(stderr, "cadcast: %s is there already; --force replaces certificate and key\n",
                why);
    else if (error < 0)
        fprintf(stderr, "cadcast: %s\n", why);
    else
        printf("--tls-cert %s/cert.pem --tls-key %s/key.pem\n%s", folder, folder,
               text_string(&made));
    text_free(&made);
    return error < 0 ? EXIT_STATUS_FAILED : EXIT_STATUS_FINE;
}

int make_cert_command(int argc, char **argv)
{
    const struct commands_row *row = commands_row("make-cert");
    const char *given[COMMANDS_FLAGS];
    struct text message = { 0 };
    int status = EXIT_STATUS_USAGE;
    if (commands_take(row, &argc, argv, 1, given, &message) == 0 && argc > 1)
        status = make(argv[1], (const char *const *)argv + 2, (size_t)argc - 2, given[0] != NULL);
    else
        fprintf(stderr, "%s%scadcast: make-cert %s\n", text_string(&message),
                message.size > 0 ? "\n" : "", row->arguments);
    text_free(&message);
    return status;
}
