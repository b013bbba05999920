/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"
#include "lock/lock.h"

#include "base/err.h"
#include "base/path.h"
#include "lock/check.h"
#include <jansson.h>

/* Where in the document we are, for errors: "python3.lock: architectures.amd64.packages[3]". */
struct place {
    const char *file, *what;
    size_t index;
    bool indexed;
};

static int refuse(const struct place *at, const char *text, struct err *err)
{

    if (at->indexed)
        return err_set(err, "%s: %s[%zu]: %s", at->file, at->what, at->index, text);
    return err_set(err, "%s: %s: %s", at->file, at->what, text);
}

/* json_unpack with `!` at the end of its format: exactly these keys, of exactly these types. */
#define UNPACK(json, at, err, ...) \
    (json_unpack_ex((json), &problem, 0, __VA_ARGS__) < 0 ? refuse((at), problem.text, (err)) : 0)

static int parse_digest(const char *text, const struct place *at, struct sha256 *ret,
                        struct err *err)
{
    if (!sha256_parse_digest(slice_of(text), ret))
        return refuse(at, "not a digest, which is sha256: and 64 hexadecimal digits", err);
    return 0;
}

/* Exactly "2026-11-21T09:15:44Z". */
static int parse_date(const char *text, const struct place *at, int64_t *ret, struct err *err)
{
    if (!time_parse(text, ret))
        return refuse(at, "not a date like 2026-11-21T09:15:44Z", err);
    return 0;
}

static int parse_sources(const json_t *list, struct place *at, struct lock *l, struct err *err)
{
    l->sources = xcalloc(json_array_size(list), sizeof(*l->sources));
    for (at->index = 0; at->index < json_array_size(list); at->index++) {
        struct lock_source *s = &l->sources[at->index];
        const char *source, *suite, *date, *inrelease;
        json_error_t problem;

        if (UNPACK(json_array_get(list, at->index), at, err, "{s:s,s:s,s:s,s:s!}", "source",
                   &source, "suite", &suite, "date", &date, "inrelease", &inrelease) < 0)
            return err_ret(err);
        l->n_sources++;
        s->source = xstrdup(source);
        s->suite = xstrdup(suite);
        if (parse_date(date, at, &s->date, err) < 0 ||
            parse_digest(inrelease, at, &s->inrelease, err) < 0)
            return err_ret(err);
    }
    return 0;
}

static int parse_accounts(const json_t *list, struct place *at, struct lock *l, struct err *err)
{
    l->accounts = xcalloc(json_array_size(list), sizeof(*l->accounts));
    for (at->index = 0; at->index < json_array_size(list); at->index++) {
        json_int_t uid, gid;
        const char *name;
        json_error_t problem;

        if (UNPACK(json_array_get(list, at->index), at, err, "{s:s,s:I,s:I!}", "name", &name, "uid",
                   &uid, "gid", &gid) < 0)
            return err_ret(err);
        /* Root's and nobody's are nobody else's; a group may be one of theirs. */
        if (uid <= 0 || uid >= UINT32_MAX || uid == 65534 || uid == 65535 || gid < 0 ||
            gid >= UINT32_MAX)
            return refuse(at, "not an id that an account can have", err);
        if (!lock_account_name_valid(name))
            return refuse(at, "not an account's name", err);
        l->accounts[l->n_accounts++] = (struct lock_account){xstrdup(name), (uint32_t)uid,
                                                             (uint32_t)gid};
    }
    return 0;
}

static int parse_package(const json_t *json, const struct place *at, struct lock_package *ret,
                         struct err *err)
{
    const char *name, *version, *arch, *source, *source_version, *origin, *sha256, *path;
    json_int_t size;
    json_error_t problem;

