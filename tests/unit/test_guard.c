/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cmocka.h>

#include "net/owner.h"
#include "web/guard.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TOKEN "abcdefgh-ijklmno_0"
#define VIEW "only-for-viewers~1"

static struct sockaddr_storage peer_of(const char *text)
{
    struct sockaddr_storage storage = { 0 };
    struct sockaddr_in *in = (void *)&storage;
    struct sockaddr_in6 *in6 = (void *)&storage;
    if (inet_pton(AF_INET, text, &in->sin_addr) == 1)
        in->sin_family = AF_INET;
    else if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1)
        in6->sin6_family = AF_INET6;
    else
        fail_msg("%s is no address", text);
    return storage;
}

/* A browser of the same user on this machine, who typed the address. */
static struct guard_request plain(void)
{
    return (struct guard_request){
        .method = "GET", .target = "/viewer", .host = "localhost:3939", .owner = GUARD_OWNER_SAME
    };
}

static int decide_from(const struct guard *guard, struct guard_request request, const char *peer,
                       struct guard_answer *answer)
{
    struct guard_answer unused;
    struct sockaddr_storage storage = peer_of(peer);
    request.peer = (struct sockaddr *)&storage;
    return guard_check(guard, &request, answer == NULL ? &unused : answer);
}

static int decide(const struct guard *guard, struct guard_request request)
{
    return decide_from(guard, request, "127.0.0.1", NULL);
}

static int host_status(const struct guard *guard, const char *host)
{
    struct guard_request request = plain();
    request.host = host;
    return decide(guard, request);
}

static void test_loopback_names_are_ours(void **state)
{
    static const char *const hosts[] = {
        "localhost",
        "localhost:3939",
        "LOCALHOST:3939",
        "localhost.",
        "localhost.:3939",
        "a.localhost",
        "localhost:",
        "127.0.0.1",
        "127.0.0.1:3939",
        "127.9.8.7:1",
        "[::1]",
        "[::1]:3939",
        "[0:0:0:0:0:0:0:1]:3939",
        "[::ffff:127.0.0.1]:80",
        "localhost:65535",
    };
    struct guard guard = { 0 };
    for (size_t i = 0; i < COUNT(hosts); i++) {
        if (host_status(&guard, hosts[i]) != 0)
            fail_msg("%s was refused", hosts[i]);
    }
}

static void test_rebound_and_foreign_names_are_refused(void **state)
{
    static const char *const hosts[] = {
        "evil.example:3939",
        "localhost.evil.example",
        "evillocalhost",
        "127.0.0.1.evil.example",
        "192.168.1.5:3939",
        "0.0.0.0:3939",
        "[::]:3939",
        "[fe80::1]:3939",
        "xn--lcalhost-5fb",
        ("l\xc3\xb6"
         "calhost"),
        "\xc3\xa4.localhost",
        "\xef\xbd\x8cocalhost",
    };
    struct guard guard = { 0 };
    for (size_t i = 0; i < COUNT(hosts); i++) {
        if (host_status(&guard, hosts[i]) != 403)
            fail_msg("%s was let in", hosts[i]);
    }
}

static void test_malformed_hosts_are_bad_requests(void **state)
{
    static const char *const hosts[] = {
        "",
        " ",
        "user@localhost",
        "user:pw@localhost",
        "localhost:0",
        "localhost:65536",
        "localhost:123456",
        "localhost:80x",
        "localhost:-1",
        "localhost:80:80",
        "::1",
        "[::1",
        "[::1]3939",
        "[127.0.0.1]",
        "[fe80::1%25eth0]",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "127.0.0.01",
        "localhost..",
        ".localhost",
        "a..localhost",
        ".",
        "local host",
        "localhost/",
        "localhost#",
        "loc%61lhost",
        "localhost,evil.example",
        "localhost\t",
        "[]",
        "[::1]:",
        "localhost\\",
    };
    struct guard guard = { 0 };
    for (size_t i = 0; i < COUNT(hosts); i++) {
        int status = host_status(&guard, hosts[i]);
        /* An empty port is allowed by RFC 3986 section 3.2.3. */
        if (status != (strcmp(hosts[i], "[::1]:") == 0 ? 0 : 400))
            fail_msg("\"%s\" gave %d", hosts[i], status);
    }
    struct guard_request request = plain();
    request.host_twice = true;
    assert_int_equal(decide(&guard, request), 400);
    request.host = NULL;
    assert_int_equal(decide(&guard, request), 400);
}

