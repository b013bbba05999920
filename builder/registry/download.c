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

/* The registry's answer, or none at all, that isn't for now. 1: another try. */
static int again(struct registry *r, struct call *c, struct retry *retry, bool transient,
                 struct http_response *response, struct err *err)
{
    const int result = err_ret(err);
    if (result < 0)
        c->response_offset = response->size;
    int next = transient ? registry_again(r, retry, response, response->size, err) : 0;
    if (next != 0)
        return next;
    return result < 0 ? result : registry_refused(r, c, "downloading", response, err);
}

static int download(struct registry *r, struct call *c, struct hasher *h, uint64_t size,
                    const struct sha256 *digest, struct err *err)
{
    struct retry retry = {.attempts = ATTEMPTS, .progress = PROGRESS_BYTES};
    bool anew = false;
    for (;;) {
        CLEANUP(http_response_release) struct http_response response = {0};
        bool transient = false;
        if (registry_call(r, c, &response, &transient, err) < 0 || transient) {
            int next = again(r, c, &retry, transient, &response, err);
            if (next < 0)
                return next;
            continue;
        }
        bool resumed = c->response_offset > 0;
        if (judge(r, c, &response, h, size, digest, err) == 0)
            return 0;
        /* It may be the resuming that went wrong. */
        if (!resumed || anew)
            return err_ret(err);
        anew = true;
        err_clear(err);
        if (start_over(c->response_fd, h, c, err) < 0)
            return err_ret(err);
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
