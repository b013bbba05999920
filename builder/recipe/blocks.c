/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe/blocks.h"

#include "recipe/values.h"
#include <search.h>

/* ---- names ----------------------------------------------------------------------------------- */

/* Another section that has an option of this name. */
static const struct section *other_place(const struct grammar *g, const struct section *not_here,
                                         const char *name)
{
    section_each (s, g) {
        if (s != not_here && option_find(s, name))
            return s;
    }
    return NULL;
}

static int unknown_option(const struct grammar *g, const struct section *here, const char *file,
                          const struct conf_item *item, struct err *err)
{
    const char *name = item->name, *near = option_nearest(g, here, name);
    const char *why = here->why_not ? here->why_not(name) : NULL;
    const struct section *there = other_place(g, here, name);

    err_set(err, "%s:%u: unknown option \"%.80s\"%s%s", file, item->line, name,
            here->name ? " in " : "", here->name ? here->name : "");
    if (why)
        return err_hint(err, "%s", why);
    if (there && there->name)
        return err_hint(err, "\"%s\" belongs into the section \"%s\"", name, there->name);
    if (there || (g->include && strcmp(name, "include") == 0))
        return err_hint(err, "\"%s\" belongs to the top level", name);
    return near ? err_hint(err, "did you mean \"%s\"?", near) : err_hint(err, "%s", g->hint);
}

/* ---- values ---------------------------------------------------------------------------------- */

static int check_value(const struct section *s, const struct option *o, const char *file,
                       const struct conf_value *v, struct err *err)
{
    bool content = o->check == check_content, text = o->check == check_text;

    if (value_check_bytes(v->text, text, content, err) == 0 && o->check(v->text, err) == 0)
        return 0;
    return err_wrap(err, "%s:%u: %s%s%s", file, v->line, s->name ? s->name : "", s->name ? "." : "",
                    o->name);
}

static int add_option(struct block *b, const char *file, struct conf_item *item,
                      const struct option *o, struct err *err)
{
    struct recipe_list *values = &b->values[o - b->section->options];

    if (item->kind != CONF_OPTION)
        return err_set(err, "%s:%u: missing equal sign after option '%s'", file, item->line,
                       item->name);
    if (!option_is_list(o) && item->append)
        return err_set(err, "%s:%u: attempt to append to non-list option '%s'", file, item->line,
                       item->name);
    if (!option_is_list(o) && item->in_list)
        return err_set(err, "%s:%u: unexpected token '{'", file, item->line);
    if (!item->append)
        recipe_list_release(values);
    for (size_t i = 0; i < item->n_values; i++) {
        struct conf_value *v = &item->values[i];

        if (check_value(b->section, o, file, v, err) < 0)
            return err_ret(err);
        recipe_list_add(values, v->text, (struct origin){file, v->line});
        v->text = NULL;
    }
    return 0;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const struct block *x = a, *y = b;

    if (x->section != y->section)
        return x->section < y->section ? -1 : 1;
    return x->title ? strcmp(x->title, y->title) : 0;
}

static void clear_values(struct block *b)
{
    for (size_t i = 0; i < b->section->n; i++)
        recipe_list_release(&b->values[i]);
}

static struct block *new_block(struct blocks *b, const struct section *s, const char *title)
{
    struct block *ret = xcalloc(1, sizeof(*ret));

    *ret = (struct block){.section = s,
                          .title = title ? xstrdup(title) : NULL,
                          .values = xcalloc(s->n + 1, sizeof(*ret->values))};
    GROW(b->v, b->n, b->cap);
    b->v[b->n++] = ret;
    if ((!s->many || s->titled) && !tsearch(ret, &b->places, by_place))
        abort(); /* no memory: mem.h */
    return ret;
}

/* Where a section's options go: to a block of its own, to the one that it merges with, or to the
 * one of its title, whose place it takes. */
static struct block *block_of(struct blocks *b, const struct section *s, char *title)
{
    struct block key = {.section = s, .title = title};
    struct block **found = tfind(&key, &b->places, by_place);

    if (!found)
        return new_block(b, s, title);
    if (s->many)
        clear_values(*found);
    return *found;
}

static int add_section(struct blocks *b, const struct grammar *g, const struct section *s,
                       const char *file, struct conf_item *item, struct err *err)
{
    struct block *block;

    if (s->titled && !item->title)
        return err_set(err, "%s:%u: missing title for section '%s'", file, item->line, item->name);
    if (item->kind != CONF_SECTION || (item->title && !s->titled))
        return err_set(err, "%s:%u: missing opening brace for section '%s'", file, item->line,
                       item->name);
    if (s->titled && (value_check_bytes(item->title, false, false, err) < 0 ||
                      s->check_title(item->title, err) < 0))
        return err_wrap(err, "%s:%u: %s", file, item->line, s->name);
    block = block_of(b, s, item->title);
    block->at = (struct origin){file, item->line};
    for (size_t i = 0; i < item->body.n; i++) {
        struct conf_item *inner = &item->body.items[i];
        const struct option *o = option_find(s, inner->name);

        if (!o)
            return unknown_option(g, s, file, inner, err);
        if (add_option(block, file, inner, o, err) < 0)
            return err_ret(err);
    }
    return 0;
}

int blocks_add(struct blocks *b, const struct grammar *g, const char *file, struct conf_item *item,
               struct err *err)
{
    const struct section *top = section_find(g, NULL), *s = section_find(g, item->name);
    const struct option *o = option_find(top, item->name);
    struct block *block;

    if (s)
        return add_section(b, g, s, file, item, err);
    if (!o)
        return unknown_option(g, top, file, item, err);
    block = block_of(b, top, NULL);
    block->at = (struct origin){file, item->line};
    return add_option(block, file, item, o, err);
}

static void keep(void *block)
{
    (void)block;
}

void blocks_release(struct blocks *b)
{
    tdestroy(b->places, keep);
    for (size_t i = 0; i < b->n; i++) {
        clear_values(b->v[i]);
        free(b->v[i]->values);
        free(b->v[i]->title);
        free(b->v[i]);
    }
    free(b->v);
    *b = (struct blocks){0};
}

/* The values of an option, which the section has; none if it isn't set. */
static const struct recipe_list *block_values(const struct block *b, const char *name)
{
    return &b->values[option_find(b->section, name) - b->section->options];
}

const char *block_value(const struct block *b, const char *name)
{
    const struct recipe_list *l = block_values(b, name);

    return l->n ? l->v[0].text : NULL;
}
