/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "web/page.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/evp.h>

#include "base/error.h"
#include "base/sys.h"
#include "loop/work.h"
#include "web/asset.h"

#define DEPTH_MAX 8

enum asset_state { ASSET_COLD, ASSET_LOADING, ASSET_READY };

struct asset {
    struct list link;
    struct list waiters;
    char *path; /* below static/ */
    const char *type;
    struct asset_bytes bytes; /* in state ASSET_READY */
    enum asset_state state;
};

/* A request whose file is still being read. */
struct waiter {
    struct list link;
    struct weak_pointer *http;
    bool forever;
};

/* A job that reads one file on the pool. */
struct load {
    struct work work;
    struct page *page;
    struct asset *asset;
    char *path;
    struct asset_bytes bytes;
    int error;
};

/* ---- listing the folder ---- */

static int add_asset(struct page *page, const char *path, const struct stat *st, EVP_MD_CTX *hash)
{
    struct asset *asset = calloc(1, sizeof(*asset));
    char *copy = strdup(path);
    if (asset == NULL || copy == NULL) {
        free(asset);
        free(copy);
        return -ENOMEM;
    }
    asset->path = copy;
    asset->type = asset_type(path);
    list_init(&asset->waiters);
    list_append(&page->assets, &asset->link);
    int64_t numbers[2] = { st->st_size, sys_modified(st) };
    EVP_DigestUpdate(hash, path, strlen(path) + 1);
    EVP_DigestUpdate(hash, numbers, sizeof(numbers));
    return 0;
}

static int scan(struct page *page, const char *below, int depth, EVP_MD_CTX *hash)
{
    char folder[4096];
    snprintf(folder, sizeof(folder), "%s/static/%s", page->folder, below);
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);
    int error = 0;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        char path[2048];
        char full[8192];
        struct stat st;
        int n = snprintf(path, sizeof(path), "%s%s", below, name);
        bool fits = n > 0 && (size_t)n < sizeof(path) - 1;
        snprintf(full, sizeof(full), "%s/static/%s", page->folder, path);
        /* Files whose name begins with a dot are not served. */
        if (error == 0 && fits && name[0] != '.' && stat(full, &st) == 0) {
            if (S_ISREG(st.st_mode) && st.st_size <= ASSET_MAX) {
                error = add_asset(page, path, &st, hash);
            } else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
                path[n] = '/';
                path[n + 1] = '\0';
                error = scan(page, path, depth + 1, hash);
            }
        }
        free(entries[i]);
    }
    free(entries);
    return error;
}

static int scan_all(struct page *page)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    if (hash == NULL)
        return -ENOMEM;
    EVP_DigestInit_ex(hash, EVP_sha256(), NULL);
    int error = scan(page, "", 0, hash);
    EVP_DigestFinal_ex(hash, digest, NULL);
    EVP_MD_CTX_free(hash);
    for (int i = 0; i < 8; i++)
        snprintf(page->version + 2 * i, 3, "%02x", digest[i]);
    return error;
}

static int read_template(struct page *page, const char *name, struct text *out)
{
    char path[4096];
    struct blob *blob = NULL;
    snprintf(path, sizeof(path), "%s/templates/%s", page->folder, name);
    int error = asset_read(path, &blob);
    if (error == 0) {
        text_add_bytes(out, blob->data, blob->size);
        blob_unref(blob);
        error = text_error(out);
    }
    if (error < 0) {
        char text[64];
        log_error(page->log, "page", "%s: %s", path, error_text(error, text, sizeof(text)));
    }
    return error;
}

int page_open(struct page *page, uv_loop_t *loop, const char *folder, const char *packed,
              const struct log *log)
{
    memset(page, 0, sizeof(*page));
    list_init(&page->assets);
    page->jobs = (struct work_jobs){ .loop = loop };
    page->log = log;
    page->folder = strdup(folder);
    page->packed = packed == NULL ? NULL : strdup(packed);
    if (page->folder == NULL || (packed != NULL && page->packed == NULL))
        return -ENOMEM;
    int error = read_template(page, "viewer.html", &page->viewer);
    if (error == 0)
        error = read_template(page, "sessions.html", &page->sessions);
    if (error == 0)
        error = read_template(page, "side.html", &page->side);
    return error == 0 ? scan_all(page) : error;
}

static struct asset *find_asset(const struct page *page, const char *path)
{
    list_each(pos, next, &page->assets) {
        struct asset *asset = list_entry(pos, struct asset, link);
        if (strcmp(asset->path, path) == 0)
            return asset;
    }
    return NULL;
}

bool page_complete(const struct page *page)
{
    return find_asset(page, "vendor/three-cad-viewer.esm.js") != NULL &&
           find_asset(page, "vendor/ocp-viewer-core/index.js") != NULL;
}

static void free_asset(struct asset *asset)
{
    list_each(pos, next, &asset->waiters) {
        struct waiter *waiter = list_entry(pos, struct waiter, link);
        list_remove(pos);
        weak_pointer_unref(waiter->http);
        free(waiter);
    }
    list_remove(&asset->link);
    asset_free(&asset->bytes);
    free(asset->path);
    free(asset);
}

void page_close(struct page *page)
{
    list_each(pos, next, &page->assets)
        free_asset(list_entry(pos, struct asset, link));
    text_free(&page->viewer);
    text_free(&page->sessions);
    text_free(&page->side);
    free(page->folder);
    free(page->packed);
    page->folder = NULL;
    page->packed = NULL;
}

/* ---- reading one file ---- */

