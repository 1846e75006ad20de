/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>
#include <netinet/tcp.h>

#include "loop.h"
#include "net/listener.h"

struct stage {
    uv_loop_t loop;
    struct listener listener;
    unsigned count;
    unsigned refused;
    unsigned waits; /* connections that could not even be refused */
    unsigned closed;
    bool six;            /* this machine has ::1 */
    char congestion[32]; /* the last connection's way to control congestion */
};

static void note_congestion_control(struct stage *stage, int fd)
{
    socklen_t size = sizeof(stage->congestion) - 1;
    memset(stage->congestion, 0, sizeof(stage->congestion));
    getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, stage->congestion, &size);
}

static void on_connection(void *owner, struct listener *listener, int fd)
{
    struct stage *stage = owner;
    assert_ptr_equal(listener, &stage->listener);
    assert_true(fd >= 0);
    note_congestion_control(stage, fd);
    close(fd);
    stage->count++;
}

static void on_full(void *owner, struct listener *listener, int error, bool refused)
{
    struct stage *stage = owner;
    assert_int_equal(error, -EMFILE);
    stage->refused += refused;
    stage->waits += !refused;
}

static void on_closed(void *owner, struct listener *listener)
{
    struct stage *stage = owner;
    stage->closed++;
}

static void prepare(struct stage *stage, struct listener *listener)
{
    memset(listener, 0, sizeof(*listener));
    listener->owner = stage;
    listener->on_connection = on_connection;
    listener->on_full = on_full;
    listener->on_closed = on_closed;
}

static bool has_six(void)
{
    struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    bool has = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    if (fd >= 0)
        close(fd);
    return has;
}

static int make_stage(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));
    uv_loop_init(&stage->loop);
    prepare(stage, &stage->listener);
    stage->six = has_six();
    *state = stage;
    return 0;
}

static int drop_stage(void **state)
{
    struct stage *stage = *state;
    listener_close(&stage->listener);
    listener_close(&stage->listener);
    unsigned had = stage->listener.count > 0;
    loop_end(&stage->loop);
    assert_int_equal(stage->closed, had);
    free(stage);
    return 0;
}

static int open_on(struct stage *stage, const char *host, uint16_t port)
{
    return listener_open(&stage->listener, &stage->loop, host, port, NULL);
}

static void visit(struct stage *stage, int family)
{
    stage->count = 0;
    int fd = client_connect(family, stage->listener.port);
    assert_true(fd >= 0);
    loop_until(&stage->loop, &stage->count);
    close(fd);
    loop_turn(&stage->loop);
}

static void test_both_loopbacks(void **state)
{
    struct stage *stage = *state;
    const char *const hosts[] = { "127.0.0.1", "localhost", "::1", "LOCALHOST" };
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        assert_int_equal(open_on(stage, hosts[i], 0), 0);
        assert_true(stage->listener.port > 0);
        assert_true(stage->listener.loopback);
        visit(stage, AF_INET);
        assert_string_equal(stage->congestion, "reno");
        if (stage->six) {
            visit(stage, AF_INET6);
            assert_string_equal(stage->congestion, "reno");
        }
        listener_close(&stage->listener);
        loop_until(&stage->loop, &stage->closed);
        stage->closed = 0;
        prepare(stage, &stage->listener);
    }
}

static void test_all_addresses(void **state)
{
    struct stage *stage = *state;
    assert_int_equal(open_on(stage, "0.0.0.0", 0), 0);
    assert_false(stage->listener.loopback);
    visit(stage, AF_INET);
    if (stage->six)
        visit(stage, AF_INET6);
}

/* Holds a port on one address alone. */
static int hold(int family, uint16_t *port)
{
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
    struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = family == AF_INET ? sizeof(four) : sizeof(six);
    struct sockaddr *address =
        family == AF_INET ? (struct sockaddr *)&four : (struct sockaddr *)&six;
    int fd = socket(family, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, address, size), 0);
    assert_int_equal(listen(fd, 5), 0);
    getsockname(fd, address, &size);
    *port = ntohs(family == AF_INET ? four.sin_port : six.sin6_port);
    return fd;
}

static void test_a_port_in_use(void **state)
{
    struct stage *stage = *state;
    const char *const hosts[] = { "127.0.0.1", "::1", "localhost", "0.0.0.0" };
    for (unsigned six = 0; six <= stage->six; six++) {
        uint16_t port;
        int fd = hold(six ? AF_INET6 : AF_INET, &port);
        for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
            assert_int_equal(open_on(stage, hosts[i], port), UV_EADDRINUSE);
            assert_int_equal(stage->listener.count, 0);
        }
        close(fd);
    }
    assert_int_equal(stage->closed, 0);
    /* The listener that failed may try again, and then holds the port. */
    assert_int_equal(open_on(stage, "127.0.0.1", 0), 0);
    struct stage other = { .loop = { 0 } };
    prepare(&other, &other.listener);
    uv_loop_init(&other.loop);
    assert_int_equal(
        listener_open(&other.listener, &other.loop, "127.0.0.1", stage->listener.port, NULL),
        UV_EADDRINUSE);
    loop_end(&other.loop);
    visit(stage, AF_INET);
}

