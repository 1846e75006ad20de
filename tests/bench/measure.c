/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */

/*
 * A kernel that sends exact geometry, a browser that measures on it, and a client that polls the
 * status, so light that the time measured is the server's:
 *
 *   bench_measure PORT FILE [QUESTIONS]
 *
 * FILE is a B message. QUESTIONS holds a browser's status update a line; the first one is asked as
 * soon as the message is acknowledged. Prints milliseconds, one number a line: from the kernel's
 * connect to the acknowledgement, from there to the first answer, the longest wait for a status,
 * then the time of each further answer. Without QUESTIONS the first number only.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "wire.h"

struct watch {
    pthread_t thread;
    int port;
    atomic_bool over;
    double worst; /* milliseconds */
};

/* Asks for the status about every millisecond. */
static void *watch_status(void *arg)
{
    struct watch *watch = arg;
    struct wire_frame question = wire_make(2, "C:\"status\"", 10);
    int fd = wire_open(watch->port);
    while (!watch->over) {
        double began = now_ms();
        write_all(fd, question.data, question.size);
        free(wire_read(fd));
        double taken = now_ms() - began;
        if (taken > watch->worst)
            watch->worst = taken;
        usleep(1000);
    }
    wire_close(fd);
    free(question.data);
    return NULL;
}

/* Milliseconds from the question to its answer. */
static double ask(int browser, const char *update)
{
    struct wire_frame frame = wire_make(1, update, strlen(update));
    double began = now_ms();
    bool answered = false;
    write_all(browser, frame.data, frame.size);
    while (!answered) {
        char *text = wire_read(browser);
        answered = strstr(text, "backend_response") != NULL;
        free(text);
    }
    double taken = now_ms() - began;
    free(frame.data);
    return taken;
}

static int open_browser(int port)
{
    int browser = wire_open(port);
    struct wire_frame hello = wire_make(1, "L:{}", 4);
    write_all(browser, hello.data, hello.size);
    free(hello.data);
    return browser;
}

/* Sends the message and leaves the connection open; milliseconds until it is acknowledged. */
static double send_parts(int port, const struct wire_frame *parts, int *kernel)
{
    double began = now_ms();
    *kernel = wire_open(port);
    write_all(*kernel, parts->data, parts->size);
    free(wire_read(*kernel));
    return now_ms() - began;
}

static void measure(int port, const struct wire_frame *parts, char *questions)
{
    struct watch watch = { .port = port };
    int kernel;
    int browser = open_browser(port);
    if (pthread_create(&watch.thread, NULL, watch_status, &watch) != 0)
        stop("thread");
    double *answers = calloc(strlen(questions) + 1, sizeof(*answers));
    size_t count = 0;
    if (answers == NULL)
        stop("malloc");
    /* What greeting a browser costs is not in it. */
    usleep(300000);
    watch.worst = 0;
    printf("%.3f\n", send_parts(port, parts, &kernel));
    char *update = strtok(questions, "\n");
    double first = ask(browser, update);
    wire_close(kernel);
    while ((update = strtok(NULL, "\n")) != NULL)
        answers[count++] = ask(browser, update);
    watch.over = true;
    pthread_join(watch.thread, NULL);
    printf("%.3f\n%.3f\n", first, watch.worst);
    for (size_t i = 0; i < count; i++)
        printf("%.3f\n", answers[i]);
    free(answers);
    wire_close(browser);
}

int main(int argc, char **argv)
{
    size_t size;
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: bench_measure PORT FILE [QUESTIONS]\n");
        return 2;
    }
    uint8_t *message = wire_load(argv[2], &size);
    struct wire_frame parts = wire_make(2, message, size);
    int port = atoi(argv[1]);
    if (argc == 4) {
        char *questions = (char *)wire_load(argv[3], &size);
        measure(port, &parts, questions);
        free(questions);
    } else {
        int kernel;
        printf("%.3f\n", send_parts(port, &parts, &kernel));
        wire_close(kernel);
    }
    free(message);
    free(parts.data);
    return 0;
}
