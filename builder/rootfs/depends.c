/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/depends.h"

#include "base/text.h"
#include "deb/deb822.h"

struct slice relation_name(struct slice relation)
{
    size_t n = 0;

    relation = slice_trim(relation);
    while (n < relation.n && !strchr(" \t\n:(", relation.p[n]))
        n++;
    return (struct slice){relation.p, n};
}

/* Adds the names of a field's relations. */
static void add_names(struct slice field, struct strv *ret)
{
    CLEANUP(strv_release) struct strv relations = STRV_INIT;

    strv_split(&relations, field, ",|");
    strv_each (relation, &relations) {
        struct slice name = relation_name(slice_of(*relation));
        strv_addn(ret, name.p, name.n);
    }
}

static bool read_control(const struct package *p, struct deb822 *d)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    const char *text = p->control ? p->control : "";

    deb822_init(d, text, strlen(text), "control");
    return deb822_next(d, &ignored) > 0;
}

bool package_depends(const struct package *p, const struct package *on)
{
    CLEANUP(deb822_release) struct deb822 from, to;
    CLEANUP(strv_release) struct strv names = STRV_INIT, provided = STRV_INIT;

    if (read_control(p, &from)) {
        add_names(deb822_get(&from, "Depends"), &names);
        add_names(deb822_get(&from, "Pre-Depends"), &names);
    }
    if (read_control(on, &to))
        add_names(deb822_get(&to, "Provides"), &provided);
    strv_add(&provided, on->name);
    strv_each (name, &provided) {
        if (strv_has(&names, *name))
            return true;
    }
    return false;
}
