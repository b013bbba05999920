/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/publish.h"
#include "base/path.h"
#include "base/time.h"
#include "recipe/tagpart.h"

#define TAG_MAX 128

int publish_name(const char *push, bool prefix, const char *recipe_name, struct reference *ret,
                 struct err *err)
{
    size_t n = strlen(push);
    bool slash = n && push[n - 1] == '/';
    CLEANUP(free_ptr)
    char *text = prefix || slash ? xasprintf("%s%s%s", push, slash ? "" : "/", recipe_name)
                                 : xstrdup(push);
    if (reference_parse(text, ret, err) < 0)
        return err_wrap(err, "--push");
    if (!ret->has_digest)
        return 0;
    reference_release(ret);
    return err_code(err, ERR_USAGE, "--push %s: an image can't be published under a digest", push);
}

/* Without epoch and revision (deb-version(7)). */
static struct slice upstream(const char *version)
{
    const char *colon = strchr(version, ':');
    struct slice v = slice_of(colon ? colon + 1 : version);
    const char *dash = memrchr(v.p, '-', v.n);
    if (dash)
        v.n = (size_t)(dash - v.p);
    return v;
}

struct expansion {
    const struct session *session;
    const struct recipe_item *tag;
    const struct lock *lock;
    const struct strv *arches;
    const struct sha256 *digest;
    struct buf text;
    bool fixed, left_out;
};

static void expansion_release(struct expansion *x)
{
    buf_release(&x->text);
}

/* The version that all architectures have; else the tag is left out. */
static int add_version(struct expansion *x, struct slice package, struct err *err)
{
    CLEANUP(free_ptr) char *name = xstrndup(package.p, package.n);
    struct slice version = {NULL, 0};
    bool any = false, all = true;
    strv_each (arch, x->arches) {
        const struct lock_arch *a = lock_find_arch(x->lock, *arch);
        const struct lock_package *p = a ? lock_find(a, name) : NULL;
        struct slice now = p ? upstream(p->version) : (struct slice){"", 0};
        all = all && p && (!any || (now.n == version.n && memcmp(now.p, version.p, now.n) == 0));
        any = any || p;
        version = now;
    }
    if (!any) {
        err_set(err, "%s:%u: tags: \"%s\": no package %s is in the image", x->tag->at.file,
                x->tag->at.line, x->tag->text, name);
        return err_hint(err, "the lock lists those that are");
    }
    if (!all) {
        log_warn(x->session->log,
                 "%s:%u: tags: \"%s\" is left out: architectures have different versions of %s",
                 x->tag->at.file, x->tag->at.line, x->tag->text, name);
        x->left_out = true;
        return 0;
    }
    buf_addslice(&x->text, version);
    return 0;
}

/* The newest archive's day. */
static void add_date(struct expansion *x)
{
    int64_t newest = 0;
    for (size_t i = 0; i < x->lock->n_sources; i++)
        if (x->lock->sources[i].date > newest)
            newest = x->lock->sources[i].date;
    buf_addstr(&x->text, time_day(newest).s);
    x->fixed = true;
}

static int expand(struct expansion *x, struct err *err)
{
    const char *at = x->tag->text;
    struct slice part = {0};
    for (;;) {
        switch (tag_part_next(&at, &part)) {
        case TAG_TEXT:
            buf_addslice(&x->text, part);
            break;
        case TAG_DATE:
            add_date(x);
            break;
        case TAG_DIGEST:
            buf_addf(&x->text, "%.*s", TAG_DIGEST_LENGTH, sha256_hex(x->digest).s);
            x->fixed = true;
            break;
        case TAG_VERSION:
            if (add_version(x, part, err) < 0)
                return err_ret(err);
            break;
        case TAG_END:
            return 0;
        case TAG_WRONG: /* the recipe was checked */
            return err_set(err, "%s:%u: tags: \"%s\" is no tag", x->tag->at.file, x->tag->at.line,
                           x->tag->text);
        }
    }
}

/* What the tag grammar doesn't have becomes "_". */
static void fit(struct buf *text)
{
    for (size_t i = 0; i < text->len; i++) {
        struct slice one = {text->data + i, 1};
        bool later = i > 0 && (*one.p == '.' || *one.p == '-');
        if (!later && !tag_valid(one))
            text->data[i] = '_';
    }
}

int publish_tags(const struct session *s, const struct recipe *r, const struct lock *l,
                 const struct strv *arches, const struct sha256 *digest, struct strv *ret_moving,
                 struct strv *ret_fixed, struct err *err)
{
    for (size_t i = 0; i < r->tags.n; i++) {
        CLEANUP(expansion_release)
        struct expansion x = {
            .session = s, .tag = &r->tags.v[i], .lock = l, .arches = arches, .digest = digest};
        int result = expand(&x, err);
        fit(&x.text);
        if (result < 0)
            return result;
        if (x.left_out)
            continue;
        if (x.text.len > TAG_MAX)
            return err_set(err, "%s:%u: tags: \"%s\" is longer than %d", x.tag->at.file,
                           x.tag->at.line, x.tag->text, TAG_MAX);
        struct strv *to = x.fixed ? ret_fixed : ret_moving;
        if (!strv_has(ret_moving, buf_str(&x.text)) && !strv_has(ret_fixed, buf_str(&x.text)))
            strv_add(to, buf_str(&x.text));
    }
    if (!r->tags.n || ret_moving->n || ret_fixed->n)
        return 0;
    err_set(err, "%s:%u: tags: none is left, as architectures have different versions",
            r->tags.v[0].at.file, r->tags.v[0].at.line);
    return err_hint(err, "add one that all of them have, as \"latest\" or \"{date}\"");
}
