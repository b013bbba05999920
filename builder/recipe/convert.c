/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe/convert.h"

#include "base/file.h"
#include "recipe/values.h"
#include <ctype.h>

void recipe_list_add(struct recipe_list *l, char *text, struct origin at)
{
    GROW(l->v, l->n, l->cap);
    l->v[l->n++] = (struct recipe_item){text, at};
}

bool recipe_list_has(const struct recipe_list *l, const char *text)
{
    for (size_t i = 0; i < l->n; i++) {
        if (strcmp(l->v[i].text, text) == 0)
            return true;
    }
    return false;
}

unsigned recipe_rank(const struct recipe *r, const struct origin *at)
{
    for (size_t i = 0; i < r->files_read.n; i++) {
        if (r->files_read.v[i] == at->file)
            return (unsigned)i;
    }
    return (unsigned)r->files_read.n;
}

/* "key=value": the last one of a key wins, in the place of the first. */
static void add_keyed(struct recipe_list *l, const char *value, struct origin at)
{
    size_t n = strcspn(value, "=") + 1;

    for (size_t i = 0; i < l->n; i++) {
        if (strncmp(l->v[i].text, value, n) == 0) {
            free(l->v[i].text);
            l->v[i] = (struct recipe_item){xstrdup(value), at};
            return;
        }
    }
    recipe_list_add(l, xstrdup(value), at);
}

static void add_once(struct recipe_list *l, char *value, struct origin at)
{
    if (recipe_list_has(l, value))
        free(value);
    else
        recipe_list_add(l, value, at);
}

static void add_url(struct strv *list, const char *value)
{
    size_t n = strlen(value);

    while (n && value[n - 1] == '/')
        n--;
    strv_addn(list, value, n);
}

