/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/policy.h"
#include "recipe/conf.h"

#define DENIALS_SHOWN 20

static void describe(const struct finding *f, struct buf *ret)
{
    if (f->path)
        buf_addf(ret, "%s: /%s", f->rule->id, f->path);
    else
        buf_addf(ret, "%s: config", f->rule->id);
    if (f->package)
        buf_addf(ret, " (package %s)", f->package);
    buf_addf(ret, ": %s", f->text);
    if (f->more.n)
        buf_addf(ret, " (and %zu more like it)", f->more.n);
}

static size_t directory_length(const char *path, size_t n)
{
    const char *slash = memrchr(path, '/', n);
    return slash ? (size_t)(slash - path) : 0;
}

/* The deepest directory that holds all paths of a finding. */
static size_t common_directory(const struct finding *f)
{
    size_t n = directory_length(f->path, strlen(f->path));

    strv_each (path, &f->more) {
        while (n && (strncmp(*path, f->path, n) != 0 || (*path)[n] != '/'))
            n = directory_length(f->path, n);
    }
    return n;
}

void policy_allow_text(const struct finding *f, struct buf *ret)
{
    buf_addf(ret, "allow { rule = \"%s\" path = \"/", f->rule->id);
    if (f->path && !f->more.n) {
        conf_add_glob(ret, f->path, strlen(f->path));
    } else {
        size_t n = f->path ? common_directory(f) : 0;
        conf_add_glob(ret, f->path ? f->path : "", n);
        buf_addstr(ret, n ? "/**" : "**");
    }
    buf_addstr(ret, "\" reason = \"…\" }");
}

/* The line of the recipe that a finding comes from, as far as that can be told. */
static char *place_of(const struct recipe *recipe, const struct finding *f)
{
    const struct origin *at = &recipe->config.at;

    if (f->origin)
        return xstrdup(f->origin);
    if (!f->path && at->line)
        return xasprintf("%s:%u", at->file, at->line);
    return xstrdup(recipe->path);
}

static bool is_denied(const struct finding *f)
{
    return f->action == RULE_DENY && !f->allow;
}

static void hint_others(const struct findings *f, const struct finding *worst, struct err *err)
{
    size_t shown = 0, left = 0;

    for (size_t i = 0; i < f->n; i++) {
        CLEANUP(buf_release) struct buf text = BUF_INIT(0);
        if (!is_denied(&f->v[i]) || &f->v[i] == worst)
            continue;
        if (shown++ >= DENIALS_SHOWN) {
            left++;
            continue;
        }
        describe(&f->v[i], &text);
        if (f->v[i].whence)
            buf_addf(&text, "; %s", f->v[i].whence);
        err_hint(err, "also %s", buf_str(&text));
    }
    if (left)
        err_hint(err, "and %zu more", left);
}

int policy_verdict(const struct recipe *recipe, const struct findings *f, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0), allow = BUF_INIT(0);
    const struct finding *worst = NULL;
    size_t denied = 0;

    for (size_t i = 0; i < f->n; i++) {
        if (!is_denied(&f->v[i]))
            continue;
        worst = !worst || f->v[i].severity > worst->severity ? &f->v[i] : worst;
        denied++;
    }
    if (!worst)
        return 0;
    describe(worst, &text);
    if (denied > 1)
        buf_addf(&text, ", and %zu more findings", denied - 1);
    CLEANUP(free_ptr) char *place = place_of(recipe, worst);
    err_code(err, ERR_POLICY, "%s: refused by policy: %s", place, buf_str(&text));
    err_hint(err, "%s (mkimage explain %s)", worst->advice ? worst->advice : worst->rule->advice,
             worst->rule->id);
    if (worst->whence)
        err_hint(err, "%s", worst->whence);
    policy_allow_text(worst, &allow);
    err_hint(err, "if it must stay: %s", buf_str(&allow));
    hint_others(f, worst, err);
    return -ERR_POLICY;
}
