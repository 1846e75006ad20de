/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "settings/options_value.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "settings/options_color.h"
#include "view/session.h"
#include "web/guard.h"
#include "web/token.h"

static void *field_of(struct options *options, const struct options_row *row)
{
    return row->field == OPTIONS_NO_FIELD ? NULL : (char *)options + row->field;
}

/* Stores a setting for config; takes over `value`, which may be NULL for no memory. */
static int store_setting(struct options *options, const struct options_row *row, json_t *value)
{
    if (!row->setting) {
        json_decref(value);
        return 0;
    }
    return json_object_set_new(options->settings, row->name, value) == 0 ? 0 : -ENOMEM;
}

static int store_text(char **field, const char *value)
{
    char *copy = strdup(value);
    if (copy == NULL)
        return -ENOMEM;
    free(*field);
    *field = copy;
    return 0;
}

static int store_switch(struct options *options, const struct options_row *row, const char *value,
                        struct text *message)
{
    static const char *const words[] = { "0", "false", "no", "off", "1", "true", "yes", "on" };
    for (size_t i = 0; i < 8; i++) {
        if (strcasecmp(value, words[i]) != 0)
            continue;
        bool on = i >= 4;
        if (row->kind == OPTIONS_SWITCH && !on)
            return 0;
        bool *field = field_of(options, row);
        if (field != NULL)
            *field = on;
        return store_setting(options, row, json_boolean(on));
    }
    text_add(message, "takes 1 or 0, true or false, yes or no, on or off");
    return -EINVAL;
}

static int store_string(struct options *options, const struct options_row *row, const char *value,
                        struct text *message)
{
    if (value[0] == '\0' || !utf8_valid((const uint8_t *)value, strlen(value))) {
        text_add(message, "takes a text that is not empty, in UTF-8");
        return -EINVAL;
    }
    char **field = field_of(options, row);
    if (field != NULL)
        return store_text(field, value);
    return store_setting(options, row, json_string(value));
}

static int store_color(struct options *options, const struct options_row *row, const char *value,
                       struct text *message)
{
    if (!options_color_text(value)) {
        text_add(message, "takes " OPTIONS_COLOR_TEXT);
        return -EINVAL;
    }
    return store_setting(options, row, json_string(value));
}

static int store_choice(struct options *options, const struct options_row *row, const char *value,
                        struct text *message)
{
    int64_t place = 0;
    for (const char *choice = row->choices; choice != NULL; place++) {
        const char *end = strchr(choice, '|');
        size_t size = end != NULL ? (size_t)(end - choice) : strlen(choice);
        if (strlen(value) == size && strncasecmp(value, choice, size) == 0) {
            int64_t *field = field_of(options, row);
            if (field != NULL)
                *field = place;
            return store_setting(options, row, json_stringn(choice, size));
        }
        choice = end != NULL ? end + 1 : NULL;
    }
    text_format(message, "takes one of %s", row->choices);
    return -EINVAL;
}

/* Reads the whole of `value` as a decimal number: no blanks, no hexadecimal, no "inf". */
static bool read_number(const char *value, double *number, const char **rest)
{
    if (strspn(value, "+-.0123456789") == 0 || strpbrk(value, "xXnN") != NULL)
        return false;
    char *end;
    *number = strtod(value, &end);
    *rest = end;
    return end != value && isfinite(*number);
}

static int store_integer(struct options *options, const struct options_row *row, const char *value,
                         struct text *message)
{
    char *end = NULL;
    errno = 0;
    long long number = strspn(value, "+-0123456789") > 0 ? strtoll(value, &end, 10) : 0;
    if (end == NULL || end == value || *end != '\0' || errno != 0 || (double)number < row->least ||
        (double)number > row->most) {
        text_format(message, "takes a whole number from %.0f to %.0f", row->least, row->most);
        return -EINVAL;
    }
    int64_t *field = field_of(options, row);
    if (field != NULL)
        *field = number;
    return store_setting(options, row, json_integer(number));
}

