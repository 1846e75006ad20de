/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cmocka.h>

#include "net/selfsigned.h"
#include "net/tls.h"
#include "slow.h"

/* A folder of its own for each test, with a certificate in it. */
struct files {
    char folder[64];
    char cert[96];
    char key[96];
};

static void make_files(struct files *files)
{
    char error[300];
    snprintf(files->folder, sizeof(files->folder), "/tmp/cadcast-tls-XXXXXX");
    assert_non_null(mkdtemp(files->folder));
    snprintf(files->cert, sizeof(files->cert), "%s/cert.pem", files->folder);
    snprintf(files->key, sizeof(files->key), "%s/key.pem", files->folder);
    if (selfsigned_make(files->folder, NULL, 0, true, NULL, error, sizeof(error)) != 0)
        fail_msg("%s", error);
}

static void remove_files(struct files *files)
{
    unlink(files->cert);
    unlink(files->key);
    rmdir(files->folder);
}

static struct tls_context *context_of(const struct files *files)
{
    struct tls_context *context;
    char error[300];
    if (tls_context_new(&context, files->cert, files->key, error, sizeof(error)) != 0)
        fail_msg("%s", error);
    return context;
}

/* The other end: a client of OpenSSL's own, with memory BIOs. */
struct client {
    SSL_CTX *context;
    SSL *ssl;
    SSL_SESSION *session; /* the newest ticket */
};

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct client *client = SSL_get_app_data(ssl);
    SSL_SESSION_free(client->session);
    client->session = session;
    return 1;
}

static void client_open(struct client *client, int version)
{
    memset(client, 0, sizeof(*client));
    client->context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(client->context, version);
    SSL_CTX_set_max_proto_version(client->context, version);
    /* The security level disables old versions before their number is checked. */
    if (version < TLS1_2_VERSION)
        SSL_CTX_set_security_level(client->context, 0);
    SSL_CTX_set_session_cache_mode(client->context, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(client->context, keep_session);
}

static void client_start(struct client *client)
{
    SSL_free(client->ssl);
    client->ssl = SSL_new(client->context);
    SSL_set_app_data(client->ssl, client);
    SSL_set_bio(client->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(client->ssl);
    SSL_set_tlsext_host_name(client->ssl, "localhost");
    if (client->session != NULL)
        SSL_set_session(client->ssl, client->session);
    SSL_do_handshake(client->ssl);
}

static void client_close(struct client *client)
{
    SSL_SESSION_free(client->session);
    SSL_free(client->ssl);
    SSL_CTX_free(client->context);
}

/* Carries bytes both ways, `step` at a time, until both are silent. What the server reads goes to
 * `got`. Returns its last result below 0, or 0. */
static long carry(struct client *client, struct tls *tls, size_t step, char *got, size_t *size)
{
    char wire[20000], plain[16384];
    bool moved = true;
    while (moved) {
        moved = false;
        long n = BIO_read(SSL_get_wbio(client->ssl), wire, (int)step);
        if (n > 0) {
            assert_int_equal(tls_feed(tls, wire, (size_t)n), 0);
            moved = true;
        }
        while ((n = tls_read(tls, plain, sizeof(plain))) > 0) {
            if (got != NULL)
                memcpy(got + *size, plain, (size_t)n);
            if (size != NULL)
                *size += (size_t)n;
        }
        if (n < 0 && tls_output_size(tls) == 0)
            return n;
        size_t out = tls_output(tls, wire, step);
        if (out > 0) {
            BIO_write(SSL_get_rbio(client->ssl), wire, (int)out);
            moved = true;
        }
        if (!SSL_is_init_finished(client->ssl))
            SSL_do_handshake(client->ssl);
        else if (out > 0)
            SSL_peek(client->ssl, wire, 1); /* takes in tickets */
    }
    return 0;
}

static void check_talk(struct client *client, struct tls *tls, size_t step)
{
    char got[100], back[100];
    size_t size = 0;
    assert_int_equal(carry(client, tls, step, got, &size), 0);
    assert_true(tls_ready(tls));
    assert_true(SSL_is_init_finished(client->ssl));
    assert_int_equal(SSL_write(client->ssl, "question", 8), 8);
    assert_int_equal(carry(client, tls, step, got, &size), 0);
    assert_int_equal(size, 8);
    assert_memory_equal(got, "question", 8);
    assert_int_equal(tls_write(tls, "answer", 6), 0);
    assert_int_equal(carry(client, tls, step, got, &size), 0);
    assert_int_equal(SSL_read(client->ssl, back, sizeof(back)), 6);
    assert_memory_equal(back, "answer", 6);
}

static void test_both_versions_in_pieces_of_any_size(void **state)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    static const size_t steps[] = { 1, 2, 7, 100, 16384 };
    struct files files;
    make_files(&files);
    struct tls_context *context = context_of(&files);
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < 5; k++) {
            struct client client;
            client_open(&client, versions[i]);
            client_start(&client);
            struct tls *tls = tls_new(context);
            assert_false(tls_ready(tls));
            assert_int_equal(tls_write(tls, "x", 1), -EAGAIN);
            check_talk(&client, tls, steps[k]);
            assert_string_equal(SSL_get_version(client.ssl), i == 0 ? "TLSv1.2" : "TLSv1.3");
            assert_string_equal(tls_error_text(tls), "");
            tls_free(tls);
            client_close(&client);
        }
    }
    tls_context_unref(context);
    remove_files(&files);
}

