/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "oci/read.h"
#include "registry/carry.h"
#include "registry/private.h"
#include "registry/rewrite.h"
#include "registry/targets.h"
#include <unistd.h>

/* One push_image. */
struct push {
    const struct context *ctx;
    struct reader *from;
    struct registry *registry;
    const struct reference *to;
    const struct push_options *options;
    struct push_result *result;
    struct read_root root;
    struct graph graph;
    struct graph held; /* the image that is replaced: what it names is there, as manifests are
                          refused without */
    struct targets targets;
    pthread_mutex_t lock; /* over result */
    bool force;           /* no HEAD is trusted */
    bool known;           /* the registry holds the manifest */
    bool called;          /* before_tags was */
};

static void push_release(struct push *p)
{
    read_root_release(&p->root);
    graph_release(&p->graph);
    graph_release(&p->held);
    targets_release(&p->targets);
    pthread_mutex_destroy(&p->lock);
}

/* ---- what is there -------------------------------------------------------------------------- */

static int add_targets(struct push *p, struct err *err)
{
    const struct reference *to = p->to;
    const struct strv *tags = p->options->tags;
    if (to->has_digest && !sha256_eq(&to->digest, &p->root.digest))
        return err_code(err, ERR_USAGE, "%s/%s: the image's digest is %s, not %s", to->host,
                        to->repository, sha256_digest(&p->root.digest).s,
                        sha256_digest(&to->digest).s);
    if (to->tag)
        targets_add(&p->targets, to->tag, &p->root.digest, false);
    for (size_t i = 0; tags && i < tags->n; i++)
        targets_add(&p->targets, tags->v[i], &p->root.digest, false);
    tags = p->options->fixed;
    for (size_t i = 0; tags && i < tags->n; i++)
        targets_add(&p->targets, tags->v[i], &p->root.digest, true);
    if (p->targets.n == 0)
        targets_add(&p->targets, to->has_digest ? NULL : "latest", &p->root.digest, false);
    return 0;
}

static struct reference reference_of(const struct push *p, const char *tag,
                                     const struct sha256 *digest)
{
    struct reference name = {
        .host = p->to->host, .repository = p->to->repository, .tag = (char *)(uintptr_t)tag};
    if (!tag) {
        name.has_digest = true;
        name.digest = *digest;
    }
    return name;
}

/* Reads the image that is replaced, where that costs fewer requests than asking for each blob. What
 * can't be read proves nothing. */
static void read_replaced(struct push *p)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    CLEANUP(read_root_release) struct read_root root = {0};
    struct reader *reader;
    if (sha256_is_zero(&p->result->replaced) || p->graph.n_blobs <= p->graph.n_documents)
        return;
    const struct reference name = reference_of(p, NULL, &p->result->replaced);
    if (registry_reader(p->registry, &name, &reader, &ignored) < 0)
        return;
    if (reader_root(reader, &root, &ignored) < 0 ||
        graph_read(reader, &root, &p->held, &ignored) < 0)
        graph_release(&p->held);
    reader_free(reader);
}

static bool is_held(const struct push *p, const struct sha256 *digest)
{
    for (size_t i = 0; !p->force && i < p->held.n_blobs; i++)
        if (sha256_eq(&p->held.blobs[i].digest, digest))
            return true;
    return !p->force && graph_find(&p->held, digest);
}

/* ---- blobs ---------------------------------------------------------------------------------- */

struct blob_job {
    struct push *push;
    const struct graph_blob *blob;
};

static void note(struct push *p, const struct graph_blob *b, size_t *counter, uint64_t uploaded)
{
    pthread_mutex_lock(&p->lock);
    (*counter)++;
    p->result->uploaded += uploaded;
    pthread_mutex_unlock(&p->lock);
    sharing_note(p->registry, p->to->repository, &b->digest);
}

/* The repository to mount it from: the one that the image comes from, or one that the cache
 * remembers. */
static char *mount_source(struct push *p, const struct graph_blob *b)
{
    const char *own = p->options->mounts_from ? p->options->mounts_from
                                              : registry_reader_repository(p->from, p->to->host);
    if (own && strcmp(own, p->to->repository) != 0)
        return xstrdup(own);
    return sharing_source(p->registry, p->to->repository, &b->digest);
}