static int store_number(struct options *options, const struct options_row *row, const char *value,
                        struct text *message)
{
    double number;
    const char *rest;
    if (!read_number(value, &number, &rest) || *rest != '\0' || number < row->least ||
        number > row->most) {
        text_format(message, "takes a number from %g to %g", row->least, row->most);
        return -EINVAL;
    }
    return store_setting(options, row, json_real(number));
}

static int store_seconds(struct options *options, const struct options_row *row, const char *value,
                         struct text *message)
{
    double seconds;
    const char *rest;
    if (!read_number(value, &seconds, &rest) || (*rest != '\0' && strcmp(rest, "s") != 0) ||
        seconds < row->least || seconds > row->most) {
        text_format(message, "takes seconds from %g to %g", row->least, row->most);
        return -EINVAL;
    }
    uint64_t *field = field_of(options, row);
    /* A time below a millisecond must not become 0, which means "never". */
    *field = seconds > 0 && seconds < 0.001 ? 1 : (uint64_t)(seconds * 1000 + 0.5);
    return 0;
}

/* The shift of a unit of bytes; below 0 if it is not a unit. "10M", "10MiB" and "10MB" are the
 * same. */
static int unit_shift(const char *unit)
{
    static const char letters[] = "KMGT";
    if (unit[0] == '\0' || strcasecmp(unit, "B") == 0)
        return 0;
    for (int i = 0; letters[i] != '\0'; i++) {
        if (strncasecmp(unit, letters + i, 1) != 0)
            continue;
        const char *rest = unit + 1;
        bool known = *rest == '\0' || strcasecmp(rest, "B") == 0 || strcasecmp(rest, "iB") == 0;
        return known ? 10 * (i + 1) : -1;
    }
    return -1;
}

static int store_bytes(struct options *options, const struct options_row *row, const char *value,
                       struct text *message)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(value, &end, 10);
    int shift = strspn(value, "0123456789") > 0 && errno == 0 ? unit_shift(end) : -1;
    if (shift < 0 || number > (UINT64_MAX >> 1) >> shift ||
        (double)(number << shift) < row->least) {
        text_format(message, "takes a number of bytes, K, M, G or T, from %.0f", row->least);
        return -EINVAL;
    }
    uint64_t *field = field_of(options, row);
    *field = number << shift;
    return 0;
}

static int store_secret(struct options *options, const struct options_row *row, const char *value,
                        struct text *message)
{
    if (!token_valid(value)) {
        text_format(message, "takes %d to %d of A-Z a-z 0-9 - . _ ~", TOKEN_MIN, TOKEN_MAX);
        return -EINVAL;
    }
    return store_text(field_of(options, row), value);
}

/* Whether the guard, which parses the text later, accepts it: 0 or an error. */
static int try_guard(int (*add)(struct guard *, const char *), const char *value)
{
    struct guard trial = { 0 };
    int error = add(&trial, value);
    /* A host must not have a port here. */
    if (error == 0 && add == guard_add_bound && trial.host_count > 0 && trial.hosts[0].host.port)
        error = -EINVAL;
    guard_free(&trial);
    return error;
}

/* An IPv6 address may have the brackets that it needs in a URL. */
static int store_host(struct options *options, const struct options_row *row, const char *value,
                      struct text *message)
{
    char bare[256] = "";
    size_t size = strlen(value);
    bool brackets = size > 2 && value[0] == '[' && value[size - 1] == ']';
    if (size < sizeof(bare))
        memcpy(bare, value + brackets, size - 2 * brackets);
    int error = try_guard(guard_add_bound, bare);
    if (error == -EINVAL)
        text_add(message, "takes a host name or an address");
    return error < 0 ? error : store_text(field_of(options, row), bare);
}

int options_value_append(struct options_texts *texts, const char *value)
{
    char **items = realloc(texts->items, (texts->count + 1) * sizeof(*items));
    if (items == NULL)
        return -ENOMEM;
    texts->items = items;
    items[texts->count] = strdup(value);
    if (items[texts->count] == NULL)
        return -ENOMEM;
    texts->count++;
    return 0;
}

