/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "net/selfsigned.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "base/text.h"

struct report {
    char *text;
    size_t size;
};

static int refuse(const struct report *report, int error, const char *path)
{
    char buf[64];
    snprintf(report->text, report->size, "%s: %s", path, error_text(error, buf, sizeof(buf)));
    return error;
}

static bool is_address(const char *name)
{
    struct in6_addr address;
    return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

/* Letters, digits, hyphens, dots between them: nothing with a meaning in OpenSSL's syntax of
 * extensions, which the names are inserted into. */
static bool is_dns_name(const char *name)
{
    size_t size = strlen(name);
    const char *s = strncmp(name, "*.", 2) == 0 ? name + 2 : name;
    if (size > 253 || *s == '\0' || *s == '.')
        return false;
    for (; *s != '\0'; s++) {
        bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
                     (*s >= '0' && *s <= '9') || *s == '-' || *s == '_' || *s == '.';
        if (!plain || (s[0] == '.' && s[1] == '.'))
            return false;
    }
    return true;
}

/* The value of the extension "subject alternative names" (RFC 5280 section 4.2.1.6). */
static int list_names(struct text *text, const char *const *names, size_t count,
                      const struct report *report)
{
    text_add(text, "DNS:localhost,IP:127.0.0.1,IP:::1");
    char host[256] = "";
    if (gethostname(host, sizeof(host) - 1) == 0 && is_dns_name(host) &&
        strcmp(host, "localhost") != 0 && !is_address(host))
        text_format(text, ",DNS:%s", host);
    for (size_t i = 0; i < count; i++) {
        bool address = is_address(names[i]);
        if (!address && !is_dns_name(names[i])) {
            snprintf(report->text, report->size, "\"%s\" is neither a host name nor an address",
                     names[i]);
            return -EINVAL;
        }
        text_format(text, ",%s:%s", address ? "IP" : "DNS", names[i]);
    }
    return text_error(text);
}

static bool add_extension(X509 *cert, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool added = extension != NULL && X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

/* 159 random bits: unique, and positive in 20 bytes (RFC 5280 section 4.1.2.2). */
static bool set_serial(X509 *cert)
{
    BIGNUM *number = BN_new();
    bool set = number != NULL && BN_rand(number, 159, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
               BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;
    BN_free(number);
    return set;
}

static bool set_subject(X509 *cert)
{
    X509_NAME *name = X509_get_subject_name(cert);
    return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
                                      (const unsigned char *)"cadcast, self-signed", -1, -1,
                                      0) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost",
                                      -1, -1, 0) == 1 &&
           X509_set_issuer_name(cert, name) == 1;
}

static X509 *make_certificate(EVP_PKEY *key, const char *names)
{
    X509 *cert = X509_new();
    if (cert == NULL)
        return NULL;
    /* The last second of the period counts as part of it: hence the 1. */
    const long hour = 3600, whole = (long)SELFSIGNED_DAYS * 86400;
    if (X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) && set_subject(cert) &&
        X509_gmtime_adj(X509_getm_notBefore(cert), -hour) != NULL &&
        X509_gmtime_adj(X509_getm_notAfter(cert), whole - hour - 1) != NULL &&
        X509_set_pubkey(cert, key) == 1 &&
        add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
        add_extension(cert, NID_key_usage, "critical,digitalSignature") &&
        add_extension(cert, NID_ext_key_usage, "serverAuth") &&
        add_extension(cert, NID_subject_key_identifier, "hash") &&
        add_extension(cert, NID_subject_alt_name, names) && X509_sign(cert, key, EVP_sha256()) > 0)
        return cert;
    X509_free(cert);
    return NULL;
}