static void test_bound_and_allowed_hosts(void **state)
{
    struct guard guard = { 0 };
    assert_int_equal(guard_add_bound(&guard, "192.168.1.5"), 0);
    assert_int_equal(guard_add_bound(&guard, "fd00::5"), 0);
    assert_int_equal(guard_allow_host(&guard, "Cad.Example.ORG"), 0);
    assert_int_equal(guard_allow_host(&guard, ".wide.example:8443"), 0);
    assert_int_equal(guard_allow_host(&guard, "m\xc3\xbcnchen.example"), 0);
    static const char *const ours[] = {
        "192.168.1.5:3939", "[fd00:0::5]",    "cad.example.org",    "CAD.example.org.:443",
        "wide.example",     "a.wide.example", "a.b.wide.example:1", "m\xc3\xbcnchen.example",
    };
    static const char *const foreign[] = {
        "192.168.1.6",      "[fd00::6]",         "a.cad.example.org",
        "evilwide.example", "wide.example.evil", "xn--mnchen-3ya.example",
    };
    for (size_t i = 0; i < COUNT(ours); i++) {
        if (host_status(&guard, ours[i]) != 0)
            fail_msg("%s was refused", ours[i]);
    }
    for (size_t i = 0; i < COUNT(foreign); i++) {
        if (host_status(&guard, foreign[i]) != 403)
            fail_msg("%s was let in", foreign[i]);
    }
    assert_int_equal(guard_allow_host(&guard, "a b"), -EINVAL);
    assert_int_equal(guard_allow_host(&guard, "."), -EINVAL);
    guard_free(&guard);
}

static void test_bound_to_all_addresses(void **state)
{
    struct guard guard = { 0 };
    char name[300] = "";
    assert_int_equal(guard_add_bound(&guard, "0.0.0.0"), 0);
    assert_int_equal(host_status(&guard, "10.1.2.3:3939"), 0);
    assert_int_equal(host_status(&guard, "[fd00::7]"), 0);
    assert_int_equal(host_status(&guard, "evil.example"), 403);
    gethostname(name, sizeof(name) - 1);
    struct authority own;
    if (authority_parse(&own, name, strlen(name)) == 0)
        assert_int_equal(host_status(&guard, name), 0);
    guard_free(&guard);
    guard = (struct guard){ 0 };
    assert_int_equal(guard_add_bound(&guard, "::"), 0);
    assert_true(guard.any_address);
    guard_free(&guard);
}

static void test_absolute_target_names_the_host(void **state)
{
    struct guard guard = { 0 };
    struct guard_request request = plain();
    request.target = "http://localhost:3939/viewer";
    assert_int_equal(decide(&guard, request), 0);
    request.target = "http://evil.example/viewer";
    assert_int_equal(decide(&guard, request), 403);
    request.target = "http://user@localhost/viewer";
    assert_int_equal(decide(&guard, request), 400);
}

static int origin_status(const struct guard *guard, const char *host, const char *origin)
{
    struct guard_request request = plain();
    request.host = host;
    request.origin = origin;
    request.websocket = true;
    return decide(guard, request);
}

static void test_origin_must_be_the_same_host_and_port(void **state)
{
    static const struct {
        const char *host, *origin;
        int status;
    } cases[] = {
        { "localhost:3939", NULL, 0 },
        { "localhost:3939", "http://localhost:3939", 0 },
        { "LocalHost:3939", "HTTP://localhost.:3939", 0 },
        { "localhost", "http://localhost", 0 },
        { "localhost", "http://localhost:80", 0 },
        { "localhost:80", "http://localhost", 0 },
        { "localhost", "https://localhost", 0 }, /* a proxy with https outside */
        { "localhost:443", "https://localhost", 0 },
        { "[::1]:3939", "http://[0::1]:3939", 0 },
        { "127.0.0.1:3939", "http://localhost:3939", 403 },
        { "localhost:3939", "http://localhost:8000", 403 },
        { "localhost:3939", "http://localhost", 403 },
        { "localhost", "http://localhost:443", 403 },
        { "localhost", "https://localhost:80", 403 },
        { "localhost:3939", "http://evil.example", 403 },
        { "localhost:3939", "http://localhost:3939.evil.example", 403 },
        { "localhost:3939", "http://localhost:3939@evil.example", 403 },
        { "localhost:3939", "http://localhost:3939/", 403 },
        { "localhost:3939", "null", 403 },
        { "localhost:3939", "", 403 },
        { "localhost:3939", "localhost:3939", 403 },
        { "localhost:3939", "file://", 403 },
        { "localhost:3939", "chrome-extension://localhost:3939", 403 },
        { "localhost:3939", "http://localhost:3939 http://evil.example", 403 },
    };
    struct guard guard = { 0 };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int status = origin_status(&guard, cases[i].host, cases[i].origin);
        if (status != cases[i].status)
            fail_msg("Host %s, Origin %s: %d", cases[i].host, cases[i].origin, status);
    }
}

