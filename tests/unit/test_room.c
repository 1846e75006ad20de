/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Two nodes with a session, and an engine that answers when the test likes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cluster/room.h"
#include "fake_engine.h"
#include "view.h"
#include "view/session.h"

#define FIRST "D:{\"type\":\"data\",\"data\":{\"instances\":[]},\"name\":\"first\"}"
#define SECOND "D:{\"type\":\"data\",\"data\":{\"instances\":[]},\"name\":\"second\"}"
#define CLEAR "D:{\"type\":\"clear\"}"

struct member {
    struct fake_listener listener;
    struct node node;
    struct fake_hub fake;
    struct fake_peer page;
    struct room *room;
    unsigned failed; /* calls of link_fail */
};

struct pair {
    uv_loop_t loop;
    struct fake_engine engine;
    struct member a;
    struct member b;
};

int __wrap_link_ask(struct link *link, const struct link_word *words, size_t count, uint64_t wait,
                    link_answer answer, void *arg);
int __wrap_link_ask_text(struct link *link, const char *const *texts, link_answer answer,
                         void *arg);
void __wrap_link_fail(struct link *link, const char *why);

int __wrap_link_ask(struct link *link, const struct link_word *words, size_t count, uint64_t wait,
                    link_answer answer, void *arg)
{
    struct member *member = link->owner;
    struct link_word copies[32];
    if (!link_is_ready(link))
        return -EPIPE;
    assert_true(count <= 32);
    /* Words end with their size; the fake engine wants a zero byte there. */
    for (size_t i = 0; i < count; i++) {
        char *copy = calloc(1, words[i].size + 1);
        memcpy(copy, words[i].data, words[i].size);
        copies[i] = (struct link_word){ copy, words[i].size };
    }
    fake_engine_ask(&member->listener, link, copies, count, answer, arg);
    for (size_t i = 0; i < count; i++)
        free((void *)copies[i].data);
    return 0;
}

int __wrap_link_ask_text(struct link *link, const char *const *texts, link_answer answer, void *arg)
{
    struct link_word words[16];
    size_t count = 0;
    for (; texts[count] != NULL; count++)
        words[count] = (struct link_word){ texts[count], strlen(texts[count]) };
    return __wrap_link_ask(link, words, count, 0, answer, arg);
}

void __wrap_link_fail(struct link *link, const char *why)
{
    ((struct member *)link->owner)->failed++;
}

static void on_hear(struct fake_listener *listener, const char *text)
{
    struct room *room = list_entry(listener, struct member, listener)->room;
    if (strncmp(text, "gear ", 5) == 0)
        room_give(room, text + 5);
    else
        room_hear(room, text);
}

static void on_work(uv_timer_t *timer)
{
    struct member *member = timer->data;
    room_work(member->room);
}

static void on_settled(struct node *node)
{
}

static void make_member(struct pair *pair, struct member *member, const char *name)
{
    int error = 0;
    fake_listener_init(&member->listener, &pair->engine);
    member->listener.hear = on_hear;
    assert_int_equal(fake_hub_init(&member->fake), 0);
    struct node *node = &member->node;
    snprintf(node->options.name, sizeof(node->options.name), "%s", name);
    snprintf(node->options.prefix, sizeof(node->options.prefix), "cad1:");
    node->options.max_content = 1 << 20;
    node->loop = &pair->loop;
    node->hub = &member->fake.hub;
    node->log = &member->fake.log;
    node->jobs = (struct work_jobs){ .loop = &pair->loop };
    node->work = on_work;
    node->settled = on_settled;
    snprintf(node->script, sizeof(node->script), "%040d", 1);
    list_init(&node->rooms);
    uv_timer_init(&pair->loop, &node->timer);
    node->timer.data = member;
    struct link *links[] = { &node->commands, &node->notices, &node->bulk };
    for (size_t i = 0; i < 3; i++)
        *links[i] = (struct link){ .owner = member, .state = LINK_READY };
    struct session *session = hub_session(&member->fake.hub, "gear", &error);
    session->permanent = true;
    member->room = room_new(node, session);
    session->room = member->room;
    assert_int_equal(fake_join(&member->fake, &member->page, "gear"), 0);
    fake_say(&member->page, "L:{}");
}