static char *slice_dup(struct slice s)
{
    return s.p ? xstrndup(s.p, s.n) : NULL;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void add_package(struct recipe *r, const char *value, struct origin at)
{
    struct slice name, op, version;
    struct recipe_package p = {.at = at};

    if (!value_wanted(value, &name, &op, &version))
        return;
    p.name = slice_dup(name);
    p.op = slice_dup(op);
    p.version = slice_dup(version);
    p.rank = recipe_rank(r, &at);
    for (size_t i = 0; i < r->n_packages; i++) {
        const struct recipe_package *o = &r->packages[i];

        if (same_text(o->name, p.name) && same_text(o->op, p.op) &&
            same_text(o->version, p.version)) {
            free(p.name);
            free(p.op);
            free(p.version);
            return;
        }
    }
    r->packages = xrealloc(r->packages, r->n_packages + 1, sizeof(*r->packages));
    r->packages[r->n_packages++] = p;
}

static void add_os_release(struct recipe_list *l, const char *name, const char *value,
                           struct origin at)
{
    char *text = xasprintf("%s=%s", name, value);

    for (char *c = text; *c != '='; c++)
        *c = (char)toupper((unsigned char)*c);
    recipe_list_add(l, text, at);
}

static void store_value(struct recipe *r, const struct option *o, void *field,
                        const struct recipe_item *value)
{
    const char *v = value->text;
    struct origin at = value->at;
    bool parsed;

    switch (o->store) {
    case STORE_TEXT:
        *(char **)field = xstrdup(v);
        break;
    case STORE_ARGS:
        recipe_list_add(field, xstrdup(v), at);
        break;
    case STORE_LIST:
        add_once(field, xstrdup(v), at);
        break;
    case STORE_PORTS:
        add_once(field, xasprintf("%s%s", v, strchr(v, '/') ? "" : "/tcp"), at);
        break;
    case STORE_KEYED:
        add_keyed(field, v, at);
        break;
    case STORE_STRV:
        strv_add(field, v);
        break;
    case STORE_URLS:
        add_url(field, v);
        break;
    case STORE_PACKAGES:
        add_package(r, v, at);
        break;
    case STORE_BOOL:
        *(bool *)field = value_bool(v);
        break;
    case STORE_UNSIGNED:
    case STORE_ID:
        *(uint32_t *)field = value_number(v);
        break;
    case STORE_LEVEL:
        *(int *)field = (int)value_number(v);
        break;
    case STORE_MODE:
        *(uint32_t *)field = value_mode(v);
        break;
    case STORE_SHA256:
        parsed = sha256_parse_hex(slice_of(v), field);
        (void)parsed;
        break;
    case STORE_COMPRESSION:
        *(enum compression *)field = strcmp(v, "gzip") == 0 ? COMPRESSION_GZIP : COMPRESSION_ZSTD;
        break;
    case STORE_OS_RELEASE:
        add_os_release(field, o->name, v, at);
        break;
    }
}

static void note_set(struct recipe *r, const struct section *s, const struct option *o,
                     struct origin at)
{
    recipe_list_add(&r->set,
                    xasprintf("%s%s%s", s->name ? s->name : "", s->name ? "." : "", o->name), at);
}

static void convert_options(struct recipe *r, const struct block *b, void *item)
{
    const struct section *s = b->section;

    for (size_t i = 0; i < s->n; i++) {
        const struct option *o = &s->options[i];
        const struct recipe_list *values = &b->values[i];
        void *field = (char *)item + o->offset;

        if (o->store == STORE_MODE)
            *(uint32_t *)field = MODE_DEFAULT;
        for (size_t k = 0; k < values->n; k++)
            store_value(r, o, field, &values->v[k]);
        if (values->n && !s->many && !option_is_list(o))
            note_set(r, s, o, values->v[0].at);
    }
}

void *section_items(const struct recipe *r, const struct section *s, size_t *ret_n)
{
    const char *base = (const char *)r;
    void *items;

    memcpy(&items, base + s->array, sizeof(items));
    memcpy(ret_n, base + s->count, sizeof(*ret_n));
    return items;
}

static void *append_item(struct recipe *r, const struct section *s)
{
    size_t n;
    char *items = section_items(r, s, &n);
    char *base = (char *)r;

    items = xrealloc(items, n + 1, s->size);
    memset(items + n * s->size, 0, s->size);
    memcpy(base + s->array, &items, sizeof(items));
    n++;
    memcpy(base + s->count, &n, sizeof(n));
    return items + (n - 1) * s->size;
}

/* What depends on whether an option was written at all, or on the file it stands in. */
static void complete_item(const struct block *b, void *item)
{
    const struct section *s = b->section;
    CLEANUP(free_ptr) char *directory = directory_of(b->at.file);

    if (strcmp(s->name, "directory") == 0) {
        struct recipe_directory *d = item;

        d->has_owner = block_value(b, "owner") || block_value(b, "group");
    } else if (strcmp(s->name, "account") == 0) {
        struct recipe_account *a = item;

        if (!block_value(b, "gid"))
            a->gid = a->uid;
    } else if (strcmp(s->name, "file") == 0 || strcmp(s->name, "tree") == 0) {
        struct recipe_file *f = item;

        f->root = xstrdup(directory);
        f->kind = f->content ? CONTENT_INLINE : f->url ? CONTENT_URL : CONTENT_SOURCE;
    } else if (strcmp(s->name, "source") == 0) {
        struct recipe_source *o = item;

        if (o->keyring && strcmp(directory, ".") != 0) {
            char *joined = path_join(directory, o->keyring);

            free(o->keyring);
            o->keyring = joined;
        }
    }
}

static void convert_item(struct recipe *r, const struct block *b)
{
    const struct section *s = b->section;
    void *item = append_item(r, s);

    memcpy((char *)item + s->at, &b->at, sizeof(b->at));
    if (s->titled)
        *(char **)(void *)((char *)item + s->title) = xstrdup(b->title + (s->title_path ? 1 : 0));
    convert_options(r, b, item);
    complete_item(b, item);
}

static void take_files(struct parsed *p, struct recipe *r)
{
    for (unsigned rank = 0; rank < p->done; rank++) {
        for (size_t i = 0; i < p->n; i++) {
            if (p->inputs[i].path && p->inputs[i].rank == rank) {
                strv_take(&r->files_read, p->inputs[i].path);
                p->inputs[i].path = NULL;
            }
        }
    }
}

void convert_recipe(struct parsed *p, struct recipe *r)
{
    take_files(p, r);
    section_each (s, &recipe_grammar) {
        for (size_t i = 0; i < p->blocks.n; i++) {
            const struct block *b = p->blocks.v[i];

            if (b->section != s)
                continue;
            if (s->many)
                convert_item(r, b);
            else
                convert_options(r, b, r);
            if (s->name && strcmp(s->name, "config") == 0)
                r->config.at = b->at;
        }
    }
}
