/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/args.h"
#include "base/text.h"

#define NONE SIZE_MAX

static size_t find_letter(const struct arg_option *table, char letter)
{
    for (size_t i = 0; table[i].letter || table[i].name; i++)
        if (table[i].letter == letter)
            return i;
    return NONE;
}

/* By its whole name, else by a beginning that only one has. */
static size_t find_name(const struct arg_option *table, const char *name, size_t n)
{
    size_t found = NONE;
    bool several = false;
    for (size_t i = 0; table[i].letter || table[i].name; i++) {
        if (!table[i].name || strncmp(table[i].name, name, n) != 0)
            continue;
        if (strlen(table[i].name) == n)
            return i;
        several = several || found != NONE;
        found = i;
    }
    return several || n == 0 ? NONE : found;
}

static void see(struct args *a, size_t option, const char *value)
{
    a->seen |= 1u << option;
    a->value[option] = value;
}

/* Each gives how many further words the option took, or -1. */
static int read_long(const struct script_call *c, size_t at, const struct arg_option *table,
                     struct args *ret)
{
    const char *name = c->words.v[at] + 2, *equals = strchr(name, '=');
    size_t i = find_name(table, name, equals ? (size_t)(equals - name) : strlen(name));
    if (i == NONE || (equals && !table[i].value))
        return -1;
    if (equals || !table[i].value) {
        see(ret, i, equals ? equals + 1 : NULL);
        return 0;
    }
    if (at + 1 >= c->words.n)
        return -1;
    see(ret, i, c->words.v[at + 1]);
    return 1;
}

static int read_short(const struct script_call *c, size_t at, const struct arg_option *table,
                      struct args *ret)
{
    for (const char *p = c->words.v[at] + 1; *p; p++) {
        size_t i = find_letter(table, *p);
        if (i == NONE)
            return -1;
        if (!table[i].value) {
            see(ret, i, NULL);
            continue;
        }
        if (p[1]) {
            see(ret, i, p + 1);
            return 0;
        }
        if (at + 1 >= c->words.n)
            return -1;
        see(ret, i, c->words.v[at + 1]);
        return 1;
    }
    return 0;
}

bool args_read(const struct script_call *c, size_t from, const struct arg_option *table,
               struct args *ret)
{
    bool options = true;
    *ret = (struct args){0};
    if (c->words.n > CALL_WORDS_MAX)
        return false;
    for (size_t i = from; i < c->words.n; i++) {
        const char *word = c->words.v[i];
        int more = 0;
        if (options && strcmp(word, "--") == 0)
            options = false;
        else if (options && starts_with(word, "--"))
            more = read_long(c, i, table, ret);
        else if (options && word[0] == '-' && word[1])
            more = read_short(c, i, table, ret);
        else
            ret->operand[ret->n++] = word;
        if (more < 0)
            return false;
        i += (size_t)more;
    }
    return true;
}
