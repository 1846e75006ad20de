/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "command/serve.h"

#include "api/wiring.h"
#include "base/error.h"
#include "process/background.h"
#include "process/exit_status.h"
#include "process/notify.h"
#include "process/open_page.h"
#include "server/demo.h"
#include "server/server.h"
#include "settings/commands.h"
#include "settings/config_create.h"
#include "settings/options.h"
#include "settings/options_hint.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

/* Logs a handle that is left when the loop has ended: it is a leak. */
static void report_handle(uv_handle_t *handle, void *arg)
{
    const struct log *log = arg;
    log_error(log, "server", "a handle of type %s is left on the loop",
              uv_handle_type_name(uv_handle_get_type(handle)));
}

static int run_loop(struct server *server)
{
    uv_run(server->front.loop, UV_RUN_DEFAULT);
    uv_walk(server->front.loop, report_handle, &server->log);
    server_free(server);
    return EXIT_STATUS_FINE;
}

/* Only the caller reads standard output; other users may read the log, so the token is left out. */
static void log_url(const struct server *server, const char *url)
{
    log_info(&server->log, "server", "also at %.*s", (int)strcspn(url, "?"), url);
}

static bool is_loopback(const char *url)
{
    return strstr(url, "://127.") != NULL || strstr(url, "://[::1]") != NULL;
}

static void print_url(const char *before, const char *url, bool hide)
{
    size_t size = hide ? strcspn(url, "?") : strlen(url);
    printf("%s %.*s\n", before, (int)size, url);
}

void serve_print_urls(const json_t *urls, bool hide)
{
    const char *first = json_string_value(json_array_get(urls, 0));
    print_url("READY", first == NULL ? "" : first, hide);
    for (size_t i = 1; i < json_array_size(urls); i++) {
        const char *url = json_string_value(json_array_get(urls, i));
        if (!is_loopback(url))
            print_url("also at", url, hide);
    }
    fflush(stdout);
}

/* Whether standard output is kept as a log. A token that was made here is printed all the same, as
 * no other place has it. */
static bool hides_token(const struct options *options)
{
    bool kept = options->hide_token || notify_is_journal(STDOUT_FILENO);
    return kept && options_given(options, "token");
}

static void print_ready(const struct server *server)
{
    json_t *urls = server_urls(server);
    serve_print_urls(urls, hides_token(server->options));
    for (size_t i = 1; i < json_array_size(urls); i++)
        log_url(server, json_string_value(json_array_get(urls, i)));
    for (unsigned i = 1; i < server->listener_count; i++)
        log_info(&server->log, "server", "port %u is for session %s", server->listeners[i]->port,
                 server->listeners[i]->session);
    json_decref(urls);
}

static void show_demo(struct server *server)
{
    const struct session *session = hub_find(&server->hub, SESSION_DEFAULT);
    /* A picture that was kept, or is being loaded, is the user's own. */
    if (session->picture.model != NULL || state_loading(&server->lifecycle.state, SESSION_DEFAULT))
        return;
    demo_show(server);
    state_ignore(&server->lifecycle.state, session);
}

/* Other users see command lines: the token is left out if the browser gets in without it, as it
 * does on loopback if the system can name the owner of a connection. */
static void open_browser(const struct server *server, const char *url)
{
    bool known = !server->front.check_owner || owner_works(&server->front.peer_owners);
    size_t size = is_loopback(url) && known ? strcspn(url, "?") : strlen(url);
    char *shown = strndup(url, size);
    const char *why = shown == NULL ? "out of memory" : open_page(shown);
    if (why != NULL)
        log_warning(&server->log, "server", "--open opens no page: %s; open %.*s yourself", why,
                    (int)strcspn(url, "?"), url);
    free(shown);
}

static int run_server(struct server *server, const struct background *background, char **argv)
{
    server->restart.argv = argv;
    server->restart.background = background;
    json_t *urls = server_urls(server);
    const char *url = json_string_value(json_array_get(urls, 0));
    if (server->options->demo)
        show_demo(server);
    if (background_ready(background, urls) < 0)
        log_warning(&server->log, "server", "cannot write the pid file");
    print_ready(server);
    background_detach(background);
    if (server->options->open)
        open_browser(server, url);
    json_decref(urls);
    return run_loop(server);
}

