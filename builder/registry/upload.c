/* SPDX-License-Identifier: Apache-2.0 */
/* distribution-spec "Pushing blobs": in one PUT, or in chunks and resumed. */
#include "base/number.h"
#include "base/path.h"
#include "base/text.h"
#include "net/url.h"
#include "registry/private.h"
#include <inttypes.h>

#define CHUNK_LEAST_MAX (UINT64_C(1) << 40)
#define PROGRESS_BYTES  (1u << 20) /* a try that brought more starts the count anew */
#define CHUNK_MIN       (512u << 10) /* what nginx takes, if nobody tells it otherwise, is twice that */

/* An upload session on its way. */
struct upload {
    struct registry *registry;
    const char *repository;
    const struct sha256 *digest;
    int fd;
    uint64_t offset, size; /* of the blob in the file */
    struct progress *progress;
    char *location;
    uint64_t sent; /* bytes that the registry has for certain */
    struct retry retry;
    uint64_t chunk, least; /* of a request's body; the registry's own least chunk */
    bool resumed;          /* the registry has bytes of several requests */
    bool redone;           /* all was sent anew after a refusal, once */
    bool blind;            /* HEAD isn't believed */
};

/* Where the registry says that it goes on; never rebuilt. */
static int take_location(struct registry *r, const char *base, const struct http_response *response,
                         char **ret, struct err *err)
{
    const char *location = http_header(response, "location");
    CLEANUP(free_ptr)
    char *from = *base == '/' ? xasprintf("%s%s", r->base, base) : xstrdup(base);
    char *url = location ? url_resolve(from, location) : NULL;
    if (!url)
        return err_set(err, "%s: began an upload, but names no place for it", r->host);
    if (strncasecmp(r->base, "https:", 6) == 0 && strncasecmp(url, "https:", 6) != 0) {
        CLEANUP(free_ptr) char *shown = xstrndup(url, strcspn(url, "?"));
        free(url);
        err_set(err, "%s: sends the upload to %s, which is refused: it isn't https", r->host,
                shown);
        return err_hint(err, "the registry doesn't know that a proxy speaks https for it: there, "
                             "set X-Forwarded-Proto, or http.relativeurls");
    }
    free(*ret);
    *ret = url;
    return 0;
}

static uint64_t least_chunk(const struct http_response *response)
{
    const char *text = http_header(response, "oci-chunk-min-length");
    uint64_t least;
    return text && number_parse(slice_of(text), CHUNK_LEAST_MAX, &least) ? least : 0;
}

static int begin(struct registry *r, const char *repository, const struct sha256 *digest,
                 const char *from, char **ret_location, uint64_t *ret_least, struct err *err)
{
    CLEANUP(http_response_release) struct http_response response = {0};
    CLEANUP(buf_release) struct buf path = BUF_INIT(0);
    buf_addf(&path, "/v2/%s/blobs/uploads/", repository);
    if (from)
        buf_addf(&path, "?mount=%s&from=%s", sha256_digest(digest).s, from);
    struct call c = {.method = "POST",
                     .path = buf_str(&path),
                     .repository = repository,
                     .from = from,
                     CALL_INIT};
    *ret_location = NULL;
    if (registry_call(r, &c, &response, NULL, err) < 0)
        return err_ret(err);
    if (from && response.status == 201)
        return 0;
    /* Harbor: 401 where the other repository may not be read; others: 403, 404, 405. */
    if (from && response.status != 202)
        return begin(r, repository, digest, NULL, ret_location, ret_least, err);
    if (response.status != 202)
        return registry_refused(r, &c, "beginning an upload", &response, err);
    if (ret_least)
        *ret_least = least_chunk(&response);
    return take_location(r, buf_str(&path), &response, ret_location, err);
}

int upload_begin(struct registry *r, const char *repository, const struct sha256 *digest,
                 const char *from, char **ret_location, struct err *err)
{
    return begin(r, repository, digest, from, ret_location, NULL, err);
}

bool upload_range(const char *range, uint64_t *ret)
{
    uint64_t last;
    if (range && starts_with(range, "bytes="))
        range += strlen("bytes=");
    if (!starts_with(range, "0-") || !number_parse(slice_of(range + 2), UINT64_MAX - 1, &last))
        return false;
    *ret = last ? last + 1 : 0;
    return true;
}

