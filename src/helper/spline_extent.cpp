/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */

/* How far B-splines reach: a span lies within the hull of its poles, and halves of it have poles
 * that are closer to it. The best bound is examined first, so that spans that cannot reach beyond
 * the box cost nothing. */
#include "extent.hpp"

#include <NCollection_Array1.hxx>

#include <cmath>

namespace
{

using pole = std::array<double, 4>; /* x, y, z times the weight, and the weight */

/* One direction of a spline: its degree and its knots, each repeated by its multiplicity. */
struct axis {
    int degree;
    std::vector<double> knots;

    std::size_t spans() const
    {
        return knots.size() - 2 * std::size_t(degree) - 1;
    }

    double from(std::size_t span) const
    {
        return knots[std::size_t(degree) + span];
    }

    double to(std::size_t span) const
    {
        return knots[std::size_t(degree) + span + 1];
    }

    /* Whether the spline may have a kink at a span's start or end; the ends of the spline count as
     * kinks. */
    bool kink_at(double knot) const
    {
        auto [first, last] = std::equal_range(knots.begin(), knots.end(), knot);
        return last - first >= degree;
    }
};

struct spline {
    axis u, v;
    std::size_t columns; /* poles in v */
    std::vector<pole> poles;
};

/* A Bezier patch in one coordinate: poles times weights, weights, and the parameters it covers. A
 * curve has one column, a point also one row. */
struct patch {
    std::size_t rows, columns;
    std::vector<double> tops, weights;
    double u0, u1, v0, v1;
    double low = 0, high = 0; /* bounds */
    int depth = 0;

    bool operator<(const patch &other) const
    {
        return high < other.high;
    }

    void bound()
    {
        low = extent::none;
        high = -extent::none;
        for (std::size_t i = 0; i < tops.size(); i++) {
            low = std::min(low, tops[i] / weights[i]);
            high = std::max(high, tops[i] / weights[i]);
        }
    }

    double corner(std::size_t i) const
    {
        return tops[i] / weights[i];
    }
};

/* The poles of one span as those of a Bezier curve, by blossoming: the k-th is the polar form at
 * k times the end and else the start. `local` holds degree + 1 values, `step` apart. */
void blossom(const axis &along, std::size_t span, std::vector<double> &values, std::size_t at,
             std::size_t step)
{
    auto degree = std::size_t(along.degree);
    double from = along.from(span), to = along.to(span);
    std::vector<double> result(degree + 1), work(degree + 1);
    for (std::size_t k = 0; k <= degree; k++) {
        for (std::size_t i = 0; i <= degree; i++)
            work[i] = values[at + i * step];
        for (std::size_t level = 1; level <= degree; level++) {
            double argument = level <= k ? to : from;
            for (std::size_t i = 0; i + level <= degree; i++) {
                double left = along.knots[span + level + i];
                double right = along.knots[span + degree + 1 + i];
                double share = (argument - left) / (right - left);
                work[i] += share * (work[i + 1] - work[i]);
            }
        }
        result[k] = work[0];
    }
    for (std::size_t k = 0; k <= degree; k++)
        values[at + k * step] = result[k];
}

/* One coordinate, or its negative, of one span. */
patch span_of(const spline &of, std::size_t i, std::size_t j, std::size_t coordinate, double sign)
{
    patch out{ std::size_t(of.u.degree) + 1,
               std::size_t(of.v.degree) + 1,
               {},
               {},
               of.u.from(i),
               of.u.to(i),
               of.v.from(j),
               of.v.to(j) };
    for (std::size_t row = 0; row < out.rows; row++) {
        for (std::size_t column = 0; column < out.columns; column++) {
            const pole &at = of.poles[(i + row) * of.columns + j + column];
            out.tops.push_back(sign * at[coordinate]);
            out.weights.push_back(at[3]);
        }
    }
    out.bound();
    return out;
}

void make_bezier(const spline &of, std::size_t i, std::size_t j, patch &out)
{
    for (std::vector<double> *values : { &out.tops, &out.weights }) {
        for (std::size_t column = 0; column < out.columns; column++)
            blossom(of.u, i, *values, column, out.columns);
        for (std::size_t row = 0; row < out.rows; row++)
            blossom(of.v, j, *values, row * out.columns, 1);
    }
    out.bound();
}

/* De Casteljau's algorithm at the middle: `values` becomes the first half, `rest` the second. */
void halve(std::vector<double> &values, std::vector<double> &rest, std::size_t at,
           std::size_t count, std::size_t step)
{
    for (std::size_t level = 0; level < count; level++) {
        std::size_t last = at + (count - 1) * step;
        rest[last - level * step] = values[last];
        for (std::size_t i = count - 1; i > level; i--) {
            double &value = values[at + i * step];
            value = (value + values[at + (i - 1) * step]) / 2;
        }
    }
}

patch split(patch &of, bool along_u)
{
    patch rest = of;
    for (auto part : { &patch::tops, &patch::weights }) {
        if (along_u) {
            for (std::size_t column = 0; column < of.columns; column++)
                halve(of.*part, rest.*part, column, of.rows, of.columns);
        } else {
            for (std::size_t row = 0; row < of.rows; row++)
                halve(of.*part, rest.*part, row * of.columns, of.columns, 1);
        }
    }
    (along_u ? of.u1 : of.v1) = along_u ? (of.u0 + of.u1) / 2 : (of.v0 + of.v1) / 2;
    (along_u ? rest.u0 : rest.v0) = along_u ? of.u1 : of.v1;
    of.depth = ++rest.depth;
    of.bound();
    rest.bound();
    return rest;
}

/* How the coordinate changes along one direction. */
struct change {
    double least = extent::none, most = -extent::none; /* between two poles */
    double weight = 0;                                 /* most change of the weight */
};

change change_along(const patch &of, bool along_u, double middle)
{
    change out;
    std::size_t step = along_u ? of.columns : 1;
    for (std::size_t i = 0; i + step < of.tops.size(); i++) {
        if (!along_u && (i + 1) % of.columns == 0)
            continue;
        double weight = of.weights[i + step] - of.weights[i];
        double top = of.tops[i + step] - of.tops[i] - middle * weight;
        out.least = std::min(out.least, top);
        out.most = std::max(out.most, top);
        out.weight = std::max(out.weight, std::fabs(weight));
    }
    return out;
}

/* Whether it only grows or only falls: the numerator of the quotient's derivative keeps its sign.
 * Then it has no extreme inside. */
bool monotonous(const patch &of, const change &along, double middle)
{
    auto [least, most] = std::minmax_element(of.weights.begin(), of.weights.end());
    double reach = std::max(of.high - middle, middle - of.low) * *most * along.weight;
    return along.least * *least > reach || -along.most * *least > reach;
}

/* Looks for the highest value of patches in one coordinate. */
class search
{
  public:
    search(double highest, double enough, trimming *trim, const deadline &when)
        : known(highest), tolerance(enough), inside(trim), until(when)
    {
    }