/* Begins to play a recording, if there is one to play. */
static bool begin_replay(struct server *server)
{
    const struct options *options = server->options;
    return options->replay == NULL || player_open(&server->player, options->replay, options->speed,
                                                  server->front.loop, &server->hub) == 0;
}

static int stop_at_once(struct server *server)
{
    server_stop(server);
    run_loop(server);
    return EXIT_STATUS_FAILED;
}

int serve(struct options *options, struct background *background, char **argv)
{
    struct server server;
    uv_loop_t loop;
    int error = uv_loop_init(&loop);
    if (error < 0) {
        fprintf(stderr, "cadcast: cannot start: %s\n", uv_strerror(error));
        background_end(background);
        return EXIT_STATUS_FAILED;
    }
    int status = EXIT_STATUS_FAILED;
    bool started = server_start(&server, &loop, options, wiring_parts()) == 0;
    server.alone = started;
    if (started && !begin_replay(&server))
        status = stop_at_once(&server);
    else if (started)
        status = run_server(&server, background, argv);
    if (uv_loop_close(&loop) == UV_EBUSY)
        status = EXIT_STATUS_FAILED;
    if (started && server.lifecycle.restart) {
        terminal_hold(&server.terminal);
        background_hand_over(background);
        server_restart_exec(&server.lifecycle, argv);
        status = EXIT_STATUS_FAILED;
    }
    background_end(background);
    return status;
}

int serve_check(struct options *options, long replaced)
{
    if (server_check(options, server_restart_looks() ? SERVER_CHECK_SELF : replaced) < 0)
        return EXIT_STATUS_FAILED;
    printf("cadcast could start\n");
    return EXIT_STATUS_FINE;
}

/* ---- replay ---- */

/* A speed of 0 to a million. */
static bool read_speed(const char *word, double *speed)
{
    char *end = NULL;
    *speed = word == NULL ? 1 : strtod(word, &end);
    return word == NULL || (end != word && *end == '\0' && *speed >= 0 && *speed <= 1e6);
}

/* A server of its own, on a free port unless one is given: it is not the one that kernels use. */
static int run_replay(struct options *options, int argc, char **words, char **envp, char **argv,
                      struct text *why)
{
    const char *file = words[2];
    double speed = options->speed;
    words[2] = words[0];
    if (options_parse(options, argc - 2, words + 2, envp, why) < 0)
        return EXIT_STATUS_USAGE;
    options->replay = file;
    options->speed = speed;
    free(options->record);
    options->record = NULL;
    if (!options_given(options, "port"))
        options->port = 0;
    if (options->check)
        return serve_check(options, 0);
    struct background none = { 0 };
    return serve(options, &none, argv);
}

int serve_replay(int argc, char **argv, char **envp)
{
    const char *given[COMMANDS_FLAGS];
    struct options options = { .check = false };
    struct text why = { 0 };
    int status = EXIT_STATUS_USAGE;
    /* A restart needs the words as they were. */
    char **words = calloc((size_t)argc + 1, sizeof(*words));
    if (words == NULL)
        return EXIT_STATUS_FAILED;
    memcpy(words, argv, (size_t)argc * sizeof(*words));
    if (commands_take(commands_row("replay"), &argc, words, 2, given, &why) == 0) {
        if (argc < 3 || words[2][0] == '-')
            text_add(&why, "replay needs the recording as its first word");
        else if (!read_speed(given[0], &options.speed))
            text_add(&why, "--speed takes a number from 0 to 1000000");
        else
            status = run_replay(&options, argc, words, envp, argv, &why);
    }
    if (why.size > 0)
        fprintf(stderr, "cadcast: %s\n", text_string(&why));
    text_free(&why);
    options_free(&options);
    free(words);
    return status;
}
