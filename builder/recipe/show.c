/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe/convert.h"
#include <ctype.h>
#include <limits.h>
#include <unistd.h>

#define COMMENT_COLUMN 48

/* One line of the text, its origin behind it. */
static void put(struct buf *b, const struct origin *at, const char *line)
{
    size_t n = strlen(line);

    buf_addstr(b, line);
    if (at) {
        for (size_t i = n; i < COMMENT_COLUMN; i++)
            buf_addch(b, ' ');
        if (at->line)
            buf_addf(b, " # %s:%u", at->file, at->line);
        else
            buf_addstr(b, " # default");
    }
    buf_addch(b, '\n');
}

/* In double quotes, on one line. */
static char *quote(const char *s)
{
    struct buf b = BUF_INIT(0);

    buf_addch(&b, '"');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if (c == '\n')
            buf_addstr(&b, "\\n");
        else if (c == '\t')
            buf_addstr(&b, "\\t");
        else if (c < ' ' || c == 0x7f)
            buf_addf(&b, "\\x%02x", c);
        else if (strchr("\"\\$", c))
            buf_addf(&b, "\\%c", c);
        else
            buf_addch(&b, (char)c);
    }
    buf_addch(&b, '"');
    return buf_detach(&b);
}

/* A host path as this recipe would write it: relative to its own directory where it is below. */
static char *host_path(const struct recipe *r, const char *root, const char *path)
{
    size_t n = strlen(r->directory);
    CLEANUP(free_ptr) char *joined = NULL;

    if (path[0] == '/')
        return xstrdup(path);
    if (root && strcmp(root, r->directory) == 0)
        return xstrdup(path);
    joined = !root || strcmp(root, ".") == 0 ? xstrdup(path) : xasprintf("%s/%s", root, path);
    if (strcmp(r->directory, ".") == 0 && joined[0] != '/')
        return xstrdup(joined);
    if (strncmp(joined, r->directory, n) == 0 && joined[n] == '/')
        return xstrdup(joined + n + 1);
    if (joined[0] != '/') {
        char cwd[PATH_MAX];

        if (getcwd(cwd, sizeof(cwd)))
            return xasprintf("%s/%s", cwd, joined);
    }
    return xstrdup(joined);
}

struct writer {
    const struct recipe *r;
    struct buf *out;
    const char *indent;
    bool plain; /* recipe_canonical: no origins, no host paths */
};

static void put_value(const struct writer *w, const char *name, const char *value,
                      const struct origin *at)
{
    CLEANUP(free_ptr) char *line = xasprintf("%s%s = %s", w->indent, name, value);

    put(w->out, w->plain ? NULL : at, line);
}

static void put_text(const struct writer *w, const char *name, const char *value,
                     const struct origin *at)
{
    CLEANUP(free_ptr) char *quoted = quote(value);

    put_value(w, name, quoted, at);
}

static void put_number(const struct writer *w, const char *name, const char *format, unsigned value,
                       const struct origin *at)
{
    char text[16];

    snprintf(text, sizeof(text), *format == 'o' ? "%#o" : "%u", value);
    put_value(w, name, *format == 'o' && value == 0 ? "00" : text, at);
}

static void put_item(const struct writer *w, const char *value, const struct origin *at)
{
    CLEANUP(free_ptr) char *quoted = quote(value);
    CLEANUP(free_ptr) char *line = xasprintf("%s    %s,", w->indent, quoted);

    put(w->out, w->plain ? NULL : at, line);
}

static void put_list(const struct writer *w, const char *name, const struct recipe_list *l)
{
    if (!l->n)
        return;
    buf_addf(w->out, "%s%s = {\n", w->indent, name);
    for (size_t i = 0; i < l->n; i++) {
        bool certificate = l == &w->r->ca_certificates && !w->plain;
        CLEANUP(free_ptr) char *root = NULL, *path = NULL;

        if (certificate) {
            root = directory_of(l->v[i].at.file);
            path = host_path(w->r, root, l->v[i].text);
        }
        put_item(w, certificate ? path : l->v[i].text, &l->v[i].at);
    }
    buf_addf(w->out, "%s}\n", w->indent);
}

