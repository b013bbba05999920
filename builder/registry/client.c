/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/client.h"
#include "base/path.h"
#include "oci/image.h"
#include "registry/authfile.h"
#include "registry/private.h"
#include <inttypes.h>

#define CHUNK_BYTES (32u << 20)

/* HOST[:PORT], or HOST for all its ports. */
static bool is_insecure(const struct strv *list, const char *host)
{
    const char *colon = strrchr(host, ':');
    const char *bracket = strchr(host, ']');
    size_t bare = colon && (!bracket || colon > bracket) ? (size_t)(colon - host) : strlen(host);
    for (size_t i = 0; list && i < list->n; i++)
        if (strcmp(list->v[i], host) == 0 || slice_eq((struct slice){host, bare}, list->v[i]))
            return true;
    return false;
}

int registry_open(const struct session *s, struct http *h, const char *host,
                  const struct registry_options *options, struct registry **ret, struct err *err)
{
    struct registry *r = xcalloc(1, sizeof(*r));
    const char *server = strcmp(host, "docker.io") == 0 ? "registry-1.docker.io" : host;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->once_ended, NULL);
    r->session = s;
    r->http = h;
    r->host = xstrdup(host);
    r->insecure = is_insecure(options->insecure, host);
    r->base = xasprintf("%s://%s", r->insecure ? "http" : "https", server);
    r->credentials = options->credentials;
    r->silence = options->silence ? options->silence : SILENCE_DEFAULT;
    r->chunk = CHUNK_BYTES;
    *ret = NULL;
    if (trust_open(options, host, &r->trust, err) < 0) {
        registry_close(r);
        return err_ret(err);
    }
    *ret = r;
    return 0;
}

