/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hardening policy: one const table of rules. A rule says what it looks at, how bad it is,
 * where that comes from, and what the build does about it:
 *
 *     fix    mended while a package streams by, and listed: a bit cleared, a file left out
 *     deny   ends the build (exit code 3), unless the recipe allows it by rule and path
 *     note   reported
 *
 * A rule may look at three moments, each a function of its own:
 *
 *     edit    an entry's header, before its bytes (fixes)
 *     path    a path of the finished tree, with its facts
 *     image   the image as a whole: config, accounts
 *
 * A new rule is one function and one row of table.c. Ids are those of facts/checks.md's table.
 */
#ifndef MKIMAGE_HARDEN_RULE_H
#define MKIMAGE_HARDEN_RULE_H

#include "base/path.h"
#include "oci/image.h"
#include "recipe/recipe.h"
#include "rootfs/edits.h"
#include "rootfs/tree.h"

enum severity { SEVERITY_INFO, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };
enum rule_action { RULE_FIX, RULE_DENY, RULE_NOTE };

struct rule;

/* One thing that a rule found. */
struct finding {
    const struct rule *rule;
    enum rule_action action; /* RULE_FIX: was mended; RULE_DENY: ends the build unless allowed */
    char *path;              /* image path, or NULL for the config */
    char *package;           /* name, or NULL for the image's own */
    char *text;              /* what is wrong, a few words */
    const struct recipe_allow *allow; /* the allowance that covers it, or NULL */
    const char *origin; /* who put an own path there: "app.conf:12"; else NULL. The tree's */
};

struct findings {
    struct finding *v;
    size_t n, cap;
};

/* What rules see of a finished image. */
struct view {
    const struct image *image;
    struct tree *tree;
    const char *arch;  /* Debian's name */
    uint32_t uid, gid; /* of the image's user */
};

struct rule {
    const char *id, *title;
    enum severity severity;
    enum rule_action action;
    const char *advice; /* what to do about it */
    const char *source; /* who else asks for it */
    struct edit (*edit)(const struct entry *e);
    void (*path)(const struct rule *r, const struct view *v, const struct node *n,
                 struct findings *ret);
    void (*image)(const struct rule *r, const struct view *v, struct findings *ret);
};

extern const struct rule rule_table[];
extern const size_t rule_count;

const struct rule *rule_find(const char *id); /* NULL if there is none */
const char *severity_name(enum severity s);   /* "critical" */
const char *rule_action_name(enum rule_action a);

/* Adds a finding of action r->action; path and package may be NULL. */
void finding_add(struct findings *f, const struct rule *r, const char *path, const char *package,
                 const char *fmt, ...) PRINTF_LIKE(5, 6);
void findings_release(struct findings *f);

/* The first allowance for this rule and path (NULL for the config); NULL if there is none. */
const struct recipe_allow *allow_for(const struct recipe *r, const char *rule, const char *path);

/* Rule functions, a file a group: fs.c, sw.c, cfg.c. */
struct edit fs_suid_edit(const struct entry *e);
struct edit fs_ww_edit(const struct entry *e);
struct edit fs_sticky_edit(const struct entry *e);
void fs_suid_path(const struct rule *, const struct view *, const struct node *, struct findings *);
void fs_ww_path(const struct rule *, const struct view *, const struct node *, struct findings *);
void fs_sticky_path(const struct rule *, const struct view *, const struct node *,
                    struct findings *);
void fs_usrmerge_image(const struct rule *, const struct view *, struct findings *);
struct edit sw_shell_edit(const struct entry *e);
struct edit sw_pkg_edit(const struct entry *e);
void sw_shell_path(const struct rule *, const struct view *, const struct node *,
                   struct findings *);
void sw_pkg_path(const struct rule *, const struct view *, const struct node *, struct findings *);
void sw_dev_path(const struct rule *, const struct view *, const struct node *, struct findings *);
void cfg_user_image(const struct rule *, const struct view *, struct findings *);
void cfg_gid_image(const struct rule *, const struct view *, struct findings *);
void cfg_port_image(const struct rule *, const struct view *, struct findings *);

/* What the edits depend on besides the code: the names that sw.c looks for, as one digest. */
void sw_names_hash(struct hasher *h);

#endif