static void test_a_port_is_free_again(void **state)
{
    struct stage *stage = *state;
    assert_int_equal(open_on(stage, "127.0.0.1", 0), 0);
    uint16_t port = stage->listener.port;
    visit(stage, AF_INET);
    listener_close(&stage->listener);
    loop_until(&stage->loop, &stage->closed);
    stage->closed = 0;
    prepare(stage, &stage->listener);
    assert_int_equal(open_on(stage, "127.0.0.1", port), 0);
    assert_int_equal(stage->listener.port, port);
    visit(stage, AF_INET);
}

static void test_unknown_hosts(void **state)
{
    struct stage *stage = *state;
    assert_true(open_on(stage, "no.such.host.invalid", 0) < 0);
    assert_true(open_on(stage, "192.0.2.1", 0) < 0);
    assert_true(open_on(stage, "", 0) < 0 || stage->listener.count > 0);
}

static void test_adopts_a_socket(void **state)
{
    struct stage *stage = *state;
    uint16_t port;
    int fd = hold(AF_INET, &port);
    assert_int_equal(listener_adopt(&stage->listener, &stage->loop, fd), 0);
    assert_int_equal(stage->listener.port, port);
    assert_true(stage->listener.loopback);
    visit(stage, AF_INET);
    assert_string_equal(stage->congestion, "reno");
}

static void limit_files(rlim_t files)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = files == 0 ? limit.rlim_max : files;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* A limit that leaves no descriptor free. */
static rlim_t no_more_files(void)
{
    int next = open("/dev/null", O_RDONLY);
    close(next);
    return (rlim_t)next;
}

/* Reads the daemon's answer to that client, up to its end. */
static void read_answer(int client, char *answer, size_t size)
{
    size_t have = 0;
    for (ssize_t n = 1; n > 0; have += n > 0 ? (size_t)n : 0)
        n = recv(client, answer + have, size - 1 - have, 0);
    answer[have] = '\0';
}

static void test_no_descriptor_left(void **state)
{
    struct stage *stage = *state;
    enum { CLIENTS = 5 };
    int clients[CLIENTS];
    char answer[1000];
    assert_int_equal(open_on(stage, "127.0.0.1", 0), 0);
    loop_turn(&stage->loop);
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = client_connect(AF_INET, stage->listener.port);
    limit_files(no_more_files());
    while (stage->refused < CLIENTS || stage->listener.refused >= 0)
        uv_run(&stage->loop, UV_RUN_ONCE);
    limit_files(0);
    for (int i = 0; i < CLIENTS; i++) {
        read_answer(clients[i], answer, sizeof(answer));
        assert_ptr_equal(strstr(answer, "HTTP/1.1 503 "), answer);
        const char *body = strstr(answer, "\r\n\r\n");
        assert_non_null(body);
        assert_int_equal(strtol(strstr(answer, "Content-Length: ") + 16, NULL, 10),
                         strlen(body + 4));
        close(clients[i]);
    }
    assert_int_equal(stage->waits, 0);
    assert_int_equal(stage->count, 0);
    visit(stage, AF_INET);
}

/* If even the reserve is in use, a connection waits until there is a descriptor. */
static void test_no_reserve_left(void **state)
{
    struct stage *stage = *state;
    assert_int_equal(open_on(stage, "127.0.0.1", 0), 0);
    loop_turn(&stage->loop);
    int client = client_connect(AF_INET, stage->listener.port);
    rlim_t none = no_more_files();
    close(stage->listener.reserve);
    stage->listener.reserve = -1;
    limit_files(none - 1);
    int took = open("/dev/null", O_RDONLY);
    while (stage->waits < 3)
        uv_run(&stage->loop, UV_RUN_ONCE);
    assert_int_equal(stage->refused, 0);
    limit_files(0);
    if (took >= 0)
        close(took);
    stage->count = 0;
    loop_until(&stage->loop, &stage->count);
    assert_true(stage->listener.reserve >= 0);
    close(client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_stage, drop_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_both_loopbacks),       TEST(test_all_addresses),   TEST(test_a_port_in_use),
        TEST(test_a_port_is_free_again), TEST(test_unknown_hosts),   TEST(test_adopts_a_socket),
        TEST(test_no_descriptor_left),   TEST(test_no_reserve_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
