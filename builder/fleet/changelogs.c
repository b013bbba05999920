/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/changelogs.h"

#include "rootfs/doc.h"

/* 1: there is one; 0: the deb has none; -ERR_NOT_FOUND: not known. */
static int known(struct changelogs *c, const struct lock_package *p, struct buf *ret,
                 struct err *err)
{
    int r = package_changelog(c->ctx->cache, &p->sha256, ret, err);

    return r < 0 ? r : ret->len > 0;
}

static bool same_source(const struct lock_package *a, const struct lock_package *b)
{
    return lock_same_source(a, b) && strcmp(a->source_version, b->source_version) == 0;
}

/* The first of the source's binaries whose changelog is in the cache already, the package's own
 * before all others. */
static bool find_known(struct changelogs *c, const struct lock_arch *arch,
                       const struct lock_package *p, struct buf *ret)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;

    if (known(c, p, ret, &ignored) > 0)
        return true;
    for (size_t i = 0; i < arch->n_packages; i++) {
        const struct lock_package *other = &arch->packages[i];
        err_clear(&ignored);
        if (other != p && same_source(other, p) && known(c, other, ret, &ignored) > 0)
            return true;
    }
    return false;
}

static int fetch(struct changelogs *c, const struct lock_package *p, struct err *err)
{
    struct fetch f = {.sha256 = p->sha256, .size = p->size, .name = p->name};
    int r = 0;

    if (!cache_has_blob(c->ctx->cache, &p->sha256, p->size)) {
        r = places_urls(c->places, p, &f.urls, err);
        if (r == 0)
            r = http_fetch(c->ctx, &f, 1, NULL, NULL, err);
        strv_release(&f.urls);
    }
    return r < 0 ? r : package_changelog_read(c->ctx, p, err);
}

/* Reads the debs of the source that were never read for it, until one has it. */
static int read_debs(struct changelogs *c, const struct lock_arch *arch,
                     const struct lock_package *p, struct buf *ret, struct err *err)
{
    for (size_t i = 0; i < arch->n_packages; i++) {
        const struct lock_package *one = &arch->packages[i];
        if (!same_source(one, p) || known(c, one, ret, err) != -ERR_NOT_FOUND)
            continue;
        err_clear(err);
        if (fetch(c, one, err) < 0) {
            if (err->code != ERR_NOT_FOUND)
                return err_ret(err);
            err_clear(err);
            continue;
        }
        if (known(c, one, ret, err) > 0)
            return 0;
    }
    buf_reset(ret);
    return 0;
}

int changelogs_get(struct changelogs *c, const struct lock_arch *arch, const struct lock_package *p,
                   struct changelog *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(DOC_DECODED_MAX);

    *ret = (struct changelog){0};
    if (!find_known(c, arch, p, &text) && read_debs(c, arch, p, &text, err) < 0)
        return err_ret(err);
    size_t n = text.len;
    if (n)
        changelog_parse(buf_detach(&text), n, ret);
    return 0;
}

int changelogs_cves(struct changelogs *c, const struct lock_arch *arch, struct strv *ret,
                    struct err *err)
{
    CLEANUP(strv_release) struct strv seen = STRV_INIT;

    for (size_t i = 0; i < arch->n_packages; i++) {
        const struct lock_package *p = &arch->packages[i];
        CLEANUP(free_ptr)
        char *source = xasprintf("%s %s %s", p->source, p->source_version, lock_party(p));
        CLEANUP(changelog_release) struct changelog log = {0};
        if (strv_has(&seen, source))
            continue;
        strv_add(&seen, source);
        if (changelogs_get(c, arch, p, &log, err) < 0)
            return err_ret(err);
        if (log.n)
            changelog_cves(slice_of(log.text), ret);
    }
    strv_sort(ret);
    strv_uniq(ret);
    return 0;
}
