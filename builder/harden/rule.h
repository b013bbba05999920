/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hardening policy: one const table of rules. A rule says what it looks at, how bad it is,
 * where that comes from, and what the build does about it:
 *
 *     fix    mended while a package streams by, and listed: a bit cleared, a file left out
 *     deny   ends the build (exit code 3), unless the recipe allows it by rule and path
 *     note   reported
 *
 * A rule may look at three moments, the last two by a function of its own:
 *
 *     fix     an entry's header, before its bytes: rows of data (fix.h)
 *     path    a path of the finished tree, with its facts
 *     image   the image as a whole: config, accounts, layers
 *
 * LAY-HID asks the rules about secrets and files of what a later layer hides as well: each row says
 * how (hidden), or why not. Others may say so, too.
 *
 * A new rule is one function and one row, in the file of its group, rules_*.c. Rules see facts
 * only (view.h), never a file's content. What was mended in a package isn't there any more, so what
 * the path function of a fix still finds (in own files, in images of others) is denied.
 */
#ifndef MKIMAGE_HARDEN_RULE_H
#define MKIMAGE_HARDEN_RULE_H

#include "harden/fix.h"
#include "harden/view.h"

enum severity { SEVERITY_INFO, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };
enum rule_action { RULE_FIX, RULE_DENY, RULE_NOTE };

struct rule;

/* One thing that a rule found; of a package whose files all have it, one for all of them. */
struct finding {
    const struct rule *rule;
    enum severity severity;  /* the rule's, or less where it matters less */
    enum rule_action action; /* RULE_FIX: was mended; RULE_DENY: ends the build unless allowed */
    char *path;              /* image path, or NULL for the config */
    char *package;           /* name, or NULL for the image's own */
    char *text;              /* what is wrong, a few words */
    char *wants;             /* what isn't there: a program, as its user names it, or a library's
                                soname; for who can say where it went (absent.h). Or NULL */
    char *whence;            /* what is known of where that went, a sentence; or NULL */
    const char *kind;        /* static: what the text was made by, whatever it names */
    char *common;            /* finding_varies; or NULL */
    struct strv values;      /* the same: some of what differs */
    struct strv more;        /* the further paths that it stands for */
    char *advice;            /* what to do about this one, in a recipe; NULL: the rule's */
    const struct recipe_allow *allow; /* the allowance that covers it, or NULL */
    const void *verdict;              /* what a caller decided of it: only equal ones become one */
    const char *origin; /* who put an own path there: "app.conf:12"; else NULL. The tree's */
    const char *layer;  /* the layer that it speaks of, where it does; else NULL. The view's */
};

struct findings {
    struct finding *v;
    size_t n, cap;
};

struct rule {
    const char *id, *title;
    enum severity severity;
    enum rule_action action;
    const char *advice;    /* what to do about it, in a recipe */
    const char *elsewhere; /* in an image that another tool builds; NULL: the same */
    const char *source;    /* who else asks for it */
    const char *why;       /* for `mkimage explain`: what it looks at, why, and what it passes over;
                              paragraphs, without line breaks inside */
    const struct fix *fix; /* what becomes of a package's entries; rows, or NULL */
    void (*path)(const struct rule *r, const struct view *v, const struct node *n,
                 struct findings *ret);
    void (*image)(const struct rule *r, const struct view *v, struct findings *ret);
    /* As path, of what a later layer hides, and how bad that is at most. A SEC or FS rule that
     * looks at paths has this, or else the reason why there is nothing to ask. */
    void (*hidden)(const struct rule *r, const struct view *v, const struct node *n,
                   struct findings *ret);
    enum severity hidden_most;
    const char *not_hidden;
};

/* The table: the groups in order, NULL behind them; a group ends in a row without an id. */
extern const struct rule *const rule_groups[];
extern const struct rule config_rules[], file_rules[], account_rules[], software_rules[],
    secret_rules[], elf_rules[], script_rules[], layer_rules[], source_rules[], record_rules[];

/* The row behind r, in *group or the next one; NULL behind the last. */
const struct rule *rule_after(const struct rule *const **group, const struct rule *r);

#define rule_each(r)                                                            \
    for (const struct rule *const *r##_group = rule_groups, *r = *r##_group; r; \
         r = rule_after(&r##_group, r))

const char *rule_mend(const struct rule *r);  /* what to do about it, whatever built the image */
const struct rule *rule_find(const char *id); /* NULL if there is none, also for NULL */
const char *severity_name(enum severity s);   /* "critical" */
const char *rule_action_name(enum rule_action a);

/* Adds a finding of the rule's severity and action; path and package may be NULL. The text is
 * escaped as it is made (text_shown), since it goes into documents as well. What is given back may
 * be changed until the next one is added. */
struct finding *finding_add(struct findings *f, const struct rule *r, const char *path,
                            const char *package, const char *fmt, ...) PRINTF_LIKE(5, 6);
/* Lets findings become one though their texts differ in a value: then it reads as common does, with
 * its "%s" the values or, of numbers, their range. Without it only what reads the same becomes one,
 * so that no path stands under another one's words. */
struct finding *finding_varies(struct finding *f, const char *common, const char *value_fmt, ...)
    PRINTF_LIKE(3, 4);
/* The same about a node. */
#define finding_at(f, r, n, ...) \
    finding_add(f, r, (n)->path, (n)->package ? (n)->package->name : NULL, __VA_ARGS__)

/* From the finding `first` on: those that say the same of several paths of one package become one,
 * and so do many of the image's own. The order of what remains stays; may be called again when
 * there are more. */
void findings_merge(struct findings *f, size_t first);
void findings_release(struct findings *f);

/* The first allowance for this rule and path (NULL for the config); NULL if there is none. */
const struct recipe_allow *allow_for(const struct recipe *r, const char *rule, const char *path);

#endif