void registry_close(struct registry *r)
{
    if (!r)
        return;
    free(r->host);
    free(r->base);
    trust_release(&r->trust);
    challenge_release(&r->challenge);
    for (size_t i = 0; i < r->n_tokens; i++) {
        free(r->tokens[i].scopes);
        wipe(r->tokens[i].header);
    }
    free(r->tokens);
    while (r->known) {
        struct known_credential *k = r->known;
        r->known = k->next;
        free(k->repository);
        credential_release(&k->credential);
        free(k);
    }
    strv_release(&r->warnings);
    memory_release(&r->memory);
    strv_release(&r->once);
    pthread_cond_destroy(&r->once_ended);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

const char *registry_host(const struct registry *r)
{
    return r->host;
}

void registry_write(struct registry *r)
{
    atomic_store(&r->writing, true);
}

unsigned registry_requests(const struct registry *r)
{
    return atomic_load(&r->requests);
}

char *registry_path(const char *repository, const char *kind, const char *tail)
{
    return xasprintf("/v2/%s/%s/%s", repository, kind, tail);
}

const char *reference_tail(const struct reference *name, struct sha256_text *digest)
{
    if (!name->has_digest)
        return name->tag ? name->tag : "latest";
    *digest = sha256_digest(&name->digest);
    return digest->s;
}

char *manifest_path(const struct reference *name)
{
    struct sha256_text digest;
    return registry_path(name->repository, "manifests", reference_tail(name, &digest));
}

char *media_type_of(const struct http_response *response)
{
    const char *type = http_header(response, "content-type");
    struct slice bare = slice_trim((struct slice){type ? type : "", type ? strcspn(type, ";") : 0});
    return xstrndup(bare.p, bare.n);
}

bool answer_digest(const struct http_response *response, struct sha256 *ret)
{
    const char *text = http_header(response, "docker-content-digest");
    return text && sha256_parse_digest(slice_of(text), ret);
}

int answer_manifest(const struct reference *name, struct http_response *response, struct buf *ret,
                    char **ret_type, struct sha256 *ret_digest, struct err *err)
{
    struct sha256 said;
    const struct buf *body = &response->body;
    *ret_digest = sha256_of(body->data, body->len);
    const struct sha256 *want = name->has_digest                 ? &name->digest
                                : answer_digest(response, &said) ? &said
                                                                 : NULL;
    if (want && !sha256_eq(want, ret_digest)) {
        CLEANUP(free_ptr) char *text = reference_text(name);
        return err_set(err, "%s: the registry sent other bytes: %s instead of %s", text,
                       sha256_digest(ret_digest).s, sha256_digest(want).s);
    }
    buf_add(ret, body->data, body->len);
    *ret_type = media_type_of(response);
    return 0;
}

struct call manifest_call(const struct reference *name, const char *path)
{
    struct call c = {.method = "GET",
                     .path = path,
                     .repository = name->repository,
                     .accept = ACCEPT_MANIFESTS,
                     CALL_INIT};

    c.response_max = MANIFEST_BYTES_MAX;
    return c;
}

int registry_get(struct registry *r, const struct reference *name, struct buf *ret, char **ret_type,
                 struct sha256 *ret_digest, struct err *err)
{
    CLEANUP(http_response_release) struct http_response response = {0};
    CLEANUP(free_ptr) char *path = manifest_path(name);
    struct call c = manifest_call(name, path);
    buf_reset(ret);
    *ret_type = NULL;
    if (registry_call(r, &c, &response, NULL, err) < 0)
        return err_ret(err);
    if (!status_ok(response.status)) {
        struct sha256_text digest;
        CLEANUP(free_ptr) char *what = xasprintf("reading %s", reference_tail(name, &digest));
        return registry_refused(r, &c, what, &response, err);
    }
    return answer_manifest(name, &response, ret, ret_type, ret_digest, err);
}

static bool blob_unknown(const struct http_response *response)
{
    return error_has(response, "MANIFEST_BLOB_UNKNOWN") || error_has(response, "BLOB_UNKNOWN") ||
           error_has(response, "MANIFEST_UNKNOWN");
}

int put_manifest(struct registry *r, const struct reference *name, const struct buf *manifest,
                 const char *type, const struct sha256 *subject, enum put_refusal *ret,
                 struct err *err)
{
    CLEANUP(http_response_release) struct http_response response = {0};
    CLEANUP(free_ptr) char *path = manifest_path(name);
    struct call c = {.method = "PUT",
                     .path = path,
                     .repository = name->repository,
                     .content_type = type,
                     CALL_INIT};
    c.body = manifest->data;
    c.body_size = manifest->len;
    *ret = PUT_OTHER;
    if (registry_call(r, &c, &response, NULL, err) < 0)
        return err_ret(err);
    if (!status_ok(response.status)) {
        struct sha256_text digest;
        CLEANUP(free_ptr) char *what = xasprintf("pushing %s", reference_tail(name, &digest));
        *ret = blob_unknown(&response)  ? PUT_BLOB_UNKNOWN
               : response.status == 415 ? PUT_UNSUPPORTED
                                        : PUT_OTHER;
        return registry_refused(r, &c, what, &response, err);
    }
    struct sha256 said, sent = sha256_of(manifest->data, manifest->len);
    if (answer_digest(&response, &said) && !sha256_eq(&said, &sent))
        return err_set(err, "%s%s: the registry keeps it as %s, but %s was pushed", r->host, path,
                       sha256_digest(&said).s, sha256_digest(&sent).s);
    if (!subject || http_header(&response, "oci-subject"))
        return 0;
    return referrers_keep(r, name->repository, subject, manifest, type, err);
}

int registry_put(struct registry *r, const struct reference *name, const struct buf *manifest,
                 const char *type, const struct sha256 *subject, bool *ret_blob_unknown,
                 struct err *err)
{
    enum put_refusal refusal;
    int result = put_manifest(r, name, manifest, type, subject, &refusal, err);
    if (ret_blob_unknown)
        *ret_blob_unknown = result < 0 && refusal == PUT_BLOB_UNKNOWN;
    return result;
}
