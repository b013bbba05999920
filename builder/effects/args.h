/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call's options and operands, as getopt_long(3) reads them: in any order up to "--", short ones
 * together, a long one by any beginning that is no other's, its value behind "=" or as the next
 * word. An option that isn't in the table, or lacks its value, makes the call none of ours: what it
 * would do isn't known.
 */
#ifndef MKIMAGE_EFFECTS_ARGS_H
#define MKIMAGE_EFFECTS_ARGS_H

#include "effects/call.h"

#define ARGS_OPTIONS_MAX 32u

struct arg_option {
    char letter;      /* or 0 */
    const char *name; /* without dashes, or NULL */
    bool value;       /* takes one */
};

struct args {
    uint32_t seen;                       /* bit n: the table's option n is there */
    const char *value[ARGS_OPTIONS_MAX]; /* of option n, the last one */
    const char *operand[CALL_WORDS_MAX]; /* borrowed from the call, as all texts */
    size_t n;
};

/* The table ends with a row of zeros; from: the first word that is looked at, 1 for all behind the
 * program. */
bool args_read(const struct script_call *c, size_t from, const struct arg_option *table,
               struct args *ret) MUST_USE;

static inline bool args_has(const struct args *a, unsigned option)
{
    return (a->seen & 1u << option) != 0;
}

#endif
