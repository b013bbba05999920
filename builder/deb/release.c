/* SPDX-License-Identifier: Apache-2.0 */
#include "deb/release.h"
#include "base/path.h"
#include "deb/deb822.h"

#define FILES_MAX 500000
#define DAY       86400

static char *copy(const struct deb822 *p, const char *field)
{
    struct slice s = deb822_get(p, field);
    return s.p ? xstrndup(s.p, s.n) : NULL;
}

/* " 3e49…  1961125 contrib/Contents-all" */
static int parse_file(struct slice line, const char *name, struct release *r, size_t *cap,
                      struct err *err)
{
    CLEANUP(buf_release) struct buf path = BUF_INIT(0);
    CLEANUP(strv_release) struct strv words = STRV_INIT;
    const int shown = line.n < 200 ? (int)line.n : 200;
    struct release_file f = {0};

    strv_split(&words, line, " \t");
    if (words.n != 3 || !sha256_parse_hex(slice_of(words.v[0]), &f.sha256) ||
        !slice_number(slice_of(words.v[1]), &f.size))
        return err_set(err, "%s: not a line of SHA256: \"%.*s\"", name, shown, line.p);
    if (path_from_member(words.v[2], strlen(words.v[2]), &path, err) < 0)
        return err_wrap(err, "%s: SHA256", name);
    if (path.len == 0)
        return err_set(err, "%s: not a line of SHA256: \"%.*s\"", name, shown, line.p);
    if (r->n_files == FILES_MAX)
        return err_set(err, "%s: names more than %d files", name, FILES_MAX);
    f.path = buf_detach(&path);
    GROW(r->files, r->n_files, *cap);
    r->files[r->n_files++] = f;
    return 0;
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct release_file *)a)->path, ((const struct release_file *)b)->path);
}

static int parse_files(struct slice text, const char *name, struct release *r, struct err *err)
{
    size_t cap = 0;
    while (text.n > 0) {
        const char *nl = memchr(text.p, '\n', text.n);
        struct slice line = {text.p, nl ? (size_t)(nl - text.p) : text.n};
        size_t used = line.n + (nl ? 1 : 0);
        if (line.p[0] != '#' && parse_file(line, name, r, &cap, err) < 0)
            return err_ret(err);
        text = (struct slice){text.p + used, text.n - used};
    }
    if (r->n_files > 0)
        qsort(r->files, r->n_files, sizeof(*r->files), compare_files);
    for (size_t i = 1; i < r->n_files; i++) {
        const struct release_file *a = &r->files[i - 1], *b = &r->files[i];
        if (strcmp(a->path, b->path) == 0 &&
            (a->size != b->size || !sha256_eq(&a->sha256, &b->sha256)))
            return err_set(err, "%s: SHA256 names %s twice, and not alike", name, a->path);
    }
    return 0;
}

static int parse_date(const struct deb822 *p, const char *field, bool needed, int64_t *ret,
                      struct err *err)
{
    struct slice text = deb822_get(p, field);
    if (!text.p && !needed)
        return 0;
    if (deb822_need(p, field, &text, err) < 0)
        return err_ret(err);
    if (release_date(text, ret, err) < 0)
        return err_wrap(err, "%s: %s", p->name, field);
    return 0;
}

static int parse_stanza(const struct deb822 *p, struct release *r, struct err *err)
{
    struct slice files;
    r->origin = copy(p, "Origin");
    r->label = copy(p, "Label");
    r->suite = copy(p, "Suite");
    r->codename = copy(p, "Codename");
    r->version = copy(p, "Version");
    r->acquire_by_hash = slice_eq(deb822_get(p, "Acquire-By-Hash"), "yes");
    strv_split(&r->architectures, deb822_get(p, "Architectures"), " \t\n");
    strv_split(&r->components, deb822_get(p, "Components"), " \t\n");
    if (parse_date(p, "Date", true, &r->date, err) < 0 ||
        parse_date(p, "Valid-Until", false, &r->valid_until, err) < 0)
        return err_ret(err);
    if (deb822_need(p, "SHA256", &files, err) < 0)
        return err_hint(err, "an archive that lists no SHA-256 can't be used");
    return parse_files(files, p->name, r, err);
}

int release_parse(const void *text, size_t n, const char *name, struct release *ret,
                  struct err *err)
{
    CLEANUP(deb822_release) struct deb822 p;
    *ret = (struct release){0};
    deb822_init(&p, text, n, name);
    int r = deb822_next(&p, err);
    if (r == 0)
        return err_set(err, "%s: is empty", name);
    if (r > 0)
        r = parse_stanza(&p, ret, err);
    if (r == 0) {
        r = deb822_next(&p, err);
        if (r > 0)
            r = err_set(err, "%s:%u: a second stanza", name, p.stanza_line);
    }
    if (r < 0)
        release_release(ret);
    return r;
}

void release_release(struct release *r)
{
    free(r->origin);
    free(r->label);
    free(r->suite);
    free(r->codename);
    free(r->version);
    strv_release(&r->architectures);
    strv_release(&r->components);
    for (size_t i = 0; i < r->n_files; i++)
        free(r->files[i].path);
    free(r->files);
    *r = (struct release){0};
}

const struct release_file *release_find(const struct release *r, const char *path)
{
    const struct release_file key = {.path = (char *)(uintptr_t)path};
    if (r->n_files == 0)
        return NULL;
    return bsearch(&key, r->files, r->n_files, sizeof(*r->files), compare_files);
}

struct date_text {
    char s[40];
};

static struct date_text date_text(int64_t when)
{
    struct date_text t = {"?"};
    time_t seconds = (time_t)when;
    struct tm tm;
    if (gmtime_r(&seconds, &tm))
        strftime(t.s, sizeof(t.s), "%Y-%m-%d %H:%M:%S UTC", &tm);
    return t;
}

static bool names_suite(const struct release *r, const char *suite)
{
    return (r->suite && strcmp(r->suite, suite) == 0) ||
           (r->codename && strcmp(r->codename, suite) == 0);
}

int release_check(const struct release *r, const struct release_want *want, const char *name,
                  struct err *err)
{
    if (want->suite && !names_suite(r, want->suite)) {
        err_set(err, "%s: is of suite \"%s\", codename \"%s\", not of \"%s\"", name,
                r->suite ? r->suite : "", r->codename ? r->codename : "", want->suite);
        return err_hint(err, "name the suite as the archive does, or use another mirror");
    }
    if (r->valid_until && r->valid_until < want->now) {
        err_set(err, "%s: was valid until %s only", name, date_text(r->valid_until).s);
        return err_hint(err, "use another mirror: this one is no longer updated; and see that this "
                             "machine's clock is right");
    }
    if (r->date > want->now + DAY) {
        err_set(err, "%s: is dated %s, which is in the future", name, date_text(r->date).s);
        return err_hint(err, "see that this machine's clock is right");
    }
    if (r->date < want->not_before) {
        struct date_text seen = date_text(want->not_before);
        err_set(err, "%s: is dated %s, but one of %s was seen before: the archive was rolled back",
                name, date_text(r->date).s, seen.s);
        return err_hint(err, "use another mirror: this one lags behind or replays old files");
    }
    if (want->max_age_days && want->now - r->date > (int64_t)want->max_age_days * DAY) {
        err_set(err, "%s: is dated %s, which is more than %u days ago", name, date_text(r->date).s,
                want->max_age_days);
        return err_hint(err, "use another mirror, or raise max_age_days in the recipe");
    }
    return 0;
}
