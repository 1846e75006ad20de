/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_MODEL_MATRIX_H
#define CADCAST_MODEL_MATRIX_H

/* An affine map of space: three rows, the last column moves. */
struct matrix {
    double m[3][4];
};

/* Places of parts, as three.js composes them: a quaternion (x, y, z, w) that is not of length 1
 * scales. */
struct matrix matrix_place(const double position[3], const double quaternion[4]);

/* First `b`, then `a`. */
struct matrix matrix_multiply(const struct matrix *a, const struct matrix *b);

void matrix_apply(const struct matrix *matrix, const double point[3], double out[3]);

double matrix_dot(const double a[3], const double b[3]);
void matrix_cross(const double a[3], const double b[3], double out[3]);

/* Makes the vector 1 long; one of no length stays. Returns its old length. */
double matrix_normalize(double v[3]);

#endif
