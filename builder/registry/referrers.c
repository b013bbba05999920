/* SPDX-License-Identifier: Apache-2.0 */
/* distribution-spec "Listing Referrers", "Referrers Tag Schema", and the client's duty to keep
 * that tag where the registry doesn't. */
#include "base/json.h"
#include "oci/beside.h"
#include "oci/write.h"
#include "registry/private.h"

#define REFERRERS_MAX 100000

json_t *referrers_index(void)
{
    return object_json("schemaVersion", number_json(2), "mediaType", text_json(MEDIA_INDEX),
                       "manifests", json_array(), NULL);
}

/* The fallback tag's index, or an empty one. */
static int read_fallback(struct registry *r, const char *repository, const struct sha256 *subject,
                         json_t **ret, struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(MANIFEST_BYTES_MAX);
    CLEANUP(free_ptr) char *tag = beside_tag(subject, NULL);
    CLEANUP(free_ptr) char *type = NULL;
    const struct reference name = {
        .host = r->host, .repository = (char *)(uintptr_t)repository, .tag = tag};
    struct sha256 digest;
    int result = registry_get(r, &name, &bytes, &type, &digest, err);
    if (result == -ERR_NOT_FOUND) {
        err_clear(err);
        *ret = referrers_index();
        return 0;
    }
    if (result < 0)
        return result;
    CLEANUP(free_ptr) char *text = reference_text(&name);
    if (document_parse(buf_str(&bytes), bytes.len, text, ret, err) < 0)
        return err_ret(err);
    if (document_check(*ret, MEDIA_INDEX, text, err) == 0)
        return 0;
    json_decref(*ret);
    *ret = NULL;
    return err_ret(err);
}

json_t *referrer_entry(const json_t *document, const struct buf *manifest, const char *type)
{
    const struct sha256 digest = sha256_of(manifest->data, manifest->len);
    json_t *entry = descriptor_json(type, &digest, manifest->len);
    const json_t *artifact = json_object_get(document, "artifactType");
    if (!json_is_string(artifact) || !*json_string_value(artifact))
        artifact = json_object_get(json_object_get(document, "config"), "mediaType");
    if (json_is_string(artifact))
        json_put(entry, "artifactType", text_json(json_string_value(artifact)));
    const json_t *annotations = json_object_get(document, "annotations");
    if (json_is_object(annotations))
        json_put(entry, "annotations", json_deep_copy(annotations));
    return entry;
}

/* Adds the entry unless it is there; false if it was. */
static bool add_entry(json_t *index, json_t *entry)
{
    if (json_is_null(json_object_get(index, "manifests")))
        json_put(index, "manifests", json_array());
    json_t *manifests = json_object_get(index, "manifests");
    const char *digest = json_string_value(json_object_get(entry, "digest"));
    size_t i;
    const json_t *item;
    json_array_foreach(manifests, i, item)
    {
        const char *have = json_string_value(json_object_get(item, "digest"));
        if (have && strcmp(have, digest) == 0) {
            json_decref(entry);
            return false;
        }
    }
    json_add(manifests, entry);
    return true;
}

static int put_index(struct registry *r, const char *repository, const struct sha256 *subject,
                     const json_t *index, struct err *err)
{
    CLEANUP(free_ptr) char *tag = beside_tag(subject, NULL);
    const struct reference name = {
        .host = r->host, .repository = (char *)(uintptr_t)repository, .tag = tag};
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(0);
    json_bytes(index, &bytes);
    if (bytes.len > MANIFEST_BYTES_MAX)
        return err_set(err, "%s/%s:%s: has too many referrers", r->host, repository, tag);
    return registry_put(r, &name, &bytes, MEDIA_INDEX, NULL, NULL, err);
}

int referrers_keep(struct registry *r, const char *repository, const struct sha256 *subject,
                   const struct buf *manifest, const char *type, struct err *err)
{
    json_t *document, *index = NULL;
    if (document_parse(buf_str(manifest), manifest->len, "referrer", &document, err) < 0 ||
        read_fallback(r, repository, subject, &index, err) < 0) {
        return err_wrap(err, "keeping the tag of %s's referrers", sha256_digest(subject).s);
    }
    int result = 0;
    if (add_entry(index, referrer_entry(document, manifest, type)))
        result = put_index(r, repository, subject, index, err);
    json_decref(document);
    json_decref(index);
    return result;
}

