/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole image as one tree in memory: who owns each path, with which attributes, and where its
 * bytes are. Packages come first, in the order of layers; then the image's own files.
 *
 * A path is walked component by component: a symlink in the way is an error, but for the links
 * that usrmerge and base-files bring (/bin /sbin /lib* /var/run /var/lock), which are followed.
 * Directories' attributes: the first package that brings one decides, as dpkg does it; where the
 * layers on top of each other would say otherwise, the image's own layer says it again.
 */
#ifndef MKIMAGE_ROOTFS_TREE_H
#define MKIMAGE_ROOTFS_TREE_H

#include "base/session.h"
#include "base/stream.h"
#include "rootfs/package.h"

/* Where the bytes of an own file are. */
enum content_from { FROM_PACKAGE, FROM_MEMORY, FROM_HOST, FROM_CACHE, FROM_COPY };
struct content {
    enum content_from from;
    char *bytes;                   /* FROM_MEMORY: owned; FROM_HOST, FROM_COPY: the path, owned */
    int fd;                        /* FROM_HOST: open for reading, owned; else -1 */
    const struct package *package; /* FROM_COPY: whose file of that path has the same bytes */
};

struct node {
    char *path;
    enum entry_type type; /* CHAR, BLOCK, FIFO: only in images of others */
    uint16_t mode;
    uint32_t uid, gid;
    int64_t mtime;
    uint64_t size; /* of a device: its number, major * 2^32 + minor */
    char *target;
    struct sha256 sha256;
    const struct file_facts *facts; /* borrowed from the package, or the tree's own; or NULL */
    const struct package *package;  /* NULL: the image's own */
    const struct package *maker;    /* of an own one: whose script would have made it, or NULL */
    struct content content;
    bool own_layer;     /* goes into the image's own layer */
    bool made;          /* by the build itself (node_spec) */
    bool replaced;      /* an own file that stands in for a package's: by `replace = true` */
    const char *origin; /* who put it there, for errors: "python3.conf:12", "template base" */
};

/* The package that brings it, or whose script made it; NULL: the image's own. */
static inline const struct package *node_by(const struct node *n)
{
    return n->package ? n->package : n->maker;
}

struct tree;

struct tree *tree_new(void);
void tree_free(struct tree *t);

/* What an own path is made of; strings are copied. Content is taken over (also on failure). */
struct node_spec {
    const char *path;
    enum entry_type type;
    uint16_t mode;
    uint32_t uid, gid;
    int64_t mtime;
    const char *target;
    uint64_t size;
    struct sha256 sha256;
    struct content content;
    struct file_facts *facts;    /* taken over; or NULL */
    bool replace;                /* may stand in for a package's path */
    bool weak;                   /* keeps what is there already, whoever put it there */
    bool made;                   /* by the build itself: stands in for a package's path, and gives
                                    way to the recipe's own if that says `replace` */
    const struct package *maker; /* whose script would have made it, or NULL */
    const char *origin;
};

/* Adds a package's shipped entries. Two packages with one path: the same link or directory is
 * fine; a file is an error that names both, unless one of them Replaces the other (then the
 * replaced one's path must have been dropped from its layer before: tree_conflicts). */
int tree_add_package(struct tree *t, const struct package *p, struct err *err) MUST_USE;

/* Who delivered a package: the name of its source, and what its Replaces may take over from
 * packages of other origins (recipe.h). */
struct delivery {
    const char *source;
    const struct strv *replaces; /* or NULL: nothing */
};

/* Within an origin Replaces is the maintainers' word; across origins the recipe has to give it. */
bool delivery_may_take(const struct delivery *by, const struct delivery *from, const char *package);

/* Paths that two packages bring, where one Replaces the other: for each package the paths that it
 * loses, to be dropped as "replaced". lost[i] and from[i] belong to packages[i]. A conflict without
 * Replaces is an error naming path and both packages; so is one between packages of different
 * origins, whichever says Replaces, unless the source of the one that says so may replace the
 * other. What stands in lost[i] already (diverted paths) isn't asked about. */
