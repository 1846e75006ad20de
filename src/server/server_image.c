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
#include "loop/work.h"
#include "model/model.h"
#include "render/query.h"
#include "server/screenshot.h"
#include "server/server.h"

/* Pictures that may wait. */
#define WAITING_MAX 16

/* Limits of one picture. */
#define PICTURE_MS 20000
#define PICTURE_BYTES ((size_t)256 << 20)

/* Enough for the deepest tree of parts, whatever the C library's default is. */
#define STACK ((size_t)2 << 20)

/* The small picture: pixels, and how many times larger it is drawn. */
#define SMALL_WIDTH 256
#define SMALL_HEIGHT 192
#define SMALL_SCALE 2

enum image_kind { IMAGE_ANSWER, IMAGE_ASKED, IMAGE_SMALL, IMAGE_SHOT };

/* One picture, from the request to its end. */
struct image {
    struct work work;
    struct list link; /* in the queue */
    struct server *server;
    enum image_kind kind;
    char session[SESSION_NAME_MAX + 1]; /* by name: it may be freed before its turn */
    struct weak_pointer *http;          /* the request; NULL: there is none */
    server_image_done done;             /* of IMAGE_ASKED */
    void *arg;
    char *filename;
    struct render_options options;
    struct picture picture; /* what is drawn, from its turn on */
    struct model_file file; /* its model; made by the job if the session has none yet */
    uint64_t number;        /* of the picture */
    struct blob *png;
    int status;
    const char *fault;
    struct text message;
};

static void image_end(struct image *image)
{
    weak_pointer_unref(image->http);
    picture_free(&image->picture);
    model_file_free(&image->file);
    blob_unref(image->png);
    text_free(&image->message);
    free(image->filename);
    free(image);
}

/* ---- on the pool ---- */

/* The end of the server does not wait for a small picture: it is drawn after the next start. */
static const atomic_bool *cancel_of(const struct image *image)
{
    return image->kind == IMAGE_SMALL ? &image->server->ending : &image->server->cancel;
}

static int make_model(struct image *image)
{
    struct model_options options = { .max_bytes = image->server->options->max_memory,
                                     .cancel = cancel_of(image),
                                     .blocks = image->server->front.blocks };
    if (image->file.bytes != NULL)
        return 0;
    image->fault = "its model cannot be read";
    return model_make(image->picture.model, &options, &image->file);
}

static int draw(struct image *image)
{
    struct render_picture drawn;
    const struct blob *bytes = image->file.bytes;
    int error = render_draw(bytes->data, bytes->size, &image->options, &drawn);
    image->fault = drawn.fault;
    if (error < 0)
        return error;
    error = png_encode(drawn.pixels, drawn.width, drawn.height, drawn.opaque, &image->png);
    image->fault = "out of memory";
    render_picture_free(&drawn);
    return error;
}

static void make(struct image *image)
{
    image->options.settings = image->picture.settings;
    image->options.reported = image->picture.status;
    image->options.cancel = cancel_of(image);
    image->options.max_ms = PICTURE_MS;
    image->options.max_bytes = PICTURE_BYTES;
    image->status = make_model(image);
    if (image->status == 0)
        image->status = draw(image);
    if (image->status == 0 && image->kind == IMAGE_SHOT) {
        image->status = screenshot_write_png(image->filename, image->png->data, image->png->size,
                                             &image->message);
        image->fault = text_string(&image->message);
    }
}

static void *make_in_background(void *arg)
{
    sys_thread_background();
    make(arg);
    return NULL;
}

/* In a thread of its own: one of the pool could not get its priority back. */
static void run(struct work *work)
{
    struct image *image = (struct image *)work;
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
    http_respond_text(http,
                      error == -ENODATA ? 404
                      : busy            ? 503
                                        : 422,
                      text, busy ? "Retry-After: 10\r\n" : NULL);
}

static void answer(const struct image *image)
{
    struct http *http = weak_pointer_get(image->http);
    if (image->kind == IMAGE_ASKED) {
        image->done(image->arg, image->status, image->fault, image->png);
        return;
    }
    if (http == NULL)
        return;
    if (image->status < 0) {
        answer_error(http, image->status, image->fault);
        return;
    }
    struct http_response response = { .status = 200,
                                      .type = "image/png",
                                      .headers = "Cache-Control: no-cache\r\n",
                                      .blob = image->png,
                                      .size = image->png->size };
    image->server->front.bytes_out += image->png->size;
    http_respond(http, &response);
}

static void keep_small(const struct image *image)
{
    struct session *session = hub_find(&image->server->hub, image->session);
    if (image->status < 0 || session == NULL || session->picture.number != image->number)
        return;
    session_thumbnail(session, image->png);
}

static void tell_shot(const struct image *image)
{
    const struct log *log = &image->server->log;
    if (image->status < 0)
        log_warning(log, "screenshot", "%s: not drawn: %s", image->filename, image->fault);
    else
        log_info(log, "screenshot", "wrote %s, drawn without a browser", image->filename);
}

static void start_next(struct server *server);

static void done(struct work *work, int status)
{
    struct image *image = (struct image *)work;
    struct server *server = image->server;
    if (status < 0) {
        image->status = status;
        image->fault = "the server ends";
    }
    log_debug(&server->log, "image", "session %s: %s in %.1f ms", image->session,
              image->status < 0 ? image->fault : "drawn",
              (double)(uv_hrtime() - work->queued - work->waited) / 1e6);
    server->images.drawn += image->status == 0;
    if (image->kind == IMAGE_ANSWER || image->kind == IMAGE_ASKED)
        answer(image);
    else if (image->kind == IMAGE_SMALL)
        keep_small(image);
    else
        tell_shot(image);
    image_end(image);
    server->images.drawing = false;
    start_next(server);
}