static int send_blob(struct push *p, const struct graph_blob *b, const char *location,
                     struct err *err)
{
    CLEANUP(close_fd) int fd = -1;
    uint64_t offset;
    if (blob_open(p->ctx, p->from, b, &fd, &offset, err) < 0)
        return err_wrap(err, "blob %s", sha256_digest(&b->digest).s);
    CLEANUP(free_ptr) char *what = xasprintf("pushing %.19s", sha256_digest(&b->digest).s);
    struct progress *progress = progress_start(p->ctx->session->log, what, b->size, true);
    int r = upload_blob(p->registry, p->to->repository, &b->digest, fd, offset, b->size, location,
                        p->force, progress, err);
    progress_end(progress);
    if (r == 0)
        note(p, b, &p->result->blobs, b->size);
    return r;
}

/* Mounts it from there if that can be, else sends it if it isn't there. */
static int mount_or_send(struct push *p, const struct graph_blob *b, const char *from,
                         struct err *err)
{
    CLEANUP(free_ptr) char *location = NULL;
    bool there = false;
    if (from) {
        if (upload_begin(p->registry, p->to->repository, &b->digest, from, &location, err) < 0)
            return err_ret(err);
        if (!location) {
            note(p, b, &p->result->mounted, 0);
            return 0;
        }
    }
    if (registry_has_blob(p->registry, p->to->repository, &b->digest, &there, err) < 0)
        return err_ret(err);
    if (!there)
        return send_blob(p, b, location, err);
    note(p, b, &p->result->had, 0);
    return 0;
}

/* One that another push of this run is sending just now can be mounted when it is there. */
static int send_in_turn(struct push *p, const struct graph_blob *b, struct err *err)
{
    if (sharing_begin(p->registry, &b->digest, err) < 0)
        return err_ret(err);
    CLEANUP(free_ptr) char *from = mount_source(p, b);
    int r = mount_or_send(p, b, from, err);
    sharing_end(p->registry, &b->digest);
    return r;
}

static int push_blob(void *arg, struct err *err)
{
    const struct blob_job *job = arg;
    struct push *p = job->push;
    const struct graph_blob *b = job->blob;
    if (session_check(p->ctx->session, err) < 0)
        return err_ret(err);
    if (p->force)
        return send_blob(p, b, NULL, err);
    if (is_held(p, &b->digest)) {
        note(p, b, &p->result->had, 0);
        return 0;
    }
    CLEANUP(free_ptr) char *from = mount_source(p, b);
    return from ? mount_or_send(p, b, from, err) : send_in_turn(p, b, err);
}

static int push_blobs(struct push *p, struct err *err)
{
    CLEANUP(free_ptr) struct blob_job *jobs = xcalloc(p->graph.n_blobs + 1, sizeof(*jobs));
    for (size_t i = 0; i < p->graph.n_blobs; i++)
        jobs[i] = (struct blob_job){p, &p->graph.blobs[i]};
    int r = in_parallel(push_blob, jobs, p->graph.n_blobs, sizeof(*jobs), err);
    sharing_keep(p->registry, p->ctx->cache);
    return r;
}

/* ---- documents ------------------------------------------------------------------------------ */

static int put(struct push *p, const struct graph_document *d, const char *tag,
               enum put_refusal *ret_refusal, struct err *err)
{
    const struct reference name = reference_of(p, tag, &d->digest);
    return put_manifest(p->registry, &name, &d->bytes, d->media_type,
                        d->has_subject ? &d->subject : NULL, ret_refusal, err);
}

/* The image under its digest, then what wants to be told before a tag moves. */
static int call_before(struct push *p, enum put_refusal *ret_refusal, struct err *err)
{
    bool tags = false;
    for (size_t i = 0; i < p->targets.n; i++)
        tags = tags || (p->targets.v[i].tag && !p->targets.v[i].same);
    if (!p->options->before_tags || p->called || !tags)
        return 0;
    if (!p->known &&
        put(p, &p->graph.documents[p->graph.n_documents - 1], NULL, ret_refusal, err) < 0)
        return err_ret(err);
    p->called = true;
    return p->options->before_tags(p->options->user, p->result, err);
}

