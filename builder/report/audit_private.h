/* SPDX-License-Identifier: Apache-2.0 */
/* What the formats of an audit share. Private to report. */
#ifndef MKIMAGE_REPORT_AUDIT_PRIVATE_H
#define MKIMAGE_REPORT_AUDIT_PRIVATE_H

#include "report/audit.h"
#include <jansson.h>

audit_writer audit_text, audit_json, audit_sarif, audit_junit, audit_html;

/* The JSON report as a document, with at most `more` further paths a finding. The caller owns it.
 */
json_t *audit_document(const struct audit *a, size_t more);

/* Text for people (base/text.h) as a JSON string; null for NULL. */
json_t *json_shown(const char *s);

/* "/usr/bin/x": as it is where it is UTF-8, but control characters, "%" and bytes that aren't
 * UTF-8 as %XX. So it can be decoded whatever it holds. */
json_t *json_path(const char *path);
/* The same without the leading slash as a relative reference (RFC 3986): all but unreserved
 * characters and "/" as %XX. */
char *uri_path(const char *path);

/* "/usr/bin/x, /usr/bin/y and 12 more", of what is high or critical all; "config" without a path.
 */
void add_issue_paths(struct buf *ret, const struct issue *i, size_t most);
/* "sha256:…", of the image's manifest, or of its config where it has no manifest; "" for a
 * directory. */
struct sha256_text image_digest(const struct audited *a);

const char *support_name(enum support s);      /* "ended" */
const char *records_name(enum records r);      /* "dpkg" */
void add_json(struct buf *ret, json_t *value); /* compact, ASCII only; the value is taken over */

/* A named figure, in the order in which reports tell them. */
struct figure_row {
    const char *name;  /* of the key: "no_pie" */
    const char *title; /* "programs that are no PIE" */
    size_t offset;     /* of a size_t in struct audit_figures */
};
extern const struct figure_row figure_rows[];
extern const size_t n_figure_rows;
size_t figure_value(const struct audited *a, const struct figure_row *row);

#endif
