/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "settings/commands.h"
#include "settings/options.h"
#include "settings/options_help.h"
#include "settings/options_hint.h"
#include "web/token.h"

/* Parses `line`, words parted by spaces, and `environment`, variables parted by spaces. */
static int parse(struct options *options, const char *line, const char *environment,
                 struct text *message)
{
    char words[4096];
    char variables[4096];
    char *argv[64] = { "cadcast" };
    char *envp[64] = { NULL };
    int argc = 1;
    int envc = 0;
    snprintf(words, sizeof(words), "%s", line);
    snprintf(variables, sizeof(variables), "%s", environment);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    for (char *word = strtok(variables, " "); word != NULL; word = strtok(NULL, " "))
        envp[envc++] = word;
    message->size = 0;
    return options_parse(options, argc, argv, envp, message);
}

static void test_defaults(void **state)
{
    struct options options;
    struct text message = { 0 };
    assert_int_equal(parse(&options, "", "", &message), 0);
    assert_string_equal(options.host, "127.0.0.1");
    assert_int_equal(options.port, 3939);
    assert_int_equal(options.max_reconnect_attempts, 300);
    assert_int_equal(options.max_message, 1 << 30);
    assert_true(options.max_memory > 0);
    assert_int_equal(options.max_sessions, 64);
    assert_int_equal(options.measure_timeout, 10000);
    assert_int_equal(options.stall_timeout, 30000);
    assert_int_equal(options.goodbye_timeout, 5000);
    assert_int_equal(options.idle_exit, 0);
    assert_int_equal(options.backend, OPTIONS_BACKEND_AUTO);
    assert_int_equal(options.log_level, LOG_INFO);
    assert_null(options.state_dir);
    assert_null(options.token);
    assert_int_equal(json_object_size(options.settings), 0);
    assert_false(options_given(&options, "port"));
    options_free(&options);
    text_free(&message);
}

static void test_every_kind_of_value(void **state)
{
    struct options options;
    struct text message = { 0 };
    const char *line =
        "serve --host ::1 --port=0 --max-message 2M --max_memory 1GiB --measure-timeout 0.25 "
        "--goodbye-timeout 0 --header-timeout 2s --log-format JSON --backend External "
        "--listen 4000=a.b --listen 0=c --listen 0=d --allow-host cad.example.org --any-user "
        "--allow-origin https://cad.example.org:8443 --trust-network 10.0.0.0/8 "
        "--trust-network fd00::/8 --trusted-proxy ::1 --token abcdefgh --tls-cert c --tls-key k "
        "--max-reconnect-attempts -1";
    assert_int_equal(parse(&options, line, "", &message), 0);
    assert_string_equal(options.host, "::1");
    assert_int_equal(options.port, 0);
    assert_int_equal(options.max_message, 2 << 20);
    assert_int_equal(options.max_memory, 1 << 30);
    assert_int_equal(options.measure_timeout, 250);
    assert_int_equal(options.goodbye_timeout, 0);
    assert_int_equal(options.header_timeout, 2000);
    assert_int_equal(options.log_format, 1);
    assert_int_equal(options.backend, OPTIONS_BACKEND_EXTERNAL);
    assert_int_equal(options.listen.count, 3);
    assert_int_equal(options.listen.items[0].port, 4000);
    assert_string_equal(options.listen.items[0].name, "a.b");
    assert_string_equal(options.allow_host.items[0], "cad.example.org");
    assert_string_equal(options.allow_origin.items[0], "https://cad.example.org:8443");
    assert_int_equal(options.trust_network.count, 2);
    assert_string_equal(options.trust_network.items[1], "fd00::/8");
    assert_string_equal(options.trusted_proxy.items[0], "::1");
    assert_string_equal(options.token, "abcdefgh");
    assert_int_equal(options.max_reconnect_attempts, -1);
    assert_true(options.any_user);
    assert_true(options_given(&options, "max_memory"));
    options_free(&options);

    assert_int_equal(parse(&options, "--host [::1] --token a-b_c.d~e", "", &message), 0);
    assert_string_equal(options.host, "::1");
    assert_string_equal(options.token, "a-b_c.d~e");
    options_free(&options);
    text_free(&message);
}