static void test_allowed_origins(void **state)
{
    struct guard guard = { 0 };
    assert_int_equal(guard_allow_origin(&guard, "https://cad.example.org"), 0);
    assert_int_equal(guard_allow_origin(&guard, "vscode-webview://abc"), 0);
    assert_int_equal(guard_allow_origin(&guard, "null"), -EINVAL);
    assert_int_equal(guard_allow_origin(&guard, "cad.example.org"), -EINVAL);
    assert_int_equal(guard_allow_origin(&guard, "https://cad.example.org/x"), -EINVAL);
    const char *host = "localhost:3939";
    assert_int_equal(origin_status(&guard, host, "https://CAD.example.org:443"), 0);
    assert_int_equal(origin_status(&guard, host, "vscode-webview://abc"), 0);
    assert_int_equal(origin_status(&guard, host, "http://cad.example.org"), 403);
    assert_int_equal(origin_status(&guard, host, "https://cad.example.org:8443"), 403);
    assert_int_equal(origin_status(&guard, host, "vscode-webview://abd"), 403);
    guard_free(&guard);
}

static void test_cross_site_reads_are_refused(void **state)
{
    struct guard guard = { 0 };
    struct guard_request request = plain();
    request.target = "/models/1";
    request.fetch_mode = "no-cors";
    static const char *const own[] = { "same-origin", "none", NULL };
    static const char *const foreign[] = { "cross-site", "same-site", "Cross-Site", "new" };
    for (size_t i = 0; i < COUNT(own); i++) {
        request.fetch_site = own[i];
        assert_int_equal(decide(&guard, request), 0);
    }
    for (size_t i = 0; i < COUNT(foreign); i++) {
        request.fetch_site = foreign[i];
        assert_int_equal(decide(&guard, request), 403);
    }
    request.fetch_site = "cross-site";
    request.fetch_mode = "navigate";
    assert_int_equal(decide(&guard, request), 0);
    request.method = "POST";
    assert_int_equal(decide(&guard, request), 403);
    request.method = "GET";
    request.websocket = true;
    assert_int_equal(decide(&guard, request), 403);
}

static void test_other_users_are_refused(void **state)
{
    struct guard guard = { 0 };
    struct guard_answer answer;
    struct guard_request request = plain();
    assert_int_equal(decide_from(&guard, request, "127.0.0.1", &answer), 0);
    assert_true(answer.local);
    assert_string_equal(answer.reason, "");
    assert_int_equal(decide_from(&guard, request, "::ffff:127.0.0.1", &answer), 0);
    request.owner = GUARD_OWNER_OTHER;
    assert_int_equal(decide_from(&guard, request, "::1", &answer), 403);
    assert_false(answer.local);
    assert_non_null(strstr(answer.reason, "another user"));
    request.owner = GUARD_OWNER_UNKNOWN;
    assert_int_equal(decide(&guard, request), 403);
    request.owner = GUARD_OWNER_UNCHECKED;
    assert_int_equal(decide(&guard, request), 0);
    assert_int_equal(guard_set_token(&guard, TOKEN, 3939), 0);
    request.owner = GUARD_OWNER_OTHER;
    assert_int_equal(decide(&guard, request), 401);
    request.token = TOKEN;
    assert_int_equal(decide_from(&guard, request, "127.0.0.1", &answer), 0);
    assert_false(answer.local);
}

