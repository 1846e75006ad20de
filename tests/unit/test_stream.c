/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "loop.h"
#include "net/stream.h"

/* A stream, its owner, and the client at its other end. */
struct wire {
    uv_loop_t loop;
    struct io_budget budget;
    struct stream stream;
    int client;
    struct text got;
    uint8_t *place; /* buffer for input, NULL: the shared one */
    size_t room;
    unsigned pieces;
    unsigned ends;
    int end_error;
    unsigned drained;
    unsigned closed;
    bool inside; /* within a call of the owner: nothing may fire */
};

static void on_input(void *owner, uint8_t **buffer, size_t *size)
{
    struct wire *wire = owner;
    if (wire->room == 0)
        return;
    *buffer = wire->place;
    *size = wire->room;
}

static void on_data(void *owner, uint8_t *data, size_t size)
{
    struct wire *wire = owner;
    assert_false(wire->inside);
    wire->pieces++;
    if (wire->room > 0) {
        assert_ptr_equal(data, wire->place);
        assert_true(size <= wire->room);
    }
    text_add_bytes(&wire->got, data, size);
}

static void on_end(void *owner, int error)
{
    struct wire *wire = owner;
    assert_false(wire->inside);
    wire->ends++;
    wire->end_error = error;
}

static void on_drained(void *owner)
{
    struct wire *wire = owner;
    assert_false(wire->inside);
    assert_int_equal(stream_queued(&wire->stream), 0);
    wire->drained++;
}

static void on_closed(void *owner)
{
    struct wire *wire = owner;
    assert_false(wire->inside);
    wire->closed++;
}

/* A connection to ourselves: the client's end is returned, ours in `fd`. */
static int connect_both(int *fd)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    int server = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(server, 5), 0);
    getsockname(server, (struct sockaddr *)&address, &size);
    int client = client_connect(AF_INET, ntohs(address.sin_port));
    *fd = accept(server, NULL, NULL);
    close(server);
    return client;
}

static int make_wire(void **state)
{
    static const struct stream_events events = { on_input, on_data, on_end, on_drained, on_closed };
    struct wire *wire = calloc(1, sizeof(*wire));
    int fd;
    uv_loop_init(&wire->loop);
    assert_int_equal(io_budget_open(&wire->budget, &wire->loop), 0);
    wire->client = connect_both(&fd);
    assert_true(wire->client >= 0 && fd >= 0);
    assert_int_equal(stream_open(&wire->stream, &wire->loop, &wire->budget, &events, wire), 0);
    assert_int_equal(stream_accept(&wire->stream, fd), 0);
    *state = wire;
    return 0;
}

static int drop_wire(void **state)
{
    struct wire *wire = *state;
    if (wire->client >= 0)
        close(wire->client);
    if (wire->closed == 0) {
        stream_close(&wire->stream);
        stream_close(&wire->stream);
    }
    assert_int_equal(stream_write(&wire->stream, "x", 1, NULL, 0, 0), -EPIPE);
    loop_until(&wire->loop, &wire->closed);
    io_budget_close(&wire->budget);
    io_budget_close(&wire->budget);
    loop_end(&wire->loop);
    io_budget_free(&wire->budget);
    assert_int_equal(wire->closed, 1);
    text_free(&wire->got);
    free(wire);
    return 0;
}

static struct blob *bytes(size_t size)
{
    struct blob *blob = blob_new(size);
    for (size_t i = 0; i < size; i++)
        blob->data[i] = (uint8_t)(i * 2654435761u >> 11);
    blob->size = size;
    return blob;
}

static void write_blob(struct wire *wire, const char *head, struct blob *blob, size_t offset)
{
    wire->inside = true;
    assert_int_equal(stream_write(&wire->stream, head, strlen(head), blob, offset,
                                  blob == NULL ? 0 : blob->size - offset),
                     0);
    wire->inside = false;
}

static void assert_client_gets(struct wire *wire, const char *head, struct blob *blob,
                               size_t offset)
{
    struct text text = { 0 };
    size_t n = strlen(head);
    size_t size = n + (blob == NULL ? 0 : blob->size - offset);
    assert_int_equal(client_read(&wire->loop, wire->client, &text, NULL, size), 0);
    assert_int_equal(text.size, size);
    assert_memory_equal(text.data, head, n);
    if (blob != NULL)
        assert_memory_equal(text.data + n, blob->data + offset, size - n);
    text_free(&text);
}