static int put_tags(struct push *p, bool arch, enum put_refusal *ret_refusal, struct err *err)
{
    for (size_t i = 0; i < p->targets.n; i++) {
        const struct target *t = &p->targets.v[i];
        const struct graph_document *d = graph_find(&p->graph, &t->digest);
        if (t->arch == arch && !t->same && put(p, d, t->tag, ret_refusal, err) < 0)
            return err_ret(err);
    }
    return 0;
}

/* Those of the architectures first: where all others are right, these are, too. */
static int put_targets(struct push *p, enum put_refusal *ret_refusal, struct err *err)
{
    if (call_before(p, ret_refusal, err) < 0 || put_tags(p, true, ret_refusal, err) < 0)
        return err_ret(err);
    return put_tags(p, false, ret_refusal, err);
}

/* Blobs, then the children of the index, then what the tags name. */
static int push_all(struct push *p, enum put_refusal *ret_refusal, struct err *err)
{
    *ret_refusal = PUT_OTHER;
    if (!p->force)
        read_replaced(p);
    if (push_blobs(p, err) < 0)
        return err_ret(err);
    for (size_t i = 0; i + 1 < p->graph.n_documents; i++)
        if (!is_held(p, &p->graph.documents[i].digest) &&
            put(p, &p->graph.documents[i], NULL, ret_refusal, err) < 0)
            return err_ret(err);
    return put_targets(p, ret_refusal, err);
}

/* A registry that lost a blob says so at the manifest, while HEAD still finds it. */
static int push_again(struct push *p, enum put_refusal *refusal, struct err *err)
{
    if (*refusal != PUT_BLOB_UNKNOWN || p->force)
        return err_ret(err);
    log_warn(p->ctx->session->log, "%s: pushing all blobs again: %s", p->to->host, err->message);
    err_clear(err);
    p->force = true;
    return push_all(p, refusal, err);
}

/* ---- verifying ------------------------------------------------------------------------------ */

static int verify_blob(void *arg, struct err *err)
{
    const struct blob_job *job = arg;
    const struct push *p = job->push;
    CLEANUP(close_fd) int fd = spool_open(err);
    if (fd < 0 || session_check(p->ctx->session, err) < 0)
        return err_ret(err);
    return registry_download(p->registry, p->to->repository, &job->blob->digest, job->blob->size,
                             fd, NULL, err);
}

static int verify(struct push *p, struct err *err)
{
    CLEANUP(free_ptr) struct blob_job *jobs = xcalloc(p->graph.n_blobs + 1, sizeof(*jobs));
    for (size_t i = 0; i < p->graph.n_documents; i++) {
        CLEANUP(buf_release) struct buf bytes = BUF_INIT(MANIFEST_BYTES_MAX);
        CLEANUP(free_ptr) char *type = NULL;
        struct sha256 digest;
        const struct reference name = reference_of(p, NULL, &p->graph.documents[i].digest);
        if (registry_get(p->registry, &name, &bytes, &type, &digest, err) < 0)
            return err_ret(err);
    }
    for (size_t i = 0; i < p->graph.n_blobs; i++)
        jobs[i] = (struct blob_job){p, &p->graph.blobs[i]};
    return in_parallel(verify_blob, jobs, p->graph.n_blobs, sizeof(*jobs), err);
}

