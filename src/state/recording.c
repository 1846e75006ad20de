/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Writes recordings: a frame of zstd (RFC 8878) a picture, behind a frame to skip that says what
 * the file is. */
#include "state/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "state/state_named.h"
#include "state/state_record.h"

#define VERSION 1
#define SKIPPABLE 0x184D2A5Cu /* one of the magic numbers of RFC 8878 section 3.1.2 */
#define PIECE ((size_t)128 * 1024)

static const char magic[8] = { 'c', 'a', 'd', 'r', 'e', 'c', '\r', '\n' };

/* For people who look into the file. */
static const char says[] = "A recording of cadcast. The models that were shown are inside, whole. "
                           "Play it: cadcast replay FILE\n";

_Static_assert(24 + sizeof(says) <= RECORDING_HEAD, "the sentence is too long");

/* The hashes of a picture's records. */
struct content {
    uint64_t number; /* of the picture */
    bool there[STATE_KINDS];
    uint8_t hash[STATE_KINDS][HASH_SHA256];
};

/* What the recording has of a session. */
struct session_place {
    struct state_named of;
    struct content content;
};

/* One picture on its way to the file. */
struct writing {
    struct recording *recording;
    uint64_t size; /* of the file, with what was written of the picture */
    uint8_t *room; /* PIECE bytes of output */
    int error;     /* below 0, or RECORDING_FULL */
};

void recording_picture_free(struct recording_picture *picture)
{
    state_records_free(&picture->records);
    memset(picture, 0, sizeof(*picture));
}

/* ---- the head ---- */

static void make_head(uint8_t head[RECORDING_HEAD])
{
    memset(head, 0, RECORDING_HEAD);
    bytes_put(head, SKIPPABLE, 4);
    bytes_put(head + 4, RECORDING_HEAD - 8, 4);
    memcpy(head + 8, magic, sizeof(magic));
    bytes_put(head + 16, VERSION, 4);
    memcpy(head + 24, says, sizeof(says) - 1);
}

int recording_check_head(const uint8_t head[RECORDING_HEAD])
{
    if (bytes_get(head, 4) != SKIPPABLE || bytes_get(head + 4, 4) != RECORDING_HEAD - 8 ||
        memcmp(head + 8, magic, sizeof(magic)) != 0 || bytes_get(head + 20, 4) != 0)
        return -EBADMSG;
    uint64_t version = bytes_get(head + 16, 4);
    if (version != VERSION)
        return version > VERSION && version < 1000 ? -EPROTO : -EBADMSG;
    return 0;
}

void recording_why(int error, struct text *why)
{
    char text[64];
    const char *reason = error == -EBADMSG   ? "it is damaged, or not a recording of cadcast"
                         : error == -EPROTO  ? "it is a recording of a later version"
                         : error == -EBUSY   ? "another process writes it"
                         : error == -ENODATA ? "it was cut off"
                         : error == -EFBIG   ? "it is too large"
                                             : error_text(error, text, sizeof(text));
    text_add(why, reason);
}

static int check_file(int fd)
{
    uint8_t head[RECORDING_HEAD];
    ssize_t n = pread(fd, head, sizeof(head), 0);
    if (n < 0)
        return -errno;
    return (size_t)n < sizeof(head) ? -EBADMSG : recording_check_head(head);
}

static int begin_file(int fd)
{
    uint8_t head[RECORDING_HEAD];
    make_head(head);
    int error = file_write(fd, head, sizeof(head));
    /* A later process does not go on with a file that has half a head. */
    return error < 0 && ftruncate(fd, 0) < 0 ? -errno : error;
}

static int open_file(struct recording *recording, int fd)
{
    struct stat st;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EBADMSG;
    recording->settled = st.st_size == 0;
    recording->size = RECORDING_HEAD;
    return st.st_size == 0 ? begin_file(fd) : check_file(fd);
}

