/* SPDX-License-Identifier: Apache-2.0 */
#include "deb/aptsources.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "deb/deb822.h"
#include <dirent.h>

#define FILE_MAX (1 << 20)

static bool uri_known(const char *uri)
{
    return starts_with(uri, "http://") || starts_with(uri, "https://") ||
           starts_with(uri, "file:/");
}

static void add_source(struct apt_sources *s, const char *uri, const struct strv *suites,
                       const struct strv *components, const char *signed_by)
{
    if (!uri_known(uri) || suites->n == 0)
        return;
    size_t n = strlen(uri);
    while (n > 0 && uri[n - 1] == '/')
        n--;
    struct apt_source one = {.uri = xstrndup(uri, n)};
    strv_copy(&one.suites, suites);
    strv_copy(&one.components, components);
    if (signed_by && signed_by[0] == '/')
        one.signed_by = xstrdup(signed_by);
    GROW(s->v, s->n, s->cap);
    s->v[s->n++] = one;
}

/* "[ arch=amd64 signed-by=/x ]" behind "deb": returns the rest, NULL if it has no end. */
static const char *parse_options(const char *p, char **ret_signed_by)
{
    const char *end = strchr(p, ']');
    if (!end)
        return NULL;
    CLEANUP(strv_release) struct strv options = STRV_INIT;
    strv_split(&options, (struct slice){p + 1, (size_t)(end - p - 1)}, " \t");
    strv_each (option, &options) {
        if (strncasecmp(*option, "signed-by=", 10) == 0) {
            free(*ret_signed_by);
            *ret_signed_by = xstrdup(*option + 10);
        }
    }
    return end + 1;
}

/* "deb [options] uri suite [component ...]" */
static int parse_line(struct apt_sources *s, const char *line, struct err *err)
{
    CLEANUP(free_ptr) char *signed_by = NULL;
    CLEANUP(strv_release) struct strv words = STRV_INIT;
    CLEANUP(strv_release) struct strv suite = STRV_INIT;
    CLEANUP(strv_release) struct strv components = STRV_INIT;
    size_t kind = strcspn(line, " \t");
    if (kind == 0 || (kind == 7 && memcmp(line, "deb-src", 7) == 0))
        return 0;
    if (kind != 3 || memcmp(line, "deb", 3) != 0)
        return err_set(err, "not a line of apt's sources");
    line += kind + strspn(line + kind, " \t");
    if (*line == '[' && !(line = parse_options(line, &signed_by)))
        return err_set(err, "an option list without \"]\"");
    strv_split(&words, slice_of(line), " \t");
    if (words.n > 0 && !uri_known(words.v[0]))
        return 0; /* a cdrom's name may hold blanks */
    if (words.n < 2)
        return err_set(err, "a source needs a URI and a suite");
    strv_add(&suite, words.v[1]);
    for (size_t i = 2; i < words.n; i++)
        strv_add(&components, words.v[i]);
    add_source(s, words.v[0], &suite, &components, signed_by);
    return 0;
}

static void parse_list(struct apt_sources *s, const struct buf *text, const char *name,
                       struct strv *notes)
{
    unsigned n = 0;
    const char *end = text->data + text->len;
    for (const char *p = text->data; p && p < end; n++) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        struct slice line = {p, (size_t)((nl ? nl : end) - p)};
        const char *comment = memchr(line.p, '#', line.n);
        if (comment)
            line.n = (size_t)(comment - line.p);
        line = slice_trim(line);
        CLEANUP(free_ptr) char *copy = xstrndup(line.p, line.n);
        CLEANUP(err_release) struct err err = ERR_INIT;
        if (parse_line(s, copy, &err) < 0)
            strv_addf(notes, "%s:%u: %s", name, n + 1, err.message);
        p = nl ? nl + 1 : end;
    }
}

