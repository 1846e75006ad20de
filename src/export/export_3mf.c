/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* 3D Manufacturing Format, Core Specification 1.3. */
#include "export/export_3mf.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "export/export_weld.h"
#include "export/export_zip.h"

/* Bytes of XML that are gathered before they are compressed, and elements between two looks at the
 * limit of time. */
#define XML_PIECE 32768
#define MESH_PIECE 4096

/* Resource ids: the materials, then the shapes, then what is made of them. */
#define ID_MATERIALS 1
#define ID_SHAPES 2

static const char types[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
    "<Default Extension=\"rels\" "
    "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
    "<Default Extension=\"model\" "
    "ContentType=\"application/vnd.ms-package.3dmanufacturing-3dmodel+xml\"/></Types>";

static const char relations[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
    "<Relationship Target=\"/3D/3dmodel.model\" Id=\"model\" "
    "Type=\"http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel\"/></Relationships>";

static const char model_head[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<model unit=\"millimeter\" xml:lang=\"en-US\" "
    "xmlns=\"http://schemas.microsoft.com/3dmanufacturing/core/2015/02\">"
    "<metadata name=\"Application\">cadcast " CADCAST_VERSION "</metadata><resources>";

struct writer {
    struct export_tree *tree;
    struct export_zip zip;
    struct text xml; /* not compressed yet */
    uint32_t next;   /* resource id */
    uint32_t *ids;   /* of each node, the object that stands for it */
};

static void flush(struct writer *writer, size_t most)
{
    if (writer->xml.size <= most)
        return;
    export_zip_bytes(&writer->zip, writer->xml.data, writer->xml.size);
    writer->xml.size = 0;
}

/* A text between quotes. XML 1.0 section 2.2 has no control characters, U+FFFE and U+FFFF. */
static void add_escaped(struct text *xml, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        bool none = strncmp(c, "\xef\xbf\xbe", 3) == 0 || strncmp(c, "\xef\xbf\xbf", 3) == 0;
        if (none)
            text_add(xml, "\xef\xbf\xbd");
        else if (strchr("&<>\"\t\n\r", *c) != NULL)
            text_format(xml, "&#%d;", *c);
        else
            text_add_bytes(xml, (uint8_t)*c < 0x20 ? " " : c, 1);
        c += none ? 2 : 0;
    }
}

static void add_name(struct text *xml, const char *name)
{
    if (name[0] == '\0')
        return;
    text_add(xml, " name=\"");
    add_escaped(xml, name);
    text_add(xml, "\"");
}

static void add_materials(struct writer *writer)
{
    const struct export_tree *tree = writer->tree;
    text_format(&writer->xml, "<basematerials id=\"%d\">", ID_MATERIALS);
    for (uint32_t i = 0; i < tree->material_count; i++) {
        const uint8_t *c = tree->materials[i]->first->color;
        text_format(&writer->xml,
                    "<base name=\"#%02x%02x%02x\" displaycolor=\"#%02X%02X%02X%02X\"/>", c[0], c[1],
                    c[2], c[0], c[1], c[2], c[3]);
        flush(writer, XML_PIECE);
    }
    text_add(&writer->xml, "</basematerials>");
}

static int look_at_limits(struct writer *writer, uint32_t i)
{
    int error = i % MESH_PIECE == 0 ? limit_check(&writer->tree->limit) : 0;
    flush(writer, XML_PIECE);
    return error < 0 ? error : writer->zip.out->error;
}

static int add_vertices(struct writer *writer, const struct scene_mesh *mesh,
                        const struct export_weld *weld)
{
    int error = 0;
    text_add(&writer->xml, "<mesh><vertices>");
    for (uint32_t i = 0; i < weld->count && error == 0; i++) {
        const float *p = mesh->points + (size_t)3 * weld->first[i];
        text_format(&writer->xml, "<vertex x=\"%.9g\" y=\"%.9g\" z=\"%.9g\"/>", (double)p[0],
                    (double)p[1], (double)p[2]);
        error = look_at_limits(writer, i);
    }
    text_add(&writer->xml, "</vertices><triangles>");
    return error;
}

/* Triangles without an area between three different vertices are not allowed. */
static int add_triangles(struct writer *writer, const struct scene_mesh *mesh,
                         const struct export_weld *weld)
{
    int error = 0;
    for (uint32_t i = 0; i < mesh->triangles && error == 0; i++) {
        const uint32_t *corners = mesh->corners + (size_t)3 * i;
        uint32_t a = weld->of[corners[0]];
        uint32_t b = weld->of[corners[1]];
        uint32_t c = weld->of[corners[2]];
        if (a != b && b != c && a != c)
            text_format(&writer->xml, "<triangle v1=\"%u\" v2=\"%u\" v3=\"%u\"/>", a, b, c);
        error = look_at_limits(writer, i);
    }
    text_add(&writer->xml, "</triangles></mesh></object>");
    return error;
}

static int add_shape(struct writer *writer, const struct export_shape *shape)
{
    const struct scene_mesh *mesh = shape->first->mesh;
    struct export_weld weld;
    text_format(&writer->xml, "<object id=\"%u\" type=\"model\" pid=\"%d\" pindex=\"%u\"",
                writer->next++, ID_MATERIALS, shape->material);
    if (shape->named)
        add_name(&writer->xml, shape->first->name);
    text_add(&writer->xml, ">");
    int error = export_weld(&weld, mesh);
    if (error == 0)
        error = add_vertices(writer, mesh, &weld);
    if (error == 0)
        error = add_triangles(writer, mesh, &weld);
    export_weld_free(&weld);
    return error;
}

/* Row vectors: the matrix is written by its columns. */
static void add_place(struct text *xml, const struct matrix *place)
{
    text_add(xml, " transform=\"");
    for (int column = 0; column < 4; column++)
        text_format(xml, "%s%.17g %.17g %.17g", column == 0 ? "" : " ", place->m[0][column],
                    place->m[1][column], place->m[2][column]);
    text_add(xml, "\"");
}

static void add_component(struct writer *writer, uint32_t node)
{
    text_format(&writer->xml, "<component objectid=\"%u\"", writer->ids[node]);
    add_place(&writer->xml, &writer->tree->nodes[node].place);
    text_add(&writer->xml, "/>");
    flush(writer, XML_PIECE);
}

/* A group, or a part whose shape others share under another name. */
static void add_object(struct writer *writer, uint32_t number)
{
    const struct export_node *nodes = writer->tree->nodes;
    const struct export_node *node = &nodes[number];
    text_format(&writer->xml, "<object id=\"%u\" type=\"model\"", writer->next);
    add_name(&writer->xml, node->name);
    text_add(&writer->xml, "><components>");
    if (node->kind != EXPORT_GROUP)
        text_format(&writer->xml, "<component objectid=\"%u\"/>", ID_SHAPES + node->shape);
    for (uint32_t i = number + 1; i < node->end; i = nodes[i].end) {
        if (nodes[i].written)
            add_component(writer, i);
    }
    text_add(&writer->xml, "</components></object>");
    writer->ids[number] = writer->next++;
}

/* Objects before those that are made of them: from the end of the tree to its root. */
static int add_tree(struct writer *writer)
{
    struct export_tree *tree = writer->tree;
    int error = 0;
    for (uint32_t i = tree->count; i-- > 0 && error == 0;) {
        const struct export_node *node = &tree->nodes[i];
        if (!node->written)
            continue;
        if (node->kind != EXPORT_GROUP && tree->shapes[node->shape].named)
            writer->ids[i] = ID_SHAPES + node->shape;
        else
            add_object(writer, i);
        error = look_at_limits(writer, i);
    }
    return error;
}

static int add_model(struct writer *writer)
{
    struct export_tree *tree = writer->tree;
    int error = 0;
    writer->next = ID_SHAPES;
    writer->ids = scene_allocate(&tree->scene, (size_t)tree->count * sizeof(*writer->ids));
    if (writer->ids == NULL)
        return -ENOMEM;
    export_zip_file(&writer->zip, "3D/3dmodel.model");
    text_add(&writer->xml, model_head);
    add_materials(writer);
    for (uint32_t i = 0; i < tree->shape_count && error == 0; i++)
        error = add_shape(writer, &tree->shapes[i]);
    if (error == 0)
        error = add_tree(writer);
    if (error < 0)
        return error;
    text_format(&writer->xml, "</resources><build><item objectid=\"%u\"", writer->ids[0]);
    add_place(&writer->xml, &tree->nodes[0].place);
    text_add(&writer->xml, "/></build></model>\n");
    flush(writer, 0);
    return text_error(&writer->xml);
}

int export_3mf(struct export_tree *tree, struct export_out *out)
{
    struct writer writer = { .tree = tree };
    export_out_begin(out, XML_PIECE, out->limit);
    export_zip_begin(&writer.zip, out);
    export_zip_file(&writer.zip, "[Content_Types].xml");
    export_zip_text(&writer.zip, types);
    export_zip_file(&writer.zip, "_rels/.rels");
    export_zip_text(&writer.zip, relations);
    int error = add_model(&writer);
    export_zip_end(&writer.zip);
    text_free(&writer.xml);
    return error < 0 ? error : out->error;
}