int tree_conflicts(struct package *const *packages, const struct delivery *from, size_t n,
                   struct strv *lost, struct err *err) MUST_USE;

/* Adds an own path; missing parent directories are made (0755, root). Over a package's path it is
 * an error without `replace`; over an own path of the recipe too (names both origins). A directory
 * over a directory changes its attributes. */
int tree_put(struct tree *t, const struct node_spec *spec, struct err *err) MUST_USE;

/* Takes an own link away again, as if it hadn't been put; one that took a package's place stays. */
void tree_take(struct tree *t, const char *path);

/* Adds a node of an image of others: nothing is crossed, made above it or refused, and nothing may
 * be there yet; "" is the root. Path and target are copied, the rest is borrowed. */
struct node *tree_put_foreign(struct tree *t, const struct node *n);

/* Shorthands: a file of bytes, a directory, a link; root's, with the tree's epoch as time. */
void tree_set_epoch(struct tree *t, int64_t epoch);
int64_t tree_epoch(const struct tree *t);
int tree_put_text(struct tree *t, const char *path, uint16_t mode, const char *text, size_t n,
                  const char *origin, struct err *err) MUST_USE;
int tree_put_made(struct tree *t, const char *path, uint16_t mode, const char *text, size_t n,
                  const char *origin, struct err *err) MUST_USE;
int tree_put_directory(struct tree *t, const char *path, uint16_t mode, uint32_t uid, uint32_t gid,
                       const char *origin, struct err *err) MUST_USE;
int tree_put_link(struct tree *t, const char *path, const char *target, const char *origin,
                  struct err *err) MUST_USE;
/* The same, where nothing is there yet: what is stays, and the recipe's files may take the place of
 * what is put. */
int tree_offer_text(struct tree *t, const char *path, uint16_t mode, const char *text, size_t n,
                    const char *origin, struct err *err) MUST_USE;
int tree_offer_directory(struct tree *t, const char *path, uint16_t mode, uint32_t uid,
                         uint32_t gid, const char *origin, struct err *err) MUST_USE;
int tree_offer_link(struct tree *t, const char *path, const char *target, const char *origin,
                    struct err *err) MUST_USE;

/* Takes an own path out again that nothing lies in; a package's is left. Whether it is gone. */
bool tree_remove(struct tree *t, const char *path);

/* The content of an own file with the bytes of this one, whoever has them. */
int tree_copy_content(const struct node *n, struct content *ret, struct err *err) MUST_USE;

/* The node at exactly this path, or NULL. tree_resolve follows links (40 at most), inside the
 * tree only; NULL if it leads nowhere. */
struct node *tree_find(const struct tree *t, const char *path);
struct node *tree_resolve(const struct tree *t, const char *path);

/* For an image of others, whose links may lead through each other at any length: once tree_resolve
 * has followed targets of more bytes than this, it finds nothing any more, and tree_exhausted says
 * so. Not to be used by several threads then. */
void tree_bound(struct tree *t, size_t bytes);
bool tree_exhausted(const struct tree *t);

/* All nodes, sorted by path (bytes, but "/" before all else, so that a directory's content follows
 * it). The list is the tree's own and valid until the tree changes. */
struct node *const *tree_nodes(struct tree *t, size_t *ret_n);

/* A file's content: bytes of own files, or the kept content of a packaged one; NULL if it isn't
 * kept. *ret is borrowed. */
bool tree_text(const struct node *n, struct slice *ret);

/* Writes the nodes with own_layer into the image's own layer: directories first (with those above
 * them as the tree has them), sorted, then the rest sorted. Host files are hashed again on the way
 * and must be what they were. Kept in the cache under a key made of all that is in it, digests of
 * content included: a layer that was made before is not made again, and reads no file. */
int tree_own_layer(const struct context *ctx, struct tree *t, const struct compressor *compressor,
                   struct layer *ret, struct err *err) MUST_USE;

#endif