static void test_tokens_are_as_long_as_the_guard_takes(void **state)
{
    struct options options;
    struct text message = { 0 };
    char line[TOKEN_MAX + 16] = "--token ";
    memset(line + 8, 'a', TOKEN_MAX + 1);
    assert_int_equal(parse(&options, line, "", &message), -EINVAL);
    options_free(&options);
    line[8 + TOKEN_MAX] = '\0';
    assert_int_equal(parse(&options, line, "", &message), 0);
    options_free(&options);
    text_free(&message);
}

static void check_setting(const struct options *options, const char *name, json_t *expected)
{
    assert_true(json_equal(json_object_get(options->settings, name), expected));
    json_decref(expected);
}

static void test_settings_are_kept_as_given(void **state)
{
    struct options options;
    struct text message = { 0 };
    const char *line = "--tree-width 300 --theme DARK --no_glass --pan_speed 2.5 --axes0 "
                       "--reset_camera KEEP --up y --collapse c --default_color #fff "
                       "--no_python_enumeration --debug --timeit --zoom_speed 1e1";
    assert_int_equal(parse(&options, line, "", &message), 0);
    check_setting(&options, "tree_width", json_integer(300));
    check_setting(&options, "theme", json_string("dark"));
    check_setting(&options, "no_glass", json_true());
    check_setting(&options, "pan_speed", json_real(2.5));
    check_setting(&options, "zoom_speed", json_real(10));
    check_setting(&options, "axes0", json_true());
    check_setting(&options, "reset_camera", json_string("keep"));
    check_setting(&options, "up", json_string("Y"));
    check_setting(&options, "collapse", json_string("C"));
    check_setting(&options, "default_color", json_string("#fff"));
    check_setting(&options, "python_enumeration", json_false());
    check_setting(&options, "debug", json_true());
    check_setting(&options, "timeit", json_true());
    assert_int_equal(json_object_size(options.settings), 13);
    assert_int_equal(options.log_level, LOG_DEBUG);
    options_free(&options);

    assert_int_equal(parse(&options, "--python-enumeration", "", &message), 0);
    check_setting(&options, "python_enumeration", json_true());
    options_free(&options);
    text_free(&message);
}

static void test_environment_stands_below_flags(void **state)
{
    struct options options;
    struct text message = { 0 };
    const char *environment =
        "CADCAST_PORT=4000 CADCAST_AXES=1 CADCAST_NO_TOOLS=0 CADCAST_THEME=dark CADCAST_HOST= "
        "CADCAST_ALLOW_HOST=a,b,,c CADCAST_TRUST_NETWORK=10.0.0.0/8 CADCAST_LISTEN=1=x,2=y "
        "CADCAST_PYTHON_ENUMERATION=off CADCAST_LOG_LEVEL=error CADCAST_PORTS=9";
    assert_int_equal(
        parse(&options, "--port 5000 --trust-network ::/0 --debug", environment, &message), 0);
    assert_int_equal(options.port, 5000);
    assert_string_equal(options.host, "127.0.0.1");
    assert_int_equal(options.allow_host.count, 3);
    assert_string_equal(options.allow_host.items[2], "c");
    assert_int_equal(options.trust_network.count, 1);
    assert_string_equal(options.trust_network.items[0], "::/0");
    assert_int_equal(options.listen.count, 2);
    assert_string_equal(options.listen.items[1].name, "y");
    assert_int_equal(options.log_level, LOG_ERROR);
    check_setting(&options, "axes", json_true());
    check_setting(&options, "theme", json_string("dark"));
    check_setting(&options, "python_enumeration", json_false());
    assert_null(json_object_get(options.settings, "no_tools"));
    assert_int_equal(options.warnings.count, 1);
    assert_string_equal(options.warnings.items[0],
                        "unknown variable CADCAST_PORTS; did you mean CADCAST_PORT?");
    assert_int_equal(options.source[1], OPTIONS_FLAG);
    options_free(&options);

    /* A flag cannot be turned off, but what can be is turned on again. */
    assert_int_equal(parse(&options, "--python_enumeration", environment, &message), 0);
    check_setting(&options, "python_enumeration", json_true());
    options_free(&options);
    text_free(&message);
}

