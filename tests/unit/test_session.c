/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "slow.h"
#include "view.h"
#include "view/json_memory.h"
#include "view/relay.h"
#include "view/session_shots.h"

#define MODEL_1 "D:{\"data\":{\"instances\":[],\"n\":1},\"type\":\"data\"}"
#define MODEL_2 "D:{\"data\":{\"instances\":[],\"n\":2},\"type\":\"data\"}"
#define UI_7 "S:{\"type\":\"ui\",\"config\":{\"k\":7}}"
#define ANIMATION "D:{\"data\":[[\"/a\",\"t\",[0],[1]]],\"type\":\"animation\"}"
#define TIME "C:{\"type\":\"set_relative_time\",\"value\":0.5}"
#define CLEAR "D:{\"type\":\"clear\"}"
#define SHOT "C:{\"type\":\"screenshot\",\"filename\":\"/tmp/a.png\"}"
#define SHOT_DONE                                                                                  \
    "U:{\"command\":\"screenshot\",\"text\":{\"filename\":\"/tmp/a.png\",\"data\":\"data:x\"}}"
#define OURS "L:{\"viewer\":\"cadcast\",\"formats\":[\"binary\"],\"id\":\"page1\"}"

struct scene {
    struct fake_hub fake;
    struct fake_peer a; /* browsers */
    struct fake_peer b;
};

static int make_scene(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    if (fake_hub_init(&scene->fake) < 0 || fake_join(&scene->fake, &scene->a, "default") < 0 ||
        fake_join(&scene->fake, &scene->b, "default") < 0)
        return -1;
    *state = scene;
    return 0;
}

static int drop_scene(void **state)
{
    struct scene *scene = *state;
    fake_leave(&scene->a);
    fake_leave(&scene->b);
    fake_hub_free(&scene->fake);
    free(scene);
    return 0;
}

static void kernel(struct scene *scene, const char *text)
{
    fake_kernel_says(&scene->fake, "default", text);
}

static struct session *session_of(struct scene *scene)
{
    return hub_find(&scene->fake.hub, "default");
}

/* What the peer was sent since the last look, without the payloads' `X:`. */
static void assert_got(struct fake_peer *peer, const char *text)
{
    assert_string_equal(text_string(&peer->got), text);
    text_free(&peer->got);
}

static void forget(struct fake_peer *peer)
{
    text_free(&peer->got);
}

static void later(struct scene *scene, uint64_t milliseconds)
{
    scene->fake.now += milliseconds;
    hub_tick(&scene->fake.hub);
}

/* ---- the picture ---- */

static void test_browsers_get_what_kernels_say(void **state)
{
    struct scene *scene = *state;
    fake_say(&scene->a, "L:{}");
    fake_say(&scene->b, "L:{}");
    assert_got(&scene->a, "");
    kernel(scene, MODEL_1);
    kernel(scene, UI_7);
    kernel(scene, ANIMATION);
    kernel(scene, TIME);
    kernel(scene, CLEAR);
    assert_string_equal(text_string(&scene->a.got), text_string(&scene->b.got));
    assert_got(&scene->a, "{\"data\":{\"instances\":[],\"n\":1},\"type\":\"data\"}\n"
                          "{\"type\":\"ui\",\"config\":{\"k\":7}}\n"
                          "{\"data\":[[\"/a\",\"t\",[0],[1]]],\"type\":\"animation\"}\n"
                          "{\"type\":\"set_relative_time\",\"value\":0.5}\n"
                          "{\"type\":\"clear\"}\n");
}

static void test_a_late_browser_gets_the_picture_in_order(void **state)
{
    struct scene *scene = *state;
    kernel(scene, MODEL_1);
    kernel(scene, ANIMATION);
    kernel(scene, TIME);
    kernel(scene, UI_7);
    kernel(scene, "S:{\"type\":\"ui\",\"config\":{\"j\":1}}");
    fake_say(&scene->a, "L:{}");
    assert_got(&scene->a, "{\"data\":{\"instances\":[],\"n\":1},\"type\":\"data\"}\n"
                          "{\"type\":\"ui\",\"config\":{\"k\":7,\"j\":1}}\n"
                          "{\"data\":[[\"/a\",\"t\",[0],[1]]],\"type\":\"animation\"}\n"
                          "{\"type\":\"set_relative_time\",\"value\":0.5}\n");
    /* An animation begins anew, a model begins all anew. */
    kernel(scene, ANIMATION);
    assert_null(session_of(scene)->picture.time);
    kernel(scene, MODEL_2);
    fake_say(&scene->b, "L:{}");
    assert_got(&scene->b, "{\"data\":{\"instances\":[],\"n\":2},\"type\":\"data\"}\n");
    /* Registering again is asking again. */
    fake_say(&scene->b, "L:{}");
    assert_got(&scene->b, "{\"data\":{\"instances\":[],\"n\":2},\"type\":\"data\"}\n");
    assert_int_equal(session_of(scene)->browsers, 2);
}

static void test_clear_empties(void **state)
{
    struct scene *scene = *state;
    kernel(scene, MODEL_1);
    kernel(scene, CLEAR);
    fake_say(&scene->a, "L:{}");
    assert_got(&scene->a, "");
    fake_say(&scene->b, OURS);
    assert_non_null(strstr(text_string(&scene->b.got), "{\"type\":\"empty\"}"));
    /* What comes without a model is passed on, and not kept. */
    kernel(scene, UI_7);
    kernel(scene, ANIMATION);
    assert_non_null(strstr(text_string(&scene->a.got), "\"k\":7"));
    assert_null(session_of(scene)->picture.settings);
    assert_null(session_of(scene)->picture.animation);
    assert_int_equal(session_bytes(session_of(scene)), 0);
}

static void test_models_are_told_from_their_type(void **state)
{
    struct scene *scene = *state;
    kernel(scene, "D:{\"type\":\"data\",\"data\":{}}");
    assert_int_equal(session_of(scene)->picture.number, 1);
    kernel(scene, "D:{\"data\":{},\"config\":{},\"type\":\"data\"}");
    assert_int_equal(session_of(scene)->picture.number, 2);
    assert_int_equal(scene->fake.hub.view.bad_messages, 0);
}

/* ---- what this version does not understand ---- */

static void test_what_is_not_understood_is_relayed(void **state)
{
    struct scene *scene = *state;
    static const char *const odd[] = { "D:",
                                       "D:{",
                                       "D:{}",
                                       "D:[]",
                                       "D:\"clear\"",
                                       "D:{\"type\":1}",
                                       "D:{\"type\":\"clear\"",
                                       "D:{\"type\":\"clear\"}}",
                                       "D:{\"type\":\"x\"}",
                                       "D:{\"data\":{\"type\":\"clear\"}}",
                                       "D:{\"data\":{\"instances\":[]},\"type\":\"hologram\"}",
                                       "D:{\"data\":[[1]],\"type\":\"animation2\"}",
                                       "D:{\"type\":\"data\",\"data\":nope}",
                                       "S:",
                                       "S:{}",
                                       "S:7",
                                       "S:{\"type\":\"ui\"}",
                                       "S:{\"type\":\"ui\",\"config\":[]}",
                                       "S:{\"type\":\"ui\",\"type\":\"vr\",\"config\":{}}",
                                       "C:{\"type\":\"set_relative_time\"}",
                                       "C:{\"type\":\"set_relative_time\",\"value\":\"1\"}" };
    struct text all = { 0 };
    fake_say(&scene->a, "L:{}");
    fake_say(&scene->b, OURS);
    kernel(scene, MODEL_1);
    fake_converted(&scene->fake, session_of(scene));
    forget(&scene->a);
    forget(&scene->b);
    size_t bytes = session_bytes(session_of(scene));
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        kernel(scene, odd[i]);
        text_format(&all, "%s\n", odd[i] + 2);
    }
    assert_got(&scene->a, text_string(&all));
    assert_got(&scene->b, text_string(&all));
    text_free(&all);
    assert_int_equal(scene->fake.hub.view.bad_messages, 0);
    assert_int_equal(session_of(scene)->picture.number, 1);
    assert_int_equal(session_bytes(session_of(scene)), bytes);
    /* A browser that comes later gets the picture alone. */
    fake_say(&scene->a, "L:{}");
    assert_got(&scene->a, "{\"data\":{\"instances\":[],\"n\":1},\"type\":\"data\"}\n");
}

