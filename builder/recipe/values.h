/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each option may hold. A check judges one value by itself; its message names the value and
 * what is wrong, and the caller puts file, line and option in front.
 *
 * value_check_bytes comes first for all of them: what escapes in a string can smuggle in.
 */
#ifndef MKIMAGE_RECIPE_VALUES_H
#define MKIMAGE_RECIPE_VALUES_H

#include "base/digest.h"
#include "recipe/recipe.h"

/* UTF-8; and no control characters, but for tabs and newlines in a text, and all but NUL in the
 * content of a file. */
int value_check_bytes(const char *value, bool text, bool content, struct err *err) MUST_USE;

/* "VALUE what", the value cut if it is long. */
int value_refuse(const char *v, const char *what, struct err *err);

int check_text(const char *v, struct err *err);    /* anything */
int check_content(const char *v, struct err *err); /* of a file: anything */
int check_line(const char *v, struct err *err);    /* one line, not empty */
int check_reason(const char *v, struct err *err);
int check_bool(const char *v, struct err *err); /* true, false, yes, no, on, off */
int check_date(const char *v, struct err *err); /* YYYY-MM-DD, a day that exists */
int check_sha256(const char *v, struct err *err);
int check_id(const char *v, struct err *err);   /* uid or gid, decimal, at most 2^31 - 1 */
int check_mode(const char *v, struct err *err); /* octal with a leading 0, at most 07777 */
int check_days(const char *v, struct err *err);
int check_growth(const char *v, struct err *err);   /* "10%" or "20 MB" */
int check_severity(const char *v, struct err *err); /* "high" */
int check_layers(const char *v, struct err *err);
int check_level(const char *v, struct err *err); /* of any codec; recipe_check knows which */
int check_compression(const char *v, struct err *err);

int check_image_name(const char *v, struct err *err); /* a path part of an OCI repository */
int check_tag(const char *v, struct err *err);   /* distribution spec: <reference>; with {…} */
int check_label(const char *v, struct err *err); /* "key=value" */
int check_env(const char *v, struct err *err);   /* "NAME=value" */
int check_port(const char *v, struct err *err);  /* 1 to 65535, with /tcp or /udp or none */
int check_signal(const char *v, struct err *err);
int check_rule(const char *v, struct err *err); /* the form of a rule's name */

int check_suite(const char *v, struct err *err); /* of suites and components */
int check_arch(const char *v, struct err *err);
int check_package(const char *v, struct err *err);
int check_package_glob(const char *v, struct err *err);
int check_wanted(const char *v, struct err *err); /* with a constraint or without */
int check_url(const char *v, struct err *err);    /* http or https, no user, no fragment */
int check_archive(const char *v, struct err *err);
int check_link_url(const char *v, struct err *err); /* for people: mailto: too */
int check_source_name(const char *v, struct err *err);
int check_template(const char *v, struct err *err);

int check_absolute(const char *v, struct err *err); /* a path in the image */
int check_volume(const char *v, struct err *err);   /* the same, but not all of it */
int check_glob(const char *v, struct err *err);
int check_relative_glob(const char *v, struct err *err);
int check_source(const char *v, struct err *err); /* a file's place beside the recipe */
int check_target(const char *v, struct err *err);
int check_alternative(const char *v, struct err *err);
int check_account(const char *v, struct err *err); /* a user's name */
int check_passwd_path(const char *v, struct err *err);
int check_passwd_text(const char *v, struct err *err);
int check_os_id(const char *v, struct err *err);

/* The same values, read; they have passed their checks. */
bool value_bool(const char *v);
uint32_t value_number(const char *v);
uint32_t value_mode(const char *v);
/* A growth: one of the two is set, the other 0. False if it isn't one. */
bool value_growth(const char *v, unsigned *ret_percent, uint64_t *ret_bytes) MUST_USE;

/* "name (>= 1.2)" in its parts; false if it isn't that. */
bool value_wanted(const char *v, struct slice *name, struct slice *op,
                  struct slice *version) MUST_USE;

#endif
