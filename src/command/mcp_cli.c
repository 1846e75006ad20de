/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "command/mcp_cli.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/text.h"
#include "command/find_server.h"
#include "offline/upload.h"
#include "process/exit_status.h"
#include "process/service_ask.h"
#include "render/query.h"
#include "settings/commands.h"
#include "view/session.h"

/* Milliseconds for an answer: longer than any question may take. */
#define PATIENCE_MS 120000
#define PROBE_MS 2000

#define META_VERSION "io.modelcontextprotocol/protocolVersion"

struct command {
    char **argv;
    char **envp;
    const char *port;
    struct text url;
};

/* ---- the server ---- */

static bool answers(struct command *command)
{
    struct text body = { 0 };
    text_free(&command->url);
    bool found = find_server(command->argv, command->envp, command->port, &command->url) == 0;
    int status =
        found ? service_ask_get(text_string(&command->url), "/healthz", PROBE_MS, &body) : 0;
    text_free(&body);
    return status > 0;
}

/* Runs `cadcast start`; what it prints is not for the reader of standard output. */
static void start_server(const struct command *command)
{
    char word[] = "start", option[] = "--port";
    char *argv[] = { command->argv[0], word, command->port == NULL ? NULL : option,
                     (char *)command->port, NULL };
    posix_spawn_file_actions_t actions;
    pid_t pid;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return;
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    if (posix_spawnp(&pid, command->argv[0], &actions, NULL, argv, command->envp) == 0)
        waitpid(pid, NULL, 0);
    posix_spawn_file_actions_destroy(&actions);
}

static bool find_or_start(struct command *command)
{
    if (answers(command))
        return true;
    start_server(command);
    return answers(command);
}

/* ---- messages ---- */

/* Whether a text may stand in a header as it is (RFC 9110 section 5.5). */
static bool is_plain(const char *text)
{
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i++) {
        if (text[i] < 0x20 || text[i] > 0x7e)
            return false;
    }
    return size > 0 && text[0] != ' ' && text[size - 1] != ' ' && strncmp(text, "=?", 2) != 0;
}

static void add_header(struct text *lines, const char *name, const char *value)
{
    size_t size = base64_encoded_size(strlen(value));
    char *encoded = is_plain(value) ? NULL : malloc(size + 1);
    if (is_plain(value)) {
        text_format(lines, "%s: %s\r\n", name, value);
    } else if (encoded != NULL) {
        base64_encode(encoded, (const uint8_t *)value, strlen(value));
        encoded[size] = '\0';
        text_format(lines, "%s: =?base64?%s?=\r\n", name, encoded);
    }
    free(encoded);
}

/* A message without a handshake is mirrored in the headers over HTTP; there are none here. */
static void add_headers(struct text *lines, const json_t *message)
{
    const json_t *params = json_object_get(message, "params");
    const json_t *meta = json_object_get(params, "_meta");
    const char *version = json_string_value(json_object_get(meta, META_VERSION));
    const char *method = json_string_value(json_object_get(message, "method"));
    const char *name = json_string_value(json_object_get(params, "name"));
    if (version == NULL || method == NULL)
        return;
    add_header(lines, "MCP-Protocol-Version", version);
    add_header(lines, "Mcp-Method", method);
    if (name != NULL)
        add_header(lines, "Mcp-Name", name);
}

static void print_line(const char *data, size_t size)
{
    while (size > 0 && (data[size - 1] == '\n' || data[size - 1] == '\r'))
        size--;
    if (size == 0)
        return;
    fwrite(data, 1, size, stdout);
    fputc('\n', stdout);
    fflush(stdout);
}

/* An answer for a question that the server did not answer. */
static void print_failure(const json_t *message, const char *why)
{
    const json_t *id = json_object_get(message, "id");
    char *text = id == NULL ? NULL : json_dumps(id, JSON_ENCODE_ANY | JSON_COMPACT);
    struct text line = { 0 };
    text_format(&line, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":-32603,\"message\":",
                text == NULL ? "null" : text);
    text_add_json(&line, why, strlen(why));
    text_add(&line, "}}");
    if (id != NULL || message == NULL)
        print_line(text_string(&line), line.size);
    text_free(&line);
    free(text);
}

