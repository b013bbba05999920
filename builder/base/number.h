/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as others write them. strtoul takes blanks, signs and what follows: this doesn't. */
#ifndef MKIMAGE_BASE_NUMBER_H
#define MKIMAGE_BASE_NUMBER_H

#include "base/mem.h"

/* Decimal digits alone, at least one, with a value of at most `max`. Leading zeros are fine. */
bool number_parse(struct slice text, uint64_t max, uint64_t *ret) MUST_USE;

/* The same in octal. */
bool number_parse_octal(struct slice text, uint64_t max, uint64_t *ret) MUST_USE;

#endif
