/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "state/state_folder.h"

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

#include "base/error.h"
#include "base/file.h"
#include "base/sys.h"
#include "base/text.h"
#include "state/state_names.h"

/* Bytes appended to a file beyond which it is written as a whole again. */
#define APPENDED_MAX (1024 * 1024)

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
    char *path = state_form_path(folder->path, "lock", "");
    if (path == NULL)
        return -ENOMEM;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int error = fd < 0 ? -errno : 0;
    free(path);
    /* A read-only folder cannot be locked, but its pictures can be shown. */
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

/* Whether another process has the folder locked; false if the folder does not exist yet. */
static bool is_locked(const char *path)
{
    char *lock = state_form_path(path, "lock", "");
    int fd = lock == NULL ? -1 : open(lock, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    bool locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    if (fd >= 0)
        close(fd);
    free(lock);
    return locked;
}

int state_folder_try(const char *path, bool ours)
{
    int error = file_try(path, true);
    if (ours)
        return (error == -EACCES || error == -EROFS) && access(path, R_OK | X_OK) == 0 ? 0 : error;
    return error == 0 && is_locked(path) ? -EBUSY : error;
}

const char *state_folder_why(int error, char *buf, unsigned size)
{
    return error == -EBUSY ? "another cadcast uses it" : error_text(error, buf, size);
}

void state_folder_close(struct state_folder *folder)
{
    if (folder->lock >= 0)
        close(folder->lock);
    folder->lock = -1;
    free(folder->path);
    folder->path = NULL;
}

int state_folder_set_key(const struct state_folder *folder, const uint8_t *key, size_t size)
{
    char *path = state_form_path(folder->path, "key", "");
    if (path == NULL)
        return -ENOMEM;
    mode_t mask = umask(0077);
    int error = file_replace(path, key, size, 0);
    umask(mask);
    free(path);
    return error;
}

int state_folder_key(const struct state_folder *folder, uint8_t *key, size_t size)
{
    struct text old = { 0 };
    char *path = state_form_path(folder->path, "key", "");
    if (path == NULL)
        return -ENOMEM;
    int error = 0;
    /* A key that cannot be kept is one for this run. */
    if (file_read(path, size, &old, NULL) == 0 && old.size == size)
        memcpy(key, old.data, size);
    else if ((error = sys_random(key, size)) == 0)
        state_folder_set_key(folder, key, size);
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

static int fill(const char *temporary, const struct state_records *picture,
                struct state_place *place)
{
    struct stat st;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    int error = state_file_write(fd, picture, place);
    if (error == 0 && fstat(fd, &st) < 0)
        error = -errno;
    /* close may be the first call that reports a full disk. */
    if (close(fd) < 0 && error == 0)
        error = -errno;
    place->inode = error == 0 ? (uint64_t)st.st_ino : 0;
    return error;
}

static int write_form(const struct state_folder *folder, const char *file, const char *form,
                      const struct state_records *picture, struct state_place *place)
{
    char *temporary = state_form_path(folder->path, file, STATE_TEMPORARY);
    char *path = state_form_path(folder->path, file, form);
    int error = temporary == NULL || path == NULL ? -ENOMEM : fill(temporary, picture, place);
    if (error == -ENOENT && make_folders(folder->path) == 0)
        error = fill(temporary, picture, place);
    if (error == 0)
        error = state_form_settle(temporary, path);
    if (error < 0 && temporary != NULL)
        unlink(temporary);
    free(temporary);
    free(path);
    return error;
}

/* Appends to the file. -ESTALE: it is not as `place` describes, so a whole file must replace it.
 * Not the error of fstat: if the disk is at fault, writing the whole file reports that. */
static int append_to(int fd, const struct state_records *picture, struct state_place *place)
{
    struct stat st;
    if (fstat(fd, &st) < 0 || st.st_ino != place->inode || (uint64_t)st.st_size != place->size)
        return -ESTALE;
    uint64_t before = place->size;
    int result = lseek(fd, 0, SEEK_END) < 0 ? -errno : state_file_append(fd, picture, place);
    if (result == 0 && place->size > before)
        result = sys_sync(fd);
    /* Remove a partial record, which would hide all records appended after it. Not the error of
     * ftruncate: the file is unusable then, and a whole one must replace it. */
    if (result < 0 && ftruncate(fd, (off_t)before) < 0)
        return -ESTALE;
    return result < 0 ? result : 0;
}

static int append(const char *path, const struct state_records *picture, struct state_place *place)
{
    if (place->inode == 0 || place->size - place->whole > APPENDED_MAX)
        return -ESTALE;
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    /* Not the error of open: writing the whole file reports an error of the disk. */
    if (fd < 0)
        return -ESTALE;
    int error = append_to(fd, picture, place);
    if (close(fd) < 0 && error == 0)
        error = -errno;
    return error;
}

int state_folder_save(const struct state_folder *folder, const struct state_records *picture,
                      struct state_place *place, bool whole, bool *fresh)
{
    char file[STATE_FILE_NAME];
    state_form_encode(picture->name, file);
    char *path = state_form_path(folder->path, file, "");
    if (path == NULL)
        return -ENOMEM;
    int error = whole ? -ESTALE : append(path, picture, place);
    *fresh = error == -ESTALE;
    if (*fresh)
        error = write_form(folder, file, STATE_FRESH, picture, place);
    if (error < 0)
        place->inode = 0;
    free(path);
    return error;
}

int state_folder_add(const struct state_folder *folder, const char *file,
                     const struct state_records *records)
{
    struct state_place place;
    return write_form(folder, file, "", records, &place);
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
    state_form_encode(name, file);
    char *fresh = state_form_path(folder->path, file, STATE_FRESH);
    char *syncing = state_form_path(folder->path, file, STATE_SYNCING);
    char *proper = state_form_path(folder->path, file, "");
    int error = fresh == NULL || syncing == NULL || proper == NULL ? -ENOMEM : 0;
    /* Rename it, as the next save writes *.new. ENOENT: only a *.sync is left, from an interrupted
     * sync. */
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

int state_folder_remove(const struct state_folder *folder, const char *name)
{
    char file[STATE_FILE_NAME];
    int error = 0;
    state_form_encode(name, file);
    /* Remove the newest last, so that an interruption does not bring back an older picture. */
    for (size_t i = STATE_FORMS; i-- > 0 && error == 0;)
        error = state_form_remove(folder->path, file, state_forms[i]);
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
