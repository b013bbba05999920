/* SPDX-License-Identifier: Apache-2.0 */
/* distribution-spec "Listing Tags" and "Deleting tags", and Harbor's own API for the latter. */
#include "base/path.h"
#include "net/url.h"
#include "registry/private.h"
#include <jansson.h>

#define PAGE_TAGS  1000
#define TAGS_MAX   1000000
#define TAG_LENGTH 128

/* rel=next, rel="prev Next" and the like (RFC 8288 3.3). */
static bool is_next(struct slice parameter)
{
    const char *equals = memchr(parameter.p, '=', parameter.n);
    if (!equals)
        return false;
    const size_t n = (size_t)(equals - parameter.p);
    struct slice name = slice_trim((struct slice){parameter.p, n});
    struct slice value = slice_trim((struct slice){equals + 1, parameter.n - n - 1});
    if (name.n != 3 || strncasecmp(name.p, "rel", 3) != 0)
        return false;
    CLEANUP(strv_release) struct strv words = STRV_INIT;
    strv_split(&words, value, "\" \t");
    strv_each (word, &words) {
        if (strcasecmp(*word, "next") == 0)
            return true;
    }
    return false;
}

/* The parameters behind "<…>": whether one of them is rel=next; *at is left behind them, at the
 * next link or the end. */
static bool rel_next(const char **at)
{
    bool next = false;
    const char *p = *at;
    while (*p && *p != ',') {
        const char *start = p;
        bool quoted = false;
        for (; *p && (quoted || (*p != ';' && *p != ',')); p++)
            quoted = quoted != (*p == '"');
        next = next || (!quoted && is_next((struct slice){start, (size_t)(p - start)}));
        p += *p == ';';
    }
    *at = p;
    return next;
}

/* The target of a Link header's rel=next (RFC 8288) as it stands there; the caller frees. */
static char *link_next(const struct http_response *response)
{
    size_t at = 0;
    const char *link;
    while ((link = http_header_next(response, "link", &at)))
        while ((link = strchr(link, '<'))) {
            const char *target = link + 1, *end = strchr(target, '>');
            if (!end)
                break;
            link = end + 1;
            if (!rel_next(&link))
                continue;
            return xstrndup(target, (size_t)(end - target));
        }
    return NULL;
}

/* "..", also written as "%2e%2E": what a server may put together again. */
static bool has_dots(const char *path)
{
    for (const char *p = path; *p && *p != '?'; p++) {
        size_t dots = 0;
        if (*p != '/')
            continue;
        for (const char *at = p + 1;; dots++)
            if (*at == '.')
                at++;
            else if (strncasecmp(at, "%2e", 3) == 0)
                at += 3;
            else if (dots && (!*at || strchr("/?", *at) || strncasecmp(at, "%2f", 3) == 0))
                return true;
            else
                break;
    }
    return false;
}

int next_page(const struct registry *r, const char *repository, const char *path,
              const struct http_response *response, char **ret, struct err *err)
{
    CLEANUP(free_ptr) char *target = link_next(response);
    *ret = NULL;
    if (!target)
        return 0;
    CLEANUP(free_ptr) char *base = xasprintf("%s%s", r->base, path);
    CLEANUP(free_ptr) char *url = url_resolve(base, target);
    CLEANUP(free_ptr) char *within = xasprintf("/v2/%s/", repository);
    const char *host = url ? strstr(url, "://") : NULL;
    const char *there = host ? strchr(host + 3, '/') : NULL;
    if (!there || strncmp(there, within, strlen(within)) != 0 || has_dots(there)) {
        CLEANUP(free_ptr) char *shown = url_show(target);
        return err_set(err, "%s/%s: names %s as the next page of its list, which isn't below %s",
                       r->host, repository, shown, within);
    }
    *ret = xstrndup(there, strcspn(there, "#"));
    return 0;
}

