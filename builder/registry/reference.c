/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/reference.h"
#include "base/path.h"

#define REPOSITORY_MAX 255

static bool lower_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool alnum(char c)
{
    return lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

bool tag_valid(struct slice tag)
{
    for (size_t i = 0; i < tag.n; i++)
        if (!alnum(tag.p[i]) && tag.p[i] != '_' && (i == 0 || (tag.p[i] != '.' && tag.p[i] != '-')))
            return false;
    return tag.n > 0 && tag.n <= 128;
}

/* [a-z0-9]+ with separators between: ".", "_", "__" or any number of "-". */
static bool component_valid(struct slice c)
{
    size_t i = 0;
    while (i < c.n && lower_alnum(c.p[i])) {
        while (i < c.n && lower_alnum(c.p[i]))
            i++;
        if (i == c.n)
            return true;
        size_t start = i;
        char separator = c.p[i];
        size_t most = separator == '.' ? 1 : separator == '_' ? 2 : separator == '-' ? c.n : 0;
        while (i < c.n && c.p[i] == separator && i - start < most)
            i++;
        if (i == start)
            return false;
    }
    return false;
}

static bool repository_valid(struct slice r)
{
    if (r.n > REPOSITORY_MAX)
        return false;
    for (;;) {
        const char *slash = memchr(r.p, '/', r.n);
        size_t n = slash ? (size_t)(slash - r.p) : r.n;
        if (!component_valid((struct slice){r.p, n}))
            return false;
        if (!slash)
            return true;
        r = (struct slice){slash + 1, r.n - n - 1};
    }
}

static bool port_valid(struct slice p)
{
    unsigned long port = 0;
    for (size_t i = 0; i < p.n; i++) {
        if (p.p[i] < '0' || p.p[i] > '9' || port > 65535)
            return false;
        port = port * 10 + (unsigned long)(p.p[i] - '0');
    }
    return p.n > 0 && port > 0 && port <= 65535;
}

/* Labels of letters, digits and inner "-", with dots between; or an IPv6 address in brackets. */
static size_t host_length(struct slice h)
{
    size_t i = 0;
    if (h.n && h.p[0] == '[') {
        for (i = 1; i < h.n && h.p[i] && strchr("0123456789abcdefABCDEF:.", h.p[i]); i++)
            ;
        return i > 2 && i < h.n && h.p[i] == ']' ? i + 1 : 0;
    }
    while (i < h.n) {
        size_t start = i;
        while (i < h.n && (alnum(h.p[i]) || h.p[i] == '-'))
            i++;
        if (i == start || h.p[start] == '-' || h.p[i - 1] == '-')
            return 0;
        if (i == h.n || h.p[i] != '.')
            return i;
        i++;
    }
    return 0;
}

static bool host_valid(struct slice h)
{
    size_t n = host_length(h);
    if (n == 0 || n > 255)
        return false;
    return n == h.n || (h.p[n] == ':' && port_valid((struct slice){h.p + n + 1, h.n - n - 1}));
}

/* Whether a first component can only be meant as a host. */
static bool looks_like_host(struct slice h)
{
    return memchr(h.p, '.', h.n) || memchr(h.p, ':', h.n) || slice_eq(h, "localhost");
}

static int refuse(struct err *err, const char *text, const char *what)
{
    err_code(err, ERR_USAGE, "\"%.1000s\" is no image's name: %s", text, what);
    return err_hint(err, "write HOST[:PORT]/PATH[:TAG][@sha256:DIGEST], the path in lower case");
}

static int take_digest(struct slice *rest, struct reference *ret, const char *text, struct err *err)
{
    const char *at = memchr(rest->p, '@', rest->n);
    if (!at)
        return 0;
    struct slice digest = {at + 1, rest->n - (size_t)(at + 1 - rest->p)};
    rest->n = (size_t)(at - rest->p);
    if (!sha256_parse_digest(digest, &ret->digest))
        return refuse(err, text, "what stands behind \"@\" isn't a SHA-256 digest");
    ret->has_digest = true;
    return 0;
}

static int parse(struct slice rest, struct reference *ret, const char *text, struct err *err)
{
    if (take_digest(&rest, ret, text, err) < 0)
        return err_ret(err);
    const char *slash = memchr(rest.p, '/', rest.n);
    struct slice host = {rest.p, slash ? (size_t)(slash - rest.p) : 0};
    if (!slash || !looks_like_host(host))
        return refuse(err, text, "the registry's host is missing, and there is no default");
    if (!host_valid(host))
        return refuse(err, text, "its host isn't a name or an address");
    struct slice path = {slash + 1, rest.n - host.n - 1};
    const char *colon = memrchr(path.p, ':', path.n);
    if (colon) {
        struct slice tag = {colon + 1, path.n - (size_t)(colon + 1 - path.p)};
        path.n = (size_t)(colon - path.p);
        if (!tag_valid(tag))
            return refuse(err, text, "its tag isn't one");
        ret->tag = xstrndup(tag.p, tag.n);
    }
    if (!repository_valid(path))
        return refuse(err, text, "its path isn't one");
    ret->host = xstrndup(host.p, host.n);
    bool official = slice_eq(host, "docker.io") && !memchr(path.p, '/', path.n);
    ret->repository = xasprintf("%s%.*s", official ? "library/" : "", (int)path.n, path.p);
    return 0;
}

int reference_parse(const char *text, struct reference *ret, struct err *err)
{
    *ret = (struct reference){0};
    if (strncmp(text, "docker://", 9) == 0)
        text += 9;
    int r = parse(slice_of(text), ret, text, err);
    if (r < 0)
        reference_release(ret);
    return r;
}

void reference_release(struct reference *r)
{
    free(r->host);
    free(r->repository);
    free(r->tag);
    *r = (struct reference){0};
}

void reference_copy(struct reference *dst, const struct reference *src)
{
    *dst = *src;
    dst->host = xstrdup(src->host);
    dst->repository = xstrdup(src->repository);
    dst->tag = src->tag ? xstrdup(src->tag) : NULL;
}

char *reference_text(const struct reference *r)
{
    return xasprintf("%s/%s%s%s%s%s", r->host, r->repository, r->tag ? ":" : "",
                     r->tag ? r->tag : "", r->has_digest ? "@" : "",
                     r->has_digest ? sha256_digest(&r->digest).s : "");
}
