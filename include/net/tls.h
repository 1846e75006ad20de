/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_TLS_H
#define CADCAST_NET_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/*
 * One end of TLS, 1.2 and up, the server's or a client's, between two memory buffers: the owner of
 * the socket puts received cipher text in and takes the cipher text to be sent out. For one thread,
 * the loop's.
 */

/* Most bytes of cipher text buffered on either side of one connection. A peer that makes us exceed
 * it (by asking for key updates, say) is disconnected. */
#define TLS_BUFFER_MAX ((size_t)1024 * 1024)

/* Certificate, key and settings: shared by the connections of one server. */
struct tls_context;

/* Conditions of tls_context_new and tls_context_reload: the certificate works, but... */
enum {
    TLS_EXPIRED = 1,      /* it has expired, or is not valid yet */
    TLS_EXPIRES_SOON = 2, /* it ends within TLS_SOON_DAYS */
};
#define TLS_SOON_DAYS 14

/*
 * Reads a certificate chain (leaf first) and its private key from PEM files. On 0 and on the
 * conditions above *out is a context with one reference. Errors, with *out NULL and `error` one
 * line that names the file and the reason: -ENOENT, -EACCES and the like if a file cannot be read;
 * -EINVAL if it holds no certificate, no key, an encrypted key, or a key of another certificate;
 * -ENOMEM. `error` (of `size` bytes, never NULL) describes a condition too, and is "" on 0.
 * Blocking file reads: for start and reload.
 */
int tls_context_new(struct tls_context **out, const char *cert, const char *key, char *error,
                    size_t size);

/*
 * Reads the same files again. Open connections keep their certificate; new ones get the new
 * certificate and a full handshake, since tickets of the old key are no longer honoured. Results as
 * tls_context_new; after an error the old certificate stays in use.
 */
int tls_context_reload(struct tls_context *context, char *error, size_t size);

/* For connections that this program makes to `host`, whose certificate must be good for that name
 * or address, and signed by an authority that the system trusts (OpenSSL's places; SSL_CERT_FILE
 * and SSL_CERT_DIR name others). *out has one reference. 0, or -ENOMEM. */
int tls_context_new_client(struct tls_context **out, const char *host);

struct tls_context *tls_context_ref(struct tls_context *context);
void tls_context_unref(struct tls_context *context);

/* Whether a connection whose first byte is this one begins a TLS handshake (RFC 8446 section 5.1:
 * record type 22). No HTTP request begins with it. */
bool tls_is_client_hello(uint8_t first);

/* One connection. */
struct tls;

/* NULL: no memory. The context may be reloaded or unreferenced while connections live. */
struct tls *tls_new(struct tls_context *context);
void tls_free(struct tls *tls);

/* Takes `size` bytes (copied) received from the peer. -ENOMEM, or -ENOBUFS if more than
 * TLS_BUFFER_MAX bytes were not taken out with tls_read: both fatal. */
int tls_feed(struct tls *tls, const void *data, size_t size);

/*
 * Continues the handshake, or takes up to `size` bytes of plain text out. Returns their number, or
 * 0 when more must be fed first. Errors, fatal: -ECONNRESET if the peer closed in order
 * (close_notify), -EPROTO if it broke the protocol (tls_error_text has the reason), -ENOBUFS,
 * -ENOMEM. After each call, errors included, there may be output (an alert) to send.
 */
long tls_read(struct tls *tls, void *data, size_t size);

/* The handshake is done and nothing was closed: tls_write may be called. */
bool tls_ready(const struct tls *tls);

/* Encrypts all of `size` bytes, in records of 16 KiB; the caller checks tls_output_size. 0, or
 * fatal: -EAGAIN if tls_ready is false, -ENOBUFS, -ENOMEM, -EPROTO. */
int tls_write(struct tls *tls, const void *data, size_t size);

/* The size, in bytes, of the cipher text to be sent, and the call that takes up to `size` bytes of
 * it. Returns the number of bytes. */
size_t tls_output_size(const struct tls *tls);
size_t tls_output(struct tls *tls, void *data, size_t size);

/* Queues a close_notify alert. Nothing can be written after it. */
void tls_close_notify(struct tls *tls);

/* The reason of the last error, for the log: "" before any error. */
const char *tls_error_text(const struct tls *tls);

#endif
