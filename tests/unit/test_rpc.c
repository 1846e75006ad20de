/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Questions of one node to another: what comes of them, and what a hostile engine may say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/rpc.h"

/* A node whose engine answers when the test likes. */
struct asker {
    uv_loop_t loop;
    struct node node;
    struct rpc rpc;
    char channel[200]; /* of the last message, and its text */
    char *text;
    link_answer published;
    void *sent;
    unsigned questions; /* of others, that arrived */
    char from[NODE_NAME];
    unsigned ends; /* of own questions */
    int error;
    json_int_t answer;
    bool again; /* asks once more when one ends */
};

int __wrap_link_ask_text(struct link *link, const char *const *texts, link_answer answer,
                         void *arg);

int __wrap_link_ask_text(struct link *link, const char *const *texts, link_answer answer, void *arg)
{
    struct asker *asker = link->owner;
    if (!link_is_ready(link))
        return -EPIPE;
    assert_string_equal(texts[0], "PUBLISH");
    snprintf(asker->channel, sizeof(asker->channel), "%s", texts[1]);
    free(asker->text);
    asker->text = strdup(texts[2]);
    asker->published = answer;
    asker->sent = arg;
    return 0;
}

/* So many nodes have heard the last message; -1: the connection was lost. */
static void publish(struct asker *asker, int heard)
{
    struct resp reply = { .kind = RESP_INTEGER, .integer = heard };
    asker->published(asker->sent, heard < 0 ? NULL : &reply);
    asker->published = NULL;
}

static void hear(struct asker *asker, const char *text)
{
    struct resp notice = { .kind = RESP_STRING_VALUE, .size = strlen(text) };
    notice.data = strdup(text);
    rpc_hear(&asker->rpc, &notice);
    free(notice.data);
}

static void on_question(void *owner, const struct rpc_question *question, json_t *what)
{
    struct asker *asker = owner;
    asker->questions++;
    snprintf(asker->from, sizeof(asker->from), "%s", question->from);
    rpc_answer(&asker->rpc, question, json_pack("{s:O}", "same", what));
}

static void on_done(void *arg, int error, const json_t *answer)
{
    struct asker *asker = arg;
    asker->ends++;
    asker->error = error;
    asker->answer = json_integer_value(json_object_get(answer, "n"));
    if (!asker->again)
        return;
    asker->again = false;
    assert_int_equal(rpc_ask(&asker->rpc, "b", json_object(), 1000, on_done, asker), 0);
}

static int ask(struct asker *asker, uint64_t wait)
{
    return rpc_ask(&asker->rpc, "b", json_pack("{s:s}", "what", "test"), wait, on_done, asker);
}

static int make(void **state)
{
    struct asker *asker = calloc(1, sizeof(*asker));
    *state = asker;
    uv_loop_init(&asker->loop);
    asker->node.loop = &asker->loop;
    snprintf(asker->node.options.name, sizeof(asker->node.options.name), "a");
    snprintf(asker->node.options.prefix, sizeof(asker->node.options.prefix), "cad1:");
    asker->node.commands = (struct link){ .owner = asker, .state = LINK_READY };
    rpc_init(&asker->rpc, &asker->node, on_question, asker);
    return 0;
}

static int drop(void **state)
{
    struct asker *asker = *state;
    if (asker->published != NULL)
        publish(asker, -1);
    rpc_end(&asker->rpc);
    free(asker->text);
    uv_loop_close(&asker->loop);
    free(asker);
    return 0;
}

static void test_an_answer_ends_its_question_once(void **state)
{
    struct asker *asker = *state;
    assert_int_equal(ask(asker, 1000), 0);
    assert_string_equal(asker->channel, "cad1:node:b");
    publish(asker, 1);
    assert_int_equal(asker->ends, 0);
    hear(asker, "{\"id\":2,\"answer\":{\"n\":1}}");
    assert_int_equal(asker->ends, 0);
    hear(asker, "{\"id\":1,\"answer\":{\"n\":7}}");
    assert_int_equal(asker->ends, 1);
    assert_int_equal(asker->error, 0);
    assert_int_equal(asker->answer, 7);
    hear(asker, "{\"id\":1,\"answer\":{\"n\":8}}");
    assert_int_equal(asker->ends, 1);
}

