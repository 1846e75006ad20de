/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "net/owner.h"

/* A listening socket, a client's socket, and the accepted end with its two addresses. */
struct pair {
    int server;
    int client;
    int accepted;
    struct sockaddr_storage local;
    struct sockaddr_storage peer;
};

static socklen_t address(struct sockaddr_storage *out, int family, const char *text, uint16_t port)
{
    struct sockaddr_in *in = (void *)out;
    struct sockaddr_in6 *in6 = (void *)out;
    memset(out, 0, sizeof(*out));
    out->ss_family = (sa_family_t)family;
    if (family == AF_INET) {
        in->sin_port = htons(port);
        assert_int_equal(inet_pton(family, text, &in->sin_addr), 1);
        return sizeof(*in);
    }
    in6->sin6_port = htons(port);
    assert_int_equal(inet_pton(family, text, &in6->sin6_addr), 1);
    return sizeof(*in6);
}

/* A server at `bound` of `family`, which for AF_INET6 takes both families. Returns its port, or 0
 * if the machine has no such family. */
static uint16_t serve(struct pair *pair, int family, const char *bound)
{
    struct sockaddr_storage at;
    int off = 0;
    socklen_t size = address(&at, family, bound, 0);
    pair->client = -1;
    pair->accepted = -1;
    pair->server = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (pair->server < 0)
        return 0;
    if (family == AF_INET6)
        setsockopt(pair->server, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (bind(pair->server, (struct sockaddr *)&at, size) < 0 || listen(pair->server, 8) < 0 ||
        getsockname(pair->server, (struct sockaddr *)&at, &size) < 0) {
        close(pair->server);
        return 0;
    }
    return ntohs(family == AF_INET ? ((struct sockaddr_in *)&at)->sin_port
                                   : ((struct sockaddr_in6 *)&at)->sin6_port);
}

static int dial(int family, const char *to, uint16_t port)
{
    struct sockaddr_storage at;
    socklen_t size = address(&at, family, to, port);
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (struct sockaddr *)&at, size) == 0 ? fd : -1;
}

static void take(struct pair *pair)
{
    socklen_t size = sizeof(pair->peer);
    pair->accepted = accept(pair->server, (struct sockaddr *)&pair->peer, &size);
    assert_true(pair->accepted >= 0);
    size = sizeof(pair->local);
    assert_int_equal(getsockname(pair->accepted, (struct sockaddr *)&pair->local, &size), 0);
}

static void end(struct pair *pair)
{
    close(pair->server);
    if (pair->accepted >= 0)
        close(pair->accepted);
    if (pair->client >= 0)
        close(pair->client);
}

static int find(struct owner *owner, const struct pair *pair, uid_t *uid)
{
    return owner_find(owner, (const struct sockaddr *)&pair->local,
                      (const struct sockaddr *)&pair->peer, uid);
}

static void need(int result)
{
    if (result == OWNER_UNSUPPORTED) {
        print_message("skipped: this system does not tell whose a socket is\n");
        skip();
    }
    assert_int_equal(result, 0);
}

/* Opens it as in a sandbox, if `*state` is set: with only the list in /proc/net. */
static void open_owner(struct owner *owner, void **state)
{
    need(owner_open(owner));
    owner->listed = *state != NULL;
}

static void need_root(void)
{
    if (geteuid() != 0) {
        print_message("skipped: only root can become another user\n");
        skip();
    }
}

static void test_own_connections_are_ours(void **state)
{
    static const struct {
        int server, client;
        const char *bound, *to;
    } cases[] = {
        { AF_INET, AF_INET, "127.0.0.1", "127.0.0.1" },
        { AF_INET, AF_INET, "0.0.0.0", "127.3.2.1" },
        { AF_INET6, AF_INET6, "::1", "::1" },
        { AF_INET6, AF_INET, "::", "127.0.0.1" },
        { AF_INET6, AF_INET6, "::", "::ffff:127.0.0.1" },
        { AF_INET, AF_INET6, "127.0.0.1", "::ffff:127.0.0.1" },
    };
    struct owner owner;
    open_owner(&owner, state);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pair pair;
        uint16_t port = serve(&pair, cases[i].server, cases[i].bound);
        if (port == 0) {
            print_message("left out: no %s here\n", cases[i].bound);
            continue;
        }
        uid_t uid = 4711;
        pair.client = dial(cases[i].client, cases[i].to, port);
        assert_true(pair.client >= 0);
        take(&pair);
        if (find(&owner, &pair, &uid) != 0 || uid != geteuid())
            fail_msg("%s to %s: not found", cases[i].to, cases[i].bound);
        end(&pair);
    }
    owner_close(&owner);
    owner_close(&owner);
}