static int begin_upload(struct upload *u, struct err *err)
{
    int r = begin(u->registry, u->repository, u->digest, NULL, &u->location, &u->least, err);
    u->chunk = u->chunk > u->least ? u->chunk : u->least;
    return r;
}

static struct call upload_call(const struct upload *u, const char *method, const char *path)
{
    return (struct call){.method = method,
                         .path = path,
                         .repository = u->repository,
                         .content_type = "application/octet-stream",
                         .once = true,
                         .commits = true,
                         .progress = u->progress,
                         CALL_INIT};
}

/* The rest of the blob with the PUT that closes the upload. 1: it is there. */
static int put_rest(struct upload *u, struct http_response *response, bool *ret_transient,
                    struct err *err)
{
    CLEANUP(free_ptr)
    char *url = url_add_query(u->location, "digest", sha256_digest(u->digest).s);
    struct call c = upload_call(u, "PUT", url);
    c.body_fd = u->fd;
    c.body_offset = u->offset + u->sent;
    c.body_size = u->size - u->sent;
    if (registry_call(u->registry, &c, response, ret_transient, err) < 0)
        return err_ret(err);
    if (status_ok(response->status))
        return 1;
    return *ret_transient ? 0 : registry_refused(u->registry, &c, "uploading", response, err);
}

/* One chunk. 1: it is there. */
static int patch(struct upload *u, struct http_response *response, bool *ret_transient,
                 struct err *err)
{
    uint64_t n = u->size - u->sent < u->chunk ? u->size - u->sent : u->chunk, end = 0;
    CLEANUP(free_ptr)
    char *range = xasprintf("%" PRIu64 "-%" PRIu64, u->sent, u->sent + n - 1);
    CLEANUP(free_ptr) char *url = xstrdup(u->location);
    struct call c = upload_call(u, "PATCH", url);
    c.range = range;
    c.body_fd = u->fd;
    c.body_offset = u->offset + u->sent;
    c.body_size = n;
    if (registry_call(u->registry, &c, response, ret_transient, err) < 0)
        return err_ret(err);
    if (status_ok(response->status)) { /* 202; go-containerregistry: 204 */
        bool said = upload_range(http_header(response, "range"), &end);
        u->sent = said && end > u->sent && end < u->sent + n ? end : u->sent + n;
        return take_location(u->registry, url, response, &u->location, err) < 0 ? err_ret(err) : 1;
    }
    *ret_transient = *ret_transient || response->status == 416;
    return *ret_transient ? 0 : registry_refused(u->registry, &c, "uploading", response, err);
}

/* After a break: asks how far the upload came; begins anew where that isn't known any more. */
static int resume(struct upload *u, struct err *err)
{
    CLEANUP(http_response_release) struct http_response response = {0};
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    uint64_t have = 0;
    CLEANUP(free_ptr) char *url = u->location ? xstrdup(u->location) : NULL;
    struct call c = upload_call(u, "GET", url);
    c.content_type = NULL;
    c.once = false;
    if (url && registry_call(u->registry, &c, &response, NULL, &ignored) == 0 &&
        response.status == 204 && upload_range(http_header(&response, "range"), &have) &&
        have <= u->size) {
        u->sent = have;
        u->resumed = true;
        log_debug(u->registry->session->log, "%s: %s goes on after %" PRIu64 " bytes",
                  u->registry->host, sha256_digest(u->digest).s, have);
        return http_header(&response, "location")
                   ? take_location(u->registry, url, &response, &u->location, err)
                   : 0;
    }
    if (ignored.code == ERR_STOPPED)
        return err_move(err, &ignored);
    free_ptr(&u->location);
    u->sent = 0;
    return begin_upload(u, err);
}

/* Whether it is there after all: another builder was faster, or the answer to the PUT was lost. */
static bool there_already(struct upload *u)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    bool there = false;
    return !u->blind &&
           registry_has_blob(u->registry, u->repository, u->digest, &there, &ignored) == 0 && there;
}

