/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small image in memory for the tests of rules, clean until something is put into it: user
 * 5000:5000 with passwd and group, /tmp, a merged /usr.
 *
 *     struct subject *s = subject_new();
 *     subject_put(s, &(struct subject_file){.path = "usr/bin/su", .mode = 04755});
 *     assert_int_equal(subject_count(s, "FS-SUID"), 1);
 *     subject_free(s);
 */
#ifndef MKIMAGE_TESTS_HARDEN_H
#define MKIMAGE_TESTS_HARDEN_H

#include "harden/policy.h"

struct subject {
    struct image image;
    struct tree *tree;
    struct view view; /* to be changed before the first count */
    struct strv history, writable, declared;
    struct package **packages; /* by subject_file.package */
    size_t n_packages, cap_packages;
    struct recipe recipe; /* for allowances */
    struct findings found;
    bool checked;
};

struct subject_file {
    const char *path;
    enum entry_type type; /* a file by default */
    uint16_t mode;        /* by default 0644, of directories 0755 */
    uint32_t uid, gid;
    const char *target;  /* makes a link of it */
    const char *text;    /* its content, kept */
    const char *package; /* whose it is; NULL: the image's own */
    const char *origin;  /* the section of a recipe; by default "test"; "" for none */
    const char *xattr, *value;
    uint64_t size; /* of devices the number */
    int64_t mtime;
    struct file_facts *facts; /* taken over */
};

struct subject *subject_new(void);
void subject_free(struct subject *s);
/* The package of that name, to be told more of. */
struct package *subject_package(struct subject *s, const char *name);
void subject_put(struct subject *s, const struct subject_file *f);
/* How many paths the rule finds; runs the table once. */
size_t subject_count(struct subject *s, const char *rule);
/* The first finding of the rule, or NULL. */
const struct finding *subject_find(struct subject *s, const char *rule);
/* Fails unless nothing at all is found. */
void subject_assert_clean(struct subject *s);

/* Facts of a program that is all that rules want: x86-64, PIE, RELRO, BIND_NOW, … */
struct file_facts *good_elf(void);
struct file_facts *script_facts(const char *interpreter);

#endif
