/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/order.h"
#include "deb/deb822.h"

/* A name that a package has or provides. */
struct provided {
    struct slice name;
    size_t package;
    bool itself;
};

struct ordering {
    struct package *const *packages;
    struct deb822 *stanzas;
    struct provided *names;
    size_t n_names, cap_names;
    bool *seen;
    size_t *ret, n;
};

/* The next relation of a list that commas or bars part; false at its end. */
static bool next_relation(struct slice *list, char comma, struct slice *ret)
{
    if (!list->n)
        return false;
    const char *end = memchr(list->p, comma, list->n);
    size_t n = end ? (size_t)(end - list->p) : list->n;
    *ret = slice_trim((struct slice){list->p, n});
    n += end != NULL;
    *list = (struct slice){list->p + n, list->n - n};
    return true;
}

/* "libc6:any (>= 2.36)" gives libc6. */
static struct slice name_of(struct slice relation)
{
    size_t n = 0;
    while (n < relation.n && !strchr(" \t\n:(", relation.p[n]))
        n++;
    return (struct slice){relation.p, n};
}

static int by_name(const void *a, const void *b)
{
    const struct provided *x = a, *y = b;
    size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
    int d = n ? memcmp(x->name.p, y->name.p, n) : 0;
    if (d == 0)
        d = (x->name.n > y->name.n) - (x->name.n < y->name.n);
    if (d == 0)
        d = y->itself - x->itself;
    return d ? d : (x->package > y->package) - (x->package < y->package);
}

static void add_name(struct ordering *o, struct slice name, size_t package, bool itself)
{
    GROW(o->names, o->n_names, o->cap_names);
    o->names[o->n_names++] = (struct provided){name, package, itself};
}

/* The first package that has the name, or SIZE_MAX. */
static size_t find_name(const struct ordering *o, struct slice name)
{
    struct provided key = {name, 0, true};
    size_t low = 0, high = o->n_names;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_name(&o->names[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool is = low < o->n_names && o->names[low].name.n == name.n &&
              memcmp(o->names[low].name.p, name.p, name.n) == 0;
    return is ? o->names[low].package : SIZE_MAX;
}

static void visit(struct ordering *o, size_t i)
{
    static const char *const fields[] = {"Pre-Depends", "Depends"};
    if (o->seen[i])
        return;
    o->seen[i] = true;
    for (size_t k = 0; k < ARRAY_SIZE(fields); k++) {
        struct slice list = deb822_get(&o->stanzas[i], fields[k]), any, one;
        while (next_relation(&list, ',', &any)) {
            size_t found = SIZE_MAX;
            while (found == SIZE_MAX && next_relation(&any, '|', &one))
                found = find_name(o, name_of(one));
            if (found != SIZE_MAX)
                visit(o, found);
        }
    }
    o->ret[o->n++] = i;
}

void configuration_order(struct package *const *packages, size_t n, size_t *ret)
{
    struct ordering o = {.packages = packages, .ret = ret};
    CLEANUP(err_release) struct err err = ERR_INIT;
    o.stanzas = xcalloc(n + 1, sizeof(*o.stanzas));
    o.seen = xcalloc(n + 1, sizeof(*o.seen));
    for (size_t i = 0; i < n; i++) {
        const char *control = packages[i]->control ? packages[i]->control : "";
        struct slice list, one;
        add_name(&o, slice_of(packages[i]->name), i, true);
        deb822_init(&o.stanzas[i], control, strlen(control), packages[i]->name);
        if (deb822_next(&o.stanzas[i], &err) <= 0)
            err_clear(
                &err); /* it was read when it was unpacked; one without fields needs nothing */
        list = deb822_get(&o.stanzas[i], "Provides");
        while (next_relation(&list, ',', &one))
            add_name(&o, name_of(one), i, false);
    }
    if (o.n_names)
        qsort(o.names, o.n_names, sizeof(*o.names), by_name);
    for (size_t i = 0; i < o.n_names; i++)
        if (o.names[i].itself)
            visit(&o, o.names[i].package);
    for (size_t i = 0; i < n; i++)
        deb822_release(&o.stanzas[i]);
    free(o.stanzas);
    free(o.seen);
    free(o.names);
}
