/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "base/text.h"
#include "recipe/convert.h"
#include "recipe/values.h"

#define AT(origin) (origin).file, (origin).line

static struct origin set_at(const struct recipe *r, const char *name)
{
    for (size_t i = 0; i < r->set.n; i++) {
        if (strcmp(r->set.v[i].text, name) == 0)
            return r->set.v[i].at;
    }
    return (struct origin){r->path, 0};
}

static int check_name(struct recipe *r, struct err *err)
{
    const char *base = path_base(r->path);
    size_t n = strlen(base);

    if (r->name)
        return 0;
    if (n > 5 && ends_with(base, ".conf"))
        n -= 5;
    r->name = xstrndup(base, n);
    if (check_image_name(r->name, err) < 0) {
        err_wrap(err, "%s: the file's name", r->path);
        return err_hint(err, "set \"name\"");
    }
    return 0;
}

static int check_codec(struct recipe *r, struct err *err)
{
    bool gzip = r->compression == COMPRESSION_GZIP;
    int highest = gzip ? 12 : 19;
    struct origin at = set_at(r, "level");

    if (!r->layers)
        r->layers = RECIPE_LAYERS;
    if (!r->level)
        r->level = gzip ? 6 : 3;
    if (r->level > highest)
        return err_set(err, "%s:%u: level: %s has levels 1 to %d", AT(at), gzip ? "gzip" : "zstd",
                       highest);
    return 0;
}

static void drop_package(struct recipe *r, size_t i)
{
    free(r->packages[i].name);
    free(r->packages[i].op);
    free(r->packages[i].version);
    r->n_packages--;
    memmove(r->packages + i, r->packages + i + 1, (r->n_packages - i) * sizeof(*r->packages));
}

static void drop_item(struct recipe_list *l, size_t i)
{
    free(l->v[i].text);
    l->n--;
    memmove(l->v + i, l->v + i + 1, (l->n - i) * sizeof(*l->v));
}

/* Wanted in one file and omitted in another: the one that was read later has its way. */
static int check_wishes(struct recipe *r, struct err *err)
{
    for (size_t i = 0; i < r->n_packages;) {
        const struct recipe_package *p = &r->packages[i];
        bool dropped = false;

        for (size_t k = 0; k < r->forbid.n; k++) {
            if (strcmp(r->forbid.v[k].text, p->name) == 0)
                return err_set(err, "%s:%u: package %s is forbidden at %s:%u", AT(p->at), p->name,
                               AT(r->forbid.v[k].at));
        }
        for (size_t k = 0; k < r->omit.n && !dropped; k++) {
            const struct recipe_item *o = &r->omit.v[k];
            unsigned rank = recipe_rank(r, &o->at);

            if (strcmp(o->text, p->name) != 0)
                continue;
            if (rank == p->rank)
                return err_set(err, "%s:%u: package %s is omitted at %s:%u", AT(p->at), p->name,
                               AT(o->at));
            dropped = rank > p->rank;
            if (!dropped)
                drop_item(&r->omit, k--);
        }
        if (dropped)
            drop_package(r, i);
        else
            i++;
    }
    return 0;
}

static int check_users(struct recipe *r, struct err *err)
{
    struct origin at = set_at(r, "user.name");

    if (!r->user_name)
        r->user_name = xstrdup("mortaluser");
    if (strcmp(r->user_name, "root") == 0 || strcmp(r->user_name, "nobody") == 0)
        return err_set(err, "%s:%u: user.name: %s is an account of its own", AT(at), r->user_name);
    if (!r->user_home)
        r->user_home = xasprintf("/home/%s", r->user_name);
    for (size_t i = 0; i < r->n_accounts; i++) {
        struct recipe_account *a = &r->accounts[i];

        if (strcmp(a->name, "root") == 0 || strcmp(a->name, "nobody") == 0 ||
            strcmp(a->name, r->user_name) == 0)
            return err_set(err, "%s:%u: account %s is there already", AT(a->at), a->name);
        if (a->uid == 0 || a->uid == RECIPE_USER_ID || a->uid == 65534)
            return err_set(err, "%s:%u: account %s needs a uid of its own, not %u", AT(a->at),
                           a->name, a->uid);
        for (size_t k = 0; k < i; k++) {
            if (r->accounts[k].uid == a->uid)
                return err_set(err, "%s:%u: account %s has the uid of %s", AT(a->at), a->name,
                               r->accounts[k].name);
        }
        if (!a->home)
            a->home = xstrdup("/nonexistent");
        if (!a->shell)
            a->shell = xstrdup("/sbin/nologin");
        if (!a->comment)
            a->comment = xstrdup("");
    }
    return 0;
}

/* What no image needs unless it says so. A package's directory below doc stays, since it may be a
 * link to the one that holds the copyright file. */
static const char *const left_out[] = {
    "/usr/share/doc/**",      "/usr/share/man/**",     "/usr/share/info/**",
    "/usr/share/locale/**",   "/usr/share/lintian/**", "/usr/share/bug/**",
    "/usr/share/doc-base/**", "/usr/share/help/**",    "/usr/share/gtk-doc/**",
};
static const char *const stays[] = {"/usr/share/doc/*", "/usr/share/doc/*/copyright"};

static void add_defaults(const struct recipe *r, struct recipe_list *l, const char *const *globs,
                         size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!recipe_list_has(l, globs[i]))
            recipe_list_add(l, xstrdup(globs[i]), (struct origin){r->path, 0});
    }
}

/* A source that leaves the directory of the file that names it, by its text. What links do is
 * recipe_open's to find. */
