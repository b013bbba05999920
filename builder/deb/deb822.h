/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 822 style stanzas as Debian writes them: control files, Packages, Release, status, apt's
 * .sources (deb-control(5), Debian policy 5.1). Slices point into the text, which must outlive
 * the parser; nothing is copied.
 *
 *     struct deb822 p;
 *     deb822_init(&p, text, n, "Packages");
 *     while ((r = deb822_next(&p, err)) > 0)
 *         … deb822_get(&p, "Package") …
 *     if (r < 0) …
 *     deb822_release(&p);
 */
#ifndef MKIMAGE_DEB_DEB822_H
#define MKIMAGE_DEB_DEB822_H

#include "base/buf.h"
#include "base/err.h"

struct deb822_field {
    struct slice name;
    struct slice value; /* trimmed; continuation lines as they stand, newlines included */
};

struct deb822 {
    const char *name; /* of the file, for errors */
    const char *p, *end;
    unsigned line;        /* of the next line to read, from 1 */
    struct slice stanza;  /* the whole current stanza, without the blank line behind it */
    unsigned stanza_line; /* where it begins */
    struct deb822_field *fields;
    size_t n, cap;
};

void deb822_init(struct deb822 *p, const void *text, size_t n, const char *name);
void deb822_release(struct deb822 *p);

/* 1: the next stanza is in p->fields; 0: the end; negative: not a stanza (with file and line).
 * Comment lines (#) are skipped; one between continuation lines stays in the slice of its value,
 * for readers of lines to pass over. A field that stands twice, a line without a colon, a
 * continuation without a field, a NUL and more than 1,000 fields are errors. */
int deb822_next(struct deb822 *p, struct err *err) MUST_USE;

/* A field of the current stanza, names compared without case; {NULL, 0} if it isn't there. */
struct slice deb822_get(const struct deb822 *p, const char *name);

/* A field that must be there and not be empty. */
int deb822_need(const struct deb822 *p, const char *name, struct slice *ret,
                struct err *err) MUST_USE;

/* Decimal digits only, no overflow. */
bool slice_number(struct slice s, uint64_t *ret) MUST_USE;

/* The stanza's "Source: NAME (VERSION)": both empty where it doesn't say so, which means that they
 * are the package's own. */
void deb822_source(const struct deb822 *d, struct slice *ret_name, struct slice *ret_version);

#endif
