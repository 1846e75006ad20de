/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/*
 * A hub with fake connections. Each line of the input is a step: its first byte chooses one of
 * eight peers, the second what happens, and the rest is a message. Nothing may crash, leak or
 * break the order of fragments, whatever is said by whom.
 */
#include "../lib/view.h"

enum { PEERS = 8, PAD = 600 };

struct stage {
    struct fake_hub fake;
    struct fake_peer peers[PEERS];
    bool there[PEERS];
    unsigned large; /* messages in pieces so far: they take their time */
};

static const char *const names[] = { "default", "one", "two", "three", "four" };

static void come(struct stage *stage, unsigned i, uint8_t how)
{
    if (stage->there[i])
        fake_leave(&stage->peers[i]);
    stage->there[i] = fake_join(&stage->fake, &stage->peers[i], names[how % 5]) == 0;
    if (!stage->there[i])
        return;
    stage->peers[i].peer.read_only = how & 8;
    stage->peers[i].peer.local = !(how & 16);
    stage->peers[i].goes_on_close = how & 32;
}

/* A message that arrives in pieces, and perhaps never whole. */
static void say_in_pieces(struct stage *stage, unsigned i, const char *text, bool whole)
{
    static const char model[] = "D:{\"data\":{\"instances\":[],\"pad\":\"";
    struct text all = { 0 };
    text_add(&all, model);
    char *pad = malloc(PAD + 1);
    memset(pad, 'x', PAD);
    pad[PAD] = '\0';
    text_add(&all, pad);
    free(pad);
    text_add(&all, "\"},\"type\":\"data\"}");
    text_add(&all, text);
    struct blob *blob = blob_copy(all.data, all.size);
    size_t total = all.size;
    for (size_t size = 100; size < total; size += 200) {
        blob->size = size;
        dispatch_progress(&stage->peers[i].peer, blob, total);
    }
    blob->size = whole ? total : blob->size;
    if (whole)
        dispatch_message(&stage->fake.hub, &stage->peers[i].peer, blob);
    else
        dispatch_aborted(&stage->peers[i].peer);
    blob_unref(blob);
    text_free(&all);
}

static void step(struct stage *stage, const char *line, size_t size)
{
    unsigned i = (uint8_t)line[0] % PEERS;
    uint8_t what = (uint8_t)line[1];
    struct fake_peer *peer = &stage->peers[i];
    int error;
    if (what >= 0x80 || !stage->there[i]) {
        come(stage, i, what);
        return;
    }
    switch (what) {
    case '!':
        fake_leave(peer);
        stage->there[i] = false;
        return;
    case '+':
        peer->queued = 2 * 1024 * 1024;
        return;
    case '-':
        peer->queued = 0;
        peer_pump(&peer->peer);
        return;
    case '*':
        stage->fake.now += 4000;
        hub_tick(&stage->fake.hub);
        exact_tick(&stage->fake.hub);
        return;
    case '/':
        if (stage->fake.asked_count > 0)
            fake_answer(&stage->fake);
        return;
    case '=':
        if (stage->fake.job_count > 0)
            fake_work_next(&stage->fake);
        return;
    case '%':
        stage->fake.fail_convert = line[0] & 8;
        fake_converted(&stage->fake, hub_session(&stage->fake.hub, "default", &error));
        return;
    case '<':
    case '>':
        if (!peer->held && stage->large++ < 2)
            say_in_pieces(stage, i, line + 2, what == '>');
        return;
    default:
        break;
    }
    stage->fake.wait = what == '~' && stage->fake.asked_count < 32;
    bool room = stage->fake.job_count < 24;
    if (!peer->held && !peer->peer.closing && room)
        fake_say_bytes(peer, line + 2, size - 2);
    stage->fake.wait = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct stage stage;
    if (fake_hub_init(&stage.fake) < 0)
        abort();
    stage.fake.hub.view.options.builtin = size % 2;
    stage.fake.hub.view.options.relay_min = PAD;
    stage.fake.hub.view.options.relay_piece = 150;
    memset(stage.there, 0, sizeof(stage.there));
    stage.large = 0;
    unsigned steps = 0;
    for (const uint8_t *end = data + size; data < end && steps < 200; steps++) {
        const uint8_t *stop = memchr(data, '\n', (size_t)(end - data));
        size_t n = stop == NULL ? (size_t)(end - data) : (size_t)(stop - data);
        char *line = malloc(n + 1);
        memcpy(line, data, n);
        line[n] = '\0';
        if (n >= 2)
            step(&stage, line, n);
        free(line);
        data += n + (stop != NULL);
    }
    for (unsigned i = 0; i < PEERS; i++) {
        if (stage.there[i])
            fake_leave(&stage.peers[i]);
    }
    fake_hub_free(&stage.fake);
    return 0;
}
