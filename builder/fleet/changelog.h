/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debian changelogs: which entries are new since a version, and which CVEs they name
 * (deb-changelog(5), Debian policy 4.4).
 *
 *     changelog_parse(text, &log)        all entries, newest first as the file has them
 *     changelog_new(&log, "1.2-3")       how many stand above the entry of that version
 *     changelog_cves(slice, &list)       the CVE ids in a text, sorted, once each
 *
 * What doesn't look like an entry's heading belongs to the entry above it, so an odd changelog
 * loses nothing; it never fails.
 */
#ifndef MKIMAGE_FLEET_CHANGELOG_H
#define MKIMAGE_FLEET_CHANGELOG_H

#include "base/strv.h"

struct changelog_entry {
    char *source, *version;
    struct slice text; /* heading to trailer, trimmed; points into the changelog's text */
};

struct changelog {
    char *text; /* owned */
    struct changelog_entry *v;
    size_t n, cap;
};

/* Takes text over (malloc'ed, n bytes, a NUL behind them). */
void changelog_parse(char *text, size_t n, struct changelog *ret);
void changelog_release(struct changelog *c);

/* How many entries are newer than `version`: those above its own entry, or, where the file has no
 * such entry, those of a later version (deb/version.h). A binNMU's version ("+b1") stands for the
 * one that it rebuilds, if it has no entry itself. All of them if version is NULL. */
size_t changelog_new(const struct changelog *c, const char *version);

/* Adds the CVE ids of a text ("CVE-2026-12345": four digits or more behind the year) to a list,
 * which is then sorted and has each once. */
void changelog_cves(struct slice text, struct strv *ret);

#endif