static int make_pair(void **state)
{
    struct pair *pair = calloc(1, sizeof(*pair));
    *state = pair;
    uv_loop_init(&pair->loop);
    fake_engine_init(&pair->engine);
    make_member(pair, &pair->a, "a");
    make_member(pair, &pair->b, "b");
    return 0;
}

static void drop_member(struct member *member)
{
    member->node.closing = true;
    while (fake_answer_next(&member->listener, true))
        ;
    room_end(member->room);
    while (fake_answer_next(&member->listener, true))
        ;
    uv_close((uv_handle_t *)&member->node.timer, NULL);
    fake_leave(&member->page);
    fake_hub_free(&member->fake);
}

static int drop_pair(void **state)
{
    struct pair *pair = *state;
    drop_member(&pair->a);
    drop_member(&pair->b);
    uv_run(&pair->loop, UV_RUN_DEFAULT);
    uv_loop_close(&pair->loop);
    fake_engine_free(&pair->engine);
    free(pair);
    return 0;
}

/* Lets the pool and the timers do what they have to, but no answer come. */
static void work(struct pair *pair)
{
    do
        uv_run(&pair->loop, UV_RUN_NOWAIT);
    while (pair->a.node.jobs.count + pair->b.node.jobs.count > 0);
    uv_run(&pair->loop, UV_RUN_NOWAIT);
}

/* Until nothing more happens. */
static void settle(struct pair *pair)
{
    room_work(pair->a.room);
    room_work(pair->b.room);
    work(pair);
    while (fake_answer_next(&pair->a.listener, false) || fake_answer_next(&pair->b.listener, false))
        work(pair);
}

/* As every two seconds. */
static void look(struct pair *pair)
{
    pair->a.room->want.next = 0;
    pair->b.room->want.next = 0;
    room_look(pair->a.room);
    room_look(pair->b.room);
    settle(pair);
}

static void say(struct member *member, const char *message)
{
    fake_kernel_says(&member->fake, "gear", message);
    if (message[0] == 'D' && strstr(message, "animation") == NULL)
        member->room->shown = node_stamp(&member->node, 0);
    room_work(member->room);
}

/* The connections are lost: no answer comes any more. */
static void lose(struct member *member)
{
    member->node.commands.state = LINK_ENDING;
    member->node.notices.state = LINK_ENDING;
    member->node.bulk.state = LINK_ENDING;
    while (fake_answer_next(&member->listener, true))
        ;
    member->room->subscribed = false;
    member->listener.subscribed = false;
}

static void find(struct member *member)
{
    member->node.commands.state = LINK_READY;
    member->node.notices.state = LINK_READY;
    member->node.bulk.state = LINK_READY;
    room_ready(member->room);
    room_work(member->room);
}

static const char *shown(const struct member *member)
{
    const struct blob *model = member->room->session->picture.model;
    if (model == NULL)
        return "nothing";
    return memmem(blob_payload(model), blob_payload_size(model), "second", 6) != NULL ? "second"
                                                                                      : "first";
}

static long setting(const struct member *member, const char *name)
{
    return json_integer_value(json_object_get(member->room->session->picture.settings, name));
}

static void test_a_show_and_its_changes_are_at_both(void **state)
{
    struct pair *pair = *state;
    settle(pair);
    say(&pair->a, FIRST);
    settle(pair);
    assert_string_equal(shown(&pair->b), "first");
    say(&pair->a, "S:{\"type\":\"ui\",\"config\":{\"ticks\":3}}");
    settle(pair);
    assert_int_equal(setting(&pair->b, "ticks"), 3);
    say(&pair->b, "S:{\"type\":\"ui\",\"config\":{\"ticks\":4}}");
    settle(pair);
    assert_int_equal(setting(&pair->a, "ticks"), 4);
    say(&pair->b, SECOND);
    settle(pair);
    assert_string_equal(shown(&pair->a), "second");
    assert_int_equal(setting(&pair->a, "ticks"), 0);
    say(&pair->a, CLEAR);
    settle(pair);
    assert_string_equal(shown(&pair->b), "nothing");
    assert_int_equal(pair->engine.shows, 3);
    assert_int_equal(pair->a.failed + pair->b.failed, 0);
}