static void test_the_reason_why_no_answer_comes(void **state)
{
    struct asker *asker = *state;
    assert_int_equal(ask(asker, 1000), 0);
    publish(asker, 0);
    assert_int_equal(asker->error, -EHOSTUNREACH);
    assert_int_equal(ask(asker, 1000), 0);
    publish(asker, -1);
    assert_int_equal(asker->error, -EPIPE);
    assert_int_equal(ask(asker, 0), 0);
    publish(asker, 1);
    rpc_tick(&asker->rpc);
    assert_int_equal(asker->error, -ETIMEDOUT);
    assert_int_equal(ask(asker, 1000), 0);
    publish(asker, 1);
    rpc_end(&asker->rpc);
    assert_int_equal(asker->error, -EPIPE);
    assert_int_equal(asker->ends, 4);
}

static void test_a_question_that_cannot_be_sent_has_no_end(void **state)
{
    struct asker *asker = *state;
    char *large = malloc(RPC_MOST + 1);
    memset(large, 'x', RPC_MOST);
    large[RPC_MOST] = '\0';
    json_t *what = json_pack("{s:s}", "what", large);
    assert_int_equal(rpc_ask(&asker->rpc, "b", what, 1000, on_done, asker), -EMSGSIZE);
    free(large);
    asker->node.commands.state = LINK_ENDING;
    assert_int_equal(ask(asker, 1000), -EPIPE);
    rpc_tick(&asker->rpc);
    rpc_end(&asker->rpc);
    assert_int_equal(asker->ends, 0);
}

static void test_a_question_may_be_asked_when_another_ends(void **state)
{
    struct asker *asker = *state;
    asker->again = true;
    assert_int_equal(ask(asker, 0), 0);
    publish(asker, 1);
    rpc_tick(&asker->rpc);
    assert_int_equal(asker->ends, 1);
    publish(asker, 1);
    hear(asker, "{\"id\":2,\"answer\":{\"n\":3}}");
    assert_int_equal(asker->ends, 2);
    assert_int_equal(asker->answer, 3);
}

static void test_a_question_of_another_node_is_answered_on_its_channel(void **state)
{
    struct asker *asker = *state;
    hear(asker, "{\"from\":\"c\",\"id\":5,\"ask\":{\"what\":\"x\"}}");
    assert_int_equal(asker->questions, 1);
    assert_string_equal(asker->from, "c");
    assert_string_equal(asker->channel, "cad1:node:c");
    assert_string_equal(asker->text, "{\"id\":5,\"answer\":{\"same\":{\"what\":\"x\"}}}");
}

static void test_what_is_no_question_and_no_answer_is_ignored(void **state)
{
    static const char *const wrong[] = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        "{\"id\":1}",
        "{\"id\":-1,\"answer\":1}",
        "{\"id\":\"1\",\"answer\":{\"n\":1}}",
        "{\"id\":18446744073709551616,\"answer\":1}",
        "{\"from\":\"c\",\"id\":0,\"ask\":{}}",
        "{\"from\":\"c\",\"id\":1,\"ask\":[]}",
        "{\"from\":\"\",\"id\":1,\"ask\":{}}",
        "{\"from\":\"c d\",\"id\":1,\"ask\":{}}",
        "{\"from\":7,\"id\":1,\"ask\":{}}",
        "{\"id\":1,\"ask\":{}}",
    };
    struct asker *asker = *state;
    assert_int_equal(ask(asker, 1000), 0);
    publish(asker, 1);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        hear(asker, wrong[i]);
    assert_int_equal(asker->questions, 0);
    assert_int_equal(asker->ends, 0);
    hear(asker, "{\"id\":1,\"answer\":null}");
    assert_int_equal(asker->ends, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_answer_ends_its_question_once, make, drop),
        cmocka_unit_test_setup_teardown(test_the_reason_why_no_answer_comes, make, drop),
        cmocka_unit_test_setup_teardown(test_a_question_that_cannot_be_sent_has_no_end, make, drop),
        cmocka_unit_test_setup_teardown(test_a_question_may_be_asked_when_another_ends, make, drop),
        cmocka_unit_test_setup_teardown(test_a_question_of_another_node_is_answered_on_its_channel,
                                        make, drop),
        cmocka_unit_test_setup_teardown(test_what_is_no_question_and_no_answer_is_ignored, make,
                                        drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
