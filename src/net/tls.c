/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "net/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/tls_context.h"

/*
 * A byte queue in one piece of memory. Taking bytes out leaves room in front, which is used again
 * when the queue runs empty or needs room; since it never holds more than TLS_BUFFER_MAX and nearly
 * always runs empty, moving the rest costs little.
 */
struct queue {
    uint8_t *data;
    size_t head;
    size_t tail;
    size_t room;
};

struct tls {
    struct tls_context *context; /* a reference: the BIO's functions live in it */
    SSL *ssl;
    struct queue in;
    struct queue out;
    int failed; /* the first fatal error returned; 0: none */
    bool goodbye_out;
    char text[200]; /* the reason of the failure */
};

static size_t queue_size(const struct queue *queue)
{
    return queue->tail - queue->head;
}

static int queue_reserve(struct queue *queue, size_t more)
{
    size_t size = queue_size(queue);
    if (more > TLS_BUFFER_MAX || size + more > TLS_BUFFER_MAX)
        return -ENOBUFS;
    if (queue->room - queue->tail >= more)
        return 0;
    if (size > 0)
        memmove(queue->data, queue->data + queue->head, size);
    queue->head = 0;
    queue->tail = size;
    if (queue->room - size >= more)
        return 0;
    size_t room = size + more;
    room = room < 4096 ? 4096 : room + room / 2;
    uint8_t *data = realloc(queue->data, room);
    if (data == NULL)
        return -ENOMEM;
    queue->data = data;
    queue->room = room;
    return 0;
}

static int queue_put(struct queue *queue, const void *data, size_t size)
{
    int error = queue_reserve(queue, size);
    if (error < 0 || size == 0)
        return error;
    memcpy(queue->data + queue->tail, data, size);
    queue->tail += size;
    return 0;
}

static size_t queue_take(struct queue *queue, void *data, size_t size)
{
    if (size > queue_size(queue))
        size = queue_size(queue);
    if (size > 0)
        memcpy(data, queue->data + queue->head, size);
    queue->head += size;
    if (queue->head < queue->tail)
        return size;
    queue->head = 0;
    queue->tail = 0;
    /* An idle connection holds no memory for earlier data. */
    if (queue->room > 4096) {
        free(queue->data);
        queue->data = NULL;
        queue->room = 0;
    }
    return size;
}

/* The BIO through which OpenSSL reads and writes; its data is the struct tls. */
static int bio_read(BIO *bio, char *data, int size)
{
    struct tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    size_t n = size > 0 ? queue_take(&tls->in, data, (size_t)size) : 0;
    if (n > 0)
        return (int)n;
    BIO_set_retry_read(bio);
    return -1;
}

static int bio_write(BIO *bio, const char *data, int size)
{
    struct tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (size <= 0)
        return 0;
    int error = queue_put(&tls->out, data, (size_t)size);
    if (error == 0)
        return size;
    if (tls->failed == 0)
        tls->failed = error;
    return -1;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP ? 1 : 0;
}

static int bio_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

BIO_METHOD *tls_bio_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "cadcast");
    if (method == NULL)
        return NULL;
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_ctrl(method, bio_control);
    BIO_meth_set_create(method, bio_create);
    return method;
}

bool tls_is_client_hello(uint8_t first)
{
    return first == 0x16;
}

/* Whether the text is an address, and no name. */
static bool is_address(const char *host)
{
    return host[strspn(host, "0123456789.")] == '\0' || strchr(host, ':') != NULL;
}

/* Makes it a client's end. The server is told the name that it is asked for (RFC 6066 section 3),
 * which must not be an address. */
static bool ask_for(SSL *ssl, const char *host)
{
    SSL_set_connect_state(ssl);
    return SSL_set1_host(ssl, host) == 1 &&
           (is_address(host) || SSL_set_tlsext_host_name(ssl, host) == 1);
}