static void test_mistakes_are_named_in_one_line(void **state)
{
    static const struct {
        const char *line;
        const char *environment;
        const char *says;
    } cases[] = {
        { "--port 65536", "", "--port takes a whole number from 0 to 65535, not \"65536\"" },
        { "--port=abc", "", "--port takes a whole number from 0 to 65535, not \"abc\"" },
        { "--port= --axes", "", "--port takes a whole number" },
        { "--port 0x10", "", "--port takes a whole number" },
        { "--port 99999999999999999999", "", "--port takes a whole number" },
        { "--port", "", "--port needs a value: PORT" },
        { "--axes=1", "", "--axes takes no value" },
        { "--theme blue", "", "--theme takes one of light|dark|browser, not \"blue\"" },
        { "--default_color notacolor", "",
          "--default_color takes a CSS colour name, #rgb, #rrggbb or #rrggbbaa, not "
          "\"notacolor\"" },
        { "--default-edgecolor=#12345", "", "--default-edgecolor takes a CSS colour name" },
        { "", "CADCAST_DEFAULT_FACECOLOR=0xff", "CADCAST_DEFAULT_FACECOLOR takes a CSS colour" },
        { "--up X", "", "--up takes one of Z|Y" },
        { "--pan_speed inf", "", "--pan_speed takes a number from 0 to 1000, not \"inf\"" },
        { "--pan-speed nan", "", "--pan-speed takes a number" },
        { "--default_opacity 1.5", "", "takes a number from 0 to 1, not \"1.5\"" },
        { "--max-message 1X", "", "--max-message takes a number of bytes" },
        { "--max-message -1", "", "--max-message takes a number of bytes" },
        { "--max-message 5", "", "from 1024, not \"5\"" },
        { "--max-message 16777216T", "", "--max-message takes a number of bytes" },
        { "--goodbye-timeout -1", "", "--goodbye-timeout takes seconds" },
        { "--goodbye-timeout 1m", "", "--goodbye-timeout takes seconds" },
        { "--listen 4000", "", "--listen takes PORT=NAME" },
        { "--listen 4000=", "", "--listen takes PORT=NAME" },
        { "--listen 70000=a", "", "--listen takes PORT=NAME" },
        { "--listen 1=a/b", "", "--listen takes PORT=NAME" },
        { "--listen 1=a --listen 1=b", "", "port 1 twice" },
        { "--listen 3939=a", "", "--listen names the port of --port, 3939" },
        { "--trust-network 10.0.0.0/33", "", "--trust-network takes a network" },
        { "--trust-network ::/129", "", "--trust-network takes a network" },
        { "--trust-network 10.0.0.0/", "", "--trust-network takes a network" },
        { "--trust-network home", "", "--trust-network takes a network" },
        { "--listen 1=..", "", "--listen takes PORT=NAME" },
        { "--host 127.1", "", "--host takes a host name or an address, not \"127.1\"" },
        { "--host localhost:80", "", "--host takes a host name or an address" },
        { "--host fe80::1%lo", "", "--host takes a host name or an address" },
        { "--host []", "", "--host takes a host name or an address" },
        { "--allow-host a/b", "", "--allow-host takes a host name" },
        { "--allow-host 127.1", "", "--allow-host takes a host name" },
        { "--allow-host a%b", "", "--allow-host takes a host name" },
        { "--allow-origin https://a:99999", "", "--allow-origin takes an origin" },
        { "--allow-origin null", "", "--allow-origin takes an origin" },
        { "--allow-origin example.org", "", "--allow-origin takes an origin" },
        { "--allow-origin https://a/b", "", "--allow-origin takes an origin" },
        { "--token short", "", "--token takes 8 to 128 of A-Z a-z 0-9 - . _ ~, not \"***\"" },
        { "--token abcdefgh --no-token", "", "--token and --no-token exclude each other" },
        { "--tls-cert a", "", "--tls-cert and --tls-key need each other" },
        { "--state-dir a --no-state", "", "--state-dir and --no-state exclude each other" },
        { "--prot 1", "", "unknown option --prot; did you mean --port?" },
        { "--treewidth=1", "", "unknown option --treewidth; did you mean --tree_width?" },
        { "--max_mesage 1", "", "did you mean --max-message?" },
        { "--no_axes", "", "unknown option --no_axes" },
        { "--xyzzyxyzzyxyzzy", "", "unknown option --xyzzyxyzzyxyzzy; --help lists all" },
        { "--", "", "unexpected argument \"--\"" },
        { "-x", "", "unexpected argument \"-x\"" },
        { "serve serve", "", "unexpected argument \"serve\"" },
        { "", "CADCAST_PORT=x", "CADCAST_PORT takes a whole number from 0 to 65535, not \"x\"" },
        { "", "CADCAST_AXES=maybe", "CADCAST_AXES takes 1 or 0" },
        { "", "CADCAST_LISTEN=1=a,b", "CADCAST_LISTEN takes PORT=NAME" },
    };
    struct text message = { 0 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct options options;
        int r = parse(&options, cases[i].line, cases[i].environment, &message);
        if (r != -EINVAL || strstr(text_string(&message), cases[i].says) == NULL)
            fail_msg("%s %s: %d, \"%s\"", cases[i].line, cases[i].environment, r,
                     text_string(&message));
        assert_null(strchr(text_string(&message), '\n'));
        options_free(&options);
    }
    text_free(&message);
}