static void test_what_the_system_says_of_the_owner(void **state)
{
    assert_int_equal(guard_owner_of(0, geteuid()), GUARD_OWNER_SAME);
    assert_int_equal(guard_owner_of(0, geteuid() + 1), GUARD_OWNER_OTHER);
    assert_int_equal(guard_owner_of(OWNER_UNKNOWN, geteuid()), GUARD_OWNER_UNKNOWN);
    assert_int_equal(guard_owner_of(-EBADMSG, geteuid()), GUARD_OWNER_UNKNOWN);
#ifdef __linux__
    assert_int_equal(guard_owner_of(OWNER_UNSUPPORTED, geteuid()), GUARD_OWNER_UNKNOWN);
#endif
}

static void test_other_machines_need_a_token(void **state)
{
    struct guard guard = { 0 };
    struct guard_answer answer;
    struct guard_request request = plain();
    request.owner = GUARD_OWNER_UNCHECKED;
    request.host = "127.0.0.1";
    assert_int_equal(decide_from(&guard, request, "10.0.0.9", NULL), 403);
    assert_int_equal(guard_set_token(&guard, TOKEN, 3939), 0);
    assert_int_equal(decide_from(&guard, request, "10.0.0.9", NULL), 401);
    assert_int_equal(decide_from(&guard, request, "fd00::9", NULL), 401);
    request.token = TOKEN;
    assert_int_equal(decide_from(&guard, request, "10.0.0.9", &answer), 0);
    assert_true(answer.token);
    assert_false(answer.local);
    request.token = NULL;
    request.authorization = "bearer  " TOKEN;
    assert_int_equal(decide_from(&guard, request, "10.0.0.9", NULL), 0);
    request.authorization = "Basic " TOKEN;
    assert_int_equal(decide_from(&guard, request, "10.0.0.9", NULL), 401);
    request.authorization = NULL;
    guard.open = true;
    assert_int_equal(decide_from(&guard, request, "10.0.0.9", NULL), 0);
}

static void test_wrong_tokens_get_401(void **state)
{
    static const char *const wrong[] = { "",
                                         "a",
                                         "abcdefgh-ijklmno_1",
                                         "abcdefgh-ijklmno_",
                                         "abcdefgh-ijklmno_00",
                                         "ABCDEFGH-IJKLMNO_0" };
    struct guard guard = { 0 };
    assert_int_equal(guard_set_token(&guard, TOKEN, 3939), 0);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct guard_request request = plain();
        char text[100];
        request.token = wrong[i];
        assert_int_equal(decide(&guard, request), 401);
        request.token = NULL;
        snprintf(text, sizeof(text), "/viewer?x=1&token=%s", wrong[i]);
        request.target = text;
        assert_int_equal(decide(&guard, request), 401);
        request.target = "/viewer";
        request.authorization = text;
        snprintf(text, sizeof(text), "Bearer %s", wrong[i]);
        assert_int_equal(decide(&guard, request), 401);
        /* A cookie may be an old one: on this machine it does not count, elsewhere it is none. */
        request.authorization = NULL;
        request.cookie = text;
        snprintf(text, sizeof(text), "cadcast_3939=%s", wrong[i]);
        assert_int_equal(decide(&guard, request), 0);
        request.owner = GUARD_OWNER_UNCHECKED;
        assert_int_equal(decide_from(&guard, request, "10.0.0.9", NULL), 401);
    }
}

static void test_cookies(void **state)
{
    static const struct {
        const char *header;
        enum token_found found;
    } cases[] = {
        { NULL, TOKEN_NONE },
        { "", TOKEN_NONE },
        { "c=" TOKEN, TOKEN_RIGHT },
        { "a=b; c=" TOKEN "; d=e", TOKEN_RIGHT },
        { "a=b;c=" TOKEN " ", TOKEN_RIGHT },
        { "c=old; c=" TOKEN, TOKEN_RIGHT },
        { "c=" TOKEN "; c=old", TOKEN_RIGHT },
        { "c=\"" TOKEN "\"", TOKEN_WRONG },
        { "c=", TOKEN_WRONG },
        { "c", TOKEN_NONE },
        { "xc=" TOKEN, TOKEN_NONE },
        { "a=c=" TOKEN, TOKEN_NONE },
        { "C=" TOKEN, TOKEN_NONE },
        { ";;; ;", TOKEN_NONE },
        { "=" TOKEN, TOKEN_NONE },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (token_in_cookies(cases[i].header, "c", TOKEN) != cases[i].found)
            fail_msg("cookies %s", cases[i].header);
    }
    assert_int_equal(token_in_cookies("c=", "c", ""), TOKEN_WRONG);
}

