/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "net/socket.h"

#include <setjmp.h>

#include <cmocka.h>

static bool is_inherited(int fd)
{
    int flags = fcntl(fd, F_GETFD);
    assert_true(flags >= 0);
    return (flags & FD_CLOEXEC) == 0;
}

static void test_times_of_a_file_are_nanoseconds(void **state)
{
    char name[] = "/tmp/cadcast-sys-XXXXXX";
    int fd = mkstemp(name);
    const struct timespec times[2] = { { 5, 6 }, { 1234567890, 987654321 } };
    struct stat st;
    assert_true(fd >= 0 && futimens(fd, times) == 0 && fstat(fd, &st) == 0);
    assert_int_equal(sys_modified(&st), INT64_C(1234567890987654321));
    assert_true(llabs(sys_changed(&st) / 1000000000 - (long long)time(NULL)) < 60);
    assert_int_equal(sys_sync(fd), 0);
    close(fd);
    unlink(name);
    assert_int_equal(sys_sync(fd), -EBADF);
}

static void test_a_pipe_is_not_inherited(void **state)
{
    int ends[2];
    char byte = 0;
    assert_int_equal(sys_pipe(ends), 0);
    assert_false(is_inherited(ends[0]) || is_inherited(ends[1]));
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(byte, 'x');
    close(ends[0]);
    close(ends[1]);
}

static void test_a_second_name_is_inherited_if_wanted(void **state)
{
    int of = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    char byte = 1;
    assert_int_equal(sys_duplicate(fd, of, true), 0);
    assert_true(is_inherited(of));
    assert_int_equal(sys_duplicate(fd, of, false), 0);
    assert_false(is_inherited(of));
    close(fd);
    assert_int_equal(read(of, &byte, 1), 1);
    assert_int_equal(byte, 0);
    assert_int_equal(sys_duplicate(fd, of, false), -EBADF);
    close(of);
}

static void test_random_bytes_differ(void **state)
{
    uint8_t one[32] = { 0 };
    uint8_t two[32] = { 0 };
    assert_int_equal(sys_random(one, sizeof(one)), 0);
    assert_int_equal(sys_random(two, sizeof(two)), 0);
    assert_memory_not_equal(one, two, sizeof(one));
}

static void test_the_environment_has_what_was_set(void **state)
{
    bool found = false;
    setenv("CADCAST_SYS", "yes", 1);
    for (char **each = sys_environment(); *each != NULL; each++)
        found |= strcmp(*each, "CADCAST_SYS=yes") == 0;
    assert_true(found);
    unsetenv("CADCAST_SYS");
}

static void test_a_pause_is_not_cut_short(void **state)
{
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    sys_pause(20);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(
        (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 >= 19);
}

static void test_a_mapping_keeps_its_bytes_when_it_grows(void **state)
{
    size_t size = (size_t)1 << 20;
    uint8_t *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(start, MAP_FAILED);
    start[size - 1] = 7;
    uint8_t *moved = sys_remap(start, size, 4 * size);
    /* A system may refuse; then it is as it was. */
    if (moved != NULL)
        moved[4 * size - 1] = 8;
    assert_int_equal((moved == NULL ? start : moved)[size - 1], 7);
    munmap(moved == NULL ? start : moved, moved == NULL ? size : 4 * size);
    assert_null(sys_remap(NULL, 0, SIZE_MAX / 2));
}

static void test_memory_of_a_process_is_known_and_that_of_none_is_not(void **state)
{
    assert_true(sys_resident((long)getpid()) > 64 * 1024);
    assert_int_equal(sys_resident(0x7ffffffe), 0);
}

static void test_an_error_has_a_text_in_every_c_library(void **state)
{
    char buf[80];
    assert_string_equal(error_text(-ENOENT, buf, sizeof(buf)), strerror(ENOENT));
    assert_string_equal(error_text(3, buf, sizeof(buf)), "error 3");
}

/* Two ends of a connection within this machine. */
static void connect_pair(int *server, int *client)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(in);
    int listening = socket_open(AF_INET, SOCK_STREAM);
    assert_true(listening >= 0);
    assert_false(is_inherited(listening));
    assert_int_equal(bind(listening, (struct sockaddr *)&in, sizeof(in)), 0);
    assert_int_equal(listen(listening, 1), 0);
    assert_int_equal(getsockname(listening, (struct sockaddr *)&in, &size), 0);
    *client = socket_open(AF_INET, SOCK_STREAM);
    assert_int_equal(connect(*client, (struct sockaddr *)&in, sizeof(in)), 0);
    *server = socket_accept(listening);
    close(listening);
}

static void test_an_accepted_connection_is_not_inherited_and_does_not_block(void **state)
{
    int server, client;
    char byte = 0;
    connect_pair(&server, &client);
    assert_true(server >= 0);
    assert_false(is_inherited(server));
    assert_true(fcntl(server, F_GETFL) & O_NONBLOCK);
    assert_true(recv(server, &byte, 1, 0) < 0 && errno == EAGAIN);
    close(server);
    close(client);
    assert_int_equal(socket_open(-1, SOCK_STREAM), -EAFNOSUPPORT);
    assert_int_equal(socket_accept(-1), -EBADF);
}

static void test_a_peer_that_closed_has_left(void **state)
{
    int server, client;
    char buf[16];
    connect_pair(&server, &client);
    socket_be_plain(server);
    assert_false(socket_peer_left(server));
    /* What a system without MSG_MORE does not send goes with the rest. */
    size_t sent = socket_send_more(server, "abc", 3);
    assert_int_equal(send(server, &"abcdef"[sent], 6 - sent, 0), 6 - sent);
    assert_int_equal(recv(client, buf, 6, MSG_WAITALL), 6);
    assert_memory_equal(buf, "abcdef", 6);
    close(client);
    /* The end of the stream comes before the state is asked for. */
    fcntl(server, F_SETFL, 0);
    assert_int_equal(recv(server, buf, 1, 0), 0);
#ifdef __linux__
    assert_true(socket_peer_left(server));
    assert_int_equal(socket_unacknowledged(server), 0);
#endif
    close(server);
    assert_int_equal(socket_send_more(-1, "x", 1), 0);
    assert_int_equal(socket_unacknowledged(-1), 0);
    assert_false(socket_peer_left(-1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_of_a_file_are_nanoseconds),
        cmocka_unit_test(test_a_pipe_is_not_inherited),
        cmocka_unit_test(test_a_second_name_is_inherited_if_wanted),
        cmocka_unit_test(test_random_bytes_differ),
        cmocka_unit_test(test_the_environment_has_what_was_set),
        cmocka_unit_test(test_a_pause_is_not_cut_short),
        cmocka_unit_test(test_a_mapping_keeps_its_bytes_when_it_grows),
        cmocka_unit_test(test_memory_of_a_process_is_known_and_that_of_none_is_not),
        cmocka_unit_test(test_an_error_has_a_text_in_every_c_library),
        cmocka_unit_test(test_an_accepted_connection_is_not_inherited_and_does_not_block),
        cmocka_unit_test(test_a_peer_that_closed_has_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