static void test_hints_are_near(void **state)
{
    assert_string_equal(options_hint("max-mem", 7), "max-memory");
    assert_string_equal(options_hint("colapse", 7), "collapse");
    assert_string_equal(options_hint("any_usr", 7), "any-user");
    assert_null(options_hint("q", 1));
    assert_null(options_hint("supercalifragilisticexpialidocious_and_more", 43));
}

static void check_lines(const struct text *text, unsigned most)
{
    unsigned lines = 0;
    assert_int_equal(text_error(text), 0);
    for (const char *line = text->data; *line != '\0'; line += strcspn(line, "\n") + 1) {
        assert_true(strcspn(line, "\n") <= 80);
        lines++;
    }
    assert_true(lines <= most);
}

static void test_help_lists_every_option(void **state)
{
    struct text help = { 0 };
    size_t count;
    const struct options_row *rows = options_rows(&count);
    options_help_all(&help);
    assert_int_equal(text_error(&help), 0);
    for (size_t i = 0; i < count; i++) {
        char variable[64];
        options_variable(&rows[i], variable);
        assert_non_null(strstr(help.data, rows[i].name));
        assert_non_null(strstr(help.data, variable));
        assert_non_null(strstr(help.data, options_group_name(rows[i].group)));
    }
    assert_non_null(strstr(help.data, "\n  restart "));
    check_lines(&help, 400);
    text_free(&help);
}

static void test_help_is_short_and_has_sections(void **state)
{
    struct text help = { 0 };
    size_t count;
    size_t command_count;
    const struct options_row *rows = options_rows(&count);
    const struct commands_row *commands = commands_rows(&command_count);
    options_help(&help);
    check_lines(&help, 60);
    for (size_t i = 0; i < command_count; i++) {
        struct text topic = { 0 };
        assert_non_null(strstr(help.data, commands[i].name));
        assert_int_equal(options_help_topic(&topic, commands[i].name), 0);
        check_lines(&topic, 20);
        text_free(&topic);
    }
    for (size_t i = 0; i < count; i++) {
        struct text section = { 0 };
        struct text option = { 0 };
        const char *word = options_group_word(rows[i].group);
        assert_non_null(strstr(help.data, word));
        assert_int_equal(options_help_topic(&section, word), 0);
        assert_int_equal(options_help_topic(&option, rows[i].name), 0);
        assert_non_null(strstr(section.data, rows[i].name));
        assert_non_null(strstr(option.data, word));
        check_lines(&section, 110);
        text_free(&section);
        text_free(&option);
    }
    text_free(&help);
    assert_int_equal(options_help_topic(&help, "xyzzy"), -EINVAL);
    assert_null(strchr(help.data, '\n'));
    text_free(&help);
}