/* The words of a field; comment lines stand between continuation lines. */
static void field_words(const struct deb822 *p, const char *field, struct strv *ret)
{
    struct slice s = deb822_get(p, field);
    while (s.n > 0) {
        const char *nl = memchr(s.p, '\n', s.n);
        size_t n = nl ? (size_t)(nl - s.p) : s.n;
        if (s.p[0] != '#')
            strv_split(ret, (struct slice){s.p, n}, " \t");
        n += nl ? 1 : 0;
        s = (struct slice){s.p + n, s.n - n};
    }
}

static bool is_no(struct slice s)
{
    static const char *const words[] = {"no", "false", "without", "off", "disable"};
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (s.n == strlen(words[i]) && strncasecmp(s.p, words[i], s.n) == 0)
            return true;
    return false;
}

static void parse_stanza(struct apt_sources *s, const struct deb822 *p)
{
    CLEANUP(strv_release) struct strv types = STRV_INIT;
    CLEANUP(strv_release) struct strv uris = STRV_INIT;
    CLEANUP(strv_release) struct strv suites = STRV_INIT;
    CLEANUP(strv_release) struct strv components = STRV_INIT;
    CLEANUP(strv_release) struct strv signed_by = STRV_INIT;
    field_words(p, "Types", &types);
    if (is_no(deb822_get(p, "Enabled")) || !strv_has(&types, "deb"))
        return;
    field_words(p, "URIs", &uris);
    field_words(p, "Suites", &suites);
    field_words(p, "Components", &components);
    field_words(p, "Signed-By", &signed_by);
    strv_each (uri, &uris)
        add_source(s, *uri, &suites, &components, signed_by.n == 1 ? signed_by.v[0] : NULL);
}

static int parse_sources(struct apt_sources *s, const struct buf *text, const char *name,
                         struct err *err)
{
    CLEANUP(deb822_release) struct deb822 p;
    int r;
    deb822_init(&p, buf_str(text), text->len, name);
    while ((r = deb822_next(&p, err)) > 0)
        parse_stanza(s, &p);
    return r;
}

static void read_one(const char *path, struct apt_sources *s, struct strv *notes)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf text = BUF_INIT(FILE_MAX);
    if (file_read(path, FILE_MAX, &text, &err) < 0) {
        if (err.code != ERR_NOT_FOUND)
            strv_add(notes, err.message);
        return;
    }
    if (text.len == 0)
        return;
    if (ends_with(path, ".list"))
        parse_list(s, &text, path, notes);
    else if (parse_sources(s, &text, path, &err) < 0)
        strv_add(notes, err.message);
}

/* apt reads only names of letters, digits, "_", "-" and "." (sources.list(5)). */
static int is_source_file(const struct dirent *e)
{
    for (const char *p = e->d_name; *p; p++)
        if (!(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z') && !(*p >= '0' && *p <= '9') &&
            !strchr("_-.", *p))
            return 0;
    return e->d_name[0] != '.' &&
           (ends_with(e->d_name, ".list") || ends_with(e->d_name, ".sources"));
}

void apt_sources_read(const char *root, struct apt_sources *ret, struct strv *notes)
{
    CLEANUP(free_ptr) char *list = path_join(root, "etc/apt/sources.list");
    CLEANUP(free_ptr) char *dir = path_join(root, "etc/apt/sources.list.d");
    struct dirent **entries = NULL;

    *ret = (struct apt_sources){0};
    read_one(list, ret, notes);
    int n = scandir(dir, &entries, is_source_file, NULL);
    CLEANUP(strv_release) struct strv names = STRV_INIT;
    for (int i = 0; i < n; i++) {
        strv_add(&names, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    strv_sort(&names);
    strv_each (name, &names) {
        CLEANUP(free_ptr) char *path = path_join(dir, *name);
        read_one(path, ret, notes);
    }
}

void apt_sources_release(struct apt_sources *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->v[i].uri);
        free(s->v[i].signed_by);
        strv_release(&s->v[i].suites);
        strv_release(&s->v[i].components);
    }
    free(s->v);
    *s = (struct apt_sources){0};
}