/* Our page waits for the file of a model; what comes meanwhile waits with it. */
static void test_what_is_not_understood_keeps_its_place(void **state)
{
    struct scene *scene = *state;
    fake_say(&scene->a, OURS);
    forget(&scene->a);
    kernel(scene, "D:{\"type\":\"x\"}");
    kernel(scene, MODEL_1);
    kernel(scene, "D:{\"type\":\"y\"}");
    kernel(scene, UI_7);
    kernel(scene, "S:z");
    /* An answer need not wait. */
    fake_say(&scene->a, "C:\"status\"");
    assert_got(&scene->a, "{\"type\":\"x\"}\n{\"command\":\"status\",\"text\":{}}\n");
    fake_converted(&scene->fake, session_of(scene));
    assert_got(&scene->a, "{\"type\":\"model\",\"url\":\"models/m1\",\"bytes\":4,\"number\":1}\n"
                          "{\"type\":\"replayed\"}\n{\"type\":\"y\"}\n"
                          "{\"type\":\"ui\",\"config\":{\"k\":7}}\nz\n");
    /* A model that takes the place of another does not take theirs. */
    kernel(scene, MODEL_1);
    kernel(scene, "S:z");
    kernel(scene, UI_7);
    kernel(scene, CLEAR);
    assert_got(&scene->a, "z\n{\"type\":\"clear\"}\n");
    kernel(scene, MODEL_1);
    kernel(scene, "S:z");
    session_drop(session_of(scene));
    assert_got(&scene->a, "z\n");
}

static void test_what_is_not_understood_is_bounded(void **state)
{
    struct scene *scene = *state;
    struct text large = { 0 };
    text_add(&large, "D:");
    while (large.size < 40000)
        text_add(&large, "0123456789");
    fake_say(&scene->a, "L:{}");
    scene->a.queued = 2 * 1024 * 1024;
    fake_say(&scene->b, OURS);
    kernel(scene, MODEL_1);
    kernel(scene, text_string(&large));
    assert_int_equal(scene->a.closed, 0);
    kernel(scene, text_string(&large));
    assert_int_equal(scene->a.closed, 1013);
    assert_int_equal(scene->b.closed, 1013);
    text_free(&large);
}

/* ---- the binary form ---- */

static void test_our_page_is_told_an_address(void **state)
{
    struct scene *scene = *state;
    fake_say(&scene->a, OURS);
    forget(&scene->a);
    kernel(scene, MODEL_1);
    kernel(scene, UI_7);
    kernel(scene, TIME);
    assert_int_equal(scene->fake.converting, 1);
    assert_got(&scene->a, "");
    fake_converted(&scene->fake, session_of(scene));
    assert_got(&scene->a, "{\"type\":\"model\",\"url\":\"models/m1\",\"bytes\":4,\"number\":1}\n"
                          "{\"type\":\"replayed\"}\n"
                          "{\"type\":\"ui\",\"config\":{\"k\":7}}\n"
                          "{\"type\":\"set_relative_time\",\"value\":0.5}\n");
    kernel(scene, UI_7);
    assert_got(&scene->a, "{\"type\":\"ui\",\"config\":{\"k\":7}}\n");
    fake_say(&scene->a, "U:{\"command\":\"verbatim\"}");
    assert_got(&scene->a, "{\"data\":{\"instances\":[],\"n\":1},\"type\":\"data\"}\n");
}

static void test_an_old_conversion_is_dropped(void **state)
{
    struct scene *scene = *state;
    struct model_file file = { .bytes = blob_copy("old", 3) };
    fake_say(&scene->a, OURS);
    forget(&scene->a);
    kernel(scene, MODEL_1);
    kernel(scene, MODEL_2);
    session_converted(session_of(scene), 1, 0, &file);
    assert_got(&scene->a, "");
    fake_converted(&scene->fake, session_of(scene));
    assert_non_null(strstr(text_string(&scene->a.got), "models/m2"));
    forget(&scene->a);
    file.bytes = blob_copy("twice", 5);
    session_converted(session_of(scene), 2, 0, &file);
    assert_got(&scene->a, "");
    kernel(scene, MODEL_1);
    kernel(scene, CLEAR);
    forget(&scene->a);
    file.bytes = blob_copy("gone", 4);
    session_converted(session_of(scene), 3, 0, &file);
    assert_got(&scene->a, "");
}

static void test_without_a_binary_form_the_text_is_sent(void **state)
{
    struct scene *scene = *state;
    scene->fake.fail_convert = true;
    fake_say(&scene->a, OURS);
    forget(&scene->a);
    kernel(scene, MODEL_1);
    kernel(scene, UI_7);
    fake_converted(&scene->fake, session_of(scene));
    assert_got(&scene->a, "{\"data\":{\"instances\":[],\"n\":1},\"type\":\"data\"}\n"
                          "{\"type\":\"replayed\"}\n"
                          "{\"type\":\"ui\",\"config\":{\"k\":7}}\n");
}

/* ---- slow browsers ---- */

static void test_a_slow_browser_skips_what_was_replaced(void **state)
{
    struct scene *scene = *state;
    fake_say(&scene->a, "L:{}");
    scene->a.queued = 2 * 1024 * 1024;
    kernel(scene, MODEL_1);
    kernel(scene, UI_7);
    fake_say(&scene->a, "C:\"status\"");
    kernel(scene, MODEL_2);
    kernel(scene, TIME);
    peer_pump(&scene->a.peer);
    assert_got(&scene->a, "");
    scene->a.queued = 0;
    peer_pump(&scene->a.peer);
    assert_got(&scene->a, "{\"command\":\"status\",\"text\":{}}\n"
                          "{\"data\":{\"instances\":[],\"n\":2},\"type\":\"data\"}\n"
                          "{\"type\":\"set_relative_time\",\"value\":0.5}\n");
    assert_int_equal(scene->a.peer.queue_size, 0);
    scene->a.queued = 2 * 1024 * 1024;
    kernel(scene, MODEL_1);
    kernel(scene, CLEAR);
    scene->a.queued = 0;
    peer_pump(&scene->a.peer);
    assert_got(&scene->a, "{\"type\":\"clear\"}\n");
}

static void test_a_browser_that_does_not_keep_up_is_closed(void **state)
{
    struct scene *scene = *state;
    fake_say(&scene->a, "L:{}");
    fake_say(&scene->b, "L:{}");
    scene->a.queued = 2 * 1024 * 1024;
    scene->a.goes_on_close = true;
    for (unsigned i = 0; i < 3000 && scene->a.closed == 0; i++)
        kernel(scene, UI_7);
    assert_int_equal(scene->a.closed, 1013);
    assert_int_equal(scene->b.closed, 0);
    assert_int_equal(session_of(scene)->browsers, 1);
    /* Pictures alone never fill the queue: each takes the place of the last. */
    scene->b.queued = 2 * 1024 * 1024;
    for (unsigned i = 0; i < 3000; i++)
        kernel(scene, MODEL_1);
    assert_int_equal(scene->b.closed, 0);
}