static void test_reads_and_writes(void **state)
{
    struct wire *wire = *state;
    assert_int_equal(stream_read_start(&wire->stream), 0);
    assert_int_equal(stream_read_start(&wire->stream), 0);
    client_send(&wire->loop, wire->client, "hello", 5);
    loop_until(&wire->loop, &wire->pieces);
    assert_string_equal(wire->got.data, "hello");
    write_blob(wire, "answer", NULL, 0);
    assert_client_gets(wire, "answer", NULL, 0);
    loop_until(&wire->loop, &wire->drained);
    assert_int_equal(wire->ends, 0);
}

static void test_nothing_to_write(void **state)
{
    struct wire *wire = *state;
    struct blob *blob = bytes(10);
    write_blob(wire, "", NULL, 0);
    write_blob(wire, "", blob, 10);
    write_blob(wire, "x", blob, 10);
    assert_client_gets(wire, "x", NULL, 0);
    blob_unref(blob);
}

static void test_large_writes_keep_their_order(void **state)
{
    struct wire *wire = *state;
    struct blob *blob = bytes(20 * 1024 * 1024);
    write_blob(wire, "head", blob, 3);
    write_blob(wire, "middle", NULL, 0);
    write_blob(wire, "tail", blob, 1024);
    assert_true(stream_queued(&wire->stream) > 20 * 1024 * 1024);
    uint64_t before = stream_progress(&wire->stream);
    assert_client_gets(wire, "head", blob, 3);
    assert_true(stream_progress(&wire->stream) > before);
    assert_client_gets(wire, "middle", NULL, 0);
    assert_client_gets(wire, "tail", blob, 1024);
    loop_until(&wire->loop, &wire->drained);
    loop_turn(&wire->loop);
    assert_int_equal(atomic_load(&blob->refs), 1);
    blob_unref(blob);
}

static void test_input_goes_where_it_is_wanted(void **state)
{
    struct wire *wire = *state;
    uint8_t place[7];
    wire->place = place;
    wire->room = sizeof(place);
    stream_read_start(&wire->stream);
    client_send(&wire->loop, wire->client, "0123456789abcdefghij", 20);
    while (wire->got.size < 20)
        uv_run(&wire->loop, UV_RUN_ONCE);
    assert_string_equal(wire->got.data, "0123456789abcdefghij");
    assert_true(wire->pieces >= 3);
}

static void test_reading_stops_and_goes_on(void **state)
{
    struct wire *wire = *state;
    stream_read_start(&wire->stream);
    stream_read_stop(&wire->stream);
    client_send(&wire->loop, wire->client, "x", 1);
    loop_turn(&wire->loop);
    assert_int_equal(wire->pieces, 0);
    stream_read_start(&wire->stream);
    loop_until(&wire->loop, &wire->pieces);
}

static void test_the_peer_ends(void **state)
{
    struct wire *wire = *state;
    stream_read_start(&wire->stream);
    client_send(&wire->loop, wire->client, "last", 4);
    shutdown(wire->client, SHUT_WR);
    loop_until(&wire->loop, &wire->ends);
    assert_int_equal(wire->end_error, 0);
    assert_string_equal(wire->got.data, "last");
    /* It may still want its answer. */
    write_blob(wire, "answer", NULL, 0);
    assert_client_gets(wire, "answer", NULL, 0);
    loop_turn(&wire->loop);
    assert_int_equal(wire->ends, 1);
}

