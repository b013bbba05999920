/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/harmless.h"
#include "base/path.h"

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
            if (path_below(c->package->entries[k].path, word + 1))
                return false;
    }
    return true;
}
