/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "net/owner.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "net/address.h"

#ifdef __linux__

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>

/* What stands for every user without a number in our user namespace (user_namespaces(7)); the
 * system's /proc/sys/kernel/overflowuid could say otherwise and never does. */
#define OVERFLOW_UID 65534

struct question {
    struct nlmsghdr head;
    struct inet_diag_req_v2 body;
};

union answer {
    struct nlmsghdr head;
    char bytes[4096]; /* one socket takes some 200 bytes; what is longer is cut and not read */
};

static bool is_ipv4(const struct address *address)
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    return memcmp(address->bytes, mapped, sizeof(mapped)) == 0;
}

/* An address in the form of the family that is asked. */
static void put_address(__be32 out[4], const struct address *address, bool ipv4)
{
    memset(out, 0, 16);
    memcpy(out, address->bytes + (ipv4 ? 12 : 0), ipv4 ? 4 : 16);
}

/* The peer's socket, seen from the peer: its source is our peer. */
static void ask(struct question *question, uint32_t serial, const struct address *local,
                const struct address *peer)
{
    bool ipv4 = is_ipv4(local) && is_ipv4(peer);
    memset(question, 0, sizeof(*question));
    question->head.nlmsg_len = sizeof(*question);
    question->head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    question->head.nlmsg_flags = NLM_F_REQUEST;
    question->head.nlmsg_seq = serial;
    question->body.sdiag_family = ipv4 ? AF_INET : AF_INET6;
    question->body.sdiag_protocol = IPPROTO_TCP;
    question->body.idiag_states = ~0u;
    question->body.id.idiag_sport = htons(peer->port);
    question->body.id.idiag_dport = htons(local->port);
    put_address(question->body.id.idiag_src, peer, ipv4);
    put_address(question->body.id.idiag_dst, local, ipv4);
    question->body.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
    question->body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
}

static bool is_end(const __be32 words[4], uint8_t family, __be16 port, const struct address *end)
{
    __be32 wanted[4];
    bool ipv4 = family == AF_INET;
    if (ipv4 && !is_ipv4(end))
        return false;
    put_address(wanted, end, ipv4);
    return memcmp(wanted, words, ipv4 ? 4 : 16) == 0 && ntohs(port) == end->port;
}

/*
 * Whether the socket that was found says who owns the connection. The kernel falls back to a
 * listening socket on the peer's port when the connection is gone, so both ends are compared; and
 * a socket that its process has closed, while TCP is still saying goodbye, has no inode and is
 * reported as root's, which it is not.
 */
static int judge(const struct inet_diag_msg *found, const struct address *local,
                 const struct address *peer, bool maps_all, uid_t *uid)
{
    const struct inet_diag_sockid *id = &found->id;
    if (found->idiag_state == TCP_LISTEN || found->idiag_state == TCP_TIME_WAIT ||
        found->idiag_inode == 0 ||
        !is_end(id->idiag_src, found->idiag_family, id->idiag_sport, peer) ||
        !is_end(id->idiag_dst, found->idiag_family, id->idiag_dport, local))
        return OWNER_UNKNOWN;
    if (!maps_all && found->idiag_uid == OVERFLOW_UID)
        return OWNER_UNKNOWN;
    *uid = found->idiag_uid;
    return 0;
}

/* Reads answers until the one that is meant for `serial`; an earlier one may be left over from a
 * call that a signal cut short. */
static int hear(const struct owner *owner, union answer *answer)
{
    for (int i = 0; i < 8; i++) {
        ssize_t size = recv(owner->fd, answer, sizeof(*answer), MSG_DONTWAIT | MSG_TRUNC);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return -errno;
        if (size > (ssize_t)sizeof(*answer) || !NLMSG_OK(&answer->head, (unsigned)size))
            return -EBADMSG;
        if (answer->head.nlmsg_seq != owner->serial)
            continue;
        if (answer->head.nlmsg_type == SOCK_DIAG_BY_FAMILY)
            return answer->head.nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg)) ? -EBADMSG
                                                                                       : 0;
        const struct nlmsgerr *error = NLMSG_DATA(&answer->head);
        if (answer->head.nlmsg_type != NLMSG_ERROR ||
            answer->head.nlmsg_len < NLMSG_LENGTH(sizeof(*error)) || error->error >= 0)
            return -EBADMSG;
        return error->error;
    }
    return -EBADMSG;
}