static void run_load(struct work *work)
{
    struct load *load = (struct load *)work;
    load->error = asset_load(load->path, load->page->packed, &load->bytes);
}

static void respond(struct page *page, struct http *http, const struct asset *asset, bool forever)
{
    char headers[1024];
    const char *accepted = http_header(http, "Accept-Encoding");
    const struct asset_bytes *bytes = &asset->bytes;
    bool zipped = bytes->gzip != NULL && http_accepts_coding(accepted, "gzip");
    struct blob *body = zipped ? bytes->gzip : bytes->plain;
    snprintf(headers, sizeof(headers), "ETag: \"%s%s\"\r\n%sCache-Control: %s\r\n%s", bytes->tag,
             zipped ? "-gz" : "", bytes->gzip != NULL ? "Vary: Accept-Encoding\r\n" : "",
             forever ? "public, max-age=31536000, immutable" : "no-cache",
             zipped ? "Content-Encoding: gzip\r\n" : "");
    bool same = http_tag_listed(http_header(http, "If-None-Match"), bytes->tag);
    struct http_response response = { .status = same ? 304 : 200,
                                      .type = same ? NULL : asset->type,
                                      .headers = headers,
                                      .blob = same ? NULL : body,
                                      .size = same ? 0 : body->size };
    http_respond(http, &response);
}

static void answer_waiters(struct page *page, struct asset *asset)
{
    while (!list_empty(&asset->waiters)) {
        struct waiter *waiter = list_entry(asset->waiters.next, struct waiter, link);
        list_remove(&waiter->link);
        struct http *http = weak_pointer_get(waiter->http);
        if (http != NULL && asset->state == ASSET_READY)
            respond(page, http, asset, waiter->forever);
        else if (http != NULL)
            http_respond_text(http, 500, "the file cannot be read", NULL);
        weak_pointer_unref(waiter->http);
        free(waiter);
    }
}

static void done_load(struct work *work, int status)
{
    struct load *load = (struct load *)work;
    struct page *page = load->page;
    struct asset *asset = load->asset;
    int error = status < 0 ? status : load->error;
    page->loading--;
    if (error < 0) {
        char text[64];
        log_warning(page->log, "page", "%s: %s", load->path, error_text(error, text, sizeof(text)));
        asset->state = ASSET_COLD;
        asset_free(&load->bytes);
    } else {
        asset->state = ASSET_READY;
        asset->bytes = load->bytes;
    }
    answer_waiters(page, asset);
    free(load->path);
    free(load);
}

static int start_load(struct page *page, struct asset *asset)
{
    struct load *load = calloc(1, sizeof(*load));
    if (load == NULL)
        return -ENOMEM;
    size_t room = strlen(page->folder) + strlen(asset->path) + 16;
    load->path = malloc(room);
    load->page = page;
    load->asset = asset;
    int error = load->path == NULL ? -ENOMEM : 0;
    if (error == 0) {
        snprintf(load->path, room, "%s/static/%s", page->folder, asset->path);
        error = work_start(&load->work, &page->jobs, "a file of the page", run_load, done_load);
    }
    if (error < 0) {
        free(load->path);
        free(load);
        return error;
    }
    asset->state = ASSET_LOADING;
    page->loading++;
    return 0;
}

static void wait_for(struct page *page, struct asset *asset, struct http *http,
                     struct weak_pointer *who, bool forever)
{
    struct waiter *waiter = malloc(sizeof(*waiter));
    if (waiter == NULL || (asset->state == ASSET_COLD && start_load(page, asset) < 0)) {
        free(waiter);
        http_respond_text(http, 503, "out of memory", NULL);
        return;
    }
    waiter->http = weak_pointer_ref(who);
    waiter->forever = forever;
    list_append(&asset->waiters, &waiter->link);
}

void page_file(struct page *page, struct http *http, struct weak_pointer *who, const char *path)
{
    bool forever = false;
    if (strncmp(path, "v-", 2) == 0 && strchr(path, '/') != NULL) {
        /* An older page asks with an older version: it gets the current file, but not as cacheable
         * for ever. */
        forever = strncmp(path + 2, page->version, 16) == 0 && path[18] == '/';
        path = strchr(path, '/') + 1;
    }
    struct asset *asset = find_asset(page, path);
    if (asset == NULL)
        http_respond_text(http, 404, "not found", NULL);
    else if (asset->state == ASSET_READY)
        respond(page, http, asset, forever);
    else
        wait_for(page, asset, http, who, forever);
}

/* ---- templates ---- */

static void fill(struct page *page, struct text *out, const struct text *template, const char *json,
                 const char *up)
{
    const char *at = text_string(template);
    for (const char *mark = strchr(at, '@'); mark != NULL; mark = strchr(mark, '@')) {
        bool is_json = strncmp(mark, "@CADCAST@", 9) == 0;
        if (!is_json && strncmp(mark, "@STATIC@", 8) != 0) {
            mark++;
            continue;
        }
        text_add_bytes(out, at, (size_t)(mark - at));
        if (is_json)
            text_add(out, json);
        else
            text_format(out, "%sstatic/v-%s/", up, page->version);
        mark += is_json ? 9 : 8;
        at = mark;
    }
    text_add(out, at);
}

void page_template(struct page *page, struct http *http, const struct text *template,
                   const char *json, const char *up)
{
    struct text out = { 0 };
    fill(page, &out, template, json, up);
    http_respond_made(http, "text/html; charset=utf-8", &out);
    text_free(&out);
}
