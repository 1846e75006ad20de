/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "settings/options_table.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "settings/options.h"

#define FIELD(name) .field = offsetof(struct options, name)
#define NO_FIELD .field = OPTIONS_NO_FIELD
#define SETTING .group = OPTIONS_VIEWER, .setting = true, NO_FIELD
/* The greatest integer n such that JavaScript distinguishes n and n + 1. */
#define INTS 9007199254740992.0

static const struct options_row rows[] = {
    { "host", OPTIONS_HOST, OPTIONS_GENERAL, FIELD(host), .argument = "ADDRESS",
      .value = "127.0.0.1",
      .help = "Address to listen on; a loopback address includes that of the other family "
              "(127.0.0.1, ::1)" },
    { "port", OPTIONS_INTEGER, OPTIONS_GENERAL, FIELD(port), .argument = "PORT", .value = "3939",
      .most = 65535, .help = "Port to listen on; 0: a free port, printed" },
    { "listen", OPTIONS_PORTS, OPTIONS_GENERAL, FIELD(listen), .argument = "PORT=NAME",
      .help =
          "A further port whose kernels draw in the session NAME; 0 takes a free port and logs it; "
          "repeatable" },
    { "cluster", OPTIONS_TEXT, OPTIONS_GENERAL, FIELD(cluster), .argument = "URL", .shown = "none",
      .help = "Share the sessions with other servers through a Redis server, as "
              "redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// with TLS, or "
              "sentinel://[USER:PASSWORD@]HOST[:PORT][,HOST...]/MASTER[/DATABASE]; a password is "
              "better set in the environment, which other users cannot read" },
    { "cluster-prefix", OPTIONS_TEXT, OPTIONS_GENERAL, FIELD(cluster_prefix), .argument = "TEXT",
      .value = "cad1:", .help = "What the names of all keys and channels there begin with" },
    { "node-name", OPTIONS_TEXT, OPTIONS_GENERAL, FIELD(node_name), .argument = "NAME",
      .shown = "the machine's name and the port",
      .help = "Name of this server among them, different from all others" },
    { "demo", OPTIONS_SWITCH, OPTIONS_GENERAL, FIELD(demo),
      .help = "Show the built-in model until a kernel shows one" },
    { "open", OPTIONS_SWITCH, OPTIONS_GENERAL, FIELD(open),
      .help = "Open the page in a browser, if there is a display" },
    { "check", OPTIONS_SWITCH, OPTIONS_GENERAL, FIELD(check),
      .help = "Check whether the server could start with these options, print what is wrong, and "
              "exit" },
    { "create_configfile", OPTIONS_SWITCH, OPTIONS_GENERAL, FIELD(create_configfile),
      .help = "Write the default settings to ~/.ocpvscode_standalone and exit" },
    { "max_reconnect_attempts", OPTIONS_INTEGER, OPTIONS_GENERAL, FIELD(max_reconnect_attempts),
      .argument = "N", .value = "300", .least = -1, .most = 2147483647,
      .help = "How many times the page tries to reach the server after the connection is lost; -1: "
              "without end. If not given, it then goes on trying every 30 s" },
    { "data-dir", OPTIONS_TEXT, OPTIONS_GENERAL, FIELD(data_dir), .argument = "DIR",
      .shown = "beside the program",
      .help = "Folder with the page's files: static/, templates/ and data/" },

    { "tree_width", OPTIONS_INTEGER, SETTING, .argument = "PIXELS", .value = "240", .most = 100000,
      .help = "Width of the navigation tree" },
    { "theme", OPTIONS_CHOICE, SETTING, .argument = "NAME", .value = "browser",
      .choices = "light|dark|browser", .help = "Colours of the page" },
    { "no_glass", OPTIONS_SWITCH, SETTING, .value = "false",
      .help = "Put the navigation tree beside the model instead of over it" },
    { "no_tools", OPTIONS_SWITCH, SETTING, .value = "false", .help = "Hide the toolbar" },
    { "control", OPTIONS_CHOICE, SETTING, .argument = "MODE", .value = "trackball",
      .choices = "orbit|trackball", .help = "How the mouse turns the model" },
    { "reset_camera", OPTIONS_CHOICE, SETTING, .argument = "MODE", .value = "KEEP",
      .choices = "reset|keep|center|iso|top|bottom|left|right|back|front",
      .help = "Camera position after a new model" },
    { "up", OPTIONS_CHOICE, SETTING, .argument = "AXIS", .value = "Z", .choices = "Z|Y",
      .help = "Axis that points up" },
    { "pan_speed", OPTIONS_NUMBER, SETTING, .argument = "FACTOR", .value = "1", .most = 1000,
      .help = "Speed of moving the view" },
    { "rotate_speed", OPTIONS_NUMBER, SETTING, .argument = "FACTOR", .value = "1", .most = 1000,
      .help = "Speed of turning the view" },
    { "zoom_speed", OPTIONS_NUMBER, SETTING, .argument = "FACTOR", .value = "1", .most = 1000,
      .help = "Speed of zooming" },
    { "axes", OPTIONS_SWITCH, SETTING, .value = "false", .help = "Show the axes" },
    { "axes0", OPTIONS_SWITCH, SETTING, .value = "true",
      .help = "Show the axes at the origin instead of at the model's centre" },
    { "grid_xy", OPTIONS_SWITCH, SETTING, .value = "false",
      .help = "Show the grid of the XY plane" },
    { "grid_xz", OPTIONS_SWITCH, SETTING, .value = "false",
      .help = "Show the grid of the XZ plane" },
    { "grid_yz", OPTIONS_SWITCH, SETTING, .value = "false",
      .help = "Show the grid of the YZ plane" },
    { "center_grid", OPTIONS_SWITCH, SETTING, .value = "false",
      .help = "Centre the grids on the model instead of the origin" },
    { "grid_font_size", OPTIONS_INTEGER, SETTING, .argument = "PIXELS", .value = "12", .most = 1000,
      .help = "Size of the numbers on the grids" },
    { "ticks", OPTIONS_INTEGER, SETTING, .argument = "N", .value = "5", .most = 1000,
      .help = "Approximate number of grid lines on each side of the middle" },
    { "perspective", OPTIONS_SWITCH, SETTING, .value = "false",
      .help = "Use a perspective camera instead of an orthographic one" },
    { "transparent", OPTIONS_SWITCH, SETTING, .value = "false",
      .help = "Show objects as transparent" },
    { "black_edges", OPTIONS_SWITCH, SETTING, .value = "false", .help = "Show edges in black" },
    { "explode", OPTIONS_SWITCH, SETTING, .value = "false", .help = "Turn the explode mode on" },
    { "collapse", OPTIONS_CHOICE, SETTING, .argument = "MODE", .value = "leaves",
      .choices = "leaves|all|none|root|1|C|E|R",
      .help =
          "Nodes of a new tree that are collapsed: single leaves, all, none, or all but the root's "
          "(short: 1, C, E, R)" },
    { "default_color", OPTIONS_COLOR, SETTING, .argument = "COLOR", .value = "#e8b024",
      .help = "Colour of shapes. All colours: a CSS name, #rgb, #rrggbb or #rrggbbaa" },
    { "default_edgecolor", OPTIONS_COLOR, SETTING, .argument = "COLOR", .value = "#707070",
      .help = "Colour of the edges of shapes" },
    { "default_thickedgecolor", OPTIONS_COLOR, SETTING, .argument = "COLOR",
      .value = "MediumOrchid", .help = "Colour of single edges" },
    { "default_facecolor", OPTIONS_COLOR, SETTING, .argument = "COLOR", .value = "Violet",
      .help = "Colour of single faces" },
    { "default_vertexcolor", OPTIONS_COLOR, SETTING, .argument = "COLOR", .value = "MediumOrchid",
      .help = "Colour of vertices" },
    { "default_opacity", OPTIONS_NUMBER, SETTING, .argument = "FRACTION", .value = "0.5", .most = 1,
      .help = "Opacity of transparent objects" },
    { "angular_tolerance", OPTIONS_NUMBER, SETTING, .argument = "RADIANS", .value = "0.2",
      .most = INTS, .help = "Angular tolerance of the triangulation" },
    { "deviation", OPTIONS_NUMBER, SETTING, .argument = "FRACTION", .value = "0.1", .most = INTS,
      .help = "Deviation of the triangulation from the exact shape" },
    { "ambient_intensity", OPTIONS_NUMBER, SETTING, .argument = "FACTOR", .value = "1",
      .most = INTS, .help = "Strength of the ambient light" },
    { "direct_intensity", OPTIONS_NUMBER, SETTING, .argument = "FACTOR", .value = "1.1",
      .most = INTS, .help = "Strength of the direct light" },
    { "metalness", OPTIONS_NUMBER, SETTING, .argument = "FRACTION", .value = "0.3", .most = 1,
      .help = "How metallic the material looks" },
    { "roughness", OPTIONS_NUMBER, SETTING, .argument = "FRACTION", .value = "0.65", .most = 1,
      .help = "How rough the material looks" },
    { "python_enumeration", OPTIONS_BOTH, SETTING, .value = "true",
      .help = "Number repeated names from 0, as Python does: Solid(0), Solid(1)" },

    { "allow-host", OPTIONS_HOSTS, OPTIONS_ACCESS, FIELD(allow_host), .argument = "HOST",
      .help = "A further host name that requests may use for this server; repeatable" },
    { "allow-origin", OPTIONS_ORIGINS, OPTIONS_ACCESS, FIELD(allow_origin), .argument = "ORIGIN",
      .help = "A further origin, such as https://cad.example.org, whose pages may connect; "
              "repeatable" },
    { "any-user", OPTIONS_SWITCH, OPTIONS_ACCESS, FIELD(any_user),
      .help = "Admit every user of this machine, not only the one that runs the server" },
    { "token", OPTIONS_SECRET, OPTIONS_ACCESS, FIELD(token), .argument = "TOKEN",
      .shown = "generated at the start if the address is not loopback",
      .help = "Token that other machines must present; better set in the environment, which other "
              "users cannot read" },
    { "view-token", OPTIONS_SECRET, OPTIONS_ACCESS, FIELD(view_token), .argument = "TOKEN",
      .shown = "generated where the other one is needed",
      .help = "Token of clients that may only view and measure, and change nothing" },
    { "hide-token", OPTIONS_SWITCH, OPTIONS_ACCESS, FIELD(hide_token),
      .help =
          "Print the addresses without the token if it was given, for a standard output that is "
          "kept as a log; so in the journal in any case" },
    { "no-token", OPTIONS_SWITCH, OPTIONS_ACCESS, FIELD(no_token),
      .help = "Admit every client that can reach the address, without a token" },
    { "trust-network", OPTIONS_NETWORKS, OPTIONS_ACCESS, FIELD(trust_network), .argument = "CIDR",
      .help = "A network, such as 10.0.0.0/8, whose kernels need no token; repeatable" },
    { "trusted-proxy", OPTIONS_NETWORKS, OPTIONS_ACCESS, FIELD(trusted_proxy), .argument = "CIDR",
      .help = "A network whose X-Forwarded headers are believed; repeatable" },
    { "read-only", OPTIONS_SWITCH, OPTIONS_ACCESS, FIELD(read_only),
      .help = "Browsers may only view the picture" },
    { "studio-online", OPTIONS_SWITCH, OPTIONS_ACCESS, FIELD(studio_online),
      .help = "Let the page fetch the Studio's environments from dl.polyhaven.org" },
    { "tls-cert", OPTIONS_TEXT, OPTIONS_ACCESS, FIELD(tls_cert), .argument = "FILE",
      .help = "Certificate chain in PEM form; turns https on" },
    { "tls-key", OPTIONS_TEXT, OPTIONS_ACCESS, FIELD(tls_key), .argument = "FILE",
      .help = "Private key of the certificate, in PEM form" },

    { "backend", OPTIONS_CHOICE, OPTIONS_MEASURING, FIELD(backend), .argument = "KIND",
      .value = "auto", .choices = "auto|builtin|external|none",
      .help =
          "What measures: the built-in helper, a program that connects, or (none) the page, on the "
          "mesh" },
    { "measure-timeout", OPTIONS_SECONDS, OPTIONS_MEASURING, FIELD(measure_timeout),
      .argument = "SECONDS", .value = "10", .most = 86400,
      .help = "Longest time for one answer; after it the helper is restarted" },
    { "measure-processes", OPTIONS_INTEGER, OPTIONS_MEASURING, FIELD(measure_processes),
      .argument = "N", .value = "2", .least = 1, .most = 64, .help = "Maximum number of helpers" },
    { "measure-memory", OPTIONS_BYTES, OPTIONS_MEASURING, FIELD(measure_memory),
      .argument = "BYTES", .value = "4G", .help = "Memory limit of one helper" },
    { "mesh-timeout", OPTIONS_SECONDS, OPTIONS_MEASURING, FIELD(mesh_timeout),
      .argument = "SECONDS", .value = "60", .most = 86400,
      .help =
          "Longest time for meshing one shape of a show that sends geometry; after it the shape "
          "is shown as its edges" },
    { "mesh-processes", OPTIONS_INTEGER, OPTIONS_MEASURING, FIELD(mesh_processes), .argument = "N",
      .value = "0", .most = 64, .shown = "as many as processors, at most 8",
      .help = "Maximum number of helpers that mesh" },

    { "state-dir", OPTIONS_TEXT, OPTIONS_STATE, FIELD(state_dir), .argument = "DIR",
      .shown = "none; with start: $XDG_STATE_HOME/cadcast/PORT",
      .help = "Folder in which pictures are saved, so that they survive a restart" },
    { "no-state", OPTIONS_SWITCH, OPTIONS_STATE, FIELD(no_state), .help = "Save no pictures" },
    { "record", OPTIONS_TEXT, OPTIONS_STATE, FIELD(record), .argument = "FILE", .shown = "nothing",
      .help =
          "File to which every picture is written with its time, models and all; cadcast replay "
          "plays it" },
    { "record-max", OPTIONS_BYTES, OPTIONS_STATE, FIELD(record_max), .argument = "BYTES",
      .value = "1G", .help = "Size at which recording ends; 0: no limit" },
    { "history", OPTIONS_INTEGER, OPTIONS_STATE, FIELD(history), .argument = "N", .value = "8",
      .most = 1000,
      .help = "Pictures of a session that are kept besides the last one, as --max-memory allows" },
    { "mesh-cache", OPTIONS_BYTES, OPTIONS_STATE, FIELD(mesh_cache), .argument = "BYTES",
      .value = "1G", .help = "Limit of the meshes in the state folder" },
    { "log-level", OPTIONS_CHOICE, OPTIONS_STATE, FIELD(log_level), .argument = "LEVEL",
      .value = "info", .choices = "error|warning|info|debug",
      .help = "Least severe level that is logged" },
    { "log-format", OPTIONS_CHOICE, OPTIONS_STATE, FIELD(log_format), .argument = "FORMAT",
      .value = "text", .choices = "text|json",
      .help = "Format of the log: plain lines, or one JSON object a line" },
    { "log-file", OPTIONS_TEXT, OPTIONS_STATE, FIELD(log_file), .argument = "FILE",
      .shown = "standard error", .help = "File to which the log is written" },
    { "log-max-size", OPTIONS_BYTES, OPTIONS_STATE, FIELD(log_max_size), .argument = "BYTES",
      .value = "10M", .help = "Size at which the log file is rotated (.1 to .3)" },
    { "debug", OPTIONS_SWITCH, OPTIONS_STATE, .setting = true, FIELD(debug), .value = "false",
      .help = "Log at level debug, in the page too" },
    { "timeit", OPTIONS_SWITCH, OPTIONS_STATE, FIELD(timeit),
      .help = "Log how long each show takes" },
    { "idle-exit", OPTIONS_SECONDS, OPTIONS_STATE, FIELD(idle_exit), .argument = "SECONDS",
      .value = "0", .most = 31536000, .shown = "never",
      .help = "Exit after this time without a kernel or browser" },

    { "max-message", OPTIONS_BYTES, OPTIONS_LIMITS, FIELD(max_message), .argument = "BYTES",
      .value = "1G", .least = 1024, .help = "Longest message; a longer one is refused" },
    { "max-memory", OPTIONS_BYTES, OPTIONS_LIMITS, FIELD(max_memory), .argument = "BYTES",
      .shown = "a quarter of the machine's memory", .least = 1048576,
      .help = "Memory limit of all pictures together; the least recently used are dropped first" },
    { "max-import", OPTIONS_BYTES, OPTIONS_LIMITS, FIELD(max_import), .argument = "BYTES",
      .value = "1G", .least = 1024, .help = "Longest file, or archive of files, that is imported" },
    { "import-memory", OPTIONS_BYTES, OPTIONS_LIMITS, FIELD(import_memory), .argument = "BYTES",
      .value = "4G", .help = "Memory limit of the process that imports a file; 0: no limit" },
    { "max-sessions", OPTIONS_INTEGER, OPTIONS_LIMITS, FIELD(max_sessions), .argument = "N",
      .value = "64", .least = 1, .most = 65536, .help = "Maximum number of sessions" },
    { "max-connections", OPTIONS_INTEGER, OPTIONS_LIMITS, FIELD(max_connections), .argument = "N",
      .value = "8192", .least = 4, .most = 1000000, .help = "Maximum number of connections" },
    { "max-connections-per-peer", OPTIONS_INTEGER, OPTIONS_LIMITS, FIELD(max_connections_per_peer),
      .argument = "N", .value = "256", .most = 1000000,
      .help = "Maximum number of connections from one address of another machine; 0: no limit" },
    { "max-header", OPTIONS_BYTES, OPTIONS_LIMITS, FIELD(max_header), .argument = "BYTES",
      .value = "32K", .least = 1024, .help = "Longest header of an HTTP request" },
    { "browser-queue", OPTIONS_BYTES, OPTIONS_LIMITS, FIELD(browser_queue), .argument = "BYTES",
      .value = "64M", .least = 65536,
      .help = "Bytes that may wait for one browser before it skips to the newest model" },

    { "tls-timeout", OPTIONS_SECONDS, OPTIONS_DEADLINES, FIELD(tls_timeout), .argument = "SECONDS",
      .value = "10", .most = 86400, .help = "Time limit of a TLS handshake" },
    { "header-timeout", OPTIONS_SECONDS, OPTIONS_DEADLINES, FIELD(header_timeout),
      .argument = "SECONDS", .value = "10", .most = 86400,
      .help = "Time limit to receive the header of an HTTP request" },
    { "body-timeout", OPTIONS_SECONDS, OPTIONS_DEADLINES, FIELD(body_timeout),
      .argument = "SECONDS", .value = "30", .most = 86400,
      .help = "Time limit to receive the body of an HTTP request" },
    { "import-timeout", OPTIONS_SECONDS, OPTIONS_DEADLINES, FIELD(import_timeout),
      .argument = "SECONDS", .value = "300", .most = 86400,
      .help = "Time limit to import a file, once it was received; 0: none" },
    { "handshake-timeout", OPTIONS_SECONDS, OPTIONS_DEADLINES, FIELD(handshake_timeout),
      .argument = "SECONDS", .value = "10", .most = 86400,
      .help = "Time limit from opening a WebSocket to its first message" },
    { "keepalive-timeout", OPTIONS_SECONDS, OPTIONS_DEADLINES, FIELD(keepalive_timeout),
      .argument = "SECONDS", .value = "60", .most = 86400,
      .help = "An HTTP connection without a request for this long is closed" },
    { "ping-interval", OPTIONS_SECONDS, OPTIONS_DEADLINES, FIELD(ping_interval),
      .argument = "SECONDS", .value = "20", .most = 86400,
      .help = "A WebSocket silent for this long is pinged; 0: never" },
    { "ping-timeout", OPTIONS_SECONDS, OPTIONS_DEADLINES, FIELD(ping_timeout),
      .argument = "SECONDS", .value = "20", .most = 86400,
      .help = "Time limit for the answer to a ping; without one the connection is closed" },
    { "stall-timeout", OPTIONS_SECONDS, OPTIONS_DEADLINES, FIELD(stall_timeout),
      .argument = "SECONDS", .value = "30", .most = 86400,
      .help = "A connection whose peer accepts no byte for this long is closed" },
    { "goodbye-timeout", OPTIONS_SECONDS, OPTIONS_DEADLINES, FIELD(goodbye_timeout),
      .argument = "SECONDS", .value = "5", .most = 86400,
      .help = "Time limit to close a connection, and to shut down the server" },
};

