/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy at its two places: as edits while packages stream by, and as a judgement of the
 * finished image.
 */
#ifndef MKIMAGE_HARDEN_POLICY_H
#define MKIMAGE_HARDEN_POLICY_H

#include "harden/rule.h"

/* Raised when an edit function of a rule decides otherwise than before. */
#define HARDEN_FORMAT 1

/* What decides over one package's entries; lives as long as the edit_policy made of it. */
struct package_policy {
    const struct recipe *recipe;
    const struct recipe_part *part; /* package "x" { … }, or NULL */
    const struct strv *lost;        /* sorted paths that another package takes over, or NULL */
};

/* Each allowance of a recipe names a rule of the table; else an error with file and line, and the
 * nearest rule. */
int policy_recipe(const struct recipe *recipe, struct err *err) MUST_USE;

/* None of a recipe's allowances has run out on that day (seconds; the newest date of the archive in
 * the lock, so that a lock gives one answer for ever); else -ERR_POLICY with file and line. */
int policy_expiry(const struct recipe *recipe, int64_t date, struct err *err) MUST_USE;

/* In this order: paths that another package takes over are dropped; then what a `package` section
 * leaves out; then `exclude` where `keep` doesn't say otherwise; then the table's fixes, where
 * no allowance covers them. */
struct edit_policy package_policy(const struct package_policy *context, const char *package);

/* Lists what the edits mended in a package (rules only, not excludes). */
void policy_fixes(const struct package *p, struct findings *ret);

/* Runs the table over the image and settles each finding: allowed or not. */
void policy_check(const struct recipe *recipe, const struct view *v, struct findings *ret);

/* 0 if nothing is denied; else -ERR_POLICY: the first denial as the message, with the `allow` to
 * write as its hint and the number of the others. */
int policy_verdict(const struct recipe *recipe, const struct findings *f, struct err *err) MUST_USE;

/* Allowances that cover no finding and no path: for a warning. used[i] is for recipe->allows[i].
 * Those that kept a file from being dropped count too: packages are looked through. */
void policy_unused(const struct recipe *recipe, const struct findings *f,
                   struct package *const *packages, size_t n, bool *used);

#endif
