/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "net/tls_context.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/error.h"

/* A buffer for one line about a failure. */
struct report {
    char *text;
    size_t size;
};

/* Writes OpenSSL's last error about `path` into the report. */
static int refuse(const struct report *report, const char *path, const char *what)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);
    bool no_memory = ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
    snprintf(report->text, report->size, "%s: %s%s%s%s", path, what, reason == NULL ? "" : " (",
             reason == NULL ? "" : reason, reason == NULL ? "" : ")");
    ERR_clear_error();
    return no_memory ? -ENOMEM : -EINVAL;
}

/* Opens the file ourselves, because OpenSSL's own message does not distinguish a missing file from
 * one that we may not read. */
static int open_pem(const char *path, BIO **out, const struct report *report)
{
    char buf[64];
    errno = 0;
    *out = NULL;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        int error = errno == 0 ? -EIO : -errno;
        snprintf(report->text, report->size, "%s: %s", path, error_text(error, buf, sizeof(buf)));
        return error;
    }
    *out = BIO_new_fp(file, BIO_CLOSE);
    if (*out != NULL)
        return 0;
    fclose(file);
    snprintf(report->text, report->size, "%s: no memory", path);
    return -ENOMEM;
}

/* For a key with a pass phrase OpenSSL would ask at the terminal, and block the daemon. */
static int no_pass_phrase(char *buf, int size, int writing, void *data)
{
    if (data != NULL)
        *(bool *)data = true;
    return -1;
}

/* Loads the leaf, then its intermediate certificates. */
static int load_chain(SSL_CTX *ssl, const char *path, const struct report *report)
{
    BIO *bio;
    int error = open_pem(path, &bio, report);
    if (error < 0)
        return error;
    X509 *cert = PEM_read_bio_X509_AUX(bio, NULL, no_pass_phrase, NULL);
    if (cert == NULL || SSL_CTX_use_certificate(ssl, cert) != 1)
        error = refuse(report, path, "holds no usable certificate");
    X509_free(cert);
    while (error == 0) {
        X509 *next = PEM_read_bio_X509(bio, NULL, no_pass_phrase, NULL);
        if (next == NULL)
            break;
        if (SSL_CTX_add0_chain_cert(ssl, next) != 1) {
            X509_free(next);
            error = refuse(report, path, "a certificate of the chain cannot be used");
        }
    }
    /* The end of the file is reported as "no start line"; anything else is a broken certificate. */
    unsigned long code = ERR_peek_last_error();
    if (error == 0 && code != 0 && ERR_GET_REASON(code) != PEM_R_NO_START_LINE)
        error = refuse(report, path, "a certificate of the chain is broken");
    ERR_clear_error();
    BIO_free(bio);
    return error;
}

static int load_key(SSL_CTX *ssl, const char *path, const char *cert, const struct report *report)
{
    BIO *bio;
    int error = open_pem(path, &bio, report);
    if (error < 0)
        return error;
    bool encrypted = false;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_pass_phrase, &encrypted);
    BIO_free(bio);
    if (key == NULL)
        return refuse(report, path,
                      encrypted ? "the key has a pass phrase; remove it first"
                                : "holds no private key");
    /* OpenSSL compares them here, and again with SSL_CTX_check_private_key. */
    if (SSL_CTX_use_PrivateKey(ssl, key) != 1 || SSL_CTX_check_private_key(ssl) != 1) {
        char what[300];
        snprintf(what, sizeof(what), "is not the key of the certificate in %s", cert);
        error = refuse(report, path, what);
    }
    EVP_PKEY_free(key);
    return error;
}

/* Application-layer protocol negotiation (RFC 7301): this server speaks HTTP/1.1. A browser that
 * offers other protocols as well gets this one; a client that offers only others continues without
 * negotiation. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_size,
                           const unsigned char *in, unsigned in_size, void *data)
{
    for (unsigned i = 0; i < in_size; i += 1u + in[i]) {
        if (in[i] != 8 || in_size - i < 9 || memcmp(in + i + 1, "http/1.1", 8) != 0)
            continue;
        *out = in + i + 1;
        *out_size = 8;
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

static void set_options(SSL_CTX *ssl)
{
    SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
    SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    /* Buffers of 34 KB a connection are freed while it idles. */
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    /* Resumption by tickets, which the client keeps: a table here could be filled by peers. */
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(ssl, (const unsigned char *)"cadcast", 7);
    SSL_CTX_set_alpn_select_cb(ssl, choose_protocol, NULL);
}