/* ---- a model passes on while it comes ---- */

static struct blob *large_model(unsigned n)
{
    struct text text = { 0 };
    text_add(&text, "D:{\"data\":{\"instances\":[],\"pad\":\"");
    while (text.size < 400000)
        text_add(&text, "0123456789abcdef");
    text_format(&text, "\"},\"type\":\"data\",\"n\":1%05u}", n);
    struct blob *blob = blob_copy(text.data, text.size);
    text_free(&text);
    return blob;
}

static void progress(struct fake_peer *sender, struct blob *blob, size_t size, size_t total)
{
    blob->size = size;
    dispatch_progress(&sender->peer, blob, total);
}

static void test_a_large_model_passes_on(void **state)
{
    struct scene *scene = *state;
    struct fake_peer sender;
    struct blob *blob = large_model(1);
    size_t total = blob->size;
    fake_join(&scene->fake, &sender, "default");
    fake_say(&scene->a, "L:{}");
    for (size_t size = 10000; size < total; size += 50000)
        progress(&sender, blob, size, total);
    assert_true(scene->a.fragment.size > 100000);
    assert_true(scene->a.in_fragment);
    progress(&sender, blob, total, total);
    dispatch_message(&scene->fake.hub, &sender.peer, blob);
    assert_int_equal(scene->a.got.size, total - 2 + 1);
    assert_memory_equal(scene->a.got.data, blob->data + 2, total - 2);
    assert_false(scene->a.in_fragment);
    fake_leave(&sender);
    blob_unref(blob);
}

/* The measuring side hears that exact geometry is under way, but only if a browser is there. */
static void test_exact_geometry_is_announced(void **state)
{
    struct scene *scene = *state;
    struct fake_peer sender;
    const size_t total = 10 * 1024 * 1024;
    struct blob *blob = blob_copy("B:{\"model\":{}}", 14);
    fake_join(&scene->fake, &sender, "default");
    dispatch_progress(&sender.peer, blob, blob->size);
    assert_int_equal(scene->fake.expects, 0);
    fake_say(&scene->a, "L:{}");
    dispatch_progress(&sender.peer, blob, total);
    assert_int_equal(scene->fake.expects, 0);
    dispatch_progress(&sender.peer, blob, blob->size + 4 * 1024 * 1024);
    assert_int_equal(scene->fake.expects, 1);
    sender.peer.read_only = true;
    dispatch_progress(&sender.peer, blob, blob->size);
    sender.peer.read_only = false;
    memcpy(blob->data, "D", 1);
    dispatch_progress(&sender.peer, blob, blob->size);
    assert_int_equal(scene->fake.expects, 1);
    fake_leave(&sender);
    blob_unref(blob);
}

/* A model that comes alone has none: that of the one before it must not answer for it. */
static void test_exact_geometry_is_that_of_the_model_alone(void **state)
{
    struct scene *scene = *state;
    kernel(scene, MODEL_1);
    kernel(scene, "B:{\"model\":{}}");
    kernel(scene, UI_7);
    kernel(scene, ANIMATION);
    const struct picture *picture = &session_of(scene)->picture;
    assert_non_null(picture->parts);
    unsigned told = scene->fake.parts;
    kernel(scene, MODEL_1);
    assert_null(picture->parts);
    assert_null(session_exact(session_of(scene)));
    assert_int_equal(scene->fake.parts, told + 1);
    kernel(scene, "B:{\"model\":{}}");
    assert_ptr_equal(session_exact(session_of(scene)), picture->parts);
    assert_non_null(picture->parts);
}

static void test_taking_up_a_measuring_tool_is_announced(void **state)
{
    struct scene *scene = *state;
    fake_say(&scene->a, "L:{}");
    fake_say(&scene->a, "U:{\"command\":\"status\",\"text\":{\"activeTool\":\"None\"}}");
    fake_say(&scene->a, "U:{\"command\":\"status\",\"text\":{\"activeTool\":\"Zebra\"}}");
    assert_int_equal(scene->fake.warms, 0);
    fake_say(&scene->a,
             "U:{\"command\":\"status\",\"text\":{\"activeTool\":\"DistanceMeasurement\"}}");
    fake_say(&scene->a,
             "U:{\"command\":\"status\",\"text\":{\"activeTool\":\"PropertiesMeasurement\"}}");
    assert_int_equal(scene->fake.warms, 2);
}

/* What begins as a model and says in its last bytes that it is something else. */
static void test_a_large_message_of_an_unknown_type_passes_on(void **state)
{
    struct scene *scene = *state;
    struct fake_peer sender;
    struct text model = { 0 };
    text_add(&model, "D:{\"data\":{\"instances\":[\"");
    while (model.size < 1200000)
        text_add(&model, "0123456789");
    text_add(&model, "\"]},\"type\":\"hologram\"}");
    fake_say(&scene->a, "L:{}");
    fake_say(&scene->b, OURS);
    forget(&scene->b);
    fake_join(&scene->fake, &sender, "default");
    struct blob *blob = blob_copy(model.data, model.size);
    for (size_t size = 300000; size < model.size; size += 300000) {
        blob->size = size;
        dispatch_progress(&sender.peer, blob, model.size);
        if (size == 600000)
            kernel(scene, UI_7);
    }
    assert_true(scene->a.in_fragment);
    blob->size = model.size;
    dispatch_message(&scene->fake.hub, &sender.peer, blob);
    text_add(&model, "\n");
    size_t n = model.size - 2;
    assert_int_equal(scene->a.broken, 0);
    /* What came while the message was under way is behind it there, and before it elsewhere. */
    assert_memory_equal(scene->a.got.data, model.data + 2, n);
    assert_string_equal(scene->a.got.data + n, "{\"type\":\"ui\",\"config\":{\"k\":7}}\n");
    assert_memory_equal(scene->b.got.data + scene->b.got.size - n, model.data + 2, n);
    assert_null(session_of(scene)->picture.model);
    assert_null(sender.peer.scanner);
    blob_unref(blob);
    text_free(&model);
    fake_leave(&sender);
}

static void test_a_model_that_never_ends(void **state)
{
    struct scene *scene = *state;
    struct fake_peer sender;
    struct blob *blob = large_model(1);
    size_t total = blob->size;
    fake_join(&scene->fake, &sender, "default");
    fake_say(&scene->a, "L:{}");
    progress(&sender, blob, 200000, total);
    kernel(scene, MODEL_2);
    assert_got(&scene->a, "");
    dispatch_aborted(&sender.peer);
    assert_int_equal(scene->a.broken, 1);
    assert_got(&scene->a, "{\"data\":{\"instances\":[],\"n\":2},\"type\":\"data\"}\n");
    progress(&sender, blob, 300000, total);
    fake_leave(&sender);
    assert_int_equal(scene->a.broken, 2);
    assert_false(scene->a.in_fragment);
    blob_unref(blob);
}

/* A small model overtakes a large one on its way: the large one is the newest when it is here. */
static void test_the_newest_model_is_the_last_to_be_complete(void **state)
{
    struct scene *scene = *state;
    struct fake_peer sender;
    struct blob *blob = large_model(5);
    size_t total = blob->size;
    fake_join(&scene->fake, &sender, "default");
    fake_say(&scene->a, "L:{}");
    progress(&sender, blob, 200000, total);
    kernel(scene, MODEL_2);
    kernel(scene, UI_7);
    fake_say(&scene->a, "C:\"status\"");
    blob->size = total;
    dispatch_message(&scene->fake.hub, &sender.peer, blob);
    assert_non_null(strstr(text_string(&scene->a.got), "\"n\":100005"));
    assert_null(strstr(text_string(&scene->a.got), "\"n\":2"));
    assert_null(strstr(text_string(&scene->a.got), "\"k\":7"));
    assert_non_null(strstr(text_string(&scene->a.got), "\"command\":\"status\""));
    fake_leave(&sender);
    blob_unref(blob);
}