/* Takes what the session shows now. 0, -ENODATA: nothing; or -ENOMEM. */
static int take_picture(struct image *image)
{
    struct session *session = hub_find(&image->server->hub, image->session);
    if (session == NULL || session->picture.model == NULL)
        return -ENODATA;
    image->number = session->picture.number;
    image->options.same = session->reported == session->picture.number;
    if (picture_copy(&image->picture, &session->picture) < 0)
        return -ENOMEM;
    if (session->file_state == SESSION_FILE_READY) {
        image->file = session->file;
        blob_ref(image->file.bytes);
    }
    return 0;
}

/* Starts an image; false: it has ended instead. */
static bool start(struct image *image)
{
    struct server *server = image->server;
    if (image->http != NULL && weak_pointer_get(image->http) == NULL) {
        image->status = -ECANCELED;
        image->fault = "its request is gone";
        answer(image);
        image_end(image);
        return false;
    }
    image->status = image->picture.model != NULL ? 0 : take_picture(image);
    image->fault = image->status == -ENODATA ? "nothing is shown" : "out of memory";
    if (image->status == 0 &&
        work_start(&image->work, &server->front.jobs, "a picture", run, done) == 0)
        return true;
    image->status = image->status == 0 ? -ENOMEM : image->status;
    if (image->kind == IMAGE_ANSWER || image->kind == IMAGE_ASKED)
        answer(image);
    else if (image->kind == IMAGE_SHOT)
        tell_shot(image);
    image_end(image);
    return false;
}

static void start_next(struct server *server)
{
    struct server_image_queue *queue = &server->images;
    while (!queue->drawing && !list_empty(&queue->waiting)) {
        struct image *image = list_entry(queue->waiting.next, struct image, link);
        list_remove(&image->link);
        queue->count--;
        queue->drawing = start(image);
    }
}

static struct image *image_new(struct server *server, enum image_kind kind, const char *session)
{
    struct image *image = calloc(1, sizeof(*image));
    if (image == NULL)
        return NULL;
    image->server = server;
    image->kind = kind;
    snprintf(image->session, sizeof(image->session), "%s", session);
    render_options_init(&image->options);
    return image;
}

static void enqueue(struct image *image)
{
    struct server *server = image->server;
    list_append(&server->images.waiting, &image->link);
    server->images.count++;
    start_next(server);
}

void server_image_init(struct server *server)
{
    list_init(&server->images.waiting);
}

/* Whether the request can be answered at all; answers it if not. */
static bool acceptable(struct server *server, struct http *http, const char *name)
{
    const struct session *session = hub_find(&server->hub, name);
    if (session == NULL || session->picture.model == NULL)
        http_respond_text(http, 404, "nothing is shown here", NULL);
    else if (server->images.count >= WAITING_MAX)
        http_respond_text(http, 503, "too many pictures are waiting", "Retry-After: 1\r\n");
    else
        return true;
    return false;
}

void server_image_respond(struct server *server, struct conn *conn, struct http *http,
                          const char *session, const char *target)
{
    struct text why = { 0 };
    const char *query = strchr(target, '?');
    struct image *image = image_new(server, IMAGE_ANSWER, session);
    if (image == NULL) {
        http_respond_text(http, 503, "out of memory", NULL);
        return;
    }
    if (query_read(&image->options, query == NULL ? "" : query + 1, &why) < 0) {
        http_respond_text(http, 400, text_string(&why), NULL);
        image_end(image);
    } else if (!acceptable(server, http, session)) {
        image_end(image);
    } else {
        image->http = weak_pointer_ref(conn->http_weak);
        enqueue(image);
    }
    text_free(&why);
}

int server_image_ask(struct server *server, const char *session,
                     const struct render_options *options, struct weak_pointer *who,
                     server_image_done then, void *arg)
{
    if (server->images.count >= WAITING_MAX)
        return -EBUSY;
    struct image *image = image_new(server, IMAGE_ASKED, session);
    if (image == NULL)
        return -ENOMEM;
    image->options = *options;
    image->http = weak_pointer_ref(who);
    image->done = then;
    image->arg = arg;
    enqueue(image);
    return 0;
}

void server_image_small(struct server *server, const struct session *session)
{
    list_each(pos, next, &server->images.waiting) {
        const struct image *other = list_entry(pos, struct image, link);
        if (other->kind == IMAGE_SMALL && strcmp(other->session, session->name) == 0)
            return;
    }
    struct image *image = image_new(server, IMAGE_SMALL, session->name);
    if (image == NULL)
        return;
    image->options.width = SMALL_WIDTH;
    image->options.height = SMALL_HEIGHT;
    image->options.shrink = SMALL_SCALE;
    image->options.transparent = true;
    enqueue(image);
}

void server_image_shot(struct server *server, const struct session *session, const char *filename)
{
    bool full = server->images.count >= 2 * WAITING_MAX;
    struct image *image = full ? NULL : image_new(server, IMAGE_SHOT, session->name);
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
    take_picture(image);
    enqueue(image);
}

void server_image_free(struct server *server)
{
    list_each(pos, next, &server->images.waiting) {
        struct image *image = list_entry(pos, struct image, link);
        image->status = -ECANCELED;
        image->fault = "the server ends";
        if (image->kind == IMAGE_ASKED)
            answer(image);
        image_end(image);
    }
    list_init(&server->images.waiting);
    server->images.count = 0;
}
