/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "settings/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"
#include "base/sys.h"
#include "settings/config_check.h"
#include "settings/config_faults.h"
#include "settings/config_settings.h"
#include "settings/config_write.h"
#include "settings/config_yaml.h"

/* If a file was changed this shortly before it was read, another change may leave its time the
 * same, since the clock of a file system ticks slowly. */
#define TICK_MS 100

/* Longest part of a name that a message repeats, in bytes. */
#define KEY_SHOWN 60
#define LAST_VALUE "; its last good value stays"

struct config {
    const struct options *options;
    char *path;           /* NULL: no file */
    json_t *file;         /* the values in use of the file: the last valid ones */
    struct text body;     /* the answer without "_splash" */
    struct stat seen;     /* the file at its last reading; st_ino 0: it did not exist */
    bool settled;         /* a later change will differ from `seen` */
    struct text contents; /* the bytes that were checked last, valid or not */
    int fault;            /* the error of the last warning; 0: the file could be read */
    struct config_faults faults;
    uint64_t version; /* of the notice; counts its changes */
};

static int rebuild(struct config *config)
{
    json_t *settings = config_settings_resolve(config->file, config->options->settings);
    if (settings == NULL)
        return -ENOMEM;
    struct text body = { 0 };
    config_write(&body, settings);
    json_decref(settings);
    if (text_error(&body) < 0) {
        text_free(&body);
        return -ENOMEM;
    }
    text_free(&config->body);
    config->body = body;
    return 0;
}

/* The notice describes the current file, although the settings in use may be older. */
static int end_faults(struct config *config)
{
    config->version++;
    return config_faults_end(&config->faults);
}

/* Logs once that the file cannot be read at all. */
static int warn_unreadable(struct config *config, int error)
{
    char buf[64];
    char text[128];
    const char *why = error == -EFBIG    ? "is longer than 1 MB"
                      : error == -EINVAL ? "is not a file"
                                         : error_text(error, buf, sizeof(buf));
    if (error == config->fault)
        return 0;
    config->fault = error;
    snprintf(text, sizeof(text), "%s; the last good settings stay", why);
    config_faults_clear(&config->faults);
    config_faults_add(&config->faults, 0, 0, false, text);
    return end_faults(config);
}

static int warn_syntax(struct config *config, const struct config_yaml_error *error)
{
    char text[sizeof(error->text) + 40];
    snprintf(text, sizeof(text), "%s; the last good settings stay", error->text);
    config_faults_add(&config->faults, error->line, error->column, false, text);
    return end_faults(config);
}

/* Adds a fault of one setting. */
static int warn_setting(struct config *config, const char *key, const json_t *place, bool minor,
                        const char *fault, const char *stays)
{
    size_t line = (size_t)json_integer_value(json_array_get(place, 0));
    size_t column = (size_t)json_integer_value(json_array_get(place, 1));
    struct text text = { 0 };
    text_format(&text, "%.*s %s%s", KEY_SHOWN, key, fault, stays);
    int r = text_error(&text);
    if (r == 0)
        config_faults_add(&config->faults, line, column, minor, text_string(&text));
    text_free(&text);
    return r;
}

/* Restores the previous value of a key with an invalid one, or removes the key. */
static int put_back(struct config *config, json_t *file, const char *key)
{
    json_t *good = json_object_get(config->file, key);
    if (good == NULL) {
        json_object_del(file, key);
        return 0;
    }
    return json_object_set(file, key, good) == 0 ? 0 : -ENOMEM;
}

static int check_value(struct config *config, json_t *file, const char *key, json_t *value,
                       const json_t *place)
{
    struct text fault = { 0 };
    json_t *use = NULL;
    int r = config_check(key, value, &use, &fault);
    if (r == 0)
        r = json_object_set_new(file, key, use) == 0 ? 0 : -ENOMEM;
    if (r == -EINVAL)
        r = warn_setting(config, key, place, false, text_string(&fault), LAST_VALUE);
    else if (r == 0)
        r = 1;
    text_free(&fault);
    return r == 0 ? put_back(config, file, key) : r < 0 ? r : 0;
}

static int check_name(struct config *config, const char *key, const json_t *place)
{
    struct text fault = { 0 };
    int r = 0;
    enum config_name name = config_check_name(key, &fault);
    if (text_error(&fault) < 0)
        r = -ENOMEM;
    else if (name != CONFIG_NAME_KNOWN)
        r = warn_setting(config, key, place, name == CONFIG_NAME_UNKNOWN, text_string(&fault), "");
    text_free(&fault);
    return r;
}

/* Checks every name and value of the file; replaces invalid ones. */
static int check_settings(struct config *config, json_t *file, const json_t *places)
{
    const char *key;
    json_t *value;
    void *next;
    int r = 0;
    json_object_foreach_safe(file, next, key, value)
    {
        /* The key belongs to the entry, which may be removed. */
        char *name = strdup(key);
        const json_t *place = json_object_get(places, key);
        r = name != NULL ? check_name(config, name, place) : -ENOMEM;
        if (r == 0)
            r = check_value(config, file, name, value, place);
        free(name);
        if (r < 0)
            return r;
    }
    return end_faults(config);
}