static void test_old_versions_are_refused(void **state)
{
    struct files files;
    make_files(&files);
    struct tls_context *context = context_of(&files);
    struct client client;
    client_open(&client, TLS1_1_VERSION);
    client_start(&client);
    struct tls *tls = tls_new(context);
    assert_int_equal(carry(&client, tls, 1000, NULL, NULL), -EPROTO);
    assert_string_equal(tls_error_text(tls), "unsupported protocol");
    tls_free(tls);
    client_close(&client);
    tls_context_unref(context);
    remove_files(&files);
}

static void test_protocol_is_http_1_1(void **state)
{
    static const struct {
        const char *offer, *chosen;
    } cases[] = {
        { "\x02h2\x08http/1.1", "http/1.1" },
        { "\x08http/1.1", "http/1.1" },
        { "\x02h2", "" },
        { "\x08http/1.0\x09http/1.1x", "" },
    };
    struct files files;
    make_files(&files);
    struct tls_context *context = context_of(&files);
    for (size_t i = 0; i < 4; i++) {
        struct client client;
        const unsigned char *chosen;
        unsigned size = 0;
        client_open(&client, TLS1_3_VERSION);
        SSL_CTX_set_alpn_protos(client.context, (const unsigned char *)cases[i].offer,
                                (unsigned)strlen(cases[i].offer));
        client_start(&client);
        struct tls *tls = tls_new(context);
        check_talk(&client, tls, 1000);
        SSL_get0_alpn_selected(client.ssl, &chosen, &size);
        assert_int_equal(size, strlen(cases[i].chosen));
        assert_memory_equal(size == 0 ? "" : (const char *)chosen, cases[i].chosen, size);
        tls_free(tls);
        client_close(&client);
    }
    tls_context_unref(context);
    remove_files(&files);
}

static bool talk_resumes(struct client *client, struct tls_context *context)
{
    client_start(client);
    struct tls *tls = tls_new(context);
    check_talk(client, tls, 1000);
    bool resumed = SSL_session_reused(client->ssl) == 1;
    tls_free(tls);
    SSL_shutdown(client->ssl);
    return resumed;
}