static int take_tags(struct registry *r, const char *repository,
                     const struct http_response *response, struct strv *ret, struct err *err)
{
    json_t *document = json_loadb(buf_str(&response->body), response->body.len, 0, NULL);
    const json_t *tags = json_object_get(document, "tags");
    bool fine = json_is_array(tags) || json_is_null(tags);
    size_t i;
    const json_t *item;
    json_array_foreach(tags, i, item)
    {
        const char *tag = json_string_value(item);
        fine = fine && tag && strnlen(tag, TAG_LENGTH + 1) <= TAG_LENGTH &&
               tag_valid(slice_of(tag));
        if (fine)
            strv_add(ret, tag);
    }
    json_decref(document);
    if (!fine)
        return err_set(err, "%s/%s: its list of tags isn't one", r->host, repository);
    if (ret->n > TAGS_MAX)
        return err_set(err, "%s/%s: has more than %d tags", r->host, repository, TAGS_MAX);
    return 0;
}

int registry_tags(struct registry *r, const char *repository, struct strv *ret, struct err *err)
{
    CLEANUP(free_ptr) char *path = xasprintf("/v2/%s/tags/list?n=%d", repository, PAGE_TAGS);
    for (unsigned page = 0; page < PAGES_MAX; page++) {
        CLEANUP(http_response_release) struct http_response response = {0};
        struct call c = {.method = "GET", .path = path, .repository = repository, CALL_INIT};
        size_t before = ret->n;
        c.response_max = LIST_BYTES_MAX;
        if (registry_call(r, &c, &response, NULL, err) < 0)
            return err_ret(err);
        if (!status_ok(response.status))
            return registry_refused(r, &c, "listing tags", &response, err);
        if (take_tags(r, repository, &response, ret, err) < 0)
            return err_ret(err);
        char *next;
        if (next_page(r, repository, path, &response, &next, err) < 0)
            return err_ret(err);
        if (!next)
            return 0;
        bool stuck = ret->n == before || strcmp(next, path) == 0;
        free(path);
        path = next;
        if (stuck)
            return err_set(err, "%s/%s: its list of tags doesn't come to an end", r->host,
                           repository);
    }
    return err_set(err, "%s/%s: its list of tags has more than %d pages", r->host, repository,
                   PAGES_MAX);
}

/* ---- deleting ------------------------------------------------------------------------------- */

static bool is_harbor(struct registry *r)
{
    pthread_mutex_lock(&r->lock);
    bool harbor = r->challenge.service && strcmp(r->challenge.service, "harbor-registry") == 0;
    pthread_mutex_unlock(&r->lock);
    return harbor;
}

static int delete_harbor_tag(struct registry *r, const struct reference *name, struct err *err)
{
    CLEANUP(http_response_release) struct http_response response = {0};
    CLEANUP(free_ptr) char *tail = xasprintf("%s/tags/%s", name->tag, name->tag);
    CLEANUP(free_ptr) char *path = harbor_path(name, tail);
    if (!path)
        return err_set(err, "%s/%s: names no project", r->host, name->repository);
    struct call c = {.method = "DELETE",
                     .path = path,
                     .repository = name->repository,
                     .deleting = true,
                     .basic = true,
                     CALL_INIT};
    if (registry_call(r, &c, &response, NULL, err) < 0)
        return err_ret(err);
    return status_ok(response.status) ? 0
                                      : registry_refused(r, &c, "deleting the tag", &response, err);
}

int registry_delete(struct registry *r, const struct reference *name, bool *ret_supported,
                    struct err *err)
{
    CLEANUP(http_response_release) struct http_response response = {0};
    struct sha256_text digest;
    CLEANUP(free_ptr)
    char *path = registry_path(name->repository, "manifests", reference_tail(name, &digest));
    struct call c = {.method = "DELETE",
                     .path = path,
                     .repository = name->repository,
                     .deleting = true,
                     CALL_INIT};
    *ret_supported = true;
    if (registry_call(r, &c, &response, NULL, err) < 0)
        return err_ret(err);
    if (status_ok(response.status))
        return 0;
    const unsigned status = response.status;
    const bool refused = status == 401 || status == 403, unknown = status == 400 || status == 405;
    if (!name->has_digest && is_harbor(r) && (refused || unknown))
        return delete_harbor_tag(r, name, err); /* which takes a right of its own, tag:delete */
    if (name->has_digest || !unknown)
        return registry_refused(r, &c, "deleting", &response, err);
    *ret_supported = false;
    return 0;
}