/* Takes the file's contents into use, or logs why not. */
static int take(struct config *config, const struct text *contents)
{
    struct config_yaml_error error;
    json_t *file = NULL;
    json_t *places = NULL;
    config_faults_clear(&config->faults);
    int r = config_yaml_load(text_string(contents), contents->size, &file, &places, &error);
    if (r == -EINVAL && warn_syntax(config, &error) < 0)
        r = -ENOMEM;
    if (r < 0)
        return r;
    r = check_settings(config, file, places);
    json_decref(places);
    if (r < 0) {
        json_decref(file);
        return r;
    }
    json_decref(config->file);
    config->file = file;
    return rebuild(config);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return file_same(a, b) && a->st_size == b->st_size && sys_modified(a) == sys_modified(b) &&
           sys_changed(a) == sys_changed(b) && a->st_mode == b->st_mode;
}

/* Whether the file is older than a tick of the file system's clock. */
static bool is_settled(const struct stat *st)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t age = now.tv_sec * INT64_C(1000000000) + now.tv_nsec - sys_changed(st);
    return age / 1000000 > TICK_MS;
}

static int forget(struct config *config)
{
    if (config->faults.count > 0) {
        config_faults_clear(&config->faults);
        config->version++;
    }
    config->fault = 0;
    if (config->seen.st_ino == 0)
        return 0;
    json_t *none = json_object();
    if (none == NULL)
        return -ENOMEM;
    json_decref(config->file);
    config->file = none;
    config->seen = (struct stat){ 0 };
    text_free(&config->contents);
    return rebuild(config);
}

/* Checks the contents, unless they were checked last: a file that was only touched causes no second
 * warning. Takes over `contents`. */
static int judge(struct config *config, struct text *contents)
{
    bool known = config->seen.st_ino != 0 && config->fault == 0 &&
                 contents->size == config->contents.size &&
                 memcmp(text_string(contents), text_string(&config->contents), contents->size) == 0;
    int r = known ? 0 : take(config, contents);
    if (r == -ENOMEM) {
        text_free(contents);
        return r;
    }
    text_free(&config->contents);
    config->contents = *contents;
    config->fault = 0;
    return 0;
}

/* Reads the file again if it changed. */
static int refresh(struct config *config)
{
    struct stat st;
    struct text contents = { 0 };
    if (config->path == NULL)
        return 0;
    if (stat(config->path, &st) < 0) {
        if (errno == ENOENT)
            return forget(config);
        return warn_unreadable(config, -errno);
    }
    if (config->settled && same_file(&st, &config->seen))
        return 0;
    bool settled = is_settled(&st);
    int r = file_read(config->path, CONFIG_FILE_MAX, &contents, NULL);
    if (r == 0) {
        r = judge(config, &contents);
    } else {
        text_free(&contents);
        if (r != -ENOMEM)
            r = warn_unreadable(config, r);
    }
    if (r == -ENOMEM)
        return r;
    config->seen = st;
    config->settled = settled;
    return 0;
}

struct config *config_new(const struct options *options, const char *home, const struct log *log)
{
    struct config *config = calloc(1, sizeof(*config));
    if (config == NULL)
        return NULL;
    config->options = options;
    config->file = json_object();
    bool named = home == NULL || asprintf(&config->path, "%s/.ocpvscode_standalone", home) > 0;
    if (!named)
        config->path = NULL;
    config->faults = (struct config_faults){ .log = log, .path = config->path };
    if (!named || config->file == NULL || rebuild(config) < 0) {
        config_free(config);
        return NULL;
    }
    return config;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    json_decref(config->file);
    text_free(&config->body);
    text_free(&config->contents);
    config_faults_clear(&config->faults);
    free(config->path);
    free(config);
}

/* Whether the file is surely the one that was read last, or is missing as before. */
static bool is_known(const struct config *config)
{
    struct stat st;
    if (config->path == NULL)
        return true;
    int r = file_glance(config->path, &st);
    if (r == -ENOENT)
        return config->seen.st_ino == 0 && config->fault == 0;
    return r == 0 && config->settled && same_file(&st, &config->seen);
}

static int add_answer(const struct config *config, bool splash, struct text *out)
{
    text_add_bytes(out, config->body.data, config->body.size - 1);
    text_add(out, splash ? ",\"_splash\":true}" : ",\"_splash\":false}");
    return text_error(out);
}

int config_answer_at_once(struct config *config, bool splash, struct text *out)
{
    return is_known(config) ? add_answer(config, splash, out) : -EAGAIN;
}

/* Brings the settings up to date. Without memory for new settings the old ones are still an
 * answer. */
static void update(struct config *config)
{
    if (refresh(config) < 0)
        log_warning(config->faults.log, "config", "no memory to read the settings again");
}

int config_page(struct config *config, struct text *out)
{
    update(config);
    text_add_bytes(out, config->body.data, config->body.size);
    return text_error(out);
}

int config_answer(struct config *config, bool splash, struct text *out)
{
    update(config);
    return add_answer(config, splash, out);
}

const char *config_notice(const struct config *config, uint64_t *version)
{
    *version = config->version;
    return text_string(&config->faults.notice);
}