static void test_sessions_are_resumed_until_a_reload(void **state)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    struct files files;
    char error[300];
    make_files(&files);
    struct tls_context *context = context_of(&files);
    for (size_t i = 0; i < 2; i++) {
        struct client client;
        client_open(&client, versions[i]);
        assert_false(talk_resumes(&client, context));
        assert_true(talk_resumes(&client, context));
        assert_true(talk_resumes(&client, context));
        assert_int_equal(tls_context_reload(context, error, sizeof(error)), 0);
        assert_false(talk_resumes(&client, context));
        assert_true(talk_resumes(&client, context));
        client_close(&client);
    }
    tls_context_unref(context);
    remove_files(&files);
}

static long serial_seen(const struct client *client)
{
    X509 *cert = SSL_get1_peer_certificate(client->ssl);
    long serial = (long)(ASN1_STRING_get0_data(X509_get0_serialNumber(cert))[5] << 8 |
                         ASN1_STRING_get0_data(X509_get0_serialNumber(cert))[6]);
    X509_free(cert);
    return serial;
}

static void test_reload_leaves_connections_alone(void **state)
{
    struct files files;
    struct client old, new;
    char error[300];
    make_files(&files);
    struct tls_context *context = context_of(&files);
    client_open(&old, TLS1_3_VERSION);
    client_start(&old);
    struct tls *before = tls_new(context);
    check_talk(&old, before, 1000);
    /* First broken files: everything stays as it was. */
    FILE *file = fopen(files.cert, "w");
    fclose(file);
    assert_int_equal(tls_context_reload(context, error, sizeof(error)), -EINVAL);
    assert_non_null(strstr(error, files.cert));
    assert_int_equal(selfsigned_make(files.folder, NULL, 0, true, NULL, error, sizeof(error)), 0);
    struct tls *meanwhile = tls_new(context);
    client_open(&new, TLS1_3_VERSION);
    client_start(&new);
    check_talk(&new, meanwhile, 1000);
    assert_int_equal(serial_seen(&new), serial_seen(&old));
    tls_free(meanwhile);
    client_close(&new);
    /* Then good ones. */
    assert_int_equal(tls_context_reload(context, error, sizeof(error)), 0);
    assert_string_equal(error, "");
    struct tls *after = tls_new(context);
    client_open(&new, TLS1_3_VERSION);
    client_start(&new);
    check_talk(&new, after, 1000);
    assert_int_not_equal(serial_seen(&new), serial_seen(&old));
    check_talk(&old, before, 1000);
    /* Nor do they need the context any more. */
    tls_context_unref(context);
    check_talk(&old, before, 1000);
    tls_free(before);
    tls_free(after);
    client_close(&old);
    client_close(&new);
    remove_files(&files);
}

static void test_goodbye_and_truncation(void **state)
{
    struct files files;
    make_files(&files);
    struct tls_context *context = context_of(&files);
    for (int cut = 0; cut < 2; cut++) {
        struct client client;
        char wire[1000], plain[10];
        client_open(&client, TLS1_3_VERSION);
        client_start(&client);
        struct tls *tls = tls_new(context);
        check_talk(&client, tls, 1000);
        if (cut)
            SSL_write(client.ssl, "lost", 4);
        else
            SSL_shutdown(client.ssl);
        long n = BIO_read(SSL_get_wbio(client.ssl), wire, sizeof(wire));
        tls_feed(tls, wire, (size_t)(cut ? n - 1 : n));
        assert_int_equal(tls_read(tls, plain, sizeof(plain)), cut ? 0 : -ECONNRESET);
        tls_close_notify(tls);
        tls_close_notify(tls);
        size_t out = tls_output(tls, wire, sizeof(wire));
        assert_true(out > 0 && out < 50);
        assert_false(tls_ready(tls));
        BIO_write(SSL_get_rbio(client.ssl), wire, (int)out);
        assert_int_equal(SSL_read(client.ssl, plain, sizeof(plain)), 0);
        assert_int_equal(SSL_get_error(client.ssl, 0), SSL_ERROR_ZERO_RETURN);
        tls_free(tls);
        client_close(&client);
    }
    tls_context_unref(context);
    remove_files(&files);
}