static void test_the_peer_resets(void **state)
{
    struct wire *wire = *state;
    struct linger hard = { .l_onoff = 1, .l_linger = 0 };
    struct blob *blob = bytes(5 * 1024 * 1024);
    stream_read_start(&wire->stream);
    write_blob(wire, "", blob, 0);
    setsockopt(wire->client, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(wire->client);
    wire->client = -1;
    loop_until(&wire->loop, &wire->ends);
    assert_true(wire->end_error < 0);
    loop_turn(&wire->loop);
    assert_int_equal(wire->ends, 1);
    assert_int_equal(wire->drained, 0);
    stream_close(&wire->stream);
    loop_until(&wire->loop, &wire->closed);
    assert_int_equal(atomic_load(&blob->refs), 1);
    blob_unref(blob);
}

static void test_closing_drops_what_waits(void **state)
{
    struct wire *wire = *state;
    struct blob *blob = bytes(20 * 1024 * 1024);
    write_blob(wire, "", blob, 0);
    wire->inside = true;
    stream_close(&wire->stream);
    wire->inside = false;
    loop_until(&wire->loop, &wire->closed);
    assert_int_equal(wire->drained, 0);
    assert_int_equal(atomic_load(&blob->refs), 1);
    blob_unref(blob);
}

static void read_to_the_end(struct wire *wire, struct blob *blob)
{
    struct text text = { 0 };
    assert_int_equal(client_read(&wire->loop, wire->client, &text, NULL, SIZE_MAX), 1);
    assert_int_equal(text.size, blob->size);
    assert_memory_equal(text.data, blob->data, blob->size);
    text_free(&text);
}

static void test_a_polite_close_sends_all(void **state)
{
    struct wire *wire = *state;
    struct blob *blob = bytes(5 * 1024 * 1024);
    stream_read_start(&wire->stream);
    write_blob(wire, "", blob, 0);
    wire->inside = true;
    stream_close_polite(&wire->stream, false);
    stream_close_polite(&wire->stream, false);
    wire->inside = false;
    assert_int_equal(stream_write(&wire->stream, "x", 1, NULL, 0, 0), -EPIPE);
    /* The peer ended its side: its answer is still sent whole. */
    shutdown(wire->client, SHUT_WR);
    read_to_the_end(wire, blob);
    loop_until(&wire->loop, &wire->closed);
    assert_int_equal(wire->ends + wire->drained, 0);
    blob_unref(blob);
}

static void test_a_polite_close_with_nothing_to_send(void **state)
{
    struct wire *wire = *state;
    stream_close_polite(&wire->stream, false);
    loop_until(&wire->loop, &wire->closed);
}

static void test_last_words(void **state)
{
    struct wire *wire = *state;
    struct text text = { 0 };
    stream_read_start(&wire->stream);
    wire->inside = true;
    assert_int_equal(stream_write_last(&wire->stream, "good", 4), 0);
    /* If more is written after all, it is not delayed. */
    assert_int_equal(stream_write(&wire->stream, "bye", 3, NULL, 0, 0), 0);
    stream_close_polite(&wire->stream, false);
    wire->inside = false;
    assert_int_equal(stream_write_last(&wire->stream, "x", 1), -EPIPE);
    assert_int_equal(client_read(&wire->loop, wire->client, &text, NULL, SIZE_MAX), 1);
    assert_string_equal(text.data, "goodbye");
    text_free(&text);
}

static void test_last_words_come_last(void **state)
{
    struct wire *wire = *state;
    struct blob *blob = bytes(5 * 1024 * 1024);
    stream_read_start(&wire->stream);
    stream_write(&wire->stream, NULL, 0, blob, 0, blob->size - 3);
    assert_true(stream_queued(&wire->stream) > 0);
    stream_write_last(&wire->stream, blob->data + blob->size - 3, 3);
    stream_close_polite(&wire->stream, false);
    read_to_the_end(wire, blob);
    loop_until(&wire->loop, &wire->closed);
    blob_unref(blob);
}

/* A peer that is still sending gets our last bytes, and no reset before them. */
static void test_lingering(void **state)
{
    struct wire *wire = *state;
    struct text text = { 0 };
    char junk[50000] = { 0 };
    stream_read_start(&wire->stream);
    client_send(&wire->loop, wire->client, junk, sizeof(junk));
    write_blob(wire, "too much", NULL, 0);
    stream_close_polite(&wire->stream, true);
    unsigned pieces = wire->pieces;
    for (unsigned i = 0; i < 50; i++)
        assert_int_equal(client_send(&wire->loop, wire->client, junk, sizeof(junk)), 0);
    assert_int_equal(client_read(&wire->loop, wire->client, &text, NULL, SIZE_MAX), 1);
    assert_string_equal(text.data, "too much");
    assert_int_equal(wire->pieces, pieces);
    assert_int_equal(wire->closed, 0);
    close(wire->client);
    wire->client = -1;
    loop_until(&wire->loop, &wire->closed);
    assert_int_equal(wire->ends, 0);
    text_free(&text);
}

static void test_lingering_after_the_peers_end(void **state)
{
    struct wire *wire = *state;
    stream_read_start(&wire->stream);
    shutdown(wire->client, SHUT_WR);
    loop_until(&wire->loop, &wire->ends);
    stream_close_polite(&wire->stream, true);
    loop_until(&wire->loop, &wire->closed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_wire, drop_wire)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reads_and_writes),
        TEST(test_nothing_to_write),
        TEST(test_large_writes_keep_their_order),
        TEST(test_input_goes_where_it_is_wanted),
        TEST(test_reading_stops_and_goes_on),
        TEST(test_the_peer_ends),
        TEST(test_the_peer_resets),
        TEST(test_closing_drops_what_waits),
        TEST(test_a_polite_close_sends_all),
        TEST(test_a_polite_close_with_nothing_to_send),
        TEST(test_last_words),
        TEST(test_last_words_come_last),
        TEST(test_lingering),
        TEST(test_lingering_after_the_peers_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