/* A child that runs as another user and holds a connection until `go` is closed. Returns its pid.
 */
static pid_t dial_as(uid_t uid, uint16_t port, int go)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    char byte;
    if (setgid(uid) < 0 || setuid(uid) < 0 || dial(AF_INET, "127.0.0.1", port) < 0)
        _exit(1);
    _exit(read(go, &byte, 1) == 0 ? 0 : 2);
}

static void reap(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_another_user_is_named(void **state)
{
    struct owner owner;
    struct pair pair;
    int go[2];
    uid_t uid = 0;
    need_root();
    open_owner(&owner, state);
    uint16_t port = serve(&pair, AF_INET, "127.0.0.1");
    assert_int_equal(pipe2(go, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(go[1]);
        pid_t inner = dial_as(54321, port, go[0]);
        int status;
        waitpid(inner, &status, 0);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 3);
    }
    take(&pair);
    int result = find(&owner, &pair, &uid);
    close(go[0]);
    close(go[1]);
    reap(pid);
    assert_int_equal(result, 0);
    assert_int_equal(uid, 54321);
    end(&pair);
    owner_close(&owner);
}

/* A closed socket has no owner; the kernel reports root, and these tests may run as root. */
static void test_closed_client_is_unknown(void **state)
{
    struct owner owner;
    open_owner(&owner, state);
    for (int how = 0; how < 3; how++) {
        struct pair pair;
        struct linger now = { .l_onoff = 1 };
        uid_t uid;
        uint16_t port = serve(&pair, AF_INET, "127.0.0.1");
        pair.client = dial(AF_INET, "127.0.0.1", port);
        take(&pair);
        if (how == 1)
            setsockopt(pair.client, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        close(pair.client);
        pair.client = -1;
        if (how == 2) {
            shutdown(pair.accepted, SHUT_WR); /* the client's end is in TIME_WAIT now */
            close(pair.accepted);
            pair.accepted = -1;
        }
        assert_int_equal(find(&owner, &pair, &uid), OWNER_UNKNOWN);
        end(&pair);
    }
    owner_close(&owner);
}

static void test_listener_on_the_peers_port_is_not_the_peer(void **state)
{
    struct owner owner;
    struct pair pair, thief;
    struct linger now = { .l_onoff = 1 };
    struct sockaddr_storage at;
    int on = 1;
    uid_t uid;
    open_owner(&owner, state);
    uint16_t port = serve(&pair, AF_INET, "127.0.0.1");
    uint16_t stolen = serve(&thief, AF_INET, "127.0.0.1");
    close(thief.server);
    pair.client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(pair.client, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    socklen_t size = address(&at, AF_INET, "127.0.0.1", stolen);
    assert_int_equal(bind(pair.client, (struct sockaddr *)&at, size), 0);
    address(&at, AF_INET, "127.0.0.1", port);
    assert_int_equal(connect(pair.client, (struct sockaddr *)&at, size), 0);
    take(&pair);
    assert_int_equal(find(&owner, &pair, &uid), 0);
    setsockopt(pair.client, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(pair.client);
    pair.client = -1;
    thief.server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(thief.server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    address(&at, AF_INET, "127.0.0.1", stolen);
    assert_int_equal(bind(thief.server, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(thief.server, 1), 0);
    assert_int_equal(find(&owner, &pair, &uid), OWNER_UNKNOWN);
    close(thief.server);
    end(&pair);
    owner_close(&owner);
}

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        _exit(77);
    close(fd);
}

/* What a child in a new namespace of this kind finds out about a connection of user 54321. */
static int result_in_namespace(int kind)
{
    struct pair pair;
    int go[2], status;
    uint16_t port = serve(&pair, AF_INET, "127.0.0.1");
    assert_int_equal(pipe2(go, 0), 0);
    pid_t client = fork();
    if (client == 0) {
        close(go[1]);
        pid_t inner = dial_as(54321, port, go[0]);
        _exit(waitpid(inner, &status, 0) == inner && status == 0 ? 0 : 1);
    }
    take(&pair);
    pid_t asker = fork();
    if (asker == 0) {
        struct owner owner;
        uid_t uid = 0;
        if (unshare(kind) < 0)
            _exit(77);
        if (kind == CLONE_NEWUSER) {
            write_file("/proc/self/uid_map", "0 0 1");
            write_file("/proc/self/setgroups", "deny");
        }
        /* A new network namespace has its loopback interface down: no trial of its own. */
        int result = owner_open(&owner);
        if (kind == CLONE_NEWNET)
            _exit(result == OWNER_UNSUPPORTED ? OWNER_UNKNOWN : 50);
        _exit(result == 0 ? find(&owner, &pair, &uid) : 60 + result);
    }
    waitpid(asker, &status, 0);
    close(go[0]);
    close(go[1]);
    reap(client);
    end(&pair);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_namespaces_hide_users(void **state)
{
    struct owner owner;
    need_root();
    need(owner_open(&owner));
    owner_close(&owner);
    static const int kinds[] = { CLONE_NEWUSER, CLONE_NEWNET };
    for (size_t i = 0; i < 2; i++) {
        int result = result_in_namespace(kinds[i]);
        if (result == 77)
            print_message("left out: no new namespaces here\n");
        else
            assert_int_equal(result, OWNER_UNKNOWN);
    }
}

static void test_other_sockets_are_unknown(void **state)
{
    struct owner owner;
    struct pair pair = { 0 };
    uid_t uid;
    open_owner(&owner, state);
    pair.local.ss_family = AF_UNIX;
    pair.peer.ss_family = AF_UNIX;
    assert_int_equal(find(&owner, &pair, &uid), OWNER_UNKNOWN);
    address(&pair.local, AF_INET, "127.0.0.1", 1);
    address(&pair.peer, AF_INET, "192.0.2.1", 1);
    assert_int_equal(find(&owner, &pair, &uid), OWNER_UNKNOWN);
    owner_close(&owner);
    assert_int_equal(find(&owner, &pair, &uid), OWNER_UNSUPPORTED);
}

/* Not a test of speed: that nothing is left behind on the netlink socket from call to call. */
static void test_many_questions_on_one_socket(void **state)
{
    enum { MANY = 5000 };
    struct owner owner;
    struct pair pair;
    struct timespec from, to;
    need(owner_open(&owner));
    uint16_t port = serve(&pair, AF_INET, "127.0.0.1");
    pair.client = dial(AF_INET, "127.0.0.1", port);
    take(&pair);
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (unsigned i = 0; i < MANY; i++) {
        uid_t uid;
        owner.serial = i == MANY / 2 ? UINT32_MAX - 5 : owner.serial;
        assert_int_equal(find(&owner, &pair, &uid), 0);
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    double ns = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
    print_message("%.1f microseconds a question\n", ns / 1e3 / MANY);
    end(&pair);
    owner_close(&owner);
}

int main(void)
{
    static bool listed = true;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_connections_are_ours),
        cmocka_unit_test(test_another_user_is_named),
        cmocka_unit_test(test_closed_client_is_unknown),
        cmocka_unit_test(test_listener_on_the_peers_port_is_not_the_peer),
        cmocka_unit_test(test_namespaces_hide_users),
        cmocka_unit_test(test_other_sockets_are_unknown),
        cmocka_unit_test(test_many_questions_on_one_socket),
        cmocka_unit_test_prestate(test_own_connections_are_ours, &listed),
        cmocka_unit_test_prestate(test_another_user_is_named, &listed),
        cmocka_unit_test_prestate(test_closed_client_is_unknown, &listed),
        cmocka_unit_test_prestate(test_listener_on_the_peers_port_is_not_the_peer, &listed),
        cmocka_unit_test_prestate(test_other_sockets_are_unknown, &listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
