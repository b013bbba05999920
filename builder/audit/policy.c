/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/policy.h"
#include "base/file.h"
#include "harden/policy.h"
#include "recipe/blocks.h"
#include "recipe/values.h"

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

static const struct option change_options[] = {
    {.name = "rule", .store = STORE_TEXT, .check = check_line},
    {.name = "path", .store = STORE_TEXT, .check = check_glob},
    {.name = "severity", .store = STORE_TEXT, .check = check_severity},
    {.name = "off", .store = STORE_BOOL, .check = check_bool},
    {.name = "reason", .store = STORE_TEXT, .check = check_reason},
};

static const struct section sections[] = {
    {.name = NULL},
    {.name = "change", .options = change_options, .n = ARRAY_SIZE(change_options), .many = true},
};

const struct grammar policy_grammar = {
    .sections = sections,
    .n = ARRAY_SIZE(sections),
    .hint = "a policy holds sections: change { rule, path, severity, off, reason }",
};

static int unknown_rule(const char *name, struct err *err)
{
    const char *nearest = rule_nearest(name);

    err_set(err, "there is no rule \"%.80s\"", name);
    return nearest ? err_hint(err, "did you mean \"%s\"?", nearest) : err_ret(err);
}

static int read_section(const struct block *section, struct audit_rule *ret, struct err *err)
{
    const char *rule = block_value(section, "rule"), *path = block_value(section, "path");
    const char *severity = block_value(section, "severity"), *off = block_value(section, "off");
    const char *reason = block_value(section, "reason");

    ret->line = section->at.line;
    if (!rule || !reason)
        return err_set(err, "change: a %s is missing", rule ? "reason" : "rule");
    ret->rule = rule_find(rule);
    if (!ret->rule)
        return unknown_rule(rule, err);
    ret->has_severity = severity && severity_parse(severity, &ret->severity);
    ret->off = off && value_bool(off);
    if (ret->off == ret->has_severity)
        return err_set(err, "change: it gives either a severity, or off = true");
    ret->path = path ? xstrdup(path) : NULL;
    ret->reason = xstrdup(reason);
    return 0;
}

static int read_policy(const char *file, struct audit_policy *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    CLEANUP(conf_release) struct conf conf = {0};
    CLEANUP(blocks_release) struct blocks blocks = {0};
    size_t count = 0;

    ret->file = xstrdup(file);
    if (file_read(file, POLICY_BYTES_MAX, &text, err) < 0 ||
        conf_read(file, (struct slice){buf_str(&text), text.len}, &count, &conf, err) < 0)
        return err_ret(err);
    for (size_t i = 0; i < conf.n; i++)
        if (blocks_add(&blocks, &policy_grammar, ret->file, &conf.items[i], err) < 0)
            return err_ret(err);
    for (size_t i = 0; i < blocks.n; i++) {
        GROW(ret->rules, ret->n, ret->cap);
        struct audit_rule *r = &ret->rules[ret->n++];
        *r = (struct audit_rule){0};
        if (read_section(blocks.v[i], r, err) < 0)
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
