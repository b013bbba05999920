/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/private.h"
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#define PROGRESS_BYTES 65536 /* a request that brought more starts the count of tries anew */

/* Forgets what came, for another try from zero. */
static int start_over(int fd, struct hasher *h, struct call *c, struct err *err)
{
    if (ftruncate(fd, 0) < 0)
        return err_errno(err, errno, "download");
    hasher_start(h);
    c->response_offset = 0;
    return 0;
}

static int judge(struct registry *r, const struct call *c, struct http_response *response,
                 struct hasher *h, uint64_t size, const struct sha256 *digest, struct err *err)
{
    if (!status_ok(response->status))
        return registry_refused(r, c, "downloading", response, err);
    if (response->size != size)
        return err_set(err, "%s: sent %" PRIu64 " bytes instead of %" PRIu64, r->host,
                       response->size, size);
    struct sha256 have = hasher_end(h);
    if (!sha256_eq(&have, digest))
        return err_set(err, "%s: sent other bytes: they are %s", r->host, sha256_digest(&have).s);
    return 0;
}

static int download(struct registry *r, struct call *c, struct hasher *h, uint64_t size,
                    const struct sha256 *digest, struct err *err)
{
    uint64_t furthest = 0;
    bool again = false;
    for (unsigned attempt = 0;;) {
        CLEANUP(http_response_release) struct http_response response = {0};
        bool transient = false;
        int result = registry_call(r, c, &response, &transient, err);
        if (result == 0 && !transient) {
            bool resumed = c->response_offset > 0;
            if (judge(r, c, &response, h, size, digest, err) == 0)
                return 0;
            /* It may be the resuming that went wrong. */
            if (!resumed || again)
                return -(int)err->code;
            again = true;
            err_clear(err);
            if (start_over(c->response_fd, h, c, err) < 0)
                return -(int)err->code;
            continue;
        }
        if (response.size >= furthest + PROGRESS_BYTES) {
            furthest = response.size;
            attempt = 0;
        }
        unsigned after = http_retry_after(&response, time(NULL));
        attempt += attempt_weight(&response);
        if (!transient || attempt >= ATTEMPTS || after > RETRY_AFTER_MAX)
            return result < 0 ? result : registry_refused(r, c, "downloading", &response, err);
        CLEANUP(free_ptr)
        char *why = result < 0 ? xstrdup(err->message) : xasprintf("HTTP %u", response.status);
        if (result < 0)
            c->response_offset = response.size;
        err_clear(err);
        if (registry_pause(r, attempt, after, why, err) < 0)
            return -(int)err->code;
    }
}

int registry_download(struct registry *r, const char *repository, const struct sha256 *digest,
                      uint64_t size, int fd, struct progress *progress, struct err *err)
{
    CLEANUP(hasher_release) struct hasher h = {0};
    CLEANUP(free_ptr) char *path = registry_path(repository, "blobs", sha256_digest(digest).s);
    struct call c = {.method = "GET",
                     .path = path,
                     .repository = repository,
                     .once = true,
                     .progress = progress,
                     CALL_INIT};
    c.response_fd = fd;
    c.response_max = size;
    c.response_hasher = &h;
    if (start_over(fd, &h, &c, err) < 0 || download(r, &c, &h, size, digest, err) < 0)
        return err_wrap(err, "blob %s", sha256_digest(digest).s);
    return 0;
}
