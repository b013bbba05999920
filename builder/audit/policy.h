/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a team thinks otherwise than the table: a file for `audit --policy`, in recipes' syntax
 * (recipe/conf.h; docs/audit.md).
 *
 *     change { rule = "CFG-TRUST"  off = true  reason = "signed at the gate, ticket 7" }
 *     change { rule = "ELF-PIE"  severity = "info"  reason = "Debian's own python3 is none" }
 *     change { rule = "SW-SHELL"  path = "/usr/bin/dash"  severity = "low"  reason = "…" }
 *
 * The first section that fits a finding decides: by rule, and by its path glob if it has one.
 */
#ifndef MKIMAGE_AUDIT_POLICY_H
#define MKIMAGE_AUDIT_POLICY_H

#include "harden/rule.h"
#include "recipe/options.h"

#define POLICY_BYTES_MAX (1u << 20)

struct audit_rule {
    const struct rule *rule;
    char *path;   /* a glob, or NULL: all of the rule's findings */
    char *reason; /* never empty */
    bool off;
    bool has_severity;
    enum severity severity;
    unsigned line;
};

struct audit_policy {
    char *file;
    struct audit_rule *rules;
    size_t n, cap;
};

/* What may stand in such a file. */
extern const struct grammar policy_grammar;

int audit_policy_read(const char *file, struct audit_policy *ret, struct err *err) MUST_USE;
void audit_policy_release(struct audit_policy *p);

/* The section that decides about a finding, or NULL. A finding of several paths is decided about
 * by a glob only if all of them fit. */
const struct audit_rule *audit_policy_find(const struct audit_policy *p, const struct finding *f);

/* "critical"; false if it is none. */
bool severity_parse(const char *name, enum severity *ret);

#endif
