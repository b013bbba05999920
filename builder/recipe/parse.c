/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe/parse.h"

#include "base/path.h"
#include "recipe/include.h"
#include "recipe/scan.h"
#include "recipe/values.h"

/* A file that is being read. */
struct frame {
    size_t input;
    struct scan scan;
    size_t section;     /* how many of its sections are done */
    struct strv titles; /* of those that have one */
};

struct parser {
    struct parsed *ret;
    const struct recipe_options *options;
    struct err *err;
    struct frame stack[RECIPE_INCLUDE_DEPTH]; /* the current one last */
    size_t depth;
    struct buf value;
    size_t values;
};

/* libconfuse's callbacks are handed a cfg and nothing of ours. What reaches them all, sections'
 * included, is the search path of its own include(), which ours replaces: the parser goes there. */
static void parser_attach(struct parser *p, cfg_t *cfg)
{
    cfg->path = (cfg_searchpath_t *)(void *)p;
}

static struct parser *parser_of(const cfg_t *cfg)
{
    return (struct parser *)(void *)cfg->path;
}

static struct frame *frame_now(struct parser *p)
{
    return &p->stack[p->depth - 1];
}

static const char *path_now(struct parser *p)
{
    return p->ret->inputs[frame_now(p)->input].path;
}

static unsigned line_of(const cfg_t *cfg)
{
    return cfg->line > 0 ? (unsigned)cfg->line : 1;
}

static int fail_at(struct parser *p, const cfg_t *cfg)
{
    return err_wrap(p->err, "%s:%u", path_now(p), line_of(cfg));
}

static const struct section *other_place(const struct section *not_here, const char *name)
{
    for (size_t i = 0; i < recipe_sections_n; i++) {
        if (&recipe_sections[i] != not_here && option_find(&recipe_sections[i], name))
            return &recipe_sections[i];
    }
    return NULL;
}

static void unknown_option(struct parser *p, const cfg_t *cfg, const char *name)
{
    const struct section *here = section_find(cfg->name), *there = other_place(here, name);
    const char *near = option_nearest(here, name), *in = here->name ? " in " : "";
    const char *section = here->name ? here->name : "";
    CLEANUP(free_ptr) char *shown = text_escape(name, strlen(name) > 80 ? 80 : strlen(name));

    err_set(p->err, "unknown option \"%s\"%s%s", shown, in, section);
    fail_at(p, cfg);
    if (strcmp(section, "os_release") == 0 &&
        (strncmp(name, "id", 2) == 0 || strncmp(name, "version", 7) == 0))
        err_hint(p->err, "ID, VERSION_ID and VERSION_CODENAME stay Debian's: scanners look up "
                         "advisories by them; image_id, image_version and variant are yours");
    else if (there && there->name)
        err_hint(p->err, "\"%s\" belongs into the section \"%s\"", shown, there->name);
    else if (there || strcmp(name, "include") == 0)
        err_hint(p->err, "\"%s\" belongs to the top level", shown);
    else if (near)
        err_hint(p->err, "did you mean \"%s\"?", near);
    else
        err_hint(p->err, "mkimage-recipe(5) lists all options");
}

PRINTF_LIKE(2, 0)
static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
    struct parser *p = parser_of(cfg);
    CLEANUP(free_ptr) char *message = NULL, *shown = NULL;

    if (p->err->code)
        return;
    if (strstr(fmt, "no such option")) {
        unknown_option(p, cfg, va_arg(ap, const char *));
        return;
    }
    message = xvasprintf(fmt, ap);
    shown = text_escape(message, strlen(message));
    err_set(p->err, "%s", shown);
    fail_at(p, cfg);
}

