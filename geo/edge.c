// SPDX-License-Identifier: Apache-2.0
#include "geo/edge.h"

#include <math.h>

#include "geo/earth.h"
#include "geo/extreme.h"
#include "geo/length.h"

// Where two readings are closer than this they are one.
#define BULGE_MIN_M 1.0
// A sphere and the ellipsoid differ by less than this share of a bulge.
#define SPHERE_MARGIN 0.03
#define PIECE_M 50000.0
#define PIECES_MIN 8

struct axes {
    double x, y, z;
};

static struct axes axes_of(struct geo_point point)
{
    double lat = point.lat_deg * GEO_RAD_PER_DEG, lon = point.lon_deg * GEO_RAD_PER_DEG;
    return (struct axes){cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat)};
}

static double angle_between(struct axes a, struct axes b)
{
    double x = a.x - b.x, y = a.y - b.y, z = a.z - b.z;
    return 2.0 * asin(geo_lesser(sqrt(x * x + y * y + z * z) / 2.0, 1.0));
}

double geo_edge_length_m(struct geo_point a, struct geo_point b)
{
    return GEO_EARTH_RADIUS_M * angle_between(axes_of(a), axes_of(b));
}

// A plane in which degrees are metres; a line that is straight in degrees is straight here.
struct plane {
    struct geo_point origin;
    double east_m, north_m; // in a degree
};

struct spot {
    double east_m, north_m;
};

static struct plane plane_of(struct geo_point a, struct geo_point b)
{
    // The scale of the end nearer to the equator: no distance is taken as less than it is.
    double lat_deg = geo_lesser(fabs(a.lat_deg), fabs(b.lat_deg));
    double m = GEO_EARTH_RADIUS_M * GEO_RAD_PER_DEG;
    return (struct plane){.origin = a,
                          .east_m = m * geo_greater(cos(lat_deg * GEO_RAD_PER_DEG), 1e-3),
                          .north_m = m};
}

static struct spot spot_of(const struct plane *plane, struct geo_point point)
{
    return (struct spot){(point.lon_deg - plane->origin.lon_deg) * plane->east_m,
                         (point.lat_deg - plane->origin.lat_deg) * plane->north_m};
}

// The longitude that lies within half a circle of another one.
static double near_deg(double lon_deg, double of_deg)
{
    return lon_deg + 360.0 * round((of_deg - lon_deg) / 360.0);
}

static struct geo_point on_great_circle(struct geo_point a, struct geo_point b, double share)
{
    struct axes p = axes_of(a), q = axes_of(b);
    double angle = angle_between(p, q);
    double at_a = sin((1.0 - share) * angle), at_b = sin(share * angle);
    double x = at_a * p.x + at_b * q.x, y = at_a * p.y + at_b * q.y,
           z = at_a * p.z + at_b * q.z;
    double lon_deg = atan2(y, x) * GEO_DEG_PER_RAD;
    return (struct geo_point){
        .lat_deg = atan2(z, sqrt(x * x + y * y)) * GEO_DEG_PER_RAD,
        .lon_deg = near_deg(lon_deg, a.lon_deg + (b.lon_deg - a.lon_deg) * share)};
}

// The great circle of an edge beside its straight line: where each point of it lies.
struct bow {
    size_t pieces; // 0: the two readings are one
    struct plane plane;
    struct spot along;                        // the direction of the edge, of length 1
    double along_m[GEO_EDGE_PIECES_MAX + 1];  // of each point
    double across_m[GEO_EDGE_PIECES_MAX + 1]; // positive to the left of the edge
    double spare_m;                           // so far it may lie outside the chords
};

// Most edges are, which is cheaper to see than their length.
static bool is_short(struct geo_point a, struct geo_point b)
{
    return fabs(b.lat_deg - a.lat_deg) + fabs(b.lon_deg - a.lon_deg)
           < GEO_EDGE_STRAIGHT_MAX_M / GEO_EARTH_M_PER_DEG;
}

