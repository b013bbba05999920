/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/targets.h"
#include "oci/graph.h"
#include "registry/publish.h"

void targets_release(struct targets *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->v[i].tag);
    free(t->v);
    strv_release(&t->list);
    *t = (struct targets){0};
}

static struct target *add(struct targets *t, const char *tag, const struct sha256 *digest)
{
    for (size_t i = 0; i < t->n; i++)
        if (tag && t->v[i].tag && strcmp(t->v[i].tag, tag) == 0)
            return &t->v[i];
    GROW(t->v, t->n, t->cap);
    struct target *one = &t->v[t->n++];
    *one = (struct target){.tag = tag ? xstrdup(tag) : NULL, .digest = *digest};
    return one;
}

void targets_add(struct targets *t, const char *tag, const struct sha256 *digest, bool fixed)
{
    struct target *one = add(t, tag, digest);
    one->fixed = one->fixed || fixed;
}

static int add_arch(struct targets *t, size_t n, const char *arch, const struct sha256 *digest,
                    struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        bool fixed = t->v[i].fixed;
        if (!t->v[i].tag)
            continue;
        CLEANUP(free_ptr) char *tag = xasprintf("%s-%s", t->v[i].tag, arch);
        if (!tag_valid(slice_of(tag)))
            return err_set(err, "\"%s\" can't be a tag", tag);
        struct target *one = add(t, tag, digest);
        one->arch = true;
        one->fixed = fixed;
    }
    return 0;
}

int targets_add_arches(struct targets *t, const json_t *index, struct err *err)
{
    size_t n = t->n, i;
    const json_t *entry;
    json_array_foreach(json_object_get(index, "manifests"), i, entry)
    {
        CLEANUP(free_ptr) char *arch = platform_text(entry);
        const char *text = json_string_value(json_object_get(entry, "digest"));
        struct sha256 digest;
        if (!arch || !text || !sha256_parse_digest(slice_of(text), &digest))
            continue;
        char *slash = strchr(arch, '/');
        if (slash)
            memmove(slash, slash + 1, strlen(slash));
        if (add_arch(t, n, arch, &digest, err) < 0)
            return err_ret(err);
    }
    return 0;
}

enum naming { NAMES_NOTHING, NAMES_THIS, NAMES_ANOTHER, NAMES_UNKNOWN };

/* What a tag (or, without one, a digest) names: this digest, or ret_other. */
static int ask(struct targets *t, const char *tag, const struct sha256 *digest, enum naming *ret,
               struct sha256 *ret_other, struct err *err)
{
    struct reference name = {.host = t->to->host,
                             .repository = t->to->repository,
                             .tag = (char *)(uintptr_t)tag,
                             .has_digest = !tag};
    struct manifest_head head = {0};
    bool known;
    if (!tag)
        name.digest = *digest;
    int r = registry_head(t->registry, &name, &head, &known, err);
    *ret_other = (struct sha256){0};
    if (r == 0 && !known)
        *ret = NAMES_UNKNOWN;
    else if (r == 0 && sha256_eq(&head.digest, digest))
        *ret = NAMES_THIS;
    else if (r == 0) {
        *ret = NAMES_ANOTHER;
        *ret_other = head.digest;
    }
    free(head.media_type);
    if (r != -ERR_NOT_FOUND)
        return r;
    *ret = NAMES_NOTHING;
    err_clear(err);
    return 0;
}

static int look(struct targets *t, struct target *one, enum naming *ret, struct err *err)
{
    struct sha256 other;
    if (ask(t, one->tag, &one->digest, ret, &other, err) < 0)
        return err_ret(err);
    one->same = *ret == NAMES_THIS;
    if (!one->arch && sha256_is_zero(&t->replaced))
        t->replaced = other;
    return 0;
}

/* Whether a tag stands in the repository's list, which tells what a policy hides. */
static int is_listed(struct targets *t, const char *tag, bool *ret, struct err *err)
{
    if (!t->listed && registry_tags(t->registry, t->to->repository, &t->list, err) < 0) {
        if (err->code != ERR_NOT_FOUND)
            return err_wrap(err, "%s/%s:%s: can't tell whether the tag is free", t->to->host,
                            t->to->repository, tag);
        err_clear(err); /* nor is the repository there */
    }
    t->listed = true;
    *ret = strv_has(&t->list, tag);
    return 0;
}

/* Of a tag that is there and hidden: whether these bytes have it already. */
static int is_theirs(struct targets *t, struct target *one, struct err *err)
{
    if (!t->options->published_before)
        return 0;
    return t->options->published_before(t->options->user, &t->root, &one->same, err);
}

/* A tag that never moves: the first that is free, or names these bytes already. */
static int look_fixed(struct targets *t, struct target *one, struct err *err)
{
    CLEANUP(free_ptr) char *tag = xstrdup(one->tag);
    for (unsigned n = 0; n <= FIXED_MAX; n++) {
        enum naming naming;
        bool taken = true;
        if (n) {
            free(one->tag);
            one->tag = xasprintf("%s.%u", tag, n);
        }
        if (!tag_valid(slice_of(one->tag)))
            return err_set(err,
                           "%s/%s:%s: is taken by another image, and there is no room for .%u "
                           "behind it",
                           t->to->host, t->to->repository, tag, n);
        if (look(t, one, &naming, err) < 0 ||
            (naming == NAMES_UNKNOWN && is_listed(t, one->tag, &taken, err) < 0))
            return err_ret(err);
        if (naming == NAMES_NOTHING || naming == NAMES_THIS || !taken)
            return 0;
        if (naming == NAMES_UNKNOWN && is_theirs(t, one, err) < 0)
            return err_ret(err);
        if (one->same)
            return 0;
    }
    return err_set(err, "%s/%s:%s: is taken, and so is each of .1 to .%d", t->to->host,
                   t->to->repository, tag, FIXED_MAX);
}

int targets_look(struct targets *t, struct err *err)
{
    for (size_t i = 0; i < t->n; i++) {
        struct target *one = &t->v[i];
        enum naming ignored;
        if (one->asked)
            continue;
        if ((one->fixed ? look_fixed(t, one, err) : look(t, one, &ignored, err)) < 0)
            return err_ret(err);
        one->asked = true;
    }
    return 0;
}

int targets_holds(struct targets *t, const struct sha256 *digest, bool *ret, struct err *err)
{
    struct sha256 other;
    enum naming naming;
    if (ask(t, NULL, digest, &naming, &other, err) < 0)
        return err_ret(err);
    *ret = naming == NAMES_THIS;
    return 0;
}

size_t targets_same(const struct targets *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++)
        n += t->v[i].same;
    return n;
}