    if (UNPACK((json_t *)(uintptr_t)json, at, err, "{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:s!}", "name",
               &name, "version", &version, "arch", &arch, "source", &source, "source_version",
               &source_version, "origin", &origin, "size", &size, "sha256", &sha256, "path",
               &path) < 0)
        return err_ret(err);
    if (size < 0)
        return refuse(at, "not a deb's size", err);
    *ret = (struct lock_package){
        xstrdup(name),   xstrdup(version), xstrdup(arch), xstrdup(source), xstrdup(source_version),
        xstrdup(origin), (uint64_t)size,   {{0}},         xstrdup(path)};
    if (!sha256_parse_hex(slice_of(sha256), &ret->sha256))
        return refuse(at, "not a SHA-256, which is 64 hexadecimal digits", err);
    const char *bad = lock_package_bad(ret);
    return bad ? refuse(at, bad, err) : 0;
}

static int parse_packages(const json_t *list, struct place *at, struct lock_arch *a,
                          struct err *err)
{
    a->packages = xcalloc(json_array_size(list), sizeof(*a->packages));
    for (at->index = 0; at->index < json_array_size(list); at->index++) {
        struct lock_package *p = &a->packages[a->n_packages++];
        if (parse_package(json_array_get(list, at->index), at, p, err) < 0)
            return err_ret(err);
        if (at->index > 0 && strcmp(p[-1].name, p->name) >= 0)
            return refuse(at, "packages must be sorted by name, each once", err);
        if (strcmp(p->arch, a->arch) != 0 && strcmp(p->arch, "all") != 0)
            return refuse(at, "a package of another architecture", err);
    }
    return 0;
}

static int parse_layer(const json_t *names, const struct place *at, struct lock_arch *a,
                       bool *placed, struct err *err)
{
    struct lock_layer *layer = &a->layers[a->n_layers];
    size_t n = json_array_size(names);

    if (n == 0)
        return refuse(at, "not a list of names, or an empty one", err);
    layer->packages = xcalloc(n, sizeof(*layer->packages));
    a->n_layers++;
    for (size_t i = 0; i < n; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        const struct lock_package *p = name ? lock_find(a, name) : NULL;
        if (!p)
            return refuse(at, "a name that isn't among the packages", err);
        layer->packages[layer->n++] = (size_t)(p - a->packages);
        if (placed[p - a->packages])
            return refuse(at, "a package that lies in two layers", err);
        placed[p - a->packages] = true;
    }
    return 0;
}

static int parse_layers(const json_t *list, struct place *at, struct lock_arch *a, struct err *err)
{
    CLEANUP(free_ptr) bool *placed = xcalloc(a->n_packages, sizeof(*placed));

    a->layers = xcalloc(json_array_size(list), sizeof(*a->layers));
    for (at->index = 0; at->index < json_array_size(list); at->index++)
        if (parse_layer(json_array_get(list, at->index), at, a, placed, err) < 0)
            return err_ret(err);
    at->indexed = false;
    for (size_t i = 0; i < a->n_packages; i++)
        if (!placed[i])
            return refuse(at, "a package lies in no layer", err);
    return 0;
}

static int parse_texts(const json_t *list, const char *file, const char *in, const char *key,
                       struct strv *ret, struct err *err)
{
    CLEANUP(free_ptr) char *what = xasprintf("%s.%s", in, key);
    struct place at = {file, what, 0, true};

    if (list && !json_is_array(list))
        return err_set(err, "%s: %s: not a list", file, what);
    for (at.index = 0; at.index < json_array_size(list); at.index++) {
        const char *text = json_string_value(json_array_get(list, at.index));
        if (!text)
            return refuse(&at, "not a text", err);
        strv_add(ret, text);
    }
    return 0;
}

static int parse_arch(json_t *json, const char *file, struct lock_arch *a, struct err *err)
{
    CLEANUP(free_ptr) char *what = xasprintf("architectures.%s", a->arch);
    struct place at = {file, what, 0, false};
    json_t *packages, *omitted, *layers, *fallout = NULL, *provided = NULL;
    json_error_t problem;

    if (UNPACK(json, &at, err, "{s:o,s:o,s?o,s?o,s:o!}", "packages", &packages, "omitted", &omitted,
               "fallout", &fallout, "provided", &provided, "layers", &layers) < 0)
        return err_ret(err);
    if (!json_is_array(packages) || !json_is_array(layers))
        return refuse(&at, "packages and layers must be lists", err);
    if (parse_texts(omitted, file, what, "omitted", &a->omitted, err) < 0 ||
        parse_texts(fallout, file, what, "fallout", &a->fallout, err) < 0 ||
        parse_texts(provided, file, what, "provided", &a->provided, err) < 0)
        return err_ret(err);
    at.indexed = true;
    CLEANUP(free_ptr) char *in_packages = xasprintf("%s.packages", what);
    at.what = in_packages;
    if (parse_packages(packages, &at, a, err) < 0)
        return err_ret(err);
    CLEANUP(free_ptr) char *in_layers = xasprintf("%s.layers", what);
    at.what = in_layers;
    return parse_layers(layers, &at, a, err);
}

