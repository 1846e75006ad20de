/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "command/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

int input_read(const char *path, struct blob **blob)
{
    bool input = strcmp(path, "-") == 0;
    struct text text = { 0 };
    int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    *blob = NULL;
    int error = fd < 0 ? -errno : file_read_rest(fd, SIZE_MAX, &text);
    if (error >= 0 && (*blob = blob_copy(text_string(&text), text.size)) == NULL)
        error = -ENOMEM;
    if (fd >= 0 && !input)
        close(fd);
    text_free(&text);
    return error;
}
