/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/base64.h"
#include "web/http.h"
#include "web/ws.h"

/* The GUID of RFC 6455 section 1.3. */
#define WS_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/* Characters of a key, which is 16 bytes in base64 (RFC 6455 section 4.2.1). */
#define WS_KEY 24

/* Characters of its answer, 20 bytes in base64, and a zero. */
#define WS_ACCEPT 29

static bool is_key(const char *key)
{
    uint8_t bytes[32];
    return key != NULL && strlen(key) == WS_KEY && base64_decode(bytes, key, WS_KEY) == 16;
}

int ws_check_handshake(const struct http *http, const char **why)
{
    *why = NULL;
    if (strcmp(http_method(http), "GET") != 0)
        *why = "a WebSocket begins with GET";
    else if (http->parser.http_minor < 1)
        *why = "a WebSocket needs HTTP/1.1";
    else if (!http_header_has_token(http, "Connection", "upgrade"))
        *why = "Connection does not say Upgrade";
    else if (http_header_count(http, "Sec-WebSocket-Key") != 1 ||
             !is_key(http_header(http, "Sec-WebSocket-Key")))
        *why = "Sec-WebSocket-Key is not 16 bytes in base64";
    if (*why != NULL)
        return 400;
    const char *version = http_header(http, "Sec-WebSocket-Version");
    if (version == NULL || strcmp(version, "13") != 0) {
        *why = "Sec-WebSocket-Version is not 13";
        return 426;
    }
    return 0;
}

/* Computes the answer to a key (RFC 6455 section 4.2.2), with a zero behind it. */
static void answer_key(char out[WS_ACCEPT], const char *key)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_size = 0;
    char text[WS_KEY + sizeof(WS_GUID)];
    memcpy(text, key, WS_KEY);
    memcpy(text + WS_KEY, WS_GUID, sizeof(WS_GUID));
    EVP_Digest(text, sizeof(text) - 1, digest, &digest_size, EVP_sha1(), NULL);
    EVP_EncodeBlock((uint8_t *)out, digest, (int)digest_size);
}

size_t ws_handshake_answer(const struct http *http, char *out, size_t size)
{
    char accept[WS_ACCEPT];
    answer_key(accept, http_header(http, "Sec-WebSocket-Key"));
    return (size_t)snprintf(out, size,
                            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                            "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                            accept);
}
