/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "oci/read.h"
#include "registry/copy.h"
#include "registry/private.h"
#include <unistd.h>

struct manifest {
    struct sha256 digest;
    struct buf bytes;
};

/* What the reader of a registry's image is about. A document is asked for once; by one thread. */
struct place {
    struct registry *registry;
    struct reference from;
    struct read_root root;      /* once it is read */
    struct manifest *manifests; /* below it, as they are read */
    size_t n_manifests, cap_manifests;
    bool tags_found; /* those that may be cosign's are in */
    struct strv tags;
};

/* Some registries call a manifest something else: then its own word counts. */
static void take_inner_type(struct read_root *root)
{
    if (document_kind(root->media_type) != DOCUMENT_OTHER)
        return;
    json_t *document = json_loadb(buf_str(&root->bytes), root->bytes.len, 0, NULL);
    const char *inner = json_string_value(json_object_get(document, "mediaType"));
    if (inner) {
        free(root->media_type);
        root->media_type = xstrdup(inner);
    }
    json_decref(document);
}

static int read_root(struct reader *r, struct read_root *ret, struct err *err)
{
    struct place *p = r->user;
    if (!p->root.media_type) {
        p->root.bytes.max = MANIFEST_BYTES_MAX;
        if (registry_get(p->registry, &p->from, &p->root.bytes, &p->root.media_type,
                         &p->root.digest, err) < 0)
            return err_ret(err);
        take_inner_type(&p->root);
    }
    read_root_take(ret, p->root.media_type, &p->root.digest, &p->root.bytes);
    return 0;
}

/* What was read before, or NULL. */
static const struct buf *find_document(const struct place *p, const struct descriptor *d)
{
    if (p->root.media_type && sha256_eq(&p->root.digest, &d->digest) &&
        p->root.bytes.len == d->size)
        return &p->root.bytes;
    for (size_t i = 0; i < p->n_manifests; i++)
        if (sha256_eq(&p->manifests[i].digest, &d->digest) && p->manifests[i].bytes.len == d->size)
            return &p->manifests[i].bytes;
    return NULL;
}

static int get_manifest(struct place *p, const struct descriptor *d, const struct buf **ret,
                        struct err *err)
{
    CLEANUP(free_ptr) char *type = NULL;
    const struct reference name = {.host = p->from.host,
                                   .repository = p->from.repository,
                                   .has_digest = true,
                                   .digest = d->digest};
    struct manifest m = {.bytes = BUF_INIT(MANIFEST_BYTES_MAX)};
    if (registry_get(p->registry, &name, &m.bytes, &type, &m.digest, err) < 0) {
        buf_release(&m.bytes);
        return err_ret(err);
    }
    if (m.bytes.len != d->size) {
        buf_release(&m.bytes);
        return err_set(err, "%s: is of another size than its descriptor says",
                       sha256_digest(&d->digest).s);
    }
    GROW(p->manifests, p->n_manifests, p->cap_manifests);
    p->manifests[p->n_manifests] = m;
    *ret = &p->manifests[p->n_manifests++].bytes;
    return 0;
}

static int save(struct reader *r, const struct descriptor *d, int fd, struct progress *progress,
                struct err *err)
{
    const struct place *p = r->user;
    return registry_download(p->registry, p->from.repository, &d->digest, d->size, fd, progress,
                             err);
}

static int read_blob(struct reader *r, const struct descriptor *d, struct source **ret,
                     struct err *err)
{
    struct place *p = r->user;
    bool document = d->media_type && document_kind(d->media_type) != DOCUMENT_OTHER;
    const struct buf *bytes = find_document(p, d);
    if (!bytes && document && get_manifest(p, d, &bytes, err) < 0)
        return err_ret(err);
    if (bytes) {
        *ret = source_mem(bytes->data, bytes->len);
        return 0;
    }
    CLEANUP(close_fd) int fd = spool_open(err);
    if (fd < 0 || save(r, d, fd, NULL, err) < 0)
        return err_ret(err);
    *ret = reader_fd_source(fd, r->path, d->size);
    fd = -1;
    return 0;
}