static int verify_or_mend(struct push *p, struct err *err)
{
    enum put_refusal ignored;
    if (verify(p, err) == 0)
        return 0;
    if (p->force || err->code == ERR_STOPPED)
        return err_wrap(err, "reading back");
    log_warn(p->ctx->session->log, "%s: pushing all again: %s", p->to->host, err->message);
    err_clear(err);
    p->force = true;
    for (size_t i = 0; i < p->targets.n; i++)
        p->targets.v[i].same = false;
    if (push_all(p, &ignored, err) < 0)
        return err_ret(err);
    return verify(p, err) < 0 ? err_wrap(err, "reading back") : 0;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static int prepare_push(struct push *p, struct err *err)
{
    if (reader_root(p->from, &p->root, err) < 0 ||
        graph_select(p->from, &p->root, p->options->arches, err) < 0 || add_targets(p, err) < 0)
        return err_ret(err);
    p->result->digest = p->targets.root = p->root.digest;
    return 0;
}

static int read_graph(struct push *p, struct err *err)
{
    if (p->graph.n_documents == 0 && graph_read(p->from, &p->root, &p->graph, err) < 0)
        return err_ret(err);
    return 0;
}

static const json_t *root_of(const struct push *p)
{
    return p->graph.documents[p->graph.n_documents - 1].json;
}

/* Which tags are right already, and whether the registry holds the manifest. */
static int look(struct push *p, struct err *err)
{
    struct targets *t = &p->targets;
    if (targets_look(t, err) < 0)
        return err_ret(err);
    if (p->options->arch_tags &&
        (read_graph(p, err) < 0 || targets_add_arches(t, root_of(p), err) < 0 ||
         targets_look(t, err) < 0))
        return err_ret(err);
    p->result->replaced = t->replaced;
    for (size_t i = 0; i < t->n; i++)
        p->known = p->known || (t->v[i].same && sha256_eq(&t->v[i].digest, &p->root.digest));
    if (p->known || targets_same(t) == t->n || !t->v[0].tag)
        return 0;
    return targets_holds(t, &p->root.digest, &p->known, err);
}

static int push(struct push *p, enum put_refusal *ret_refusal, struct err *err)
{
    *ret_refusal = PUT_OTHER;
    if (prepare_push(p, err) < 0 || look(p, err) < 0)
        return err_ret(err);
    p->result->unchanged = targets_same(&p->targets) == p->targets.n;
    for (size_t i = 0; i < p->targets.n; i++)
        if (p->targets.v[i].tag && !p->targets.v[i].arch)
            strv_add(&p->result->tags, p->targets.v[i].tag);
    if (p->result->unchanged && !p->options->verify)
        return 0;
    if (read_graph(p, err) < 0)
        return err_ret(err);
    sharing_remember(p->registry, p->ctx->cache);
    int r = 0;
    if (!p->result->unchanged)
        r = p->known ? put_targets(p, ret_refusal, err) : push_all(p, ret_refusal, err);
    if (r < 0)
        r = push_again(p, ret_refusal, err);
    if (r == 0 && p->options->verify)
        r = verify_or_mend(p, err);
    return r;
}

void push_result_release(struct push_result *r)
{
    strv_release(&r->tags);
    *r = (struct push_result){0};
}

/* Once, from this reader. *ret_converted: where the registry takes none of Docker's media types,
 * the same image with OCI's. */
static int push_from(const struct push *what, struct reader *from, struct reader **ret_converted,
                     struct err *err)
{
    struct push p = *what;
    enum put_refusal refusal;
    p.from = from;
    p.targets = (struct targets){.registry = p.registry, .to = p.to, .options = p.options};
    pthread_mutex_init(&p.lock, NULL);
    push_result_release(p.result);
    int result = push(&p, &refusal, err);
    if (result < 0 && refusal == PUT_UNSUPPORTED && ret_converted && !p.to->has_digest) {
        CLEANUP(err_release) struct err ignored = ERR_INIT;
        (void)!rewrite_to_oci(from, &p.root, ret_converted, &ignored);
    }
    push_release(&p);
    return result;
}

static int push_converted(const struct push *p, struct reader *converted, struct err *err)
{
    log_warn(
        p->ctx->session->log,
        "%s/%s: takes OCI images only: converted from Docker's format, so the digest there is a "
        "new one",
        p->to->host, p->to->repository);
    err_clear(err);
    return push_from(p, converted, NULL, err);
}

int push_image(const struct context *ctx, struct reader *from, struct registry *r,
               const struct reference *to, const struct push_options *options,
               struct push_result *ret, struct err *err)
{
    const struct push p = {.ctx = ctx, .registry = r, .to = to, .options = options, .result = ret};
    struct reader *packed = NULL, *converted = NULL;
    *ret = (struct push_result){0};
    registry_write(r);
    int result = 0;
    if (from->transport == TRANSPORT_DOCKER_ARCHIVE)
        result = rewrite_packed(ctx, from, &packed, err);
    if (packed)
        log_info(
            ctx->session->log,
            "%s/%s: the archive's layers are compressed for the registry, so the digest there is a "
            "new one",
            to->host, to->repository);
    if (result == 0)
        result = push_from(&p, packed ? packed : from, &converted, err);
    if (result < 0 && converted)
        result = push_converted(&p, converted, err);
    reader_free(converted);
    reader_free(packed);
    return result;
}