static void test_a_browser_leaves_in_the_middle_of_a_model(void **state)
{
    struct scene *scene = *state;
    struct fake_peer sender;
    struct blob *blob = large_model(5);
    size_t total = blob->size;
    fake_join(&scene->fake, &sender, "default");
    fake_say(&scene->a, "L:{}");
    fake_say(&scene->b, "L:{}");
    progress(&sender, blob, 200000, total);
    hub_leave(&scene->a.peer);
    blob->size = total;
    dispatch_message(&scene->fake.hub, &sender.peer, blob);
    assert_int_equal(scene->b.got.size, total - 1);
    hub_leave(&scene->b.peer);
    blob->size = 200000;
    progress(&sender, blob, 200000, total);
    fake_leave(&sender);
    blob_unref(blob);
}

/* ---- screenshots ---- */

static void test_a_screenshot_is_taken_once(void **state)
{
    struct scene *scene = *state;
    fake_say(&scene->a, "L:{}");
    fake_say(&scene->a, SHOT_DONE);
    assert_string_equal(text_string(&scene->fake.saved), "");
    kernel(scene, SHOT);
    assert_got(&scene->a, "{\"type\":\"screenshot\",\"filename\":\"/tmp/a.png\"}\n");
    fake_say(&scene->a, "U:{\"command\":\"screenshot\",\"text\":{\"filename\":\"/tmp/b.png\","
                        "\"data\":\"x\"}}");
    assert_string_equal(text_string(&scene->fake.saved), "");
    fake_say(&scene->a, SHOT_DONE);
    fake_say(&scene->a, SHOT_DONE);
    assert_string_equal(text_string(&scene->fake.saved), "/tmp/a.png\n");
    assert_int_equal(scene->fake.hub.view.bad_messages, 3);
}

static void test_the_browser_used_last_is_asked(void **state)
{
    struct scene *scene = *state;
    fake_say(&scene->a, "L:{}");
    later(scene, 10);
    fake_say(&scene->b, "L:{}");
    later(scene, 10);
    fake_say(&scene->a, "U:{\"command\":\"status\",\"text\":{\"tab\":\"tree\"}}");
    kernel(scene, SHOT);
    assert_non_null(strstr(text_string(&scene->a.got), "screenshot"));
    assert_got(&scene->b, "");
    /* It leaves: the other one is asked in its place. */
    hub_leave(&scene->a.peer);
    later(scene, 500);
    assert_non_null(strstr(text_string(&scene->b.got), "screenshot"));
    fake_say(&scene->b, SHOT_DONE);
    assert_string_equal(text_string(&scene->fake.saved), "/tmp/a.png\n");
}

/* Whose act was the later one is known within one millisecond too. */
static void test_acts_of_one_millisecond(void **state)
{
    struct scene *scene = *state;
    fake_say(&scene->a, "L:{}");
    fake_say(&scene->b, "L:{}");
    fake_say(&scene->a, "U:{\"command\":\"status\",\"text\":{\"tab\":\"tree\"}}");
    kernel(scene, SHOT);
    assert_non_null(strstr(text_string(&scene->a.got), "screenshot"));
    assert_got(&scene->b, "");
}

static void test_a_screenshot_waits_for_a_browser(void **state)
{
    struct scene *scene = *state;
    kernel(scene, SHOT);
    later(scene, 9000);
    fake_say(&scene->a, "L:{}");
    assert_non_null(strstr(text_string(&scene->a.got), "screenshot"));
    fake_say(&scene->a, SHOT_DONE);
    assert_string_equal(text_string(&scene->fake.saved), "/tmp/a.png\n");
    hub_leave(&scene->a.peer);
    kernel(scene, SHOT);
    later(scene, 10001);
    fake_say(&scene->b, "L:{}");
    assert_got(&scene->b, "");
    kernel(scene, SHOT);
    later(scene, 60001);
    fake_say(&scene->b, SHOT_DONE);
    assert_string_equal(text_string(&scene->fake.saved), "/tmp/a.png\n");
}

/* show() and then save_screenshot(): the picture is of that model. */
static void test_a_screenshot_waits_for_the_model(void **state)
{
    struct scene *scene = *state;
    fake_say(&scene->a, OURS);
    forget(&scene->a);
    kernel(scene, MODEL_1);
    kernel(scene, SHOT);
    later(scene, 20000);
    assert_null(strstr(text_string(&scene->a.got), "screenshot"));
    fake_converted(&scene->fake, session_of(scene));
    const char *model = strstr(text_string(&scene->a.got), "models/m1");
    assert_non_null(model);
    assert_non_null(strstr(model, "screenshot"));
}

#define SHOT_OF(name) "C:{\"type\":\"screenshot\",\"filename\":\"/tmp/" name "\"}"
#define ASKED(name) "{\"type\":\"screenshot\",\"filename\":\"/tmp/" name "\"}\n"
#define DONE(name)                                                                                 \
    "U:{\"command\":\"screenshot\",\"text\":{\"filename\":\"/tmp/" name "\",\"data\":\"data:x\"}}"
#define FAILED(name)                                                                               \
    "U:{\"command\":\"screenshot_failed\",\"text\":{\"filename\":\"/tmp/" name                     \
    "\",\"reason\":\"no WebGL\"}}"
#define TEXT_1 "{\"data\":{\"instances\":[],\"n\":1},\"type\":\"data\"}\n"
#define TEXT_2 "{\"data\":{\"instances\":[],\"n\":2},\"type\":\"data\"}\n"
#define CLEARED "{\"type\":\"clear\"}\n"

static void assert_saved(struct scene *scene, const char *names)
{
    assert_string_equal(text_string(&scene->fake.saved), names);
    text_free(&scene->fake.saved);
}

/* A browser that lags skips models, but not those that a screenshot was asked of. */
static void test_a_screenshot_keeps_its_model_in_the_queue(void **state)
{
    struct scene *scene = *state;
    fake_say(&scene->a, "L:{}");
    scene->a.queued = 2 * 1024 * 1024;
    kernel(scene, MODEL_2);
    kernel(scene, MODEL_1);
    kernel(scene, UI_7);
    kernel(scene, SHOT_OF("1"));
    kernel(scene, MODEL_1);
    kernel(scene, UI_7);
    kernel(scene, MODEL_2);
    kernel(scene, SHOT_OF("2"));
    kernel(scene, MODEL_1);
    kernel(scene, CLEAR);
    scene->a.queued = 0;
    peer_pump(&scene->a.peer);
    assert_got(&scene->a, TEXT_1 "{\"type\":\"ui\",\"config\":{\"k\":7}}\n" ASKED("1")
                              TEXT_2 ASKED("2") CLEARED);
    assert_int_equal(scene->a.peer.queue_size, 0);
    fake_say(&scene->a, DONE("1"));
    fake_say(&scene->a, DONE("2"));
    assert_saved(scene, "/tmp/1\n/tmp/2\n");
}

static void test_a_screenshot_whose_model_has_no_room_is_given_up(void **state)
{
    struct scene *scene = *state;
    struct text large = { 0 };
    text_add(&large, "D:{\"type\":\"data\",\"pad\":\"");
    while (large.size < 70000)
        text_add(&large, "0123456789");
    text_add(&large, "\"}");
    fake_say(&scene->a, "L:{}");
    scene->a.queued = 2 * 1024 * 1024;
    kernel(scene, text_string(&large));
    kernel(scene, SHOT_OF("1"));
    kernel(scene, "S:odd");
    assert_int_equal(scene->a.closed, 0);
    kernel(scene, MODEL_1);
    assert_int_equal(scene->a.closed, 0);
    assert_true(list_empty(&session_of(scene)->shots));
    scene->a.queued = 0;
    peer_pump(&scene->a.peer);
    assert_got(&scene->a, "odd\n" TEXT_1);
    fake_say(&scene->a, DONE("1"));
    assert_saved(scene, "");
    text_free(&large);
}