struct tls *tls_new(struct tls_context *context)
{
    struct tls *tls = calloc(1, sizeof(*tls));
    if (tls == NULL)
        return NULL;
    tls->context = tls_context_ref(context);
    ERR_clear_error();
    tls->ssl = SSL_new(context->ssl);
    BIO *bio = tls->ssl == NULL ? NULL : BIO_new(context->bio_method);
    if (bio == NULL) {
        tls_free(tls);
        return NULL;
    }
    BIO_set_data(bio, tls);
    SSL_set_bio(tls->ssl, bio, bio);
    if (context->host == NULL) {
        SSL_set_accept_state(tls->ssl);
    } else if (!ask_for(tls->ssl, context->host)) {
        tls_free(tls);
        return NULL;
    }
    return tls;
}

void tls_free(struct tls *tls)
{
    if (tls == NULL)
        return;
    SSL_free(tls->ssl);
    free(tls->in.data);
    free(tls->out.data);
    tls_context_unref(tls->context);
    free(tls);
}

int tls_feed(struct tls *tls, const void *data, size_t size)
{
    if (tls->failed < 0)
        return tls->failed;
    int error = queue_put(&tls->in, data, size);
    if (error < 0) {
        tls->failed = error;
        snprintf(tls->text, sizeof(tls->text), "%s", error == -ENOMEM ? "no memory" : "flooded");
    }
    return error;
}

/* Turns OpenSSL's error after a failed call into our result. */
static int failure(struct tls *tls, int result)
{
    int why = SSL_get_error(tls->ssl, result);
    if (tls->failed == 0 && (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE))
        return 0;
    if (tls->failed == 0 && why == SSL_ERROR_ZERO_RETURN)
        return tls->failed = -ECONNRESET;
    unsigned long code = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(code);
    if (tls->failed == 0)
        tls->failed = ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE ? -ENOMEM : -EPROTO;
    if (tls->failed == -EPROTO)
        snprintf(tls->text, sizeof(tls->text), "%s", reason == NULL ? "TLS failed" : reason);
    else
        snprintf(tls->text, sizeof(tls->text), "%s",
                 tls->failed == -ENOMEM ? "no memory" : "more output than is allowed to wait");
    ERR_clear_error();
    return tls->failed;
}

long tls_read(struct tls *tls, void *data, size_t size)
{
    if (tls->failed < 0)
        return tls->failed;
    ERR_clear_error();
    size_t got = 0;
    int result = SSL_read_ex(tls->ssl, data, size, &got);
    /* A read may have had to write (a key update) and failed at that alone. */
    if (result == 1 && tls->failed == 0)
        return (long)got;
    return failure(tls, result);
}

bool tls_ready(const struct tls *tls)
{
    return tls->failed == 0 && !tls->goodbye_out && SSL_is_init_finished(tls->ssl);
}

int tls_write(struct tls *tls, const void *data, size_t size)
{
    if (tls->failed < 0)
        return tls->failed;
    if (!tls_ready(tls))
        return -EAGAIN;
    if (size == 0)
        return 0;
    ERR_clear_error();
    size_t taken = 0;
    int result = SSL_write_ex(tls->ssl, data, size, &taken);
    if (result == 1 && taken == size)
        return 0;
    int error = failure(tls, result);
    /* Our BIO never asks to wait, so "try again" means that we misused OpenSSL. */
    return error < 0 ? error : (tls->failed = -EPROTO);
}

size_t tls_output_size(const struct tls *tls)
{
    return queue_size(&tls->out);
}

size_t tls_output(struct tls *tls, void *data, size_t size)
{
    return queue_take(&tls->out, data, size);
}

void tls_close_notify(struct tls *tls)
{
    if (tls->goodbye_out || !SSL_is_init_finished(tls->ssl))
        return;
    /* After a fatal error OpenSSL must not be called, and close_notify is of no use. */
    if (tls->failed < 0 && tls->failed != -ECONNRESET)
        return;
    ERR_clear_error();
    tls->goodbye_out = true;
    if (SSL_shutdown(tls->ssl) < 0)
        ERR_clear_error();
}

const char *tls_error_text(const struct tls *tls)
{
    return tls->text;
}
