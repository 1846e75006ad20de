/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "server/server_image.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/png.h"
#include "base/sys.h"
#include "browser/browser.h"
#include "cluster/cluster.h"
#include "process/paths.h"
#include "render/query.h"
#include "server/screenshot.h"
#include "server/server.h"
#include "server/server_export.h"

/* Limits of one picture. */
#define PICTURE_MS 20000
#define PICTURE_BYTES ((size_t)256 << 20)

/* The time for one that a browser draws, which is started for it. */
#define BROWSER_MS 60000

/* Enough for the deepest tree of parts, whatever the C library's default is. */
#define STACK ((size_t)2 << 20)

/* The small picture: pixels, and how many times larger it is drawn. */
#define SMALL_WIDTH 256
#define SMALL_HEIGHT 192
#define SMALL_SCALE 2

enum image_kind { IMAGE_ANSWER, IMAGE_ASKED, IMAGE_SMALL, IMAGE_STEP, IMAGE_SHOT };

/* One picture, from the request to its end. */
struct image {
    struct server_job job;
    enum image_kind kind;
    server_image_done done; /* of IMAGE_ASKED */
    void *arg;
    char *filename;
    struct render_options options;
    struct blob *png;
    struct text message;
};

static void image_free(struct image *image)
{
    server_job_free(&image->job);
    render_options_free(&image->options);
    blob_unref(image->png);
    text_free(&image->message);
    free(image->filename);
    free(image);
}

/* ---- on the pool ---- */

static int draw(struct image *image)
{
    struct render_picture drawn;
    const struct blob *bytes = image->job.file.bytes;
    int error = render_draw(bytes->data, bytes->size, &image->options, &drawn);
    if (error < 0)
        text_add(&image->message, drawn.fault);
    image->job.fault = text_string(&image->message);
    if (error < 0)
        return error;
    error = png_encode(drawn.pixels, drawn.width, drawn.height, drawn.opaque, &image->png);
    image->job.fault = "out of memory";
    render_picture_free(&drawn);
    return error;
}

/* The same by the page itself. */
static int draw_in_browser(struct image *image)
{
    struct server_job *job = &image->job;
    const struct blob *bytes = job->file.bytes;
    struct text values = { 0 };
    char why[BROWSER_WHY] = "out of memory";
    char *path = paths_onefile(job->server->data_folder);
    server_export_values(&values, job, "");
    const struct export_page page = { .path = path,
                                      .values = text_string(&values),
                                      .name = job->session };
    const struct browser_drawing drawing = { .options = &image->options,
                                             .page = &page,
                                             .max_ms = BROWSER_MS,
                                             .max_bytes = job->room,
                                             .cancel = &job->cancel };
    int error = text_error(&values);
    if (error == 0)
        error = browser_draw(bytes->data, bytes->size, &drawing, &image->png, why);
    if (error < 0)
        text_add(&image->message, why);
    job->fault = text_string(&image->message);
    text_free(&values);
    free(path);
    return error;
}

static void make(struct image *image)
{
    struct server_job *job = &image->job;
    image->options.settings = job->picture.settings;
    image->options.reported = job->picture.status;
    image->options.same = job->same;
    image->options.cancel = &job->cancel;
    image->options.max_ms = PICTURE_MS;
    image->options.max_bytes = PICTURE_BYTES;
    job->status = server_job_model(job, job->server->options->max_memory);
    /* It is drawn from the file alone: the text does not stay while the next model comes. */
    blob_unref(job->picture.model);
    job->picture.model = NULL;
    if (job->status == 0)
        job->status = image->options.browser ? draw_in_browser(image) : draw(image);
    if (job->status == 0 && image->kind == IMAGE_SHOT) {
        job->status = screenshot_write_png(image->filename, image->png->data, image->png->size,
                                           &image->message);
        job->fault = text_string(&image->message);
    }
}

static void *make_in_background(void *arg)
{
    sys_thread_background();
    make(arg);
    return NULL;
}

/* In a thread of its own: one of the pool could not get its priority back. */
static void run(struct server_job *job)
{
    struct image *image = (struct image *)job;
    pthread_t thread;
    pthread_attr_t attributes;
    bool started = false;
    if (pthread_attr_init(&attributes) == 0) {
        started = pthread_attr_setstacksize(&attributes, STACK) == 0 &&
                  pthread_create(&thread, &attributes, make_in_background, image) == 0;
        pthread_attr_destroy(&attributes);
    }
    if (started)
        pthread_join(thread, NULL);
    else
        make(image);
}

/* ---- on the loop ---- */