/* Each value passes through here: judged, and stored with its origin in front. */
static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
    struct parser *p = parser_of(cfg);
    const struct option *o = option_find(section_find(cfg->name), opt->name);
    bool content, text;

    if (!o)
        return -1;
    content = o->check == check_content;
    text = o->check == check_text;
    if (++p->values > RECIPE_VALUES_MAX)
        err_set(p->err, "more than %d values and sections", RECIPE_VALUES_MAX);
    else if (value_check_bytes(value, text, content, p->err) == 0)
        (void)o->check(value, p->err);
    if (p->err->code) {
        err_wrap(p->err, "%s%s%s", section_find(cfg->name)->name ? cfg->name : "",
                 section_find(cfg->name)->name ? "." : "", opt->name);
        fail_at(p, cfg);
        return -1;
    }
    buf_reset(&p->value);
    buf_addf(&p->value, "%zu:%u:%s", frame_now(p)->input, line_of(cfg), value);
    *(const char **)result = buf_str(&p->value);
    return 0;
}

/* A section ends. The one that has just been read is the one that isn't marked yet. */
static int on_section(cfg_t *cfg, cfg_opt_t *opt)
{
    struct parser *p = parser_of(cfg);
    struct frame *frame = frame_now(p);
    cfg_t *section = NULL;

    for (unsigned i = cfg_opt_size(opt); i > 0 && !section; i--) {
        cfg_t *s = cfg_opt_getnsec(opt, i - 1);

        section = s && s->line > 0 ? s : NULL;
    }
    if (!section || frame->section >= frame->scan.n)
        return -1;
    if (++p->values > RECIPE_VALUES_MAX) {
        err_set(p->err, "more than %d values and sections", RECIPE_VALUES_MAX);
        return fail_at(p, cfg);
    }
    section->line = -(int)frame->scan.sections[frame->section++];
    free(section->filename);
    section->filename = xstrdup(cfg->filename);
    if (section->title) {
        CLEANUP(free_ptr) char *key = xasprintf("%s \"%s\"", opt->name, section->title);
        CLEANUP(free_ptr) char *shown = text_escape(key, strlen(key));
        const struct section *table = section_find(opt->name);

        if (strv_has(&frame->titles, key)) {
            err_set(p->err, "%s:%d: %s stands twice in this file", path_now(p), -section->line,
                    shown);
            return err_hint(p->err, "put all of its options into one section");
        }
        strv_add(&frame->titles, key);
        if (value_check_bytes(section->title, false, false, p->err) < 0 ||
            table->check_title(section->title, p->err) < 0)
            return err_wrap(p->err, "%s:%d: %s", path_now(p), -section->line, opt->name);
    }
    return 0;
}

/* Parses the text of the file on top of the stack, and takes it off. */
static int parse_text(struct parser *p, cfg_t *cfg, struct slice text)
{
    struct frame *frame = frame_now(p);
    struct input *input = &p->ret->inputs[frame->input];
    char *filename = cfg->filename;
    int line = cfg->line, r = CFG_PARSE_ERROR;

    if (scan_recipe(input->path, text, &frame->scan, p->err) == 0) {
        FILE *f = fmemopen(frame->scan.text.data, frame->scan.text.len, "r");

        cfg->filename = xasprintf("%zu", frame->input);
        r = f ? cfg_parse_fp(cfg, f) : CFG_PARSE_ERROR;
        if (r != CFG_SUCCESS && !p->err->code) {
            err_set(p->err, "not a recipe");
            fail_at(p, cfg);
        }
        if (f)
            fclose(f);
        free(cfg->filename);
        cfg->filename = filename;
        cfg->line = line;
    }
    input = &p->ret->inputs[frame->input];
    input->done = true;
    input->rank = p->ret->done++;
    scan_release(&frame->scan);
    strv_release(&frame->titles);
    p->depth--;
    return r == CFG_SUCCESS ? 0 : -1;
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
    p->stack[p->depth++] = (struct frame){.input = d->n++};
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
        if (chain.len || p->stack[k].input == i)
            buf_addf(&chain, "%s → ", d->inputs[p->stack[k].input].path);
    }
    return err_set(p->err, "include cycle: %s%s", buf_str(&chain), path);
}

