/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/archive.h"
#include "base/text.h"

#include "base/file.h"
#include "deb/release.h"
#include "lock/indexes.h"
#include "lock/mirrors.h"
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

static const char *const debian_keyrings[] = {
    "usr/share/keyrings/debian-archive-keyring.gpg",
    "usr/share/keyrings/debian-archive-keyring.pgp",
};

static void indexes_release(struct archive_index *indexes, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        free(indexes[k].arch);
        free(indexes[k].component);
        free(indexes[k].name);
        strv_release(&indexes[k].urls);
        close_fd(&indexes[k].fd);
    }
    free(indexes);
}

static void suite_release(struct archive_suite *s)
{
    indexes_release(s->indexes, s->n_indexes);
    indexes_release(s->contents, s->n_contents);
    free(s->suite);
    free(s->codename);
    strv_release(&s->mirrors);
    *s = (struct archive_suite){0};
}

void archive_release(struct archive *a)
{
    for (size_t i = 0; i < a->n; i++)
        suite_release(&a->suites[i]);
    free(a->suites);
    *a = (struct archive){0};
}

static int keyring_of(const struct archive_reader *r, const struct recipe_source *source,
                      char **ret, struct err *err)
{
    const char *root = r->options->mirrors.apt_root ? r->options->mirrors.apt_root : "/";

    *ret = source->keyring ? xstrdup(source->keyring) : NULL;
    for (size_t i = 0; !*ret && i < ARRAY_SIZE(debian_keyrings); i++) {
        CLEANUP(free_ptr) char *path = path_join(root, debian_keyrings[i]);
        if (access(path, R_OK) == 0)
            *ret = xstrdup(path);
    }
    if (*ret)
        return 0;
    err_set(err, "source \"%s\": Debian's keyring isn't on this machine", source->name);
    err_hint(err, "install the package debian-archive-keyring, or copy its file from a machine "
                  "you trust to");
    err_hint(err, "    /%s", debian_keyrings[0]);
    err_hint(err, "or name the copy in the recipe:");
    return err_hint(err, "    source \"%s\" { keyring = \"/path/debian-archive-keyring.gpg\" }",
                    source->name);
}

/* One suite while it is read. */
struct reading {
    struct archive_reader *r;
    struct archive_suite *suite;
    char *keyring;
    bool guessed;       /* all mirrors are guesses */
    struct err nowhere; /* why it can't even be looked for */
};

/* Where the newest Date seen is kept. Not by mirror, which may change; by all that tells one
 * archive from another, so that two archives of one name don't hold each other back. */
static struct sha256 date_key(const struct reading *g, const struct release *release)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    const char *from = release->origin ? release->origin : "";
    const char *title = release->label ? release->label : "";
    CLEANUP(free_ptr) char *origin = text_escape(from, strlen(from)); /* they may hold newlines */
    CLEANUP(free_ptr) char *label = text_escape(title, strlen(title));

    buf_addf(&b, "%s\n%s\n%s\n%s\n%s\n", g->suite->source->name, g->suite->suite, origin, label,
             g->keyring);
    return sha256_of(b.data, b.len);
}

static int64_t date_seen(const struct reading *g, const struct sha256 *key)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    CLEANUP(buf_release) struct buf text = BUF_INIT(64);
    char *end = NULL;

    if (cache_fact_get(g->r->ctx->cache, "date", key, &text, &ignored) < 0)
        return 0;
    errno = 0;
    long long seen = strtoll(buf_str(&text), &end, 10);
    return errno || *end || seen < 0 ? 0 : seen;
}

static int date_keep(const struct reading *g, const struct sha256 *key, int64_t date,
                     struct err *err)
{
    char text[32];
    int n = snprintf(text, sizeof(text), "%" PRId64, date);

    return cache_fact_keep(g->r->ctx->cache, "date", key, text, (size_t)n, err);
}

static void inrelease_urls(const struct archive_suite *suite, struct strv *ret)
{
    strv_each (mirror, &suite->mirrors)
        strv_addf(ret, "%s/dists/%s/InRelease", *mirror, suite->suite);
}

static int get_inrelease(const struct reading *g, const struct inrelease **ret, struct err *err)
{
    CLEANUP(strv_release) struct strv urls = STRV_INIT;
    const struct archive_suite *suite = g->suite;
    const struct archive_reader *r = g->r;

    inrelease_urls(suite, &urls);
    if (inreleases_get(r->inreleases, r->ctx, &urls, g->keyring, ret, err) == 0)
        return 0;
    err_wrap(err, "source \"%s\", suite %s", suite->source->name, suite->suite);
    if (g->guessed && err->code == ERR_NOT_FOUND) {
        err_hint(err, "the security archive was looked for beside the mirror of \"debian\"");
        (void)!mirrors_hint(suite->source, err);
    }
    return err_ret(err);
}

