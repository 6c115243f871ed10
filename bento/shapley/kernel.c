/* Path-dependent SHAP values of binary trees, exact, by Gauss-Legendre quadrature of the Shapley integral.

   Of a leaf with value v, whose path asks something of d features, feature i gets
       v (o_i - z_i) * integral over t in (0, 1) of the product over j != i of (z_j + t (o_j - z_j)),
   where o_j is 1 if the applicant goes the leaf's way at feature j, and z_j the share of training records that do.
   The integrand has degree d - 1: n points are exact up to d = 2 n.

   Leaves are computed four at a time, in groups of the same d. */

#include <stdint.h>

typedef double v4 __attribute__((vector_size(32), aligned(8)));
typedef int64_t i4 __attribute__((vector_size(32), aligned(8)));

enum { LONGEST = 32, LANES = 4 };

/* What four leaves ask of their j-th feature: the splits of that feature on the path and the ways taken there,
   the share of records that do, and where the feature's value goes. */
typedef struct {
    uint64_t mask[LANES], want[LANES];
    double share[LANES];
    int64_t slot[LANES];
} step;

typedef struct {
    double value[LANES];
    int64_t tree[LANES], margin[LANES];
} group;

typedef struct {
    int64_t trees, features, slots, margins;
    const int64_t *tree_splits; /* where each tree's splits begin, and the end */
    const int32_t *split_feature;
    const double *split_threshold;
    const uint8_t *split_missing_left;
    const int64_t *groups_of; /* where the groups of each d begin, and the end */
    const group *groups;
    const step *steps;
    const double *points, *weights; /* the rules of 1 to 16 points after each other */
} forest;

static void find_ways(const forest *f, const double *row, uint64_t *ways) {
    for (int64_t tree = 0; tree < f->trees; tree++) {
        uint64_t found = 0;
        const int64_t first = f->tree_splits[tree];
        for (int64_t s = first; s < f->tree_splits[tree + 1]; s++) {
            const double x = row[f->split_feature[s]];
            const uint64_t left = (x <= f->split_threshold[s]) | ((x != x) & f->split_missing_left[s]);
            found |= left << (s - first);
        }
        ways[tree] = found;
    }
}

static inline __attribute__((always_inline)) void explain_group(
    const int n, const int d, const group *g, const step *steps, const uint64_t *ways, const double *points,
    const double *weights, double *lanes, const int64_t slots, double *margin) {
    v4 lean[LONGEST], share[LONGEST], before[LONGEST * 16], product[16];
    const v4 value = {g->value[0], g->value[1], g->value[2], g->value[3]};
    const i4 way = {ways[g->tree[0]], ways[g->tree[1]], ways[g->tree[2]], ways[g->tree[3]]};
    i4 reached = {-1, -1, -1, -1};
    for (int q = 0; q < n; q++) product[q] = (v4){1, 1, 1, 1};
    for (int j = 0; j < d; j++) {
        const i4 agrees = ((way ^ *(const i4 *)steps[j].want) & *(const i4 *)steps[j].mask) == 0;
        const v4 one = (v4)(agrees & (i4)(v4){1, 1, 1, 1});
        reached &= agrees;
        share[j] = *(const v4 *)steps[j].share;
        lean[j] = one - share[j];
        for (int q = 0; q < n; q++) {
            before[j * n + q] = product[q];
            product[q] *= share[j] + lean[j] * points[q];
        }
    }
    for (int q = 0; q < n; q++) product[q] = value * weights[q];
    for (int j = d - 1; j >= 0; j--) {
        v4 sum = {0, 0, 0, 0};
        for (int q = 0; q < n; q++) {
            sum += before[j * n + q] * product[q];
            product[q] *= share[j] + lean[j] * points[q];
        }
        sum *= lean[j];
        for (int l = 0; l < LANES; l++) lanes[LANES * steps[j].slot[l] + l] += sum[l];
    }
    if (reached[0] | reached[1] | reached[2] | reached[3])
        for (int l = 0; l < LANES; l++)
            if (reached[l]) margin[g->margin[l]] += g->value[l];
}

/* `shap` has shape (rows, slots), `margin` (rows, margins); both are added to.
   `ways` has room for a word a tree, `lanes` for LANES times `slots` noughts. */
#if defined(__x86_64__) && defined(__linux__) && !defined(__clang__) && __GNUC__ >= 12
__attribute__((target_clones("arch=x86-64-v3", "default")))
#endif
void explain(const forest *f, const double *rows, int64_t count, double *shap, double *margin, uint64_t *ways,
             double *lanes) {
    for (int64_t r = 0; r < count; r++) {
        const double *p = f->points, *w = f->weights;
        const step *steps = f->steps;
        double *of_row = margin + r * f->margins;
        find_ways(f, rows + r * f->features, ways);
        for (int d = 0; d <= LONGEST; d++)
            for (int64_t g = f->groups_of[d]; g < f->groups_of[d + 1]; g++, steps += d) {
                switch ((d + 1) / 2) {
#define RULE(n) \
    case n: \
        explain_group(n, d, f->groups + g, steps, ways, p + n * (n - 1) / 2, w + n * (n - 1) / 2, lanes, \
                      f->slots, of_row); \
        break;
                    RULE(1) RULE(2) RULE(3) RULE(4) RULE(5) RULE(6) RULE(7) RULE(8)
                    default: RULE(16)
                }
            }
        for (int64_t s = 0; s < f->slots; s++)
            for (int l = 0; l < LANES; l++) {
                shap[r * f->slots + s] += lanes[LANES * s + l];
                lanes[LANES * s + l] = 0;
            }
    }
}