static void test_nothing_is_said_again_if_nothing_happens(void **state)
{
    struct pair *pair = *state;
    say(&pair->a, FIRST);
    say(&pair->a, "S:{\"type\":\"ui\",\"config\":{\"ticks\":3}}");
    settle(pair);
    unsigned long long seq = strtoull(fake_get(pair->engine.show, "seq"), NULL, 10);
    for (int i = 0; i < 5; i++)
        look(pair);
    assert_int_equal(strtoull(fake_get(pair->engine.show, "seq"), NULL, 10), seq);
}

static void test_changes_that_cross_end_the_same(void **state)
{
    struct pair *pair = *state;
    say(&pair->a, FIRST);
    settle(pair);
    /* The engine takes b's; a looks, and changes it too before that is answered. */
    say(&pair->b, "S:{\"type\":\"ui\",\"config\":{\"ticks\":4}}");
    room_look(pair->a.room);
    say(&pair->a, "S:{\"type\":\"ui\",\"config\":{\"ticks\":5}}");
    settle(pair);
    look(pair);
    assert_int_equal(setting(&pair->a, "ticks"), setting(&pair->b, "ticks"));
    assert_string_equal(fake_get(pair->engine.changes, "setting:ticks"), "5");
    assert_int_equal(setting(&pair->a, "ticks"), 5);
}

static void test_an_engine_that_lost_all_gets_what_either_has(void **state)
{
    struct pair *pair = *state;
    say(&pair->a, FIRST);
    settle(pair);
    say(&pair->a, "S:{\"type\":\"ui\",\"config\":{\"ticks\":3}}");
    settle(pair);
    /* b's change never reaches a, since the engine forgets it at once. */
    say(&pair->b, "S:{\"type\":\"ui\",\"config\":{\"zoom\":2}}");
    fake_engine_flush(&pair->engine);
    for (int i = 0; i < 3; i++)
        look(pair);
    assert_string_equal(fake_get(pair->engine.show, "node"), "a");
    assert_string_equal(fake_get(pair->engine.changes, "setting:ticks"), "3");
    assert_string_equal(fake_get(pair->engine.changes, "setting:zoom"), "2");
    assert_int_equal(setting(&pair->a, "zoom"), 2);
    assert_int_equal(json_object_size(pair->engine.pieces), 1);
}

static void test_an_older_show_that_was_cut_off_does_not_win(void **state)
{
    struct pair *pair = *state;
    settle(pair);
    /* a has not heard of the engine for a while, and does not know that it is lost. */
    pair->a.room->known = false;
    pair->engine.deaf = true;
    say(&pair->a, FIRST);
    pair->engine.deaf = false;
    uv_sleep(3);
    say(&pair->b, SECOND);
    lose(&pair->a);
    find(&pair->a);
    settle(pair);
    look(pair);
    assert_string_equal(shown(&pair->a), "second");
    assert_string_equal(shown(&pair->b), "second");
}

/* An animation ends the time of the one before, but not one that came since. */
static void test_a_time_and_an_animation_that_cross_end_the_same(void **state)
{
    struct pair *pair = *state;
    say(&pair->a, FIRST);
    settle(pair);
    lose(&pair->a);
    say(&pair->a, "D:{\"type\":\"animation\",\"data\":[[\"/a\",\"rz\",[0,1],[0,90]]]}");
    say(&pair->b, "C:{\"type\":\"set_relative_time\",\"value\":0.5}");
    settle(pair);
    find(&pair->a);
    settle(pair);
    for (int i = 0; i < 3; i++)
        look(pair);
    const struct picture *one = &pair->a.room->session->picture;
    const struct picture *other = &pair->b.room->session->picture;
    assert_non_null(one->animation);
    assert_non_null(other->animation);
    assert_int_equal(one->time != NULL, other->time != NULL);
    assert_int_equal(one->time != NULL, fake_get(pair->engine.changes, "time")[0] != '\0');
}

