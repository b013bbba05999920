/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe/recipe.h"

#include "base/file.h"
#include "base/path.h"
#include "recipe/convert.h"

void recipe_list_release(struct recipe_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->v[i].text);
    free(l->v);
    *l = (struct recipe_list){0};
}

static void release_options(const struct section *s, void *item)
{
    for (size_t i = 0; i < s->n; i++) {
        void *field = (char *)item + s->options[i].offset;

        switch (s->options[i].store) {
        case STORE_TEXT:
            free(*(char **)field);
            break;
        case STORE_LIST:
        case STORE_ARGS:
        case STORE_PORTS:
        case STORE_KEYED:
        case STORE_OS_RELEASE: /* fourteen options in one list: empty after the first */
            recipe_list_release(field);
            break;
        case STORE_STRV:
        case STORE_URLS:
            strv_release(field);
            break;
        default:
            break;
        }
    }
}

/* One item of a section's array, released by its table. */
static void section_release(const struct section *s, void *item)
{
    if (s->titled)
        free(*(char **)(void *)((char *)item + s->title));
    release_options(s, item);
}

void recipe_free(struct recipe *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n_files; i++)
        free(r->files[i].root);
    for (size_t i = 0; i < r->n_trees; i++)
        free(r->trees[i].root);
    section_each (s, &recipe_grammar) {
        size_t n;
        char *items;

        if (!s->many) {
            release_options(s, r);
            continue;
        }
        items = section_items(r, s, &n);
        for (size_t k = 0; k < n; k++)
            section_release(s, items + k * s->size);
        free(items);
    }
    for (size_t i = 0; i < r->n_packages; i++) {
        free(r->packages[i].name);
        free(r->packages[i].op);
        free(r->packages[i].version);
    }
    free(r->packages);
    strv_release(&r->files_read);
    strv_release(&r->allow_source);
    recipe_list_release(&r->set);
    free(r->path);
    free(r->directory);
    free(r);
}

/* Whether it is one of those that come with the program, and lies among them. */
static bool is_shipped(const char *path, const char *data_dir)
{
    CLEANUP(free_ptr) char *real = realpath(path, NULL);
    CLEANUP(free_ptr) char *place = path_join(data_dir, "recipes");
    CLEANUP(free_ptr) char *shipped = realpath(place, NULL);
    struct slice dir = real ? path_dir(real) : (struct slice){0};

    return shipped && dir.n == strlen(shipped) && memcmp(dir.p, shipped, dir.n) == 0;
}

static int load(const char *path, const struct slice *text, const struct recipe_options *options,
                struct recipe **ret, struct err *err)
{
    static const struct recipe_options none = {0};
    struct parsed parsed;
    struct recipe *r;

    *ret = NULL;
    options = options ? options : &none;
    if (parse_recipe(path, text, options, &parsed, err) < 0)
        return err_ret(err);
    r = xcalloc(1, sizeof(*r));
    r->path = xstrdup(path);
    r->directory = directory_of(path);
    if (options->allow_source)
        strv_copy(&r->allow_source, options->allow_source);
    if (options->data_dir && is_shipped(path, options->data_dir))
        strv_add(&r->allow_source, options->data_dir);
    convert_recipe(&parsed, r);
    parsed_release(&parsed);
    if (recipe_check(r, err) < 0) {
        recipe_free(r);
        return err_ret(err);
    }
    *ret = r;
    return 0;
}

int recipe_load(const char *path, const struct recipe_options *options, struct recipe **ret,
                struct err *err)
{
    return load(path, NULL, options, ret, err);
}

int recipe_load_text(const char *path, struct slice text, const struct recipe_options *options,
                     struct recipe **ret, struct err *err)
{
    return load(path, &text, options, ret, err);
}

/* The first block that isn't a gate, or NULL; *ret_gate: whether there is one that is. */
static const struct block *not_a_gate(const struct blocks *b, bool *ret_gate)
{
    *ret_gate = false;
    for (size_t i = 0; i < b->n; i++) {
        const char *name = b->v[i]->section->name;

        if (!name || strcmp(name, "gate") != 0)
            return b->v[i];
        *ret_gate = true;
    }
    return NULL;
}

int recipe_load_gate(const char *path, struct recipe **ret, struct err *err)
{
    static const struct recipe_options none = {0};
    struct parsed parsed;
    const struct block *other;
    bool gate;

    *ret = NULL;
    if (parse_recipe(path, NULL, &none, &parsed, err) < 0)
        return err_ret(err);
    other = not_a_gate(&parsed.blocks, &gate);
    if (other)
        err_code(err, ERR_USAGE, "%s:%u: holds more than a gate section", other->at.file,
                 other->at.line);
    else if (!gate)
        err_code(err, ERR_USAGE, "%s: holds no gate section", path);
    if (err->code) {
        err_hint(err, "--gate names a file with gate { ... } and nothing else");
    } else {
        *ret = xcalloc(1, sizeof(**ret));
        (*ret)->path = xstrdup(path);
        convert_recipe(&parsed, *ret);
    }
    parsed_release(&parsed);
    return err_ret(err);
}

const struct recipe_part *recipe_part_of(const struct recipe *r, const char *package)
{
    for (size_t i = 0; i < r->n_parts; i++) {
        if (strcmp(r->parts[i].package, package) == 0)
            return &r->parts[i];
    }
    return NULL;
}
