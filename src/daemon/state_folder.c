/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/state_folder.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/file.h"

/* A file behind whose whole picture more than this was appended is written anew. */
#define APPENDED_MAX (1024 * 1024)

#define TEMPORARY ".tmp"
#define FRESH ".new"
#define SYNCING ".sync"

/* What a picture may stand behind, the newest first. The one that is being written counts too, for
 * a process may be killed when it has just done that. */
static const char *const forms[] = { TEMPORARY, FRESH, SYNCING, "" };
#define FORMS (sizeof(forms) / sizeof(forms[0]))

/* ---- names ---- */

/* Capital letters are marked, for file systems that do not tell them from small ones. */
static void encode(const char *name, char out[STATE_FILE_NAME])
{
    size_t n = 0;
    for (; *name != '\0'; name++) {
        if (isupper((unsigned char)*name))
            out[n++] = '=';
        out[n++] = (char)tolower((unsigned char)*name);
    }
    memcpy(out + n, STATE_SUFFIX, sizeof(STATE_SUFFIX));
}

/* False: no such file is ours. */
static bool decode(const char *file, char name[SESSION_NAME_MAX + 1])
{
    size_t size = strlen(file);
    size_t suffix = sizeof(STATE_SUFFIX) - 1;
    size_t n = 0;
    if (size <= suffix || strcmp(file + size - suffix, STATE_SUFFIX) != 0)
        return false;
    for (size_t i = 0; i < size - suffix && n < SESSION_NAME_MAX; i++) {
        bool capital = file[i] == '=';
        i += capital;
        name[n++] = capital ? (char)toupper((unsigned char)file[i]) : file[i];
    }
    char again[STATE_FILE_NAME];
    name[n] = '\0';
    if (!session_name_ok(name))
        return false;
    encode(name, again);
    return strcmp(again, file) == 0;
}

static char *path_of(const struct state_folder *folder, const char *file, const char *end)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s%s", folder->path, file, end) < 0 ? NULL : path;
}

/* ---- the folder ---- */

static int make_folders(const char *path)
{
    char *whole = NULL;
    if (asprintf(&whole, "%s/", path) < 0)
        return -ENOMEM;
    int error = file_make_folders(whole, 0700);
    free(whole);
    return error;
}

static int take_lock(struct state_folder *folder)
{
    char *path = path_of(folder, "lock", "");
    if (path == NULL)
        return -ENOMEM;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int error = fd < 0 ? -errno : 0;
    free(path);
    /* A folder that can only be read still has pictures to show. */
    if (error == -EACCES || error == -EROFS)
        return access(folder->path, R_OK | X_OK) == 0 ? 0 : error;
    if (error == 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
        error = errno == EWOULDBLOCK ? -EBUSY : -errno;
        close(fd);
    }
    if (error == 0)
        folder->lock = fd;
    return error;
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);
    size_t n = strlen(end);
    return size > n && strcmp(text + size - n, end) == 0;
}

int state_folder_open(struct state_folder *folder, const char *path)
{
    folder->lock = -1;
    folder->path = strdup(path);
    int error = folder->path == NULL ? -ENOMEM : make_folders(path);
    if (error == 0)
        error = take_lock(folder);
    if (error < 0)
        state_folder_close(folder);
    return error;
}

void state_folder_close(struct state_folder *folder)
{
    if (folder->lock >= 0)
        close(folder->lock);
    folder->lock = -1;
    free(folder->path);
    folder->path = NULL;
}

int state_folder_key(const struct state_folder *folder, uint8_t *key, size_t size)
{
    struct text old = { 0 };
    char *path = path_of(folder, "key", "");
    if (path == NULL)
        return -ENOMEM;
    int error = 0;
    if (file_read(path, size, &old, NULL) == 0 && old.size == size) {
        memcpy(key, old.data, size);
    } else if (getrandom(key, size, 0) == (ssize_t)size) {
        mode_t mask = umask(0077);
        file_replace(path, key, size, 0);
        umask(mask);
    } else {
        error = -EIO;
    }
    text_free(&old);
    free(path);
    return error;
}

/* ---- saving ---- */

static int sync_folder(const struct state_folder *folder)
{
    int fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
    close(fd);
    return error;
}

static int fill(const char *temporary, const struct state_picture *picture,
                struct state_place *place)
{
    struct stat st;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    int error = state_file_write(fd, picture, place);
    if (error == 0 && fstat(fd, &st) < 0)
        error = -errno;
    /* A full disk may show only now. */
    if (close(fd) < 0 && error == 0)
        error = -errno;
    place->inode = error == 0 ? (uint64_t)st.st_ino : 0;
    return error;
}