/* The engine's clock, as a node reads it, is what counts. */
static void test_clocks_are_the_engines(void **state)
{
    struct pair *pair = *state;
    pair->engine.ahead = 7200;
    node_ask_clock(&pair->a.node, true);
    settle(pair);
    assert_true(pair->a.node.clock.known);
    assert_in_range(pair->a.node.clock.ahead, 7198000, 7202000);
    say(&pair->b, FIRST);
    settle(pair);
    say(&pair->a, SECOND);
    settle(pair);
    assert_string_equal(shown(&pair->b), "second");
    /* b has seen that: its own clock has gone on from there. */
    say(&pair->b, FIRST);
    settle(pair);
    assert_string_equal(shown(&pair->a), "first");
}

/* Two masters had the same past, and came as far. */
static void test_another_engine_is_not_taken_for_the_same(void **state)
{
    struct pair *pair = *state;
    say(&pair->a, FIRST);
    settle(pair);
    lose(&pair->a);
    say(&pair->b, "S:{\"type\":\"ui\",\"config\":{\"zoom\":2}}");
    settle(pair);
    pair->a.room->seq = strtoull(fake_get(pair->engine.show, "seq"), NULL, 10);
    find(&pair->a);
    settle(pair);
    assert_int_equal(setting(&pair->a, "zoom"), 2);
}

/* Both show the first one. Of b's second the engine is told, but its pieces never come. */
static void tell_second(struct pair *pair)
{
    say(&pair->a, FIRST);
    settle(pair);
    say(&pair->b, SECOND);
    work(pair);
    while (fake_answer_next(&pair->b.listener, false))
        work(pair);
    json_object_clear(pair->engine.pieces);
}

/* b was not gone after all. */
static void assert_second_comes_back(struct pair *pair)
{
    find(&pair->b);
    for (int i = 0; i < 3; i++)
        look(pair);
    assert_string_equal(shown(&pair->a), "second");
    assert_string_equal(shown(&pair->b), "second");
}

/* A newer one was known here, but with its node and the engine it is gone. */
static void test_the_newest_show_that_is_left_counts(void **state)
{
    struct pair *pair = *state;
    tell_second(pair);
    settle(pair);
    assert_string_equal(shown(&pair->a), "first");
    lose(&pair->b);
    fake_engine_flush(&pair->engine);
    for (int i = 0; i < 6; i++) {
        room_look(pair->a.room);
        settle(pair);
    }
    assert_string_equal(fake_get(pair->engine.show, "node"), "a");
    assert_string_equal(fake_get(pair->engine.show, "model"), pair->a.room->hash);
    assert_second_comes_back(pair);
}

/* Of the newest one only what the engine tells of it is left: its pieces and its node are gone. */
static void test_a_show_that_no_node_has_is_given_up(void **state)
{
    struct pair *pair = *state;
    tell_second(pair);
    lose(&pair->b);
    for (int i = 0; i < 3; i++)
        look(pair);
    assert_string_not_equal(fake_get(pair->engine.show, "model"), "");
    assert_string_equal(fake_get(pair->engine.show, "node"), "b");
    for (int i = 0; i < 20; i++)
        look(pair);
    assert_string_equal(shown(&pair->a), "first");
    assert_string_equal(fake_get(pair->engine.show, "node"), "a");
    assert_second_comes_back(pair);
}