/* No two rows share a name or a field, and every default is a value that the option takes. */
static void test_table_is_sound(void **state)
{
    size_t count;
    const struct options_row *rows = options_rows(&count);
    for (size_t i = 0; i < count; i++) {
        assert_true(strlen(rows[i].name) < 48);
        assert_true(rows[i].least <= rows[i].most || rows[i].most == 0);
        for (size_t j = i + 1; j < count; j++) {
            assert_false(options_same_name(rows[i].name, rows[j].name, strlen(rows[j].name)));
            assert_true(rows[i].field != rows[j].field || rows[i].field == OPTIONS_NO_FIELD);
        }
        if (rows[i].value == NULL || rows[i].argument == NULL)
            continue;
        struct options options;
        struct text message = { 0 };
        char line[256];
        snprintf(line, sizeof(line), "--%s %s", rows[i].name, rows[i].value);
        assert_int_equal(parse(&options, line, "", &message), 0);
        options_free(&options);
        text_free(&message);
    }
}

/* The words behind a command, and what commands_take leaves of them. */
static int take(const char *command, const char *line, const char *given[COMMANDS_FLAGS],
                char *rest, struct text *message)
{
    static char copy[200];
    char *argv[16] = { "cadcast", (char *)command };
    int argc = 2;
    snprintf(copy, sizeof(copy), "%s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    int error = commands_take(commands_row(command), &argc, argv, 2, given, message);
    rest[0] = '\0';
    for (int i = 2; error == 0 && i < argc; i++)
        strcat(strcat(rest, i > 2 ? " " : ""), argv[i]);
    return error;
}

static void test_commands_take_their_own_options(void **state)
{
    const char *given[COMMANDS_FLAGS];
    char rest[200];
    struct text message = { 0 };
    assert_int_equal(take("logs", "--port 5 --follow -n 3", given, rest, &message), 0);
    assert_string_equal(given[0], "");
    assert_string_equal(given[1], "3");
    assert_string_equal(rest, "--port 5");
    assert_int_equal(take("logs", "-f --port=5", given, rest, &message), 0);
    assert_non_null(given[0]);
    assert_null(given[1]);
    assert_int_equal(take("measure", "a.msg --timeout=2.5 /x - --center", given, rest, &message),
                     0);
    assert_string_equal(given[1], "2.5");
    assert_string_equal(rest, "a.msg /x -");
    assert_string_equal(text_string(&message), "");
    assert_int_equal(take("logs", "-n", given, rest, &message), -EINVAL);
    assert_string_equal(text_string(&message), "-n needs a value");
    text_free(&message);
    assert_int_equal(take("status", "--json=1", given, rest, &message), -EINVAL);
    assert_string_equal(text_string(&message), "--json=1 takes no value");
    text_free(&message);
    assert_int_equal(take("measure", "a.msg --centre /x", given, rest, &message), -EINVAL);
    assert_string_equal(text_string(&message), "measure has no option --centre");
    text_free(&message);
}

static void add_flag(void *arg, const struct commands_flag *flag)
{
    text_format(arg, "%s %.*s%s, ", flag->command, flag->size, flag->name,
                flag->wants_value ? " VALUE" : "");
}

static void test_flags_are_given_by_name(void **state)
{
    (void)state;
    struct text flags = { 0 };
    commands_flags(commands_row("logs"), add_flag, &flags);
    commands_flags(commands_row("stop"), add_flag, &flags);
    commands_flags(commands_row("mcp"), add_flag, &flags);
    assert_string_equal(text_string(&flags),
                        "logs -f, logs --follow, logs -n VALUE, mcp --port VALUE, ");
    text_free(&flags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_kind_of_value),
        cmocka_unit_test(test_tokens_are_as_long_as_the_guard_takes),
        cmocka_unit_test(test_settings_are_kept_as_given),
        cmocka_unit_test(test_environment_stands_below_flags),
        cmocka_unit_test(test_mistakes_are_named_in_one_line),
        cmocka_unit_test(test_hints_are_near),
        cmocka_unit_test(test_help_lists_every_option),
        cmocka_unit_test(test_help_is_short_and_has_sections),
        cmocka_unit_test(test_table_is_sound),
        cmocka_unit_test(test_commands_take_their_own_options),
        cmocka_unit_test(test_flags_are_given_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
