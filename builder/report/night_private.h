/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the update's report share. */
#ifndef MKIMAGE_REPORT_NIGHT_PRIVATE_H
#define MKIMAGE_REPORT_NIGHT_PRIVATE_H

#include "base/buf.h"

#include <jansson.h>

/* The text of a key, "" where there is none. */
static inline const char *night_string(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));

    return text ? text : "";
}

/* As text, or as Markdown. */
void night_prose(const json_t *report, bool markdown, struct buf *ret);

#endif
