/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "state/state_load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "state/state_names.h"
#include "state/state_walk.h"

static int read_at(void *owner, uint64_t at, void *to, size_t size)
{
    int fd = *(int *)owner;
    uint8_t *out = to;
    while (size > 0) {
        ssize_t n = pread(fd, out, size, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EBADMSG;
        out += n;
        at += (uint64_t)n;
        size -= (size_t)n;
    }
    return 0;
}

int state_load_file(const char *path, struct state_records *picture, struct state_place *place,
                    struct stat *about)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
    int error = fd < 0 || fstat(fd, about) < 0 ? -errno : S_ISREG(about->st_mode) ? 0 : -EBADMSG;
    struct state_source source = { &fd, (uint64_t)about->st_size, read_at };
    if (error == 0)
        error = state_file_read(&source, picture, place);
    if (fd >= 0)
        close(fd);
    return error;
}

/* Reads the picture from one form of its file. -ENOENT: that form does not exist. */
static int load_form(const struct state_folder *folder, const char *file, const char *form,
                     struct state_records *picture, struct state_place *place)
{
    struct stat st = { 0 };
    char name[SESSION_NAME_MAX + 1];
    char *path = state_form_path(folder->path, file, form);
    if (path == NULL)
        return -ENOMEM;
    int error = state_load_file(path, picture, place, &st);
    free(path);
    /* Reject a copy under another name: it is the picture of the session named inside. */
    if (error == 0 && (!state_form_decode(file, name) || strcmp(name, picture->name) != 0)) {
        state_records_free(picture);
        error = -EBADMSG;
    }
    /* Never append after an incomplete record: with inode 0 the next write is a whole file. */
    if (error == 0)
        place->inode = place->size == (uint64_t)st.st_size ? (uint64_t)st.st_ino : 0;
    return error;
}

static void settle_left(const struct state_folder *folder, const char *file)
{
    char *temporary = state_form_path(folder->path, file, STATE_TEMPORARY);
    char *path = state_form_path(folder->path, file, STATE_FRESH);
    if (temporary != NULL && path != NULL)
        state_form_settle(temporary, path);
    free(temporary);
    free(path);
}

int state_load(const struct state_folder *folder, const char *file, struct state_records *picture,
               struct state_place *place, bool *fresh, unsigned *torn)
{
    int error = -ENOENT;
    size_t form = 0;
    *torn = 0;
    for (; form < STATE_FORMS; form++) {
        bool temporary = strcmp(state_forms[form], STATE_TEMPORARY) == 0;
        int result = load_form(folder, file, state_forms[form], picture, place);
        *torn += result == -EBADMSG && !temporary;
        /* An incomplete temporary file, of a process killed during a write, is not a picture. */
        if (result == -EBADMSG && temporary)
            result = state_form_remove(folder->path, file, STATE_TEMPORARY) < 0 ? result : -ENOENT;
        if (result != -ENOENT)
            error = result;
        if (result != -ENOENT && result != -EBADMSG)
            break;
    }
    *fresh = form < STATE_FORMS - 1;
    for (size_t i = 0; error == 0 && i < form; i++)
        state_form_remove(folder->path, file, state_forms[i]);
    if (error == 0 && form == 0)
        settle_left(folder, file);
    return error;
}

int state_load_set_aside(const struct state_folder *folder, const char *file)
{
    int error = -ENOENT;
    char *to = state_form_path(folder->path, file, ".damaged");
    if (to == NULL)
        return -ENOMEM;
    /* The newest last, as each rename replaces the one before. */
    for (size_t i = STATE_FORMS; i-- > 0;) {
        char *from = state_form_path(folder->path, file, state_forms[i]);
        if (from != NULL && rename(from, to) == 0)
            error = 0;
        else if (errno != ENOENT)
            error = -errno;
        free(from);
    }
    free(to);
    return error;
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);
    size_t n = strlen(end);
    return size > n && strcmp(text + size - n, end) == 0;
}

static int later_first(const void *a, const void *b)
{
    const struct state_found *one = a;
    const struct state_found *two = b;
    return one->changed < two->changed ? 1 : one->changed > two->changed ? -1 : 0;
}

/* The form of a picture's file; cuts its suffix, so that `file` is the main file's name.
 * STATE_FORMS: not a form of a picture's file. */
static size_t cut_form(char *file)
{
    for (size_t i = 0; i < STATE_FORMS; i++) {
        if (!ends_with(file, state_forms[i][0] == '\0' ? STATE_SUFFIX : state_forms[i]))
            continue;
        file[strlen(file) - strlen(state_forms[i])] = '\0';
        return i;
    }
    return STATE_FORMS;
}

/* The element of that file in the list, added if there is none. NULL: no memory. */
static struct state_found *place_in(struct state_found **list, size_t *count, const char *file)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp((*list)[i].file, file) == 0)
            return &(*list)[i];
    }
    struct state_found *more = realloc(*list, (*count + 1) * sizeof(*more));
    if (more == NULL)
        return NULL;
    *list = more;
    struct state_found *found = &more[(*count)++];
    memset(found, 0, sizeof(*found));
    snprintf(found->file, sizeof(found->file), "%s", file);
    return found;
}

/* What was found so far. */
struct found {
    struct state_found *list;
    size_t count;
};

/* Adds the directory entry to the list if it is a picture. Returns 0 or -ENOMEM. */
static int add_found(void *arg, int dir, const char *entry)
{
    struct found *all = arg;
    struct stat st;
    char file[STATE_FILE_NAME];
    char name[SESSION_NAME_MAX + 1];
    if (strlen(entry) >= sizeof(file) || fstatat(dir, entry, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    snprintf(file, sizeof(file), "%s", entry);
    if (cut_form(file) == STATE_FORMS || !state_form_decode(file, name))
        return 0;
    struct state_found *found = place_in(&all->list, &all->count, file);
    if (found == NULL)
        return -ENOMEM;
    int64_t changed = sys_modified(&st) / 1000000;
    snprintf(found->name, sizeof(found->name), "%s", name);
    if (changed < found->changed)
        return 0;
    found->size = (uint64_t)st.st_size;
    found->changed = changed;
    return 0;
}

long state_load_list(const struct state_folder *folder, struct state_found **out)
{
    struct found all = { .list = NULL };
    int error = state_walk(folder->path, add_found, &all);
    if (error < 0)
        free(all.list);
    *out = error < 0 ? NULL : all.list;
    if (error == 0 && all.count > 0)
        qsort(all.list, all.count, sizeof(*all.list), later_first);
    return error < 0 ? error : (long)all.count;
}
