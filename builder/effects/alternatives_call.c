/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/alternatives_call.h"
#include "base/number.h"
#include "effects/alternatives.h"

#include <limits.h>

static const struct call_option {
    const char *name;
    size_t args;
    bool action, taken;
    enum alternatives_action as;
} options[] = {
    {"--install", 4, true, true, ALTERNATIVES_INSTALL},
    {"--remove", 2, true, true, ALTERNATIVES_REMOVE},
    {"--remove-all", 1, true, true, ALTERNATIVES_REMOVE_ALL},
    {"--set", 2, true, true, ALTERNATIVES_SET},
    {"--auto", 1, true, true, ALTERNATIVES_AUTO},
    {"--slave", 3, false, true, ALTERNATIVES_NONE},
    {"--force", 0, false, true, ALTERNATIVES_NONE},
    {"--quiet", 0, false, true, ALTERNATIVES_NONE},
    {"--verbose", 0, false, true, ALTERNATIVES_NONE},
    {"--debug", 0, false, true, ALTERNATIVES_NONE},
    {"--skip-auto", 0, false, true, ALTERNATIVES_NONE},
    {"--log", 1, false, true, ALTERNATIVES_NONE},
};

static const struct call_option *option_of(const char *word)
{
    for (size_t i = 0; i < ARRAY_SIZE(options); i++)
        if (strcmp(word, options[i].name) == 0)
            return &options[i];
    return NULL;
}

/* Words that follow an option are its own, whatever they look like. What the tool asks (--query,
 * --list) or has elsewhere (--altdir, --root) is not taken. */
bool alternatives_takes(const struct script_call *c)
{
    bool action = false;
    if (c->to || !c->words.n || strcmp(c->words.v[0], "update-alternatives") != 0)
        return false;
    for (size_t i = 1; i < c->words.n; i++) {
        const struct call_option *o = option_of(c->words.v[i]);
        if (!o)
            return false;
        action |= o->action;
        i += o->args;
    }
    return action;
}

static bool has_dots(const char *path)
{
    for (const char *p = path; (p = strstr(p, "/..")); p++)
        if (p[3] == '/' || p[3] == '\0')
            return true;
    return false;
}

static int check_path(const char *what, const char *path, struct err *err)
{
    if (path[0] != '/')
        return err_set(err, "%s %s is not absolute", what, path);
    if (has_dots(path))
        return err_set(err, "%s %s has \"..\" in it", what, path);
    return 0;
}

static int check_name(const char *name, struct err *err)
{
    if (!*name || strpbrk(name, "/ \t\n") || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return err_set(err, "\"%s\" is not a name of an alternative", name);
    return 0;
}

static int read_priority(const char *text, int *ret, struct err *err)
{
    bool minus = *text == '-';
    uint64_t n;
    if (!number_parse(slice_of(text + (minus || *text == '+')), (uint64_t)INT_MAX + minus, &n))
        return err_set(err, "the priority \"%s\" is not an integer", text);
    *ret = (int)(minus ? -(int64_t)n : (int64_t)n);
    return 0;
}

static int read_install(struct alternatives_call *c, char *const *args, struct err *err)
{
    c->link = args[0];
    c->name = args[1];
    c->path = args[2];
    if (check_path("link", c->link, err) < 0 || check_path("path", c->path, err) < 0 ||
        read_priority(args[3], &c->priority, err) < 0)
        return err_ret(err);
    return strcmp(c->link, c->path) == 0 ? err_set(err, "%s is both link and path", c->link) : 0;
}

static int read_slave(struct alternatives_call *c, char *const *args, struct err *err)
{
    struct alternatives_slave s = {args[0], args[1], args[2]};
    if (c->action != ALTERNATIVES_INSTALL)
        return err_set(err, "--slave stands without --install before it");
    if (check_path("link", s.link, err) < 0 || check_name(s.name, err) < 0 ||
        check_path("path", s.path, err) < 0)
        return err_ret(err);
    if (strcmp(s.link, s.path) == 0)
        return err_set(err, "%s is both link and path", s.link);
    bool name = strcmp(s.name, c->name) == 0, link = strcmp(s.link, c->link) == 0;
    for (size_t i = 0; i < c->n_slaves; i++) {
        name |= strcmp(s.name, c->slaves[i].name) == 0;
        link |= strcmp(s.link, c->slaves[i].link) == 0;
    }
    if (name || link)
        return err_set(err, "%s stands twice", name ? s.name : s.link);
    GROW(c->slaves, c->n_slaves, c->cap_slaves);
    c->slaves[c->n_slaves++] = s;
    return 0;
}

static int read_action(struct alternatives_call *c, const struct call_option *o, char *const *args,
                       struct err *err)
{
    if (c->action != ALTERNATIVES_NONE)
        return err_set(err, "a second action: %s", o->name);
    c->action = o->as;
    c->name = args[0];
    if (o->as == ALTERNATIVES_INSTALL && read_install(c, args, err) < 0)
        return err_ret(err);
    if (o->as != ALTERNATIVES_INSTALL && o->args > 1) {
        c->path = args[1];
        if (check_path("path", c->path, err) < 0)
            return err_ret(err);
    }
    return check_name(c->name, err);
}

static int read_words(struct alternatives_call *c, struct err *err)
{
    const struct strv *words = &c->from->words;
    for (size_t i = 1; i < words->n; i++) {
        const struct call_option *o = option_of(words->v[i]);
        char *const *args = words->v + i + 1;
        int r = 0;
        if (!o)
            return err_set(err, "unknown argument \"%s\"", words->v[i]);
        if (words->n - i - 1 < o->args)
            return err_set(err, "%s needs %zu arguments", o->name, o->args);
        if (o->action)
            r = read_action(c, o, args, err);
        else if (strcmp(o->name, "--slave") == 0)
            r = read_slave(c, args, err);
        c->force |= strcmp(o->name, "--force") == 0;
        if (r < 0)
            return r;
        i += o->args;
    }
    return 0;
}

int alternatives_call_parse(const struct script_call *c, struct alternatives_call *ret,
                            struct err *err)
{
    *ret = (struct alternatives_call){.from = c, .action = ALTERNATIVES_NONE};
    if (read_words(ret, err) == 0)
        return 0;
    CLEANUP(free_ptr) char *place = call_place(c);
    return err_wrap(err, "%s: update-alternatives", place);
}

void alternatives_call_release(struct alternatives_call *c)
{
    free(c->slaves);
    c->slaves = NULL;
    c->n_slaves = c->cap_slaves = 0;
}
