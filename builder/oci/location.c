/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "oci/output.h"

static const struct {
    const char *name;
    bool archive;
} transports[] = {
    [TRANSPORT_OCI] = {"oci", false},
    [TRANSPORT_OCI_ARCHIVE] = {"oci-archive", true},
    [TRANSPORT_DOCKER_ARCHIVE] = {"docker-archive", true},
    [TRANSPORT_DOCKER] = {"docker", false},
};

const char *transport_name(enum transport t)
{
    return transports[t].name;
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* annotations.md, org.opencontainers.image.ref.name: parts of letters and digits with single
 * separators between. */
static bool valid_oci_ref(const char *ref)
{
    bool after_separator = true;
    for (const char *p = ref; *p; p++) {
        if (is_alnum(*p)) {
            after_separator = false;
            continue;
        }
        if (after_separator || !strchr("-._:@+/", *p))
            return false;
        if (p[0] == '-' && p[1] == '-')
            p++;
        after_separator = true;
    }
    return !after_separator;
}

/* [host[:port]/]part/part[:tag], as docker load takes it: parts in lower case. */
static bool valid_docker_ref(const char *name, size_t n, const char *tag)
{
    bool after_separator = true;
    const char *slash = memchr(name, '/', n);
    for (const char *p = name; p < name + n; p++) {
        bool host = slash && p < slash;
        bool upper = *p >= 'A' && *p <= 'Z';
        if (is_alnum(*p) && (!upper || host)) {
            after_separator = false;
            continue;
        }
        if (*p == ':' && !host)
            return false;
        /* "__" and runs of "-" are separators too. */
        bool again = after_separator && p > name && p[-1] == *p && (*p == '-' || *p == '_');
        if ((after_separator && !again) || !strchr("-._:/", *p))
            return false;
        after_separator = true;
    }
    size_t t = 0;
    while (is_alnum(tag[t]) || tag[t] == '_' || (t > 0 && (tag[t] == '-' || tag[t] == '.')))
        t++;
    return !after_separator && t > 0 && t <= 128 && tag[t] == 0;
}

static int set_ref(struct location *l, const char *ref, struct err *err)
{
    if (l->transport != TRANSPORT_DOCKER_ARCHIVE) {
        if (!valid_oci_ref(ref))
            return err_set(err, "\"%s\" can't be a reference's name", ref);
        l->ref = xstrdup(ref);
        return 0;
    }
    const char *slash = strrchr(ref, '/');
    const char *colon = strchr(slash ? slash : ref, ':');
    size_t n = colon ? (size_t)(colon - ref) : strlen(ref);
    if (!valid_docker_ref(ref, n, colon ? colon + 1 : "latest")) {
        err_set(err, "\"%s\" can't be an image's name", ref);
        return err_hint(err, "docker takes names like \"team/app:1.0\", in lower case");
    }
    l->ref = colon ? xstrdup(ref) : xasprintf("%s:latest", ref);
    return 0;
}

/* Cuts "@sha256:…" off the end. What looks like it and isn't one is never taken for a name. */
static int take_digest(char *text, struct sha256 *ret, struct err *err)
{
    char *at = strrchr(text, '@');
    if (!at || !starts_with(at, "@sha256:"))
        return 0;
    if (!sha256_parse_digest(slice_of(at + 1), ret)) {
        err_code(err, ERR_USAGE, "%s: \"%s\" isn't a digest", text, at + 1);
        return err_hint(err,
                        "a digest is sha256: and 64 lower-case hex digits, not all of them zero");
    }
    *at = 0;
    return 0;
}

static int parse(const char *text, struct location *ret, struct err *err)
{
    CLEANUP(free_ptr) char *copy = xstrdup(text);
    if (take_digest(copy, &ret->digest, err) < 0)
        return err_ret(err);
    const char *colon = strchr(copy, ':');
    size_t t = 0, n = colon ? (size_t)(colon - copy) : 0;
    while (t < TRANSPORT_DOCKER && !slice_eq((struct slice){copy, n}, transports[t].name))
        t++;
    if (t == TRANSPORT_DOCKER) {
        err_code(err, ERR_USAGE, "\"%s\" doesn't begin with a transport", text);
        return err_hint(err,
                        "write oci:DIR, oci-archive:FILE or docker-archive:FILE, each with :NAME "
                        "behind it if you like, or docker://HOST/NAME");
    }
    const char *path = colon + 1;
    n = strcspn(path, ":");
    ret->transport = (enum transport)t;
    while (n > 1 && path[n - 1] == '/' && !transports[t].archive)
        n--;
    if (n == 0 || (transports[t].archive && path[n - 1] == '/'))
        return err_code(err, ERR_USAGE, "\"%s\" names no %s", text,
                        transports[t].archive ? "file" : "directory");
    ret->path = xstrndup(path, n);
    path += strcspn(path, ":");
    if (*path && set_ref(ret, path + 1, err) < 0) {
        err->code = ERR_USAGE;
        return err_wrap(err, "%s", text);
    }
    return 0;
}

int location_parse(const char *text, struct location *ret, struct err *err)
{
    *ret = (struct location){0};
    if (strncmp(text, "docker://", 9) == 0) {
        *ret = (struct location){.transport = TRANSPORT_DOCKER, .path = xstrdup(text + 9)};
        return 0;
    }
    int r = parse(text, ret, err);
    if (r < 0)
        location_release(ret);
    return r;
}

void location_release(struct location *l)
{
    free(l->path);
    free(l->ref);
    *l = (struct location){0};
}