static struct bow bow_of(struct geo_point a, struct geo_point b)
{
    if (is_short(a, b))
        return (struct bow){.pieces = 0};
    struct bow bow = {.plane = plane_of(a, b)};
    double length_m = geo_edge_length_m(a, b);
    struct spot end = spot_of(&bow.plane, b);
    double straight_m = geo_length(end.east_m, end.north_m);
    if (!(length_m > GEO_EDGE_STRAIGHT_MAX_M)
        || fabs(b.lon_deg - a.lon_deg) > GEO_EDGE_GREAT_CIRCLE_MAX_DEG || !(straight_m > 0.0))
        return bow;
    bow.along = (struct spot){end.east_m / straight_m, end.north_m / straight_m};
    double pieces =
        geo_lesser(geo_greater(ceil(length_m / PIECE_M), PIECES_MIN), GEO_EDGE_PIECES_MAX);
    double most_m = 0.0;
    bow.pieces = (size_t)pieces;
    for (size_t i = 0; i <= bow.pieces; i++) {
        struct spot spot =
            spot_of(&bow.plane, on_great_circle(a, b, (double)i / (double)bow.pieces));
        bow.along_m[i] = spot.east_m * bow.along.east_m + spot.north_m * bow.along.north_m;
        bow.across_m[i] = spot.north_m * bow.along.east_m - spot.east_m * bow.along.north_m;
        most_m = geo_greater(most_m, fabs(bow.across_m[i]));
    }
    if (most_m < BULGE_MIN_M)
        bow.pieces = 0;
    // How far a point lies from the chord of its neighbours is four times what the curve of one
    // piece leaves its own chord.
    for (size_t i = 1; i < bow.pieces; i++) {
        double run_m = bow.along_m[i + 1] - bow.along_m[i - 1];
        double t = run_m > 0.0 ? (bow.along_m[i] - bow.along_m[i - 1]) / run_m : 0.5;
        double chord_m = bow.across_m[i - 1] + t * (bow.across_m[i + 1] - bow.across_m[i - 1]);
        bow.spare_m = geo_greater(bow.spare_m, 1.2 * fabs(bow.across_m[i] - chord_m));
    }
    return bow;
}

double geo_edge_bulge_m(struct geo_point a, struct geo_point b)
{
    if (is_short(a, b))
        return 0.0;
    struct bow bow = bow_of(a, b);
    double most_m = 0.0;
    for (size_t i = 1; i < bow.pieces; i++)
        most_m = geo_greater(most_m, fabs(bow.across_m[i]));
    return bow.pieces > 0 ? most_m * (1.0 + SPHERE_MARGIN) + bow.spare_m : 0.0;
}

// The points of the great circle that lie to the right of the edge, which is outside, moved
// farther out.
static bool add_outer(const struct bow *bow, struct geo_point *out, size_t room, size_t *count)
{
    for (size_t i = 1; i < bow->pieces; i++) {
        if (!(bow->across_m[i] < 0.0))
            continue;
        if (*count == room)
            return false;
        double across_m = bow->across_m[i] * (1.0 + SPHERE_MARGIN) - bow->spare_m;
        double east_m = bow->along_m[i] * bow->along.east_m - across_m * bow->along.north_m,
               north_m = bow->along_m[i] * bow->along.north_m + across_m * bow->along.east_m;
        double lat_deg = bow->plane.origin.lat_deg + north_m / bow->plane.north_m;
        out[(*count)++] = (struct geo_point){
            .lat_deg = geo_lesser(geo_greater(lat_deg, -90.0), 90.0),
            .lon_deg = bow->plane.origin.lon_deg + east_m / bow->plane.east_m};
    }
    return true;
}

bool geo_edge_widen_ring(const struct geo_point *ring, size_t count, struct geo_point *out,
                         size_t room, size_t *out_count)
{
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        struct bow bow = bow_of(ring[i], ring[(i + 1) % count]);
        if (made == room)
            return false;
        out[made++] = ring[i];
        if (!add_outer(&bow, out, room, &made))
            return false;
    }
    *out_count = made;
    return true;
}