static void put_strv(const struct writer *w, const char *name, const struct strv *l)
{
    if (!l->n)
        return;
    buf_addf(w->out, "%s%s = {", w->indent, name);
    for (size_t i = 0; i < l->n; i++) {
        CLEANUP(free_ptr) char *quoted = quote(l->v[i]);

        buf_addf(w->out, "%s%s", i ? ", " : "", quoted);
    }
    buf_addstr(w->out, "}\n");
}

static void put_packages(const struct writer *w, const char *name)
{
    if (!w->r->n_packages)
        return;
    buf_addf(w->out, "%s = {\n", name);
    for (size_t i = 0; i < w->r->n_packages; i++) {
        const struct recipe_package *p = &w->r->packages[i];
        CLEANUP(free_ptr)
        char *text = p->op ? xasprintf("%s (%s %s)", p->name, p->op, p->version) : xstrdup(p->name);

        put_item(w, text, &p->at);
    }
    buf_addstr(w->out, "}\n");
}

static void put_os_release(const struct writer *w, const char *name)
{
    const struct recipe_list *l = &w->r->os_release;
    size_t n = strlen(name);

    for (size_t i = 0; i < l->n; i++) {
        if (strncasecmp(l->v[i].text, name, n) == 0 && l->v[i].text[n] == '=')
            put_text(w, name, l->v[i].text + n + 1, &l->v[i].at);
    }
}

/* Where a single option of the recipe itself stands; in a titled section nothing is said. */
static const struct origin *single_at(const struct recipe *r, const struct section *s,
                                      const struct option *o, struct origin *ret)
{
    CLEANUP(free_ptr)
    char *key = xasprintf("%s%s%s", s->name ? s->name : "", s->name ? "." : "", o->name);

    if (s->many)
        return NULL;
    *ret = (struct origin){r->path, 0};
    for (size_t i = 0; i < r->set.n; i++) {
        if (strcmp(r->set.v[i].text, key) == 0)
            *ret = r->set.v[i].at;
    }
    return ret;
}

static bool id_is_said(const struct section *s, const void *item, uint32_t value)
{
    if (s->name && strcmp(s->name, "directory") == 0)
        return ((const struct recipe_directory *)item)->has_owner;
    return value != OWNER_DEFAULT || (s->name && strcmp(s->name, "account") == 0);
}

static void put_string(const struct writer *w, const struct option *o, const void *item,
                       const struct origin *at)
{
    const char *value = *(char *const *)(const void *)((const char *)item + o->offset);
    CLEANUP(free_ptr) char *path = NULL;

    if (!value)
        return;
    if (w->plain)
        path = xstrdup(value);
    else if (strcmp(o->name, "keyring") == 0)
        path = host_path(w->r, NULL, value);
    else if (strcmp(o->name, "source") == 0)
        path = host_path(w->r, ((const struct recipe_file *)item)->root, value);
    put_text(w, o->name, path ? path : value, at);
}

