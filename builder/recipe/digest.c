/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe/recipe.h"

#include "base/buf.h"

/* "name item item …", sorted, each once; no item of these lists holds a blank or a newline but a
 * constraint's, which are fixed. */
static void add_sorted(struct buf *b, const char *name, struct strv *items)
{
    strv_sort(items);
    strv_uniq(items);
    buf_addstr(b, name);
    strv_each (item, items) {
        buf_addf(b, " %s", *item);
    }
    buf_addch(b, '\n');
    strv_release(items);
}

static void add_list(struct buf *b, const char *name, const struct recipe_list *list)
{
    struct strv items = STRV_INIT;

    for (size_t i = 0; i < list->n; i++)
        strv_add(&items, list->v[i].text);
    add_sorted(b, name, &items);
}

static void add_strv(struct buf *b, const char *name, const struct strv *list)
{
    struct strv items = STRV_INIT;

    strv_copy(&items, list);
    add_sorted(b, name, &items);
}

static void add_sources(struct buf *b, const struct recipe *r)
{
    struct strv blocks = STRV_INIT;

    for (size_t i = 0; i < r->n_sources; i++) {
        const struct recipe_source *s = &r->sources[i];
        struct buf block = BUF_INIT(0);

        buf_addf(&block, "source %s\n", s->name);
        add_strv(&block, "suites", &s->suites);
        add_strv(&block, "components", &s->components);
        add_strv(&block, "packages", &s->packages);
        buf_addf(&block, "all %d\n", s->all_packages);
        if (s->provides.n)
            add_strv(&block, "provides", &s->provides);
        strv_take(&blocks, buf_detach(&block));
    }
    strv_sort(&blocks);
    strv_each (block, &blocks) {
        buf_addstr(b, *block);
    }
    strv_release(&blocks);
}

struct sha256 recipe_solver_digest(const struct recipe *r, const struct strv *arches)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    struct strv packages = STRV_INIT;

    buf_addf(&b, "mkimage solver 1\nsuite %s\nrecommends %d\n", r->suite, r->recommends);
    add_strv(&b, "arch", arches);
    for (size_t i = 0; i < r->n_packages; i++) {
        const struct recipe_package *p = &r->packages[i];

        if (p->op)
            strv_addf(&packages, "%s (%s %s)", p->name, p->op, p->version);
        else
            strv_add(&packages, p->name);
    }
    add_sorted(&b, "packages", &packages);
    add_list(&b, "omit", &r->omit);
    add_list(&b, "forbid", &r->forbid);
    add_sources(&b, r);
    return sha256_of(b.data, b.len);
}
