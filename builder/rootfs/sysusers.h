/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of sysusers.d fragments: which accounts a package wants (systemd's sysusers.d(5)).
 *
 *     #Type Name   ID            GECOS         Home     Shell
 *     u     _apt   42:65534      -             /nonexistent
 *     u!    app    -:users       "An app"      /var/lib/app
 *     g     mail   8
 *     m     app    mail
 *     r     -      500-900
 *
 * Fields may be quoted, with C's escapes. What this reader can't honour, and says so in the notes:
 * specifiers (but %%), names that passwd(5) can't hold, ids out of range.
 */
#ifndef MKIMAGE_ROOTFS_SYSUSERS_H
#define MKIMAGE_ROOTFS_SYSUSERS_H

#include "base/strv.h"

#define SYSUSERS_NO_ID UINT32_MAX

enum sysusers_type { SYSUSERS_USER, SYSUSERS_GROUP, SYSUSERS_MEMBER, SYSUSERS_RANGE };

struct package;

struct sysusers_line {
    enum sysusers_type type;
    char *name;
    char *group;        /* MEMBER: the group; USER with "uid:name": the primary group, or NULL */
    uint32_t uid, gid;  /* SYSUSERS_NO_ID where they are left open; GROUP: gid only */
    uint32_t low, high; /* RANGE */
    char *id_of;        /* an id taken from the owner of this path ("/usr/bin/x"), or NULL */
    char *comment, *home, *shell; /* USER; NULL where the default holds */
    const char *by;               /* who asks, for notes: "sysusers.d", or a script's line */
    const struct package *maker;  /* whose script makes it, or NULL */
    bool make_home;               /* USER: the directory is made where there is none */
    bool of_user;                 /* MEMBER: of a user that there is; none is added for it */
};

struct sysusers {
    struct sysusers_line *lines;
    size_t n, cap;
};

/* Adds a fragment's lines. A line that can't be honoured is left out and named in notes:
 * "usr/lib/sysusers.d/x.conf:3: …". */
void sysusers_parse(struct sysusers *s, const char *text, size_t n, const char *name,
                    struct strv *notes);
void sysusers_release(struct sysusers *s);

/* A new line at the end, of ids left open; the list's own. */
struct sysusers_line *sysusers_add(struct sysusers *s, enum sysusers_type type, const char *name,
                                   const char *by);
/* Takes all lines of another list, which is empty then. */
void sysusers_take(struct sysusers *s, struct sysusers *from);

/* A name that passwd(5) and group(5) can hold: [a-zA-Z_][a-zA-Z0-9_-]*, at most 31 bytes. */
bool account_name_valid(const char *name);

#endif
