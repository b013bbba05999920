/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/mirrors.h"
#include "base/text.h"

#include "base/path.h"
#include "deb/aptsources.h"

#define SECURITY "debian-security"

static bool is_debian(const struct recipe_source *source)
{
    return strcmp(source->name, "debian") == 0 || strcmp(source->name, SECURITY) == 0;
}

static const struct recipe_source *source_named(const struct recipe *r, const char *name, size_t n)
{
    for (size_t i = 0; i < r->n_sources; i++)
        if (strlen(r->sources[i].name) == n && memcmp(r->sources[i].name, name, n) == 0)
            return &r->sources[i];
    return NULL;
}

static void add_url(struct strv *ret, const char *url)
{
    size_t n = strlen(url);
    CLEANUP(free_ptr) char *text = NULL;

    while (n > 0 && url[n - 1] == '/')
        n--;
    text = xstrndup(url, n);
    if (!strv_has(ret, text))
        strv_add(ret, text);
}

static bool is_url(const char *s)
{
    static const char *const schemes[] = {"http://", "https://", "file:/"};

    for (const char *c = s; *c; c++)
        if (*c <= ' ' || *c > '~')
            return false;
    for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
        if (starts_with(s, schemes[i]) && s[strlen(schemes[i])])
            return true;
    return false;
}

/* "[SOURCE=]URL": adds the URL where it is for the source named `want`. The environment may name
 * sources that other recipes have, the command line may not. */
static int take(const char *text, bool strict, const struct recipe *r, const char *want,
                struct strv *ret, struct err *err)
{
    const char *from = strict ? "--mirror" : "MKIMAGE_MIRROR";
    size_t n = strcspn(text, "=:/");
    const char *url = text[n] == '=' ? text + n + 1 : text;
    const char *name = text[n] == '=' ? text : "debian";
    size_t name_n = text[n] == '=' ? n : strlen(name);

    if (!is_url(url)) {
        err_code(err, ERR_USAGE, "%s: \"%s\" isn't a mirror", from, text);
        return err_hint(err, "a mirror is [SOURCE=]URL, the URL with http:, https: or file:");
    }
    if (strict && !source_named(r, name, name_n))
        return err_code(err, ERR_USAGE, "%s: \"%s\": the recipe has no source of this name", from,
                        text);
    if (strlen(want) == name_n && memcmp(want, name, name_n) == 0)
        add_url(ret, url);
    return 0;
}

struct place {
    const struct recipe *recipe;
    const struct mirror_options *options;
    const struct apt_sources *apt;
};

enum level { LEVEL_COMMAND_LINE, LEVEL_ENVIRONMENT, LEVEL_RECIPE, LEVEL_APT, LEVELS };

/* What one place says of one source. */
static int at_level(const struct place *p, enum level level, const char *source, struct strv *ret,
                    struct err *err)
{
    CLEANUP(strv_release) struct strv words = STRV_INIT;
    const struct recipe_source *s = source_named(p->recipe, source, strlen(source));
    bool security = strcmp(source, SECURITY) == 0, guessed = false;

    if (level == LEVEL_COMMAND_LINE && p->options->command_line) {
        strv_copy(&words, p->options->command_line);
    } else if (level == LEVEL_ENVIRONMENT && p->options->environment) {
        strv_split(&words, slice_of(p->options->environment), " \t\n");
    } else if (level == LEVEL_RECIPE && s) {
        strv_each (url, &s->mirrors)
            add_url(ret, *url);
    } else if (level == LEVEL_APT && (security || strcmp(source, "debian") == 0)) {
        CLEANUP(strv_release) struct strv found = STRV_INIT;
        apt_sources_mirrors(p->apt, security, &found, &guessed);
        for (size_t i = 0; !guessed && i < found.n; i++)
            add_url(ret, found.v[i]);
    }
    strv_each (word, &words)
        if (take(*word, level == LEVEL_COMMAND_LINE, p->recipe, source, ret, err) < 0)
            return err_ret(err);
    return 0;
}

/* A debian-security beside the debian that this place names. */
static int guess_at_level(const struct place *p, enum level level, struct strv *ret,
                          struct err *err)
{
    CLEANUP(strv_release) struct strv mains = STRV_INIT;

    if (at_level(p, level, "debian", &mains, err) < 0)
        return err_ret(err);
    strv_each (uri, &mains) {
        CLEANUP(free_ptr) char *beside = apt_security_beside(*uri);
        if (beside)
            add_url(ret, beside);
    }
    return 0;
}

/* The first place that knows the source wins. A guess wins too, over what later places know, but
 * those follow it, as mirrors to try when the guess was wrong. */
static int find(const struct place *p, const struct recipe_source *source, struct strv *ret,
                bool *ret_guessed, struct err *err)
{
    *ret_guessed = false;
    for (int level = 0; level < LEVELS; level++) {
        size_t before = ret->n;
        if (at_level(p, (enum level)level, source->name, ret, err) < 0)
            return err_ret(err);
        if (ret->n > before) {
            *ret_guessed = false;
            return 0;
        }
        if (strcmp(source->name, SECURITY) != 0 || ret->n > 0)
            continue;
        if (guess_at_level(p, (enum level)level, ret, err) < 0)
            return err_ret(err);
        *ret_guessed = ret->n > 0;
    }
    return 0;
}

int mirrors_hint(const struct recipe_source *source, struct err *err)
{
    const char *name = source->name;
    const char *prefix = strcmp(name, "debian") == 0 ? "" : name;
    const char *sign = *prefix ? "=" : "";

    err_hint(err, "name one, on the command line:");
    err_hint(err, "    --mirror %s%shttps://MIRROR/%s", prefix, sign, name);
    err_hint(err, "or in the environment:");
    err_hint(err, "    MKIMAGE_MIRROR=\"%s%shttps://MIRROR/%s\"", prefix, sign, name);
    err_hint(err, "or in the recipe:");
    return err_hint(err, "    source \"%s\" { mirror = {\"https://MIRROR/%s\"} }", name, name);
}

int mirrors_find(const struct session *s, const struct recipe *recipe,
                 const struct recipe_source *source, const struct mirror_options *options,
                 struct strv *ret, bool *ret_guessed, struct err *err)
{
    CLEANUP(apt_sources_release) struct apt_sources apt = {0};
    CLEANUP(strv_release) struct strv notes = STRV_INIT;
    const struct place place = {recipe, options, &apt};

    if (is_debian(source))
        apt_sources_read(options->apt_root ? options->apt_root : "/", &apt, &notes);
    strv_each (note, &notes)
        log_debug(s->log, "%s", *note);
    if (find(&place, source, ret, ret_guessed, err) < 0)
        return err_ret(err);
    if (ret->n > 0)
        return 0;
    err_set(err, "no mirror is known for source \"%s\"", source->name);
    return mirrors_hint(source, err);
}

int mirrors_of(const struct session *s, const struct recipe *recipe,
               const struct recipe_source *source, const struct mirror_options *options,
               struct strv *ret, struct err *err)
{
    bool guessed;

    return mirrors_find(s, recipe, source, options, ret, &guessed, err);
}