/* ---- the tool that is carried out here ---- */

/* Prints the result of open_file: what the server answered, or why it was not asked. */
static void print_opened(const json_t *message, const char *why, const char *answer)
{
    const json_t *id = json_object_get(message, "id");
    const json_t *meta = json_object_get(json_object_get(message, "params"), "_meta");
    char *text = json_dumps(id, JSON_ENCODE_ANY | JSON_COMPACT);
    const char *said = why == NULL ? answer : why;
    struct text line = { 0 };
    text_format(
        &line,
        "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{%s\"content\":[{\"type\":\"text\",\"text\":",
        text == NULL ? "null" : text,
        json_object_get(meta, META_VERSION) == NULL ? "" : "\"resultType\":\"complete\",");
    text_add_json(&line, said, strlen(said));
    text_add(&line, why == NULL ? "}],\"structuredContent\":" : "}],\"isError\":true}}");
    if (why == NULL)
        text_format(&line, "%s}}", answer);
    print_line(text_string(&line), line.size);
    text_free(&line);
    free(text);
}

static long read_upload(void *arg, void *buffer, size_t room)
{
    return upload_read(arg, buffer, room);
}

static void ignore_sent(void *arg, uint64_t bytes)
{
    (void)arg;
    (void)bytes;
}

static void ignore_progress(void *arg, const char *text)
{
    (void)arg;
    (void)text;
}

/* Sends the file. The status of the answer; 0: none; -EIO: the file cannot be read. */
static int send_upload(struct command *command, struct upload *upload, const char *path,
                       struct text *answer)
{
    const struct service_ask_body body = { .size = upload_size(upload),
                                           .type = upload->archive ? "application/x-tar" : NULL,
                                           .read = read_upload,
                                           .sent = ignore_sent,
                                           .progress = ignore_progress,
                                           .arg = upload };
    return service_ask_put(text_string(&command->url), path, &body, answer);
}

/* Where the file is sent. False: an argument is wrong, and `why` says which. */
static bool make_target(const json_t *arguments, struct text *target, const char **why)
{
    const char *name;
    json_t *value;
    const json_t *session = json_object_get(arguments, "session");
    const char *path = json_string_value(json_object_get(arguments, "path"));
    const char *in = session == NULL ? SESSION_DEFAULT : json_string_value(session);
    *why = "session must be a name: 1 to 64 of A-Z a-z 0-9 . _ -";
    if (in == NULL || !session_name_ok(in))
        return false;
    const char *slash = strrchr(path, '/');
    text_format(target, "/s/%s/model?name=", in);
    query_add(target, slash == NULL ? path : slash + 1);
    json_object_foreach((json_t *)(uintptr_t)arguments, name, value) {
        bool known = strcmp(name, "path") == 0 || strcmp(name, "session") == 0;
        if (strcmp(name, "heal") == 0 && json_is_boolean(value))
            text_format(target, "&heal=%d", json_is_true(value));
        else if (strcmp(name, "deviation") == 0 && json_is_number(value))
            text_format(target, "&deviation=%.9g", json_number_value(value));
        else if (!known) {
            *why = "open_file takes path, session, heal (true or false) and deviation (a number)";
            return false;
        }
    }
    return true;
}

static void tell_answer(const json_t *message, int code, const struct text *answer)
{
    json_t *said = json_loads(text_string(answer), JSON_DISABLE_EOF_CHECK, NULL);
    const char *detail = json_string_value(json_object_get(said, "detail"));
    char *dump = code == 200 && said != NULL
                     ? json_dumps(said, JSON_COMPACT | JSON_REAL_PRECISION(12))
                     : NULL;
    if (dump != NULL)
        print_opened(message, NULL, dump);
    else if (code < 0)
        print_opened(message, "the file cannot be read, or has changed meanwhile", "");
    else
        print_opened(message, detail != NULL ? detail : "no cadcast server answers", "");
    free(dump);
    json_decref(said);
}