/* Our page gets the model as text if another replaces it before its file is made, and the file is
 * kept for it if it is replaced afterwards. */
static void test_a_screenshot_keeps_its_model_for_our_page(void **state)
{
    struct scene *scene = *state;
    fake_say(&scene->a, OURS);
    forget(&scene->a);
    kernel(scene, MODEL_1);
    kernel(scene, SHOT_OF("1"));
    kernel(scene, MODEL_2);
    assert_got(&scene->a, TEXT_1 "{\"type\":\"replayed\"}\n" ASKED("1"));
    fake_converted(&scene->fake, session_of(scene));
    kernel(scene, SHOT_OF("2"));
    assert_null(session_shots_file(session_of(scene), "m2"));
    kernel(scene, CLEAR);
    assert_got(&scene->a, "{\"type\":\"model\",\"url\":\"models/m2\",\"bytes\":4,\"number\":2}\n"
                          "{\"type\":\"replayed\"}\n" ASKED("2") CLEARED);
    assert_non_null(session_shots_file(session_of(scene), "m2"));
    assert_null(session_shots_file(session_of(scene), "m1"));
    fake_say(&scene->a, DONE("1"));
    fake_say(&scene->a, DONE("2"));
    assert_saved(scene, "/tmp/1\n/tmp/2\n");
    assert_null(session_shots_file(session_of(scene), "m2"));
    assert_int_equal(retained_bytes(&scene->fake.hub.view.retained), 0);
}

/* Without a browser nothing can draw a picture that was replaced. */
static void test_a_screenshot_of_a_replaced_picture_is_given_up(void **state)
{
    struct scene *scene = *state;
    kernel(scene, MODEL_1);
    kernel(scene, SHOT_OF("1"));
    kernel(scene, MODEL_2);
    kernel(scene, SHOT_OF("2"));
    fake_say(&scene->a, "L:{}");
    assert_got(&scene->a, TEXT_2 ASKED("2"));
    fake_say(&scene->b, "L:{}");
    kernel(scene, CLEAR);
    /* Nor is another browser asked for what it does not show any more. */
    hub_leave(&scene->a.peer);
    later(scene, 1000);
    assert_got(&scene->b, TEXT_2 CLEARED);
    assert_true(list_empty(&session_of(scene)->shots));
}

static void fake_draw_shot(void *owner, struct session *session, const char *filename)
{
    text_format(&((struct fake_hub *)owner)->saved, "drawn %s\n", filename);
}

static void test_a_screenshot_is_drawn_here_while_no_browser_is_connected(void **state)
{
    struct scene *scene = *state;
    scene->fake.hub.view.services.draw_shot = fake_draw_shot;
    /* Without a picture there is nothing to draw. */
    kernel(scene, SHOT_OF("0"));
    later(scene, 1100);
    assert_saved(scene, "");
    kernel(scene, MODEL_1);
    /* A browser may be about to come back. */
    kernel(scene, SHOT_OF("1"));
    later(scene, 800);
    assert_saved(scene, "");
    later(scene, 300);
    assert_saved(scene, "drawn /tmp/1\n");
    /* A picture that is about to be replaced does not wait. */
    kernel(scene, SHOT_OF("2"));
    kernel(scene, MODEL_2);
    assert_saved(scene, "drawn /tmp/2\n");
    /* A browser shows what it has: the page's own picture. */
    fake_say(&scene->a, "L:{}");
    kernel(scene, SHOT_OF("3"));
    later(scene, 2000);
    assert_saved(scene, "");
    fake_say(&scene->a, DONE("3"));
    assert_saved(scene, "/tmp/3\n");
}

static void fake_draw_small(void *owner, struct session *session)
{
    text_add(&((struct fake_hub *)owner)->saved, "small\n");
}

static void test_the_small_picture_is_drawn_here_after_each_show(void **state)
{
    struct scene *scene = *state;
    scene->fake.hub.view.services.draw_small = fake_draw_small;
    kernel(scene, MODEL_1);
    fake_converted(&scene->fake, session_of(scene));
    assert_saved(scene, "small\n");
    /* Also if a page is open, which takes seconds. */
    fake_say(&scene->a, OURS);
    kernel(scene, MODEL_2);
    fake_converted(&scene->fake, session_of(scene));
    assert_saved(scene, "small\n");
}

/* A model that began before the screenshot was asked for is the one that is meant. */
static void test_a_screenshot_waits_for_the_model_that_is_coming(void **state)
{
    struct scene *scene = *state;
    struct fake_peer sender;
    struct text model = { 0 };
    text_add(&model, "D:{\"data\":{\"instances\":[\"");
    while (model.size < 500000)
        text_add(&model, "0123456789");
    text_add(&model, "\"]},\"type\":\"data\"}");
    fake_say(&scene->a, "L:{}");
    fake_join(&scene->fake, &sender, "default");
    for (int whole = 0; whole < 2; whole++) {
        kernel(scene, MODEL_1);
        struct blob *blob = blob_copy(model.data, model.size);
        blob->size = 300000;
        dispatch_progress(&sender.peer, blob, model.size);
        forget(&scene->a);
        kernel(scene, SHOT_OF("1"));
        later(scene, 1000);
        assert_got(&scene->a, "");
        blob->size = model.size;
        if (whole)
            dispatch_message(&scene->fake.hub, &sender.peer, blob);
        else
            dispatch_aborted(&sender.peer);
        const char *asked = strstr(text_string(&scene->a.got), ASKED("1"));
        assert_non_null(asked);
        assert_true(asked == text_string(&scene->a.got) + (whole ? model.size - 1 : 0));
        fake_say(&scene->a, DONE("1"));
        assert_saved(scene, "/tmp/1\n");
        blob_unref(blob);
    }
    text_free(&model);
    fake_leave(&sender);
}

static void test_a_window_that_cannot_draw_gives_way_to_the_next(void **state)
{
    struct scene *scene = *state;
    struct fake_peer third;
    fake_join(&scene->fake, &third, "default");
    fake_say(&third, "L:{}");
    fake_say(&scene->a, "L:{}");
    fake_say(&scene->b, "L:{}");
    kernel(scene, SHOT_OF("1"));
    assert_got(&scene->b, ASKED("1"));
    fake_say(&scene->a, FAILED("1"));
    assert_int_equal(scene->fake.hub.view.bad_messages, 1);
    fake_say(&scene->b, FAILED("1"));
    assert_got(&scene->a, ASKED("1"));
    fake_say(&scene->b, FAILED("1"));
    assert_int_equal(scene->fake.hub.view.bad_messages, 2);
    fake_say(&scene->a, FAILED("1"));
    assert_got(&third, ASKED("1"));
    fake_say(&third, DONE("1"));
    assert_saved(scene, "/tmp/1\n");
    /* From now on the one that could is asked first. */
    kernel(scene, SHOT_OF("2"));
    assert_got(&third, ASKED("2"));
    fake_say(&third, FAILED("2"));
    assert_got(&scene->b, ASKED("2"));
    fake_say(&scene->b, FAILED("2"));
    assert_got(&scene->a, ASKED("2"));
    assert_false(list_empty(&session_of(scene)->shots));
    fake_say(&scene->a, FAILED("2"));
    assert_true(list_empty(&session_of(scene)->shots));
    fake_say(&scene->a, DONE("2"));
    assert_saved(scene, "");
    fake_leave(&third);
}

