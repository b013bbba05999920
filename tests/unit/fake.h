/* SPDX-License-Identifier: Apache-2.0 */
/* Packages made up for tests of what comes after unpacking. All strings are copied. */
#ifndef MKIMAGE_TESTS_FAKE_H
#define MKIMAGE_TESTS_FAKE_H

#include "rootfs/package.h"

struct package *fake_package(const char *name, const char *version);
struct entry *fake_dir(struct package *p, const char *path, uint16_t mode);
struct entry *fake_link(struct package *p, const char *path, const char *target);
/* A file whose content is kept in the facts. */
struct entry *fake_file(struct package *p, const char *path, const char *text);
struct entry *fake_bytes(struct package *p, const char *path, const void *bytes, size_t n);
struct entry *fake_elf(struct package *p, const char *path, const char *soname, uint16_t machine);
void fake_script(struct package *p, const char *name, const char *text);

#endif