static int compare_arches(const void *a, const void *b)
{
    return strcmp(((const struct lock_arch *)a)->arch, ((const struct lock_arch *)b)->arch);
}

static int parse_arches(json_t *json, const char *file, struct lock *l, struct err *err)
{
    const char *arch;
    json_t *value;

    l->arches = xcalloc(json_object_size(json), sizeof(*l->arches));
    json_object_foreach(json, arch, value)
    {
        struct lock_arch *a = &l->arches[l->n_arches++];
        a->arch = xstrdup(arch);
        if (parse_arch(value, file, a, err) < 0)
            return err_ret(err);
    }
    if (l->n_arches > 0)
        qsort(l->arches, l->n_arches, sizeof(*l->arches), compare_arches);
    return 0;
}

static int parse_root(json_t *root, const char *file, struct lock *l, struct err *err)
{
    struct place at = {file, "lock", 0, false};
    const char *recipe, *compressor, *version;
    json_t *sources, *accounts, *arches, *packer;
    json_error_t problem;
    int format = 0;

    if (!json_is_object(root))
        return refuse(&at, "not an object", err);
    const json_t *number = json_object_get(root, "format");
    if (!json_is_integer(number))
        return refuse(&at, "it has no \"format\": not a lock of mkimage's", err);
    if (json_integer_value(number) != LOCK_FORMAT) {
        err_set(err, "%s: a lock of format %" JSON_INTEGER_FORMAT ", this program knows %d", file,
                json_integer_value(number), LOCK_FORMAT);
        return err_hint(err, "use the program that wrote it, or remove it and lock again");
    }
    if (UNPACK(root, &at, err, "{s:i,s:s,s:o,s:o,s:o,s:o!}", "format", &format, "recipe", &recipe,
               "sources", &sources, "compressor", &packer, "accounts", &accounts, "architectures",
               &arches) < 0)
        return err_ret(err);
    at.what = "recipe";
    if (parse_digest(recipe, &at, &l->recipe, err) < 0)
        return err_ret(err);
    at.what = "compressor";
    if (UNPACK(packer, &at, err, "{s:s,s:s,s:i!}", "name", &compressor, "version", &version,
               "level", &l->level) < 0)
        return err_ret(err);
    l->compressor = xstrdup(compressor);
    l->compressor_version = xstrdup(version);
    if (!json_is_array(sources) || !json_is_array(accounts) || !json_is_object(arches))
        return refuse(&at, "sources and accounts must be lists, architectures an object", err);
    struct place in_sources = {file, "sources", 0, true};
    struct place in_accounts = {file, "accounts", 0, true};
    if (parse_sources(sources, &in_sources, l, err) < 0 ||
        parse_accounts(accounts, &in_accounts, l, err) < 0)
        return err_ret(err);
    return parse_arches(arches, file, l, err);
}

int lock_parse(const char *text, size_t n, const char *name, struct lock **ret, struct err *err)
{
    json_error_t problem;
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &problem);

    *ret = NULL;
    if (!root) {
        err_set(err, "%s:%d: %s", name, problem.line, problem.text);
        return err_hint(err, "if a merge left its marks in the lock, remove it and lock again");
    }
    struct lock *l = xcalloc(1, sizeof(*l));
    int r = parse_root(root, name, l, err);
    json_decref(root);
    if (r < 0)
        lock_free(l);
    else
        *ret = l;
    return r;
}
