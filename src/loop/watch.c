/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "loop/watch.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Upper bounds of the buckets, in nanoseconds and as Prometheus text. */
static const struct {
    uint64_t end;
    const char *text;
} classes[WATCH_CLASSES] = {
    { 50000, "0.00005" }, { 100000, "0.0001" },  { 250000, "0.00025" }, { 500000, "0.0005" },
    { 1000000, "0.001" }, { 2500000, "0.0025" }, { 5000000, "0.005" },  { 10000000, "0.01" },
    { 50000000, "0.05" }, { 250000000, "0.25" }, { 1000000000, "1" },
};

/* Processor time of the calling thread: other programs do not add to it. */
static uint64_t processor_time(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void watch_count(struct watch_times *times, uint64_t nanoseconds)
{
    unsigned class = 0;
    while (class < WATCH_CLASSES && nanoseconds > classes[class].end)
        class ++;
    times->counts[class]++;
    times->sum += nanoseconds;
    if (nanoseconds > times->worst)
        times->worst = nanoseconds;
}

static void complain(struct watch *watch, uint64_t cpu)
{
    watch->too_long++;
    log_debug(watch->log, "watch",
              "a turn of the loop took %.1f ms: %u things, the last was %s%s%s (%zu bytes)",
              (double)cpu / 1e6, watch->begun, watch->doing == NULL ? "not named" : watch->doing,
              watch->detail[0] == '\0' ? "" : " ", watch->detail, watch->bytes);
}

/* Runs before the loop may sleep: the time since the previous call was one turn. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct watch *watch = prepare->data;
    uint64_t cpu = processor_time();
    uint64_t clock = uv_hrtime();
    uint64_t idle = uv_metrics_idle_time(prepare->loop);
    /* Before the first call there was only the start-up. */
    if (watch->clock_at > 0) {
        uint64_t busy = clock - watch->clock_at - (idle - watch->idle_at);
        watch_count(&watch->cpu, cpu - watch->cpu_at);
        watch_count(&watch->clock, busy);
        if (cpu - watch->cpu_at > WATCH_LIMIT)
            complain(watch, cpu - watch->cpu_at);
    }
    watch->cpu_at = cpu;
    watch->clock_at = clock;
    watch->idle_at = idle;
    watch->doing = NULL;
    watch->detail[0] = '\0';
    watch->bytes = 0;
    watch->begun = 0;
}

int watch_open(struct watch *watch, uv_loop_t *loop, const struct log *log)
{
    memset(watch, 0, sizeof(*watch));
    watch->log = log;
    watch->prepare.data = watch;
    /* If this fails, the clock's figures include the time asleep; nothing else depends on it. */
    uv_loop_configure(loop, UV_METRICS_IDLE_TIME);
    int error = uv_prepare_init(loop, &watch->prepare);
    if (error < 0)
        return error;
    watch->open = 1;
    return uv_prepare_start(&watch->prepare, on_prepare);
}

static void on_closed(uv_handle_t *handle)
{
    struct watch *watch = handle->data;
    watch->open--;
}

void watch_close(struct watch *watch)
{
    if (watch->open > 0 && !uv_is_closing((uv_handle_t *)&watch->prepare))
        uv_close((uv_handle_t *)&watch->prepare, on_closed);
}

void watch_begin(struct watch *watch, const char *what, const char *detail, size_t bytes)
{
    watch->doing = what;
    watch->bytes = bytes;
    watch->begun++;
    /* The query of a request may hold the token, which must not get into the log. */
    size_t size = detail == NULL ? 0 : strcspn(detail, "?");
    if (size >= sizeof(watch->detail))
        size = sizeof(watch->detail) - 1;
    if (size > 0)
        memcpy(watch->detail, detail, size);
    watch->detail[size] = '\0';
}

void watch_print(const struct watch_times *times, const char *name, const char *help,
                 struct text *out)
{
    uint64_t count = 0;
    text_format(out, "# HELP cadcast_%s_seconds %s\n# TYPE cadcast_%s_seconds histogram\n", name,
                help, name);
    for (unsigned i = 0; i < WATCH_CLASSES; i++) {
        count += times->counts[i];
        text_format(out, "cadcast_%s_seconds_bucket{le=\"%s\"} %llu\n", name, classes[i].text,
                    (unsigned long long)count);
    }
    count += times->counts[WATCH_CLASSES];
    text_format(out, "cadcast_%s_seconds_bucket{le=\"+Inf\"} %llu\n", name,
                (unsigned long long)count);
    text_format(out, "cadcast_%s_seconds_sum %.9f\ncadcast_%s_seconds_count %llu\n", name,
                (double)times->sum / 1e9, name, (unsigned long long)count);
    text_format(out,
                "# HELP cadcast_%s_seconds_max The longest of them\n"
                "# TYPE cadcast_%s_seconds_max gauge\ncadcast_%s_seconds_max %.9f\n",
                name, name, name, (double)times->worst / 1e9);
}
