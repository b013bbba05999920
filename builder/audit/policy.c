/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/policy.h"
#include "base/file.h"
#include "recipe/options.h"
#include "recipe/scan.h"
#include "recipe/values.h"

#include <confuse.h>

#define NEAR 3 /* letters that a misspelt rule may differ in */

bool severity_parse(const char *name, enum severity *ret)
{
    for (enum severity s = SEVERITY_INFO; s <= SEVERITY_CRITICAL; s++)
        if (strcmp(name, severity_name(s)) == 0) {
            *ret = s;
            return true;
        }
    return false;
}

void audit_policy_release(struct audit_policy *p)
{
    for (size_t i = 0; i < p->n; i++) {
        free(p->rules[i].path);
        free(p->rules[i].reason);
    }
    free(p->rules);
    free(p->file);
    *p = (struct audit_policy){0};
}

/* ---- libconfuse ------------------------------------------------------------------------------ */

struct complaint {
    const char *file;
    struct err *err;
};

/* Its callbacks are handed a cfg and nothing of ours; see recipe/parse.c. */
PRINTF_LIKE(2, 0)
static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
    struct complaint *c = (struct complaint *)(void *)cfg->path;

    if (c->err->code)
        return;
    CLEANUP(free_ptr) char *message = xvasprintf(fmt, ap);
    CLEANUP(free_ptr) char *shown = text_escape(message, strlen(message));
    err_set(c->err, "%s:%d: %s", c->file, cfg->line > 0 ? cfg->line : 1, shown);
    err_hint(c->err, "a policy holds sections: change { rule, path, severity, off, reason }");
}

static int parse(struct complaint *c, const struct scan *scan, cfg_t **ret)
{
    cfg_opt_t change[] = {
        CFG_STR("rule", NULL, CFGF_NODEFAULT),     CFG_STR("path", NULL, CFGF_NODEFAULT),
        CFG_STR("severity", NULL, CFGF_NODEFAULT), CFG_STR("off", NULL, CFGF_NODEFAULT),
        CFG_STR("reason", NULL, CFGF_NODEFAULT),   CFG_END(),
    };
    cfg_opt_t top[] = {CFG_SEC("change", change, CFGF_MULTI), CFG_END()};
    cfg_t *cfg = cfg_init(top, CFGF_NONE);

    if (!cfg)
        abort(); /* no memory: mem.h */
    cfg_set_error_function(cfg, on_error);
    cfg->path = (cfg_searchpath_t *)(void *)c;
    int r = scan->text.len ? cfg_parse_buf(cfg, scan->text.data) : CFG_SUCCESS;
    cfg->path = NULL;
    *ret = cfg;
    if (r != CFG_SUCCESS && !c->err->code)
        err_set(c->err, "%s: not a policy", c->file);
    return c->err->code ? -(int)c->err->code : 0;
}

static void cfg_cleanup(cfg_t **cfg)
{
    if (*cfg)
        cfg_free(*cfg);
}

/* ---- sections -------------------------------------------------------------------------------- */

static int unknown_rule(const char *name, struct err *err)
{
    const char *nearest = NULL;
    unsigned best = NEAR + 1;
    CLEANUP(free_ptr) char *shown = text_escape(name, strlen(name) > 80 ? 80 : strlen(name));

    rule_each (rule) {
        unsigned d = edit_distance(name, rule->id, NEAR);
        nearest = d < best ? rule->id : nearest;
        best = d < best ? d : best;
    }
    err_set(err, "there is no rule \"%s\"", shown);
    return nearest ? err_hint(err, "did you mean \"%s\"?", nearest) : -(int)err->code;
}

/* An option's value, judged; NULL if it isn't given or is wrong. */
static const char *value(cfg_t *section, const char *name, int (*check)(const char *, struct err *),
                         struct err *err)
{
    const char *v = cfg_size(section, name) ? cfg_getstr(section, name) : NULL;

    if (!v || err->code)
        return NULL;
    if (value_check_bytes(v, false, false, err) < 0 || (check && check(v, err) < 0)) {
        err_wrap(err, "%s", name);
        return NULL;
    }
    return v;
}

static int read_section(cfg_t *section, struct audit_rule *ret, struct err *err)
{
    const char *rule = value(section, "rule", NULL, err);
    const char *path = value(section, "path", check_glob, err);
    const char *severity = value(section, "severity", NULL, err);
    const char *off = value(section, "off", check_bool, err);
    const char *reason = value(section, "reason", check_reason, err);

    if (err->code)
        return -(int)err->code;
    if (!rule || !reason)
        return err_set(err, "change: a %s is missing", rule ? "reason" : "rule");
    ret->rule = rule_find(rule);
    if (!ret->rule)
        return unknown_rule(rule, err);
    if (severity && !severity_parse(severity, &ret->severity)) {
        err_set(err, "severity: it can't be \"%s\"", severity);
        return err_hint(err, "it is critical, high, medium, low or info");
    }
    ret->has_severity = severity != NULL;
    ret->off = off && value_bool(off);
    if (ret->off == ret->has_severity)
        return err_set(err, "change: it gives either a severity, or off = true");
    ret->path = path ? xstrdup(path) : NULL;
    ret->reason = xstrdup(reason);
    return 0;
}

static void scan_cleanup(struct scan *s)
{
    scan_release(s);
}

static int read_policy(const char *file, struct audit_policy *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    CLEANUP(scan_cleanup) struct scan scan = {0};
    CLEANUP(cfg_cleanup) cfg_t *cfg = NULL;
    struct complaint complaint = {file, err};

    ret->file = xstrdup(file);
    if (file_read(file, POLICY_BYTES_MAX, &text, err) < 0 ||
        scan_recipe(file, (struct slice){buf_str(&text), text.len}, &scan, err) < 0 ||
        parse(&complaint, &scan, &cfg) < 0)
        return -(int)err->code;
    for (unsigned i = 0; i < cfg_size(cfg, "change"); i++) {
        GROW(ret->rules, ret->n, ret->cap);
        struct audit_rule *r = &ret->rules[ret->n++];
        *r = (struct audit_rule){.line = i < scan.n ? scan.sections[i] : 0};
        if (read_section(cfg_getnsec(cfg, "change", i), r, err) < 0)
            return err_wrap(err, "%s:%u", file, r->line);
    }
    return 0;
}

int audit_policy_read(const char *file, struct audit_policy *ret, struct err *err)
{
    *ret = (struct audit_policy){0};
    int r = read_policy(file, ret, err);

    if (r < 0)
        audit_policy_release(ret);
    return r;
}

static bool fits(const struct audit_rule *r, const struct finding *f)
{
    if (r->rule != f->rule)
        return false;
    if (!r->path)
        return true;
    if (!f->path || !glob_match(r->path, f->path))
        return false;
    strv_each (path, &f->more) {
        if (!glob_match(r->path, *path))
            return false;
    }
    return true;
}

const struct audit_rule *audit_policy_find(const struct audit_policy *p, const struct finding *f)
{
    for (size_t i = 0; i < p->n; i++)
        if (fits(&p->rules[i], f))
            return &p->rules[i];
    return NULL;
}
