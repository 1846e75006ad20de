/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "command/cli.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "api/wiring.h"
#include "base/error.h"
#include "command/cli_help.h"
#include "command/diff_cli.h"
#include "command/export_cli.h"
#include "command/listen_cli.h"
#include "command/make_cert.h"
#include "command/mcp_cli.h"
#include "command/measure_cli.h"
#include "command/open_cli.h"
#include "command/qr_cli.h"
#include "command/render_cli.h"
#include "command/serve.h"
#include "command/service.h"
#include "command/watch_cli.h"
#include "process/exit_status.h"
#include "process/open_page.h"
#include "server/demo.h"
#include "server/server.h"
#include "settings/commands.h"
#include "settings/config_create.h"
#include "settings/options.h"
#include "settings/options_hint.h"

static int create_configfile(void)
{
    char why[64];
    struct text path = { 0 };
    int error = config_create_file(getenv("HOME"), &path);
    if (error < 0)
        fprintf(stderr, "cadcast: the config file cannot be written: %s\n",
                error_text(error, why, sizeof(why)));
    else
        printf("Created config file %s\n", text_string(&path));
    if (error > 0)
        printf("The file that was there is now %s.bak\n", text_string(&path));
    text_free(&path);
    return error < 0 ? EXIT_STATUS_FAILED : EXIT_STATUS_FINE;
}

static int run(struct options *options, int parsed, const char *message, char **argv)
{
    if (parsed < 0) {
        fprintf(stderr, "cadcast: %s\n", message);
        return EXIT_STATUS_USAGE;
    }
    if (options->create_configfile)
        return create_configfile();
    if (options->check)
        return serve_check(options, 0);
    struct background none = { 0 };
    return serve(options, &none, argv);
}

/* The commands other than "serve". */
static const struct {
    const char *word;
    int (*run)(int argc, char **argv);
} commands[] = {
    { "make-cert", make_cert_command },
};

/* Whether the first word can only be a command, and is unknown. */
static bool is_unknown(const char *word)
{
    size_t count;
    const char *words[COMMANDS_MAX];
    const struct commands_row *rows = commands_rows(&count);
    for (size_t i = 0; i < count; i++)
        words[i] = rows[i].name;
    if (word[0] == '-' || strcmp(word, "serve") == 0)
        return false;
    const char *near = options_hint_word(word, words, count);
    if (near != NULL)
        fprintf(stderr, "cadcast: unknown command \"%.100s\"; did you mean %s?\n", word, near);
    else if (access(word, F_OK) == 0)
        fprintf(stderr,
                "cadcast: unknown command \"%.100s\"; to show the file: cadcast open %.100s\n",
                word, word);
    else if (strpbrk(word, "./") != NULL)
        fprintf(stderr, "cadcast: no file or command \"%.100s\"; cadcast open FILE shows a file\n",
                word);
    else
        fprintf(stderr, "cadcast: unknown command \"%.100s\"; cadcast help lists all\n", word);
    return true;
}

/* Runs a command of the background service; *status is set if it is one. */
static bool run_service(int argc, char **argv, char **envp, int *status)
{
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "start") == 0)
        *status = service_start(argc, argv, envp);
    else if (strcmp(word, "stop") == 0)
        *status = service_stop(argc, argv, envp);
    else if (strcmp(word, "restart") == 0)
        *status = service_restart(argc, argv, envp);
    else if (strcmp(word, "status") == 0)
        *status = service_status(argc, argv, envp);
    else if (strcmp(word, "logs") == 0)
        *status = service_logs(argc, argv, envp);
    else if (strcmp(word, "qr") == 0)
        *status = qr_cli_command(argc, argv, envp);
    else
        return false;
    return true;
}

/* If standard input, output or error is closed, the next file or socket would get its descriptor,
 * and output meant for the user. */
static void open_standard(void)
{
    int fd = 0;
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDWR);
    if (fd >= 0)
        close(fd);
}

int cli_run(int argc, char **argv, char **envp)
{
    int status = EXIT_STATUS_FINE;
    open_standard();
    if (cli_help(argc, argv, &status))
        return status;
    if (run_service(argc, argv, envp, &status))
        return status;
    if (argc > 1 && strcmp(argv[1], "open") == 0)
        return open_cli_command(argc, argv, envp);
    if (argc > 1 && strcmp(argv[1], "render") == 0)
        return render_cli_command(argc, argv, envp);
    if (argc > 1 && strcmp(argv[1], "listen") == 0)
        return listen_cli_command(argc, argv, envp);
    if (argc > 1 && strcmp(argv[1], "measure") == 0)
        return measure_cli_command(argc, argv, envp);
    if (argc > 1 && strcmp(argv[1], "diff") == 0)
        return diff_cli_command(argc, argv, envp);
    if (argc > 1 && strcmp(argv[1], "replay") == 0)
        return serve_replay(argc, argv, envp);
    if (argc > 1 && strcmp(argv[1], "mcp") == 0)
        return mcp_cli_command(argc, argv, envp);
    if (argc > 1 && (strcmp(argv[1], "run") == 0 || strcmp(argv[1], "watch") == 0))
        return watch_cli_command(argc, argv, envp);
    if (argc > 1 && strcmp(argv[1], "export") == 0)
        return export_cli_command(argc, argv, envp);
    for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(argv[1], commands[i].word) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    if (argc > 1 && is_unknown(argv[1]))
        return EXIT_STATUS_USAGE;
    struct options options;
    struct text message = { 0 };
    int parsed = options_parse(&options, argc, argv, envp, &message);
    status = run(&options, parsed, text_string(&message), argv);
    text_free(&message);
    options_free(&options);
    return status;
}
