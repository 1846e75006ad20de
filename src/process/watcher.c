/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "process/watcher.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "process/file_print.h"

/* Milliseconds between two looks without an event: as a net below the events, and instead of
 * them. Looking may take one part in LOOK_SHARE of the time. */
#define BEAT_MS 1000
#define POLL_MS 250
#define LOOK_SHARE 50

/* How many times the quiet time a save is waited for at most, while other files of its folders are
 * written all the time, or while it is empty. */
#define ROUNDS 10

/* A path that is watched. */
struct item {
    char *path;
    uint64_t told; /* print of what was told last; of a file 0: it was not there yet */
    uint64_t seen; /* print at the last look */
    bool empty;    /* it was an empty file then */
};

/* A folder whose events are wanted. */
struct place {
    uv_fs_event_t event;
    struct watcher *watcher;
    char *path;
    dev_t device; /* of the folder that the events come from */
    ino_t inode;
    bool silent; /* no events come */
};

struct watcher {
    struct watcher_options options;
    uv_loop_t *loop;
    uv_timer_t quiet;
    uv_timer_t beat;
    struct item *items;
    struct place **places;
    size_t item_count, place_count;
    unsigned rounds; /* quiet times since the first event of what is waited for */
    uint64_t first;  /* loop time of that event */
    bool unsure;     /* what was seen has to be seen twice: no event said it */
    unsigned open;   /* handles; at 0 the watcher is freed */
};

static void on_event(uv_fs_event_t *event, const char *name, int events, int status);

/* ---- folders ---- */

static void start_place(struct place *place, const struct stat *st)
{
    uv_fs_event_stop(&place->event);
    place->device = st->st_dev;
    place->inode = st->st_ino;
    place->silent = place->watcher->options.poll || !sys_tells_changes(place->path) ||
                    uv_fs_event_start(&place->event, on_event, place->path, 0) < 0;
}

/* Asks for the events of the folder that now has that name. */
static void check_place(struct place *place)
{
    struct stat st;
    if (stat(place->path, &st) < 0 || !S_ISDIR(st.st_mode))
        place->inode = 0;
    else if (st.st_dev != place->device || st.st_ino != place->inode)
        start_place(place, &st);
}

/* Below 0 if memory is short. More folders than there is room for are looked at without events. */
static int add_place(struct watcher *watcher, const char *path)
{
    for (size_t i = 0; i < watcher->place_count; i++) {
        if (strcmp(watcher->places[i]->path, path) == 0)
            return 0;
    }
    if (watcher->place_count == WATCHER_FOLDERS)
        return 0;
    void *grown = realloc(watcher->places, (watcher->place_count + 1) * sizeof(struct place *));
    if (grown == NULL)
        return -ENOMEM;
    watcher->places = grown;
    struct place *place = calloc(1, sizeof(*place));
    char *copy = strdup(path);
    if (place == NULL || copy == NULL) {
        free(place);
        free(copy);
        return -ENOMEM;
    }
    place->path = copy;
    place->watcher = watcher;
    place->event.data = place;
    uv_fs_event_init(watcher->loop, &place->event);
    watcher->places[watcher->place_count++] = place;
    watcher->open++;
    check_place(place);
    return 0;
}

/* The folder of a file. */
static int add_folder_of(struct watcher *watcher, const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int size = slash == NULL || slash == path ? 1 : (int)(slash - path);
    snprintf(folder, sizeof(folder), "%.*s", size, slash == NULL ? "." : path);
    return add_place(watcher, folder);
}

/* ---- looking ---- */

static void on_folder(void *arg, const char *path)
{
    add_place(arg, path);
}

static bool is_news(const struct item *item)
{
    return item->seen != 0 && item->seen != item->told;
}

/* Looks at everything; whether something is not as it was at the look before. */
static bool look(struct watcher *watcher)
{
    bool moved = false;
    for (size_t i = 0; i < watcher->place_count; i++)
        check_place(watcher->places[i]);
    for (size_t i = 0; i < watcher->item_count; i++) {
        struct item *item = &watcher->items[i];
        uint64_t before = item->seen;
        item->seen = file_print(item->path, &item->empty, on_folder, watcher);
        moved = moved || item->seen != before;
    }
    return moved;
}

/* What has changed first, NULL: nothing; *empty: some of it is an empty file. */
static const char *find_news(const struct watcher *watcher, bool *empty)
{
    const char *path = NULL;
    *empty = false;
    for (size_t i = 0; i < watcher->item_count; i++) {
        if (!is_news(&watcher->items[i]))
            continue;
        path = path == NULL ? watcher->items[i].path : path;
        *empty = *empty || watcher->items[i].empty;
    }
    return path;
}

/* ---- telling ---- */

/* Whether some folder is only looked at now and then. */
static bool is_polled(const struct watcher *watcher)
{
    for (size_t i = 0; i < watcher->place_count; i++) {
        if (watcher->places[i]->silent)
            return true;
    }
    return watcher->options.poll;
}

static void on_quiet(uv_timer_t *timer);

static void wait_quiet(struct watcher *watcher)
{
    uv_timer_start(&watcher->quiet, on_quiet, watcher->options.debounce, 0);
}

static void tell(struct watcher *watcher, const char *path)
{
    for (size_t i = 0; i < watcher->item_count; i++) {
        if (watcher->items[i].seen != 0)
            watcher->items[i].told = watcher->items[i].seen;
    }
    watcher->options.changed(watcher->options.arg, path);
}

