/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "process/service_ask.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "base/text.h"
#include "net/socket.h"

/* A file of a large model is the longest. */
#define ANSWER_MAX ((size_t)2 << 30)

/* Milliseconds for each step of a query. */
#define STATUS_PATIENCE 5000
#define PID_PATIENCE 500
#define CONNECT_PATIENCE 30000

/* The parts of the URL. */
struct place {
    char host[256];
    char port[8];
    char token[300];
    bool six; /* the host is an IPv6 address */
    bool tls;
    bool verify; /* the certificate */
};

/* A connection; `ssl` is NULL if it is plain. */
struct line {
    int fd;
    SSL *ssl;
};

static bool is_loopback(const char *host)
{
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

static bool read_url(const char *url, struct place *place)
{
    const char *host = strstr(url, "://");
    if (host == NULL)
        return false;
    host += 3;
    place->six = host[0] == '[';
    host += place->six;
    const char *end = host + strcspn(host, place->six ? "]" : ":/?#");
    const char *port = end + (place->six && *end == ']');
    const char *token = strstr(url, "?token=");
    bool secure = strncmp(url, "https:", 6) == 0;
    if (end == host || (place->six && *end != ']'))
        return false;
    snprintf(place->host, sizeof(place->host), "%.*s", (int)(end - host), host);
    if (*port == ':')
        snprintf(place->port, sizeof(place->port), "%.*s", (int)strspn(port + 1, "0123456789"),
                 port + 1);
    else
        snprintf(place->port, sizeof(place->port), "%s", secure ? "443" : "80");
    if (token != NULL)
        snprintf(place->token, sizeof(place->token), "%.*s", (int)strcspn(token + 7, "&#\r\n"),
                 token + 7);
    /* On loopback a server with TLS accepts plain connections as well. */
    place->tls = secure && !is_loopback(place->host);
    return true;
}

/* `patience`: milliseconds for each step. */
static int dial(const struct place *place, int patience)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
    struct addrinfo *found = NULL;
    struct timeval time = { .tv_sec = patience / 1000, .tv_usec = patience % 1000 * 1000 };
    if (getaddrinfo(place->host, place->port, &hints, &found) != 0)
        return -1;
    int fd = -1;
    for (struct addrinfo *each = found; each != NULL && fd < 0; each = each->ai_next) {
        fd = socket_open(each->ai_family, SOCK_STREAM);
        if (fd < 0)
            continue;
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
        if (connect(fd, each->ai_addr, each->ai_addrlen) < 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

/* TLS on a connection: the certificates that OpenSSL trusts, those in SSL_CERT_FILE with them. */
static SSL *wrap(int fd, const struct place *place)
{
    /* OpenSSL writes without MSG_NOSIGNAL. */
    signal(SIGPIPE, SIG_IGN);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = context == NULL ? NULL : SSL_new(context);
    bool good = ssl != NULL && SSL_set_fd(ssl, fd) == 1;
    if (good)
        SSL_set_tlsext_host_name(ssl, place->host);
    if (good && place->verify) {
        SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
        good = SSL_CTX_set_default_verify_paths(context) == 1 &&
               (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), place->host) == 1 ||
                SSL_set1_host(ssl, place->host) == 1);
    }
    good = good && SSL_connect(ssl) == 1;
    SSL_CTX_free(context);
    if (good)
        return ssl;
    SSL_free(ssl);
    return NULL;
}

/* 0, -ENOTCONN, or -EPROTO: there is no TLS, or its certificate is not valid. */
static int open_line(struct line *line, const struct place *place, int patience)
{
    line->ssl = NULL;
    line->fd = dial(place, patience);
    if (line->fd < 0)
        return -ENOTCONN;
    if (!place->tls)
        return 0;
    line->ssl = wrap(line->fd, place);
    if (line->ssl != NULL)
        return 0;
    close(line->fd);
    return -EPROTO;
}

static void close_line(struct line *line)
{
    SSL_free(line->ssl);
    close(line->fd);
}

static bool say(struct line *line, const struct text *text)
{
    if (line->ssl != NULL)
        return SSL_write(line->ssl, text->data, (int)text->size) > 0;
    return send(line->fd, text->data, text->size, MSG_NOSIGNAL) > 0;
}

static void tell_progress(const char *head, const struct service_ask_body *body)
{
    static const char name[] = "\r\nCadcast-Progress: ";
    char text[64];
    const char *found = strcasestr(head, name);
    if (found == NULL)
        return;
    found += sizeof(name) - 1;
    snprintf(text, sizeof(text), "%.*s", (int)strcspn(found, "\r\n"), found);
    body->progress(body->arg, text);
}

/* Drops whole interim answers from `text`, and tells of them. */
static void take_interim(struct text *text, const struct service_ask_body *body)
{
    char *end;
    while (text->size > 12 && strncmp(text->data, "HTTP/1.1 1", 10) == 0 &&
           (end = strstr(text->data, "\r\n\r\n")) != NULL) {
        *end = '\0';
        tell_progress(text->data, body);
        size_t used = (size_t)(end + 4 - text->data);
        memmove(text->data, text->data + used, text->size - used + 1);
        text->size -= used;
    }
}

/* Reads the answer up to the end of the connection. `body`: who is told of its progress, or NULL.
 */
static void hear(struct line *line, const struct service_ask_body *body, struct text *text)
{
    char piece[16384];
    for (ssize_t n = 1; n > 0 && text->size < ANSWER_MAX;) {
        n = line->ssl != NULL ? SSL_read(line->ssl, piece, sizeof(piece))
                              : read(line->fd, piece, sizeof(piece));
        if (n > 0)
            text_add_bytes(text, piece, (size_t)n);
        if (body != NULL)
            take_interim(text, body);
    }
}

/* Reads a whole answer to `request`. */
static bool exchange(const struct place *place, int patience, struct text *request,
                     struct text *answer)
{
    struct line line;
    if (open_line(&line, place, patience) < 0)
        return false;
    bool sent = text_error(request) == 0 && say(&line, request);
    if (sent)
        hear(&line, NULL, answer);
    close_line(&line);
    return sent;
}

/* Whether the body has as many bytes as the head tells; true if that tells none. */
static bool is_whole(const char *head, size_t size)
{
    const char *line = strcasestr(head, "\r\ncontent-length:");
    return line == NULL || strtoull(line + 17, NULL, 10) == size;
}

/* Sends a request whose lines after Host and the token are `lines`, and `content` behind them. As
 * service_ask_get. */
static int ask(const char *url, const char *head, int patience, const char *lines,
               const char *content, struct text *body)
{
    struct text request = { 0 };
    struct text answer = { 0 };
    struct place place = { 0 };
    int status = 0;
    if (!read_url(url, &place))
        return 0;
    text_format(&request, "%s HTTP/1.1\r\nHost: %s%s%s:%s\r\nConnection: close\r\n%s%s%s%s\r\n",
                head, place.six ? "[" : "", place.host, place.six ? "]" : "", place.port,
                place.token[0] == '\0' ? "" : "X-Cadcast-Token: ", place.token,
                place.token[0] == '\0' ? "" : "\r\n", lines);
    text_add(&request, content);
    bool heard = exchange(&place, patience, &request, &answer);
    char *end = strstr(text_string(&answer), "\r\n\r\n");
    if (heard && end != NULL && answer.data != NULL && strncmp(answer.data, "HTTP/1.1 ", 9) == 0) {
        size_t size = answer.size - (size_t)(end + 4 - answer.data);
        *end = '\0';
        text_add_bytes(body, end + 4, size);
        status = is_whole(answer.data, size) && text_error(body) == 0
                     ? (int)strtol(answer.data + 9, NULL, 10)
                     : 0;
    }
    text_free(&request);
    text_free(&answer);
    return status;
}

int service_ask_get(const char *url, const char *path, int patience, struct text *body)
{
    struct text head = { 0 };
    text_format(&head, "GET %s", path);
    int status = ask(url, text_string(&head), patience, "", "", body);
    text_free(&head);
    return status;
}

int service_ask_post(const char *url, const char *path, int patience, const char *lines,
                     const char *json, struct text *body)
{
    struct text head = { 0 };
    struct text all = { 0 };
    text_format(&head, "POST %s", path);
    text_format(&all, "Content-Type: application/json\r\nContent-Length: %zu\r\n", strlen(json));
    text_add(&all, lines);
    int status = ask(url, text_string(&head), patience, text_string(&all), json, body);
    text_free(&head);
    text_free(&all);
    return status;
}

/* ---- sending ---- */

/* Bytes that are read from a file at a time. */
#define PIECE (256 * 1024)

static bool say_all(struct line *line, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = line->ssl != NULL ? SSL_write(line->ssl, data, (int)size)
                                      : send(line->fd, data, size, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        data += n;
        size -= (size_t)n;
    }
    return true;
}

/* Reads what is there, without waiting for more. The number of bytes; 0: nothing; below 0: the
 * connection has ended. With TLS there may be other things than an answer, such as tickets of the
 * session, behind which OpenSSL would wait for one. */
static int glance(const struct line *line, char *piece, int room)
{
    struct pollfd ready = { .fd = line->fd, .events = POLLIN };
    if (poll(&ready, 1, 0) <= 0)
        return 0;
    if (line->ssl == NULL) {
        ssize_t got = read(line->fd, piece, (size_t)room);
        return got > 0 ? (int)got : -1;
    }
    SSL_clear_mode(line->ssl, SSL_MODE_AUTO_RETRY);
    int n = SSL_read(line->ssl, piece, room);
    SSL_set_mode(line->ssl, SSL_MODE_AUTO_RETRY);
    if (n > 0)
        return n;
    return SSL_get_error(line->ssl, n) == SSL_ERROR_WANT_READ ? 0 : -1;
}

/* Whether the server answers before it has the whole body. What it says of its progress meanwhile
 * is told, and is no answer. */
static bool answers_already(const struct line *line, const struct service_ask_body *body,
                            struct text *answer)
{
    static const char interim[] = "HTTP/1.1 1";
    char piece[4096];
    int n = glance(line, piece, sizeof(piece));
    if (n <= 0)
        return n < 0;
    text_add_bytes(answer, piece, (size_t)n);
    take_interim(answer, body);
    size_t known = answer->size < sizeof(interim) - 1 ? answer->size : sizeof(interim) - 1;
    return strncmp(text_string(answer), interim, known) != 0;
}

/* 0; -EIO if the body cannot be read. A connection that breaks may have an answer. */
static int say_body(struct line *line, const struct service_ask_body *body, struct text *answer)
{
    char *piece = malloc(PIECE);
    uint64_t sent = 0;
    int error = piece == NULL ? -ENOMEM : 0;
    while (error == 0 && sent < body->size && !answers_already(line, body, answer)) {
        uint64_t left = body->size - sent;
        long n = body->read(body->arg, piece, left < PIECE ? (size_t)left : PIECE);
        if (n <= 0)
            error = -EIO;
        else if (!say_all(line, piece, (size_t)n))
            break;
        sent += n > 0 ? (uint64_t)n : 0;
        body->sent(body->arg, sent);
    }
    free(piece);
    return error;
}

int service_ask_put(const char *url, const char *path, const struct service_ask_body *body,
                    struct text *out)
{
    struct text request = { 0 };
    struct text answer = { 0 };
    struct place place = { 0 };
    struct line line = { .fd = -1 };
    int status = 0;
    if (!read_url(url, &place))
        return -ENOTCONN;
    place.verify = body->verify;
    text_format(&request,
                "PUT %s HTTP/1.1\r\nHost: %s%s%s:%s\r\nConnection: close\r\n"
                "Content-Length: %" PRIu64 "\r\nCadcast-Progress: 1\r\n%s%s%s%s%s%s\r\n",
                path, place.six ? "[" : "", place.host, place.six ? "]" : "", place.port,
                body->size,
                body->type == NULL ? "" : "Content-Type: ", body->type == NULL ? "" : body->type,
                body->type == NULL ? "" : "\r\n",
                place.token[0] == '\0' ? "" : "X-Cadcast-Token: ", place.token,
                place.token[0] == '\0' ? "" : "\r\n");
    if (text_error(&request) == 0)
        status = open_line(&line, &place, CONNECT_PATIENCE);
    if (text_error(&request) == 0 && status == 0) {
        struct timeval forever = { 0 };
        setsockopt(line.fd, SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof(forever));
        setsockopt(line.fd, SOL_SOCKET, SO_SNDTIMEO, &forever, sizeof(forever));
        int error = say(&line, &request) ? say_body(&line, body, &answer) : 0;
        if (error == 0)
            hear(&line, body, &answer);
        close_line(&line);
        const char *head = text_string(&answer);
        const char *end = strstr(head, "\r\n\r\n");
        if (end != NULL && strncmp(head, "HTTP/1.1 ", 9) == 0) {
            text_add(out, end + 4);
            status = (int)strtol(head + 9, NULL, 10);
        }
        status = error < 0 ? error : status;
    }
    text_free(&request);
    text_free(&answer);
    return status;
}

/* The body of an answer as JSON, a new reference. NULL: no valid answer. */
static json_t *get_json(const char *url, const char *path, int patience)
{
    struct text body = { 0 };
    int status = service_ask_get(url, path, patience, &body);
    json_t *json =
        status == 200 ? json_loads(text_string(&body), JSON_DISABLE_EOF_CHECK, NULL) : NULL;
    text_free(&body);
    return json;
}

json_t *service_ask_json(const char *url, const char *path)
{
    return get_json(url, path, STATUS_PATIENCE);
}

json_t *service_ask(const char *url)
{
    return service_ask_json(url, "/status");
}

/* The process id at that address, if it is a cadcast; else 0. */
static long pid_at(const char *url)
{
    json_t *health = get_json(url, "/healthz", PID_PATIENCE);
    bool ours = json_is_string(json_object_get(health, "version"));
    long pid = ours ? (long)json_integer_value(json_object_get(health, "pid")) : 0;
    json_decref(health);
    return pid;
}

long service_ask_pid(uint16_t port, char url[SERVICE_ASK_URL])
{
    /* A machine may lack the first one. */
    snprintf(url, SERVICE_ASK_URL, "http://127.0.0.1:%u/viewer", port);
    long pid = pid_at(url);
    if (pid > 0)
        return pid;
    snprintf(url, SERVICE_ASK_URL, "http://[::1]:%u/viewer", port);
    return pid_at(url);
}
