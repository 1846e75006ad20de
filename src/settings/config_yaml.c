/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "settings/config_yaml.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "settings/config_anchors.h"
#include "settings/config_scalar.h"
#include "settings/config_tags.h"
#include "settings/config_write.h"

struct reader {
    yaml_parser_t parser;
    struct config_anchors anchors;
    size_t expanded; /* size of everything so far, aliases expanded */
    json_t *places;
    struct config_yaml_error *error;
};

static int read_node(struct reader *reader, yaml_event_t *event, unsigned depth,
                     struct config_node *node);

static int complain(struct reader *reader, yaml_mark_t mark, const char *text)
{
    reader->error->line = mark.line + 1;
    reader->error->column = mark.column + 1;
    snprintf(reader->error->text, sizeof(reader->error->text), "%s", text);
    return -EINVAL;
}

/* Reports the parser's own error. For bytes that are not UTF-8 it has only an offset, no line. */
static int complain_syntax(struct reader *reader)
{
    yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_MEMORY_ERROR)
        return -ENOMEM;
    yaml_mark_t mark = parser->problem_mark;
    if (parser->error == YAML_READER_ERROR) {
        const unsigned char *data = parser->input.string.start;
        mark.line = mark.column = 0;
        for (size_t i = 0; i < parser->problem_offset; i++) {
            mark.column = data[i] == '\n' ? 0 : mark.column + 1;
            mark.line += data[i] == '\n';
        }
    }
    complain(reader, mark, parser->problem != NULL ? parser->problem : "not YAML");
    return -EINVAL;
}

static int next_event(struct reader *reader, yaml_event_t *event)
{
    return yaml_parser_parse(&reader->parser, event) ? 0 : complain_syntax(reader);
}

static int add_size(struct reader *reader, yaml_mark_t mark, struct config_node *node, size_t size)
{
    node->expanded += size;
    reader->expanded += size;
    if (reader->expanded > CONFIG_YAML_EXPANDED)
        return complain(reader, mark, "too large, with aliases expanded");
    return 0;
}

/* The value of a word with its tag. NULL with errno 0: it is not of that kind. */
static json_t *make_scalar(const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t size = event->data.scalar.length;
    errno = ENOMEM;
    if (event->data.scalar.plain_implicit)
        return config_scalar(text, size);
    if (event->data.scalar.quoted_implicit)
        return json_stringn(text, size);
    return config_tags_scalar(text, size, (const char *)event->data.scalar.tag);
}

static int read_scalar(struct reader *reader, const yaml_event_t *event, struct config_node *node)
{
    const char *text = (const char *)event->data.scalar.value;
    node->merge = event->data.scalar.plain_implicit && strcmp(text, "<<") == 0;
    node->value = make_scalar(event);
    if (node->value == NULL)
        return errno != 0 ? -ENOMEM
                          : complain(reader, event->start_mark,
                                     "a tag that does not fit or is "
                                     "not known");
    return add_size(reader, event->start_mark, node, 1 + event->data.scalar.length);
}

static int read_alias(struct reader *reader, const yaml_event_t *event, unsigned depth,
                      struct config_node *node)
{
    const struct config_anchor *anchor =
        config_anchors_find(&reader->anchors, (const char *)event->data.alias.anchor);
    if (anchor == NULL)
        return complain(reader, event->start_mark, "an alias without an anchor");
    if (anchor->node.value == NULL)
        return complain(reader, event->start_mark, "an alias inside its own anchor");
    if (depth + anchor->node.height > CONFIG_YAML_DEPTH)
        return complain(reader, event->start_mark, "nested too deep, with aliases expanded");
    node->value = json_incref(anchor->node.value);
    node->height = anchor->node.height;
    return add_size(reader, event->start_mark, node, anchor->node.expanded);
}