static void on_quiet(uv_timer_t *timer)
{
    struct watcher *watcher = timer->data;
    bool empty;
    bool moved = look(watcher);
    const char *path = find_news(watcher, &empty);
    watcher->rounds++;
    if ((moved && watcher->unsure) || (path != NULL && empty && watcher->rounds < ROUNDS)) {
        wait_quiet(watcher);
        return;
    }
    watcher->rounds = 0;
    watcher->unsure = is_polled(watcher);
    if (path != NULL)
        tell(watcher, path);
}

/* Each event starts the quiet time anew; one that goes on for too long is one that files written
 * all the time beside ours make, and then only two looks with the same result count. */
static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
    struct place *place = event->data;
    struct watcher *watcher = place->watcher;
    uint64_t now = uv_now(watcher->loop);
    if (!uv_is_active((uv_handle_t *)&watcher->quiet))
        watcher->first = now;
    if (now - watcher->first < (uint64_t)ROUNDS * watcher->options.debounce)
        wait_quiet(watcher);
    else
        watcher->unsure = true;
}

static void on_beat(uv_timer_t *timer)
{
    struct watcher *watcher = timer->data;
    bool empty;
    uint64_t begin = uv_hrtime();
    if (!uv_is_active((uv_handle_t *)&watcher->quiet)) {
        look(watcher);
        if (find_news(watcher, &empty) != NULL) {
            watcher->unsure = true;
            wait_quiet(watcher);
        }
    }
    uint64_t pause = (uv_hrtime() - begin) / 1000000 * LOOK_SHARE;
    uint64_t usual = is_polled(watcher) ? POLL_MS : BEAT_MS;
    uv_timer_start(timer, on_beat, pause > usual ? pause : usual, 0);
}

/* ---- its life ---- */

int watcher_open(uv_loop_t *loop, const struct watcher_options *options, struct watcher **out)
{
    struct watcher *watcher = calloc(1, sizeof(*watcher));
    *out = watcher;
    if (watcher == NULL)
        return -ENOMEM;
    watcher->loop = loop;
    watcher->options = *options;
    if (options->debounce == 0)
        watcher->options.debounce = WATCHER_DEBOUNCE_MS;
    watcher->unsure = options->poll;
    uv_timer_init(loop, &watcher->quiet);
    uv_timer_init(loop, &watcher->beat);
    watcher->quiet.data = watcher;
    watcher->beat.data = watcher;
    watcher->open = 2;
    uv_timer_start(&watcher->beat, on_beat, options->poll ? POLL_MS : BEAT_MS, 0);
    return 0;
}

static struct item *new_item(struct watcher *watcher, const char *path)
{
    void *grown = realloc(watcher->items, (watcher->item_count + 1) * sizeof(struct item));
    char *copy = strdup(path);
    if (grown != NULL)
        watcher->items = grown;
    if (grown == NULL || copy == NULL) {
        free(copy);
        return NULL;
    }
    struct item *item = &watcher->items[watcher->item_count++];
    *item = (struct item){ .path = copy };
    return item;
}

/* Folders of the path and, if it is a symbolic link, of the file behind it. */
static int add_places(struct watcher *watcher, const char *path)
{
    struct stat st;
    int error = stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : add_folder_of(watcher, path);
    char *real =
        error == 0 && lstat(path, &st) == 0 && S_ISLNK(st.st_mode) ? realpath(path, NULL) : NULL;
    if (real != NULL)
        error = add_folder_of(watcher, real);
    free(real);
    return error;
}

int watcher_add(struct watcher *watcher, const char *path, int64_t since)
{
    struct stat st;
    if (strlen(path) >= PATH_MAX)
        return -ENAMETOOLONG;
    for (size_t i = 0; i < watcher->item_count; i++) {
        if (strcmp(watcher->items[i].path, path) == 0)
            return 0;
    }
    if (watcher->item_count == WATCHER_PATHS)
        return -E2BIG;
    int error = add_places(watcher, path);
    struct item *item = error < 0 ? NULL : new_item(watcher, path);
    if (item == NULL)
        return error < 0 ? error : -ENOMEM;
    item->seen = file_print(path, &item->empty, on_folder, watcher);
    item->told = item->seen;
    if (since > 0 && stat(path, &st) == 0 && sys_modified(&st) >= since) {
        item->told = 0;
        wait_quiet(watcher);
    }
    watcher->unsure = watcher->unsure || is_polled(watcher);
    return 0;
}

static void release(struct watcher *watcher)
{
    if (--watcher->open > 0)
        return;
    for (size_t i = 0; i < watcher->item_count; i++)
        free(watcher->items[i].path);
    for (size_t i = 0; i < watcher->place_count; i++) {
        free(watcher->places[i]->path);
        free(watcher->places[i]);
    }
    free(watcher->items);
    free(watcher->places);
    free(watcher);
}

static void on_timer_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static void on_event_closed(uv_handle_t *handle)
{
    struct place *place = handle->data;
    release(place->watcher);
}

void watcher_close(struct watcher *watcher)
{
    if (watcher == NULL || uv_is_closing((uv_handle_t *)&watcher->quiet))
        return;
    uv_close((uv_handle_t *)&watcher->quiet, on_timer_closed);
    uv_close((uv_handle_t *)&watcher->beat, on_timer_closed);
    for (size_t i = 0; i < watcher->place_count; i++)
        uv_close((uv_handle_t *)&watcher->places[i]->event, on_event_closed);
}
