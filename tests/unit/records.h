/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records made by hand, of one architecture (amd64).
 *
 *     CLEANUP(record_release) struct record r;
 *     made_record(&r, "python3");
 *     made_package(&r, "libc6", "2.41-12", "glibc");
 *     made_file(&r, "usr/bin/x", 0755, "content");
 *     made_done(&r);                      sorts, and makes the lock of the packages
 */
#ifndef MKIMAGE_TESTS_RECORDS_H
#define MKIMAGE_TESTS_RECORDS_H

#include "fleet/record.h"

void made_record(struct record *r, const char *name);
void made_package(struct record *r, const char *name, const char *version, const char *source);
void made_file(struct record *r, const char *path, uint16_t mode, const char *content);
void made_directory(struct record *r, const char *path, uint16_t mode);
void made_link(struct record *r, const char *path, const char *target);
void made_script(struct record *r, const char *package, const char *script, const char *text,
                 const char *class);
void made_finding(struct record *r, const char *rule, const char *severity, const char *action,
                  const char *path);
void made_config(struct record *r, const char *json);
void made_done(struct record *r);
/* The same for two records; what the second is of becomes arm64's of the first. */
void made_both(struct record r[2]);

#endif
