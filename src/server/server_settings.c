/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "server/server_settings.h"

#include "server/server.h"
#include "view/hub_notice.h"

#define KEY "settings"

void server_settings_start(struct server *server)
{
    struct text unused = { 0 };
    config_page(server->config, &unused);
    text_free(&unused);
    server_settings_tell(server);
}

void server_settings_tell(struct server *server)
{
    uint64_t version;
    /* A job that is reading the file calls this again when it is done. */
    if (uv_mutex_trylock(&server->config_lock) < 0)
        return;
    const char *notice = config_notice(server->config, &version);
    if (version != server->settings_told) {
        if (hub_notice_set(&server->hub, KEY, notice) < 0)
            log_warning(&server->log, "config", "no memory for the notice about the settings file");
        server->settings_told = version;
    }
    uv_mutex_unlock(&server->config_lock);
}
