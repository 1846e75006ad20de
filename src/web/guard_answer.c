/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Headers and pages that the guard adds to responses. */
#include "web/guard.h"

#include <string.h>

/* Appends a target as HTML. After token_cut only the ampersand needs escaping. */
static void add_html(struct text *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '&')
            text_add(out, "&amp;");
        else
            text_add_bytes(out, text, 1);
    }
}

int guard_redirect(const struct guard_answer *answer, const char *target, struct text *headers,
                   struct text *page)
{
    struct text place = { 0 };
    token_cut(&place, target);
    text_format(headers, "Set-Cookie: %s\r\nCache-Control: no-store\r\n", answer->set_cookie);
    if (!answer->by_page) {
        text_format(headers, "Location: %s\r\n", text_string(&place));
    } else {
        text_add(page, "<!doctype html>\n<meta charset=\"utf-8\">\n<title>cadcast</title>\n"
                       "<meta http-equiv=\"refresh\" content=\"0; url=");
        add_html(page, text_string(&place));
        text_add(page, "\">\n");
    }
    /* A failed allocation in `place` must fail the whole answer. */
    headers->failed = headers->failed || place.failed;
    text_free(&place);
    return answer->by_page ? 200 : 303;
}

/* Appends an origin in the form of Content-Security-Policy. */
static void add_source(struct text *out, const struct authority_origin *origin)
{
    bool brackets = strchr(origin->host.name, ':') != NULL;
    text_format(out, " %s://%s%s%s", origin->scheme, brackets ? "[" : "", origin->host.name,
                brackets ? "]" : "");
    if (origin->host.port != 0)
        text_format(out, ":%u", (unsigned)origin->host.port);
}

void guard_headers(const struct guard *guard, struct text *out)
{
    /* The renderer writes style attributes; it makes pictures and textures of data and blob URLs.
     * The page that asks for the token has a form, and one has several sessions in frames.
     * 'self' in connect-src covers ws: and wss: of this host as well (CSP level 3). */
    text_add(out, "Content-Security-Policy: default-src 'none'; script-src 'self'; "
                  "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
                  "font-src 'self' data:; connect-src 'self' data: blob:");
    text_add(out, guard->studio_online ? " https://dl.polyhaven.org; " : "; ");
    text_add(out, "worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; "
                  "form-action 'self'; frame-src 'self'; frame-ancestors 'self'");
    for (size_t i = 0; i < guard->origin_count; i++)
        add_source(out, &guard->origins[i]);
    text_add(out, "\r\nX-Content-Type-Options: nosniff\r\n"
                  "Referrer-Policy: no-referrer\r\n"
                  "Cross-Origin-Resource-Policy: same-origin\r\n");
}