static int read_list(struct reader *reader, unsigned depth, struct config_node *node)
{
    node->value = json_array();
    int r = node->value != NULL ? 0 : -ENOMEM;
    for (bool more = true; r == 0 && more;) {
        yaml_event_t event;
        struct config_node item = { 0 };
        r = next_event(reader, &event);
        if (r < 0)
            break;
        more = event.type != YAML_SEQUENCE_END_EVENT;
        if (more)
            r = read_node(reader, &event, depth + 1, &item);
        yaml_event_delete(&event);
        if (!more || r < 0)
            break;
        node->expanded += item.expanded;
        node->height = item.height >= node->height ? item.height + 1 : node->height;
        r = json_array_append_new(node->value, item.value) == 0 ? 0 : -ENOMEM;
    }
    return r;
}

/* The key as a JSON name. Returns 0 with `out` to be freed. */
static int make_key(struct reader *reader, yaml_mark_t mark, const json_t *value, struct text *out)
{
    if (json_is_object(value) || json_is_array(value))
        return complain(reader, mark, "a key that is a map or a list");
    if (!json_is_string(value))
        config_write(out, value);
    else
        text_add_bytes(out, json_string_value(value), json_string_length(value));
    if (strlen(text_string(out)) != out->size)
        return complain(reader, mark, "a key with a zero byte");
    return text_error(out);
}

static int note_place(struct reader *reader, const char *key, yaml_mark_t mark)
{
    json_t *place = json_pack("[I,I]", (json_int_t)mark.line + 1, (json_int_t)mark.column + 1);
    return json_object_set_new(reader->places, key, place) == 0 ? 0 : -ENOMEM;
}

/* Reads the value of a key and stores it, in `merged` if the key is "<<". */
static int read_value(struct reader *reader, unsigned depth, const char *key, json_t *merged,
                      struct config_node *map)
{
    yaml_event_t event;
    struct config_node item = { 0 };
    int r = next_event(reader, &event);
    if (r < 0)
        return r;
    yaml_mark_t mark = event.start_mark;
    r = read_node(reader, &event, depth + 1, &item);
    yaml_event_delete(&event);
    if (r < 0)
        return r;
    map->expanded += item.expanded;
    map->height = item.height >= map->height ? item.height + 1 : map->height;
    if (key == NULL) {
        r = config_tags_merge(merged, item.value);
        json_decref(item.value);
        return r == -EINVAL ? complain(reader, mark, "only maps can be merged") : r;
    }
    r = json_object_set_new(map->value, key, item.value) == 0 ? 0 : -ENOMEM;
    return r == 0 && depth == 0 ? note_place(reader, key, mark) : r;
}

/* Reads a key, from its event, and its value. */
static int read_pair(struct reader *reader, yaml_event_t *event, unsigned depth, json_t *merged,
                     struct config_node *map)
{
    struct config_node key = { 0 };
    struct text name = { 0 };
    int r = read_node(reader, event, depth + 1, &key);
    map->expanded += key.expanded;
    if (r == 0 && !key.merge)
        r = make_key(reader, event->start_mark, key.value, &name);
    if (r == 0)
        r = read_value(reader, depth, key.merge ? NULL : text_string(&name), merged, map);
    json_decref(key.value);
    text_free(&name);
    return r;
}

static int read_map(struct reader *reader, unsigned depth, struct config_node *node)
{
    json_t *merged = json_object();
    node->value = json_object();
    int r = node->value != NULL && merged != NULL ? 0 : -ENOMEM;
    for (bool more = true; r == 0 && more;) {
        yaml_event_t event;
        r = next_event(reader, &event);
        if (r < 0)
            break;
        more = event.type != YAML_MAPPING_END_EVENT;
        if (more)
            r = read_pair(reader, &event, depth, merged, node);
        yaml_event_delete(&event);
    }
    /* Merged keys come before the map's own, which override them. */
    if (r == 0 && json_object_size(merged) > 0) {
        r = json_object_update(merged, node->value) == 0 ? 0 : -ENOMEM;
        json_t *own = node->value;
        node->value = merged;
        merged = own;
    }
    json_decref(merged);
    return r;
}

static int read_collection(struct reader *reader, const yaml_event_t *event, unsigned depth,
                           struct config_node *node)
{
    bool map = event->type == YAML_MAPPING_START_EVENT;
    const unsigned char *tag = map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    if (!config_tags_fit((const char *)tag, map))
        return complain(reader, event->start_mark, "a tag that does not fit or is not known");
    if (depth >= CONFIG_YAML_DEPTH)
        return complain(reader, event->start_mark, "nested too deep");
    int r = add_size(reader, event->start_mark, node, 1);
    if (r < 0)
        return r;
    return map ? read_map(reader, depth, node) : read_list(reader, depth, node);
}

