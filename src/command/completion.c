/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "command/completion.h"

#include <errno.h>
#include <string.h>

#include "settings/commands.h"
#include "settings/options_table.h"

#define SHELLS "bash zsh fish"

/* What completes the value of an option. */
enum value { VALUE_NONE, VALUE_WORDS, VALUE_FILE, VALUE_FOLDER, VALUE_ANY };

static enum value value_of(const struct options_row *row)
{
    if (row->argument == NULL)
        return VALUE_NONE;
    if (row->choices != NULL)
        return VALUE_WORDS;
    if (strcmp(row->argument, "FILE") == 0)
        return VALUE_FILE;
    return strcmp(row->argument, "DIR") == 0 ? VALUE_FOLDER : VALUE_ANY;
}

static const char *off_name(const struct options_row *row)
{
    return row->kind == OPTIONS_BOTH ? "no_" : NULL;
}

/* Adds `choices` with spaces for the bars. */
static void add_choices(struct text *out, const char *choices)
{
    for (const char *c = choices; *c != '\0'; c++)
        text_add_bytes(out, *c == '|' ? " " : c, 1);
}

/* Adds `text`, each character of `special` escaped with a backslash; a single quote, which ends a
 * quoted text, becomes `quote`. */
static void add_escaped(struct text *out, const char *text, const char *special, const char *quote)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\'') {
            text_add(out, quote);
            continue;
        }
        if (strchr(special, *c) != NULL)
            text_add(out, "\\");
        text_add_bytes(out, c, 1);
    }
}

static void add_commands(struct text *out)
{
    size_t count;
    const struct commands_row *rows = commands_rows(&count);
    for (size_t i = 0; i < count; i++)
        text_format(out, "%s%s", i > 0 ? " " : "", rows[i].name);
}

/* Adds the commands that take files, or those that take no options of the server. */
static void add_some(struct text *out, bool files, const char *between)
{
    size_t count;
    const char *before = "";
    const struct commands_row *rows = commands_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (files ? !commands_takes_files(&rows[i]) : rows[i].server)
            continue;
        text_format(out, "%s%s", before, rows[i].name);
        before = between;
    }
}

/* Adds the topics of help, without single options. */
static void add_topics(struct text *out)
{
    text_add(out, "all");
    for (int group = 0; group < OPTIONS_GROUPS; group++)
        text_format(out, " %s", options_group_word((enum options_group)group));
    text_add(out, " ");
    add_commands(out);
}

/* ---- bash ---- */

static void bash_value(struct text *out, const struct options_row *row)
{
    static const char *const action[] = { [VALUE_FILE] = "-f", [VALUE_FOLDER] = "-d" };
    enum value value = value_of(row);
    if (value == VALUE_NONE)
        return;
    text_add(out, "    --");
    for (const char *c = row->name; *c != '\0'; c++)
        text_add_bytes(out, *c == '_' ? "-" : c, 1);
    if (value == VALUE_WORDS) {
        text_add(out, ") words='");
        add_choices(out, row->choices);
        text_add(out, "' ;;\n");
    } else if (value == VALUE_ANY) {
        text_add(out, ") return ;;\n");
    } else {
        text_format(out, ") paths='%s' ;;\n", action[value]);
    }
}

static void bash_options(struct text *out)
{
    size_t count;
    const struct options_row *rows = options_rows(&count);
    text_add(out, "--help --version");
    for (size_t i = 0; i < count; i++) {
        text_format(out, " --%s", rows[i].name);
        if (off_name(&rows[i]) != NULL)
            text_format(out, " --%s%s", off_name(&rows[i]), rows[i].name);
    }
}

static void bash_flag(void *out, const struct commands_flag *flag)
{
    text_format(out, "%.*s ", flag->size, flag->name);
}

/* The options of each command, with the server's if it takes them, and whether it takes files. */
static void bash_commands(struct text *out)
{
    size_t count;
    const struct commands_row *rows = commands_rows(&count);
    for (size_t i = 0; i < count; i++) {
        text_format(out, "    %s) words=\"", rows[i].name);
        commands_flags(&rows[i], bash_flag, out);
        text_format(out, "%s\" paths='%s' ;;\n", rows[i].server ? "$words" : "--help",
                    commands_takes_files(&rows[i]) ? "-f" : "");
    }
}

