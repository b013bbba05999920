/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe/options.h"

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

static void consider(const char *candidate, const char *name, unsigned *best, const char **ret)
{
    unsigned d = edit_distance(name, candidate, *best);

    if (d < *best) {
        *best = d;
        *ret = candidate;
    }
}

const char *option_nearest(const struct section *s, const char *name)
{
    size_t n = strlen(name);
    unsigned best = n < 4 ? 2 : n < 8 ? 3 : 4; /* one above what still counts as near */
    const char *ret = NULL;

    for (size_t i = 0; i < s->n; i++)
        consider(s->options[i].name, name, &best, &ret);
    if (s->name)
        return ret;
    for (size_t i = 1; i < recipe_sections_n; i++)
        consider(recipe_sections[i].name, name, &best, &ret);
    consider("include", name, &best, &ret);
    return ret;
}
