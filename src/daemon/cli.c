/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/cli.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "base/error.h"
#include "daemon/demo.h"
#include "daemon/open_page.h"
#include "daemon/options.h"
#include "daemon/options_help.h"
#include "daemon/server.h"
#include "daemon/service.h"
#include "geometry/measure_cli.h"
#include "net/selfsigned.h"

static int print_text(void (*make)(struct text *))
{
    struct text text = { 0 };
    make(&text);
    int error = text_error(&text);
    fputs(text_string(&text), stdout);
    text_free(&text);
    return error == 0 ? STATUS_FINE : STATUS_FAILED;
}

/* A handle that is left when the loop has ended would be a leak: it is named. */
static void report_handle(uv_handle_t *handle, void *arg)
{
    const struct log *log = arg;
    log_error(log, "server", "a handle of type %s is left on the loop",
              uv_handle_type_name(uv_handle_get_type(handle)));
}

static int run_loop(struct server *server)
{
    uv_run(server->loop, UV_RUN_DEFAULT);
    uv_walk(server->loop, report_handle, &server->log);
    server_free(server);
    return STATUS_FINE;
}

/* Standard output is the caller's; the log may be read by others, so it never has the token. */
static void log_url(const struct server *server, const char *url)
{
    log_info(&server->log, "server", "also at %.*s", (int)strcspn(url, "?"), url);
}

static void print_ready(const struct server *server)
{
    json_t *urls = server_urls(server);
    printf("READY %s\n", json_string_value(json_array_get(urls, 0)));
    fflush(stdout);
    for (size_t i = 1; i < json_array_size(urls); i++)
        log_url(server, json_string_value(json_array_get(urls, i)));
    for (unsigned i = 1; i < server->listener_count; i++)
        log_info(&server->log, "server", "port %u is that of session %s",
                 server->listeners[i]->port, server->listeners[i]->session);
    json_decref(urls);
}

static void show_demo(struct server *server)
{
    const struct session *session = hub_find(&server->hub, SESSION_DEFAULT);
    /* A picture that was kept, or is being read, is somebody's own. */
    if (session->model != NULL || state_loading(&server->life.state, SESSION_DEFAULT))
        return;
    demo_show(server);
    state_ignore(&server->life.state, session);
}

/* Other users see command lines: the token is left out where a browser of this user gets in without
 * it, on loopback, where the system tells whose connection it is. */
static void open_browser(const struct server *server, const char *url)
{
    bool loopback = strstr(url, "://127.") != NULL || strstr(url, "://[::1]") != NULL;
    bool known = !server->check_owner || server->owner.fd >= 0;
    size_t size = loopback && known ? strcspn(url, "?") : strlen(url);
    char *shown = strndup(url, size);
    if (shown != NULL)
        open_page(shown);
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
    if (background_ready(background, url) < 0)
        log_warning(&server->log, "server", "cannot write the pid file");
    print_ready(server);
    background_detach(background);
    if (server->options->open)
        open_browser(server, url);
    json_decref(urls);
    return run_loop(server);
}

static int serve(struct options *options, struct background *background, char **argv)
{
    struct server server;
    uv_loop_t loop;
    int error = uv_loop_init(&loop);
    if (error < 0) {
        fprintf(stderr, "cadcast: cannot start: %s\n", uv_strerror(error));
        background_end(background);
        return STATUS_FAILED;
    }
    int status = STATUS_FAILED;
    bool started = server_start(&server, &loop, options) == 0;
    server.alone = started;
    if (started)
        status = run_server(&server, background, argv);
    if (uv_loop_close(&loop) == UV_EBUSY)
        status = STATUS_FAILED;
    if (started && server.life.restart) {
        background_hand_over(background);
        restart_exec(&server.life, argv);
        status = STATUS_FAILED;
    }
    background_end(background);
    return status;
}

int cli_check(struct options *options)
{
    if (server_check(options) < 0)
        return STATUS_FAILED;
    printf("cadcast could start\n");
    return STATUS_FINE;
}

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
    text_free(&path);
    return error < 0 ? STATUS_FAILED : STATUS_FINE;
}

static int run(struct options *options, int parsed, const char *message, char **argv)
{
    if (parsed == OPTIONS_HELP)
        return print_text(options_help);
    if (parsed == OPTIONS_VERSION)
        return print_text(options_version);
    if (parsed < 0) {
        fprintf(stderr, "cadcast: %s\n", message);
        return STATUS_USAGE;
    }
    if (options->create_configfile)
        return create_configfile();
    if (options->check)
        return cli_check(options);
    struct background none = { 0 };
    return serve(options, &none, argv);
}

/* cadcast make-cert FOLDER [NAME...]: a certificate for --tls-cert and --tls-key. */
static int make_cert(int argc, char **argv)
{
    char why[512];
    if (argc < 2 || argv[1][0] == '-') {
        fprintf(stderr, "cadcast: make-cert FOLDER [NAME...]\n");
        return STATUS_USAGE;
    }
    int error =
        selfsigned_make(argv[1], (const char *const *)argv + 2, (size_t)argc - 2, why, sizeof(why));
    if (error < 0) {
        fprintf(stderr, "cadcast: %s\n", why);
        return STATUS_FAILED;
    }
    printf("--tls-cert %s/cert.pem --tls-key %s/key.pem\n", argv[1], argv[1]);
    return STATUS_FINE;
}

/* The words that stand in the place of "serve". */
static const struct {
    const char *word;
    int (*run)(int argc, char **argv);
} commands[] = {
    { "make-cert", make_cert },
    { "measure", measure_command },
};

/* The commands of the background service; *status is set where it is one. */
static bool run_service(int argc, char **argv, char **envp, int *status)
{
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "start") == 0)
        *status = service_start(argc, argv, envp, serve);
    else if (strcmp(word, "stop") == 0)
        *status = service_stop(argc, argv, envp);
    else if (strcmp(word, "restart") == 0)
        *status = service_restart(argc, argv, envp, serve);
    else if (strcmp(word, "status") == 0)
        *status = service_status(argc, argv, envp);
    else if (strcmp(word, "logs") == 0)
        *status = service_logs(argc, argv, envp);
    else
        return false;
    return true;
}

/* Where standard input, output or error is closed, the next files and sockets would be in their
 * places, and get what is meant for people. */
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
    int status = STATUS_FINE;
    open_standard();
    if (run_service(argc, argv, envp, &status))
        return status;
    for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(argv[1], commands[i].word) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    struct options options;
    struct text message = { 0 };
    int parsed = options_parse(&options, argc, argv, envp, &message);
    status = run(&options, parsed, text_string(&message), argv);
    text_free(&message);
    options_free(&options);
    return status;
}