static void test_query_token_becomes_a_cookie(void **state)
{
    struct guard guard = { 0 };
    struct guard_answer answer;
    struct guard_request request = plain();
    request.owner = GUARD_OWNER_UNCHECKED;
    request.host = "cad.example:3939"; /* fine with a token */
    request.target = "/s/one/viewer?a=1&token=" TOKEN "&b=2";
    assert_int_equal(guard_set_token(&guard, TOKEN, 3939), 0);
    assert_int_equal(decide_from(&guard, request, "10.0.0.9", &answer), 303);
    assert_string_equal(answer.set_cookie,
                        "cadcast_3939=" TOKEN "; Path=/; HttpOnly; SameSite=Strict");
    struct text headers = { 0 }, page = { 0 };
    assert_int_equal(guard_redirect(&answer, request.target, &headers, &page), 303);
    assert_non_null(strstr(text_string(&headers), "\r\nLocation: ./viewer?a=1&b=2\r\n"));
    assert_non_null(strstr(text_string(&headers), "Set-Cookie: cadcast_3939="));
    assert_null(strstr(strstr(text_string(&headers), "Location"), TOKEN));
    text_free(&headers);
    /* What the browser sends next. */
    request.target = "/s/one/viewer?a=1&b=2";
    request.cookie = "other=1; cadcast_3939=" TOKEN;
    assert_int_equal(decide_from(&guard, request, "10.0.0.9", NULL), 0);
    request.cookie = NULL;
    assert_int_equal(decide_from(&guard, request, "10.0.0.9", NULL), 403);
    request.host = "127.0.0.1:3939";
    assert_int_equal(decide_from(&guard, request, "10.0.0.9", NULL), 401);
    /* A WebSocket cannot be redirected, nor is a POST. */
    request.target = "/?token=" TOKEN;
    request.websocket = true;
    assert_int_equal(decide_from(&guard, request, "10.0.0.9", NULL), 0);
}

static void test_viewers_ask_for_pages_and_no_more(void **state)
{
    struct guard guard = { 0 };
    struct guard_answer answer;
    struct guard_request request = plain();
    request.owner = GUARD_OWNER_UNCHECKED;
    assert_int_equal(guard_set_view_token(&guard, "short", 3939), -EINVAL);
    assert_int_equal(guard_set_view_token(&guard, VIEW, 3939), 0);
    /* Without another token nobody else is let in, and an empty one is none. */
    request.host = "127.0.0.1:3939";
    assert_int_equal(decide_from(&guard, request, "10.0.0.9", NULL), 401);
    request.token = "";
    assert_int_equal(decide_from(&guard, request, "10.0.0.9", NULL), 401);
    assert_int_equal(guard_set_token(&guard, TOKEN, 3939), 0);
    request.token = NULL;
    request.target = "/viewer?token=" VIEW;
    assert_int_equal(decide_from(&guard, request, "10.0.0.9", &answer), 303);
    assert_true(answer.token && answer.view_only);
    assert_non_null(strstr(answer.set_cookie, "cadcast_3939=" VIEW ";"));
    request.target = "/viewer";
    request.cookie = "cadcast_3939=" VIEW;
    assert_int_equal(decide_from(&guard, request, "127.0.0.1", &answer), 0);
    assert_true(answer.view_only);
    request.websocket = true;
    assert_int_equal(decide_from(&guard, request, "10.0.0.9", &answer), 0);
    assert_true(answer.view_only);
    request.websocket = false;
    request.method = "POST";
    assert_int_equal(decide_from(&guard, request, "127.0.0.1", &answer), 403);
    request.token = TOKEN;
    assert_int_equal(decide_from(&guard, request, "10.0.0.9", &answer), 0);
    assert_false(answer.view_only);
    request.token = VIEW "x";
    assert_int_equal(decide_from(&guard, request, "127.0.0.1", &answer), 401);
    assert_false(answer.token || answer.view_only);
    guard_free(&guard);
}

