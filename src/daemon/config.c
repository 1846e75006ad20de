/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/error.h"
#include "daemon/config_settings.h"
#include "daemon/config_write.h"
#include "daemon/config_yaml.h"
#include "daemon/file.h"

/* A file that was changed so shortly before it was read may change again without its time showing
 * it, since the clock of a file system ticks slowly. */
#define TICK_MS 100

struct config {
    const struct options *options;
    const struct log *log;
    char *path;           /* NULL: no file */
    json_t *file;         /* what of the file is in use: the last good values */
    struct text body;     /* the answer without "_splash" */
    struct stat seen;     /* the file at its last reading; st_ino 0: there was none */
    bool settled;         /* a later change will show in `seen` */
    struct text contents; /* the bytes that were judged last, good or bad */
    int fault;            /* the error that was warned of last; 0: it could be read */
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

static void warn(struct config *config, const struct config_yaml_error *error)
{
    log_warning(config->log, "config", "%s:%zu:%zu: %s; the last good settings stay", config->path,
                error->line, error->column, error->text);
}

static void warn_type(struct config *config, const char *key, const json_t *place,
                      const char *fault)
{
    int line = (int)json_integer_value(json_array_get(place, 0));
    int column = (int)json_integer_value(json_array_get(place, 1));
    log_warning(config->log, "config", "%s:%d:%d: %s %s; its last good value stays", config->path,
                line, column, key, fault);
}

/* Says once that the file cannot be read at all. */
static void warn_unreadable(struct config *config, int error)
{
    char buf[64];
    const char *why = error == -EFBIG    ? "is longer than 1 MB"
                      : error == -EINVAL ? "is not a file"
                                         : error_text(error, buf, sizeof(buf));
    if (error != config->fault)
        log_warning(config->log, "config", "%s: %s; the last good settings stay", config->path,
                    why);
    config->fault = error;
}

/* Gives a key of the wrong type the value it had before, or takes it out. */
static int put_back(struct config *config, json_t *file, const char *key)
{
    json_t *good = json_object_get(config->file, key);
    if (good == NULL) {
        json_object_del(file, key);
        return 0;
    }
    return json_object_set(file, key, good) == 0 ? 0 : -ENOMEM;
}

static int check_types(struct config *config, json_t *file, json_t *places)
{
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(file, next, key, value)
    {
        const char *fault = config_settings_fault(key, value);
        if (fault == NULL)
            continue;
        warn_type(config, key, json_object_get(places, key), fault);
        /* The name lies in the entry that is taken out. */
        char *name = strdup(key);
        int r = name != NULL ? put_back(config, file, name) : -ENOMEM;
        free(name);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Takes the file's contents into use, or says why not. */
static int take(struct config *config, const struct text *contents)
{
    struct config_yaml_error error;
    json_t *file = NULL;
    json_t *places = NULL;
    int r = config_yaml_load(text_string(contents), contents->size, &file, &places, &error);
    if (r == -EINVAL)
        warn(config, &error);
    if (r < 0)
        return r;
    r = check_types(config, file, places);
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
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec &&
           a->st_mode == b->st_mode;
}

/* Whether the file is older than a tick of the clock that it was marked with. */
static bool is_settled(const struct stat *st)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t age = ((int64_t)now.tv_sec - st->st_ctim.tv_sec) * 1000 +
                  (now.tv_nsec - st->st_ctim.tv_nsec) / 1000000;
    return age > TICK_MS;
}

static int forget(struct config *config)
{
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

/* Judges the contents unless they are those that were judged last: a file that was only touched
 * is not warned of again. Takes over `contents`. */
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

/* Reads the file again if it is not the one that was read last. */
static int refresh(struct config *config)
{
    struct stat st;
    struct text contents = { 0 };
    if (config->path == NULL)
        return 0;
    if (stat(config->path, &st) < 0) {
        if (errno == ENOENT)
            return forget(config);
        warn_unreadable(config, -errno);
        return 0;
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
            warn_unreadable(config, r);
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
    config->log = log;
    config->file = json_object();
    bool named = home == NULL || asprintf(&config->path, "%s/.ocpvscode_standalone", home) > 0;
    if (!named)
        config->path = NULL;
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
    free(config->path);
    free(config);
}

/* Whether the file is surely the one that was read last, or was not there then and is not now. */
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

/* Without memory for the new settings the old ones are still an answer. */
static void look(struct config *config)
{
    if (refresh(config) < 0)
        log_warning(config->log, "config", "no memory to read the settings again");
}

int config_page(struct config *config, struct text *out)
{
    look(config);
    text_add_bytes(out, config->body.data, config->body.size);
    return text_error(out);
}

int config_answer(struct config *config, bool splash, struct text *out)
{
    look(config);
    return add_answer(config, splash, out);
}

/* Copies what a user may have written by hand before it is gone. */
static void keep_backup(const char *path, const struct text *new)
{
    struct text old = { 0 };
    char *backup = NULL;
    if (file_read(path, CONFIG_FILE_MAX, &old, NULL) == 0 && old.size > 0 &&
        (old.size != new->size || memcmp(old.data, new->data, old.size) != 0) &&
        asprintf(&backup, "%s.bak", path) > 0) {
        file_replace(backup, old.data, old.size, 0);
        free(backup);
    }
    text_free(&old);
}

int config_create_file(const char *home, struct text *path)
{
    struct text contents = { 0 };
    if (home == NULL)
        return -ENOENT;
    text_format(path, "%s/.ocpvscode_standalone", home);
    config_settings_file(&contents);
    int r = text_error(path) < 0 || text_error(&contents) < 0 ? -ENOMEM : 0;
    /* A link, such as one into a folder of dot files, stays a link. */
    char *target = r == 0 ? realpath(path->data, NULL) : NULL;
    if (r == 0) {
        const char *name = target != NULL ? target : path->data;
        keep_backup(name, &contents);
        r = file_replace(name, contents.data, contents.size, FILE_SYNC | FILE_LIKE);
    }
    free(target);
    text_free(&contents);
    return r;
}