int owner_find(struct owner *owner, const struct sockaddr *local, const struct sockaddr *peer,
               uid_t *uid)
{
    struct address here, there;
    struct question question;
    union answer answer = { .head = { 0 } };
    if (owner->fd < 0)
        return OWNER_UNSUPPORTED;
    if (address_from_socket(&here, local) < 0 || address_from_socket(&there, peer) < 0)
        return OWNER_UNKNOWN;
    ask(&question, ++owner->serial, &here, &there);
    ssize_t sent;
    do
        sent = send(owner->fd, &question, sizeof(question), MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    int error = sent < 0 ? -errno : hear(owner, &answer);
    if (error == -ENOENT)
        return OWNER_UNKNOWN;
    return error < 0 ? error : judge(NLMSG_DATA(&answer.head), &here, &there, owner->maps_all, uid);
}

/* In the first user namespace, and in any that maps everybody, no two users share a number. */
static bool maps_all_users(void)
{
    char text[128];
    int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0)
        close(fd);
    if (size <= 0)
        return false;
    text[size] = '\0';
    /* First number inside, first number outside, how many. */
    char *next;
    unsigned long inside = strtoul(text, &next, 10);
    unsigned long outside = strtoul(next, &next, 10);
    return inside == 0 && outside == 0 && strtoul(next, NULL, 10) >= UINT32_MAX;
}

/* A connection to ourselves on the loopback interface. The kernel completes it while connect runs,
 * so nothing here waits. */
static int connect_to_self(int *server, int *client, struct sockaddr_in *server_end,
                           struct sockaddr_in *client_end)
{
    socklen_t size = sizeof(*server_end);
    memset(server_end, 0, sizeof(*server_end));
    server_end->sin_family = AF_INET;
    server_end->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    *client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*server < 0 || *client < 0 ||
        bind(*server, (struct sockaddr *)server_end, sizeof(*server_end)) < 0 ||
        listen(*server, 1) < 0 || getsockname(*server, (struct sockaddr *)server_end, &size) < 0)
        return -errno;
    if (connect(*client, (struct sockaddr *)server_end, sizeof(*server_end)) < 0 &&
        errno != EINPROGRESS)
        return -errno;
    size = sizeof(*client_end);
    return getsockname(*client, (struct sockaddr *)client_end, &size) < 0 ? -errno : 0;
}

/* A kernel without inet_diag answers as for a socket that is not there. Only a socket that surely
 * is there tells the two apart. */
static int try_on_self(struct owner *owner)
{
    int server = -1, client = -1;
    struct sockaddr_in server_end, client_end;
    uid_t uid = 0;
    int error = connect_to_self(&server, &client, &server_end, &client_end);
    if (error == 0)
        error =
            owner_find(owner, (struct sockaddr *)&server_end, (struct sockaddr *)&client_end, &uid);
    if (server >= 0)
        close(server);
    if (client >= 0)
        close(client);
    if (error == -EMFILE || error == -ENFILE || error == -ENOMEM)
        return error;
    /* Whoever runs as the overflow user inside a user namespace cannot know itself either. */
    return error == 0 && uid == geteuid() ? 0 : OWNER_UNSUPPORTED;
}

int owner_open(struct owner *owner)
{
    memset(owner, 0, sizeof(*owner));
    owner->maps_all = maps_all_users();
    owner->fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (owner->fd < 0)
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -errno : OWNER_UNSUPPORTED;
    int error = try_on_self(owner);
    if (error != 0)
        owner_close(owner);
    return error;
}

#else

int owner_find(struct owner *owner, const struct sockaddr *local, const struct sockaddr *peer,
               uid_t *uid)
{
    return OWNER_UNSUPPORTED;
}

int owner_open(struct owner *owner)
{
    memset(owner, 0, sizeof(*owner));
    owner->fd = -1;
    return OWNER_UNSUPPORTED;
}

#endif

void owner_close(struct owner *owner)
{
    if (owner->fd >= 0)
        close(owner->fd);
    owner->fd = -1;
}