/* Writes one of the two; `cert` NULL means the key. Whole or not at all. */
static int write_pem(const char *path, mode_t mode, X509 *cert, EVP_PKEY *key)
{
    char part[4096 + 16];
    snprintf(part, sizeof(part), "%s.XXXXXX", path);
    /* mkostemp creates it with mode 0600, so the key is never readable by others. */
    int fd = mkostemp(part, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = fchmod(fd, mode) < 0 ? -errno : 0;
    FILE *file = error < 0 ? NULL : fdopen(fd, "w");
    if (file == NULL) {
        error = error < 0 ? error : -errno;
        close(fd);
        unlink(part);
        return error;
    }
    errno = 0;
    int written = cert != NULL ? PEM_write_X509(file, cert)
                               : PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    if (written != 1 || fflush(file) != 0 || fsync(fd) < 0)
        error = errno == 0 ? -EIO : -errno;
    if (fclose(file) != 0 && error == 0)
        error = -errno;
    if (error == 0 && rename(part, path) < 0)
        error = -errno;
    if (error < 0)
        unlink(part);
    return error;
}

/* Whether one of the two files exists: the key may be the only one of a purchased certificate. Puts
 * its path into the report. */
static bool is_there(const char *folder, const struct report *report)
{
    static const char *const names[] = { "cert.pem", "key.pem" };
    struct stat st;
    bool there = false;
    for (size_t i = 0; !there && i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(report->text, report->size, "%s/%s", folder, names[i]);
        there = lstat(report->text, &st) == 0;
    }
    if (!there)
        report->text[0] = '\0';
    return there;
}

/* Key first: a reload that happens between the two finds a pair that does not match, logs it, and
 * keeps the old pair. */
static int write_pair(const char *folder, X509 *cert, EVP_PKEY *key, bool force,
                      const struct report *report)
{
    char path[4096];
    if (snprintf(path, sizeof(path), "%s/cert.pem", folder) >= (int)sizeof(path))
        return refuse(report, -ENAMETOOLONG, folder);
    if (!force && is_there(folder, report))
        return -EEXIST;
    if (mkdir(folder, 0700) < 0 && errno != EEXIST)
        return refuse(report, -errno, folder);
    snprintf(path, sizeof(path), "%s/key.pem", folder);
    int error = write_pem(path, 0600, NULL, key);
    if (error < 0)
        return refuse(report, error, path);
    snprintf(path, sizeof(path), "%s/cert.pem", folder);
    error = write_pem(path, 0644, cert, NULL);
    return error < 0 ? refuse(report, error, path) : 0;
}

/* Describes the certificate as browsers do. `names` is the extension's value. */
static int describe(struct text *made, X509 *cert, const char *names)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_size = 0;
    struct tm end = { 0 };
    char day[32];
    if (made == NULL)
        return 0;
    if (X509_digest(cert, EVP_sha256(), digest, &digest_size) != 1 ||
        ASN1_TIME_to_tm(X509_get0_notAfter(cert), &end) != 1)
        return -EIO;
    strftime(day, sizeof(day), "%Y-%m-%d %H:%M:%S", &end);
    text_add(made, "SHA-256 fingerprint: ");
    for (unsigned i = 0; i < digest_size; i++)
        text_format(made, "%s%02X", i == 0 ? "" : ":", digest[i]);
    text_add(made, "\nnames: ");
    for (const char *name = names; *name != '\0';) {
        /* Skips "DNS:" or "IP:". */
        size_t kind = strcspn(name, ":") + 1;
        size_t size = strcspn(name + kind, ",");
        text_format(made, "%s%.*s", name == names ? "" : ", ", (int)size, name + kind);
        name += kind + size;
        name += *name == ',';
    }
    text_format(made, "\nvalid until: %s UTC\n", day);
    return text_error(made);
}

int selfsigned_make(const char *folder, const char *const *names, size_t count, bool force,
                    struct text *made, char *error, size_t size)
{
    struct report report = { error, size };
    struct text list = { 0 };
    error[0] = '\0';
    int result = list_names(&list, names, count, &report);
    if (result == -ENOMEM)
        snprintf(error, size, "no memory");
    if (result < 0) {
        text_free(&list);
        return result;
    }
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = key == NULL ? NULL : make_certificate(key, text_string(&list));
    result = cert == NULL ? -EIO : describe(made, cert, text_string(&list));
    text_free(&list);
    if (result < 0)
        snprintf(error, size, "OpenSSL cannot make a certificate");
    else
        result = write_pair(folder, cert, key, force, &report);
    X509_free(cert);
    EVP_PKEY_free(key);
    return result;
}
