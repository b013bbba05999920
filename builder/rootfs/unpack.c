/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/unpack.h"
#include "base/path.h"
#include "rootfs/content.h"
#include "rootfs/dpkg.h"
#include "rootfs/unpacking.h"

#include <assert.h>
#include <unistd.h>

#define FACTS_MAX (1u << 30)

/* What the cache knows of packages, three kinds of facts:
 *
 *     package   by package_key: a package whole, with its layer's digest. The only one that is
 *               true by itself; the others lead to it.
 *     memo      by deb, policy digest and compressor: the key that they led to. The short cut.
 *     entries   by deb: the key of any package that was ever made of it.
 *
 * A package is looked for by memo. Where a policy is new, the facts behind `entries` are decided
 * anew (decide.h), which gives the key without a look at the deb: most new policies don't touch
 * most packages, and lead to a package that is there. Only then is the deb unpacked. A fact that
 * is damaged, or leads nowhere, is as good as none. */
static struct sha256 memo_key(const struct unpack_request *r)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    assert(!sha256_is_zero(&r->tables));
    buf_addf(&text, "mkimage memo %d\ntables %s\ndeb %s\npolicy %s\ncodec %s %s %d\n",
             PACKAGE_FORMAT, sha256_hex(&r->tables).s, sha256_hex(&r->package->sha256).s,
             sha256_hex(&r->policy.digest).s, codec_name(r->compressor.codec),
             codec_version(r->compressor.codec), r->compressor.level);
    return sha256_of(text.data, text.len);
}

static struct sha256 entries_key(const struct unpack_request *r)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    buf_addf(&text, "mkimage entries %d\ndeb %s\n", PACKAGE_FORMAT,
             sha256_hex(&r->package->sha256).s);
    return sha256_of(text.data, text.len);
}

static bool get_pointer(struct cache *c, const char *kind, const struct sha256 *key,
                        struct sha256 *ret)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf record = BUF_INIT(sizeof(ret->bytes));
    if (cache_fact_get(c, kind, key, &record, &err) < 0 || record.len != sizeof(ret->bytes))
        return false;
    memcpy(ret->bytes, record.data, sizeof(ret->bytes));
    return true;
}

static int put_pointer(struct cache *c, const char *kind, struct sha256 key,
                       const struct sha256 *to, struct err *err)
{
    return cache_fact_put(c, kind, &key, to->bytes, sizeof(to->bytes), err);
}

/* The package of this key; NULL if it isn't there, or isn't what the lock
 * says of this deb (the unpacking tells where they differ). */
static struct package *load(struct cache *c, const struct sha256 *key,
                            const struct unpack_request *request)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf record = BUF_INIT(FACTS_MAX);
    struct package *p;
    if (cache_fact_get(c, "package", key, &record, &err) < 0 ||
        package_decode(record.data, record.len, &p, &err) < 0)
        return NULL;
    if (sha256_eq(&p->key, key) && package_is(p, request->package))
        return p;
    package_free(p);
    return NULL;
}

/* The same, with its layer in the cache. */
static struct package *load_whole(struct cache *c, const struct sha256 *key,
                                  const struct unpack_request *request)
{
    struct package *p = load(c, key, request);
    if (!p || cache_has_blob(c, &p->layer.digest, p->layer.size))
        return p;
    package_free(p);
    return NULL;
}

/* The key by way of an earlier unpacking of this deb with another policy. A policy that refuses is
 * left to the unpacking itself, which then says so. */
static bool key_from_entries(struct cache *c, const struct unpack_request *request,
                             struct sha256 *ret)
{
    struct sha256 at = entries_key(request), other;
    if (!get_pointer(c, "entries", &at, &other))
        return false;
    struct package *p = load(c, &other, request);
    if (!p)
        return false;
    CLEANUP(err_release) struct err err = ERR_INIT;
    bool ok = decide_again(p, &request->policy, &err) == 0;
    if (ok)
        *ret = package_key(p, &request->tables, &request->compressor);
    package_free(p);
    return ok;
}

/* *ret_memo: by memo, so that none needs to be written. */
static struct package *find_cached(struct cache *c, const struct unpack_request *request,
                                   bool *ret_memo)
{
    struct sha256 memo = memo_key(request), key;
    struct package *p = NULL;
    *ret_memo = false;
    if (get_pointer(c, "memo", &memo, &key))
        p = load_whole(c, &key, request);
    *ret_memo = p != NULL;
    if (!p && key_from_entries(c, request, &key))
        p = load_whole(c, &key, request);
    return p;
}

/* The whole file against size and digest, before a byte of it is parsed. */
static int check_deb(const struct context *ctx, int fd, const char *name,
                     const struct lock_package *want, struct err *err)
{
    CLEANUP(source_cleanup)
    struct source *bytes = source_verified(source_range(fd, name, 0, want->size), want->size,
                                           &want->sha256, name);
    CLEANUP(free_ptr) char *chunk = xmalloc(1 << 18);
    ssize_t n;
    while ((n = source_read(bytes, chunk, 1 << 18, err)) > 0) {
        if (session_check(ctx->session, err) < 0)
            return err_ret(err);
    }
    if (n == 0)
        return 0;
    cache_blob_drop(ctx->cache, &want->sha256);
    err_hint(err, "the cached file was damaged and is removed: run again to fetch it anew");
    return (int)n;
}

