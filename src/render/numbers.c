/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "render/numbers.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "render/axes.h"
#include "render/color.h"

/* The page's: pixels of the picture that it makes of a text with a font of 80, bold, and an outline
 * of 12, which is scaled then. */
#define SPRITE 128.0
/* Of a capital, between the middles of its strokes. */
#define CAPITAL (46 / SPRITE)
#define STEM (12 / SPRITE)
#define OUTLINE (12 / SPRITE)
#define RAISED (5.6 / SPRITE)

/* Height of a digit in the units of the strokes below, and how much wider these are. */
#define UNITS 6
#define STRETCH 1.15

/* Longest text, with its zero byte. */
#define TEXT_SIZE 32

/* The strokes of a character: pairs of digits are points, x and y; a space lifts the pen. Its
 * middle is at x 2. */
struct glyph {
    char character;
    const char *strokes;
    double width;
};

static const struct glyph glyphs[] = {
    { '0', "100105163645413010", 7.3 },
    { '1', "152620 1030", 7.3 },
    { '2', "051636454400 0040", 7.3 },
    { '3', "051636454433 133342413010", 7.3 },
    { '4', "303602 0242", 7.3 },
    { '5', "4606033342413010", 7.3 },
    { '6', "3616050110304142331302", 7.3 },
    { '7', "064610", 7.3 },
    { '8', "1304051636454433130201103041423313", 7.3 },
    { '9', "1030414536160504133344", 7.3 },
    { '+', "0343 2125", 8.7 },
    { '-', "1333", 4.3 },
    { '.', "2021", 4 },
};

/* What the texts are written with. */
struct writing {
    const struct camera *camera;
    const struct numbers_page *page;
    double font;   /* pixels of the page's picture of a text */
    float *points; /* NULL: they are only counted */
    uint32_t count;
};

/* A text where it stands: directions of its own, one unit long, in the model's space. */
struct place {
    double middle[3];
    double right[3];
    double up[3];
};

static const struct glyph *find_glyph(char character)
{
    for (size_t i = 0; i < sizeof(glyphs) / sizeof(glyphs[0]); i++) {
        if (glyphs[i].character == character)
            return &glyphs[i];
    }
    return &glyphs[0];
}

static void put_point(struct writing *writing, const struct place *place, double x, double y)
{
    float *to = writing->points == NULL ? NULL : writing->points + (size_t)3 * writing->count;
    for (int i = 0; to != NULL && i < 3; i++)
        to[i] = (float)(place->middle[i] + x * place->right[i] + y * place->up[i]);
    writing->count++;
}

/* `x`: of the character's middle, `y`: of its foot. */
static void put_glyph(struct writing *writing, const struct place *place, const char *strokes,
                      double x, double y)
{
    const char *from = NULL;
    for (const char *at = strokes; *at != '\0'; at += *at == ' ' ? 1 : 2) {
        if (*at != ' ' && from != NULL) {
            put_point(writing, place, x + STRETCH * (from[0] - '2'), y + from[1] - '0');
            put_point(writing, place, x + STRETCH * (at[0] - '2'), y + at[1] - '0');
        }
        from = *at == ' ' ? NULL : at;
    }
}

static void put_text(struct writing *writing, const struct place *place, const char *text)
{
    double width = 0;
    for (const char *c = text; *c != '\0'; c++)
        width += find_glyph(*c)->width;
    double x = -width / 2;
    for (const char *c = text; *c != '\0'; c++) {
        const struct glyph *glyph = find_glyph(*c);
        put_glyph(writing, place, glyph->strokes, x + glyph->width / 2,
                  RAISED / CAPITAL * UNITS - UNITS / 2.0);
        x += glyph->width;
    }
}

/* As the page writes a number: with its sign, at most four digits behind the point, at least one.
 */
static void format(double number, char text[TEXT_SIZE])
{
    snprintf(text, TEXT_SIZE, "%+.4f", number);
    size_t size = strlen(text);
    while (size > 2 && text[size - 1] == '0' && text[size - 2] != '.')
        text[--size] = '\0';
}