static void put_option(const struct writer *w, const struct section *s, const struct option *o,
                       const void *item)
{
    const void *field = (const char *)item + o->offset;
    struct origin place;
    const struct origin *at = single_at(w->r, s, o, &place);
    uint32_t number = 0;

    switch (o->store) {
    case STORE_TEXT:
        put_string(w, o, item, at);
        break;
    case STORE_LIST:
    case STORE_ARGS:
    case STORE_PORTS:
    case STORE_KEYED:
        put_list(w, o->name, field);
        break;
    case STORE_STRV:
    case STORE_URLS:
        put_strv(w, o->name, field);
        break;
    case STORE_PACKAGES:
        put_packages(w, o->name);
        break;
    case STORE_OS_RELEASE:
        put_os_release(w, o->name);
        break;
    case STORE_BOOL:
        if (*(const bool *)field)
            put_value(w, o->name, "true", at);
        break;
    case STORE_SHA256:
        if (!sha256_is_zero(field))
            put_text(w, o->name, sha256_hex(field).s, at);
        break;
    case STORE_COMPRESSION:
        number = *(const enum compression *)field == COMPRESSION_GZIP;
        put_text(w, o->name, number ? "gzip" : "zstd", at);
        break;
    default:
        memcpy(&number, field, sizeof(number));
        if (o->store == STORE_MODE && number != MODE_DEFAULT)
            put_number(w, o->name, "o", number, at);
        else if (o->store == STORE_ID && id_is_said(s, item, number))
            put_number(w, o->name, "u", number, at);
        else if ((o->store == STORE_LEVEL || o->store == STORE_UNSIGNED) && number)
            put_number(w, o->name, "u", number, at);
    }
}

static void put_options(const struct writer *w, const struct section *s, const void *item)
{
    for (size_t i = 0; i < s->n; i++)
        put_option(w, s, &s->options[i], item);
}

static void put_section(const struct recipe *r, const struct section *s, bool plain,
                        struct buf *out)
{
    struct writer w = {r, out, "    ", plain};
    CLEANUP(buf_release) struct buf body = BUF_INIT(0);
    size_t n;
    const char *items;

    if (!s->many) {
        w.out = &body;
        put_options(&w, s, r);
        if (body.len)
            buf_addf(out, "\n%s {\n%s}\n", s->name, buf_str(&body));
        return;
    }
    items = section_items(r, s, &n);
    for (size_t i = 0; i < n; i++) {
        const char *item = items + i * s->size;
        CLEANUP(free_ptr) char *title = NULL, *quoted = NULL, *line = NULL;
        struct origin at;

        memcpy(&at, item + s->at, sizeof(at));
        if (s->titled)
            title = xasprintf("%s%s", s->title_path ? "/" : "",
                              *(char *const *)(const void *)(item + s->title));
        quoted = title ? quote(title) : xstrdup("");
        line = xasprintf("%s%s%s {", s->name, title ? " " : "", quoted);
        buf_addch(out, '\n');
        put(out, plain ? NULL : &at, line);
        put_options(&w, s, item);
        buf_addstr(out, "}\n");
    }
}

void recipe_show(const struct recipe *r, struct buf *ret)
{
    struct writer w = {r, ret, "", false};

    buf_addf(ret, "# %s", r->path);
    for (size_t i = 0; i + 1 < r->files_read.n; i++)
        buf_addf(ret, "%s%s", i ? ", " : ", with ", r->files_read.v[i]);
    buf_addstr(ret, "\n\n");
    section_each (s, &recipe_grammar) {
        if (s->name)
            put_section(r, s, false, ret);
        else
            put_options(&w, s, r);
    }
}

/* Whether what an option or a section (name of the other NULL) says can change an image that is
 * built from a lock. */
static bool shapes_image(const struct section *s, const struct option *o)
{
    static const char *const options[] = {"tags", "arch"};
    static const char *const sections[] = {"source", "gate"};

    for (size_t i = 0; o && i < ARRAY_SIZE(options); i++)
        if (!s->name && strcmp(o->name, options[i]) == 0)
            return false;
    for (size_t i = 0; !o && i < ARRAY_SIZE(sections); i++)
        if (s->name && strcmp(s->name, sections[i]) == 0)
            return false;
    return true;
}

void recipe_canonical(const struct recipe *r, struct buf *ret)
{
    struct writer w = {r, ret, "", true};

    section_each (s, &recipe_grammar) {
        for (size_t i = 0; !s->name && i < s->n; i++)
            if (shapes_image(s, &s->options[i]))
                put_option(&w, s, &s->options[i], r);
        if (s->name && shapes_image(s, NULL))
            put_section(r, s, true, ret);
    }
}