    bool promising(const patch &of) const
    {
        return of.high > known + tolerance;
    }

    void add(patch &&of)
    {
        if (!promising(of))
            return;
        open.push_back(std::move(of));
        std::push_heap(open.begin(), open.end());
    }

    /* After `most` patches the bound is used: the box is then larger than needed, never smaller. */
    double run()
    {
        constexpr int most = 300000;
        for (int count = 0; !open.empty() && promising(open.front()); count++) {
            if (count % 256 == 0)
                until.check();
            if (count > most)
                return open.front().high;
            std::pop_heap(open.begin(), open.end());
            patch next = std::move(open.back());
            open.pop_back();
            step(next);
        }
        return known;
    }

  private:
    void step(patch &next)
    {
        constexpr int deepest = 120;
        double middle = (next.low + next.high) / 2;
        change u, v;
        if (next.rows > 1)
            u = change_along(next, true, middle);
        if (next.columns > 1)
            v = change_along(next, false, middle);
        if (inside == nullptr) {
            known = std::max({ known, next.corner(0), next.corner(next.tops.size() - 1) });
        } else if ((next.rows > 1 && monotonous(next, u, middle)) ||
                   (next.columns > 1 && monotonous(next, v, middle))) {
            return;
        } else if (next.high - next.low <= tolerance || next.depth > deepest) {
            if (inside->holds((next.u0 + next.u1) / 2, (next.v0 + next.v1) / 2))
                known = std::max(known, next.high);
            return;
        }
        if (!promising(next) || next.depth > deepest || next.tops.size() == 1)
            return;
        auto spread = [](const change &of) { return std::max(of.most, -of.least); };
        bool along_u = next.rows > 1 && (next.columns == 1 || spread(u) >= spread(v));
        patch rest = split(next, along_u);
        add(std::move(next));
        add(std::move(rest));
    }