static void test_garbage_is_an_error_with_a_name(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } garbage[] = {
        { "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 35 },
        { "\x16\x03\x01\x00\x04zzzz", 9 },
        { "\x16\x03\x01\xff\xff longer than any record may be", 34 },
        { "\x80\x0b\x01\x00\x02 a hello of 1995", 13 },
        { "\x17\x03\x03\x00\x05hello", 10 },
        { "\x15\x03\x01\x00\x02\x02\x28", 7 }, /* an alert: handshake failure */
    };
    struct files files;
    make_files(&files);
    struct tls_context *context = context_of(&files);
    for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
        char plain[10];
        struct tls *tls = tls_new(context);
        assert_int_equal(tls_feed(tls, garbage[i].bytes, garbage[i].size), 0);
        if (tls_read(tls, plain, sizeof(plain)) != -EPROTO)
            fail_msg("garbage %zu was taken", i);
        assert_string_not_equal(tls_error_text(tls), "");
        /* The error stays, whatever is called next. */
        assert_int_equal(tls_read(tls, plain, sizeof(plain)), -EPROTO);
        assert_int_equal(tls_feed(tls, "x", 1), -EPROTO);
        assert_int_equal(tls_write(tls, "x", 1), -EPROTO);
        tls_close_notify(tls);
        tls_free(tls);
    }
    assert_true(tls_is_client_hello(0x16));
    assert_false(tls_is_client_hello('G'));
    tls_context_unref(context);
    remove_files(&files);
}

static void test_damage_on_the_way_is_noticed(void **state)
{
    struct files files;
    make_files(&files);
    struct tls_context *context = context_of(&files);
    struct client client;
    char wire[1000], plain[100];
    client_open(&client, TLS1_3_VERSION);
    client_start(&client);
    struct tls *tls = tls_new(context);
    check_talk(&client, tls, 1000);
    SSL_write(client.ssl, "important", 9);
    long n = BIO_read(SSL_get_wbio(client.ssl), wire, sizeof(wire));
    wire[n - 1] ^= 1;
    tls_feed(tls, wire, (size_t)n);
    assert_int_equal(tls_read(tls, plain, sizeof(plain)), -EPROTO);
    assert_string_equal(tls_error_text(tls), "decryption failed or bad record mac");
    assert_true(tls_output_size(tls) > 0); /* the alert */
    tls_free(tls);
    client_close(&client);
    tls_context_unref(context);
    remove_files(&files);
}

static void test_floods_are_bounded(void **state)
{
    struct files files;
    make_files(&files);
    struct tls_context *context = context_of(&files);
    struct client client;
    static char bytes[100000];
    int error = 0;
    struct tls *tls = tls_new(context);
    for (int i = 0; i < 20 && error == 0; i++)
        error = tls_feed(tls, bytes, sizeof(bytes));
    assert_int_equal(error, -ENOBUFS);
    tls_free(tls);
    /* A peer that never reads and makes us write: each key update asks for one in return. */
    client_open(&client, TLS1_3_VERSION);
    client_start(&client);
    tls = tls_new(context);
    check_talk(&client, tls, 1000);
    long n = 0;
    for (unsigned i = slow_rounds(200000); i > 0 && n == 0; i--) {
        char wire[1000], plain[10];
        SSL_key_update(client.ssl, SSL_KEY_UPDATE_REQUESTED);
        SSL_do_handshake(client.ssl);
        long size = BIO_read(SSL_get_wbio(client.ssl), wire, sizeof(wire));
        n = size > 0 ? tls_feed(tls, wire, (size_t)size) : 0;
        if (n == 0)
            n = tls_read(tls, plain, sizeof(plain));
    }
    assert_true(tls_output_size(tls) <= TLS_BUFFER_MAX);
    tls_free(tls);
    client_close(&client);
    tls_context_unref(context);
    remove_files(&files);
}

