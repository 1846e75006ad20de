/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "render/shade.h"

#include <math.h>

#define PI 3.14159265358979323846F

/* Least roughness, and least denominator, of the page's renderer. */
#define ROUGHNESS_LEAST 0.0525F
#define EPSILON 1e-6F

/* Steps of the integral over the lobe: by the distance from its middle, and around one half
 * of it: the other is the same. */
#define LOBE_RINGS 24
#define LOBE_TURNS 12

static float clamp01(float x)
{
    return x > 1 ? 1 : x > 0 ? x : 0;
}

static float dot(const float a[3], const float b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Masking and shadowing with 1 / (4 NL NV). */
static float masking(float alpha, float nl, float nv)
{
    float a2 = alpha * alpha;
    float gv = nl * sqrtf(a2 + (1 - a2) * nv * nv);
    float gl = nv * sqrtf(a2 + (1 - a2) * nl * nl);
    float sum = gv + gl;
    return 0.5F / (sum > EPSILON ? sum : EPSILON);
}

static float distribution(float alpha, float nh)
{
    float a2 = alpha * alpha;
    float d = nh * nh * (a2 - 1) + 1;
    return a2 / (PI * d * d);
}

static float fifth(float x)
{
    return x * x * x * x * x;
}

/* One direction of the integral: adds what a lobe reflects to the eye. */
static void add_direction(float alpha, float nv, float ring, float turn, float sum[2])
{
    float nh = sqrtf((1 - ring) / (1 + (alpha * alpha - 1) * ring));
    float across = sqrtf(1 - nh * nh) * cosf(PI * turn);
    float vh = sqrtf(1 - nv * nv) * across + nv * nh;
    float nl = 2 * vh * nh - nv;
    if (nl <= 0 || vh <= 0 || nh <= 0)
        return;
    float seen = 4 * masking(alpha, nl, nv) * nl * vh / nh;
    float grazing = fifth(1 - vh);
    sum[0] += (1 - grazing) * seen;
    sum[1] += grazing * seen;
}

/* The share of light from everywhere that a surface reflects to the eye, as scale and bias of its
 * reflectance. */
static void integrate(float alpha, float nv, float out[2])
{
    float sum[2] = { 0, 0 };
    for (int i = 0; i < LOBE_RINGS; i++) {
        for (int k = 0; k < LOBE_TURNS; k++)
            add_direction(alpha, nv, (i + 0.5F) / LOBE_RINGS, (k + 0.5F) / LOBE_TURNS, sum);
    }
    out[0] = sum[0] / (LOBE_RINGS * LOBE_TURNS);
    out[1] = sum[1] / (LOBE_RINGS * LOBE_TURNS);
}

void shade_init(struct shade *shade, const struct look *look, const struct camera *camera)
{
    shade->lids = NULL;
    color_encoder_init(&shade->encoder);
    shade->ambient = (float)look->ambient;
    shade->direct = (float)look->direct;
    shade->metalness = (float)look->metalness;
    shade->roughness = (float)look->roughness;
    for (int i = 0; i < 3; i++)
        shade->light[i] = (float)camera->light[i];
    float roughness = shade->roughness > ROUGHNESS_LEAST ? shade->roughness : ROUGHNESS_LEAST;
    for (int i = 0; i <= SHADE_STEPS; i++)
        integrate(roughness * roughness, (float)i / SHADE_STEPS, shade->reflected[i]);
}

static void reflected(const struct shade *shade, float cosine, float out[2])
{
    float at = cosine * SHADE_STEPS;
    int step = (int)at < SHADE_STEPS ? (int)at : SHADE_STEPS - 1;
    float share = at - (float)step;
    for (int i = 0; i < 2; i++) {
        const float *low = shade->reflected[step];
        out[i] = low[i] + (shade->reflected[step + 1][i] - low[i]) * share;
    }
}

/* Light that leaves a surface after more than one reflection, for one channel. */
static float again(float f0, const float v[2], const float l[2])
{
    float lost_v = 1 - (v[0] + v[1]);
    float lost_l = 1 - (l[0] + l[1]);
    float average = f0 + (1 - f0) * 0.047619F;
    float once_v = f0 * v[0] + v[1];
    float once_l = f0 * l[0] + l[1];
    return once_v * once_l * average / (1 - lost_v * lost_l * average + EPSILON) * lost_v * lost_l;
}

void shade_lit(const struct shade *shade, const struct shade_point *point, const float base[3],
               uint8_t rgb[3])
{
    float half[3], v[2], l[2];
    for (int i = 0; i < 3; i++)
        half[i] = shade->light[i] + point->to_eye[i];
    float length = sqrtf(dot(half, half));
    for (int i = 0; i < 3; i++)
        half[i] = length > 0 ? half[i] / length : 0;
    float nl = clamp01(dot(point->normal, shade->light));
    float nv = clamp01(dot(point->normal, point->to_eye));
    float nh = clamp01(dot(point->normal, half));
    float vh = clamp01(dot(point->to_eye, half));
    float roughness = shade->roughness > ROUGHNESS_LEAST ? shade->roughness : ROUGHNESS_LEAST;
    roughness = clamp01(roughness + point->bend);
    float alpha = roughness * roughness;
    float lobe = masking(alpha, nl, nv) * distribution(alpha, nh);
    float grazing = fifth(1 - vh);
    reflected(shade, nv, v);
    reflected(shade, nl, l);
    for (int i = 0; i < 3; i++) {
        float f0 = 0.04F + (base[i] - 0.04F) * shade->metalness;
        float fresnel = f0 + (1 - f0) * grazing;
        float diffuse = base[i] * (1 - shade->metalness) / PI;
        float light = nl * shade->direct;
        float out = diffuse * (light + shade->ambient) + light * (fresnel * lobe + again(f0, v, l));
        rgb[i] = color_encode(&shade->encoder, out);
    }
}

void shade_plain(const struct shade *shade, const float base[3], uint8_t rgb[3])
{
    for (int i = 0; i < 3; i++)
        rgb[i] = color_encode(&shade->encoder, base[i]);
}
