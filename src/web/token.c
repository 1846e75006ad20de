/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "web/token.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/sys.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int token_make(char out[TOKEN_MADE + 1])
{
    uint8_t bytes[18] = { 0 };
    int error = sys_random(bytes, 16);
    if (error < 0)
        return error;
    for (unsigned i = 0; i < TOKEN_MADE; i++) {
        unsigned bit = i * 6;
        unsigned pair = (unsigned)bytes[bit / 8] << 8 | bytes[bit / 8 + 1];
        out[i] = alphabet[pair >> (10 - bit % 8) & 63];
    }
    out[TOKEN_MADE] = '\0';
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return 0;
}

bool token_valid(const char *token)
{
    size_t size = strlen(token);
    for (size_t i = 0; i < size; i++) {
        if (strchr(alphabet, token[i]) == NULL && strchr(".~", token[i]) == NULL)
            return false;
    }
    return size >= TOKEN_MIN && size <= TOKEN_MAX;
}

bool token_same(const char *token, const char *given, size_t size)
{
    /* Both are copied into blocks of one size, so that the time depends neither on the length nor
     * on the first difference. */
    char right[TOKEN_MAX + 1] = { 0 }, wrong[TOKEN_MAX + 1] = { 0 };
    if (token[0] == '\0' || size > TOKEN_MAX)
        return false;
    strncpy(right, token, TOKEN_MAX);
    memcpy(wrong, given, size);
    return CRYPTO_memcmp(right, wrong, sizeof(right)) == 0;
}

static enum token_found judge(const char *token, const char *given, size_t size)
{
    return token_same(token, given, size) ? TOKEN_RIGHT : TOKEN_WRONG;
}

static bool is_token_field(const char *field, size_t size)
{
    return size >= 6 && memcmp(field, "token=", 6) == 0;
}

enum token_found token_in_query(const char *target, const char *token)
{
    const char *field = strchr(target, '?');
    while (field != NULL) {
        field++;
        size_t size = strcspn(field, "&");
        if (is_token_field(field, size))
            return judge(token, field + 6, size - 6);
        field = field[size] == '&' ? field + size : NULL;
    }
    return TOKEN_NONE;
}

enum token_found token_in_cookies(const char *header, const char *name, const char *token)
{
    enum token_found found = TOKEN_NONE;
    size_t name_size = name == NULL ? 0 : strlen(name);
    if (header == NULL || name_size == 0 || token == NULL)
        return TOKEN_NONE;
    while (*header != '\0' && found != TOKEN_RIGHT) {
        header += strspn(header, " \t;");
        size_t size = strcspn(header, ";");
        const char *next = header + size;
        while (size > 0 && (header[size - 1] == ' ' || header[size - 1] == '\t'))
            size--;
        if (size > name_size && memcmp(header, name, name_size) == 0 && header[name_size] == '=')
            found = judge(token, header + name_size + 1, size - name_size - 1);
        header = next;
    }
    return found;
}

enum token_found token_in_authorization(const char *header, const char *token)
{
    if (header == NULL || strncasecmp(header, "Bearer ", 7) != 0)
        return TOKEN_NONE;
    header += 7 + strspn(header + 7, " ");
    size_t size = strlen(header);
    while (size > 0 && header[size - 1] == ' ')
        size--;
    return judge(token, header, size);
}

/* Appends bytes; those that are not safe in a header and in an HTML attribute are
 * percent-encoded. */
static void add_plain(struct text *out, const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c <= 0x20 || c >= 0x7f || strchr("\"'<>\\`", c) != NULL)
            text_format(out, "%%%02X", c);
        else
            text_add_bytes(out, data + i, 1);
    }
}

void token_cut(struct text *out, const char *target)
{
    size_t path = strcspn(target, "?#");
    size_t segment = path;
    while (segment > 0 && target[segment - 1] != '/')
        segment--;
    text_add(out, "./");
    add_plain(out, target + segment, path - segment);
    const char *separator = "?";
    const char *field = target[path] == '?' ? target + path + 1 : "";
    while (*field != '\0') {
        size_t size = strcspn(field, "&");
        if (size > 0 && !is_token_field(field, size)) {
            text_add(out, separator);
            add_plain(out, field, size);
            separator = "&";
        }
        field += size + (field[size] == '&');
    }
}