    double known, tolerance;
    trimming *inside;
    const deadline &until;
    std::vector<patch> open; /* a heap, the highest bound first */
};

/* The first or last row or column of a patch, as a curve; of a curve, as a point. */
patch side(const patch &of, bool along_u, bool last)
{
    patch out = of;
    out.tops.clear();
    out.weights.clear();
    std::size_t wanted = last ? (along_u ? of.rows : of.columns) - 1 : 0;
    for (std::size_t i = 0; i < of.tops.size(); i++) {
        if ((along_u ? i / of.columns : i % of.columns) == wanted) {
            out.tops.push_back(of.tops[i]);
            out.weights.push_back(of.weights[i]);
        }
    }
    if (along_u) {
        out.rows = 1;
        out.u0 = out.u1 = last ? of.u1 : of.u0;
    } else {
        out.columns = 1;
        out.v0 = out.v1 = last ? of.v1 : of.v0;
    }
    out.bound();
    return out;
}

/* At a kink of the surface an extreme need not be flat: such lines are searched by themselves, and
 * so are their ends. */
void add_kinks(const spline &of, const patch &span, search &into)
{
    for (bool last : { false, true }) {
        if (of.v.kink_at(last ? span.v1 : span.v0))
            into.add(side(span, false, last));
        if (!of.u.kink_at(last ? span.u1 : span.u0))
            continue;
        patch line = side(span, true, last);
        for (bool end : { false, true })
            if (of.v.kink_at(end ? span.v1 : span.v0))
                into.add(side(line, false, end));
        into.add(std::move(line));
    }
}

/* Adds the spans that may reach beyond the box in one coordinate. */
void add_spans(const spline &of, std::size_t coordinate, double sign, bool trimmed, search &into)
{
    for (std::size_t i = 0; i < of.u.spans(); i++) {
        for (std::size_t j = 0; j < of.v.spans(); j++) {
            if (!(of.u.to(i) > of.u.from(i)) || !(of.v.to(j) > of.v.from(j)))
                continue;
            patch span = span_of(of, i, j, coordinate, sign);
            if (!into.promising(span))
                continue;
            make_bezier(of, i, j, span);
            if (trimmed)
                add_kinks(of, span, into);
            into.add(std::move(span));
        }
    }
}

void search_all(extent &into, const spline &of, trimming *inside, const deadline &until)
{
    extent hull = into;
    for (const pole &at : of.poles)
        hull.add(gp_XYZ(at[0], at[1], at[2]) / at[3]);
    double tolerance = into.tolerance() > 0 ? into.tolerance() : hull.tolerance();
    for (std::size_t coordinate = 0; coordinate < 3; coordinate++) {
        for (double sign : { 1.0, -1.0 }) {
            double &limit = sign > 0 ? into.high[coordinate] : into.low[coordinate];
            double reach = sign > 0 ? hull.high[coordinate] : -hull.low[coordinate];
            if (reach <= sign * limit + tolerance)
                continue;
            search highest(sign * limit, tolerance, inside, until);
            add_spans(of, coordinate, sign, inside != nullptr, highest);
            limit = sign * highest.run();
        }
    }
}

std::vector<double> list(const NCollection_Array1<double> &of)
{
    return std::vector<double>(of.begin(), of.end());
}

pole weighted(const gp_Pnt &point, double weight)
{
    return { point.X() * weight, point.Y() * weight, point.Z() * weight, weight };
}

} // namespace

void add_spline(extent &into, const opencascade::handle<Geom_BSplineCurve> &curve,
                const deadline &until)
{
    spline of{ { curve->Degree(), list(curve->KnotSequence()) }, { 0, { 0, 1 } }, 1, {} };
    for (int i = 1; i <= curve->NbPoles(); i++)
        of.poles.push_back(weighted(curve->Pole(i), curve->Weight(i)));
    into.add(curve->Value(curve->FirstParameter()).XYZ());
    into.add(curve->Value(curve->LastParameter()).XYZ());
    search_all(into, of, nullptr, until);
}

void add_spline(extent &into, const opencascade::handle<Geom_BSplineSurface> &surface,
                trimming &inside, const deadline &until)
{
    spline of{ { surface->UDegree(), list(surface->UKnotSequence()) },
               { surface->VDegree(), list(surface->VKnotSequence()) },
               std::size_t(surface->NbVPoles()),
               {} };
    for (int i = 1; i <= surface->NbUPoles(); i++)
        for (int j = 1; j <= surface->NbVPoles(); j++)
            of.poles.push_back(weighted(surface->Pole(i, j), surface->Weight(i, j)));
    search_all(into, of, &inside, until);
}