static void test_a_large_model_comes_whole(void **state)
{
    enum { SLICE = 16384 };
    const size_t whole = slow_rounds(69 * 1000 * 1000);
    struct files files;
    struct client client;
    static char wire[100000], plain[SLICE], back[SLICE];
    make_files(&files);
    struct tls_context *context = context_of(&files);
    client_open(&client, TLS1_3_VERSION);
    client_start(&client);
    struct tls *tls = tls_new(context);
    check_talk(&client, tls, 1000);
    size_t sent = 0, received = 0, most = 0;
    clock_t spent = 0;
    while (received < whole) {
        clock_t from = clock();
        while (sent < whole && tls_output_size(tls) < 65536) {
            memset(plain, (int)(sent / SLICE), SLICE);
            size_t n = whole - sent < SLICE ? whole - sent : SLICE;
            assert_int_equal(tls_write(tls, plain, n), 0);
            sent += n;
        }
        most = tls_output_size(tls) > most ? tls_output_size(tls) : most;
        size_t out = tls_output(tls, wire, sizeof(wire));
        spent += clock() - from;
        BIO_write(SSL_get_rbio(client.ssl), wire, (int)out);
        int n;
        while ((n = SSL_read(client.ssl, back, SLICE)) > 0) {
            assert_int_equal(back[0], (char)(received / SLICE));
            received += (size_t)n;
        }
    }
    assert_int_equal(received, whole);
    assert_true(most < 65536 + 2 * SLICE);
    print_message("%.2f GB/s encrypted, %zu bytes waiting at most\n",
                  (double)whole / 1e9 / ((double)spent / CLOCKS_PER_SEC), most);
    tls_free(tls);
    client_close(&client);
    tls_context_unref(context);
    remove_files(&files);
}

static int load_error(const char *cert, const char *key, const char *word)
{
    struct tls_context *context;
    char error[400];
    int result = tls_context_new(&context, cert, key, error, sizeof(error));
    if (strstr(error, word) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error, word);
    assert_null(context);
    return result;
}

static void write_key(const char *path, const char *pass)
{
    FILE *file = fopen(path, "w");
    EVP_PKEY *key = EVP_EC_gen("P-256");
    PEM_write_PrivateKey(file, key, pass == NULL ? NULL : EVP_aes_128_cbc(),
                         (const unsigned char *)pass, pass == NULL ? 0 : (int)strlen(pass), NULL,
                         NULL);
    EVP_PKEY_free(key);
    fclose(file);
}

static void test_bad_files_are_named(void **state)
{
    struct files files;
    make_files(&files);
    assert_int_equal(load_error("/nonexistent/c.pem", files.key, "/nonexistent/c.pem: No such"),
                     -ENOENT);
    assert_int_equal(load_error(files.cert, "/nonexistent/k.pem", "/nonexistent/k.pem: No such"),
                     -ENOENT);
    assert_int_equal(load_error(files.key, files.key, "key.pem: holds no usable certificate"),
                     -EINVAL);
    assert_int_equal(load_error(files.cert, files.cert, "cert.pem: holds no private key"), -EINVAL);
    assert_int_equal(load_error("/dev/null", files.key, "holds no usable certificate"), -EINVAL);
    assert_true(load_error(files.folder, files.key, files.folder) < 0);
    write_key(files.key, NULL);
    assert_int_equal(load_error(files.cert, files.key, "is not the key of the certificate in"),
                     -EINVAL);
    write_key(files.key, "secret");
    assert_int_equal(load_error(files.cert, files.key, "pass phrase"), -EINVAL);
    remove_files(&files);
}

