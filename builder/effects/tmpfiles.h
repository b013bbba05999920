/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systemd-tmpfiles as maintainer scripts call it (dh_installtmpfiles writes the line):
 *
 *     systemd-tmpfiles --create man-db.conf
 *
 * So what is made is what the packages ask for when they are installed, below /run too, since
 * nothing boots an image; fragments that no script names are for booting, and aren't looked at. Of
 * a name the fragment in /etc counts, then those in /run, /usr/local/lib and /usr/lib.
 *
 *     d D v q Q   a directory            L L? L+  a link (L+ also over what its package made)
 *     f f+        a file                 C        a copy
 *     w w+        text into a file       e z m Z  modes and owners of what is there
 *
 * What stands for booting, cleaning or removing (`!`, x, X, r, R), for credentials (`^`), and ACLs
 * and attributes, which no layer has (a, A, t, T, h, H), does nothing. Lines that systemd-tmpfiles
 * can't follow either, and those with specifiers that only a running system has, are skipped and
 * noted with fragment and line. As there, files are made before globs change them, parents before
 * what lies in them, and of two lines for one path the first counts.
 */
#ifndef MKIMAGE_EFFECTS_TMPFILES_H
#define MKIMAGE_EFFECTS_TMPFILES_H

#include "effects/call.h"
#include "effects/effect.h"

#define TMPFILES_LINES_MAX 100000u /* of one call */

struct tmpfiles_line {
    char type;
    bool plus, question;                  /* "f+", "L?" */
    char *path;                           /* absolute, or a glob */
    bool has_mode, mode_masked, mode_new; /* "~0755": less what isn't there; ":0755": if made */
    uint16_t mode;
    char *user, *group; /* or NULL */
    bool user_new, group_new;
    char *argument; /* or NULL */
    const char *file;
    unsigned line;
};

struct tmpfiles {
    struct tmpfiles_line *v;
    size_t n, cap;
};

/* Adds a fragment's lines, those that do something when an image is made. skip is called with the
 * number and the reason of each that can't be followed. */
void tmpfiles_parse(struct tmpfiles *t, const char *text, size_t n, const char *file,
                    void (*skip)(void *arg, unsigned line, const char *why), void *arg);
void tmpfiles_release(struct tmpfiles *t);

bool tmpfiles_takes(const struct script_call *c);
int tmpfiles_apply(struct effect *m, const struct script_call *c, struct err *err) MUST_USE;

#endif
