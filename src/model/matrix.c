/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "model/matrix.h"

#include <math.h>

struct matrix matrix_place(const double position[3], const double quaternion[4])
{
    double x = quaternion[0], y = quaternion[1], z = quaternion[2], w = quaternion[3];
    double x2 = x + x, y2 = y + y, z2 = z + z;
    double xx = x * x2, xy = x * y2, xz = x * z2;
    double yy = y * y2, yz = y * z2, zz = z * z2;
    double wx = w * x2, wy = w * y2, wz = w * z2;
    return (struct matrix){ { { 1 - (yy + zz), xy - wz, xz + wy, position[0] },
                              { xy + wz, 1 - (xx + zz), yz - wx, position[1] },
                              { xz - wy, yz + wx, 1 - (xx + yy), position[2] } } };
}

struct matrix matrix_multiply(const struct matrix *a, const struct matrix *b)
{
    struct matrix out;
    for (int r = 0; r < 3; r++) {
        for (int c = 0; c < 4; c++) {
            out.m[r][c] =
                a->m[r][0] * b->m[0][c] + a->m[r][1] * b->m[1][c] + a->m[r][2] * b->m[2][c];
        }
        out.m[r][3] += a->m[r][3];
    }
    return out;
}

void matrix_apply(const struct matrix *matrix, const double point[3], double out[3])
{
    for (int r = 0; r < 3; r++) {
        const double *row = matrix->m[r];
        out[r] = row[0] * point[0] + row[1] * point[1] + row[2] * point[2] + row[3];
    }
}

double matrix_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

void matrix_cross(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

double matrix_normalize(double v[3])
{
    double length = sqrt(matrix_dot(v, v));
    for (int i = 0; i < 3 && length > 0; i++)
        v[i] /= length;
    return length;
}