int unpack_open_deb(const struct context *ctx, const struct lock_package *want, struct err *err)
{
    CLEANUP(free_ptr)
    char *name = xasprintf("%s_%s_%s.deb", want->name, want->version, want->arch);
    uint64_t size;
    int fd = cache_open_blob(ctx->cache, &want->sha256, want->size, &size, err);
    if (fd < 0) {
        err_wrap(err, "%s", name);
        return err_hint(err, "the package isn't in the cache: run again to fetch it");
    }
    if (check_deb(ctx, fd, name, want, err) == 0)
        return fd;
    close_fd(&fd);
    return err_ret(err);
}

void unpacking_release(struct unpacking *u)
{
    package_free(u->package);
    free(u->md5sums);
    free(u->md5);
    content_release(&u->scan);
    doc_release(&u->doc);
    fragment_release(&u->fragment);
    decisions_release(&u->decisions);
}

/* The records are the image's: a package that ships them itself would have each path twice. */
static int check_records(const struct unpacking *u, struct err *err)
{
    CLEANUP(strv_release) struct strv directories = STRV_INIT;
    dpkg_records_directories(&directories);
    const struct package *p = u->package;
    for (size_t i = 0; i < p->n_entries; i++) {
        const struct entry *e = &p->entries[i];
        if (e->dropped || e->type == ENTRY_DIRECTORY)
            continue;
        if (strcmp(e->path, DPKG_STATUS) == 0 || path_below(e->path, DPKG_INFO) ||
            strv_has(&directories, e->path)) {
            return err_set(err, "/%s: is in the place of dpkg's records", e->path);
        }
    }
    return 0;
}

static int make_layer(struct unpacking *u, struct err *err)
{
    struct package *p = u->package;
    struct layer_part part = {.package = p,
                              .pieces = u->fragment.pieces,
                              .fd = -1,
                              .packed = u->fragment.packed,
                              .raw = u->fragment.raw};
    int r = layer_of_parts(u->ctx, &u->request->compressor, &part, 1, &p->layer, err);
    p->files_offset = part.at;
    p->files_packed = part.packed;
    p->files_raw = part.raw;
    return r;
}

static int unpack(struct unpacking *u, int fd, const char *name, struct err *err)
{
    const struct lock_package *want = u->request->package;
    struct package *p = u->package;
    int r = deb_open(&u->deb, fd, want->size, name, err);
    if (r < 0)
        return r;
    p->deb = want->sha256;
    p->deb_size = want->size;
    p->time = u->deb.time;
    r = control_read(u, err);
    if (r == 0) {
        fragment_start(&u->fragment, u->ctx->session, &u->request->compressor);
        decisions_start(&u->decisions, &u->request->policy, p);
        r = data_read(u, err);
    }
    if (r == 0)
        r = check_records(u, err);
    if (r < 0)
        return err_wrap(err, "%s", name);
    md5sums_make(u);
    p->key = package_key(p, &u->request->tables, &u->request->compressor);
    return make_layer(u, err);
}

/* The package first: a memo is never there before what it leads to. */
static int remember(struct cache *c, const struct unpack_request *request, const struct package *p,
                    struct err *err)
{
    CLEANUP(buf_release) struct buf record = BUF_INIT(FACTS_MAX);
    package_encode(p, &record);
    if (record.overflow)
        return err_set(err, "package %s: its facts take more than %u bytes", p->name, FACTS_MAX);
    int r = cache_fact_put(c, "package", &p->key, record.data, record.len, err);
    if (r == 0)
        r = put_pointer(c, "entries", entries_key(request), &p->key, err);
    if (r == 0)
        r = put_pointer(c, "memo", memo_key(request), &p->key, err);
    return r;
}

static int make(const struct context *ctx, const struct unpack_request *request,
                struct package **ret, struct err *err)
{
    const struct lock_package *want = request->package;
    CLEANUP(free_ptr)
    char *name = xasprintf("%s_%s_%s.deb", want->name, want->version, want->arch);
    CLEANUP(close_fd) int fd = unpack_open_deb(ctx, want, err);
    int r;
    if (fd < 0)
        return fd;
    CLEANUP(unpacking_release)
    struct unpacking u = {.ctx = ctx,
                          .request = request,
                          .package = xcalloc(1, sizeof(*u.package)),
                          .fragment = {.dropped_fd = -1}};
    doc_init(&u.doc);
    r = unpack(&u, fd, name, err);
    if (r == 0)
        r = doc_keep(&u.doc, ctx->cache, &want->sha256, err);
    if (r == 0)
        r = remember(ctx->cache, request, u.package, err);
    if (r < 0)
        return r;
    *ret = u.package;
    u.package = NULL;
    return 0;
}

int package_load(struct cache *c, const struct unpack_request *request, struct package **ret,
                 struct err *err)
{
    bool memo;
    struct package *p = find_cached(c, request, &memo);
    if (p && !memo && put_pointer(c, "memo", memo_key(request), &p->key, err) < 0) {
        package_free(p);
        return err_ret(err);
    }
    *ret = p;
    return 0;
}

int package_get(const struct context *ctx, const struct unpack_request *request,
                struct package **ret, bool *ret_made, struct err *err)
{
    struct package *p;
    int r = package_load(ctx->cache, request, &p, err);
    if (r < 0)
        return r;
    if (ret_made)
        *ret_made = p == NULL;
    if (!p)
        return make(ctx, request, ret, err);
    *ret = p;
    return 0;
}
