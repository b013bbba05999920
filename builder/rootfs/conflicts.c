/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "deb/version.h"
#include "recipe/conf.h"
#include "recipe/recipe.h"
#include "rootfs/depends.h"
#include "rootfs/pathmap.h"
#include "rootfs/tree.h"

struct claim {
    char *path; /* first: for pathmap */
    const struct entry *entry;
    size_t package;
};

static bool meets(const char *version, struct slice op, const char *wanted)
{
    int c = version_compare(version, wanted);
    if (slice_eq(op, "<<"))
        return c < 0;
    if (slice_eq(op, "<=") || slice_eq(op, "<"))
        return c <= 0;
    if (slice_eq(op, "="))
        return c == 0;
    if (slice_eq(op, ">=") || slice_eq(op, ">"))
        return c >= 0;
    return slice_eq(op, ">>") && c > 0;
}

/* One relation, "name[:arch] [(OP VERSION)]", against a package. */
static bool relation_fits(const char *relation, const struct package *p)
{
    struct slice s = slice_trim(slice_of(relation));
    if (!slice_eq(relation_name(s), p->name))
        return false;
    const char *open = memchr(s.p, '(', s.n);
    if (!open)
        return true;
    const char *close = memchr(open, ')', s.n - (size_t)(open - s.p));
    if (!close)
        return false;
    struct slice inner = slice_trim((struct slice){open + 1, (size_t)(close - open - 1)});
    size_t op = 0;
    while (op < inner.n && strchr("<>=", inner.p[op]))
        op++;
    struct slice version = slice_trim((struct slice){inner.p + op, inner.n - op});
    CLEANUP(free_ptr) char *wanted = xstrndup(version.p, version.n);
    return meets(p->version, (struct slice){inner.p, op}, wanted);
}

static bool takes_over(const struct package *by, const struct package *of)
{
    strv_each (relation, &by->replaces)
        if (relation_fits(*relation, of))
            return true;
    return false;
}

bool delivery_may_take(const struct delivery *by, const struct delivery *from, const char *package)
{
    return recipe_same_origin(by->source, from->source) ||
           (by->replaces && strv_has(by->replaces, package));
}

static bool agree(const struct entry *a, const struct entry *b)
{
    if (a->type != b->type)
        return false;
    return a->type == ENTRY_DIRECTORY ||
           (a->type == ENTRY_SYMLINK && strcmp(a->target, b->target) == 0);
}

static const char *kind(const struct entry *e)
{
    switch (e->type) {
    case ENTRY_DIRECTORY:
        return "a directory";
    case ENTRY_SYMLINK:
        return "a link";
    default:
        return "a file";
    }
}

/* All packages of an image, and who delivered them. */
struct crowd {
    struct package *const *packages;
    const struct delivery *from;
    struct strv *lost;
};

static int refuse(const struct crowd *c, const struct claim *there, size_t k, const struct entry *e,
                  struct err *err)
{
    const struct package *a = c->packages[there->package], *b = c->packages[k];
    const struct delivery *fa = &c->from[there->package], *fb = &c->from[k];
    bool of_b = takes_over(b, a), of_a = takes_over(a, b);

    (void)err_set(err, "/%s is brought by the packages %s (%s) and %s (%s)", e->path, a->name,
                  kind(there->entry), b->name, kind(e));
    if (!recipe_same_origin(fa->source, fb->source))
        (void)err_hint(err, "%s comes from source %s, %s from source %s", a->name, fa->source,
                       b->name, fb->source);
    if (there->entry->type != ENTRY_DIRECTORY && e->type != ENTRY_DIRECTORY && (of_a || of_b))
        return err_hint(err,
                        "%s says that it Replaces %s, which counts between packages of one origin; "
                        "where it may: replaces = {\"%s\"} in source \"%s\"",
                        of_b ? b->name : a->name, of_b ? a->name : b->name,
                        of_b ? a->name : b->name, of_b ? fb->source : fa->source);
    CLEANUP(buf_release) struct buf path = BUF_INIT(0);
    conf_add_glob(&path, e->path, strlen(e->path));
    return err_hint(err,
                    "neither of them says that it Replaces the other; leave one out, or cut "
                    "the path with package \"%s\" { exclude = {\"/%s\"} }",
                    b->name, buf_str(&path));
}

/* Both packages bring the path: the loser's is dropped. A directory is never dropped, since other
 * paths lie in it. */
static int settle(const struct crowd *c, struct claim *there, size_t k, const struct entry *e,
                  struct err *err)
{
    const struct package *a = c->packages[there->package], *b = c->packages[k];
    const struct delivery *fa = &c->from[there->package], *fb = &c->from[k];
    bool directory = there->entry->type == ENTRY_DIRECTORY || e->type == ENTRY_DIRECTORY;
    if (!directory && takes_over(b, a) && delivery_may_take(fb, fa, a->name)) {
        strv_add(&c->lost[there->package], e->path);
        there->entry = e;
        there->package = k;
        return 0;
    }
    if (!directory && takes_over(a, b) && delivery_may_take(fa, fb, b->name)) {
        strv_add(&c->lost[k], e->path);
        return 0;
    }
    return refuse(c, there, k, e, err);
}

int tree_conflicts(struct package *const *packages, const struct delivery *from, size_t n,
                   struct strv *lost, struct err *err)
{
    const struct crowd crowd = {packages, from, lost};
    struct pathmap claims = {0};
    int r = 0;
    for (size_t k = 0; k < n && r == 0; k++) {
        for (size_t i = 0; i < packages[k]->n_entries && r == 0; i++) {
            const struct entry *e = &packages[k]->entries[i];
            if (e->dropped || strv_has(&lost[k], e->path))
                continue;
            struct claim *mine = xmalloc(sizeof(*mine));
            *mine = (struct claim){e->path, e, k};
            struct claim *there = pathmap_add(&claims, mine);
            if (there == mine)
                continue;
            free(mine);
            if (!agree(there->entry, e))
                r = settle(&crowd, there, k, e, err);
        }
    }
    pathmap_release(&claims, free);
    return r;
}