static int check_dates(SSL_CTX *ssl, const char *path, const struct report *report)
{
    X509 *cert = SSL_CTX_get0_certificate(ssl);
    const ASN1_TIME *end = X509_get0_notAfter(cert);
    struct tm tm = { 0 };
    ASN1_TIME_to_tm(end, &tm);
    if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0) {
        snprintf(report->text, report->size, "%s: the certificate is not valid yet", path);
        return TLS_EXPIRED;
    }
    char date[32];
    strftime(date, sizeof(date), "%Y-%m-%d", &tm);
    if (X509_cmp_current_time(end) <= 0) {
        snprintf(report->text, report->size, "%s: the certificate expired on %s", path, date);
        return TLS_EXPIRED;
    }
    time_t soon = time(NULL) + (time_t)TLS_SOON_DAYS * 86400;
    if (X509_cmp_time(end, &soon) > 0)
        return 0;
    snprintf(report->text, report->size, "%s: the certificate expires on %s", path, date);
    return TLS_EXPIRES_SOON;
}

static int load(SSL_CTX **out, const char *cert, const char *key, const struct report *report)
{
    ERR_clear_error();
    report->text[0] = '\0';
    *out = NULL;
    SSL_CTX *ssl = SSL_CTX_new(TLS_server_method());
    if (ssl == NULL) {
        refuse(report, cert, "OpenSSL cannot be set up");
        return -ENOMEM;
    }
    set_options(ssl);
    int result = load_chain(ssl, cert, report);
    if (result == 0)
        result = load_key(ssl, key, cert, report);
    if (result < 0) {
        SSL_CTX_free(ssl);
        return result;
    }
    *out = ssl;
    return check_dates(ssl, cert, report);
}

int tls_context_new(struct tls_context **out, const char *cert, const char *key, char *error,
                    size_t size)
{
    struct report report = { error, size };
    *out = NULL;
    struct tls_context *context = calloc(1, sizeof(*context));
    if (context != NULL) {
        context->refs = 1;
        context->cert = strdup(cert);
        context->key = strdup(key);
        context->bio_method = tls_bio_method();
    }
    if (context == NULL || context->cert == NULL || context->key == NULL ||
        context->bio_method == NULL) {
        tls_context_unref(context);
        snprintf(error, size, "%s: no memory", cert);
        return -ENOMEM;
    }
    int result = load(&context->ssl, cert, key, &report);
    if (result < 0)
        tls_context_unref(context);
    else
        *out = context;
    return result;
}

int tls_context_reload(struct tls_context *context, char *error, size_t size)
{
    struct report report = { error, size };
    SSL_CTX *ssl;
    int result = load(&ssl, context->cert, context->key, &report);
    if (result < 0)
        return result;
    SSL_CTX_free(context->ssl);
    context->ssl = ssl;
    return result;
}

int tls_context_new_client(struct tls_context **out, const char *host)
{
    struct tls_context *context = calloc(1, sizeof(*context));
    *out = NULL;
    if (context == NULL)
        return -ENOMEM;
    context->refs = 1;
    context->host = strdup(host);
    context->bio_method = tls_bio_method();
    context->ssl = SSL_CTX_new(TLS_client_method());
    if (context->host == NULL || context->bio_method == NULL || context->ssl == NULL) {
        tls_context_unref(context);
        return -ENOMEM;
    }
    set_options(context->ssl);
    SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, NULL);
    /* Without one of the files no certificate is trusted, and the connection says so. */
    SSL_CTX_set_default_verify_paths(context->ssl);
    ERR_clear_error();
    *out = context;
    return 0;
}

struct tls_context *tls_context_ref(struct tls_context *context)
{
    context->refs++;
    return context;
}

void tls_context_unref(struct tls_context *context)
{
    if (context == NULL || --context->refs > 0)
        return;
    SSL_CTX_free(context->ssl);
    BIO_meth_free(context->bio_method);
    free(context->cert);
    free(context->key);
    free(context->host);
    free(context);
}
