/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy at its two places: as edits while packages stream by, and as a judgement of the
 * finished image.
 */
#ifndef MKIMAGE_HARDEN_POLICY_H
#define MKIMAGE_HARDEN_POLICY_H

#include "harden/rule.h"

/* What decides over one package's entries; lives as long as the edit_policy made of it. */
struct package_policy {
    struct sha256 fixes; /* policy_fixes_digest(), found out once for all packages */
    const struct recipe *recipe;
    const struct recipe_part *part; /* package "x" { … }, or NULL */
    const struct strv *lost;        /* sorted paths that another package takes over, or NULL */
};

/* Each allowance of a recipe names a rule of the table; else an error with file and line, and the
 * nearest rule. */
int policy_recipe(const struct recipe *recipe, struct err *err) MUST_USE;

/* The rule whose id is nearest to what was written, or NULL. */
const char *rule_nearest(const char *id);

/* Allowances hold to the end (UTC) of the day that they name. On a later one they end a build, and
 * only add a warning with `locked`, so that the past can be built again. */
int policy_expired(const struct recipe *recipe, int64_t now, bool locked, struct strv *ret_warnings,
                   struct err *err) MUST_USE;

/* In this order: paths that another package takes over are dropped; then what a `package` section
 * leaves out; then `exclude` where `keep` doesn't say otherwise; then the table's fixes, where
 * no allowance covers them. */
struct edit_policy package_policy(const struct package_policy *context, const char *package);

/* The same of one path that a package's script makes or changes (assembly.h). */
struct edit policy_decide(const struct recipe *recipe, const struct lock_arch *lock,
                          const char *package, const struct entry *e);

/* Of all that the table mends, whatever the package and the recipe: another table has another. */
struct sha256 policy_fixes_digest(void);

/* Lists what the edits mended in a package (rules only, not excludes). */
void policy_fixes(const struct package *p, struct findings *ret);

/* Runs the table over a started view and settles each finding: allowed or not; then those of one
 * package that say the same are merged. */
void policy_check(const struct recipe *recipe, const struct view *v, struct findings *ret);

/* 0 if nothing is denied; else -ERR_POLICY: the worst denial as the message, with what to do and
 * the `allow` to write as its hint, and the others, a line each (verdict.c). */
int policy_verdict(const struct recipe *recipe, const struct findings *f, struct err *err) MUST_USE;

/* The section that would let a finding pass, for all paths that it stands for:
 * allow { rule = "…" path = "…" reason = "…" } */
void policy_allow_text(const struct finding *f, struct buf *ret);

/* Allowances that cover no finding and no path: for a warning. used[i] is for recipe->allows[i].
 * Those that kept a file from being dropped count too: packages are looked through. */
void policy_unused(const struct recipe *recipe, const struct findings *f,
                   struct package *const *packages, size_t n, bool *used);

#endif
