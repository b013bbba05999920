/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A package as the image knows it: what its deb holds, what was done to it, and the layer that it
 * became. Made once by unpacking (unpack.h), kept in the cache, and read from there ever after, so
 * that no later stage reads a packaged file's content.
 *
 * The layer and these facts are a pure function of: the deb's SHA-256, the edits that take effect
 * on its paths, the compressor with version and level, the tables that facts follow from (by
 * content, content.h), and PACKAGE_FORMAT. Nothing else may play a part (docs/design.md,
 * invariant 2).
 */
#ifndef MKIMAGE_ROOTFS_PACKAGE_H
#define MKIMAGE_ROOTFS_PACKAGE_H

#include "base/strv.h"
#include "lock/lock.h"
#include "oci/layer.h"

/* Raised whenever the bytes of a layer or the meaning of a fact change; tests/cli/golden.sh has it
 * beside the digests, and won't write others for the same one. */
#define PACKAGE_FORMAT 5

enum entry_type {
    ENTRY_FILE,
    ENTRY_DIRECTORY,
    ENTRY_SYMLINK,
    ENTRY_HARDLINK,
    ENTRY_CHAR,
    ENTRY_BLOCK,
    ENTRY_FIFO,
};

/* What an ELF file's headers say. Filled by libelf, for the closure, ld.so.cache and rules. */
enum elf_flag {
    ELF_IS_64 = 1 << 0,
    ELF_IS_BIG_ENDIAN = 1 << 1,
    ELF_IS_EXEC = 1 << 2, /* ET_EXEC */
    ELF_IS_PIE = 1 << 3,  /* ET_DYN with PT_INTERP or DF_1_PIE */
    ELF_RELRO = 1 << 4,   /* PT_GNU_RELRO */
    ELF_NOW = 1 << 5,     /* DF_BIND_NOW or DF_1_NOW */
    ELF_NX = 1 << 6,      /* PT_GNU_STACK without X */
    ELF_WX = 1 << 7,      /* a segment that is W and X */
    ELF_TEXTREL = 1 << 8,
    ELF_SSP = 1 << 9,          /* imports or brings __stack_chk_fail */
    ELF_FORTIFY = 1 << 10,     /* imports __*_chk */
    ELF_UNFORTIFIED = 1 << 11, /* imports what is always another function when fortified */
    ELF_DYNAMIC = 1 << 12,     /* has PT_DYNAMIC */
    ELF_DAMAGED = 1 << 13,     /* begins as ELF, but can't be read */
    ELF_EXEC_STACK = 1 << 14,  /* PT_GNU_STACK with X */
    ELF_NODEFLIB = 1 << 15,    /* DF_1_NODEFLIB: not from the loader's own directories */
    ELF_GO = 1 << 16,          /* written in Go */
    ELF_RUST = 1 << 17,        /* holds Rust's library */
    ELF_LOADABLE = 1 << 18,    /* has segments, with their bytes: no object, no debug file */
    ELF_LAZY = 1 << 19,        /* has DT_JMPREL: functions bound when first called, unless NOW */
    ELF_BUFFERS = 1 << 20,     /* imports functions that fill an array of the caller's */
};
struct elf_facts {
    uint32_t flags;   /* enum elf_flag */
    uint16_t machine; /* e_machine */
    uint16_t type;    /* e_type */
    uint32_t e_flags;
    uint8_t osabi;
    char *interp;  /* PT_INTERP, or NULL */
    char *soname;  /* or NULL */
    char *runpath; /* DT_RUNPATH, or NULL */
    char *rpath;   /* DT_RPATH, or NULL */
    struct strv needed;
    /* Symbol versions (elf_versions.h): versions.v[i] is asked of the library versions_of.v[i];
     * defines: what the file has itself, its own name among it; empty without DT_VERDEF. */
    struct strv versions_of, versions, defines;
    uint32_t abi_note[4]; /* NT_GNU_ABI_TAG: os, major, minor, patch; for ld.so.cache */
    bool has_abi_note;
};