static void answer_error(struct http *http, int error, const char *fault)
{
    char text[200];
    bool busy = error == -EFBIG || error == -ETIMEDOUT || error == -ECANCELED || error == -ENOMEM;
    snprintf(text, sizeof(text), "no picture: %s", fault);
    bool none = error == -ENODATA || error == -ENOENT;
    int status = error == -ENOTSUP ? 501 : error == -EIO ? 502 : 422;
    http_respond_text(http,
                      none   ? 404
                      : busy ? 503
                             : status,
                      text, busy ? "Retry-After: 10\r\n" : NULL);
}

static void answer(const struct image *image)
{
    const struct server_job *job = &image->job;
    struct http *http = weak_pointer_get(job->http);
    if (http == NULL)
        return;
    if (job->status < 0) {
        answer_error(http, job->status, job->fault);
        return;
    }
    struct http_response response = { .status = 200,
                                      .type = "image/png",
                                      .headers = "Cache-Control: no-cache\r\n",
                                      .blob = image->png,
                                      .size = image->png->size };
    job->server->front.bytes_out += image->png->size;
    http_respond(http, &response);
}

static void keep_small(const struct image *image)
{
    const struct server_job *job = &image->job;
    struct session *session = hub_of(&job->server->hub, job->id);
    if (job->status < 0 || session == NULL || session->picture.number != job->number)
        return;
    /* A page may have been faster, and shows what a person sees. */
    if (session->small_of == job->number)
        return;
    session_thumbnail(session, job->number, image->png);
}

/* The small picture of a step is kept, and is the answer. */
static void keep_step(const struct image *image)
{
    const struct server_job *job = &image->job;
    struct session *session = hub_of(&job->server->hub, job->id);
    struct history_step *step = session == NULL ? NULL : session_step(session, (int64_t)job->step);
    if (job->status == 0 && step != NULL)
        history_thumbnail(&session->history, step, image->png);
    answer(image);
}

static void tell_shot(const struct image *image)
{
    const struct log *log = &image->job.server->log;
    if (image->job.status < 0)
        log_warning(log, "screenshot", "%s: not drawn: %s", image->filename, image->job.fault);
    else
        log_info(log, "screenshot", "wrote %s, drawn without a browser", image->filename);
}

static void end(struct server_job *job)
{
    struct image *image = (struct image *)job;
    struct server *server = job->server;
    log_debug(&server->log, "image", "session %s: %s in %.1f ms", job->session,
              job->status < 0 ? job->fault : "drawn", job->spent);
    if (image->kind == IMAGE_ASKED)
        image->done(image->arg, job->status, job->fault, image->png);
    else if (image->kind == IMAGE_ANSWER)
        answer(image);
    else if (image->kind == IMAGE_SMALL)
        keep_small(image);
    else if (image->kind == IMAGE_STEP)
        keep_step(image);
    else
        tell_shot(image);
    image_free(image);
}

static struct image *image_new(struct server *server, enum image_kind kind, const char *session,
                               struct weak_pointer *who)
{
    struct image *image = calloc(1, sizeof(*image));
    if (image == NULL)
        return NULL;
    server_job_init(&image->job, &server->images, session, who);
    image->kind = kind;
    render_options_init(&image->options);
    return image;
}

void server_image_init(struct server *server)
{
    static const struct server_job_kind kind = {
        .what = "a picture", .many = "too many pictures are waiting", .run = run, .end = end
    };
    server_job_queue_init(&server->images, server, &kind);
    server_job_queue_init(&server->browser_images, server, &kind);
}

/* What a browser draws takes seconds: the others do not wait for it. */
static struct server_job_queue *queue_of(struct server *server,
                                         const struct render_options *options)
{
    return options->browser ? &server->browser_images : &server->images;
}

/* Puts it into its queue. A client that leaves ends what a browser draws for it: that may take a
 * minute otherwise, and the next one waits. */
static void enqueue(struct image *image)
{
    struct http *http = weak_pointer_get(image->job.http);
    image->job.queue = queue_of(image->job.server, &image->options);
    if (image->options.browser && http != NULL)
        http_watch(http);
    server_job_add(&image->job);
}

void server_image_respond(struct server *server, struct conn *conn, struct http *http,
                          const char *session, const char *target)
{
    struct text why = { 0 };
    const char *query = strchr(target, '?');
    struct image *image = image_new(server, IMAGE_ANSWER, session, conn->http_weak);
    if (image == NULL) {
        http_respond_text(http, 503, "out of memory", NULL);
        return;
    }
    if (query_read(&image->options, query == NULL ? "" : query + 1, &why) < 0) {
        http_respond_text(http, 400, text_string(&why), NULL);
        image_free(image);
    } else if (!server_job_acceptable(queue_of(server, &image->options), http, session)) {
        image_free(image);
    } else if (!server_job_choose(&image->job, image->options.step)) {
        http_respond_text(http, 404, SERVER_JOB_NO_STEP, NULL);
        image_free(image);
    } else {
        enqueue(image);
    }
    text_free(&why);
}