/* Turns the text's directions to the camera. False: it would be outside of the picture. */
static bool face_camera(const struct writing *writing, struct place *place, bool turned)
{
    const struct camera *camera = writing->camera;
    double to[3];
    for (int i = 0; i < 3; i++)
        to[i] = place->middle[i] - camera->eye[i];
    double away = camera->ortho ? 1 : -matrix_dot(to, camera->back);
    double pixel = 2 * camera->half_height * away / writing->page->height;
    double unit = writing->font * CAPITAL / UNITS * pixel;
    double most = 30 * unit;
    for (int i = 0; i < 3; i++) {
        place->right[i] = unit * (turned ? camera->up[i] : camera->right[i]);
        place->up[i] = unit * (turned ? -camera->right[i] : camera->up[i]);
    }
    return away > 0 && fabs(matrix_dot(to, camera->right)) < camera->half_width * away + most &&
           fabs(matrix_dot(to, camera->up)) < camera->half_height * away + most;
}

/* The numbers along one axis of a grid in that place. */
static void put_axis(struct writing *writing, const struct axes_grid *grid, const double middle[3],
                     int axis)
{
    char text[TEXT_SIZE];
    int lines = (int)lrint(2 * grid->half / grid->step);
    for (int i = 0; i <= lines; i++) {
        double number = -grid->half + i * grid->step;
        struct place place = { .middle = { middle[0], middle[1], middle[2] } };
        place.middle[axis] += number;
        if (fabs(number) < grid->step * 1e-6 || !face_camera(writing, &place, axis == 2))
            continue;
        format(number, text);
        put_text(writing, &place, text);
    }
}

static void put_all(struct writing *writing, const struct scene *scene,
                    const struct axes_grid *grid)
{
    writing->count = 0;
    for (int i = 0; i < 3; i++) {
        double middle[3];
        int planes[2];
        axes_plane(scene, grid, i, middle, planes);
        for (int k = 0; k < 2 && scene->look.grid[i]; k++)
            put_axis(writing, grid, middle, planes[k]);
    }
}

/* The same lines, wide ones of the colour of the paper below those of the text. */
static int add_lines(struct scene *scene, const struct writing *writing, double width,
                     const uint8_t color[3])
{
    struct scene_item *item = scene_add(scene);
    if (item == NULL)
        return scene->fault != NULL ? -EFBIG : -ENOMEM;
    item->kind = SCENE_LINES;
    item->points = writing->points;
    item->count = writing->count;
    item->width = (float)width;
    item->round = true;
    item->cuts = 0;
    item->depth = false;
    for (int i = 0; i < 3; i++)
        item->place.m[i][i] = 1;
    color_linear(color, item->color);
    return 0;
}

/* Pixels of the page's picture of a text in a window of that height. */
static double font_size(double font, const struct camera *camera, const struct numbers_page *page)
{
    double height = (double)page->height / page->scale;
    double part = height < 300 ? 0.8 : height > 800 ? 1 : 0.8 + 0.2 * (height - 300) / 500;
    return font * part * page->scale * (camera->ortho ? 1.6 : 0.3 / camera->half_height);
}

/* Whether the page leaves them out, since they would cover the model. */
static bool is_far(const struct scene *scene, const struct numbers_page *page)
{
    double most = 0;
    for (int i = 0; i < 3; i++)
        most = fmax(most, fmax(fabs(scene->low[i]), fabs(scene->high[i])));
    double side = fmin(page->width, page->height) / page->scale;
    double least = (most < 2 ? 6 : most < 1000 ? 5 : 3) * fmax(1, 6 - log2(side / 100));
    return floor(page->zoom * 50 + 0.5) < floor(least + 0.5);
}

int numbers_add(struct scene *scene, const struct camera *camera, const struct numbers_page *page)
{
    static const uint8_t papers[2][3] = { { 0xff, 0xff, 0xff }, { 0x44, 0x44, 0x44 } };
    /* The page's #333333, which it takes for linear in the light theme. */
    static const uint8_t inks[2][3] = { { 0x7c, 0x7c, 0x7c }, { 0xaa, 0xaa, 0xaa } };
    struct axes_grid grid;
    struct writing writing = { .camera = camera, .page = page };
    if (!axes_measure(scene, page->zoom, &grid) || is_far(scene, page))
        return 0;
    writing.font = font_size(scene->look.grid_font, camera, page);
    put_all(&writing, scene, &grid);
    if (writing.count == 0)
        return 0;
    writing.points = scene_allocate(scene, (size_t)writing.count * 3 * sizeof(float));
    if (writing.points == NULL)
        return scene->fault != NULL ? -EFBIG : -ENOMEM;
    put_all(&writing, scene, &grid);
    double width = fmax(1, STEM * writing.font);
    int error =
        add_lines(scene, &writing, width + OUTLINE * writing.font, papers[scene->look.dark]);
    return error < 0 ? error : add_lines(scene, &writing, width, inks[scene->look.dark]);
}
