/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nearest.h"

#define WORD_MAX 64

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned m = a < b ? a : b;

    return m < c ? m : c;
}

/* The optimal string alignment distance, a row at a time; two rows are remembered. */
unsigned edit_distance(const char *a, const char *b, unsigned limit)
{
    unsigned rows[3][WORD_MAX + 1];
    size_t n = strlen(a), m = strlen(b);

    if (n > WORD_MAX || m > WORD_MAX)
        return limit + 1;
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *row = rows[i % 3], *up = rows[(i - 1) % 3], *up2 = rows[(i + 1) % 3];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned other = a[i - 1] != b[j - 1];

            row[j] = least(up[j] + 1, row[j - 1] + 1, up[j - 1] + other);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                up2[j - 2] + 1 < row[j])
                row[j] = up2[j - 2] + 1;
        }
    }
    return rows[n % 3][m] > limit ? limit + 1 : rows[n % 3][m];
}

unsigned near_limit(const char *name)
{
    size_t n = strlen(name);

    return n < 4 ? 1 : n < 8 ? 2 : 3;
}

void nearest_try(struct nearest *n, const char *candidate)
{
    unsigned d = edit_distance(n->name, candidate, n->distance);

    if (d < n->distance) {
        n->distance = d;
        n->best = candidate;
    }
}
