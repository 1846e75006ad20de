/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "process/service_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sys.h"

#define TAIL_MAX (256 * 1024)
#define INFO_MAX (64 * 1024)

/* ---- names ---- */

static int put(char out[PATH_MAX], const char *format, const char *a, const char *b, long long n)
{
    int size = snprintf(out, PATH_MAX, format, a, b, n);
    return size < 0 || size >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* The folder of a variable; relative ones are ignored, as the specification requires. */
static const char *base_folder(const char *variable)
{
    const char *value = getenv(variable);
    return value != NULL && value[0] == '/' ? value : NULL;
}

/* Makes a given path absolute, for programs in another folder. */
static int name_given(char out[PATH_MAX], const char *path)
{
    char folder[PATH_MAX];
    if (path[0] == '/')
        return put(out, "%s%s", path, "", 0);
    if (getcwd(folder, sizeof(folder)) == NULL)
        return -errno;
    return put(out, "%s/%s", folder, path, 0);
}

static int name_state(struct service_files *files, const struct options *options)
{
    const char *base = base_folder("XDG_STATE_HOME");
    const char *home = base_folder("HOME");
    const char *below = base == NULL ? "/.local/state" : "";
    long long port = options->port;
    int error = 0;
    if (base == NULL)
        base = home;
    bool keeps = options->state_dir == NULL && !options->no_state;
    files->log[0] = files->state[0] = '\0';
    if (base == NULL && (options->log_file == NULL || keeps))
        return -ENOENT;
    if (options->log_file != NULL)
        error = name_given(files->log, options->log_file);
    else
        error = put(files->log, "%s%s/cadcast/cadcast-%lld.log", base, below, port);
    if (error == 0 && options->state_dir != NULL)
        error = put(files->state, "%s%s", options->state_dir, "", 0);
    else if (error == 0 && base != NULL)
        error = put(files->state, "%s%s/cadcast/%lld", base, below, port);
    return error;
}

int service_files_init(struct service_files *files, const struct options *options)
{
    const char *runtime = base_folder("XDG_RUNTIME_DIR");
    int error = runtime != NULL ? put(files->folder, "%s/%s", runtime, "cadcast", 0)
                                : put(files->folder, "%s%s%lld", "/tmp/", "cadcast-", getuid());
    if (error == 0)
        error = put(files->pid, "%s%s/%lld.pid", files->folder, "", options->port);
    return error == 0 ? name_state(files, options) : error;
}

int service_files_folder(const struct service_files *files)
{
    struct stat st;
    if (mkdir(files->folder, 0700) < 0 && errno != EEXIST)
        return -errno;
    /* Another user may have made a folder in /tmp before. */
    if (lstat(files->folder, &st) < 0)
        return -errno;
    bool ours = S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 077) == 0;
    return ours ? 0 : -EPERM;
}

/* ---- the lock ---- */

