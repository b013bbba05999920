/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/pathmap.h"
#include <search.h>

static int order_of(char c)
{
    return c == '\0' ? 0 : c == '/' ? 1 : (unsigned char)c + 2;
}

/* Negative, 0 or positive: by bytes, but "/" before all else, so that what lies in a directory
 * follows it at once. */
static int pathmap_compare(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return order_of(*a) - order_of(*b);
}

struct keyed {
    char *path;
};

static int compare(const void *a, const void *b)
{
    return pathmap_compare(((const struct keyed *)a)->path, ((const struct keyed *)b)->path);
}

void *pathmap_find(const struct pathmap *m, const char *path)
{
    struct keyed key = {(char *)(uintptr_t)path};
    void *const *found = tfind(&key, &m->root, compare);
    return found ? *found : NULL;
}

void *pathmap_add(struct pathmap *m, void *thing)
{
    void *const *slot = tsearch(thing, &m->root, compare);
    if (!slot)
        abort();
    if (*slot == thing)
        m->n++;
    return *slot;
}

void pathmap_remove(struct pathmap *m, const void *thing)
{
    if (tdelete(thing, &m->root, compare))
        m->n--;
}

struct list {
    void **v;
    size_t n;
};

static void collect(const void *slot, VISIT visit, void *arg)
{
    struct list *l = arg;
    if (visit == postorder || visit == leaf)
        l->v[l->n++] = *(void *const *)slot;
}

void **pathmap_list(const struct pathmap *m)
{
    struct list l = {.v = xcalloc(m->n + 1, sizeof(*l.v))};
    twalk_r(m->root, collect, &l);
    return l.v;
}

static void nothing(void *thing)
{
    (void)thing;
}

void pathmap_release(struct pathmap *m, void (*release)(void *thing))
{
    tdestroy(m->root, release ? release : nothing);
    *m = (struct pathmap){0};
}