static void test_link_from_another_site_keeps_its_cookie(void **state)
{
    struct guard guard = { 0 };
    struct guard_answer answer;
    struct guard_request request = plain();
    request.target = "/viewer?token=" TOKEN "&q=\"><script>";
    request.fetch_site = "cross-site";
    request.fetch_mode = "navigate";
    request.tls = true;
    assert_int_equal(guard_set_token(&guard, TOKEN, 3939), 0);
    assert_int_equal(decide_from(&guard, request, "10.0.0.9", &answer), 303);
    assert_true(answer.by_page);
    assert_non_null(strstr(answer.set_cookie, "; Secure"));
    struct text headers = { 0 }, page = { 0 };
    assert_int_equal(guard_redirect(&answer, request.target, &headers, &page), 200);
    assert_non_null(strstr(text_string(&page), "0; url=./viewer?q=%22%3E%3Cscript%3E\""));
    assert_null(strstr(text_string(&headers), "Location"));
    text_free(&headers);
    text_free(&page);
}

static void test_cutting_tokens(void **state)
{
    static const char *const cases[][2] = {
        { "/viewer?token=x", "./viewer" },
        { "/?token=x", "./" },
        { "/a/b?token=x&token=y&z", "./b?z" },
        { "/a/b/?x=token=1&token=2", "./?x=token=1" },
        { "/viewer", "./viewer" },
        { "/a:b?&&token=x&&", "./a:b" },
        { "/v?tokens=1&token=x", "./v?tokens=1" },
        { "/v\r\nSet-Cookie: a=b?token=x", "./v%0D%0ASet-Cookie:%20a=b" },
        { "//evil.example?token=x", "./evil.example" },
        { "http://h/v?token=x", "./v" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text text = { 0 };
        token_cut(&text, cases[i][0]);
        assert_string_equal(text_string(&text), cases[i][1]);
        text_free(&text);
    }
}

static void test_trusted_networks(void **state)
{
    struct guard guard = { 0 };
    struct guard_request request = plain();
    request.owner = GUARD_OWNER_UNCHECKED;
    assert_int_equal(guard_trust_network(&guard, "10.1.0.0/20"), 0);
    assert_int_equal(guard_trust_network(&guard, "fd00::/9"), 0);
    assert_int_equal(guard_trust_network(&guard, "192.168.7.7"), 0);
    static const struct {
        const char *peer;
        int status;
    } cases[] = {
        { "10.1.0.1", 0 },        { "10.1.15.255", 0 },   { "10.1.16.0", 403 },
        { "::ffff:10.1.3.4", 0 }, { "fd7f::1", 0 },       { "fd80::1", 403 },
        { "192.168.7.7", 0 },     { "192.168.7.6", 403 }, { "11.1.0.1", 403 },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(decide_from(&guard, request, cases[i].peer, NULL), cases[i].status);
    /* A page of another origin is refused wherever its browser runs. */
    request.origin = "http://evil.example";
    assert_int_equal(decide_from(&guard, request, "10.1.0.1", NULL), 403);
    static const char *const bad[] = { "",       "10.0.0.0/33", "10.0.0.0/",   "10.0.0.0/8x",
                                       "::/129", "10.0.0/8",    "example.org", "10.0.0.0/-1",
                                       "/8" };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(guard_trust_network(&guard, bad[i]), -EINVAL);
    guard_free(&guard);
    assert_int_equal(guard_trust_network(&guard, "0.0.0.0/0"), 0);
    request.origin = NULL;
    assert_int_equal(decide_from(&guard, request, "8.8.8.8", NULL), 0);
    assert_int_equal(decide_from(&guard, request, "2001:db8::1", NULL), 403);
    guard_free(&guard);
}

static struct guard_request proxied(void)
{
    struct guard_request request = plain();
    request.host = "127.0.0.1:3939";
    request.forwarded_for = "203.0.113.9";
    request.forwarded_host = "cad.example.org";
    request.forwarded_proto = "https";
    request.forwarded_prefix = "/lab/proxy/";
    request.origin = "https://cad.example.org";
    return request;
}

static void test_trusted_proxy_speaks_for_its_client(void **state)
{
    struct guard guard = { 0 };
    struct guard_answer answer;
    struct guard_request request = proxied();
    char text[ADDRESS_TEXT];
    guard_trust_proxy(&guard, "127.0.0.1");
    guard_trust_proxy(&guard, "10.0.0.0/8");
    guard_allow_host(&guard, "cad.example.org");
    guard_set_token(&guard, TOKEN, 3939);
    assert_int_equal(decide_from(&guard, request, "127.0.0.1", &answer), 401);
    request.target = "/viewer?token=" TOKEN;
    assert_int_equal(decide_from(&guard, request, "127.0.0.1", &answer), 303);
    assert_true(answer.proxied && answer.https && !answer.local);
    assert_string_equal(answer.host.name, "cad.example.org");
    assert_string_equal(answer.prefix, "/lab/proxy");
    assert_string_equal(address_format(&answer.peer, text), "203.0.113.9");
    assert_string_equal(answer.set_cookie, "cadcast_3939=" TOKEN "; Path=/lab/proxy; HttpOnly; "
                                           "SameSite=Strict; Secure");
    request.forwarded_prefix = "/x; Domain=evil.example";
    assert_int_equal(decide_from(&guard, request, "127.0.0.1", &answer), 303);
    assert_string_equal(answer.prefix, "");
    guard_trust_network(&guard, "203.0.113.0/24");
    request.target = "/viewer";
    assert_int_equal(decide(&guard, request), 0);
    guard_free(&guard);
}

static void test_forwarded_headers_of_others_mean_nothing(void **state)
{
    struct guard guard = { 0 };
    struct guard_answer answer;
    struct guard_request request = proxied();
    guard_allow_host(&guard, "cad.example.org");
    /* No proxy is trusted: the Origin is not the Host, and the client is the peer itself. */
    assert_int_equal(decide(&guard, request), 403);
    request.origin = NULL;
    assert_int_equal(decide_from(&guard, request, "127.0.0.1", &answer), 0);
    assert_true(answer.local && !answer.proxied && !answer.https);
    assert_string_equal(answer.host.name, "127.0.0.1");
    assert_string_equal(answer.prefix, "");
    guard_trust_network(&guard, "203.0.113.0/24");
    request.owner = GUARD_OWNER_UNCHECKED;
    assert_int_equal(decide_from(&guard, request, "198.51.100.1", NULL), 403);
    guard_free(&guard);
}

static void test_forwarded_for_is_read_from_the_right(void **state)
{
    static const struct {
        const char *list, *peer;
    } cases[] = {
        { "203.0.113.9", "203.0.113.9" },
        { "1.1.1.1, 203.0.113.9", "203.0.113.9" },
        { "1.1.1.1,203.0.113.9 , 10.0.0.2", "203.0.113.9" },
        { "10.0.0.3, 10.0.0.2", "10.0.0.3" },
        { "203.0.113.9:5555", "203.0.113.9" },
        { "2001:db8::1", "2001:db8::1" },
        { "\"x\", [2001:db8::1]:99", "2001:db8::1" },
        { "127.0.0.1", "127.0.0.1" },
        { "unknown", NULL },
        { "", NULL },
        { "1.1.1.1,", NULL },
        { "x, 10.0.0.2", NULL },
    };
    struct guard guard = { 0 };
    struct guard_answer answer;
    guard_trust_proxy(&guard, "10.0.0.0/8");
    guard_trust_network(&guard, "0.0.0.0/0");
    guard_trust_network(&guard, "::/0");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct guard_request request = plain();
        char text[ADDRESS_TEXT];
        request.owner = GUARD_OWNER_UNCHECKED;
        request.forwarded_for = cases[i].list;
        int status = decide_from(&guard, request, "10.0.0.1", &answer);
        assert_int_equal(status, cases[i].peer == NULL ? 400 : 0);
        if (status != 0)
            continue;
        assert_string_equal(address_format(&answer.peer, text), cases[i].peer);
        /* Never local, not even if the proxy's client claims a loopback address. */
        assert_false(answer.local);
    }
    guard_free(&guard);
}

static void test_page_cannot_pose_as_proxy(void **state)
{
    /* The proxy is on this machine, and so is the browser that a rebound page runs in. */
    struct guard guard = { 0 };
    struct guard_request request = plain();
    guard_trust_proxy(&guard, "127.0.0.1");
    guard_trust_network(&guard, "0.0.0.0/0");
    request.host = "evil.example:3939";
    request.forwarded_host = "localhost:3939";
    assert_int_equal(decide(&guard, request), 403);
    /* Nor may another user of the machine speak for a trusted network. */
    request = plain();
    request.owner = GUARD_OWNER_OTHER;
    request.forwarded_for = "203.0.113.9";
    assert_int_equal(decide(&guard, request), 403);
    request.owner = GUARD_OWNER_UNCHECKED;
    assert_int_equal(decide(&guard, request), 0);
    guard_free(&guard);
}

static void test_response_headers(void **state)
{
    struct guard guard = { 0 };
    struct text text = { 0 };
    guard_headers(&guard, &text);
    assert_int_equal(text_error(&text), 0);
    const char *string = text_string(&text);
    assert_non_null(strstr(string, "default-src 'none'"));
    assert_non_null(strstr(string, "script-src 'self';"));
    assert_non_null(strstr(string, "frame-ancestors 'self'\r\n"));
    assert_non_null(strstr(string, "X-Content-Type-Options: nosniff\r\n"));
    assert_non_null(strstr(string, "Referrer-Policy: no-referrer\r\n"));
    text_free(&text);
    guard_allow_origin(&guard, "https://lab.example.org:8443");
    guard_allow_origin(&guard, "http://[::1]:8888");
    guard_headers(&guard, &text);
    assert_non_null(strstr(text_string(&text), "frame-ancestors 'self' https://lab.example.org:8443"
                                               " http://[::1]:8888\r\n"));
    text_free(&text);
    guard_free(&guard);
}

static void test_tokens_are_made_and_checked(void **state)
{
    char a[TOKEN_MADE + 1], b[TOKEN_MADE + 1];
    assert_int_equal(token_make(a), 0);
    assert_int_equal(token_make(b), 0);
    assert_int_equal(strlen(a), TOKEN_MADE);
    assert_true(token_valid(a));
    assert_string_not_equal(a, b);
    assert_true(token_same(a, a, TOKEN_MADE));
    assert_false(token_same(a, b, TOKEN_MADE));
    assert_false(token_same("", "", 0));
    static const char *const bad[] = { "",           "short",      "with space",
                                       "semi;colon", "a,b=cdef\"", "caf\xc3\xa9-caf\xc3\xa9" };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(token_valid(bad[i]));
    char longest[TOKEN_MAX + 2];
    memset(longest, 'x', sizeof(longest));
    longest[TOKEN_MAX] = '\0';
    assert_true(token_valid(longest));
    assert_true(token_same(longest, longest, TOKEN_MAX));
    longest[TOKEN_MAX] = 'x';
    longest[TOKEN_MAX + 1] = '\0';
    assert_false(token_valid(longest));
    assert_false(token_same("x", longest, TOKEN_MAX + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loopback_names_are_ours),
        cmocka_unit_test(test_rebound_and_foreign_names_are_refused),
        cmocka_unit_test(test_malformed_hosts_are_bad_requests),
        cmocka_unit_test(test_bound_and_allowed_hosts),
        cmocka_unit_test(test_bound_to_all_addresses),
        cmocka_unit_test(test_absolute_target_names_the_host),
        cmocka_unit_test(test_origin_must_be_the_same_host_and_port),
        cmocka_unit_test(test_allowed_origins),
        cmocka_unit_test(test_cross_site_reads_are_refused),
        cmocka_unit_test(test_other_users_are_refused),
        cmocka_unit_test(test_what_the_system_says_of_the_owner),
        cmocka_unit_test(test_other_machines_need_a_token),
        cmocka_unit_test(test_wrong_tokens_get_401),
        cmocka_unit_test(test_cookies),
        cmocka_unit_test(test_query_token_becomes_a_cookie),
        cmocka_unit_test(test_viewers_ask_for_pages_and_no_more),
        cmocka_unit_test(test_link_from_another_site_keeps_its_cookie),
        cmocka_unit_test(test_cutting_tokens),
        cmocka_unit_test(test_trusted_networks),
        cmocka_unit_test(test_trusted_proxy_speaks_for_its_client),
        cmocka_unit_test(test_forwarded_headers_of_others_mean_nothing),
        cmocka_unit_test(test_forwarded_for_is_read_from_the_right),
        cmocka_unit_test(test_page_cannot_pose_as_proxy),
        cmocka_unit_test(test_response_headers),
        cmocka_unit_test(test_tokens_are_made_and_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
