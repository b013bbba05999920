/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/rules_config.h"
#include "harden/secret.h"

static struct slice name_of(const char *item)
{
    return (struct slice){item, strcspn(item, "=")};
}

static void look_at_pair(const struct rule *r, const char *where, const char *item,
                         struct findings *ret)
{
    struct slice name = name_of(item);
    struct slice value = item[name.n] ? slice_of(item + name.n + 1) : (struct slice){"", 0};
    const char *form = secret_by_form(value);
    CLEANUP(free_ptr) char *shown = text_escape(name.p, name.n);

    if (form)
        finding_add(ret, r, NULL, NULL, "%s %s holds %s", where, shown, form);
    else if (secret_by_name(name, value))
        finding_add(ret, r, NULL, NULL, "%s %s holds a secret by its name", where, shown);
}

static void look_at_pairs(const struct rule *r, const char *where, const struct strv *list,
                          struct findings *ret)
{
    strv_each (item, list)
        look_at_pair(r, where, *item, ret);
}

/* --password=x and --password x among arguments, NAME=x among the words of a shell line. */
static void look_at_word(const struct rule *r, const char *where, const char *word,
                         const char *next, struct findings *ret)
{
    const char *name = word + strspn(word, "-"), *equals = strchr(name, '=');
    struct slice key = name_of(name);
    struct slice value = equals ? slice_of(equals + 1) : slice_of(next && name > word ? next : "");
    CLEANUP(free_ptr) char *shown = text_escape(key.p, key.n);

    if (key.n && value.n && value.p[0] != '-' && secret_by_name(key, value))
        finding_add(ret, r, NULL, NULL, "%s gives a secret to %s", where, shown);
}

static void look_at_words(const struct rule *r, const char *where, const struct strv *words,
                          struct findings *ret)
{
    for (size_t i = 0; i < words->n; i++) {
        const char *form = secret_by_form(slice_of(words->v[i]));
        if (form)
            finding_add(ret, r, NULL, NULL, "%s holds %s", where, form);
        else
            look_at_word(r, where, words->v[i], i + 1 < words->n ? words->v[i + 1] : NULL, ret);
    }
}

void cfg_secret(const struct rule *r, const struct view *v, struct findings *ret)
{
    look_at_pairs(r, "env", &v->image->env, ret);
    look_at_pairs(r, "label", &v->image->labels, ret);
    look_at_pairs(r, "annotation", &v->image->annotations, ret);
    look_at_words(r, "entrypoint", &v->image->entrypoint, ret);
    look_at_words(r, "cmd", &v->image->cmd, ret);
    for (size_t i = 0; v->history && i < v->history->n; i++) {
        CLEANUP(strv_release) struct strv words = STRV_INIT;
        CLEANUP(free_ptr) char *where = xasprintf("history, step %zu,", i + 1);
        strv_split(&words, slice_of(v->history->v[i]), " \t\n\"'");
        look_at_words(r, where, &words, ret);
    }
}
