/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/universe.h"

#include "base/path.h"
#include "deb/version.h"
#include "lock/check.h"
#include <errno.h>
#include <solv/repo_deb.h>
#include <sys/mman.h>

#define FILES_MAX   1000
#define STANZA_MAX  (1u << 20)
#define STANZAS_MAX (4u << 20)

int universe_new(const char *arch, struct universe **ret, struct err *err)
{
    struct universe *u = xcalloc(1, sizeof(*u));

    *ret = NULL;
    u->arch = xstrdup(arch);
    u->pool = pool_create();
    if (pool_setdisttype(u->pool, DISTTYPE_DEB) < 0) {
        universe_free(u);
        return err_set(err, "libsolv was built without Debian's rules");
    }
    pool_setarch(u->pool, arch);
    *ret = u;
    return 0;
}

void universe_free(struct universe *u)
{
    if (!u)
        return;
    for (size_t i = 0; i < u->n_files; i++) {
        if (u->files[i].map)
            munmap(u->files[i].map, u->files[i].size);
        free(u->files[i].name);
        free(u->files[i].origin);
        strv_release(&u->files[i].packages);
        strv_release(&u->files[i].provides);
    }
    free(u->files);
    free(u->stanzas);
    free(u->held);
    free(u->arch);
    pool_free(u->pool);
    free(u);
}