static void test_two_screenshots_of_one_name(void **state)
{
    struct scene *scene = *state;
    fake_say(&scene->a, "L:{}");
    kernel(scene, MODEL_1);
    kernel(scene, SHOT_OF("1"));
    kernel(scene, MODEL_2);
    kernel(scene, SHOT_OF("1"));
    assert_got(&scene->a, TEXT_1 ASKED("1") TEXT_2 ASKED("1"));
    /* The file is to show the second model. */
    fake_say(&scene->a, DONE("1"));
    assert_saved(scene, "");
    fake_say(&scene->a, DONE("1"));
    assert_saved(scene, "/tmp/1\n");
    /* Of one picture any answer is right. */
    kernel(scene, SHOT_OF("1"));
    kernel(scene, SHOT_OF("1"));
    fake_say(&scene->a, DONE("1"));
    assert_saved(scene, "/tmp/1\n");
}

/* However slow the drawing: the time of each begins when the one before it is there. */
static void test_many_screenshots_of_a_slow_browser(void **state)
{
    struct scene *scene = *state;
    fake_say(&scene->a, "L:{}");
    kernel(scene, SHOT_OF("1"));
    kernel(scene, SHOT_OF("2"));
    kernel(scene, SHOT_OF("3"));
    later(scene, 50000);
    fake_say(&scene->a, DONE("1"));
    later(scene, 50000);
    fake_say(&scene->a, DONE("2"));
    later(scene, 50000);
    fake_say(&scene->a, DONE("3"));
    assert_saved(scene, "/tmp/1\n/tmp/2\n/tmp/3\n");
}

static void test_screenshots_give_way_to_memory(void **state)
{
    struct scene *scene = *state;
    fake_say(&scene->a, OURS);
    kernel(scene, MODEL_1);
    fake_converted(&scene->fake, session_of(scene));
    kernel(scene, SHOT_OF("1"));
    kernel(scene, MODEL_2);
    assert_non_null(session_shots_file(session_of(scene), "m1"));
    hub_make_room(&scene->fake.hub, scene->fake.hub.view.options.max_memory, session_of(scene));
    assert_null(session_shots_file(session_of(scene), "m1"));
    assert_true(list_empty(&session_of(scene)->shots));
}

static void test_odd_screenshot_requests(void **state)
{
    struct scene *scene = *state;
    fake_say(&scene->a, "L:{}");
    kernel(scene, "C:{\"type\":\"screenshot\"}");
    kernel(scene, "C:{\"type\":\"screenshot\",\"filename\":\"a.png\"}");
    kernel(scene, "C:{\"type\":\"screenshot\",\"filename\":7}");
    kernel(scene, "C:{\"type\":\"screenshot\",\"filename\":\"/tmp/a\\u0000b\"}");
    assert_int_equal(scene->fake.hub.view.bad_messages, 4);
    struct fake_peer far;
    fake_join(&scene->fake, &far, "default");
    far.peer.local = false;
    fake_say(&far, SHOT);
    assert_int_equal(scene->fake.hub.view.bad_messages, 5);
    fake_leave(&far);
    assert_got(&scene->a, "");
    char text[100];
    for (unsigned i = 0; i < 500; i++) {
        snprintf(text, sizeof(text), "C:{\"type\":\"screenshot\",\"filename\":\"/tmp/%u\"}", i);
        kernel(scene, text);
    }
    unsigned count = 0;
    list_each(pos, next, &session_of(scene)->shots)
        count++;
    assert_true(count <= 64);
}

/* ---- status and views ---- */

static void assert_status(struct scene *scene, const char *text)
{
    struct fake_peer asker;
    fake_join(&scene->fake, &asker, "default");
    fake_say(&asker, "C:\"status\"");
    assert_string_equal(text_string(&asker.got), text);
    fake_leave(&asker);
}

/* Reports `count` keys that no browser has reported yet, each with a value of 20,000 letters. */
static void report_keys(struct fake_peer *peer, unsigned from, unsigned count)
{
    struct text text = { 0 };
    text_add(&text, "U:{\"command\":\"status\",\"text\":{\"zoom\":7");
    char *value = malloc(20001);
    memset(value, 'x', 20000);
    value[20000] = '\0';
    for (unsigned i = from; i < from + count; i++) {
        text_format(&text, ",\"k%u\":\"", i);
        text_add(&text, value);
        text_add(&text, "\"");
    }
    free(value);
    text_add(&text, "}}");
    fake_say(peer, text_string(&text));
    text_free(&text);
}

static void test_status_is_bounded(void **state)
{
    struct scene *scene = *state;
    struct fake_peer *peers[] = { &scene->a, &scene->b };
    fake_say(&scene->a, "L:{}");
    fake_say(&scene->b, "L:{}");
    unsigned keys = 0;
    for (unsigned i = 0; i < 100; i++, keys += 25) {
        report_keys(peers[i & 1], keys, 25);
        assert_true(json_memory_of(peers[i & 1]->peer.status) <= 16 << 20);
        assert_true(json_memory_of(peers[i & 1]->peer.session->picture.status) <= 32 << 20);
    }
    /* 50 MB were said; and what came last is there. */
    assert_int_equal(
        json_integer_value(json_object_get(scene->a.peer.session->picture.status, "zoom")), 7);
}

static void test_status_is_merged(void **state)
{
    struct scene *scene = *state;
    assert_status(scene, "{\"command\":\"status\",\"text\":{}}\n");
    fake_say(&scene->a, "L:{}");
    fake_say(&scene->b, "L:{}");
    fake_say(&scene->a, "U:{\"command\":\"status\",\"text\":{\"x\":1,\"tab\":\"tree\"}}");
    later(scene, 10);
    fake_say(&scene->b, "U:{\"command\":\"status\",\"text\":{\"tab\":\"clip\"}}");
    assert_status(scene, "{\"command\":\"status\",\"text\":{\"x\":1,\"tab\":\"clip\"}}\n");
    fake_say(&scene->a, "U:{\"command\":\"status\",\"text\":7}");
    fake_say(&scene->a, "U:{\"command\":7}");
    fake_say(&scene->a, "U:[]");
    fake_say(&scene->a, "U:{\"command\":\"dance\"}");
    assert_int_equal(scene->fake.hub.view.bad_messages, 4);
    kernel(scene, "U:{\"command\":\"status\",\"text\":{\"x\":2}}");
    assert_int_equal(scene->fake.hub.view.bad_messages, 5);
    assert_status(scene, "{\"command\":\"status\",\"text\":{\"x\":1,\"tab\":\"clip\"}}\n");
}

static void test_a_page_gets_its_view_back(void **state)
{
    struct scene *scene = *state;
    kernel(scene, MODEL_1);
    fake_say(&scene->a, OURS);
    assert_null(strstr(text_string(&scene->a.got), "restore"));
    fake_say(&scene->a,
             "U:{\"command\":\"status\",\"text\":{\"zoom\":2,\"tab\":\"clip\",\"q\":1}}");
    fake_say(&scene->a, "U:{\"command\":\"status\",\"text\":{\"zoom\":3}}");
    hub_leave(&scene->a.peer);
    fake_say(&scene->b, OURS);
    assert_non_null(strstr(text_string(&scene->b.got),
                           "{\"type\":\"restore\",\"view\":{\"zoom\":3,\"tab\":\"clip\"}}"));
    for (unsigned i = 0; i < 100; i++) {
        struct fake_peer other;
        char text[100];
        fake_join(&scene->fake, &other, "default");
        snprintf(text, sizeof(text), "L:{\"viewer\":\"cadcast\",\"id\":\"p%u\"}", i);
        fake_say(&other, text);
        fake_say(&other, "U:{\"command\":\"status\",\"text\":{\"zoom\":1}}");
        fake_leave(&other);
    }
    assert_true(json_object_size(session_of(scene)->picture.views) <= 64);
}

