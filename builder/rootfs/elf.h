/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an ELF file's headers say (package.h), read by libelf from memory: System V gABI chapters
 * 4 and 5, and the GNU extensions of elf.h. Segments are believed before sections, as the loader
 * does it; sections serve only to find the symbols' number.
 */
#ifndef MKIMAGE_ROOTFS_ELF_H
#define MKIMAGE_ROOTFS_ELF_H

#include "rootfs/package.h"

#define ELF_STRINGS_MAX 4096 /* DT_NEEDED entries, and bytes of a name */

/* Of n bytes that begin with the ELF magic. Never NULL: what can't be read has ELF_DAMAGED. */
struct elf_facts *elf_read(const void *p, size_t n);

/* A NUL-terminated text that lies wholly within [offset, offset+size) of a file, and is no longer
 * than ELF_STRINGS_MAX; NULL if there is none. */
const char *elf_text_at(struct slice file, uint64_t offset, uint64_t size);

/* Whether it is started by name (a program), rather than loaded by one (a library, an object). */
bool elf_is_program(const struct elf_facts *e);

/* Adds the names of the functions that flags tell of. */
void elf_names_hash(struct hasher *h);

#endif
