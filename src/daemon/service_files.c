/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/service_files.h"

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

#include "daemon/file.h"

#define TAIL_MAX (256 * 1024)
#define SAID_MAX 8192

/* ---- names ---- */

static int put(char out[PATH_MAX], const char *format, const char *a, const char *b, long long n)
{
    int size = snprintf(out, PATH_MAX, format, a, b, n);
    return size < 0 || size >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* A folder that a variable names; the specification wants relative ones ignored. */
static const char *base_folder(const char *variable)
{
    const char *value = getenv(variable);
    return value != NULL && value[0] == '/' ? value : NULL;
}

/* A path that was given, as whoever is in another folder has to write it. */
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
    /* Anybody may have made a folder in /tmp before us. */
    if (lstat(files->folder, &st) < 0)
        return -errno;
    bool ours = S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 077) == 0;
    return ours ? 0 : -EPERM;
}

/* ---- the lock ---- */

void service_files_pause(unsigned ms)
{
    struct timespec left = { ms / 1000, ms % 1000 * 1000000L };
    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        continue;
}

/* Whether the file is still the one of that name: the service before us may have removed it. */
static bool still_there(int fd, const char *path)
{
    struct stat own;
    struct stat there;
    return fstat(fd, &own) == 0 && stat(path, &there) == 0 && own.st_ino == there.st_ino &&
           own.st_dev == there.st_dev;
}

int service_files_lock(const struct service_files *files)
{
    for (int tries = 0; tries < 10; tries++) {
        int fd = open(files->pid, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
            return -errno;
        int error = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
        if (error == 0 && still_there(fd, files->pid))
            return fd;
        close(fd);
        if (error < 0 && error != -EWOULDBLOCK)
            return error;
        /* Somebody may only be looking whether it runs. */
        service_files_pause(5);
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

/* ---- what it says ---- */

json_t *service_files_read(const struct service_files *files)
{
    struct text text = { 0 };
    json_t *said = NULL;
    if (service_files_running(files) && file_read(files->pid, SAID_MAX, &text, NULL) == 0)
        said = json_loadb(text_string(&text), text.size, 0, NULL);
    text_free(&text);
    if (json_integer_value(json_object_get(said, "pid")) > 0)
        return said;
    json_decref(said);
    return NULL;
}

/* The service with that pid file, where it is another one. */
static void add_other(const struct service_files *files, const char *name, struct text *out)
{
    struct service_files other = *files;
    size_t stem = strlen(name) < 5 ? 0 : strlen(name) - 4;
    if (stem == 0 || strcmp(name + stem, ".pid") != 0 ||
        put(other.pid, "%s/%s", files->folder, name, 0) < 0 || strcmp(other.pid, files->pid) == 0)
        return;
    json_t *said = service_files_read(&other);
    const char *url = json_string_value(json_object_get(said, "url"));
    if (url != NULL)
        text_format(out, "one that was begun with --port %.*s runs at %s\n", (int)stem, name, url);
    json_decref(said);
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

static json_int_t microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (json_int_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Consumes `said`. */
static int write_said(int lock, json_t *said)
{
    char *text = said == NULL ? NULL : json_dumps(said, JSON_COMPACT);
    json_decref(said);
    if (text == NULL)
        return -ENOMEM;
    size_t size = strlen(text);
    int error = pwrite(lock, text, size, 0) == (ssize_t)size ? 0 : -EIO;
    if (error == 0 && ftruncate(lock, (off_t)size) < 0)
        error = -errno;
    free(text);
    return error;
}

int service_files_write(int lock, const char *url, const char *log)
{
    return write_said(lock, json_pack("{s:i, s:s, s:I, s:s}", "pid", (int)getpid(), "url", url,
                                      "started", microseconds(), "log", log));
}

int service_files_refuse(int lock, int status, const char *why)
{
    char text[SAID_MAX];
    ssize_t size = pread(lock, text, sizeof(text), 0);
    json_t *said = size < 0 ? NULL : json_loadb(text, (size_t)size, 0, NULL);
    json_t *refused =
        json_pack("{s:I, s:i, s:s}", "at", microseconds(), "status", status, "why", why);
    if (said == NULL || json_object_set_new(said, "refused", refused) < 0) {
        json_decref(said);
        return -EINVAL;
    }
    return write_said(lock, said);
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
        /* A file that is shorter is another one: the log was put aside. */
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
