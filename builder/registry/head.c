/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a manifest or a blob is there, and which: by HEAD; where a registry or what stands before
 * it doesn't let HEAD through, by GET, whose answer is the one that counts. A registry that turned
 * out so isn't asked by HEAD again.
 */
#include "base/number.h"
#include "oci/image.h"
#include "registry/private.h"

/* What no GET is asked for. Of all else HEAD may be the reason, and be it that its answer has no
 * body to say why: 403, 405 and 500 are such answers where GET's is 200 or 404. */
static bool head_counts(unsigned status)
{
    return status_ok(status) || status == 404 || status == 412;
}

/* A HEAD, or a GET in its place. *ret_got: the answer is a GET's. */
static int ask(struct registry *r, struct call *c, atomic_bool *by_get, struct http_response *ret,
               bool *ret_got, struct err *err)
{
    *ret_got = atomic_load(by_get);
    if (!*ret_got) {
        struct call head = *c;
        head.method = "HEAD";
        head.probe = true;
        int result = registry_call(r, &head, ret, NULL, err);
        if (result < 0 || head_counts(ret->status))
            return result;
        http_response_release(ret);
        *ret_got = true;
    }
    c->method = "GET";
    if (registry_call(r, c, ret, NULL, err) < 0)
        return err_ret(err);
    if (status_ok(ret->status) || ret->status == 404)
        atomic_store(by_get, true);
    return 0;
}

static uint64_t length_of(const struct http_response *response)
{
    const char *text = http_header(response, "content-length");
    uint64_t n;
    return text && number_parse(slice_of(text), INT64_MAX, &n) ? n : 0;
}

/* The digest by the bytes, where no header tells it. */
static int head_by_bytes(struct registry *r, const struct reference *name,
                         struct http_response *response, bool got, struct manifest_head *ret,
                         struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(MANIFEST_BYTES_MAX);
    int result = got ? answer_manifest(name, response, &bytes, &ret->media_type, &ret->digest, err)
                     : registry_get(r, name, &bytes, &ret->media_type, &ret->digest, err);
    ret->size = bytes.len;
    return result;
}

int registry_head(struct registry *r, const struct reference *name, struct manifest_head *ret,
                  bool *ret_known, struct err *err)
{
    CLEANUP(http_response_release) struct http_response response = {0};
    CLEANUP(free_ptr) char *path = manifest_path(name);
    struct call c = manifest_call(name, path);
    bool got;
    *ret = (struct manifest_head){0};
    *ret_known = true;
    if (ask(r, &c, &r->manifests_by_get, &response, &got, err) < 0)
        return err_ret(err);
    if (response.status == 412 || response.status == 403) {
        *ret_known = false;
        return 0;
    }
    if (response.status == 404) {
        CLEANUP(free_ptr) char *text = reference_text(name);
        return err_code(err, ERR_NOT_FOUND, "%s: isn't there", text);
    }
    if (!status_ok(response.status))
        return registry_refused(r, &c, "reading the manifest", &response, err);
    if (got || !answer_digest(&response, &ret->digest))
        return head_by_bytes(r, name, &response, got, ret, err);
    ret->size = length_of(&response);
    ret->media_type = media_type_of(&response);
    return 0;
}

int registry_has_blob(struct registry *r, const char *repository, const struct sha256 *digest,
                      bool *ret, struct err *err)
{
    CLEANUP(http_response_release) struct http_response response = {0};
    CLEANUP(free_ptr) char *path = registry_path(repository, "blobs", sha256_digest(digest).s);
    struct call c = {.path = path, .repository = repository, .head_only = true, CALL_INIT};
    bool got;
    *ret = false;
    if (ask(r, &c, &r->blobs_by_get, &response, &got, err) < 0)
        return err_ret(err);
    if (response.status == 404 || response.status == 403)
        return 0;
    if (!status_ok(response.status))
        return registry_refused(r, &c, "asking for a blob", &response, err);
    *ret = true;
    return 0;
}