/* Marks found in a file's content while it streamed by. */
enum content_mark {
    MARK_ELF = 1 << 0,
    MARK_SCRIPT = 1 << 1,     /* begins with #! */
    MARK_SHELL = 1 << 2,      /* a shell by content: a multi-call binary's or shell's own strings */
    MARK_CAPABILITY = 1 << 3, /* the deb gives it file capabilities, which no layer carries */
    MARK_KEY = 1 << 4,        /* holds a private key; ELF files aren't asked */
};
/* An extended attribute; ACLs that a tar keeps as text bear pax's names (SCHILY.acl.access). A
 * package's are dropped, so only images of others have any. */
struct xattr {
    char *name, *value; /* value: size bytes and a NUL */
    size_t size;
};
struct file_facts {
    uint32_t marks;
    struct elf_facts *elf; /* with MARK_ELF */
    char *interpreter;     /* with MARK_SCRIPT: the whole line behind #!, trimmed */
    char *program;         /* which one an ELF program is by its content: "busybox", "curl" */
    char *key;             /* with MARK_KEY: of which kind, "RSA PRIVATE KEY" */
    char *token;           /* what a token in its text is by its form (tokens.h), or NULL */
    char *content;         /* of the few files whose text later stages need (unpack.h) */
    size_t content_size;
    struct xattr *xattrs;
    size_t n_xattrs;
};

/* A path of the deb, in the deb's order. */
struct entry {
    char *path;   /* image path, usrmerge applied */
    char *target; /* of links: as it stands for a symlink, an image path for a hard link; of a file
                     that was a hard link to a dropped one and got its data: that one's path */
    struct sha256 sha256;     /* of files */
    struct file_facts *facts; /* or NULL */
    uint64_t size;
    int64_t mtime; /* clamped to the package's time */
    uint32_t uid, gid;
    uint16_t mode;     /* as shipped in the layer */
    uint16_t mode_deb; /* as it is in the deb */
    enum entry_type type;
    bool dropped;     /* not in the layer */
    const char *rule; /* why it was dropped or its mode changed: a rule's id, "exclude", "only",
                         "replaced"; "parent" for a directory that the deb doesn't have but its
                         files need; NULL for what is shipped as it came. Owned by the package */
};

/* A maintainer script, or another file of the control member (triggers, conffiles, …). */
struct control_file {
    char *name; /* "postinst" */
    char *text;
    size_t size;
};

struct package {
    char *name, *version, *arch;
    char *source, *source_version;
    bool multiarch_same;
    struct sha256 deb;
    uint64_t deb_size;
    int64_t time;         /* the deb's newest ar member time */
    char *control;        /* the stanza as it is in the deb, one newline at its end */
    char *md5sums;        /* of shipped files, "md5  path" lines, made where the deb lacks them */
    struct strv replaces; /* relations, as the stanza has them: "libfoo1 (<< 2)" */
    struct control_file *scripts; /* all of the control member but control and md5sums */
    size_t n_scripts;
    struct entry *entries;
    size_t n_entries, cap_entries;
    struct strv rules;  /* what the entries' rules point to, once each (package_rule) */
    struct sha256 key;  /* what the facts are kept under */
    struct layer layer; /* of this package alone */
    uint64_t files_offset, files_packed, files_raw; /* the fragment inside the layer's blob */
};

void package_free(struct package *p);
void file_facts_free(struct file_facts *f);

/* The rule's text as the package's own, to be put into an entry; NULL gives NULL. */
const char *package_rule(struct package *p, const char *rule);

/* Sorted lookup by path among entries that are shipped; NULL if there is none. Builds nothing:
 * linear, for tests and single questions; the tree answers many. */
const struct entry *package_find(const struct package *p, const char *path);

/* Facts as bytes for the cache and back. A record that doesn't parse to its last byte, or of
 * another PACKAGE_FORMAT, is an error. */
void package_encode(const struct package *p, struct buf *ret);
int package_decode(const void *p, size_t n, struct package **ret, struct err *err) MUST_USE;

#endif
