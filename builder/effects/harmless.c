/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/harmless.h"
#include "base/path.h"
#include "base/text.h"

static bool sources(const struct script_call *c, const char *path)
{
    return c->words.n == 2 && strcmp(c->words.v[1], path) == 0;
}

bool sources_apache(const struct script_call *c)
{
    return sources(c, "/usr/share/apache2/apache2-maintscript-helper");
}

bool sources_debconf(const struct script_call *c)
{
    return sources(c, "/usr/share/debconf/confmodule");
}

bool sources_php(const struct script_call *c)
{
    return sources(c, "/usr/lib/php/php-maintscript-helper");
}

bool ldconfig_plain(const struct script_call *c)
{
    return c->words.n == 1 && !c->to;
}

bool removes_nothing(const struct script_call *c)
{
    if (c->to)
        return false;
    for (size_t i = 1; i < c->words.n; i++) {
        const char *word = c->words.v[i];
        if (word[0] == '-')
            continue;
        if (word[0] != '/')
            return false;
        for (size_t k = 0; k < c->package->n_entries; k++)
            if (path_below(c->package->entries[k].path, word + 1) ||
                glob_match(word, c->package->entries[k].path))
                return false;
    }
    return true;
}

static bool is_there(const struct script_call *c, size_t i, const char *const *list, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (i < c->words.n && strcmp(c->words.v[i], list[k]) == 0)
            return true;
    return false;
}

bool stops(const struct script_call *c)
{
    return !c->to && strv_has(&c->words, "--stop") && !strv_has(&c->words, "--start");
}

bool updates_catalog(const struct script_call *c)
{
    return !c->to && c->words.n == 2 && strcmp(c->words.v[1], "--update-catalog") == 0;
}

bool dpkg_asks(const struct script_call *c)
{
    static const char *const actions[] = {"-s",
                                          "-l",
                                          "-L",
                                          "-S",
                                          "--status",
                                          "--list",
                                          "--listfiles",
                                          "--search",
                                          "--print-architecture",
                                          "--print-foreign-architectures"};
    return !c->to && is_there(c, 1, actions, ARRAY_SIZE(actions));
}

bool finds_only(const struct script_call *c)
{
    static const char *const actions[] = {"-delete", "-exec",   "-execdir", "-ok",     "-okdir",
                                          "-fls",    "-fprint", "-fprint0", "-fprintf"};
    for (size_t i = 1; i < c->words.n; i++)
        if (is_there(c, i, actions, ARRAY_SIZE(actions)))
            return false;
    return !c->to;
}

bool edits_nothing(const struct script_call *c)
{
    for (size_t i = 1; i < c->words.n; i++) {
        const char *word = c->words.v[i];
        bool flag = word[0] == '-' && word[1] != '-';
        if (starts_with(word, "--in-place") || starts_with(word, "--output") ||
            (flag && strpbrk(word, "io")) || strchr(word, 'w') || strchr(word, 'W'))
            return false; /* sed's w writes as well: better one too many */
    }
    return !c->to;
}

bool logs_only(const struct script_call *c)
{
    return !c->to || (starts_with(c->to, "/var/log/") && !strstr(c->to, "/../"));
}

bool diverts_asks(const struct script_call *c)
{
    static const char *const actions[] = {"--list", "--listpackage", "--truename"};
    return !c->to && is_there(c, 1, actions, ARRAY_SIZE(actions));
}

bool diverts_unmerged(const struct script_call *c)
{
    const char *path = c->words.v[c->words.n - 1];
    return !c->to && strv_has(&c->words, "--no-rename") &&
           (starts_with(path, "/bin/") || starts_with(path, "/sbin/") ||
            starts_with(path, "/lib/"));
}

bool diverts_others(const struct script_call *c)
{
    const char *package = NULL;
    for (size_t i = 1; i + 1 < c->words.n; i++)
        if (strcmp(c->words.v[i], "--package") == 0)
            package = c->words.v[i + 1];
    return !c->to && strv_has(&c->words, "--remove") && package &&
           strcmp(package, c->package->name) != 0;
}

bool alternatives_asks(const struct script_call *c)
{
    static const char *const actions[] = {"--list", "--query", "--display", "--get-selections"};
    return !c->to && is_there(c, 1, actions, ARRAY_SIZE(actions));
}

bool alternatives_removes_all(const struct script_call *c)
{
    return !c->to && c->words.n == 3 && strcmp(c->words.v[1], "--remove-all") == 0;
}

bool runs_mandb(const struct script_call *c)
{
    return !c->to && strv_has(&c->words, "/usr/bin/mandb");
}