/* cosign's tags out of the list of all, or where that can't be had, a HEAD each. */
static int find_tags(struct place *p, const struct sha256 *subjects, size_t n, struct err *err)
{
    CLEANUP(err_release) struct err why = ERR_INIT;
    if (p->tags_found || registry_tags(p->registry, p->from.repository, &p->tags, &why) == 0) {
        p->tags_found = true;
        return 0;
    }
    if (why.code == ERR_STOPPED)
        return err_move(err, &why);
    strv_release(&p->tags);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; beside_suffixes[k]; k++)
            strv_take(&p->tags, beside_tag(&subjects[i], beside_suffixes[k]));
    return 0;
}

static int add_tagged(const struct place *p, const char *tag, const struct sha256 *subject,
                      const char *suffix, struct beside_list *ret, struct err *err)
{
    const struct reference name = {
        .host = p->from.host, .repository = p->from.repository, .tag = (char *)(uintptr_t)tag};
    struct manifest_head head;
    bool known;
    int result = registry_head(p->registry, &name, &head, &known, err);
    if (result == 0 && known) {
        const struct descriptor d = {head.media_type, head.digest, head.size};
        beside_add(ret, subject, suffix, &d);
    } else if (result == 0) {
        log_warn(p->registry->session->log, "%s/%s:%s: can't be looked at, and is left behind",
                 p->from.host, p->from.repository, tag);
    }
    free(head.media_type);
    if (result == -ERR_NOT_FOUND) {
        err_clear(err);
        return 0;
    }
    return result;
}

static int add_referrers(const struct place *p, const struct sha256 *subject,
                         struct beside_list *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(0);
    json_t *index;
    if (registry_referrers(p->registry, p->from.repository, subject, NULL, &bytes, err) < 0 ||
        document_parse(buf_str(&bytes), bytes.len, "referrers", &index, err) < 0)
        return err_ret(err);
    int result = beside_add_index(ret, subject, index, "referrers", err);
    json_decref(index);
    return result;
}

static bool is_among(const struct sha256 *subjects, size_t n, const struct sha256 *digest)
{
    for (size_t i = 0; i < n; i++)
        if (sha256_eq(&subjects[i], digest))
            return true;
    return false;
}

static int find_beside(struct reader *r, const struct sha256 *subjects, size_t n,
                       struct beside_list *ret, struct err *err)
{
    struct place *p = r->user;
    for (size_t i = 0; i < n; i++)
        if (add_referrers(p, &subjects[i], ret, err) < 0)
            return err_ret(err);
    if (find_tags(p, subjects, n, err) < 0)
        return err_ret(err);
    strv_each (tag, &p->tags) {
        struct sha256 subject;
        const char *suffix;
        if (beside_tag_read(*tag, &subject, &suffix) && *suffix &&
            is_among(subjects, n, &subject) && add_tagged(p, *tag, &subject, suffix, ret, err) < 0)
            return err_ret(err);
    }
    return 0;
}

static void place_free(struct reader *r)
{
    struct place *p = r->user;
    for (size_t i = 0; i < p->n_manifests; i++)
        buf_release(&p->manifests[i].bytes);
    free(p->manifests);
    reference_release(&p->from);
    read_root_release(&p->root);
    strv_release(&p->tags);
    free(p);
}

static const struct reader_ops registry_ops = {
    .root = read_root,
    .blob = read_blob,
    .save = save,
    .beside = find_beside,
    .free = place_free,
};

int registry_reader(struct registry *r, const struct reference *from, struct reader **ret,
                    struct err *err)
{
    struct place *p = xcalloc(1, sizeof(*p));
    CLEANUP(free_ptr) char *name = reference_text(from);
    (void)err;
    p->registry = r;
    reference_copy(&p->from, from);
    *ret = reader_new(&registry_ops, p, name);
    return 0;
}

const char *registry_reader_repository(const struct reader *r, const char *host)
{
    const struct place *p = r->user;
    return r->ops == &registry_ops && strcmp(p->from.host, host) == 0 ? p->from.repository : NULL;
}
