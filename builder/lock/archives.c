/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/archives.h"

struct kept {
    struct sha256 key;
    struct recipe_source *sources; /* copies of what an archive's suites point to */
    size_t n_sources;
    struct archive archive;
    struct archive_arch *arches;
    size_t n_arches;
};

struct archives {
    struct kept **v;
    size_t n, cap;
    struct inreleases inreleases; /* of all of them: recipes differ in architectures, too */
};

struct archives *archives_new(void)
{
    return xcalloc(1, sizeof(struct archives));
}

static void kept_free(struct kept *k)
{
    for (size_t i = 0; i < k->n_arches; i++) {
        universe_free(k->arches[i].universe);
        free(k->arches[i].arch);
    }
    free(k->arches);
    archive_release(&k->archive);
    for (size_t i = 0; i < k->n_sources; i++) {
        free(k->sources[i].name);
        strv_release(&k->sources[i].packages);
        strv_release(&k->sources[i].provides);
    }
    free(k->sources);
    free(k);
}

void archives_free(struct archives *a)
{
    if (!a)
        return;
    for (size_t i = 0; i < a->n; i++)
        kept_free(a->v[i]);
    inreleases_release(&a->inreleases);
    free(a->v);
    free(a);
}

void archives_cleanup(struct archives **a)
{
    archives_free(*a);
}

/* Each text with the zero byte that ends it, each list with its length: no two inputs alike. */
static void hash_text(struct hasher *h, const char *text)
{
    hasher_add(h, text ? "+" : "-", 1);
    hasher_add(h, text ? text : "", (text ? strlen(text) : 0) + 1);
}

static void hash_number(struct hasher *h, size_t n)
{
    CLEANUP(free_ptr) char *text = xasprintf("%zu", n);
    hash_text(h, text);
}

static void hash_list(struct hasher *h, const struct strv *list)
{
    hash_number(h, list->n);
    strv_each (item, list)
        hash_text(h, *item);
}

static struct sha256 key_of(const struct recipe *r, const struct strv *arches)
{
    struct hasher h = {0};

    hasher_start(&h);
    hash_text(&h, r->suite);
    hash_list(&h, arches);
    for (size_t i = 0; i < r->n_sources; i++) {
        const struct recipe_source *s = &r->sources[i];
        hash_text(&h, s->name);
        hash_list(&h, &s->suites);
        hash_list(&h, &s->components);
        hash_list(&h, &s->mirrors);
        hash_text(&h, s->keyring);
        hash_list(&h, &s->packages);
        hash_number(&h, s->all_packages);
        hash_list(&h, &s->provides);
        hash_number(&h, s->max_age_days);
    }
    struct sha256 ret = hasher_end(&h);
    hasher_release(&h);
    return ret;
}

/* The recipe goes before the archive does: the suites get sources of their own. */
static void keep_sources(struct kept *k, const struct recipe *r)
{
    k->sources = xcalloc(r->n_sources + 1, sizeof(*k->sources));
    for (size_t i = 0; i < r->n_sources; i++) {
        struct recipe_source *copy = &k->sources[k->n_sources++];
        copy->name = xstrdup(r->sources[i].name);
        copy->all_packages = r->sources[i].all_packages;
        strv_copy(&copy->packages, &r->sources[i].packages);
        strv_copy(&copy->provides, &r->sources[i].provides);
    }
    for (size_t i = 0; i < k->archive.n; i++)
        k->archive.suites[i].source = &k->sources[k->archive.suites[i].source - r->sources];
}

static struct archive_view view_of(struct kept *k)
{
    return (struct archive_view){&k->archive, k->arches, k->n_arches};
}

int archives_get(struct archives *a, const struct context *ctx, const struct recipe *recipe,
                 const struct strv *arches, const struct archive_options *options,
                 struct archive_view *ret, struct err *err)
{
    struct sha256 key = key_of(recipe, arches);

    for (size_t i = 0; i < a->n; i++)
        if (sha256_eq(&a->v[i]->key, &key)) {
            *ret = view_of(a->v[i]);
            return 0;
        }
    struct kept *k = xcalloc(1, sizeof(*k));
    k->key = key;
    if (archive_read(ctx, recipe, arches, options, &a->inreleases, &k->archive, err) < 0) {
        kept_free(k);
        return err_ret(err);
    }
    keep_sources(k, recipe);
    k->arches = xcalloc(arches->n + 1, sizeof(*k->arches));
    strv_each (arch, arches)
        k->arches[k->n_arches++].arch = xstrdup(*arch);
    GROW(a->v, a->n, a->cap);
    a->v[a->n++] = k;
    *ret = view_of(k);
    return 0;
}

static int load(const struct archive *archive, const char *arch, struct universe *u,
                struct err *err)
{
    for (size_t i = 0; i < archive->n; i++) {
        const struct archive_suite *s = &archive->suites[i];
        /* What it names comes from nowhere else, also where it has nothing. */
        if (universe_add(u, -1, 0, s->source->name, s->source, err) < 0)
            return err_ret(err);
        for (size_t k = 0; k < s->n_indexes; k++) {
            const struct archive_index *index = &s->indexes[k];
            if (strcmp(index->arch, arch) != 0)
                continue;
            CLEANUP(free_ptr)
            char *name = xasprintf("%s/%s/%s/binary-%s/Packages", s->source->name, s->suite,
                                   index->component, arch);
            if (universe_add(u, index->fd, index->size, name, s->source, err) < 0)
                return err_ret(err);
        }
    }
    return 0;
}

int archives_load(const struct archive_view *v, const struct context *ctx, struct err *err)
{
    return archive_load(ctx, v->archive, err);
}

int archives_universe(const struct archive_view *v, size_t arch, struct universe **ret,
                      struct err *err)
{
    struct archive_arch *a = &v->arches[arch];

    if (!a->universe) {
        struct universe *u = NULL;
        int code = universe_new(a->arch, &u, err);
        if (code == 0)
            code = load(v->archive, a->arch, u, err);
        if (code < 0) {
            universe_free(u);
            return code;
        }
        a->universe = u;
    }
    *ret = a->universe;
    return 0;
}
