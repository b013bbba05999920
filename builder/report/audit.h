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

enum audit_format { AUDIT_TEXT, AUDIT_JSON, AUDIT_SARIF, AUDIT_JUNIT, AUDIT_HTML };

/* "sarif"; false for what is none. */
bool audit_format_parse(const char *name, enum audit_format *ret);

/* log: for colours, of text. */
void audit_report(const struct audit *a, enum audit_format format, const struct log *log,
                  struct buf *ret);

#endif