/* ---- an external measurement backend ---- */

#define ASK(n)                                                                                     \
    "U:{\"command\":\"status\",\"text\":{\"activeTool\":\"T" #n "\",\"selectedShapeIDs\":[" #n "]" \
    "}"                                                                                            \
    "}"

static void test_an_external_backend(void **state)
{
    struct scene *scene = *state;
    struct fake_peer backend;
    fake_join(&scene->fake, &backend, "default");
    fake_say(&scene->a, "L:{}");
    fake_say(&scene->b, "L:{}");
    fake_say(&scene->a, ASK(1));
    assert_non_null(
        strstr(text_string(&scene->a.got), "\"error\":\"exact measuring is not available\""));
    forget(&scene->a);
    kernel(scene, "B:{\"model\":{\"n\":1}}");
    fake_say(&backend, "L:Python listener");
    assert_got(&backend, "{\"model\":{\"n\":1}}\n");
    /* One question at a time: an answer does not say what it answers. */
    fake_say(&scene->a, ASK(1));
    fake_say(&scene->b, ASK(2));
    assert_non_null(strstr(text_string(&backend.got), "\"activeTool\":\"T1\""));
    assert_null(strstr(text_string(&backend.got), "\"activeTool\":\"T2\""));
    fake_say(&backend, "R:{\"answer\":1}");
    assert_got(&scene->a, "{\"answer\":1}\n");
    assert_got(&scene->b, "");
    assert_non_null(strstr(text_string(&backend.got), "\"activeTool\":\"T2\""));
    fake_say(&backend, "R:{\"answer\":2}");
    assert_got(&scene->b, "{\"answer\":2}\n");
    fake_say(&backend, "R:{\"answer\":3}");
    fake_say(&scene->a, "R:{\"answer\":4}");
    assert_int_equal(scene->fake.hub.view.bad_messages, 2);
    /* It has none of a model that comes alone. */
    forget(&backend);
    kernel(scene, MODEL_1);
    forget(&scene->a);
    fake_say(&scene->a, ASK(1));
    assert_got(&backend, "");
    assert_non_null(strstr(text_string(&scene->a.got), "\"error\":\"there is no exact geometry"));
    kernel(scene, "B:{\"model\":{\"n\":2}}");
    forget(&backend);
    forget(&scene->a);
    forget(&scene->b);
    /* No answer in time, and no backend to give one. */
    fake_say(&scene->a, ASK(3));
    later(scene, 10001);
    assert_non_null(strstr(text_string(&scene->a.got), "\"error\""));
    forget(&scene->a);
    fake_say(&scene->a, ASK(4));
    fake_say(&scene->b, ASK(5));
    fake_leave(&backend);
    later(scene, 500);
    later(scene, 500);
    assert_non_null(strstr(text_string(&scene->a.got), "\"error\""));
    assert_non_null(strstr(text_string(&scene->b.got), "\"error\""));
    assert_int_equal(session_of(scene)->question_count, 0);
}

static void test_who_asked_is_gone(void **state)
{
    struct scene *scene = *state;
    struct fake_peer backend;
    fake_join(&scene->fake, &backend, "default");
    fake_say(&backend, "L:Python listener");
    fake_say(&scene->a, "L:{}");
    fake_say(&scene->b, "L:{}");
    kernel(scene, "B:{\"model\":{}}");
    fake_say(&scene->a, ASK(1));
    fake_say(&scene->b, ASK(2));
    hub_leave(&scene->a.peer);
    fake_say(&backend, "R:{\"answer\":1}");
    fake_say(&backend, "R:{\"answer\":2}");
    assert_got(&scene->b, "{\"answer\":2}\n");
    fake_leave(&backend);
}

/* ---- at random, against a simple model ---- */

/* What a browser would show, or a session should. */
struct seen_picture {
    unsigned model;
    unsigned setting;
    unsigned animation;
    unsigned time;
};

static unsigned number_in(const char *line, const char *key)
{
    const char *at = strstr(line, key);
    return at == NULL ? 0 : (unsigned)strtoul(at + strlen(key), NULL, 10);
}

/* Reads what came since the last look as a browser does. */
static void look(struct seen_picture *picture, struct fake_peer *peer)
{
    char *rest = peer->got.data;
    for (char *line = rest == NULL ? NULL : strtok_r(rest, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strstr(line, "\"type\":\"clear\"") != NULL ||
            strstr(line, "\"type\":\"empty\"") != NULL)
            *picture = (struct seen_picture){ .model = 0 };
        else if (strstr(line, "\"type\":\"data\"") != NULL)
            *picture = (struct seen_picture){ .model = number_in(line, "\"n\":") % 100000 };
        else if (strstr(line, "\"type\":\"model\"") != NULL)
            *picture = (struct seen_picture){ .model = number_in(line, "models/m") };
        else if (picture->model == 0)
            continue;
        else if (strstr(line, "\"type\":\"ui\"") != NULL)
            picture->setting = number_in(line, "\"k\":");
        else if (strstr(line, "\"type\":\"animation\"") != NULL)
            picture->animation = number_in(line, "[\""), picture->time = 0;
        else if (strstr(line, "set_relative_time") != NULL)
            picture->time = number_in(line, "\"value\":");
    }
    text_free(&peer->got);
}

enum { BROWSERS = 6, SESSIONS = 3, SENDERS = 2 };

static const char *const session_names[] = { "default", "one", "two" };

struct play {
    struct fake_hub fake;
    struct fake_peer browsers[BROWSERS];
    struct seen_picture seen[BROWSERS];
    int where[BROWSERS]; /* session, -1: not there */
    struct seen_picture want[SESSIONS];
    unsigned models[SESSIONS];         /* number of the last one, as the session counts */
    struct fake_peer senders[SENDERS]; /* of large models */
    struct blob *sending[SENDERS];
    size_t total[SENDERS];
    int target[SENDERS];
    unsigned counter;
};

static void play_join(struct play *play, int i)
{
    char hello[100];
    int s = rand() % SESSIONS;
    if (play->where[i] >= 0)
        fake_leave(&play->browsers[i]);
    play->where[i] = -1;
    play->seen[i] = (struct seen_picture){ .model = 0 };
    if (rand() % 4 == 0)
        return;
    assert_int_equal(fake_join(&play->fake, &play->browsers[i], session_names[s]), 0);
    play->where[i] = s;
    snprintf(hello, sizeof(hello),
             "L:{\"viewer\":\"cadcast\",\"formats\":[\"binary\"],\"id\":\"%d\"}", i);
    fake_say(&play->browsers[i], i % 2 == 0 ? "L:{}" : hello);
}

/* The number of a model is the session's, so that a file's name tells it too. */
static unsigned next_model(struct play *play, int s)
{
    struct session *session = hub_find(&play->fake.hub, session_names[s]);
    return session == NULL ? 1 : (unsigned)session->picture.number + 1;
}

