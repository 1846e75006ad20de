/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "net/owner_list.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most lines read: some 20 ms of the loop thread. */
#define LINES_MAX 20000

/* States of sockets without a process (TIME_WAIT) or without a connection (LISTEN). */
#define STATE_TIME_WAIT 0x06
#define STATE_LISTEN 0x0a

/* One parsed line; addresses as text. */
struct entry {
    char source[33];
    char target[33];
    unsigned source_port;
    unsigned target_port;
    unsigned state;
    unsigned uid;
    unsigned long inode;
};

/* Reads 32-bit words as the kernel prints them: in hexadecimal, in the byte order of the machine.
 * One word is an IPv4 address, four are an IPv6 one. */
static bool read_address(struct address *out, const char *text, unsigned port)
{
    size_t words = strlen(text) / 8;
    if (words != 1 && words != 4)
        return false;
    uint8_t bytes[16];
    for (size_t i = 0; i < words; i++) {
        char digits[9] = { 0 };
        memcpy(digits, text + 8 * i, 8);
        uint32_t word = (uint32_t)strtoul(digits, NULL, 16);
        memcpy(bytes + 4 * i, &word, 4);
    }
    if (words == 1)
        address_set_ipv4(out, bytes);
    else
        memcpy(out->bytes, bytes, sizeof(bytes));
    out->port = (uint16_t)port;
    return true;
}

static bool same_end(const char *text, unsigned port, const struct address *end)
{
    struct address listed;
    return port == end->port && read_address(&listed, text, port) && address_same(&listed, end);
}

static bool read_entry(struct entry *entry, const char *line)
{
    /* The kernel writes these numbers. NOLINTNEXTLINE(cert-err34-c) */
    return sscanf(line, " %*u: %32[0-9A-F]:%x %32[0-9A-F]:%x %x %*s %*s %*s %u %*s %lu",
                  entry->source, &entry->source_port, entry->target, &entry->target_port,
                  &entry->state, &entry->uid, &entry->inode) == 7;
}

/* A socket that its process has closed has no inode, and is listed as root's. */
static bool is_wanted(const struct entry *entry, const struct address *local,
                      const struct address *peer)
{
    return entry->state != STATE_LISTEN && entry->state != STATE_TIME_WAIT && entry->inode != 0 &&
           same_end(entry->source, entry->source_port, peer) &&
           same_end(entry->target, entry->target_port, local);
}

static int find_in(const char *path, const struct address *local, const struct address *peer,
                   uid_t *uid)
{
    char line[512];
    struct entry entry;
    FILE *list = fopen(path, "re");
    if (list == NULL)
        return -errno;
    int result = -ENOENT;
    for (int i = 0; result != 0 && i < LINES_MAX && fgets(line, sizeof(line), list) != NULL; i++) {
        if (!read_entry(&entry, line) || !is_wanted(&entry, local, peer))
            continue;
        *uid = entry.uid;
        result = 0;
    }
    fclose(list);
    return result;
}

int owner_list_find(const struct address *local, const struct address *peer, uid_t *uid)
{
    /* An IPv6 socket can use IPv4, with mapped addresses; so both lists may have it. */
    int four = find_in("/proc/net/tcp", local, peer, uid);
    if (four == 0)
        return 0;
    int six = find_in("/proc/net/tcp6", local, peer, uid);
    /* A machine without IPv6 has no list of it. */
    return six != -ENOENT ? six : four;
}
