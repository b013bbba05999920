/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Harbor's API, for what the distribution protocol doesn't tell there: policies ("prevent
 * vulnerable images", content trust) hide manifests behind a 412, and the API still names their
 * digest to who has the right artifact:read. It takes user and password alone, never a token.
 */
#include "base/json.h"
#include "oci/image.h"
#include "registry/private.h"

#define ANSWER_MAX (1u << 20)

char *harbor_path(const struct reference *name, const char *tail)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    const char *slash = strchr(name->repository, '/');
    if (!slash)
        return NULL;
    buf_addf(&b, "/api/v2.0/projects/%.*s/repositories/", (int)(slash - name->repository),
             name->repository);
    for (const char *p = slash + 1; *p; p++)
        if (*p == '/')
            buf_addstr(&b, "%252F"); /* encoded twice */
        else
            buf_addch(&b, *p);
    buf_addf(&b, "/artifacts/%s", tail);
    return buf_detach(&b);
}

/* HEAD's refusal has no body: GET tells whether a policy hides the manifest, unless it is there by
 * now. */
static int ask_why(struct registry *r, const struct reference *name, bool *ret_policy,
                   struct sha256 *ret, bool *ret_found, struct err *err)
{
    CLEANUP(http_response_release) struct http_response response = {0};
    CLEANUP(free_ptr) char *path = manifest_path(name);
    struct call c = manifest_call(name, path);
    if (registry_call(r, &c, &response, NULL, err) < 0)
        return err_ret(err);
    *ret_policy = response.status == 412 && error_has(&response, "PROJECTPOLICYVIOLATION");
    *ret_found = status_ok(response.status);
    if (*ret_found)
        *ret = sha256_of(buf_str(&response.body), response.body.len);
    return 0;
}

static int take_digest(const struct registry *r, const struct http_response *response,
                       struct sha256 *ret, struct err *err)
{
    json_t *o = json_loadb(buf_str(&response->body), response->body.len, 0, NULL);
    const char *text = json_string_value(json_object_get(o, "digest"));
    bool good = text && sha256_parse_digest(slice_of(text), ret);
    json_decref(o);
    return good ? 0 : err_set(err, "%s: what Harbor's API says names no digest", r->host);
}

int registry_hidden(struct registry *r, const struct reference *name, struct sha256 *ret,
                    bool *ret_found, struct err *err)
{
    CLEANUP(http_response_release) struct http_response response = {0};
    CLEANUP(free_ptr) char *path = harbor_path(name, name->tag);
    bool policy = false;
    if (ask_why(r, name, &policy, ret, ret_found, err) < 0)
        return err_ret(err);
    if (*ret_found || !policy || !path)
        return 0;
    struct call c = {
        .method = "GET", .path = path, .repository = name->repository, .basic = true, CALL_INIT};
    c.response_max = ANSWER_MAX;
    if (registry_call(r, &c, &response, NULL, err) < 0)
        return err_ret(err);
    if (response.status == 401 || response.status == 403 || response.status == 404)
        return 0;
    if (!status_ok(response.status))
        return registry_refused(r, &c, "asking Harbor's API for a tag", &response, err);
    *ret_found = true;
    return take_digest(r, &response, ret, err);
}