/* What is whole under its temporary name becomes the newest. */
static int settle(const char *temporary, const char *path)
{
    /* Where a name is taken over, ext4 has the disk begin to write at once, and all wait for it. */
    unlink(path);
    return rename(temporary, path) < 0 ? -errno : 0;
}

static int write_fresh(const struct state_folder *folder, const char *file,
                       const struct state_picture *picture, struct state_place *place)
{
    char *temporary = path_of(folder, file, TEMPORARY);
    char *path = path_of(folder, file, FRESH);
    int error = temporary == NULL || path == NULL ? -ENOMEM : fill(temporary, picture, place);
    if (error == -ENOENT && make_folders(folder->path) == 0)
        error = fill(temporary, picture, place);
    if (error == 0)
        error = settle(temporary, path);
    if (error < 0 && temporary != NULL)
        unlink(temporary);
    free(temporary);
    free(path);
    return error;
}

/* -ESTALE: the file is not as we left it. */
static int append_to(int fd, const struct state_picture *picture, struct state_place *place)
{
    struct stat st;
    if (fstat(fd, &st) < 0 || st.st_ino != place->inode || (uint64_t)st.st_size != place->size)
        return -ESTALE;
    uint64_t before = place->size;
    int result = lseek(fd, 0, SEEK_END) < 0 ? -errno : state_file_append(fd, picture, place);
    if (result == 0 && place->size > before && fdatasync(fd) < 0)
        result = -errno;
    /* Half a record would hide all that is appended behind it. */
    if (result < 0 && ftruncate(fd, (off_t)before) < 0)
        return -ESTALE;
    return result < 0 ? result : 0;
}

static int append(const char *path, const struct state_picture *picture, struct state_place *place)
{
    if (place->inode == 0 || place->size - place->whole > APPENDED_MAX)
        return -ESTALE;
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -ESTALE;
    int error = append_to(fd, picture, place);
    if (close(fd) < 0 && error == 0)
        error = -errno;
    return error;
}

int state_folder_save(const struct state_folder *folder, const struct state_picture *picture,
                      struct state_place *place, bool whole, bool *fresh)
{
    char file[STATE_FILE_NAME];
    encode(picture->name, file);
    char *path = path_of(folder, file, "");
    if (path == NULL)
        return -ENOMEM;
    int error = whole ? -ESTALE : append(path, picture, place);
    *fresh = error == -ESTALE;
    if (*fresh)
        error = write_fresh(folder, file, picture, place);
    if (error < 0)
        place->inode = 0;
    free(path);
    return error;
}

static int sync_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    int error = fsync(fd) < 0 ? -errno : 0;
    if (close(fd) < 0 && error == 0)
        error = -errno;
    return error;
}

int state_folder_sync(const struct state_folder *folder, const char *name)
{
    char file[STATE_FILE_NAME];
    encode(name, file);
    char *fresh = path_of(folder, file, FRESH);
    char *syncing = path_of(folder, file, SYNCING);
    char *proper = path_of(folder, file, "");
    int error = fresh == NULL || syncing == NULL || proper == NULL ? -ENOMEM : 0;
    /* Out of the way of what is written next. None: one is left that was being synced. */
    if (error == 0 && rename(fresh, syncing) < 0 && errno != ENOENT)
        error = -errno;
    if (error == 0)
        error = sync_file(syncing);
    if (error == 0 && rename(syncing, proper) < 0)
        error = -errno;
    if (error == 0)
        error = sync_folder(folder);
    free(fresh);
    free(syncing);
    free(proper);
    return error == -ENOENT ? 0 : error;
}

static int remove_form(const struct state_folder *folder, const char *file, const char *form)
{
    char *path = path_of(folder, file, form);
    int error = path == NULL ? -ENOMEM : unlink(path) < 0 && errno != ENOENT ? -errno : 0;
    free(path);
    return error;
}

int state_folder_remove(const struct state_folder *folder, const char *name)
{
    char file[STATE_FILE_NAME];
    int error = 0;
    encode(name, file);
    /* The newest last: an older one shall not come forth where this is cut short. */
    for (size_t i = FORMS; i-- > 0 && error == 0;)
        error = remove_form(folder, file, forms[i]);
    return error;
}

/* ---- loading ---- */

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