int service_files_lock(const struct service_files *files)
{
    for (int tries = 0; tries < 10; tries++) {
        int fd = open(files->pid, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
            return -errno;
        int error = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
        if (error == 0 && file_is_at(fd, files->pid))
            return fd;
        close(fd);
        if (error < 0 && error != -EWOULDBLOCK)
            return error;
        /* Another command may hold the lock for a moment, to check whether the service runs. */
        sys_pause(5);
    }
    return -EBUSY;
}

bool service_files_running(const struct service_files *files)
{
    int fd = open(files->pid, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    bool running = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    close(fd);
    return running;
}

/* ---- the pid file's contents ---- */

json_t *service_files_read(const struct service_files *files)
{
    struct text text = { 0 };
    json_t *info = NULL;
    if (service_files_running(files) && file_read(files->pid, INFO_MAX, &text, NULL) == 0)
        info = json_loadb(text_string(&text), text.size, 0, NULL);
    text_free(&text);
    if (json_integer_value(json_object_get(info, "pid")) > 0)
        return info;
    json_decref(info);
    return NULL;
}

/* What another service wrote into the pid file `name`, whose path is then in `other`. NULL: it is
 * no pid file, or that of `files`, or nothing runs with it. */
static json_t *read_other(const struct service_files *files, const char *name,
                          struct service_files *other)
{
    size_t size = strlen(name);
    if (size < 5 || strcmp(name + size - 4, ".pid") != 0 ||
        put(other->pid, "%s/%s", files->folder, name, 0) < 0 || strcmp(other->pid, files->pid) == 0)
        return NULL;
    return service_files_read(other);
}

/* Adds a line if another service runs with the pid file `name`. */
static void add_other(const struct service_files *files, const char *name, struct text *out)
{
    struct service_files other;
    json_t *info = read_other(files, name, &other);
    const char *url = json_string_value(json_object_get(info, "url"));
    if (url != NULL)
        text_format(out, "one that was started with --port %.*s is running at %s\n",
                    (int)strlen(name) - 4, name, url);
    json_decref(info);
}

void service_files_others(const struct service_files *files, struct text *out)
{
    DIR *folder = opendir(files->folder);
    if (folder == NULL)
        return;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        add_other(files, entry->d_name, out);
    closedir(folder);
}

/* Whether the page of that address is at the port. */
static bool is_at(const char *url, int port)
{
    char end[16];
    const char *host = url == NULL ? NULL : strstr(url, "://");
    int size = snprintf(end, sizeof(end), ":%d", port);
    if (host == NULL || size < 0)
        return false;
    size_t length = strcspn(host + 3, "/");
    return length > (size_t)size && strncmp(host + 3 + length - size, end, (size_t)size) == 0;
}

/* Takes pid file and log of the service with the pid file `name` if its page is at the port. */
static bool take_other(struct service_files *files, const char *name, int port)
{
    struct service_files other;
    json_t *info = read_other(files, name, &other);
    const char *log = json_string_value(json_object_get(info, "log"));
    bool found = is_at(json_string_value(json_object_get(info, "url")), port);
    if (found) {
        put(files->pid, "%s%s", other.pid, "", 0);
        put(files->log, "%s%s", log == NULL ? "" : log, "", 0);
    }
    json_decref(info);
    return found;
}

void service_files_find(struct service_files *files, int port)
{
    DIR *folder = service_files_running(files) ? NULL : opendir(files->folder);
    if (folder == NULL)
        return;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (take_other(files, entry->d_name, port))
            break;
    }
    closedir(folder);
}

static json_int_t microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (json_int_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* A text as short as this is written whole or not at all, except on a full disk. */
static int write_whole(int lock, const char *text, size_t size)
{
    ssize_t written = pwrite(lock, text, size, 0);
    if (written < 0)
        return -errno;
    if ((size_t)written < size)
        return -ENOSPC;
    return ftruncate(lock, (off_t)size) < 0 ? -errno : 0;
}

/* Consumes `info`. */
static int write_info(int lock, json_t *info)
{
    char *text = info == NULL ? NULL : json_dumps(info, JSON_COMPACT);
    json_decref(info);
    if (text == NULL)
        return -ENOMEM;
    size_t size = strlen(text);
    int error = write_whole(lock, text, size);
    free(text);
    return error;
}

int service_files_write(int lock, json_t *urls, const char *log, json_t *options)
{
    return write_info(lock, json_pack("{s:i, s:O, s:O, s:I, s:s, s:O*}", "pid", (int)getpid(),
                                      "url", json_array_get(urls, 0), "urls", urls, "started",
                                      microseconds(), "log", log, "options", options));
}

int service_files_refuse(int lock, int status, const char *why)
{
    char text[INFO_MAX];
    ssize_t size = pread(lock, text, sizeof(text), 0);
    if (size < 0)
        return -errno;
    json_t *info = json_loadb(text, (size_t)size, 0, NULL);
    json_t *refused =
        json_pack("{s:I, s:i, s:s}", "at", microseconds(), "status", status, "why", why);
    if (info == NULL || json_object_set_new(info, "refused", refused) < 0) {
        json_decref(info);
        return -EINVAL;
    }
    return write_info(lock, info);
}

/* ---- the log ---- */

off_t service_files_log_size(const struct service_files *files)
{
    struct stat st;
    return stat(files->log, &st) < 0 ? 0 : st.st_size;
}

void service_files_tail(const char *path, off_t since, unsigned lines, struct text *out)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *data = malloc(TAIL_MAX);
    ssize_t size = 0;
    if (fd >= 0 && data != NULL && fstat(fd, &st) == 0) {
        /* A shorter file is a new one: the log was rotated. */
        off_t begin = since > st.st_size ? 0 : since;
        if (st.st_size - begin > TAIL_MAX)
            begin = st.st_size - TAIL_MAX;
        size = pread(fd, data, TAIL_MAX, begin);
    }
    if (fd >= 0)
        close(fd);
    ssize_t from = size;
    while (from > 0 && (lines > 0 || data[from - 1] != '\n')) {
        from--;
        lines -= from > 0 && data[from - 1] == '\n';
    }
    if (size > 0)
        text_add_bytes(out, data + from, (size_t)(size - from));
    free(data);
}
