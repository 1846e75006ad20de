/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

bool address_is_ipv4(const struct address *address)
{
    return memcmp(address->bytes, mapped, sizeof(mapped)) == 0;
}

void address_set_ipv4(struct address *address, const void *four_bytes)
{
    memcpy(address->bytes, mapped, sizeof(mapped));
    memcpy(address->bytes + 12, four_bytes, 4);
}

int address_from_socket(struct address *address, const struct sockaddr *socket)
{
    if (socket->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)socket;
        address_set_ipv4(address, &in->sin_addr);
        address->port = ntohs(in->sin_port);
        return 0;
    }
    if (socket->sa_family != AF_INET6)
        return -EAFNOSUPPORT;
    const struct sockaddr_in6 *in6 = (const void *)socket;
    memcpy(address->bytes, &in6->sin6_addr, 16);
    address->port = ntohs(in6->sin6_port);
    return 0;
}

int address_parse(struct address *address, const char *text, size_t size)
{
    char copy[ADDRESS_TEXT];
    struct in_addr four;
    if (size == 0 || size >= sizeof(copy) || memchr(text, '\0', size) != NULL)
        return -EINVAL;
    memcpy(copy, text, size);
    copy[size] = '\0';
    address->port = 0;
    if (inet_pton(AF_INET, copy, &four) == 1) {
        address_set_ipv4(address, &four);
        return 0;
    }
    return inet_pton(AF_INET6, copy, address->bytes) == 1 ? 0 : -EINVAL;
}

char *address_format(const struct address *address, char out[ADDRESS_TEXT])
{
    const char *text = address_is_ipv4(address)
                           ? inet_ntop(AF_INET, address->bytes + 12, out, ADDRESS_TEXT)
                           : inet_ntop(AF_INET6, address->bytes, out, ADDRESS_TEXT);
    if (text == NULL)
        out[0] = '\0';
    return out;
}

bool address_is_loopback(const struct address *address)
{
    static const uint8_t one[16] = { [15] = 1 };
    return address_is_ipv4(address) ? address->bytes[12] == 127
                                    : memcmp(address->bytes, one, 16) == 0;
}

bool address_is_any(const struct address *address)
{
    static const uint8_t zero[16];
    return memcmp(address->bytes + (address_is_ipv4(address) ? 12 : 0), zero,
                  address_is_ipv4(address) ? 4 : 16) == 0;
}

bool address_same(const struct address *a, const struct address *b)
{
    return memcmp(a->bytes, b->bytes, 16) == 0;
}

int address_range_parse(struct address_range *range, const char *text)
{
    size_t size = strcspn(text, "/");
    if (address_parse(&range->base, text, size) < 0)
        return -EINVAL;
    unsigned longest = address_is_ipv4(&range->base) && memchr(text, ':', size) == NULL ? 32 : 128;
    range->bits = 128;
    if (text[size] == '\0')
        return 0;
    const char *digits = text + size + 1;
    size_t count = strspn(digits, "0123456789");
    if (count == 0 || count > 3 || digits[count] != '\0')
        return -EINVAL;
    unsigned bits = (unsigned)strtoul(digits, NULL, 10);
    if (bits > longest)
        return -EINVAL;
    range->bits = 128 - longest + bits;
    return 0;
}

bool address_range_holds(const struct address_range *range, const struct address *address)
{
    if (address_is_ipv4(&range->base) != address_is_ipv4(address))
        return false;
    unsigned bytes = range->bits / 8, rest = range->bits % 8;
    if (memcmp(range->base.bytes, address->bytes, bytes) != 0)
        return false;
    if (rest == 0)
        return true;
    uint8_t mask = (uint8_t)(0xff00 >> rest);
    return ((range->base.bytes[bytes] ^ address->bytes[bytes]) & mask) == 0;
}

bool address_in_ranges(const struct address_range *ranges, size_t count,
                       const struct address *address)
{
    for (size_t i = 0; i < count; i++) {
        if (address_range_holds(&ranges[i], address))
            return true;
    }
    return false;
}
