/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/rules_config.h"

#include "base/text.h"
#include "harden/secret.h"
#include "rootfs/tokens.h"
#include <strings.h>

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

    if (form)
        finding_add(ret, r, NULL, NULL, "%s %.*s holds %s", where, (int)name.n, name.p, form);
    else if (secret_by_name(name, value))
        finding_add(ret, r, NULL, NULL, "%s %.*s holds a secret by its name", where, (int)name.n,
                    name.p);
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

    if (key.n && value.n && value.p[0] != '-' && secret_by_name(key, value))
        finding_add(ret, r, NULL, NULL, "%s gives a secret to %.*s", where, (int)key.n, key.p);
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

/* ---- command lines of a shell ---------------------------------------------------------------- */

static bool is_value(const char *word)
{
    return word && *word && *word != '-' && !is_reference(slice_of(word));
}

/* "name:password" behind -u, as curl takes it; with a reference for the password it is none. */
static bool is_pair(const char *word)
{
    const char *colon = word ? strchr(word, ':') : NULL;

    return colon && colon > word && colon[1] && !is_reference(slice_of(colon + 1));
}

/* What a secret is given to at words[i]: an option of the program that the command starts with, or
 * a header; NULL for nothing. */
static const char *given_to(const struct strv *words, size_t i, const char *program, bool login)
{
    const char *word = words->v[i], *next = i + 1 < words->n ? words->v[i + 1] : NULL;
    size_t n = strlen(word), header = strlen("authorization:");

    if (n >= header && strcasecmp(word + n - header, "authorization:") == 0) {
        bool scheme = next && (strcasecmp(next, "bearer") == 0 || strcasecmp(next, "basic") == 0 ||
                               strcasecmp(next, "token") == 0);
        const char *value = scheme && i + 2 < words->n ? words->v[i + 2] : scheme ? NULL : next;
        return is_value(value) ? "Authorization" : NULL;
    }
    if (strcmp(program, "curl") == 0 && (strcmp(word, "-u") == 0 || strcmp(word, "--user") == 0))
        return is_pair(next) ? "curl -u" : NULL;
    if (strcmp(program, "curl") == 0 && starts_with(word, "-u"))
        return is_pair(word + 2) ? "curl -u" : NULL;
    if (login && strcmp(word, "-p") == 0)
        return is_value(next) ? "login -p" : NULL;
    return NULL;
}

/* Words of a line as a shell has them, more or less: what quotes hold together comes apart, which
 * harms nothing here. */
static void look_at_line(const struct rule *r, const char *where, const char *line,
                         struct findings *ret)
{
    CLEANUP(strv_release) struct strv words = STRV_INIT;
    const char *program = "";
    bool login = false;

    strv_split(&words, slice_of(line), " \t\n\"'");
    look_at_words(r, where, &words, ret);
    for (size_t i = 0; i < words.n; i++) {
        const char *word = words.v[i], *base = path_base(word);
        if (strcmp(word, "&&") == 0 || strcmp(word, "||") == 0 || strcmp(word, "|") == 0 ||
            ends_with(word, ";") || strcmp(base, "curl") == 0) {
            program = strcmp(base, "curl") == 0 ? base : "";
            login = false;
            continue;
        }
        login = login || strcmp(word, "login") == 0;
        const char *what = given_to(&words, i, program, login);
        if (what)
            finding_add(ret, r, NULL, NULL, "%s gives a secret to %s", where, what);
        if (jwt_in_text(slice_of(word)) && !what)
            finding_add(ret, r, NULL, NULL, "%s holds a JSON Web Token", where);
    }
}

bool line_has_secret(const char *line)
{
    CLEANUP(findings_release) struct findings found = {0};

    look_at_line(rule_find("CFG-SECRET"), "line", line, &found);
    return found.n > 0;
}

static void look_at_lines(const struct rule *r, const char *where, const struct strv *lines,
                          struct findings *ret)
{
    for (size_t i = 0; lines && i < lines->n; i++) {
        CLEANUP(free_ptr) char *place = xasprintf("%s, step %zu,", where, i + 1);
        look_at_line(r, place, lines->v[i], ret);
    }
}

void cfg_secret(const struct rule *r, const struct view *v, struct findings *ret)
{
    look_at_pairs(r, "env", &v->image->env, ret);
    look_at_pairs(r, "label", &v->image->labels, ret);
    look_at_pairs(r, "annotation", &v->image->annotations, ret);
    look_at_words(r, "entrypoint", &v->image->entrypoint, ret);
    look_at_words(r, "cmd", &v->image->cmd, ret);
    look_at_lines(r, "history", v->history, ret);
    look_at_lines(r, "healthcheck", v->health, ret);
    look_at_lines(r, "onbuild", v->onbuild, ret);
}