int recording_open(struct recording *recording, const char *path, uint64_t limit)
{
    *recording = (struct recording){ .fd = -1, .limit = limit };
    list_init(&recording->sessions);
    /* A FIFO would be waited for. */
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
    if (fd < 0)
        return -errno;
    int error = open_file(recording, fd);
    if (error == 0 && (recording->context = ZSTD_createCCtx()) == NULL)
        error = -ENOMEM;
    if (error < 0)
        close(fd);
    else
        recording->fd = fd;
    return error;
}

static void forget_sessions(struct recording *recording)
{
    list_each(pos, next, &recording->sessions) {
        list_remove(pos);
        free(list_entry(pos, struct session_place, of.link));
    }
}

void recording_close(struct recording *recording)
{
    if (recording->fd < 0)
        return;
    forget_sessions(recording);
    ZSTD_freeCCtx(recording->context);
    close(recording->fd);
    recording->fd = -1;
}

/* ---- going on with a file ---- */

/* Where the last whole frame ends. */
static uint64_t whole_frames(const uint8_t *bytes, size_t size)
{
    size_t at = 0;
    while (at < size) {
        size_t frame = ZSTD_findFrameCompressedSize(bytes + at, size - at);
        if (ZSTD_isError(frame))
            break;
        at += frame;
    }
    return at;
}

/* Finds the end of the whole pictures, and cuts off what a killed process left behind it. */
static int settle(struct recording *recording)
{
    struct stat st;
    if (fstat(recording->fd, &st) < 0)
        return -errno;
    void *bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, recording->fd, 0);
    if (bytes == MAP_FAILED)
        return -errno;
    recording->size = whole_frames(bytes, (size_t)st.st_size);
    munmap(bytes, (size_t)st.st_size);
    if (ftruncate(recording->fd, (off_t)recording->size) < 0)
        return -errno;
    recording->settled = true;
    return 0;
}

/* ---- a picture ---- */

static void out(struct writing *writing, size_t size)
{
    const struct recording *recording = writing->recording;
    if (size == 0 || writing->error != 0)
        return;
    if (recording->limit > 0 && writing->size + size > recording->limit)
        writing->error = RECORDING_FULL;
    else
        writing->error = file_write(recording->fd, writing->room, size);
    writing->size += size;
}

static void compress(struct writing *writing, const void *data, size_t size, ZSTD_EndDirective how)
{
    ZSTD_inBuffer in = { data, size, 0 };
    size_t left = 1;
    while (writing->error == 0 && (in.pos < in.size || (how == ZSTD_e_end && left > 0))) {
        ZSTD_outBuffer room = { writing->room, PIECE, 0 };
        left = ZSTD_compressStream2(writing->recording->context, &room, &in, how);
        if (ZSTD_isError(left))
            writing->error = -ENOMEM;
        out(writing, room.pos);
    }
}

static void add_record(struct writing *writing, uint32_t kind, const void *data, size_t size,
                       size_t offset)
{
    static const uint8_t nothing[64];
    uint8_t bytes[STATE_RECORD_HEAD];
    const struct state_record_head head = {
        .kind = kind,
        .offset = (uint32_t)offset,
        .size = size,
        .check = state_record_check_content(data, size, offset),
    };
    state_record_put(bytes, &head);
    compress(writing, bytes, sizeof(bytes), ZSTD_e_continue);
    for (size_t left = offset, n; left > 0; left -= n) {
        n = left < sizeof(nothing) ? left : sizeof(nothing);
        compress(writing, nothing, n, ZSTD_e_continue);
    }
    compress(writing, (const uint8_t *)data + offset, size - offset, ZSTD_e_continue);
}

static void add_number(struct writing *writing, enum recording_kind kind, uint64_t value)
{
    uint8_t bytes[8];
    bytes_put(bytes, value, 8);
    add_record(writing, kind, bytes, sizeof(bytes), 0);
}