static void script_bash(struct text *out)
{
    size_t count;
    const struct options_row *rows = options_rows(&count);
    text_add(out, "# bash completion of cadcast; made by: cadcast completion bash\n"
                  "# Offers the files or folders of $paths, or the words of $words.\n"
                  "_cadcast_offer() {\n"
                  "  if [[ -n $paths ]]; then\n"
                  "    local IFS=$'\\n'\n"
                  "    COMPREPLY=($(compgen $paths -- \"$cur\"))\n"
                  "    compopt -o filenames\n"
                  "  else\n"
                  "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                  "  fi\n"
                  "}\n"
                  "_cadcast() {\n"
                  "  local IFS=$' \\t\\n' cur=${COMP_WORDS[COMP_CWORD]} words='' paths=''\n"
                  "  local prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}\n"
                  "  COMPREPLY=()\n"
                  "  # \"=\" is a word of its own.\n"
                  "  if [[ $cur == '=' ]]; then\n"
                  "    cur=''\n"
                  "  elif [[ $prev == '=' ]]; then\n"
                  "    prev=${COMP_WORDS[COMP_CWORD-2]}\n"
                  "  fi\n"
                  "  case ${prev//_/-} in\n"
                  "    --help|-h|help) words='");
    add_topics(out);
    text_add(out, "' ;;\n    completion) words='" SHELLS "' ;;\n");
    for (size_t i = 0; i < count; i++)
        bash_value(out, &rows[i]);
    text_add(out, "  esac\n"
                  "  if [[ -n $words$paths ]]; then\n"
                  "    _cadcast_offer\n"
                  "    return\n"
                  "  fi\n"
                  "  words='");
    bash_options(out);
    text_add(out, "'\n  case $command in\n");
    bash_commands(out);
    text_add(out, "  esac\n"
                  "  if [[ $COMP_CWORD == 1 && $cur != -* ]]; then\n"
                  "    words='");
    add_commands(out);
    text_add(out, "' paths=''\n"
                  "  elif [[ $cur == -* ]]; then\n"
                  "    paths=''\n"
                  "  fi\n"
                  "  _cadcast_offer\n"
                  "}\n"
                  "complete -F _cadcast cadcast\n");
}

/* ---- zsh ---- */

static void zsh_text(struct text *out, const char *text)
{
    add_escaped(out, text, "\\[]:", "'\\''");
}

static void zsh_option(struct text *out, const struct options_row *row, const char *before)
{
    static const char *const action[] = {
        [VALUE_FILE] = "_files", [VALUE_FOLDER] = "_files -/", [VALUE_ANY] = " "
    };
    enum value value = value_of(row);
    text_format(out, "    '*--%s%s%s[", before, row->name, value != VALUE_NONE ? "=" : "");
    zsh_text(out, row->help);
    text_add(out, "]");
    if (value != VALUE_NONE)
        text_format(out, ":%s:", row->argument);
    if (value == VALUE_WORDS) {
        text_add(out, "(");
        add_choices(out, row->choices);
        text_add(out, ")");
    } else if (value != VALUE_NONE) {
        text_add(out, action[value]);
    }
    text_add(out, "'\n");
}

static void zsh_flag(void *out, const struct commands_flag *flag)
{
    const char *equals = flag->wants_value && flag->name[1] == '-' ? "=" : "";
    text_format(out, " '*%.*s%s%s'", flag->size, flag->name, equals,
                flag->wants_value ? ":value:_files" : "");
}

/* The options of each command, with the server's if it takes them. */
static void zsh_commands(struct text *out)
{
    size_t count;
    const struct commands_row *rows = commands_rows(&count);
    for (size_t i = 0; i < count; i++) {
        text_format(out, "    %s) options%s=(", rows[i].name, rows[i].server ? "+" : "");
        if (!rows[i].server)
            text_add(out, "$help");
        commands_flags(&rows[i], zsh_flag, out);
        text_add(out, ") ;;\n");
    }
}

