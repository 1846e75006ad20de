/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_HELPER_QUADRATURE_HPP
#define CADCAST_HELPER_QUADRATURE_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

/*
 * Integrals of several functions of one variable at once, by Gauss-Kronrod quadrature (7 and 15
 * points) in pieces that are halved until the error is `alone` (1e-10) of the integral of the
 * absolute value. The kernel's own quadrature takes a fixed number of points and checks nothing.
 */
namespace quadrature
{

template <std::size_t N> using values = std::array<double, N>;

/* One piece of the range. `size` is the integral of the absolute values. */
template <std::size_t N> struct piece {
    double from = 0, to = 0;
    values<N> sum{}, error{}, size{};
    int depth = 0;
};

/* Nodes and weights on [-1, 1]: half of them, from the outermost to the middle. */
inline constexpr std::array<double, 8> nodes = {
    0.991455371120812639206854697526329, 0.949107912342758524526189684047851,
    0.864864423359769072789712788640926, 0.741531185599394439863864773280788,
    0.586087235467691130294144691258480, 0.405845151377397166906606412076961,
    0.207784955007898467600689403773245, 0
};
inline constexpr std::array<double, 8> kronrod_weights = {
    0.022935322010529224963732008058970, 0.063092092629978553290700663189204,
    0.104790010322250183839876322541518, 0.140653259715525918745189590510238,
    0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
    0.204432940075298892414161999234649, 0.209482141084727828012999174891714
};
/* The Gauss nodes are the second, fourth, sixth and eighth of them. */
inline constexpr std::array<double, 4> gauss_weights = { 0.129484966168869693270611432679082,
                                                         0.279705391489276667901467771423780,
                                                         0.381830050505118944950369775488975,
                                                         0.417959183673469387755102040816327 };

template <std::size_t N, class Function>
void add_node(const Function &of, double at, std::size_t node, piece<N> &into, values<N> &gauss)
{
    values<N> got = of(at);
    for (std::size_t i = 0; i < N; i++) {
        into.sum[i] += kronrod_weights[node] * got[i];
        into.size[i] += kronrod_weights[node] * std::fabs(got[i]);
        if (node % 2 == 1)
            gauss[i] += gauss_weights[node / 2] * got[i];
    }
}

/* The difference of the two rules is the error of the coarse one; for smooth functions that of the
 * fine one is about its power 3/2 (Piessens et al., QUADPACK, section 3.4). */
inline double fine_error(double difference, double size)
{
    double share = size > 0 ? std::fabs(difference) / size : 0;
    return size * std::min(share, std::pow(200 * share, 1.5));
}

template <std::size_t N, class Function>
piece<N> measure(const Function &of, double from, double to, int depth)
{
    piece<N> out;
    out.from = from;
    out.to = to;
    out.depth = depth;
    values<N> gauss{};
    double middle = (from + to) / 2, half = (to - from) / 2;
    for (std::size_t node = 0; node + 1 < nodes.size(); node++) {
        add_node(of, middle - half * nodes[node], node, out, gauss);
        add_node(of, middle + half * nodes[node], node, out, gauss);
    }
    add_node(of, middle, nodes.size() - 1, out, gauss);
    for (std::size_t i = 0; i < N; i++) {
        out.error[i] = fine_error(out.sum[i] - gauss[i], out.size[i]) * std::fabs(half);
        out.sum[i] *= half;
        out.size[i] *= std::fabs(half);
    }
    return out;
}

/* The error is small enough by itself, or too small a share of the whole to matter: a value that is
 * 0 but for rounding is compared with the largest of the others. */
template <std::size_t N> bool settled(const piece<N> &of, double whole, double alone)
{
    double share = alone / 100;
    for (std::size_t i = 0; i < N; i++)
        if (of.error[i] > std::max(alone * of.size[i], share * whole))
            return false;
    return true;
}

/* The integral over the range that `breaks` cuts into smooth pieces (in either direction), with at
 * most `limit` more pieces. `of` takes a double and returns values<N>, all in one unit. */
template <std::size_t N, class Function>
values<N> integral(const Function &of, const std::vector<double> &breaks, std::size_t limit = 4000,
                   double alone = 1e-10)
{
    constexpr int deepest = 48;
    std::vector<piece<N>> open;
    values<N> sum{};
    double whole = 0;
    for (std::size_t i = 0; i + 1 < breaks.size(); i++) {
        open.push_back(measure<N>(of, breaks[i], breaks[i + 1], 0));
        const values<N> &size = open.back().size;
        whole += *std::max_element(size.begin(), size.end());
    }
    while (!open.empty()) {
        piece<N> last = open.back();
        open.pop_back();
        if (settled(last, whole, alone) || last.depth >= deepest || limit == 0) {
            for (std::size_t k = 0; k < N; k++)
                sum[k] += last.sum[k];
            continue;
        }
        double middle = (last.from + last.to) / 2;
        open.push_back(measure<N>(of, last.from, middle, last.depth + 1));
        open.push_back(measure<N>(of, middle, last.to, last.depth + 1));
        limit--;
    }
    return sum;
}

} // namespace quadrature

#endif
