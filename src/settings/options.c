/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "settings/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "settings/options_hint.h"
#include "settings/options_value.h"

#define PREFIX "CADCAST_"

/* One word of the command line, parsed. */
struct word {
    const struct options_row *row;
    const char *value;   /* of "--name=value"; NULL if there is none */
    bool off;            /* "--no_name" of an option that can be turned off */
    const char *spelled; /* the word as given */
    size_t spelled_size; /* the length of the name in it, with its dashes */
};

static struct options_texts split_commas(const char *list)
{
    struct options_texts parts = { 0 };
    char *copy = strdup(list);
    char *rest = copy;
    parts.items = copy != NULL ? calloc(strlen(list) + 1, sizeof(char *)) : NULL;
    if (parts.items == NULL) {
        free(copy);
        return parts;
    }
    /* The parts lie inside the one copy; the last item of the array keeps it for freeing. */
    parts.items[strlen(list)] = copy;
    for (char *part = strsep(&rest, ","); part != NULL; part = strsep(&rest, ",")) {
        part += strspn(part, " ");
        part[strcspn(part, " ")] = '\0';
        if (part[0] != '\0')
            parts.items[parts.count++] = part;
    }
    return parts;
}

static int store_commas(struct options *options, const struct options_row *row, const char *list,
                        struct text *message)
{
    struct options_texts parts = split_commas(list);
    if (parts.items == NULL)
        return -ENOMEM;
    int r = 0;
    for (size_t i = 0; i < parts.count && r == 0; i++)
        r = options_value_store(options, row, parts.items[i], message);
    free(parts.items[strlen(list)]);
    free(parts.items);
    return r;
}

/* Writes the option's name before the description of valid values. */
static int complain(struct text *message, const char *name, const char *value,
                    const struct text *why)
{
    text_format(message, "%s %s, not \"%s\"", name, text_string(why), value);
    return text_error(message) < 0 ? -ENOMEM : -EINVAL;
}

static int take_variable(struct options *options, const struct options_row *row, const char *name,
                         const char *value, struct text *message)
{
    struct text why = { 0 };
    int r = options_value_repeatable(row->kind) ? store_commas(options, row, value, &why)
                                                : options_value_store(options, row, value, &why);
    if (r == -EINVAL)
        r = complain(message, name, row->kind == OPTIONS_SECRET ? "***" : value, &why);
    text_free(&why);
    return r;
}

static const char *variable_value(char **envp, const char *name)
{
    size_t size = strlen(name);
    for (; envp != NULL && *envp != NULL; envp++) {
        if (strncmp(*envp, name, size) == 0 && (*envp)[size] == '=')
            return *envp + size + 1;
    }
    return NULL;
}

/* An empty variable counts as unset: an unset one in a container's description becomes empty. */
static int take_environment(struct options *options, char **envp, struct text *message)
{
    size_t count;
    const struct options_row *rows = options_rows(&count);
    for (size_t i = 0; i < count; i++) {
        char name[64];
        options_variable(&rows[i], name);
        const char *value = variable_value(envp, name);
        if (value == NULL || value[0] == '\0')
            continue;
        int r = take_variable(options, &rows[i], name, value, message);
        if (r < 0)
            return r;
        options->source[i] = OPTIONS_ENVIRONMENT;
    }
    return 0;
}

/* The place of a helper program (process/paths.h), which is like the names of its options. */
static const char helper_variable[] = "CADCAST_IMPORT=";

/* Variables of other programs, and of our tests, may have the same prefix: only a name similar to a
 * known one causes a warning. */
static int note_misspelled(struct options *options, char **envp)
{
    for (int r = 0; envp != NULL && *envp != NULL; envp++) {
        size_t size = strcspn(*envp, "=");
        char near[64];
        if (strncmp(*envp, PREFIX, sizeof(PREFIX) - 1) != 0 ||
            strncmp(*envp, helper_variable, sizeof(helper_variable) - 1) == 0 ||
            !options_hint_variable(*envp, size, near))
            continue;
        struct text text = { 0 };
        text_format(&text, "unknown variable %.*s; did you mean %s?", (int)size, *envp, near);
        r = text_error(&text) < 0 ? -ENOMEM
                                  : options_value_append(&options->warnings, text_string(&text));
        text_free(&text);
        if (r < 0)
            return r;
    }
    return 0;
}