static int step(struct upload *u, struct http_response *response, bool *ret_transient,
                struct err *err)
{
    *ret_transient = false;
    if (u->size - u->sent > u->chunk)
        return patch(u, response, ret_transient, err);
    int r = put_rest(u, response, ret_transient, err);
    return r == 1 ? 2 : r;
}

/* A refusal that isn't for good: the session was lost (404), another writer was in it, or what was
 * put together of several tries isn't right. */
static bool worth_anew(const struct upload *u, const struct http_response *response)
{
    return !u->redone && ((u->resumed && error_has(response, "DIGEST_INVALID")) ||
                          response->status == 404 || response->status == 409 ||
                          response->status == 416 || error_has(response, "BLOB_UPLOAD_INVALID") ||
                          error_has(response, "BLOB_UPLOAD_UNKNOWN"));
}

/* A body that was too large for who stands before the registry is sent in smaller parts, and so are
 * all from then on. */
static bool smaller_chunks(struct upload *u, const struct http_response *response, struct err *err)
{
    const uint64_t left = u->size - u->sent, sent = left < u->chunk ? left : u->chunk;
    const uint64_t chunk = sent / 4 > CHUNK_MIN ? sent / 4 : CHUNK_MIN;
    if (response->status != 413 || sent <= CHUNK_MIN || chunk < u->least || !u->location)
        return false;
    log_debug(u->registry->session->log, "%s: HTTP 413: going on in chunks of %" PRIu64 " bytes",
              u->registry->host, chunk);
    atomic_store(&u->registry->chunk, chunk);
    u->chunk = chunk;
    err_clear(err);
    return true;
}

/* After a try that failed: goes on where the upload stands, or begins it anew. 1: there is nothing
 * left to do. */
static int recover(struct upload *u, struct http_response *response, bool transient,
                   struct err *err)
{
    const int result = err_ret(err);
    if (err->code == ERR_STOPPED)
        return result;
    if (result < 0 && smaller_chunks(u, response, err))
        return 0;
    if (result < 0 && !transient && there_already(u)) {
        err_clear(err);
        return 1;
    }
    if (result < 0 && !transient && worth_anew(u, response)) {
        u->redone = transient = true;
        free_ptr(&u->location);
    }
    int again = transient ? registry_again(u->registry, &u->retry, response, u->sent, err) : 0;
    if (again < 0)
        return again;
    if (again == 0) {
        struct call c = upload_call(u, "PUT", "");
        return result < 0 ? result : registry_refused(u->registry, &c, "uploading", response, err);
    }
    if (u->size - u->sent <= u->chunk && there_already(u))
        return 1;
    return resume(u, err);
}

static int upload_loop(struct upload *u, struct err *err)
{
    for (;;) {
        CLEANUP(http_response_release) struct http_response response = {0};
        bool transient;
        int r = step(u, &response, &transient, err);
        if (r == 2)
            return 0;
        if (r == 1)
            continue;
        r = recover(u, &response, transient, err);
        if (r != 0)
            return r < 0 ? r : 0;
    }
}

int upload_blob(struct registry *r, const char *repository, const struct sha256 *digest, int fd,
                uint64_t offset, uint64_t size, const char *location, bool blind,
                struct progress *progress, struct err *err)
{
    struct upload u = {
        .registry = r,
        .repository = repository,
        .digest = digest,
        .fd = fd,
        .offset = offset,
        .size = size,
        .progress = progress,
        .location = location ? xstrdup(location) : NULL,
        .chunk = atomic_load(&r->chunk),
        .retry = {.attempts = ATTEMPTS, .progress = PROGRESS_BYTES},
        .blind = blind,
    };
    int result = 0;
    if (!location)
        result = begin_upload(&u, err);
    if (result == 0)
        result = upload_loop(&u, err);
    free(u.location);
    return result < 0 ? err_wrap(err, "blob %s", sha256_digest(digest).s) : 0;
}

int registry_upload(struct registry *r, const char *repository, const struct sha256 *digest, int fd,
                    uint64_t size, struct progress *progress, struct err *err)
{
    return upload_blob(r, repository, digest, fd, 0, size, NULL, false, progress, err);
}
