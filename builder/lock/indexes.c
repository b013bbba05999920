/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/indexes.h"

#include "base/file.h"
#include "base/stream.h"
#include "net/url.h"
#include <inttypes.h>
#include <sys/stat.h>

static const struct {
    const char *suffix;
    enum encoding encoding;
} forms[] = {{".xz", ENCODING_XZ}, {".gz", ENCODING_GZIP}, {"", ENCODING_NONE}};

/* The form of an index to take: the first of `forms` that the Release names. */
static const struct release_file *find_form(const struct release *release, const char *path)
{
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        CLEANUP(free_ptr) char *whole = xasprintf("%s%s", path, forms[i].suffix);
        const struct release_file *f = release_find(release, whole);
        if (f)
            return f;
    }
    return NULL;
}

static int not_there(const struct archive_suite *suite, const struct release *release,
                     const char *component, const char *arch, struct err *err)
{
    bool other = release->architectures.n && !strv_has(&release->architectures, arch);
    CLEANUP(free_ptr)
    char *has = strv_join(other ? &release->architectures : &release->components, " ");

    err_set(err, "source \"%s\": suite %s has no packages of component %s for %s",
            suite->source->name, suite->suite, component, arch);
    return err_hint(err, "it has: %s", has);
}

static void add_urls(const struct archive_suite *suite, const struct release *release,
                     const struct release_file *file, struct strv *ret)
{
    CLEANUP(buf_release) struct buf path = BUF_INIT(0);
    url_add_path(&path, file->path);
    const char *slash = strrchr(buf_str(&path), '/');

    strv_each (mirror, &suite->mirrors) {
        if (release->acquire_by_hash)
            strv_addf(ret, "%s/dists/%s/%.*s/by-hash/SHA256/%s", *mirror, suite->suite,
                      (int)(slash - buf_str(&path)), buf_str(&path), sha256_hex(&file->sha256).s);
        strv_addf(ret, "%s/dists/%s/%s", *mirror, suite->suite, buf_str(&path));
    }
}

static void fill_index(const struct archive_suite *suite, const struct release *release,
                       const struct release_file *file, const char *component, const char *arch,
                       struct archive_index *ret)
{
    *ret = (struct archive_index){
        .arch = xstrdup(arch),
        .component = xstrdup(component),
        .packed = file->sha256,
        .packed_size = file->size,
        .name = xasprintf("%s/%s/%s", suite->source->name, suite->suite, file->path),
        .fd = -1,
    };
    add_urls(suite, release, file, &ret->urls);
}

/* Which package has which path: nothing that a build needs, so it may be missing. */
static void add_contents(struct archive_suite *suite, const struct release *release,
                         const char *component, const char *arch)
{
    CLEANUP(free_ptr) char *path = xasprintf("%s/Contents-%s", component, arch);
    const struct release_file *file = find_form(release, path);

    if (file && file->size && file->size <= INDEX_MAX)
        fill_index(suite, release, file, component, arch, &suite->contents[suite->n_contents++]);
}

static int add_index(struct archive_suite *suite, const struct release *release,
                     const char *component, const char *arch, struct err *err)
{
    CLEANUP(free_ptr) char *path = xasprintf("%s/binary-%s/Packages", component, arch);
    const struct release_file *file = find_form(release, path);

    if (!file)
        return not_there(suite, release, component, arch, err);
    if (file->size > INDEX_MAX)
        return err_set(
            err, "source \"%s\": suite %s: %s has %" PRIu64 " bytes; an index may have %" PRIu64,
            suite->source->name, suite->suite, file->path, file->size, INDEX_MAX);
    fill_index(suite, release, file, component, arch, &suite->indexes[suite->n_indexes++]);
    return 0;
}