static void play_say(struct play *play, int s, int what)
{
    char text[200];
    unsigned n = ++play->counter;
    struct seen_picture *want = &play->want[s];
    switch (what) {
    case 0:
    case 1:
        n = next_model(play, s);
        snprintf(text, sizeof(text), "D:{\"data\":{\"instances\":[],\"n\":%u},\"type\":\"data\"}",
                 n);
        *want = (struct seen_picture){ .model = n };
        break;
    case 2:
        snprintf(text, sizeof(text), "S:{\"type\":\"ui\",\"config\":{\"k\":%u}}", n);
        want->setting = want->model == 0 ? 0 : n;
        break;
    case 3:
        snprintf(text, sizeof(text), "D:{\"data\":[[\"%u\",\"t\",[0],[1]]],\"type\":\"animation\"}",
                 n);
        want->animation = want->model == 0 ? 0 : n;
        want->time = 0;
        break;
    case 4:
        snprintf(text, sizeof(text), "C:{\"type\":\"set_relative_time\",\"value\":%u}", n);
        want->time = want->model == 0 ? 0 : n;
        break;
    default:
        snprintf(text, sizeof(text), "D:{\"type\":\"clear\"}");
        *want = (struct seen_picture){ .model = 0 };
        break;
    }
    fake_kernel_says(&play->fake, session_names[s], text);
}

/* A large model on its way: begins, goes on, is complete, or is cut off. */
static void play_send(struct play *play, int i)
{
    struct fake_peer *sender = &play->senders[i];
    if (play->sending[i] == NULL) {
        play->target[i] = rand() % SESSIONS;
        assert_int_equal(fake_join(&play->fake, sender, session_names[play->target[i]]), 0);
        play->sending[i] = large_model(0);
        play->total[i] = play->sending[i]->size;
        play->sending[i]->size = 0;
        return;
    }
    struct blob *blob = play->sending[i];
    size_t size = blob->size + 1 + (size_t)rand() % 200000;
    if (size < play->total[i] && rand() % 8 > 0) {
        progress(sender, blob, size, play->total[i]);
        return;
    }
    if (size >= play->total[i]) {
        unsigned n = next_model(play, play->target[i]);
        blob->size = play->total[i];
        play->want[play->target[i]] = (struct seen_picture){ .model = n };
        /* Its number is not known before: it is at the end, which no browser was sent yet. */
        char digits[8];
        snprintf(digits, sizeof(digits), "%05u", n);
        memcpy(blob->data + blob->size - 6, digits, 5);
        dispatch_message(&play->fake.hub, &sender->peer, blob);
    } else if (rand() % 2 == 0) {
        dispatch_aborted(&sender->peer);
    }
    fake_leave(sender);
    blob_unref(blob);
    play->sending[i] = NULL;
}

static void play_step(struct play *play)
{
    int i = rand() % BROWSERS;
    int s = rand() % SESSIONS;
    struct fake_peer *browser = &play->browsers[i];
    struct session *session = hub_find(&play->fake.hub, session_names[s]);
    switch (rand() % 12) {
    case 0:
        play_join(play, i);
        break;
    case 1:
        browser->queued = browser->queued > 0 ? 0 : 2 * 1024 * 1024;
        if (play->where[i] >= 0)
            peer_pump(&browser->peer);
        break;
    case 2:
        if (session != NULL)
            fake_converted(&play->fake, session);
        break;
    case 3:
        play->fake.now += 400;
        hub_tick(&play->fake.hub);
        break;
    case 4:
        if (play->where[i] >= 0)
            fake_say(browser, rand() % 2 == 0 ? "C:\"status\"" : "C:\"config\"");
        break;
    case 5:
    case 6:
        play_send(play, rand() % SENDERS);
        break;
    default:
        play_say(play, s, rand() % 7 == 0 ? 5 : rand() % 5);
        break;
    }
}

/* All is delivered: every browser shows what its session holds. */
static void play_check(struct play *play, unsigned seed)
{
    for (int i = 0; i < SENDERS; i++) {
        while (play->sending[i] != NULL)
            play_send(play, i);
    }
    for (int s = 0; s < SESSIONS; s++) {
        struct session *session = hub_find(&play->fake.hub, session_names[s]);
        if (session != NULL)
            fake_converted(&play->fake, session);
    }
    for (int i = 0; i < BROWSERS; i++) {
        struct fake_peer *browser = &play->browsers[i];
        if (play->where[i] < 0)
            continue;
        browser->queued = 0;
        peer_pump(&browser->peer);
        assert_int_equal(browser->closed, 0);
        assert_false(browser->held);
        look(&play->seen[i], browser);
        const struct seen_picture *want = &play->want[play->where[i]];
        const struct seen_picture *seen = &play->seen[i];
        if (memcmp(want, seen, sizeof(*want)) != 0)
            fail_msg("seed %u, browser %d: model %u, not %u; setting %u, not %u; animation %u, "
                     "not %u; time %u, not %u",
                     seed, i, seen->model, want->model, seen->setting, want->setting,
                     seen->animation, want->animation, seen->time, want->time);
    }
}

static void test_at_random(void **state)
{
    for (unsigned seed = 1; seed <= slow_rounds(60); seed++) {
        struct play *play = calloc(1, sizeof(*play));
        srand(seed);
        assert_int_equal(fake_hub_init(&play->fake), 0);
        for (int i = 0; i < BROWSERS; i++)
            play->where[i] = -1;
        for (unsigned step = 1; step <= 400; step++) {
            play_step(play);
            if (step % 100 == 0)
                play_check(play, seed);
        }
        for (int i = 0; i < BROWSERS; i++) {
            if (play->where[i] >= 0)
                fake_leave(&play->browsers[i]);
        }
        fake_hub_free(&play->fake);
        free(play);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_scene, drop_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_browsers_get_what_kernels_say),
        TEST(test_a_late_browser_gets_the_picture_in_order),
        TEST(test_clear_empties),
        TEST(test_models_are_told_from_their_type),
        TEST(test_what_is_not_understood_is_relayed),
        TEST(test_what_is_not_understood_keeps_its_place),
        TEST(test_what_is_not_understood_is_bounded),
        TEST(test_our_page_is_told_an_address),
        TEST(test_an_old_conversion_is_dropped),
        TEST(test_without_a_binary_form_the_text_is_sent),
        TEST(test_a_slow_browser_skips_what_was_replaced),
        TEST(test_a_browser_that_does_not_keep_up_is_closed),
        TEST(test_a_large_model_passes_on),
        TEST(test_a_large_message_of_an_unknown_type_passes_on),
        TEST(test_exact_geometry_is_announced),
        TEST(test_exact_geometry_is_that_of_the_model_alone),
        TEST(test_taking_up_a_measuring_tool_is_announced),
        TEST(test_a_model_that_never_ends),
        TEST(test_the_newest_model_is_the_last_to_be_complete),
        TEST(test_a_browser_leaves_in_the_middle_of_a_model),
        TEST(test_a_screenshot_is_taken_once),
        TEST(test_the_browser_used_last_is_asked),
        TEST(test_acts_of_one_millisecond),
        TEST(test_a_screenshot_waits_for_a_browser),
        TEST(test_a_screenshot_waits_for_the_model),
        TEST(test_a_screenshot_is_drawn_here_while_no_browser_is_connected),
        TEST(test_the_small_picture_is_drawn_here_after_each_show),
        TEST(test_a_screenshot_keeps_its_model_in_the_queue),
        TEST(test_a_screenshot_whose_model_has_no_room_is_given_up),
        TEST(test_a_screenshot_keeps_its_model_for_our_page),
        TEST(test_a_screenshot_of_a_replaced_picture_is_given_up),
        TEST(test_a_screenshot_waits_for_the_model_that_is_coming),
        TEST(test_a_window_that_cannot_draw_gives_way_to_the_next),
        TEST(test_two_screenshots_of_one_name),
        TEST(test_many_screenshots_of_a_slow_browser),
        TEST(test_screenshots_give_way_to_memory),
        TEST(test_odd_screenshot_requests),
        TEST(test_status_is_merged),
        TEST(test_status_is_bounded),
        TEST(test_a_page_gets_its_view_back),
        TEST(test_an_external_backend),
        TEST(test_who_asked_is_gone),
        cmocka_unit_test(test_at_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
