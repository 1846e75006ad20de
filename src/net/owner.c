/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "net/owner.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "net/address.h"
#include "net/owner_list.h"

#ifdef __linux__

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>

/* The number of every user without a number in our user namespace (user_namespaces(7));
 * /proc/sys/kernel/overflowuid could differ and never does. */
#define OVERFLOW_UID 65534

struct question {
    struct nlmsghdr head;
    struct inet_diag_req_v2 body;
};

union answer {
    struct nlmsghdr head;
    char bytes[4096]; /* one socket takes some 200; a longer answer is truncated and ignored */
};

/* Writes an address in the form of the given family. */
static void put_address(__be32 out[4], const struct address *address, bool ipv4)
{
    memset(out, 0, 16);
    memcpy(out, address->bytes + (ipv4 ? 12 : 0), ipv4 ? 4 : 16);
}

/* Makes the question about the peer's socket: its source address is the peer's. */
static void ask(struct question *question, uint32_t serial, const struct address *local,
                const struct address *peer)
{
    bool ipv4 = address_is_ipv4(local) && address_is_ipv4(peer);
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
    if (ipv4 && !address_is_ipv4(end))
        return false;
    put_address(wanted, end, ipv4);
    return memcmp(wanted, words, ipv4 ? 4 : 16) == 0 && ntohs(port) == end->port;
}

/*
 * Whether the socket in the answer is the one of the connection, and its owner valid. If the
 * connection is gone the kernel returns a listening socket on the peer's port, so both ends are
 * compared; and a socket that its process has closed, while TCP is still closing, has no inode and
 * is reported as root's, which it is not.
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

/* Receives answers until the one to `serial`; an earlier one may be left from an interrupted
 * call. */
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

static int find_listed(const struct owner *owner, const struct address *here,
                       const struct address *there, uid_t *uid)
{
    int error = owner_list_find(here, there, uid);
    if (error == -ENOENT || (error == 0 && !owner->maps_all && *uid == OVERFLOW_UID))
        return OWNER_UNKNOWN;
    return error;
}

static int find_by_netlink(struct owner *owner, const struct address *here,
                           const struct address *there, uid_t *uid)
{
    struct question question;
    union answer answer = { .head = { 0 } };
    ask(&question, ++owner->serial, here, there);
    ssize_t sent;
    do
        sent = send(owner->fd, &question, sizeof(question), MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    int error = sent < 0 ? -errno : hear(owner, &answer);
    if (error == -ENOENT)
        return OWNER_UNKNOWN;
    return error < 0 ? error : judge(NLMSG_DATA(&answer.head), here, there, owner->maps_all, uid);
}

int owner_find(struct owner *owner, const struct sockaddr *local, const struct sockaddr *peer,
               uid_t *uid)
{
    struct address here, there;
    if (!owner_works(owner))
        return OWNER_UNSUPPORTED;
    if (address_from_socket(&here, local) < 0 || address_from_socket(&there, peer) < 0)
        return OWNER_UNKNOWN;
    int found = owner->listed ? -ENOSYS : find_by_netlink(owner, &here, &there, uid);
    return found < 0 ? find_listed(owner, &here, &there, uid) : found;
}

/* Whether no two users share a number: true in the initial user namespace, and in any that maps all
 * users. */
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

static socklen_t loopback(struct sockaddr_storage *out, int family)
{
    struct sockaddr_in *in = (void *)out;
    struct sockaddr_in6 *in6 = (void *)out;
    memset(out, 0, sizeof(*out));
    out->ss_family = (sa_family_t)family;
    if (family == AF_INET)
        in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        in6->sin6_addr = in6addr_loopback;
    return family == AF_INET ? sizeof(*in) : sizeof(*in6);
}

/* Makes a connection to ourselves on the loopback interface. The kernel completes it during
 * connect, so nothing here waits. */
static int connect_to_self(int family, int *server, int *client,
                           struct sockaddr_storage *server_end, struct sockaddr_storage *client_end)
{
    socklen_t size = loopback(server_end, family);
    socklen_t client_size = sizeof(*client_end);
    *server = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    *client = *server < 0 ? -1 : socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*server < 0 || *client < 0 || bind(*server, (struct sockaddr *)server_end, size) < 0 ||
        listen(*server, 1) < 0 || getsockname(*server, (struct sockaddr *)server_end, &size) < 0)
        return -errno;
    if (connect(*client, (struct sockaddr *)server_end, size) < 0 && errno != EINPROGRESS)
        return -errno;
    return getsockname(*client, (struct sockaddr *)client_end, &client_size) < 0 ? -errno : 0;
}

static bool is_passing(int error)
{
    return error == -EMFILE || error == -ENFILE || error == -ENOMEM;
}

/* A kernel without inet_diag answers as if the socket did not exist. Only a socket that is known to
 * exist shows the difference. */
static int try_family(struct owner *owner, int family)
{
    int server = -1, client = -1;
    struct sockaddr_storage server_end, client_end;
    uid_t uid = 0;
    int error = connect_to_self(family, &server, &client, &server_end, &client_end);
    if (error == 0)
        error =
            owner_find(owner, (struct sockaddr *)&server_end, (struct sockaddr *)&client_end, &uid);
    if (server >= 0)
        close(server);
    if (client >= 0)
        close(client);
    if (is_passing(error))
        return error;
    /* A process that runs as the overflow user inside a user namespace cannot recognise its own
     * number. */
    return error == 0 && uid == geteuid() ? 0 : OWNER_UNSUPPORTED;
}

/* A machine may have one of the families alone, or no address of the other one. */
static int try_on_self(struct owner *owner)
{
    int error = try_family(owner, AF_INET);
    return error == OWNER_UNSUPPORTED ? try_family(owner, AF_INET6) : error;
}

static int open_netlink(struct owner *owner)
{
    owner->fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    int error = owner->fd < 0 ? -errno : 0;
    if (error < 0)
        return is_passing(error) ? error : OWNER_UNSUPPORTED;
    return try_on_self(owner);
}

int owner_open(struct owner *owner)
{
    memset(owner, 0, sizeof(*owner));
    owner->maps_all = maps_all_users();
    int error = open_netlink(owner);
    if (error != OWNER_UNSUPPORTED) {
        if (error < 0)
            owner_close(owner);
        return error;
    }
    owner_close(owner);
    /* Containers and sandboxes often lack netlink but have /proc. */
    owner->listed = true;
    error = try_on_self(owner);
    owner->listed = error == 0;
    return error;
}

bool owner_is_possible(void)
{
    return true;
}

#else

bool owner_is_possible(void)
{
    return false;
}

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

bool owner_works(const struct owner *owner)
{
    return owner->fd >= 0 || owner->listed;
}

void owner_close(struct owner *owner)
{
    if (owner->fd >= 0)
        close(owner->fd);
    owner->fd = -1;
    owner->listed = false;
}