static void add_about(struct writing *writing, const struct recording_picture *picture)
{
    uint8_t facts[STATE_FACTS_SIZE];
    const struct state_records *records = &picture->records;
    bytes_put(facts, records->number, 8);
    bytes_put(facts + 8, (uint64_t)records->shown, 8);
    add_record(writing, STATE_NAME, records->name, strlen(records->name), 0);
    add_record(writing, STATE_FACTS, facts, sizeof(facts), 0);
    add_number(writing, RECORDING_WHEN, (uint64_t)picture->when);
    if (picture->left_out > 0)
        add_number(writing, RECORDING_LEFT_OUT, picture->left_out);
}

static void add_blob(struct writing *writing, unsigned kind, const struct blob *blob)
{
    if (blob == NULL)
        add_record(writing, kind, "", 0, 0);
    else
        add_record(writing, kind, blob->data, blob->size, blob->skip);
}

/* Writes a frame with the records that `changed` names. */
static void write_picture(struct writing *writing, const struct recording_picture *picture,
                          const bool changed[STATE_KINDS])
{
    ZSTD_CCtx *context = writing->recording->context;
    ZSTD_CCtx_reset(context, ZSTD_reset_session_only);
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    add_about(writing, picture);
    for (unsigned kind = STATE_MODEL; kind < STATE_DONE; kind++) {
        if (changed[kind])
            add_blob(writing, kind, picture->records.records[kind].blob);
    }
    add_record(writing, STATE_DONE, "", 0, 0);
    compress(writing, "", 0, ZSTD_e_end);
}

static int hash_record(struct content *now, const struct content *before, unsigned kind,
                       const struct blob *blob)
{
    now->there[kind] = blob != NULL;
    /* A picture of the same number has the same model, which may be large. */
    bool known = kind == STATE_MODEL && now->number == before->number && before->there[kind];
    if (blob == NULL || known)
        return 0;
    return hash_sha256(now->hash[kind], blob_payload(blob), blob_payload_size(blob));
}

/* Sets `now` to the hashes of the picture, and `changed` where they differ from those before. 0,
 * RECORDING_SAME or -ENOMEM. */
static int compare(const struct content *before, const struct state_records *records,
                   struct content *now, bool changed[STATE_KINDS])
{
    bool any = before->number != records->number;
    *now = *before;
    now->number = records->number;
    for (unsigned kind = STATE_MODEL; kind < STATE_DONE; kind++) {
        if (hash_record(now, before, kind, records->records[kind].blob) < 0)
            return -ENOMEM;
        changed[kind] = now->there[kind] != before->there[kind] ||
                        memcmp(now->hash[kind], before->hash[kind], HASH_SHA256) != 0;
        any = any || changed[kind];
    }
    return any ? 0 : RECORDING_SAME;
}

static int write_changes(struct recording *recording, const struct recording_picture *picture,
                         const bool changed[STATE_KINDS])
{
    struct writing writing = { .recording = recording, .size = recording->size };
    if (lseek(recording->fd, (off_t)recording->size, SEEK_SET) < 0)
        return -errno;
    writing.room = malloc(PIECE);
    if (writing.room == NULL)
        return -ENOMEM;
    write_picture(&writing, picture, changed);
    free(writing.room);
    if (writing.error == 0)
        recording->size = writing.size;
    return writing.error;
}

/* Half a picture would hide the ones that are written later. */
static void take_back(struct recording *recording)
{
    forget_sessions(recording);
    if (ftruncate(recording->fd, (off_t)recording->size) < 0)
        recording->settled = false;
}

int recording_add(struct recording *recording, const struct recording_picture *picture)
{
    struct content now;
    bool changed[STATE_KINDS] = { false };
    int error = recording->settled ? 0 : settle(recording);
    if (error < 0)
        return error;
    struct session_place *place =
        state_named_of(&recording->sessions, picture->records.name, sizeof(*place));
    error = place == NULL ? -ENOMEM : compare(&place->content, &picture->records, &now, changed);
    if (error == 0)
        error = write_changes(recording, picture, changed);
    if (error < 0 || error == RECORDING_FULL)
        take_back(recording);
    else if (error == 0)
        place->content = now;
    return error;
}