int server_image_ask(struct server *server, const char *session,
                     const struct render_options *options, struct weak_pointer *who,
                     server_image_done then, void *arg)
{
    if (queue_of(server, options)->count >= SERVER_JOB_WAITING)
        return -EBUSY;
    struct image *image = image_new(server, IMAGE_ASKED, session, who);
    if (image == NULL)
        return -ENOMEM;
    render_options_copy(&image->options, options);
    if (!server_job_choose(&image->job, options->step)) {
        image_free(image);
        return -ENOENT;
    }
    image->done = then;
    image->arg = arg;
    enqueue(image);
    return 0;
}

static void set_small(struct render_options *options)
{
    options->width = SMALL_WIDTH;
    options->height = SMALL_HEIGHT;
    options->shrink = SMALL_SCALE;
    options->transparent = true;
}

void server_image_step(struct server *server, struct conn *conn, struct http *http,
                       const char *session, int64_t step)
{
    struct image *image = NULL;
    if (!server_job_acceptable(&server->images, http, session))
        return;
    image = image_new(server, IMAGE_STEP, session, conn->http_weak);
    if (image == NULL) {
        http_respond_text(http, 503, "out of memory", "Retry-After: 1\r\n");
    } else if (!server_job_choose(&image->job, step)) {
        http_respond_text(http, 404, SERVER_JOB_NO_STEP, NULL);
        image_free(image);
    } else {
        set_small(&image->options);
        server_job_add(&image->job);
    }
}

void server_image_small(struct server *server, const struct session *session)
{
    if (server->front.closing)
        return;
    list_each(pos, next, &server->images.waiting) {
        const struct server_job *job = list_entry(pos, struct server_job, link);
        const struct image *other = (const struct image *)job;
        if (other->kind == IMAGE_SMALL && job->id == session->id)
            return;
    }
    struct image *image = image_new(server, IMAGE_SMALL, session->name, NULL);
    if (image == NULL)
        return;
    set_small(&image->options);
    server_job_add(&image->job);
}

/* Draws what a session shows into a file, as a kernel asked for. */
static void draw_file(struct server *server, const struct session *session, const char *filename)
{
    bool full = server->images.count >= 2 * SERVER_JOB_WAITING;
    struct image *image = full ? NULL : image_new(server, IMAGE_SHOT, session->name, NULL);
    if (image != NULL)
        image->filename = strdup(filename);
    if (image == NULL || image->filename == NULL) {
        log_warning(&server->log, "screenshot", "%s: %s", filename,
                    full ? "too many are waiting" : "out of memory");
        free(image);
        return;
    }
    /* As the page's screenshots are; of this picture, also if a newer one comes before its turn. */
    image->options.transparent = true;
    server_job_take(&image->job);
    server_job_add(&image->job);
}

/* Cancels a small picture. */
static void give_up_small(struct server_job *job)
{
    if (job != NULL && ((struct image *)job)->kind == IMAGE_SMALL)
        atomic_store(&job->cancel, true);
}

void server_image_ending(struct server *server)
{
    server_job_cancel(&server->browser_images);
    give_up_small(server->images.running);
    list_each(pos, next, &server->images.waiting)
        give_up_small(list_entry(pos, struct server_job, link));
}

/* ---- without a page ---- */

struct far_shot {
    struct server *server;
    uint32_t session;
    char filename[];
};

static void draw_alone(struct server *server, struct session *session, const char *filename)
{
    if (!server->parts->shot_draw(server, filename))
        draw_file(server, session, filename);
}

static void on_shot(void *arg, struct blob *data_url)
{
    struct far_shot *shot = arg;
    struct server *server = shot->server;
    const struct view_services *services = &server->hub.view.services;
    struct session *session = hub_of(&server->hub, shot->session);
    json_t *url = data_url == NULL ? NULL
                                   : json_stringn((const char *)blob_payload(data_url),
                                                  blob_payload_size(data_url));
    if (url != NULL)
        services->screenshot(services->owner, shot->filename, url);
    else if (session != NULL && !server->front.closing)
        draw_alone(server, session, shot->filename);
    else
        services->shot_lost(services->owner, shot->filename, "its session has ended");
    json_decref(url);
    free(shot);
}

void server_image_without_page(struct server *server, struct session *session, const char *filename)
{
    size_t size = strlen(filename) + 1;
    struct far_shot *shot = server->cluster == NULL ? NULL : malloc(sizeof(*shot) + size);
    if (shot != NULL) {
        shot->server = server;
        shot->session = session->id;
        memcpy(shot->filename, filename, size);
        if (cluster_shot(server->cluster, session, on_shot, shot) == 0)
            return;
        free(shot);
    }
    draw_alone(server, session, filename);
}
