/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RENDER_SCENE_H
#define CADCAST_RENDER_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "model/matrix.h"
#include "render/look.h"

/*
 * What a model file holds, as things to draw in the order and with the materials of the page's
 * renderer. Strict: every array lies inside the file, has the type and length that it needs, its
 * coordinates are finite and its indices name vertices. Anything else is an error, with the reason.
 */

/* Planes that may cut a model. */
#define SCENE_CUTS_MAX 3

enum scene_kind { SCENE_FACES, SCENE_LINES, SCENE_POINTS };

/* What an item is for: most are drawn; for lids see render/lids.h. */
enum scene_role { SCENE_DRAWN, SCENE_COUNTED, SCENE_LID };

enum scene_side { SCENE_FRONT, SCENE_BACK, SCENE_BOTH };

/* One thing to draw: as a mesh of three.js with its material. */
struct scene_item {
    enum scene_kind kind;
    const float *points;     /* x, y, z of each vertex; two vertices a line */
    uint32_t count;          /* of vertices */
    const float *normals;    /* of each vertex; NULL: not lit */
    const uint32_t *corners; /* three vertices a triangle */
    uint32_t triangles;
    struct matrix place;
    float color[3];      /* linear */
    const float *colors; /* linear, of each line; NULL: `color` */
    float alpha;         /* 0 to 1 */
    float width;         /* of lines and points, in pixels */
    float dash;          /* lines: length of dashes and of gaps, in millimetres; 0: none */
    bool round;          /* lines: with round ends */
    bool visible;
    bool solid;    /* opaque to the renderer: drawn before all others */
    bool depth;    /* hides what is behind it */
    unsigned cuts; /* bits: which of the planes that cut the model cut it */
    bool late;     /* drawn after the items that are not */
    enum scene_side side;
    float push; /* away from the camera, in slopes of depth */
    float push_units;
    double middle[3]; /* of its own box: items are sorted by it */
    unsigned body;    /* faces of a solid: its number, from 1; 0: it is none */
    enum scene_role role;
    unsigned lid;       /* what is not SCENE_DRAWN: number of the lid that it belongs to, from 1 */
    const float *hatch; /* lids: millimetres across the lines of hatching, of each vertex */
};

/* An entry of the list of instances, read at its first use. */
struct scene_mesh;

/* Room for a reason, with its zero byte. */
#define SCENE_WHY 160

struct scene {
    const uint8_t *data; /* the file's arrays */
    size_t size;
    size_t budget; /* bytes of memory that may still be allocated */
    struct look look;
    const json_t *states; /* by id; may be NULL, borrowed */
    const json_t *parts;  /* ids of parts or groups that are drawn alone; may be NULL, borrowed */
    const json_t *hide;   /* ids of those that are not drawn; the same */
    json_t *missing;      /* ids of both that were not found yet */
    double cuts[SCENE_CUTS_MAX][4]; /* kept is where x, y, z and 1 times it is not negative */
    unsigned cut_count;
    unsigned bodies; /* solids so far */
    unsigned lids;
    double hatch; /* of the lids: millimetres between two lines */
    json_t *root; /* the file's JSON */
    struct scene_mesh *meshes;
    size_t mesh_count;
    struct scene_item *items;
    size_t count;
    size_t room;
    void **owned; /* arrays that are not in the file */
    size_t owned_count;
    double low[3]; /* the box of all parts, hidden ones too: the file's, else that of the meshes */
    double high[3];
    unsigned left_out; /* parts of a kind that is not drawn here */
    const char *fault; /* why scene_open or scene_build failed: a literal, or `why` */
    char why[SCENE_WHY];
};

/* Reads the JSON of a model file (docs/model-format.md). `file` must stay until scene_free. At most
 * `budget` bytes are allocated. 0; -EINVAL: it is no valid model file; -EFBIG: too large for the
 * budget; -ENOMEM. scene_free is to be called in any case. */
int scene_open(struct scene *scene, const uint8_t *file, size_t size, size_t budget);

/* Makes the list of items for that look. `states`, if not NULL, has the visibility [shape, edges]
 * of parts by their ids and overrides the model's. The same errors, -E2BIG: parts are nested too
 * deeply, -ENODATA: there is nothing to draw, -ENOENT: there is no part of an id in scene->parts or
 * scene->hide, which are set before. To be called once. */
int scene_build(struct scene *scene, const struct look *look, const json_t *states);

/* Makes room for the meshes that parts refer to; scene_build does it. 0 or an error of it. */
int scene_meshes(struct scene *scene);

/* The place of a part: its own within `parent`. 0; -EINVAL: it is not valid. */
int scene_place(struct scene *scene, const json_t *json, const struct matrix *parent,
                struct matrix *place);

/* Whether a part's faces and edges are visible: by scene->states, else by the model. */
void scene_state(const struct scene *scene, const json_t *part, bool *faces, bool *edges);

/* Adds an item, zeroed but for its defaults; NULL: over the budget, or no memory. */
struct scene_item *scene_add(struct scene *scene);

/* Memory for `size` bytes that lives as long as the scene; NULL as above. */
void *scene_allocate(struct scene *scene, size_t size);

void scene_free(struct scene *scene);

#endif