static int take_defaults(struct options *options)
{
    size_t count;
    const struct options_row *rows = options_rows(&count);
    for (size_t i = 0; i < count; i++) {
        struct text why = { 0 };
        /* config applies the defaults of the settings, below the YAML file. */
        int r = rows[i].value != NULL && rows[i].field != OPTIONS_NO_FIELD
                    ? options_value_store(options, &rows[i], rows[i].value, &why)
                    : 0;
        text_free(&why);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The memory of this machine, or the limit of its container, in bytes. */
static uint64_t memory_size(void)
{
    uint64_t size = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    FILE *file = fopen("/sys/fs/cgroup/memory.max", "re");
    char line[32];
    if (file == NULL)
        return size;
    /* A number, or "max". */
    if (fgets(line, sizeof(line), file) != NULL) {
        uint64_t limit = strtoull(line, NULL, 10);
        size = limit > 0 && limit < size ? limit : size;
    }
    fclose(file);
    return size;
}

/* Splits "--no_name=value" into its parts. False: there is no such option. */
static bool read_word(struct word *word, const char *text)
{
    const char *name = text + 2;
    size_t size = strcspn(name, "=");
    *word = (struct word){ .spelled = text, .spelled_size = size + 2 };
    word->value = name[size] == '=' ? name + size + 1 : NULL;
    word->row = options_row(name, size);
    if (word->row != NULL || size <= 3 || !options_same_name("no_", name, 3))
        return word->row != NULL;
    const struct options_row *row = options_row(name + 3, size - 3);
    word->row = row != NULL && row->kind == OPTIONS_BOTH ? row : NULL;
    word->off = word->row != NULL;
    return word->off;
}

static int unknown_option(const char *text, struct text *message)
{
    size_t size = strcspn(text, "=");
    const char *near = options_hint(text + 2, size - 2);
    text_format(message, "unknown option %.*s", (int)(size < 100 ? size : 100), text);
    if (near != NULL)
        text_format(message, "; did you mean --%s?", near);
    else
        text_add(message, "; --help lists all");
    return text_error(message) < 0 ? -ENOMEM : -EINVAL;
}

/* Stores the value of one word and, if it needs one, of the next. Returns the number of words
 * used. */
static int take_word(struct options *options, const struct word *word, const char *next,
                     struct text *message)
{
    size_t count;
    size_t place = (size_t)(word->row - options_rows(&count));
    char name[80];
    snprintf(name, sizeof(name), "%.*s", (int)word->spelled_size, word->spelled);
    bool takes = word->row->argument != NULL;
    if (!takes && word->value != NULL) {
        text_format(message, "%s takes no value", name);
        return text_error(message) < 0 ? -ENOMEM : -EINVAL;
    }
    const char *value = !takes ? (word->off ? "0" : "1") : word->value != NULL ? word->value : next;
    if (value == NULL) {
        text_format(message, "%s needs a value: %s", name, word->row->argument);
        return text_error(message) < 0 ? -ENOMEM : -EINVAL;
    }
    /* Values on the command line replace a list from the environment. */
    if (options->source[place] != OPTIONS_FLAG && options_value_repeatable(word->row->kind))
        options_value_clear(options, word->row);
    options->source[place] = OPTIONS_FLAG;
    struct text why = { 0 };
    int r = options_value_store(options, word->row, value, &why);
    if (r == -EINVAL)
        r = complain(message, name, word->row->kind == OPTIONS_SECRET ? "***" : value, &why);
    text_free(&why);
    return r < 0 ? r : takes && word->value == NULL ? 2 : 1;
}

static int take_arguments(struct options *options, int argc, char **argv, struct text *message)
{
    int i = argc > 1 && strcmp(argv[1], "serve") == 0 ? 2 : 1;
    while (i < argc) {
        struct word word;
        if (strncmp(argv[i], "--", 2) != 0 || argv[i][2] == '\0') {
            text_format(message, "unexpected argument \"%.100s\"; --help lists all options",
                        argv[i]);
            return text_error(message) < 0 ? -ENOMEM : -EINVAL;
        }
        if (!read_word(&word, argv[i]))
            return unknown_option(argv[i], message);
        int taken = take_word(options, &word, i + 1 < argc ? argv[i + 1] : NULL, message);
        if (taken < 0)
            return taken;
        i += taken;
    }
    return 0;
}

/* Checks options against each other. */
static int check_together(struct options *options, struct text *message)
{
    if ((options->tls_cert == NULL) != (options->tls_key == NULL))
        text_add(message, "--tls-cert and --tls-key need each other");
    else if (options->no_token && options->token != NULL)
        text_add(message, "--token and --no-token exclude each other");
    else if (options->no_token && options->view_token != NULL)
        text_add(message, "--view-token and --no-token exclude each other");
    else if (options->token != NULL && options->view_token != NULL &&
             strcmp(options->token, options->view_token) == 0)
        text_add(message, "--view-token must differ from --token");
    else if (options->no_state && options->state_dir != NULL)
        text_add(message, "--state-dir and --no-state exclude each other");
    for (size_t i = 0; i < options->listen.count && message->size == 0; i++) {
        if (options->port != 0 && options->listen.items[i].port == options->port)
            text_format(message, "--listen names the port of --port, %d", (int)options->port);
    }
    if (text_error(message) < 0)
        return -ENOMEM;
    return message->size > 0 ? -EINVAL : 0;
}

static void derive(struct options *options)
{
    if (options->debug && !options_given(options, "log-level"))
        options->log_level = LOG_DEBUG;
    if (options->max_memory == 0)
        options->max_memory = memory_size() / 4;
    /* A switch that is on by the environment or a flag; if off, the YAML file decides. */
    if (options->timeit)
        json_object_set_new(options->settings, "timeit", json_true());
}

int options_parse(struct options *options, int argc, char **argv, char **envp, struct text *message)
{
    *options = (struct options){ .settings = json_object() };
    if (options->settings == NULL)
        return -ENOMEM;
    int r = take_defaults(options);
    if (r == 0)
        r = take_environment(options, envp, message);
    if (r == 0)
        r = note_misspelled(options, envp);
    if (r == 0)
        r = take_arguments(options, argc, argv, message);
    if (r == 0)
        r = check_together(options, message);
    if (r == 0)
        derive(options);
    return r;
}

void options_warn(const struct options *options, const struct log *log)
{
    for (size_t i = 0; i < options->warnings.count; i++)
        log_warning(log, "options", "%s", options->warnings.items[i]);
}

void options_free(struct options *options)
{
    size_t count;
    const struct options_row *rows = options_rows(&count);
    for (size_t i = 0; i < count; i++)
        options_value_clear(options, &rows[i]);
    options_value_free(&options->warnings);
    json_decref(options->settings);
    *options = (struct options){ 0 };
}

bool options_given(const struct options *options, const char *name)
{
    size_t count;
    const struct options_row *rows = options_rows(&count);
    const struct options_row *row = options_row(name, strlen(name));
    return row != NULL && options->source[row - rows] != OPTIONS_DEFAULT;
}