static int store_texts(struct options *options, const struct options_row *row, const char *value,
                       struct text *message)
{
    static const struct {
        int (*add)(struct guard *, const char *);
        const char *what;
    } lists[] = {
        { guard_allow_host, "takes a host name" },
        { guard_allow_origin,
          "takes an origin: https://host or https://host:port, without a path" },
        { guard_trust_network, "takes a network, such as 10.0.0.0/8" },
    };
    int list = row->kind - OPTIONS_HOSTS;
    int error = try_guard(lists[list].add, value);
    if (error == -EINVAL)
        text_add(message, lists[list].what);
    return error < 0 ? error : options_value_append(field_of(options, row), value);
}

static int append_port(struct options_ports *ports, uint16_t port, const char *name)
{
    struct options_port *items = realloc(ports->items, (ports->count + 1) * sizeof(*items));
    if (items == NULL)
        return -ENOMEM;
    ports->items = items;
    items[ports->count] = (struct options_port){ port, strdup(name) };
    if (items[ports->count].name == NULL)
        return -ENOMEM;
    ports->count++;
    return 0;
}

static int store_port(struct options *options, const struct options_row *row, const char *value,
                      struct text *message)
{
    size_t digits = strspn(value, "0123456789");
    long port = digits > 0 && digits <= 5 ? strtol(value, NULL, 10) : -1;
    if (port < 0 || port > 65535 || value[digits] != '=' || !session_name_ok(value + digits + 1)) {
        text_add(message, "takes PORT=NAME, the name 1 to 64 of A-Z a-z 0-9 . _ -");
        return -EINVAL;
    }
    struct options_ports *ports = field_of(options, row);
    for (size_t i = 0; i < ports->count; i++) {
        if (port != 0 && ports->items[i].port == port) {
            text_format(message, "has port %ld twice", port);
            return -EINVAL;
        }
    }
    return append_port(ports, (uint16_t)port, value + digits + 1);
}

int options_value_store(struct options *options, const struct options_row *row, const char *value,
                        struct text *message)
{
    static int (*const stores[])(struct options *, const struct options_row *, const char *,
                                 struct text *) = {
        [OPTIONS_SWITCH] = store_switch,   [OPTIONS_BOTH] = store_switch,
        [OPTIONS_TEXT] = store_string,     [OPTIONS_COLOR] = store_color,
        [OPTIONS_CHOICE] = store_choice,   [OPTIONS_INTEGER] = store_integer,
        [OPTIONS_NUMBER] = store_number,   [OPTIONS_BYTES] = store_bytes,
        [OPTIONS_SECONDS] = store_seconds, [OPTIONS_SECRET] = store_secret,
        [OPTIONS_HOST] = store_host,       [OPTIONS_HOSTS] = store_texts,
        [OPTIONS_ORIGINS] = store_texts,   [OPTIONS_NETWORKS] = store_texts,
        [OPTIONS_PORTS] = store_port,
    };
    return stores[row->kind](options, row, value, message);
}

bool options_value_repeatable(enum options_kind kind)
{
    return kind >= OPTIONS_HOSTS;
}

void options_value_free(struct options_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->items[i]);
    free(texts->items);
    *texts = (struct options_texts){ 0 };
}

static void free_ports(struct options_ports *ports)
{
    for (size_t i = 0; i < ports->count; i++)
        free(ports->items[i].name);
    free(ports->items);
    *ports = (struct options_ports){ 0 };
}

void options_value_clear(struct options *options, const struct options_row *row)
{
    void *field = field_of(options, row);
    if (field == NULL)
        return;
    if (row->kind == OPTIONS_PORTS) {
        free_ports(field);
    } else if (options_value_repeatable(row->kind)) {
        options_value_free(field);
    } else if (row->kind == OPTIONS_TEXT || row->kind == OPTIONS_SECRET ||
               row->kind == OPTIONS_HOST) {
        free(*(char **)field);
        *(char **)field = NULL;
    }
}
