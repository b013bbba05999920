/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/indexes.h"

#include "base/file.h"
#include "base/stream.h"
#include <sys/stat.h>

static const struct {
    const char *suffix;
    enum encoding encoding;
} forms[] = {{".xz", ENCODING_XZ}, {".gz", ENCODING_GZIP}, {"", ENCODING_NONE}};

/* The form of the Packages file to take: the first of `forms` that the Release names. */
static const struct release_file *find_form(const struct release *release, const char *component,
                                            const char *arch)
{
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        CLEANUP(free_ptr)
        char *path = xasprintf("%s/binary-%s/Packages%s", component, arch, forms[i].suffix);
        const struct release_file *f = release_find(release, path);
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
    const char *slash = strrchr(file->path, '/');

    strv_each (mirror, &suite->mirrors) {
        if (release->acquire_by_hash)
            strv_addf(ret, "%s/dists/%s/%.*s/by-hash/SHA256/%s", *mirror, suite->suite,
                      (int)(slash - file->path), file->path, sha256_hex(&file->sha256).s);
        strv_addf(ret, "%s/dists/%s/%s", *mirror, suite->suite, file->path);
    }
}

static int add_job(struct reader *r, size_t suite_number, struct archive_suite *suite,
                   const struct release *release, const char *component, const char *arch,
                   struct err *err)
{
    const struct release_file *file = find_form(release, component, arch);

    if (!file)
        return not_there(suite, release, component, arch, err);
    if (file->size > INDEX_MAX)
        return err_set(err, "source \"%s\": suite %s: %s is too large", suite->source->name,
                       suite->suite, file->path);
    GROW(r->jobs, r->n_jobs, r->cap_jobs);
    struct index_job *job = &r->jobs[r->n_jobs++];
    *job = (struct index_job){
        .reader = r, .suite = suite_number, .index = suite->n_indexes, .fd = -1};
    job->name = xasprintf("%s/%s/%s", suite->source->name, suite->suite, file->path);
    job->fetch.sha256 = file->sha256;
    job->fetch.size = file->size;
    add_urls(suite, release, file, &job->fetch.urls);
    suite->indexes[suite->n_indexes++] = (struct archive_index){xstrdup(arch), xstrdup(component),
                                                                -1, 0};
    return 0;
}

int indexes_find(struct reader *r, size_t suite_number, struct archive_suite *suite,
                 const struct release *release, struct err *err)
{
    size_t n = suite->source->components.n * r->arches->n;

    suite->indexes = xcalloc(n, sizeof(*suite->indexes));
    strv_each (component, &suite->source->components)
        strv_each (arch, r->arches)
            if (add_job(r, suite_number, suite, release, *component, *arch, err) < 0)
                return -err->code;
    return 0;
}

static int decode(struct index_job *job, int blob, struct err *err)
{
    CLEANUP(source_cleanup) struct source *s = NULL;
    char head[6];
    size_t n = job->fetch.size < sizeof(head) ? (size_t)job->fetch.size : sizeof(head);
    struct stat st;

    if (pread_all(blob, head, n, 0, job->name, err) < 0)
        return -err->code;
    s = source_range(blob, job->name, 0, job->fetch.size);
    s = source_verified(s, job->fetch.size, &job->fetch.sha256, job->name);
    s = source_decode(s, encoding_of(head, n), job->name, INDEX_MAX, 1);
    job->fd = spool_open(err);
    if (job->fd < 0 || source_copy_fd(s, job->fd, job->name, err) < 0)
        return -err->code;
    if (fstat(job->fd, &st) < 0)
        return err_set(err, "%s: can't be spooled", job->name);
    job->size = (uint64_t)st.st_size;
    return 0;
}

static int decode_task(void *arg, struct err *err)
{
    struct index_job *job = arg;
    CLEANUP(close_fd)
    int blob = cache_open_blob(job->reader->cache, &job->fetch.sha256, job->fetch.size, NULL, err);

    if (blob < 0)
        return -err->code;
    if (decode(job, blob, err) == 0)
        return 0;
    cache_blob_drop(job->reader->cache, &job->fetch.sha256);
    return -err->code;
}

static int fetched(struct fetch *f, struct err *err)
{
    struct index_job *job = f->user;

    (void)err;
    group_add(job->group, decode_task, job);
    return 0;
}

int indexes_fetch(struct reader *r, struct archive *a, struct err *err)
{
    CLEANUP(free_ptr) struct fetch *files = xcalloc(r->n_jobs, sizeof(*files));
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    struct group *group = pool_group(r->session->pool);
    int code;

    for (size_t i = 0; i < r->n_jobs; i++) {
        r->jobs[i].group = group;
        r->jobs[i].fetch.name = r->jobs[i].name;
        r->jobs[i].fetch.user = &r->jobs[i];
        files[i] = r->jobs[i].fetch;
    }
    code = http_fetch(r->http, r->cache, files, r->n_jobs, fetched, NULL, err);
    int decoded = group_wait(group, code < 0 ? &ignored : err);
    if (code < 0 || decoded < 0)
        return -err->code;
    for (size_t i = 0; i < r->n_jobs; i++) {
        struct index_job *job = &r->jobs[i];
        struct archive_index *index = &a->suites[job->suite].indexes[job->index];
        index->fd = job->fd;
        index->size = job->size;
        job->fd = -1;
    }
    return 0;
}

void indexes_release(struct reader *r)
{
    for (size_t i = 0; i < r->n_jobs; i++) {
        close_fd(&r->jobs[i].fd);
        strv_release(&r->jobs[i].fetch.urls);
        free(r->jobs[i].name);
    }
    free(r->jobs);
    r->jobs = NULL;
    r->n_jobs = r->cap_jobs = 0;
}