/* Reads the picture in one form of its file. -ENOENT: there is none. */
static int load_form(const struct state_folder *folder, const char *file, const char *form,
                     struct state_picture *picture, struct state_place *place)
{
    struct stat st = { 0 };
    char name[SESSION_NAME_MAX + 1];
    char *path = path_of(folder, file, form);
    if (path == NULL)
        return -ENOMEM;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
    int error = fd < 0 || fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EBADMSG;
    struct state_source source = { &fd, (uint64_t)st.st_size, read_at };
    free(path);
    if (error == 0)
        error = state_file_read(&source, picture, place);
    if (fd >= 0)
        close(fd);
    /* A file that was copied under another name is that other session's. */
    if (error == 0 && (!decode(file, name) || strcmp(name, picture->name) != 0)) {
        state_picture_free(picture);
        error = -EBADMSG;
    }
    /* Behind a tail that was cut off nothing is appended. */
    if (error == 0)
        place->inode = place->size == source.size ? (uint64_t)st.st_ino : 0;
    return error;
}

static void settle_left(const struct state_folder *folder, const char *file)
{
    char *temporary = path_of(folder, file, TEMPORARY);
    char *path = path_of(folder, file, FRESH);
    if (temporary != NULL && path != NULL)
        settle(temporary, path);
    free(temporary);
    free(path);
}

int state_folder_load(const struct state_folder *folder, const char *file,
                      struct state_picture *picture, struct state_place *place, bool *fresh,
                      unsigned *torn)
{
    int error = -ENOENT;
    size_t form = 0;
    *torn = 0;
    for (; form < FORMS; form++) {
        int result = load_form(folder, file, forms[form], picture, place);
        *torn += result == -EBADMSG && strcmp(forms[form], TEMPORARY) != 0;
        if (result != -ENOENT)
            error = result;
        if (result != -ENOENT && result != -EBADMSG)
            break;
    }
    *fresh = form < FORMS - 1;
    for (size_t i = 0; error == 0 && i < form; i++)
        remove_form(folder, file, forms[i]);
    if (error == 0 && form == 0)
        settle_left(folder, file);
    return error;
}

int state_folder_set_aside(const struct state_folder *folder, const char *file)
{
    int error = -ENOENT;
    char *to = path_of(folder, file, ".damaged");
    if (to == NULL)
        return -ENOMEM;
    /* The newest last, which is then what is kept of several. */
    for (size_t i = FORMS; i-- > 0;) {
        char *from = path_of(folder, file, forms[i]);
        if (from != NULL && rename(from, to) == 0)
            error = 0;
        else if (errno != ENOENT)
            error = -errno;
        free(from);
    }
    free(to);
    return error;
}

void state_folder_destroy(const struct state_folder *folder)
{
    DIR *dir = opendir(folder->path);
    for (struct dirent *entry = dir == NULL ? NULL : readdir(dir); entry != NULL;
         entry = readdir(dir))
        unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir != NULL)
        closedir(dir);
    rmdir(folder->path);
}

static int later_first(const void *a, const void *b)
{
    const struct state_found *one = a;
    const struct state_found *two = b;
    return one->changed < two->changed ? 1 : one->changed > two->changed ? -1 : 0;
}

/* Which form of a picture's file that is, whose name is cut off to that of the file proper; FORMS:
 * none. */
static size_t cut_form(char *file)
{
    for (size_t i = 0; i < FORMS; i++) {
        if (!ends_with(file, forms[i][0] == '\0' ? STATE_SUFFIX : forms[i]))
            continue;
        file[strlen(file) - strlen(forms[i])] = '\0';
        return i;
    }
    return FORMS;
}

/* The place of that file in the list; a new one at its end. NULL: no memory. */
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

/* Adds the entry to the list if it is a picture. 0 or -ENOMEM. */
static int add_found(int dir, const char *entry, struct state_found **list, size_t *count)
{
    struct stat st;
    char file[STATE_FILE_NAME];
    char name[SESSION_NAME_MAX + 1];
    if (strlen(entry) >= sizeof(file) || fstatat(dir, entry, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    snprintf(file, sizeof(file), "%s", entry);
    if (cut_form(file) == FORMS || !decode(file, name))
        return 0;
    struct state_found *found = place_in(list, count, file);
    if (found == NULL)
        return -ENOMEM;
    int64_t changed = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
    snprintf(found->name, sizeof(found->name), "%s", name);
    if (changed < found->changed)
        return 0;
    found->size = (uint64_t)st.st_size;
    found->changed = changed;
    return 0;
}

long state_folder_list(const struct state_folder *folder, struct state_found **out)
{
    DIR *dir = opendir(folder->path);
    size_t count = 0;
    int error = dir == NULL ? -errno : 0;
    *out = NULL;
    for (struct dirent *entry = dir == NULL ? NULL : readdir(dir); entry != NULL && error == 0;
         entry = readdir(dir))
        error = add_found(dirfd(dir), entry->d_name, out, &count);
    if (dir != NULL)
        closedir(dir);
    if (error < 0) {
        free(*out);
        *out = NULL;
        return error;
    }
    if (count > 0)
        qsort(*out, count, sizeof(**out), later_first);
    return (long)count;
}