/* Signs the certificate anew with other dates, in days from now. */
static void redate(const struct files *files, int from, int to)
{
    FILE *file = fopen(files->cert, "r");
    X509 *cert = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    file = fopen(files->key, "r");
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    X509_gmtime_adj(X509_getm_notBefore(cert), from * 86400L);
    X509_gmtime_adj(X509_getm_notAfter(cert), to * 86400L);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    file = fopen(files->cert, "w");
    PEM_write_X509(file, cert);
    fclose(file);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static void test_expiry_is_noticed(void **state)
{
    static const struct {
        int from, to, result;
        const char *word;
    } cases[] = {
        { -10, -1, TLS_EXPIRED, "the certificate expired on " },
        { 5, 100, TLS_EXPIRED, "is not valid yet" },
        { -10, 3, TLS_EXPIRES_SOON, "the certificate expires on " },
        { -10, 100, 0, "" },
    };
    struct files files;
    struct tls_context *context;
    char error[300];
    make_files(&files);
    for (size_t i = 0; i < 4; i++) {
        redate(&files, cases[i].from, cases[i].to);
        int result = tls_context_new(&context, files.cert, files.key, error, sizeof(error));
        assert_int_equal(result, cases[i].result);
        assert_non_null(strstr(error, cases[i].word));
        assert_non_null(context);
        assert_int_equal(tls_context_reload(context, error, sizeof(error)), cases[i].result);
        assert_non_null(strstr(error, cases[i].word));
        tls_context_unref(context);
    }
    remove_files(&files);
}

static void test_self_signed_certificate(void **state)
{
    static const char *const names[] = { "cad.example.org", "*.example.org", "192.168.1.5",
                                         "fd00::5" };
    static const char *const bad[] = { "",   "a b", "a,DNS:evil.example",  "a..b",
                                       ".a", "*",   "caf\xc3\xa9.example", "a/b" };
    struct files files;
    struct stat st;
    char error[300];
    make_files(&files);
    assert_int_equal(selfsigned_make(files.folder, names, 4, true, NULL, error, sizeof(error)), 0);
    assert_int_equal(stat(files.key, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    FILE *file = fopen(files.cert, "r");
    X509 *cert = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    assert_int_equal(X509_check_host(cert, "localhost", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(cert, "cad.example.org", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(cert, "b.example.org", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(cert, "evil.example", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ip_asc(cert, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(cert, "::1", 0), 1);
    assert_int_equal(X509_check_ip_asc(cert, "192.168.1.5", 0), 1);
    assert_int_equal(X509_check_ip_asc(cert, "fd00::5", 0), 1);
    int days, seconds;
    assert_int_equal(
        ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(cert), X509_get0_notAfter(cert)), 1);
    assert_true(days == SELFSIGNED_DAYS - 1 && seconds == 86399);
    X509_free(cert);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(
            selfsigned_make(files.folder, &bad[i], 1, true, NULL, error, sizeof(error)), -EINVAL);
        assert_non_null(strstr(error, "neither a host name nor an address"));
    }
    assert_int_equal(selfsigned_make("/nonexistent/a", NULL, 0, true, NULL, error, sizeof(error)),
                     -ENOENT);
    assert_non_null(strstr(error, "/nonexistent/a: No such"));
    remove_files(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_versions_in_pieces_of_any_size),
        cmocka_unit_test(test_old_versions_are_refused),
        cmocka_unit_test(test_protocol_is_http_1_1),
        cmocka_unit_test(test_sessions_are_resumed_until_a_reload),
        cmocka_unit_test(test_reload_leaves_connections_alone),
        cmocka_unit_test(test_goodbye_and_truncation),
        cmocka_unit_test(test_garbage_is_an_error_with_a_name),
        cmocka_unit_test(test_damage_on_the_way_is_noticed),
        cmocka_unit_test(test_floods_are_bounded),
        cmocka_unit_test(test_a_large_model_comes_whole),
        cmocka_unit_test(test_bad_files_are_named),
        cmocka_unit_test(test_expiry_is_noticed),
        cmocka_unit_test(test_self_signed_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
