/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_TLS_CONTEXT_H
#define CADCAST_NET_TLS_CONTEXT_H

#include <openssl/ssl.h>

#include "net/tls.h"

/* Shared by tls.c and tls_context.c alone; other files include net/tls.h. */
struct tls_context {
    unsigned refs;
    SSL_CTX *ssl;           /* counted by OpenSSL: each connection holds a reference of its own */
    BIO_METHOD *bio_method; /* shared with the connections, see tls_context_unref */
    char *cert;             /* paths, for the reload */
    char *key;
    char *host; /* of the servers that clients of this context ask for; NULL: it is a server's */
};

/* The table of functions that joins OpenSSL to a struct tls. NULL: no memory. */
BIO_METHOD *tls_bio_method(void);

#endif