static void script_zsh(struct text *out)
{
    size_t count;
    size_t command_count;
    const struct options_row *rows = options_rows(&count);
    const struct commands_row *commands = commands_rows(&command_count);
    text_add(out, "#compdef cadcast\n"
                  "# zsh completion of cadcast; made by: cadcast completion zsh\n"
                  "_cadcast() {\n"
                  "  local state line\n"
                  "  local -a commands options help\n"
                  "  commands=(\n");
    for (size_t i = 0; i < command_count; i++) {
        text_format(out, "    '%s:", commands[i].name);
        zsh_text(out, commands[i].summary);
        text_add(out, "'\n");
    }
    text_add(out, "  )\n"
                  "  help=('(-h --help)'{-h,--help}'[Print help]')\n"
                  "  options=($help\n"
                  "    '(-v -V --version)'{-v,-V,--version}'[Print the version]'\n");
    for (size_t i = 0; i < count; i++) {
        zsh_option(out, &rows[i], "");
        if (off_name(&rows[i]) != NULL)
            zsh_option(out, &rows[i], off_name(&rows[i]));
    }
    text_add(out, "  )\n  case $words[2] in\n");
    zsh_commands(out);
    text_add(out, "  esac\n"
                  "  _arguments -S $options '1: :->command' '*: :->rest' && return\n"
                  "  case $state in\n"
                  "    command) _describe command commands ;;\n"
                  "    rest)\n"
                  "      case $words[2] in\n"
                  "        help) compadd -- ");
    add_topics(out);
    text_add(out, " ;;\n"
                  "        completion) compadd -- " SHELLS " ;;\n"
                  "        ");
    add_some(out, true, "|");
    text_add(out, ") _files ;;\n"
                  "      esac ;;\n"
                  "  esac\n"
                  "}\n"
                  "if [[ $funcstack[1] == _cadcast ]]; then\n"
                  "  _cadcast \"$@\"\n"
                  "else\n"
                  "  compdef _cadcast cadcast\n"
                  "fi\n");
}

/* ---- fish ---- */

static void fish_text(struct text *out, const char *text)
{
    text_add(out, "'");
    add_escaped(out, text, "\\", "\\'");
    text_add(out, "'");
}

static void fish_option(struct text *out, const struct options_row *row, const char *before)
{
    static const char *const action[] = { [VALUE_NONE] = "",
                                          [VALUE_WORDS] = " -x",
                                          [VALUE_FILE] = " -r -F",
                                          [VALUE_FOLDER] = " -x -a '(__fish_complete_directories)'",
                                          [VALUE_ANY] = " -x" };
    text_format(out, "complete -c cadcast -n __cadcast_serves -l %s%s%s", before, row->name,
                action[value_of(row)]);
    if (row->choices != NULL) {
        text_add(out, " -a '");
        add_choices(out, row->choices);
        text_add(out, "'");
    }
    text_add(out, " -d ");
    fish_text(out, row->help);
    text_add(out, "\n");
}

static void fish_flag(void *out, const struct commands_flag *flag)
{
    int dashes = flag->name[1] == '-' ? 2 : 1;
    text_format(out, "complete -c cadcast -n '__fish_seen_subcommand_from %s' -%s %.*s%s\n",
                flag->command, dashes == 2 ? "l" : "s", flag->size - dashes, flag->name + dashes,
                flag->wants_value ? " -r -F" : "");
}

static void fish_commands(struct text *out)
{
    size_t count;
    const struct commands_row *rows = commands_rows(&count);
    for (size_t i = 0; i < count; i++) {
        text_format(out, "complete -c cadcast -n __fish_use_subcommand -a %s -d ", rows[i].name);
        fish_text(out, rows[i].summary);
        text_add(out, "\n");
        commands_flags(&rows[i], fish_flag, out);
    }
}

static void script_fish(struct text *out)
{
    size_t count;
    const struct options_row *rows = options_rows(&count);
    text_add(out, "# fish completion of cadcast; made by: cadcast completion fish\n"
                  "# Whether the command takes the options of the server.\n"
                  "function __cadcast_serves\n"
                  "    not __fish_seen_subcommand_from ");
    add_some(out, false, " ");
    text_add(out, "\nend\ncomplete -c cadcast -f\n");
    fish_commands(out);
    text_add(out, "complete -c cadcast -n '__fish_seen_subcommand_from ");
    add_some(out, true, " ");
    text_add(out, "' -F\ncomplete -c cadcast -n '__fish_seen_subcommand_from help' -a '");
    add_topics(out);
    text_add(out,
             "'\n"
             "complete -c cadcast -n '__fish_seen_subcommand_from completion' -a '" SHELLS "'\n"
             "complete -c cadcast -s h -l help -d 'Print help'\n"
             "complete -c cadcast -s v -s V -l version -d 'Print the version'\n");
    for (size_t i = 0; i < count; i++) {
        fish_option(out, &rows[i], "");
        if (off_name(&rows[i]) != NULL)
            fish_option(out, &rows[i], off_name(&rows[i]));
    }
}

int completion_script(struct text *out, const char *shell)
{
    if (strcmp(shell, "bash") == 0) {
        script_bash(out);
    } else if (strcmp(shell, "zsh") == 0) {
        script_zsh(out);
    } else if (strcmp(shell, "fish") == 0) {
        script_fish(out);
    } else {
        text_add(out, "completion takes bash, zsh or fish");
        return -EINVAL;
    }
    return text_error(out);
}
