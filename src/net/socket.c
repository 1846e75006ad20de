/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "net/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/sockios.h>
#endif

#ifdef __linux__

int socket_open(int family, int type)
{
    int fd = socket(family, type | SOCK_CLOEXEC, 0);
    return fd < 0 ? -errno : fd;
}

int socket_accept(int fd)
{
    int taken = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return taken < 0 ? -errno : taken;
}

size_t socket_send_more(int fd, const void *data, size_t size)
{
    ssize_t sent = send(fd, data, size, MSG_MORE | MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 ? 0 : (size_t)sent;
}

size_t socket_unacknowledged(int fd)
{
    int bytes = 0;
    return ioctl(fd, SIOCOUTQ, &bytes) < 0 ? 0 : (size_t)bytes;
}

void socket_be_plain(int fd)
{
    static const char plainest[] = "reno";
    setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, plainest, sizeof(plainest) - 1);
}

bool socket_peer_left(int fd)
{
    struct tcp_info info;
    socklen_t size = sizeof(info);
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
           info.tcpi_state != TCP_ESTABLISHED;
}

#else

int socket_open(int family, int type)
{
    int fd = socket(family, type, 0);
    if (fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
        return fd;
    int error = -errno;
    if (fd >= 0)
        close(fd);
    return error;
}

int socket_accept(int fd)
{
    int taken = accept(fd, NULL, NULL);
    if (taken >= 0 && fcntl(taken, F_SETFD, FD_CLOEXEC) == 0 &&
        fcntl(taken, F_SETFL, O_NONBLOCK) == 0)
        return taken;
    int error = -errno;
    if (taken >= 0)
        close(taken);
    return error;
}

size_t socket_send_more(int fd, const void *data, size_t size)
{
    return 0;
}

size_t socket_unacknowledged(int fd)
{
    return 0;
}

void socket_be_plain(int fd)
{
}

bool socket_peer_left(int fd)
{
    return false;
}

#endif
