/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/walk.h"
#include "effects/walk_state.h"

bool walk_works(struct script_walk *r, size_t bytes)
{
    if (bytes > WALK_WORK_MAX - r->work) {
        walk_fail(r, 0, "too much to read");
        return false;
    }
    r->work += bytes;
    return true;
}

/* ---- a script ------------------------------------------------------------------------------- */

static void start(struct script_walk *r)
{
    bool postinst = strcmp(r->script, "postinst") == 0;
    r->args_known = true;
    strv_add(&r->args, postinst ? "configure" : "install");
    if (postinst)
        strv_add(&r->args, "");
    walk_set(r, "DPKG_ROOT", "");
    walk_set(r, "DPKG_ADMINDIR", "/var/lib/dpkg");
    walk_set(r, "DPKG_MAINTSCRIPT_NAME", r->script);
    walk_set(r, "DPKG_MAINTSCRIPT_PACKAGE", r->package->name);
    walk_set(r, "DPKG_MAINTSCRIPT_ARCH", r->package->arch);
    walk_set(r, "DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT", "1");
}

static void walk_release(struct script_walk *r)
{
    for (size_t i = 0; i < r->n_vars; i++) {
        free(r->vars[i].name);
        free(r->vars[i].value);
    }
    free(r->vars);
    free(r->functions);
    strv_release(&r->args);
}

bool script_read(const struct package *p, const char *script, const char *text, size_t n,
                 struct script_world *world, struct script_reading *ret)
{
    struct shell shell;
    *ret = (struct script_reading){0};
    if (shell_parse(text, n, &shell)) {
        struct script_walk r = {.package = p, .script = script, .world = world, .out = ret};
        start(&r);
        walk_list(&r, shell.list);
        walk_release(&r);
    } else {
        ret->line = shell.line;
        ret->why = xstrdup(shell.why);
    }
    shell_release(&shell);
    if (!ret->why)
        return true;
    calls_release(&ret->calls);
    ret->n_parts = 0;
    return false;
}

void script_reading_release(struct script_reading *r)
{
    calls_release(&r->calls);
    free(r->parts);
    free(r->why);
    *r = (struct script_reading){0};
}