/* The file is one of this machine and this user; the server gets its bytes and its name, and never
 * its path. */
static void open_file(struct command *command, const json_t *message)
{
    char reason[64];
    const char *why = NULL;
    const json_t *arguments = json_object_get(json_object_get(message, "params"), "arguments");
    const char *path = json_string_value(json_object_get(arguments, "path"));
    struct text target = { 0 }, answer = { 0 };
    struct upload *upload = calloc(1, sizeof(*upload));
    int error = upload == NULL ? -ENOMEM : upload_add(upload, path);
    if (error == 0)
        error = upload_begin(upload);
    if (error < 0)
        why = error == -EINVAL ? "path names no file" : error_text(error, reason, sizeof(reason));
    if (upload == NULL || why != NULL || !make_target(arguments, &target, &why)) {
        print_opened(message, why, "");
    } else {
        int code = send_upload(command, upload, text_string(&target), &answer);
        if (code == 0 && find_or_start(command) && upload_begin(upload) == 0)
            code = send_upload(command, upload, text_string(&target), &answer);
        tell_answer(message, code, &answer);
    }
    if (upload != NULL)
        upload_free(upload);
    free(upload);
    text_free(&target);
    text_free(&answer);
}

/* Whether a message calls open_file with a path. */
static bool opens_file(const json_t *message)
{
    const json_t *params = json_object_get(message, "params");
    const char *method = json_string_value(json_object_get(message, "method"));
    const char *name = json_string_value(json_object_get(params, "name"));
    return json_object_get(message, "id") != NULL && method != NULL && name != NULL &&
           strcmp(method, "tools/call") == 0 && strcmp(name, "open_file") == 0 &&
           json_is_string(json_object_get(json_object_get(params, "arguments"), "path"));
}

static void pass_on(struct command *command, const char *line)
{
    struct text lines = { 0 };
    struct text body = { 0 };
    json_t *message = json_loads(line, 0, NULL);
    if (opens_file(message)) {
        open_file(command, message);
        json_decref(message);
        return;
    }
    add_headers(&lines, message);
    int status = service_ask_post(text_string(&command->url), "/mcp", PATIENCE_MS,
                                  text_string(&lines), line, &body);
    if (status == 0 && find_or_start(command))
        status = service_ask_post(text_string(&command->url), "/mcp", PATIENCE_MS,
                                  text_string(&lines), line, &body);
    if (status == 0)
        print_failure(message, "no cadcast server answers");
    else if (body.size > 0 && strstr(text_string(&body), "\"jsonrpc\"") == NULL)
        print_failure(message, text_string(&body));
    else
        print_line(text_string(&body), body.size);
    json_decref(message);
    text_free(&lines);
    text_free(&body);
}

static int run(struct command *command)
{
    char *line = NULL;
    size_t room = 0;
    if (!find_or_start(command)) {
        fprintf(stderr, "cadcast: no server answers, and none could be started\n");
        return EXIT_STATUS_NOT_RUNNING;
    }
    while (getline(&line, &room, stdin) > 0) {
        if (line[strspn(line, " \t\r\n")] != '\0')
            pass_on(command, line);
    }
    free(line);
    return EXIT_STATUS_FINE;
}

int mcp_cli_command(int argc, char **argv, char **envp)
{
    const char *given[COMMANDS_FLAGS];
    struct text message = { 0 };
    struct command command = { .argv = argv, .envp = envp };
    int status = EXIT_STATUS_USAGE;
    if (commands_take(commands_row("mcp"), &argc, argv, 2, given, &message) < 0 || argc > 2) {
        fprintf(stderr, "cadcast: %s\nusage: cadcast mcp %s\n",
                message.size == 0 ? "mcp takes options alone" : text_string(&message),
                commands_row("mcp")->arguments);
    } else {
        command.port = given[0];
        status = run(&command);
    }
    text_free(&command.url);
    text_free(&message);
    return status;
}
