/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/*
 * Feeds the guard with a request made of lines: the first byte of the input chooses what is known
 * about the connection, then come the target and the headers in the order of `fields`, a line
 * each; a line that is a single "-" stands for a header that is not there. The input is wrong
 * where the guard lets in what it must not, whatever the texts say.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "web/guard.h"

#define TOKEN "fuzz-token-0123456789"

static void set_up(struct guard *guard)
{
    if (guard_allow_host(guard, ".example.org") < 0 || guard_add_bound(guard, "10.0.0.1") < 0 ||
        guard_allow_origin(guard, "https://lab.example.org") < 0 ||
        guard_trust_proxy(guard, "10.0.0.0/8") < 0 || guard_trust_proxy(guard, "fd00::/8") < 0 ||
        guard_trust_network(guard, "192.168.0.0/16") < 0 || guard_set_token(guard, TOKEN, 3939) < 0)
        abort();
}

/* Cuts the next line off. The lines are in a copy of exactly their size and a zero byte, so that a
 * sanitizer sees a read past the end of one. */
static char *next_line(const uint8_t **data, size_t *size)
{
    const uint8_t *end = memchr(*data, '\n', *size);
    size_t length = end == NULL ? *size : (size_t)(end - *data);
    char *line = malloc(length + 1);
    if (line == NULL)
        abort();
    memcpy(line, *data, length);
    line[length] = '\0';
    *data += length;
    *size -= length;
    if (*size > 0) {
        (*data)++;
        (*size)--;
    }
    if (strcmp(line, "-") != 0)
        return line;
    free(line);
    return NULL;
}

static bool is_right_anywhere(const struct guard_request *request)
{
    const char *places[] = { request->target, request->cookie, request->authorization,
                             request->token };
    for (size_t i = 0; i < 4; i++) {
        if (places[i] != NULL && strstr(places[i], TOKEN) != NULL)
            return true;
    }
    return false;
}

static void need(bool right, const char *what)
{
    if (right)
        return;
    fprintf(stderr, "the guard failed: %s\n", what);
    abort();
}

static void check_answer(const struct guard_request *request, const struct guard_answer *answer)
{
    bool let_in = answer->status == 0 || answer->status == 303;
    need(let_in || answer->status == 400 || answer->status == 401 || answer->status == 403,
         "status");
    need(let_in == (answer->reason[0] == '\0'), "reason");
    need(answer->status != 303 || answer->set_cookie[0] != '\0', "redirect without a cookie");
    need(strpbrk(answer->set_cookie, "\r\n") == NULL, "a second header line");
    need(!answer->token || is_right_anywhere(request), "a token out of nothing");
    if (!let_in)
        return;
    need(answer->token ||
             (request->owner != GUARD_OWNER_OTHER && request->owner != GUARD_OWNER_UNKNOWN),
         "another user");
    need(request->host != NULL && !request->host_twice, "no Host");
    need(request->origin == NULL || strcmp(request->origin, "null") != 0, "the origin null");
    need(answer->token || strstr(answer->host.name, "evil") == NULL ||
             strstr(answer->host.name, ".example.org") != NULL ||
             strstr(answer->host.name, ".localhost") != NULL,
         "a foreign host");
    for (const char *c = answer->host.name; *c != '\0'; c++)
        need(answer->token || (*c > 0x20 && *c < 0x7f && *c != '@'), "an odd host");
}

static void check_redirect(const struct guard_request *request, const struct guard_answer *answer)
{
    struct text headers = { 0 }, page = { 0 }, place = { 0 };
    guard_redirect(answer, request->target, &headers, &page);
    token_cut(&place, request->target);
    need(strncmp(text_string(&place), "./", 2) == 0, "a redirect to elsewhere");
    need(strpbrk(text_string(&place), "\r\n<>\"'\\") == NULL, "an odd redirect");
    need(token_in_query(text_string(&place), TOKEN) == TOKEN_NONE, "a token that stays");
    text_free(&headers);
    text_free(&page);
    text_free(&place);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { LINES = 12 };
    char *lines[LINES];
    struct guard guard = { 0 };
    struct guard_answer answer;
    struct sockaddr_in peer = { .sin_family = AF_INET };
    static const char *const peers[] = { "127.0.0.1", "10.2.3.4", "192.168.3.4", "8.8.8.8" };
    if (size == 0)
        return 0;
    unsigned mode = *data++;
    size--;
    for (size_t i = 0; i < LINES; i++)
        lines[i] = next_line(&data, &size);
    inet_pton(AF_INET, peers[mode & 3], &peer.sin_addr);
    struct guard_request request = {
        .method = mode & 128 ? "POST" : "GET",
        .target = lines[0] == NULL ? "/viewer" : lines[0],
        .host = lines[1],
        .origin = lines[2],
        .cookie = lines[3],
        .authorization = lines[4],
        .token = lines[5],
        .forwarded_for = lines[6],
        .forwarded_host = lines[7],
        .forwarded_proto = lines[8],
        .forwarded_prefix = lines[9],
        .fetch_site = lines[10],
        .fetch_mode = lines[11],
        .peer = (struct sockaddr *)&peer,
        .owner = mode >> 2 & 3,
        .websocket = mode >> 4 & 1,
        .tls = mode >> 5 & 1,
        .host_twice = mode >> 6 & 1,
    };
    set_up(&guard);
    guard_check(&guard, &request, &answer);
    check_answer(&request, &answer);
    if (answer.status == 303)
        check_redirect(&request, &answer);
    guard_free(&guard);
    for (size_t i = 0; i < LINES; i++)
        free(lines[i]);
    return 0;
}