_Static_assert(sizeof(rows) / sizeof(rows[0]) <= OPTIONS_MAX, "OPTIONS_MAX is too small");

const struct options_row *options_rows(size_t *count)
{
    *count = sizeof(rows) / sizeof(rows[0]);
    return rows;
}

static char plain(char c)
{
    return c == '-' ? '_' : c;
}

bool options_same_name(const char *a, const char *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (plain(a[i]) != plain(b[i]) || a[i] == '\0')
            return false;
    }
    return a[size] == '\0';
}

const struct options_row *options_row(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (options_same_name(rows[i].name, name, size))
            return &rows[i];
    }
    return NULL;
}

void options_variable(const struct options_row *row, char out[64])
{
    size_t n = (size_t)snprintf(out, 64, "CADCAST_");
    for (const char *c = row->name; *c != '\0' && n < 63; c++)
        out[n++] = (char)toupper((unsigned char)plain(*c));
    out[n] = '\0';
}

const char *options_group_name(enum options_group group)
{
    static const char *const names[OPTIONS_GROUPS] = {
        "General",         "The viewer's settings", "Access and TLS",
        "Exact measuring", "State and log",         "Limits",
        "Deadlines",
    };
    return names[group];
}

const char *options_group_word(enum options_group group)
{
    static const char *const words[OPTIONS_GROUPS] = {
        "general", "viewer", "access", "measuring", "state", "limits", "deadlines",
    };
    return words[group];
}