static void filter(json_t *index, const char *artifact_type)
{
    json_t *manifests = json_object_get(index, "manifests");
    for (size_t i = json_array_size(manifests); i-- > 0;) {
        const char *type = json_string_value(
            json_object_get(json_array_get(manifests, i), "artifactType"));
        if (artifact_type && (!type || strcmp(type, artifact_type) != 0))
            json_array_remove(manifests, i);
    }
}

/* Some servers answer each path that they don't know with a page for people. */
static bool is_json(const struct http_response *response)
{
    const char *type = http_header(response, "content-type");
    return !type || strstr(type, "json");
}

/* What registries answer to a path that they don't know; 401 and 403 are another matter. */
static bool has_no_api(unsigned status)
{
    return status == 400 || status == 404 || status == 405 || status == 406 || status == 410 ||
           status == 415 || status == 422 || status == 501;
}

/* One page of them. *ret stays NULL where the registry has no such API. */
static int read_page(struct registry *r, const char *repository, const char *path, json_t **ret,
                     char **ret_next, struct err *err)
{
    CLEANUP(http_response_release) struct http_response response = {0};
    struct call c = {
        .method = "GET", .path = path, .repository = repository, .accept = MEDIA_INDEX, CALL_INIT};
    c.response_max = MANIFEST_BYTES_MAX;
    *ret = NULL;
    *ret_next = NULL;
    if (registry_call(r, &c, &response, NULL, err) < 0)
        return err_ret(err);
    if (has_no_api(response.status) || (status_ok(response.status) && !is_json(&response))) {
        atomic_store(&r->referrers_api, -1);
        return 0;
    }
    if (!status_ok(response.status))
        return registry_refused(r, &c, "listing referrers", &response, err);
    atomic_store(&r->referrers_api, 1);
    if (document_parse(buf_str(&response.body), response.body.len, path, ret, err) < 0)
        return err_ret(err);
    if (document_check(*ret, MEDIA_INDEX, path, err) == 0 &&
        next_page(r, repository, path, &response, ret_next, err) == 0)
        return 0;
    json_decref(*ret);
    *ret = NULL;
    return err_ret(err);
}

/* The further pages (distribution-spec "Listing Referrers": a Link header). */
static int read_rest(struct registry *r, const char *repository, char *first, json_t *index,
                     struct err *err)
{
    CLEANUP(free_ptr) char *path = first;
    json_t *manifests = json_object_get(index, "manifests");
    for (unsigned pages = 1; path; pages++) {
        json_t *more;
        char *next;
        if (pages >= PAGES_MAX || json_array_size(manifests) > REFERRERS_MAX)
            return err_set(err, "%s/%s: its list of referrers doesn't come to an end", r->host,
                           repository);
        if (read_page(r, repository, path, &more, &next, err) < 0)
            return err_ret(err);
        if (!more)
            return err_set(err, "%s/%s: a page of its list of referrers isn't there", r->host,
                           repository);
        bool stuck = next && (strcmp(next, path) == 0 ||
                              !json_array_size(json_object_get(more, "manifests")));
        json_array_extend(manifests, json_object_get(more, "manifests"));
        json_decref(more);
        free(path);
        path = next;
        if (stuck)
            return err_set(err, "%s/%s: its list of referrers doesn't come to an end", r->host,
                           repository);
    }
    return 0;
}

/* *ret stays NULL where the registry has no such API. */
static int read_api(struct registry *r, const char *repository, const struct sha256 *subject,
                    json_t **ret, struct err *err)
{
    CLEANUP(free_ptr) char *path = registry_path(repository, "referrers", sha256_digest(subject).s);
    char *next;
    *ret = NULL;
    if (atomic_load(&r->referrers_api) < 0)
        return 0;
    if (read_page(r, repository, path, ret, &next, err) < 0)
        return err_ret(err);
    if (!next || read_rest(r, repository, next, *ret, err) == 0)
        return 0;
    json_decref(*ret);
    *ret = NULL;
    return err_ret(err);
}

int registry_referrers(struct registry *r, const char *repository, const struct sha256 *subject,
                       const char *artifact_type, struct buf *ret, struct err *err)
{
    json_t *index;
    buf_reset(ret);
    if (read_api(r, repository, subject, &index, err) < 0)
        return err_ret(err);
    if (!index && read_fallback(r, repository, subject, &index, err) < 0)
        return err_ret(err);
    filter(index, artifact_type);
    json_bytes(index, ret);
    json_decref(index);
    return 0;
}