int indexes_find(struct archive_reader *r, struct archive_suite *suite,
                 const struct release *release, struct err *err)
{
    size_t n = suite->source->components.n * r->arches->n;

    suite->indexes = xcalloc(n, sizeof(*suite->indexes));
    suite->contents = xcalloc(n + suite->source->components.n, sizeof(*suite->contents));
    strv_each (component, &suite->source->components)
        strv_each (arch, r->arches)
            if (add_index(suite, release, *component, *arch, err) < 0)
                return err_ret(err);
    strv_each (component, &suite->source->components) {
        strv_each (arch, r->arches)
            add_contents(suite, release, *component, *arch);
        add_contents(suite, release, *component, "all");
    }
    return 0;
}

/* ---- loading --------------------------------------------------------------------------------- */

/* One Packages file to come. */
struct index_job {
    struct cache *cache;
    struct archive_index *index;
    struct fetch fetch;
    struct group *group;
};

static int decode(struct archive_index *index, int blob, struct err *err)
{
    CLEANUP(source_cleanup) struct source *s = NULL;
    CLEANUP(close_fd) int fd = -1;
    char head[6];
    size_t n = index->packed_size < sizeof(head) ? (size_t)index->packed_size : sizeof(head);
    struct stat st;

    if (pread_all(blob, head, n, 0, index->name, err) < 0)
        return err_ret(err);
    s = source_range(blob, index->name, 0, index->packed_size);
    s = source_verified(s, index->packed_size, &index->packed, index->name);
    s = source_decode(s, encoding_of(head, n), index->name, INDEX_MAX, 1);
    fd = spool_open(err);
    if (fd < 0 || source_copy_fd(s, fd, index->name, err) < 0)
        return err_ret(err);
    if (fstat(fd, &st) < 0)
        return err_set(err, "%s: can't be spooled", index->name);
    index->size = (uint64_t)st.st_size;
    index->fd = fd;
    fd = -1;
    return 0;
}

static int decode_task(void *arg, struct err *err)
{
    struct index_job *job = arg;
    const struct sha256 *packed = &job->index->packed;
    CLEANUP(close_fd)
    int blob = cache_open_blob(job->cache, packed, job->index->packed_size, NULL, err);

    if (blob < 0)
        return err_ret(err);
    if (decode(job->index, blob, err) == 0)
        return 0;
    cache_blob_drop(job->cache, packed);
    return err_ret(err);
}

static int fetched(struct fetch *f, struct err *err)
{
    struct index_job *job = f->user;

    (void)err;
    group_add(job->group, decode_task, job);
    return 0;
}

/* All at once, each decoded as soon as it is there. */
static int run_jobs(const struct context *ctx, struct index_job *jobs, size_t n, struct err *err)
{
    CLEANUP(free_ptr) struct fetch *files = xcalloc(n + 1, sizeof(*files));
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    struct group *group = pool_group(ctx->session->pool);

    for (size_t i = 0; i < n; i++) {
        jobs[i].group = group;
        files[i] = (struct fetch){
            .urls = jobs[i].index->urls, /* borrowed */
            .sha256 = jobs[i].index->packed,
            .size = jobs[i].index->packed_size,
            .name = jobs[i].index->name,
            .user = &jobs[i],
        };
    }
    int code = http_fetch(ctx, files, n, fetched, NULL, err);
    int decoded = group_wait(group, code < 0 ? &ignored : err);
    return code < 0 || decoded < 0 ? err_ret(err) : 0;
}

int archive_load(const struct context *ctx, struct archive *a, struct err *err)
{
    size_t n = 0;

    for (size_t i = 0; i < a->n; i++)
        n += a->suites[i].n_indexes;
    CLEANUP(free_ptr) struct index_job *jobs = xcalloc(n + 1, sizeof(*jobs));
    n = 0;
    for (size_t i = 0; i < a->n; i++)
        for (size_t k = 0; k < a->suites[i].n_indexes; k++)
            if (a->suites[i].indexes[k].fd < 0)
                jobs[n++] = (struct index_job){.cache = ctx->cache,
                                               .index = &a->suites[i].indexes[k]};
    return n ? run_jobs(ctx, jobs, n, err) : 0;
}