static int check_confined(const struct recipe *r, const char *source, const struct origin *at,
                          struct err *err)
{
    long depth = 0;

    for (const char *p = source; *p && depth >= 0;) {
        size_t n = strcspn(p, "/");

        if (n == 2 && memcmp(p, "..", 2) == 0)
            depth--;
        else if (n && !(n == 1 && *p == '.'))
            depth++;
        p += n + (p[n] == '/');
    }
    if (r->allow_source.n || (source[0] != '/' && depth >= 0))
        return 0;
    err_set(err, "%s:%u: \"%s\" leads out of the directory of the recipe", at->file, at->line,
            source);
    return err_hint(err, "allow its directory with --allow-source DIR");
}

static int check_file(const struct recipe *r, const struct recipe_file *f, bool tree,
                      struct err *err)
{
    int given = !!f->source + !!f->content + !!f->url;
    bool digest = !sha256_is_zero(&f->sha256);

    if (tree && !f->source)
        return err_set(err, "%s:%u: tree /%s has no source", AT(f->at), f->path);
    if (!tree && !*f->path)
        return err_set(err, "%s:%u: / is no file", AT(f->at));
    if (given != 1)
        return err_set(err, "%s:%u: file /%s needs one of source, content and url%s", AT(f->at),
                       f->path, given ? ", not several" : "");
    if (f->url && !digest)
        return err_set(err, "%s:%u: file /%s: a url needs its sha256", AT(f->at), f->path);
    if (digest && f->content)
        return err_set(err, "%s:%u: file /%s: sha256 belongs to a url", AT(f->at), f->path);
    return f->source ? check_confined(r, f->source, &f->at, err) : 0;
}

struct place {
    const char *path, *kind;
    const struct origin *at;
};

static int by_path(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    return strcmp(x->path, y->path);
}

/* A path that two sections want; a tree's own directory may have a `directory`. */
static int check_places(const struct recipe *r, struct err *err)
{
    size_t n = 0, most = r->n_files + r->n_trees + r->n_directories + r->n_links;
    CLEANUP(free_ptr) struct place *places = xcalloc(most + 1, sizeof(*places));

    for (size_t i = 0; i < r->n_files; i++)
        places[n++] = (struct place){r->files[i].path, "file", &r->files[i].at};
    for (size_t i = 0; i < r->n_links; i++)
        places[n++] = (struct place){r->links[i].path, "link", &r->links[i].at};
    for (size_t i = 0; i < r->n_directories; i++)
        places[n++] = (struct place){r->directories[i].path, "directory", &r->directories[i].at};
    for (size_t i = 0; i < r->n_trees; i++)
        places[n++] = (struct place){r->trees[i].path, "tree", &r->trees[i].at};
    qsort(places, n, sizeof(*places), by_path);
    for (size_t i = 1; i < n; i++) {
        const struct place *a = &places[i - 1], *b = &places[i];

        if (strcmp(a->path, b->path) == 0 && strcmp(a->kind, b->kind) != 0 &&
            (strchr("fl", *a->kind) || strchr("fl", *b->kind)))
            return err_set(err, "%s:%u: %s /%s is a %s at %s:%u", AT(*b->at), b->kind, b->path,
                           a->kind, AT(*a->at));
    }
    return 0;
}

static int check_items(struct recipe *r, struct err *err)
{
    int ret = 0;

    for (size_t i = 0; i < r->n_files && ret == 0; i++)
        ret = check_file(r, &r->files[i], false, err);
    for (size_t i = 0; i < r->n_trees && ret == 0; i++)
        ret = check_file(r, &r->trees[i], true, err);
    for (size_t i = 0; i < r->ca_certificates.n && ret == 0; i++)
        ret = check_confined(r, r->ca_certificates.v[i].text, &r->ca_certificates.v[i].at, err);
    for (size_t i = 0; i < r->n_links && ret == 0; i++) {
        if (!r->links[i].target || !*r->links[i].path)
            ret = err_set(err, "%s:%u: link /%s has no target", AT(r->links[i].at),
                          r->links[i].path);
    }
    for (size_t i = 0; i < r->n_alternatives && ret == 0; i++) {
        if (!r->alternatives[i].path)
            ret = err_set(err, "%s:%u: alternative %s has no path", AT(r->alternatives[i].at),
                          r->alternatives[i].name);
    }
    for (size_t i = 0; i < r->n_parts && ret == 0; i++) {
        if (!r->parts[i].only.n && !r->parts[i].exclude.n)
            ret = err_set(err, "%s:%u: package %s has neither only nor exclude", AT(r->parts[i].at),
                          r->parts[i].package);
    }
    for (size_t i = 0; i < r->n_allows && ret == 0; i++) {
        const struct recipe_allow *a = &r->allows[i];
        const char *missing = !a->rule ? "rule" : !a->path ? "path" : !a->reason ? "reason" : NULL;

        if (missing)
            ret = err_set(err, "%s:%u: allow without a %s", AT(a->at), missing);
    }
    return ret;
}

int recipe_check(struct recipe *r, struct err *err)
{
    if (!r->suite)
        r->suite = xstrdup("trixie");
    add_defaults(r, &r->exclude, left_out, ARRAY_SIZE(left_out));
    add_defaults(r, &r->keep, stays, ARRAY_SIZE(stays));
    if (check_name(r, err) < 0 || check_codec(r, err) < 0 || check_wishes(r, err) < 0 ||
        check_users(r, err) < 0 || check_items(r, err) < 0 || check_places(r, err) < 0)
        return -ERR_FAIL;
    return recipe_check_sources(r, err);
}
