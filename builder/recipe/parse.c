/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe/parse.h"

#include "recipe/include.h"
#include "recipe/values.h"

struct parser {
    struct parsed *ret;
    const struct recipe_options *options;
    struct err *err;
    size_t stack[RECIPE_INCLUDE_DEPTH]; /* of inputs: those that are being read */
    size_t depth;
    size_t values; /* conf_read's count */
};

static int parse_text(struct parser *p, struct slice text);

static const char *path_now(struct parser *p)
{
    return p->ret->inputs[p->stack[p->depth - 1]].path;
}

static void push_input(struct parser *p, const char *path, const struct stat *st)
{
    struct parsed *d = p->ret;

    GROW(d->inputs, d->n, d->cap);
    d->inputs[d->n] = (struct input){.path = xstrdup(path)};
    if (st) {
        d->inputs[d->n].device = st->st_dev;
        d->inputs[d->n].inode = st->st_ino;
    }
    p->stack[p->depth++] = d->n++;
}

/* 1: this file was read already. A cycle is an error that names the files it goes through. */
static int seen_before(struct parser *p, const char *path, const struct stat *st)
{
    CLEANUP(buf_release) struct buf chain = BUF_INIT(0);
    const struct parsed *d = p->ret;
    size_t i = 0;

    while (i < d->n && (d->inputs[i].device != st->st_dev || d->inputs[i].inode != st->st_ino))
        i++;
    if (i == d->n)
        return 0;
    if (d->inputs[i].done)
        return 1;
    for (size_t k = 0; k < p->depth; k++) {
        if (chain.len || p->stack[k] == i)
            buf_addf(&chain, "%s → ", d->inputs[p->stack[k]].path);
    }
    return err_set(p->err, "include cycle: %s%s", buf_str(&chain), path);
}

/* include("file"): the file is read here and now. */
static int include(struct parser *p, const struct conf_item *item)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(RECIPE_FILE_MAX);
    CLEANUP(free_ptr) char *path = NULL;
    const char *from = path_now(p), *name;
    struct stat st;
    int r;

    if (item->kind != CONF_CALL)
        return err_set(p->err, "%s:%u: missing parenthesis for function '%s'", from, item->line,
                       item->name);
    name = item->values[0].text;
    r = value_check_bytes(name, false, false, p->err);
    if (r == 0)
        r = include_read(from, name, p->options->data_dir, &path, &text, &st, p->err);
    if (r == 0)
        r = seen_before(p, path, &st);
    if (r == 0 && p->depth == RECIPE_INCLUDE_DEPTH)
        r = err_set(p->err, "includes are nested deeper than %d", RECIPE_INCLUDE_DEPTH);
    if (r == 0 && p->ret->n == RECIPE_FILES_MAX)
        r = err_set(p->err, "more than %d files", RECIPE_FILES_MAX);
    if (r != 0)
        return r > 0 ? 0 : err_wrap(p->err, "%s:%u", from, item->line);
    push_input(p, path, &st);
    if (parse_text(p, (struct slice){buf_str(&text), text.len}) == 0)
        return 0;
    return err_hint(p->err, "included at %s:%u", from, item->line);
}

/* Reads the text of the file on top of the stack, and takes it off. */
static int parse_text(struct parser *p, struct slice text)
{
    CLEANUP(conf_release) struct conf conf = {0};
    const char *path = path_now(p);
    size_t input = p->stack[p->depth - 1];
    int r = conf_read(path, text, &p->values, &conf, p->err);

    for (size_t i = 0; i < conf.n && r == 0; i++) {
        struct conf_item *item = &conf.items[i];

        r = strcmp(item->name, "include") == 0
                ? include(p, item)
                : blocks_add(&p->ret->blocks, &recipe_grammar, path, item, p->err);
    }
    p->ret->inputs[input].done = true;
    p->ret->inputs[input].rank = p->ret->done++;
    p->depth--;
    return r;
}

static int parse_top(struct parser *p, const char *path, const struct slice *text)
{
    CLEANUP(buf_release) struct buf own = BUF_INIT(RECIPE_FILE_MAX);
    struct stat st;

    if (!text && include_open(path, &own, &st, p->err) < 0)
        return err_ret(p->err);
    push_input(p, path, text ? NULL : &st);
    return parse_text(p, text ? *text : (struct slice){buf_str(&own), own.len});
}

int parse_recipe(const char *path, const struct slice *text, const struct recipe_options *options,
                 struct parsed *ret, struct err *err)
{
    struct parser p = {.ret = ret, .options = options, .err = err};

    *ret = (struct parsed){0};
    if (parse_top(&p, path, text) < 0)
        parsed_release(ret);
    return err_ret(err);
}

void parsed_release(struct parsed *p)
{
    blocks_release(&p->blocks);
    for (size_t i = 0; i < p->n; i++)
        free(p->inputs[i].path);
    free(p->inputs);
    *p = (struct parsed){0};
}
