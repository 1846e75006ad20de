/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_TLS_H
#define CADCAST_NET_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/*
 * The server's end of TLS, 1.2 and up, between two pieces of memory: cipher text is fed in and
 * taken out by whoever owns the socket. For one thread, the loop's.
 */

/* Most bytes of cipher text that may wait on either side of one connection. A peer that makes us
 * hold more (by asking for key updates, say) is cut off. */
#define TLS_BUFFER_MAX ((size_t)1024 * 1024)

/* Certificate, key and settings: what the connections of one server share. */
struct tls_context;

/* Conditions of tls_context_new and tls_context_reload: the certificate works, but... */
enum {
    TLS_EXPIRED = 1,      /* its time is over, or has not begun */
    TLS_EXPIRES_SOON = 2, /* it ends within TLS_SOON_DAYS */
};
#define TLS_SOON_DAYS 14

/*
 * Reads a certificate chain (leaf first) and its private key from PEM files. On 0 and on the
 * conditions above *out is a context with one reference. Errors, with *out NULL and `error` one
 * line that names the file and the reason: -ENOENT, -EACCES and the like where a file cannot be
 * read; -EINVAL where it holds no certificate, no key, an encrypted key, or a key of another
 * certificate; -ENOMEM. `error` (of `size` bytes, never NULL) says something for a condition too,
 * and is "" on 0. Blocking file reads: for start and reload.
 */
int tls_context_new(struct tls_context **out, const char *cert, const char *key, char *error,
                    size_t size);

/*
 * Reads the same files again. Connections that are open keep what they began with; new ones get
 * the new certificate and a full handshake, since tickets of the old key are not honoured any more.
 * Results as tls_context_new; after an error the old certificate stays in use.
 */
int tls_context_reload(struct tls_context *context, char *error, size_t size);

/* The certificate's last second. */
time_t tls_context_expiry(const struct tls_context *context);

struct tls_context *tls_context_ref(struct tls_context *context);
void tls_context_unref(struct tls_context *context);

/* Whether a connection that begins with this byte begins a TLS handshake (RFC 8446 section 5.1:
 * record type 22). No HTTP request begins with it. */
bool tls_is_client_hello(uint8_t first);

/* One connection. */
struct tls;

/* NULL: no memory. The context may be reloaded or let go while connections live. */
struct tls *tls_new(struct tls_context *context);
void tls_free(struct tls *tls);

/* Takes `size` bytes (copied) that came from the peer. -ENOMEM, or -ENOBUFS where more than
 * TLS_BUFFER_MAX bytes have not been asked for with tls_read: both fatal. */
int tls_feed(struct tls *tls, const void *data, size_t size);

/*
 * Goes on with the handshake, or takes up to `size` bytes of plain text out. Returns their number,
 * or 0 when more must be fed first. Errors, fatal: -ECONNRESET where the peer said goodbye
 * (close_notify) in order, -EPROTO where it broke the protocol (tls_error_text says how), -ENOBUFS,
 * -ENOMEM. After each call, errors included, there may be output (an alert) to send.
 */
long tls_read(struct tls *tls, void *data, size_t size);

/* The handshake is done and nothing was closed: tls_write may be called. */
bool tls_ready(const struct tls *tls);

/* Encrypts all of `size` bytes, in records of 16 KiB; the caller keeps an eye on tls_output_size.
 * 0, or fatal: -EAGAIN where tls_ready is false, -ENOBUFS, -ENOMEM, -EPROTO. */
int tls_write(struct tls *tls, const void *data, size_t size);

/* Cipher text that waits to be sent, in bytes, and the call that takes up to `size` bytes of it.
 * Returns the number of bytes. */
size_t tls_output_size(const struct tls *tls);
size_t tls_output(struct tls *tls, void *data, size_t size);

/* Says goodbye: one alert more of output. Nothing can be written after it. */
void tls_close_notify(struct tls *tls);

/* Whether the peer said goodbye before the connection ended. A connection that ended without may
 * have been cut by somebody else: what it carried may be incomplete. */
bool tls_got_goodbye(const struct tls *tls);

/* Whether this connection took up an earlier session (RFC 8446 section 2.2). */
bool tls_resumed(const struct tls *tls);

/* "TLSv1.3 TLS_AES_256_GCM_SHA384" once ready. Never NULL. */
const char *tls_describe(struct tls *tls);

/* What went wrong, for the log: "" before any error. */
const char *tls_error_text(const struct tls *tls);

#endif
