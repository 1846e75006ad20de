/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* What a person's browser shows if it is refused, or asks for what there is not. Programs get the
 * status alone. */
#include <string.h>

#include "base/blob.h"
#include "conn/access.h"
#include "web/http.h"

/* It names nothing of the request and nothing of the server: a stranger may be reading. */
#define PAGE_BEGIN                                                                                 \
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"                              \
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"                   \
    "<style>:root{color-scheme:light dark}"                                                        \
    "body{max-width:32em;margin:15vh auto;padding:0 16px;font:16px/1.5 system-ui,sans-serif}"      \
    "code{white-space:nowrap}"                                                                     \
    "input,button{box-sizing:border-box;width:100%;padding:10px;margin:4px 0;font:inherit}"        \
    "</style>\n"

static const char token_page[] = PAGE_BEGIN
    "<title>Token needed</title>\n<main>\n<h1>This page needs its token</h1>\n"
    "<p>The server printed the whole address, which ends with <code>?token=&hellip;</code>, when "
    "it started, and <code>cadcast status</code> prints it again on that machine. Open that "
    "address, or enter the token:</p>\n"
    "<form method=\"get\"><label>Token <input name=\"token\" required autofocus "
    "autocomplete=\"off\" autocapitalize=\"none\" spellcheck=\"false\"></label>\n"
    "<button>Open</button></form>\n</main>\n</html>\n";

/* It may be read by a page of another site, whose name was made to point here: it names no program.
 */
static const char refused_page[] =
    PAGE_BEGIN "<title>Refused</title>\n<main>\n<h1>The server refuses this request</h1>\n"
               "<p>Its log has the reason, with the option that would allow it.</p>\n"
               "</main>\n</html>\n";

static const char missing_page[] = PAGE_BEGIN
    "<title>No such page</title>\n<main>\n<h1>There is no such page</h1>\n"
    "<p>A session&rsquo;s page is <code>/s/NAME/viewer</code>, with a name of 1 to 64 of "
    "<code>A-Z a-z 0-9 . _ -</code>; <code>/sessions</code> lists all.</p>\n"
    "</main>\n</html>\n";

static const char *page_of(int status)
{
    return status == 401   ? token_page
           : status == 403 ? refused_page
           : status == 404 ? missing_page
                           : NULL;
}

/* Whether a person is likely to read the answer: a page, not one of its parts, was asked for. */
static bool for_a_person(struct http *http)
{
    const char *accept = http_header(http, "Accept");
    return !http->upgrade && strcmp(http_method(http), "GET") == 0 && accept != NULL &&
           strstr(accept, "text/html") != NULL;
}

void access_refuse(struct http *http, int status)
{
    const char *headers = status == 401 ? GUARD_CHALLENGE "Cache-Control: no-store\r\n"
                                        : "Cache-Control: no-store\r\n";
    const char *page = page_of(status);
    struct blob *body = NULL;
    if (page != NULL && for_a_person(http))
        body = blob_copy(page, strlen(page));
    if (body == NULL) {
        http_respond_text(http, status, http_reason(status),
                          status == 401 ? GUARD_CHALLENGE : NULL);
        return;
    }
    struct http_response response = { .status = status,
                                      .type = "text/html; charset=utf-8",
                                      .headers = headers,
                                      .blob = body,
                                      .size = body->size };
    http_respond(http, &response);
    blob_unref(body);
}