static void test_an_answer_that_is_lost_is_no_loss(void **state)
{
    struct pair *pair = *state;
    say(&pair->a, FIRST);
    settle(pair);
    say(&pair->a, "S:{\"type\":\"ui\",\"config\":{\"ticks\":3}}");
    lose(&pair->a);
    say(&pair->b, "S:{\"type\":\"ui\",\"config\":{\"zoom\":2}}");
    find(&pair->a);
    settle(pair);
    pair->a.room->retry_at = 0;
    look(pair);
    look(pair);
    assert_int_equal(setting(&pair->b, "ticks"), 3);
    assert_int_equal(setting(&pair->a, "zoom"), 2);
    assert_string_equal(fake_get(pair->engine.changes, "setting:zoom"), "2");
}

static void test_pieces_that_are_gone_are_given_again(void **state)
{
    struct pair *pair = *state;
    say(&pair->a, FIRST);
    room_work(pair->a.room);
    work(pair);
    while (fake_answer_next(&pair->a.listener, false))
        work(pair);
    json_object_clear(pair->engine.pieces);
    for (int i = 0; i < 3; i++)
        look(pair);
    assert_string_equal(shown(&pair->b), "first");
    assert_int_equal(pair->b.node.missing, 1);
}

static void test_an_engine_without_memory_is_no_fault(void **state)
{
    struct pair *pair = *state;
    settle(pair);
    pair->engine.full = true;
    say(&pair->a, FIRST);
    settle(pair);
    assert_true(pair->a.node.full_since != 0);
    assert_int_equal(pair->a.failed, 0);
    pair->engine.full = false;
    say(&pair->a, SECOND);
    settle(pair);
    assert_string_equal(shown(&pair->b), "second");
    assert_true(pair->a.node.full_since == 0);
}

static void test_fields_of_newer_versions_are_kept(void **state)
{
    struct pair *pair = *state;
    struct link_word word = { "later", 5 };
    say(&pair->a, FIRST);
    settle(pair);
    fake_set(pair->engine.show, "invented", &word);
    fake_set(pair->engine.changes, "invented", &word);
    say(&pair->a, "S:{\"type\":\"ui\",\"config\":{\"ticks\":3}}");
    settle(pair);
    look(pair);
    assert_string_equal(fake_get(pair->engine.show, "invented"), "later");
    assert_string_equal(fake_get(pair->engine.changes, "invented"), "later");
    say(&pair->b, SECOND);
    settle(pair);
    assert_string_equal(fake_get(pair->engine.show, "invented"), "later");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_show_and_its_changes_are_at_both, make_pair,
                                        drop_pair),
        cmocka_unit_test_setup_teardown(test_nothing_is_said_again_if_nothing_happens, make_pair,
                                        drop_pair),
        cmocka_unit_test_setup_teardown(test_changes_that_cross_end_the_same, make_pair, drop_pair),
        cmocka_unit_test_setup_teardown(test_an_engine_that_lost_all_gets_what_either_has,
                                        make_pair, drop_pair),
        cmocka_unit_test_setup_teardown(test_an_older_show_that_was_cut_off_does_not_win, make_pair,
                                        drop_pair),
        cmocka_unit_test_setup_teardown(test_a_time_and_an_animation_that_cross_end_the_same,
                                        make_pair, drop_pair),
        cmocka_unit_test_setup_teardown(test_clocks_are_the_engines, make_pair, drop_pair),
        cmocka_unit_test_setup_teardown(test_another_engine_is_not_taken_for_the_same, make_pair,
                                        drop_pair),
        cmocka_unit_test_setup_teardown(test_the_newest_show_that_is_left_counts, make_pair,
                                        drop_pair),
        cmocka_unit_test_setup_teardown(test_a_show_that_no_node_has_is_given_up, make_pair,
                                        drop_pair),
        cmocka_unit_test_setup_teardown(test_an_answer_that_is_lost_is_no_loss, make_pair,
                                        drop_pair),
        cmocka_unit_test_setup_teardown(test_pieces_that_are_gone_are_given_again, make_pair,
                                        drop_pair),
        cmocka_unit_test_setup_teardown(test_an_engine_without_memory_is_no_fault, make_pair,
                                        drop_pair),
        cmocka_unit_test_setup_teardown(test_fields_of_newer_versions_are_kept, make_pair,
                                        drop_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
