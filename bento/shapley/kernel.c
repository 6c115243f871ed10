/* Path-dependent SHAP values of binary trees, exact, by Gauss-Radau quadrature of the Shapley integral.

   Of a leaf with value v, whose path asks something of d features, feature i gets
       v (o_i - z_i) * integral over t in (0, 1) of the product over j != i of f_j(t),  f_j = z_j + t (o_j - z_j),
   where o_j is 1 if the applicant goes the leaf's way at feature j, and z_j the share of training records that do.
   The integrand has degree d - 1: n points, of which t = 1 is one, are exact up to d = 2 n - 1.

   A tree is gone through once from its root, which multiplies f along the way to each node at all points together,
   and once back, which adds up leaves weighted by the f below each node: what lies below and what lies above then
   make what the feature of a split gets. At t = 1, f is o: the leaves add up to the one that is reached.
   Where a path asks a feature again, the f of the lower split takes the place of the upper one's. */

#include <math.h>
#include <stdint.h>

enum { SPLITS = 255, LANES = 4, TOGETHER = 8 };
typedef double v4 __attribute__((vector_size(8 * LANES), aligned(8)));

/* Nodes of a tree of n splits are these, each after the one above it, and from n on its leaves. */
typedef struct {
    double threshold;
    double share[2]; /* of the records here that go right, left */
    double above;    /* of all records, the share that went this way at the splits above that ask the same feature */
    int32_t feature, reading; /* where the feature's value stands, with a missing one as least or as greatest */
    int16_t below[2];         /* the nodes right, left */
    int16_t former;           /* the last split above that asks the same feature, or -1 */
    int16_t former_left;      /* whether the way here goes left there */
} split;

typedef struct {
    int64_t trees, features, slots, margins;
    const int64_t *first_split; /* of each tree, and the end */
    const int64_t *vectors;     /* of LANES points, that each tree needs */
    const split *splits;
    const double *leaves;
    const double *rests, *weights; /* 1 - t and weight: the rules of LANES, 2 LANES ... points after each other */
} forest;

/* What the sides of a split do to f: f is `is - lean (1 - t)`. `again` is for a split that a path above fixed. */
typedef struct {
    double right, left, lean_right, lean_left, again;
} sides;

static inline __attribute__((always_inline)) double explain_tree(
    const int V, const int64_t n, const split *splits, const double *leaves, const double *readings,
    const double *rests, const double *weights, v4 *slots) {
    v4 node[2 * SPLITS + 1][V] __attribute__((aligned(64))), inverse[SPLITS][V] __attribute__((aligned(64))), u[V];
    double left[SPLITS], alive[SPLITS];
    for (int v = 0; v < V; v++) {
        u[v] = ((const v4 *)rests)[v];
        node[0][v] = ((const v4 *)weights)[v];
    }
    for (int64_t s = 0; s < n; s++) {
        const split *at = splits + s;
        const double l = readings[at->reading] <= at->threshold ? 1 : 0, r = 1 - l;
        left[s] = l;
        v4 *to_right = node[at->below[0]], *to_left = node[at->below[1]];
        if (at->former < 0) {
            const double lean_l = l - at->share[1], lean_r = r - at->share[0];
            alive[s] = 1;
            for (int v = 0; v < V; v++) {
                const v4 here = node[s][v], rest = here * u[v];
                to_left[v] = l * here - lean_l * rest;
                to_right[v] = r * here - lean_r * rest;
            }
        } else {
            const double was = alive[at->former] * (at->former_left ? left[at->former] : 1 - left[at->former]);
            const double is_l = was ? l : at->share[1], is_r = was ? r : at->share[0], fixed = was * (1 - at->above);
            const double lean_l = was * (l - at->share[1] * at->above), lean_r = was * (r - at->share[0] * at->above);
            alive[s] = was;
            for (int v = 0; v < V; v++) {
                inverse[s][v] = 1 / (1 - fixed * u[v]);
                const v4 here = node[s][v] * inverse[s][v], rest = here * u[v];
                node[s][v] = here;
                to_left[v] = is_l * here - lean_l * rest;
                to_right[v] = is_r * here - lean_r * rest;
            }
        }
    }
    for (int64_t i = 0; i <= n; i++)
        for (int v = 0; v < V; v++) node[n + i][v] = leaves[i] + (v4){0, 0, 0, 0};
    for (int64_t s = n - 1; s >= 0; s--) {
        const split *at = splits + s;
        const double l = left[s], r = 1 - l;
        const v4 *from_right = node[at->below[0]], *from_left = node[at->below[1]];
        v4 sum = {0, 0, 0, 0};
        if (at->former < 0) {
            const double lean_l = l - at->share[1], lean_r = r - at->share[0];
            for (int v = 0; v < V; v++) {
                const v4 tilt = lean_l * from_left[v] + lean_r * from_right[v];
                sum += node[s][v] * tilt;
                node[s][v] = l * from_left[v] + r * from_right[v] - u[v] * tilt;
            }
        } else {
            const double was = alive[s];
            const double is_l = was ? l : at->share[1], is_r = was ? r : at->share[0], fixed = was * (1 - at->above);
            const double lean_l = was * (l - at->share[1] * at->above), lean_r = was * (r - at->share[0] * at->above);
            for (int v = 0; v < V; v++) {
                const v4 tilt = lean_l * from_left[v] + lean_r * from_right[v];
                const v4 all = (is_l * from_left[v] + is_r * from_right[v] - u[v] * tilt) * inverse[s][v];
                sum += node[s][v] * (tilt - fixed * all);
                node[s][v] = all;
            }
        }
        slots[at->feature] += sum;
    }
    return node[0][0][0];
}

