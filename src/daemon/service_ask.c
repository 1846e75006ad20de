/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/service_ask.h"

#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "base/text.h"

#define ANSWER_MAX (16 * 1024 * 1024)

/* The parts of the address. */
struct place {
    char host[256];
    char port[8];
    char token[300];
    bool six; /* the host is an IPv6 address */
    bool tls;
};

/* A connection; `ssl` is NULL where it is plain. */
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
    const char *end = place->six ? strchr(host, ']') : strchr(host, ':');
    const char *port = end == NULL ? NULL : strchr(end, ':');
    const char *token = strstr(url, "?token=");
    if (port == NULL)
        return false;
    host += place->six;
    snprintf(place->host, sizeof(place->host), "%.*s", (int)(end - host), host);
    snprintf(place->port, sizeof(place->port), "%.*s", (int)strspn(port + 1, "0123456789"),
             port + 1);
    snprintf(place->token, sizeof(place->token), "%s", token == NULL ? "" : token + 7);
    /* To loopback a server with TLS speaks plainly as well. */
    place->tls = strncmp(url, "https:", 6) == 0 && !is_loopback(place->host);
    return true;
}

static int dial(const struct place *place)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
    struct addrinfo *found = NULL;
    struct timeval patience = { .tv_sec = 5 };
    if (getaddrinfo(place->host, place->port, &hints, &found) != 0)
        return -1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
        if (connect(fd, found->ai_addr, found->ai_addrlen) < 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

static bool open_line(struct line *line, const struct place *place)
{
    line->ssl = NULL;
    line->fd = dial(place);
    if (line->fd < 0 || !place->tls)
        return line->fd >= 0;
    /* OpenSSL writes without MSG_NOSIGNAL. */
    signal(SIGPIPE, SIG_IGN);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    line->ssl = context == NULL ? NULL : SSL_new(context);
    SSL_CTX_free(context);
    if (line->ssl != NULL && SSL_set_fd(line->ssl, line->fd) == 1 && SSL_connect(line->ssl) == 1)
        return true;
    SSL_free(line->ssl);
    close(line->fd);
    return false;
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

/* Everything up to the end of the connection. */
static void hear(struct line *line, struct text *text)
{
    char piece[16384];
    for (ssize_t n = 1; n > 0 && text->size < ANSWER_MAX;) {
        n = line->ssl != NULL ? SSL_read(line->ssl, piece, sizeof(piece))
                              : read(line->fd, piece, sizeof(piece));
        if (n > 0)
            text_add_bytes(text, piece, (size_t)n);
    }
}

json_t *service_ask(const char *url)
{
    struct text text = { 0 };
    struct place place = { 0 };
    struct line line;
    if (!read_url(url, &place) || !open_line(&line, &place))
        return NULL;
    text_format(&text, "GET /status HTTP/1.1\r\nHost: %s%s%s:%s\r\nConnection: close\r\n%s%s%s\r\n",
                place.six ? "[" : "", place.host, place.six ? "]" : "", place.port,
                place.token[0] == '\0' ? "" : "X-Cadcast-Token: ", place.token,
                place.token[0] == '\0' ? "" : "\r\n");
    bool said = text_error(&text) == 0 && say(&line, &text);
    text.size = 0;
    if (said)
        hear(&line, &text);
    close_line(&line);
    const char *body = strstr(text_string(&text), "\r\n\r\n");
    bool good = said && strncmp(text_string(&text), "HTTP/1.1 200 ", 13) == 0 && body != NULL;
    json_t *status = good ? json_loads(body + 4, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
    text_free(&text);
    return status;
}
