/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_ADDRESS_H
#define CADCAST_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/socket.h>

/* An address of either family in one form: IPv4 as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), as a
 * dual-stack socket reports it. */
struct address {
    uint8_t bytes[16];
    uint16_t port; /* host byte order; 0 if none was given */
};

#define ADDRESS_TEXT 48

/* 0, or -EAFNOSUPPORT for a socket that is neither IPv4 nor IPv6. */
int address_from_socket(struct address *address, const struct sockaddr *socket);

/* From the four bytes of an IPv4 address, in network byte order; the port stays. */
void address_set_ipv4(struct address *address, const void *four_bytes);

/* Whether it is an IPv4 address. */
bool address_is_ipv4(const struct address *address);

/* Reads the usual text of an address, without brackets, zone or port. 0 or -EINVAL. */
int address_parse(struct address *address, const char *text, size_t size);

/* Writes the usual text of an address, and returns `out`. */
char *address_format(const struct address *address, char out[ADDRESS_TEXT]);

/* 127.0.0.0/8 or ::1. */
bool address_is_loopback(const struct address *address);

/* 0.0.0.0 or :: */
bool address_is_any(const struct address *address);

/* Whether the addresses are equal; ports are not compared. */
bool address_same(const struct address *a, const struct address *b);

/* The addresses whose first `bits` bits are those of `base`. */
struct address_range {
    struct address base;
    unsigned bits; /* 0 to 128, of the common form: 96 more than in IPv4 notation */
};

/* Reads CIDR notation (RFC 4632), "10.0.0.0/8"; a single address is a range of one. The bits past
 * the prefix are ignored. 0 or -EINVAL. */
int address_range_parse(struct address_range *range, const char *text);

/* Whether the range holds the address. 0.0.0.0/0 holds IPv4 only, ::/0 holds IPv6 only. */
bool address_range_holds(const struct address_range *range, const struct address *address);

/* Whether one of `count` ranges holds the address. */
bool address_in_ranges(const struct address_range *ranges, size_t count,
                       const struct address *address);

#endif