static int read_release(struct reading *g, struct release *release, struct err *err)
{
    struct archive_suite *suite = g->suite;
    const struct inrelease *in = NULL;

    if (get_inrelease(g, &in, err) < 0 ||
        release_parse(in->text.data, in->text.len, in->url, release, err) < 0)
        return err_ret(err);
    const struct sha256 key = date_key(g, release);
    int64_t seen = date_seen(g, &key);
    const struct release_want want = {
        .suite = suite->suite,
        .now = g->r->options->now,
        .not_before = seen > g->r->options->not_before ? seen : g->r->options->not_before,
        .max_age_days = suite->source->max_age_days,
    };
    if (release_check(release, &want, in->url, err) < 0)
        return err_ret(err);
    suite->inrelease = in->digest;
    suite->date = release->date;
    suite->codename = release->codename ? xstrdup(release->codename) : NULL;
    return date_keep(g, &key, release->date, err);
}

static bool may_be_missing(const char *suite)
{
    static const char end[] = "-updates";
    size_t n = strlen(suite), m = strlen(end);

    return n > m && strcmp(suite + n - m, end) == 0;
}

static int read_found(struct reading *g, struct err *err)
{
    CLEANUP(release_release) struct release release = {0};

    if (read_release(g, &release, err) < 0)
        return err_ret(err);
    return indexes_find(g->r, g->suite, &release, err);
}

/* Where it may be, and who signs it. */
static void find_suite(struct reading *g, const struct recipe_source *source, const char *name)
{
    struct archive_reader *r = g->r;

    g->suite->source = source;
    g->suite->suite = xstrdup(name);
    if (keyring_of(r, source, &g->keyring, &g->nowhere) == 0)
        (void)!mirrors_find(r->ctx->session, r->recipe, source, &r->options->mirrors,
                            &g->suite->mirrors, &g->guessed, &g->nowhere);
}

/* All InRelease files at once: most of the time is waiting for the first byte. */
static int ask_ahead(const struct archive_reader *r, const struct reading *readings, size_t n,
                     struct err *err)
{
    struct inrelease_want *wants = xcalloc(n + 1, sizeof(*wants));
    size_t m = 0;

    for (size_t i = 0; i < n; i++) {
        if (readings[i].nowhere.code)
            continue;
        inrelease_urls(readings[i].suite, &wants[m].urls);
        wants[m++].keyring = readings[i].keyring;
    }
    int result = inreleases_ahead(r->inreleases, r->ctx, wants, m, err);
    for (size_t i = 0; i < m; i++)
        strv_release(&wants[i].urls);
    free(wants);
    return result;
}

/* 1: read; 0: there is no such suite, and that is fine. */
static int read_suite(struct reading *g, struct err *err)
{
    const struct archive_suite *suite = g->suite;

    if (g->nowhere.code)
        return err_move(err, &g->nowhere);
    if (read_found(g, err) == 0)
        return 1;
    if (err->code != ERR_NOT_FOUND || !may_be_missing(suite->suite) ||
        !sha256_is_zero(&suite->inrelease))
        return err_ret(err);
    log_warn(g->r->ctx->session->log, "source \"%s\" has no suite %s, going on without it",
             suite->source->name, suite->suite);
    err_clear(err);
    return 0;
}

static int read_all(struct archive *a, struct reading *readings, struct err *err)
{
    size_t there = 0, n = a->n;

    for (size_t i = 0; i < n; i++) {
        int read = read_suite(&readings[i], err);
        if (read < 0)
            return read;
        if (read == 0)
            suite_release(&a->suites[i]);
    }
    for (size_t i = 0; i < n; i++)
        if (a->suites[i].suite)
            a->suites[there++] = a->suites[i];
    a->n = there;
    return 0;
}

static int read_suites(struct archive_reader *r, struct archive *a, struct reading *readings,
                       struct err *err)
{
    for (size_t i = 0; i < r->recipe->n_sources; i++) {
        const struct recipe_source *source = &r->recipe->sources[i];
        strv_each (name, &source->suites) {
            struct reading *g = &readings[a->n];
            *g = (struct reading){.r = r, .suite = &a->suites[a->n]};
            a->n++;
            find_suite(g, source, *name);
        }
    }
    if (ask_ahead(r, readings, a->n, err) < 0)
        return err_ret(err);
    return read_all(a, readings, err);
}

int archive_read(const struct context *ctx, const struct recipe *recipe, const struct strv *arches,
                 const struct archive_options *options, struct inreleases *inreleases,
                 struct archive *ret, struct err *err)
{
    struct archive_reader r = {ctx, recipe, arches, options, inreleases};

    size_t n = 0;

    for (size_t i = 0; i < recipe->n_sources; i++)
        n += recipe->sources[i].suites.n;
    CLEANUP(free_ptr) struct reading *readings = xcalloc(n + 1, sizeof(*readings));
    *ret = (struct archive){.suites = xcalloc(n + 1, sizeof(*ret->suites))};
    int code = read_suites(&r, ret, readings, err);
    for (size_t i = 0; i < n; i++) {
        free(readings[i].keyring);
        err_release(&readings[i].nowhere);
    }
    if (code < 0)
        archive_release(ret);
    return code;
}
