/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file's content, looked at while it streams by: its digest, and facts about it (package.h).
 *
 *     content_start(&c, path, size, CONTENT_FACTS)
 *     content_add(&c, p, n, err) …
 *     content_end(&c, entry, NULL, err)
 *     content_release(&c)
 *
 * What needs the whole file at hand (ELF headers, marks of a shell, kept text, an MD5) is held in
 * memory up to CONTENT_MEMORY_MAX bytes, above that in an unlinked file that is then mapped.
 */
#ifndef MKIMAGE_ROOTFS_CONTENT_H
#define MKIMAGE_ROOTFS_CONTENT_H

#include "rootfs/keys.h"
#include "rootfs/package.h"
#include "rootfs/tokens.h"

#define CONTENT_MEMORY_MAX (16u << 20)
#define CONTENT_LINE_MAX   256 /* of a #! line, as the kernel reads it (binfmt_script.c) */

enum content_want {
    CONTENT_FACTS = 1 << 0, /* digest, ELF, #! line, marks, private keys, tokens */
    CONTENT_MD5 = 1 << 1,
};

struct content_scan {
    const char *path; /* borrowed */
    unsigned want;
    bool keep; /* unpack_keeps_content */
    uint64_t size, seen;
    struct hasher hasher;
    struct key_scan keys;
    struct token_scan tokens;
    char head[CONTENT_LINE_MAX];
    size_t n_head;
    enum { HOLD_UNDECIDED, HOLD_NOT, HOLD_MEMORY, HOLD_FILE } hold;
    char *memory; /* HOLD_MEMORY; kept from file to file */
    size_t memory_cap;
    int fd; /* HOLD_FILE */
};

/* The struct is zeroed before its first use; it may be started again and again. */
void content_start(struct content_scan *c, const char *path, uint64_t size, unsigned want);
int content_add(struct content_scan *c, const void *p, size_t n, struct err *err) MUST_USE;
/* Fills e->sha256 and e->facts (what there is to say; marks are added to facts that are there),
 * and ret_md5 where it is wanted (else NULL). */
int content_end(struct content_scan *c, struct entry *e, struct md5_text *ret_md5,
                struct err *err) MUST_USE;
void content_release(struct content_scan *c);

/* Of the tables that facts follow from: names, strings that mark a program, functions. */
struct sha256 content_tables_digest(void);

#endif