static const char *anchor_of(const yaml_event_t *event)
{
    if (event->type == YAML_SCALAR_EVENT)
        return (const char *)event->data.scalar.anchor;
    if (event->type == YAML_MAPPING_START_EVENT)
        return (const char *)event->data.mapping_start.anchor;
    if (event->type == YAML_SEQUENCE_START_EVENT)
        return (const char *)event->data.sequence_start.anchor;
    return NULL;
}

/* Reads one value, from its first event on. After 0 the caller owns `node->value`; it is NULL after
 * an error. */
static int read_node(struct reader *reader, yaml_event_t *event, unsigned depth,
                     struct config_node *node)
{
    const char *name = anchor_of(event);
    long place = name != NULL ? config_anchors_add(&reader->anchors, name) : 0;
    int r = place == -E2BIG ? complain(reader, event->start_mark, "too many anchors")
            : place < 0     ? (int)place
                            : 0;
    if (r == 0 && event->type == YAML_ALIAS_EVENT)
        r = read_alias(reader, event, depth, node);
    else if (r == 0 && event->type == YAML_SCALAR_EVENT)
        r = read_scalar(reader, event, node);
    else if (r == 0)
        r = read_collection(reader, event, depth, node);
    if (r == 0 && name != NULL) {
        reader->anchors.items[place].node = *node;
        json_incref(node->value);
    } else if (r < 0) {
        json_decref(node->value);
        node->value = NULL;
    }
    return r;
}

/* The event after the start of the only document; a second document is an error. */
static int open_document(struct reader *reader, yaml_event_t *event)
{
    int r = next_event(reader, event);
    while (r == 0 && event->type != YAML_STREAM_END_EVENT &&
           (event->type == YAML_STREAM_START_EVENT || event->type == YAML_DOCUMENT_START_EVENT)) {
        yaml_event_delete(event);
        r = next_event(reader, event);
    }
    return r;
}

static int close_document(struct reader *reader)
{
    yaml_event_t event;
    int r = next_event(reader, &event);
    bool more = r == 0 && event.type == YAML_DOCUMENT_END_EVENT;
    if (r == 0)
        yaml_event_delete(&event);
    if (!more)
        return r;
    r = next_event(reader, &event);
    if (r < 0)
        return r;
    if (event.type != YAML_STREAM_END_EVENT)
        r = complain(reader, event.start_mark, "a second document");
    yaml_event_delete(&event);
    return r;
}

static int read_document(struct reader *reader, json_t **out)
{
    yaml_event_t event;
    struct config_node top = { 0 };
    int r = open_document(reader, &event);
    if (r < 0)
        return r;
    bool empty = event.type == YAML_STREAM_END_EVENT;
    yaml_mark_t mark = event.start_mark;
    if (!empty)
        r = read_node(reader, &event, 0, &top);
    yaml_event_delete(&event);
    if (r == 0 && !empty)
        r = close_document(reader);
    if (r == 0 && (empty || json_is_null(top.value))) {
        json_decref(top.value);
        top.value = json_object();
        r = top.value != NULL ? 0 : -ENOMEM;
    } else if (r == 0 && !json_is_object(top.value)) {
        r = complain(reader, mark, "not a map of settings");
    }
    if (r < 0)
        json_decref(top.value);
    else
        *out = top.value;
    return r;
}

int config_yaml_load(const char *data, size_t size, json_t **out, json_t **places,
                     struct config_yaml_error *error)
{
    struct reader reader = { .places = json_object(), .error = error };
    if (reader.places == NULL || !yaml_parser_initialize(&reader.parser)) {
        json_decref(reader.places);
        return -ENOMEM;
    }
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)data, size);
    int r = read_document(&reader, out);
    config_anchors_free(&reader.anchors);
    yaml_parser_delete(&reader.parser);
    if (r == 0 && places != NULL)
        *places = reader.places;
    else
        json_decref(reader.places);
    return r;
}