static uint8_t priority_of(struct slice s)
{
    static const char *const names[] = {"required", "important", "standard", "optional", "extra"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (slice_eq(s, names[i]))
            return (uint8_t)(i + 1);
    return PRIORITY_EXTRA;
}

static struct stanza *stanza_add(struct universe *u)
{
    GROW(u->stanzas, u->n_stanzas, u->cap_stanzas);
    u->stanzas[u->n_stanzas] = (struct stanza){0};
    return &u->stanzas[u->n_stanzas++];
}

static bool is_allowed(const struct universe_file *file, struct slice name)
{
    CLEANUP(free_ptr) char *text = NULL;

    if (file->all)
        return true;
    text = xstrndup(name.p, name.n);
    return strv_has_sorted(&file->packages, text);
}

/* A Packages file on its way into libsolv: each stanza gets its place in the table, and of its
 * fields libsolv is given those that the solver needs, in a form that leaves nothing open. */
struct feed {
    struct universe *u;
    const struct universe_file *file;
    struct deb822 d;
    struct buf text;
    size_t at;
    int code;
    struct err *err;
};

static const char *const fed[] = {"Package",     "Version", "Architecture", "Provides",
                                  "Pre-Depends", "Depends", "Recommends",   "Conflicts",
                                  "Breaks",      "Replaces"};

static int take_stanza(struct feed *f)
{
    struct slice package, version, arch, protected;
    bool fits;
    const struct deb822 *d = &f->d;
    struct err *err = f->err;

    if (deb822_need(d, "Package", &package, err) < 0 ||
        deb822_need(d, "Version", &version, err) < 0 ||
        deb822_need(d, "Architecture", &arch, err) < 0)
        return err_ret(err);
    if (d->stanza.n > STANZA_MAX || f->u->n_stanzas > STANZAS_MAX)
        return err_set(err, "%s:%u: too large for an index", f->file->name, d->stanza_line);
    protected = deb822_get(d, "Protected");
    if (!protected.p)
    protected = deb822_get(d, "Important");
    fits = slice_eq(arch, f->u->arch) || slice_eq(arch, "all");
    *stanza_add(f->u) = (struct stanza){
        .offset = (uint64_t)(d->stanza.p - f->file->map),
        .length = (uint32_t)d->stanza.n,
        .file = (uint16_t)(f->file - f->u->files),
        .priority = priority_of(deb822_get(d, "Priority")),
        .essential = slice_eq(deb822_get(d, "Essential"), "yes"),
        .protected = slice_eq(protected, "yes"),
        .fits = fits,
        .usable = fits && is_allowed(f->file, package),
    };
    for (size_t i = 0; i < ARRAY_SIZE(fed); i++) {
        struct slice value = deb822_get(d, fed[i]);
        if (value.n == 0)
            continue;
        buf_addstr(&f->text, fed[i]);
        buf_addstr(&f->text, ": ");
        buf_addslice(&f->text, value);
        buf_addch(&f->text, '\n');
    }
    buf_addch(&f->text, '\n');
    return 1;
}

static ssize_t feed_read(void *cookie, char *p, size_t n)
{
    struct feed *f = cookie;

    if (f->at == f->text.len) {
        buf_reset(&f->text);
        f->at = 0;
        f->code = f->code < 0 ? f->code : deb822_next(&f->d, f->err);
        if (f->code > 0)
            f->code = take_stanza(f);
        if (f->code <= 0)
            return 0;
    }
    if (n > f->text.len - f->at)
        n = f->text.len - f->at;
    memcpy(p, f->text.data + f->at, n);
    f->at += n;
    return (ssize_t)n;
}

static int load(struct universe *u, const struct universe_file *file, struct err *err)
{
    struct feed f = {.u = u, .file = file, .err = err};
    int r;

    deb822_init(&f.d, file->map, file->size, file->name);
    FILE *stream = fopencookie(&f, "r", (cookie_io_functions_t){.read = feed_read});
    if (!stream)
        return err_errno(err, errno, "%s", file->name);
    r = repo_add_debpackages(repo_create(u->pool, file->origin), stream, REPO_NO_INTERNALIZE);
    fclose(stream);
    deb822_release(&f.d);
    buf_release(&f.text);
    if (f.code < 0)
        return f.code;
    if (r || (size_t)u->pool->nsolvables != u->n_stanzas)
        return err_set(err, "%s: libsolv doesn't take all of its stanzas", file->name);
    return 0;
}

/* Whether solvable p is what its stanza says: "Package: NAME" must be what libsolv read. */
static bool agrees(const struct universe *u, Id p)
{
    CLEANUP(deb822_release) struct deb822 d;
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    struct slice text = universe_text(u, p);

    deb822_init(&d, text.p, text.n, "");
    return deb822_next(&d, &ignored) == 1 &&
           slice_eq(deb822_get(&d, "Package"), universe_name(u, p)) &&
           slice_eq(deb822_get(&d, "Version"), universe_version(u, p));
}

int universe_add(struct universe *u, int fd, uint64_t size, const char *name,
                 const struct recipe_source *source, struct err *err)
{
    void *map = NULL;

    if (u->n_files == FILES_MAX || size > SIZE_MAX / 2)
        return err_set(err, "%s: too many or too large index files", name);
    if (size > 0)
        map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return err_errno(err, errno, "%s", name);
    GROW(u->files, u->n_files, u->cap_files);
    struct universe_file *f = &u->files[u->n_files++];
    *f = (struct universe_file){.map = map, .size = size, .name = xstrdup(name)};
    f->origin = xstrdup(source->name);
    f->debian = recipe_is_debian(source->name);
    f->all = source->all_packages;
    if (!f->all)
        strv_copy(&f->packages, &source->packages);
    strv_sort(&f->packages);
    strv_copy(&f->provides, &source->provides);
    while (u->n_stanzas < (size_t)u->pool->nsolvables)
        stanza_add(u);
    u->ready = false;
    if (size == 0)
        return 0;
    if (load(u, f, err) < 0)
        return err_ret(err);
    madvise(map, size, MADV_DONTNEED); /* only the chosen ones' stanzas are read again */
    return 0;
}

void universe_ready(struct universe *u)
{
    if (u->ready)
        return;
    origins_settle(u);
    pool_createwhatprovides(u->pool);
    u->ready = true;
}

const struct stanza *universe_stanza(const struct universe *u, Id p)
{
    return &u->stanzas[p];
}

const struct universe_file *universe_file_of(const struct universe *u, Id p)
{
    return &u->files[u->stanzas[p].file];
}

const char *universe_name(const struct universe *u, Id p)
{
    return pool_id2str(u->pool, u->pool->solvables[p].name);
}

const char *universe_version(const struct universe *u, Id p)
{
    return pool_id2str(u->pool, u->pool->solvables[p].evr);
}

struct slice universe_text(const struct universe *u, Id p)
{
    const struct stanza *s = &u->stanzas[p];

    return (struct slice){u->files[s->file].map + s->offset, s->length};
}

static char *take(struct slice s)
{
    return xstrndup(s.p, s.n);
}

static void source_of(const struct deb822 *d, struct lock_package *ret)
{
    struct slice name, version;

    deb822_source(d, &name, &version);
    ret->source = name.n ? take(name) : xstrdup(ret->name);
    ret->source_version = version.n ? take(version) : xstrdup(ret->version);
}

static int stanza_error(const struct universe *u, Id p, const char *what, struct err *err)
{
    const struct stanza *s = &u->stanzas[p];
    const struct universe_file *f = &u->files[s->file];
    unsigned line = 1;

    for (const char *c = f->map; (c = memchr(c, '\n', (size_t)(f->map + s->offset - c))); c++)
        line++;
    return err_set(err, "%s:%u: package %s: %s", f->name, line, universe_name(u, p), what);
}

/* "./pool//x" is "pool/x", as apt reads it. What is absolute or has ".." stays what it is, and is
 * refused. */
static char *take_path(struct slice s)
{
    CLEANUP(buf_release) struct buf clean = BUF_INIT(0);

    for (size_t at = 0; at < s.n;) {
        const char *slash = memchr(s.p + at, '/', s.n - at);
        struct slice part = {s.p + at, slash ? (size_t)(slash - s.p) - at : s.n - at};
        bool nothing = slash && ((part.n == 0 && at > 0) || slice_eq(part, "."));
        at += part.n + (slash != NULL);
        if (nothing)
            continue;
        buf_addslice(&clean, part);
        if (slash)
            buf_addch(&clean, '/');
    }
    return xstrdup(buf_str(&clean));
}

int universe_package(const struct universe *u, Id p, struct lock_package *ret, struct err *err)
{
    CLEANUP(deb822_release) struct deb822 d;
    struct slice text = universe_text(u, p), path, size, sha256;

    *ret = (struct lock_package){0};
    if (!agrees(u, p))
        return stanza_error(u, p, "libsolv has read another name or version", err);
    deb822_init(&d, text.p, text.n, u->files[u->stanzas[p].file].name);
    if (deb822_next(&d, err) < 0 || deb822_need(&d, "Filename", &path, err) < 0 ||
        deb822_need(&d, "Size", &size, err) < 0 || deb822_need(&d, "SHA256", &sha256, err) < 0)
        return err_ret(err);
    ret->name = xstrdup(universe_name(u, p));
    ret->version = xstrdup(universe_version(u, p));
    ret->arch = take(deb822_get(&d, "Architecture"));
    ret->origin = xstrdup(u->files[u->stanzas[p].file].origin);
    ret->path = take_path(path);
    source_of(&d, ret);
    const char *bad = NULL;
    if (!slice_number(size, &ret->size))
        bad = "Size isn't a number";
    else if (!sha256_parse_hex(sha256, &ret->sha256))
        bad = "SHA256 isn't 64 hexadecimal digits";
    else
        bad = lock_package_bad(ret);
    if (!bad)
        return 0;
    lock_package_release(ret);
    return stanza_error(u, p, bad, err);
}
