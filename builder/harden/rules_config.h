/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about the config that are too long for rules_config.c, which has the rows. */
#ifndef MKIMAGE_HARDEN_RULES_CONFIG_H
#define MKIMAGE_HARDEN_RULES_CONFIG_H

#include "harden/rule.h"

void cfg_secret(const struct rule *r, const struct view *v, struct findings *ret);
void cfg_ld(const struct rule *r, const struct view *v, struct findings *ret);
void cfg_path(const struct rule *r, const struct view *v, struct findings *ret);
void cfg_entry(const struct rule *r, const struct view *v, struct findings *ret);

#endif
