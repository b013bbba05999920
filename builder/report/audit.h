/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `mkimage audit` found, for people (text, HTML) and for machines (JSON, SARIF, JUnit);
 * docs/audit.md describes each format.
 *
 * All that comes out of an image is hostile: on terminals control characters and what isn't UTF-8
 * are escaped (path.h), in JSON paths are percent-encoded where they aren't UTF-8, in HTML and XML
 * nothing can end the text that it stands in.
 */
#ifndef MKIMAGE_REPORT_AUDIT_H
#define MKIMAGE_REPORT_AUDIT_H

#include "audit/audit.h"
#include "base/log.h"

/* log: for colours, of text. */
typedef void audit_writer(const struct audit *a, const struct log *log, struct buf *ret);

/* A format; the first one of the table is what is written if none is asked for. */
struct audit_format {
    const char *name;
    audit_writer *write;
};
extern const struct audit_format audit_formats[];
extern const size_t n_audit_formats;
const struct audit_format *audit_format_find(const char *name); /* NULL if there is none */

#endif