/* include("file"): the file is parsed here and now, by the same cfg. */
static int on_include(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
    struct parser *p = parser_of(cfg);
    CLEANUP(buf_release) struct buf text = BUF_INIT(RECIPE_FILE_MAX);
    CLEANUP(free_ptr) char *path = NULL;
    struct stat st;
    int r;

    (void)opt;
    if (argc != 1 || value_check_bytes(argv[0], false, false, p->err) < 0)
        return fail_at(p, cfg);
    r = include_read(path_now(p), argv[0], p->options->data_dir, &path, &text, &st, p->err);
    if (r == 0)
        r = seen_before(p, path, &st);
    if (r == 0 && p->depth == RECIPE_INCLUDE_DEPTH)
        r = err_set(p->err, "includes are nested deeper than %d", RECIPE_INCLUDE_DEPTH);
    if (r == 0 && p->ret->n == RECIPE_FILES_MAX)
        r = err_set(p->err, "more than %d files", RECIPE_FILES_MAX);
    if (r != 0)
        return r > 0 ? 0 : fail_at(p, cfg);
    push_input(p, path, &st);
    if (parse_text(p, cfg, (struct slice){buf_str(&text), text.len}) == 0)
        return 0;
    return err_hint(p->err, "included at %s:%u", path_now(p), line_of(cfg));
}

static cfg_opt_t *section_options(const struct section *s, size_t more)
{
    cfg_opt_t *opts = xcalloc(s->n + more + 1, sizeof(*opts));

    for (size_t i = 0; i < s->n; i++) {
        const char *name = s->options[i].name;

        opts[i] = option_is_list(&s->options[i])
                      ? (cfg_opt_t)CFG_STR_LIST_CB(name, NULL, CFGF_NODEFAULT, on_value)
                      : (cfg_opt_t)CFG_STR_CB(name, NULL, CFGF_NODEFAULT, on_value);
    }
    return opts;
}

/* libconfuse copies the tables at cfg_init. */
static cfg_t *new_cfg(void)
{
    const struct section *top = &recipe_sections[0];
    cfg_opt_t *opts = section_options(top, recipe_sections_n);
    cfg_opt_t *o = opts + top->n;
    cfg_t *cfg;

    *o++ = (cfg_opt_t)CFG_FUNC("include", on_include);
    for (size_t i = 1; i < recipe_sections_n; i++) {
        const struct section *s = &recipe_sections[i];
        cfg_flag_t flags = (s->size ? CFGF_MULTI : 0) | (s->titled ? CFGF_TITLE : 0);

        *o = (cfg_opt_t)CFG_SEC(s->name, section_options(s, 0), flags);
        o->validcb = on_section;
        o++;
    }
    cfg = cfg_init(opts, CFGF_NONE);
    for (size_t i = top->n + 1; opts[i].name; i++)
        free(opts[i].subopts);
    free(opts);
    if (!cfg)
        abort();
    cfg_set_error_function(cfg, on_error);
    return cfg;
}

static int parse_top(struct parser *p, const char *path, const struct slice *text)
{
    CLEANUP(buf_release) struct buf own = BUF_INIT(RECIPE_FILE_MAX);
    struct stat st;
    bool there = !text;

    if (!text && include_open(path, &own, &st, p->err) < 0)
        return -1;
    push_input(p, path, there ? &st : NULL);
    return parse_text(p, p->ret->cfg, text ? *text : (struct slice){buf_str(&own), own.len});
}

int parse_recipe(const char *path, const struct slice *text, const struct recipe_options *options,
                 struct parsed *ret, struct err *err)
{
    struct parser p = {.ret = ret, .options = options, .err = err};
    int r;

    *ret = (struct parsed){0};
    ret->cfg = new_cfg();
    parser_attach(&p, ret->cfg);
    r = parse_top(&p, path, text);
    parser_attach(NULL, ret->cfg);
    if (r < 0)
        parsed_release(ret);
    buf_release(&p.value);
    return err->code ? -(int)err->code : 0;
}

void parsed_release(struct parsed *p)
{
    if (p->cfg)
        cfg_free(p->cfg);
    for (size_t i = 0; i < p->n; i++)
        free(p->inputs[i].path);
    free(p->inputs);
    *p = (struct parsed){0};
}

const char *parsed_value(const char *stored, size_t *ret_input, unsigned *ret_line)
{
    char *end;

    *ret_input = strtoul(stored, &end, 10);
    *ret_line = (unsigned)strtoul(end + 1, &end, 10);
    return end + 1;
}