static void read_row(const forest *f, const double *row, double *readings) {
    for (int64_t i = 0; i < f->features; i++) {
        const double x = row[i];
        readings[i] = x == x ? x : -INFINITY;
        readings[f->features + i] = x == x ? x : INFINITY;
    }
}

/* A walk from the root of a tree of n splits to a leaf. Several are gone together: each waits for memory. */
typedef struct {
    const split *splits;
    const double *readings;
    int64_t n, node;
} walk;

static void go(walk *walks, int together) {
    for (int64_t waiting = 1; waiting;) {
        waiting = 0;
        for (int k = 0; k < together; k++) {
            walk *w = walks + k;
            if (w->node >= w->n) continue;
            const split *at = w->splits + w->node;
            w->node = at->below[w->readings[at->reading] <= at->threshold];
            waiting |= w->node < w->n;
        }
    }
}

/* `margin` has shape (rows, margins), and is added to. */
void predict(const forest *f, const double *rows, int64_t count, double *margin) {
    double readings[TOGETHER][2 * f->features];
    walk walks[TOGETHER];
    for (int64_t row = 0; row < count;) {
        /* Many rows go through one tree together, a single one through many trees. */
        const int wide = count - row < TOGETHER ? 1 : TOGETHER, deep = TOGETHER / wide;
        for (int k = 0; k < wide; k++) read_row(f, rows + (row + k) * f->features, readings[k]);
        for (int64_t tree = 0; tree < f->trees; tree += deep) {
            const int trees = f->trees - tree < deep ? f->trees - tree : deep, together = wide * trees;
            for (int k = 0; k < together; k++) {
                const int64_t first = f->first_split[tree + k / wide], end = f->first_split[tree + k / wide + 1];
                walks[k] = (walk){f->splits + first, readings[k % wide], end - first, 0};
            }
            go(walks, together);
            for (int k = 0; k < together; k++) {
                const int64_t at = tree + k / wide;
                margin[(row + k % wide) * f->margins + at % f->margins] +=
                    f->leaves[f->first_split[at] + at + walks[k].node - walks[k].n];
            }
        }
        row += wide;
    }
}

/* `shap` has shape (rows, slots), `margin` (rows, margins); both are added to. `lanes` has room for LANES times
   `slots` noughts. */
#if defined(__x86_64__) && defined(__linux__) && !defined(__clang__) && __GNUC__ >= 12
__attribute__((target_clones("arch=x86-64-v3", "default")))
#endif
void explain(const forest *f, const double *rows, int64_t count, double *shap, double *margin, double *lanes) {
    double readings[2 * f->features];
    for (int64_t r = 0; r < count; r++) {
        read_row(f, rows + r * f->features, readings);
        for (int64_t tree = 0; tree < f->trees; tree++) {
            const int64_t first = f->first_split[tree], n = f->first_split[tree + 1] - first;
            const int64_t to = tree % f->margins;
            v4 *slots = (v4 *)lanes + to * (f->features + 1);
            switch (f->vectors[tree]) {
#define RULE(V) \
    case V: \
        margin[r * f->margins + to] += \
            explain_tree(V, n, f->splits + first, f->leaves + first + tree, readings, \
                         f->rests + LANES * V * (V - 1) / 2, f->weights + LANES * V * (V - 1) / 2, slots); \
        break;
                RULE(1) RULE(2) RULE(3) RULE(4)
            }
        }
        for (int64_t s = 0; s < f->slots; s++)
            for (int l = 0; l < LANES; l++) {
                shap[r * f->slots + s] += lanes[LANES * s + l];
                lanes[LANES * s + l] = 0;
            }
    }
}
