/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/debconf.h"
#include "deb/deb822.h"

static const struct control_file *find(const struct package *p, const char *name)
{
    for (size_t i = 0; i < p->n_scripts; i++)
        if (strcmp(p->scripts[i].name, name) == 0)
            return &p->scripts[i];
    return NULL;
}

static bool holds(const struct control_file *f, const char *text)
{
    return memmem(f->text, f->size, text, strlen(text)) != NULL;
}

/* Whether the config script only asks: a shell script without a word that sets. */
static bool only_asks(const struct control_file *f)
{
    return holds(f, "/sh") && !holds(f, "perl") && !holds(f, "db_set") && !holds(f, "db_reset") &&
           !holds(f, "db_register") && !holds(f, "db_subst") && !holds(f, "SET ");
}

char *debconf_default(const struct package *p, const char *question)
{
    const struct control_file *templates = find(p, "templates"), *config = find(p, "config");
    CLEANUP(deb822_release) struct deb822 stanzas = {0};
    CLEANUP(err_release) struct err err = ERR_INIT;

    if (!templates || (config && !only_asks(config)))
        return NULL;
    deb822_init(&stanzas, templates->text, templates->size, "templates");
    while (deb822_next(&stanzas, &err) > 0) {
        if (!slice_eq(deb822_get(&stanzas, "Template"), question))
            continue;
        struct slice value = deb822_get(&stanzas, "Default");
        return xstrndup(value.n ? value.p : "", value.n);
    }
    return NULL;
}
