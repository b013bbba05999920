/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers of tars share, of debs (tarread.h) and of layers (audit/layertar.h): libarchive
 * over a source, with names as raw bytes whatever the locale. What is refused and what is only
 * reported is theirs.
 */
#ifndef MKIMAGE_ROOTFS_TARCORE_H
#define MKIMAGE_ROOTFS_TARCORE_H

#include "base/stream.h"
#include "rootfs/package.h"
#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#define TAR_CHUNK (256u << 10)

struct tar_core {
    struct source *source;
    const char *name, *other_format;
    struct archive *archive;
    struct archive_entry *entry; /* valid until the next one */
    struct err err;              /* of the source, which libarchive doesn't pass on */
    char *chunk;                 /* TAR_CHUNK bytes, the last n_chunk that libarchive was handed */
    size_t n_chunk;
    uint64_t bytes; /* handed to libarchive */
    size_t items;
    locale_t c_locale; /* in which libarchive takes names as they are */
};

/* Takes the source over, also on failure; name is for errors and borrowed. With other_format (what
 * is wrong, in words) a source of another format is an error of its own, and one without a byte a
 * tar without an entry. The core stays where it is from then on; it is released on failure, too. */
int tar_core_open(struct tar_core *c, struct source *source, const char *name,
                  const char *other_format, struct err *err) MUST_USE;
void tar_core_release(struct tar_core *c);

/* 1: an entry, counted; 0: libarchive's end of the archive, which may not be the source's. */
int tar_core_next(struct tar_core *c, struct err *err) MUST_USE;

/* The error of a call of libarchive that failed, with the entry's number. */
int tar_core_failed(struct tar_core *c, struct err *err);

/* The entry's type, and of links the target (else NULL); false for types that nothing is made of,
 * and for a symlink without a target. */
bool tar_core_type(const struct tar_core *c, enum entry_type *ret, const char **ret_target);

#endif
