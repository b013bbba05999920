/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anybody's layers as one tree, with facts of each file, and what each layer holds that a later
 * one hides. Nothing is unpacked: layers are read as streams, content is looked at while it goes
 * by (rootfs/content.h), and what is kept grows with the number of entries.
 *
 *     flat_start(&f, session)
 *     flat_layer(&f, source, &origin, err)      for each layer, the lowest first
 *     flat_image(&f, reader, image, false, err) or: all that an image has
 *     flat_directory(&f, path, err)             or: a tree on disk
 *     flat_finish(&f)                           f.tree, f.layers
 *     flat_release(&f)
 *
 * Layers are put together as Docker and containerd do it (OCI image spec, layer.md): parents that
 * are links are followed inside the tree, `.wh.NAME` removes what lower layers have at NAME,
 * `.wh..wh..opq` what they have in the directory, a hard link shares the inode of whatever the
 * tree has at its target, a directory over a directory keeps what is in it. What is odd about a
 * layer's form is a fault of its own; what can't be read at all is an error.
 */
#ifndef MKIMAGE_AUDIT_FLATTEN_H
#define MKIMAGE_AUDIT_FLATTEN_H

#include "audit/layertar.h"
#include "audit/overlay.h"
#include "base/session.h"
#include "oci/reader.h"
#include "rootfs/content.h"
#include "rootfs/tree.h"

#define FLAT_LAYERS_MAX  1000u
#define FLAT_ENTRIES_MAX 3000000u            /* of all layers, directories that they imply too */
#define FLAT_PATHS_MAX   (512u << 20)        /* bytes of all paths */
#define FLAT_TURNED_MAX  (256u << 20)        /* bytes of targets, as entries follow links */
#define FLAT_WAYS_MAX    (1u << 30)          /* the same, as rules and records follow them */
#define FLAT_KEEP_MAX    (192u << 20)        /* bytes of kept content, of all files */
#define FLAT_KEEP_FILE   (64u << 20)         /* of one */
#define FLAT_FACTS_MAX   (512u << 20)        /* bytes of facts beside that, and of links' targets */
#define FLAT_LOOK_MAX    (UINT64_C(2) << 30) /* a larger file is hashed and not looked into */
#define FLAT_BYTES_MAX   (UINT64_C(64) << 30) /* of all layers, decoded */
#define FLAT_BYTES_FREE  (UINT64_C(4) << 30)  /* above: at most FLAT_RATIO_MAX times their size */
#define FLAT_RATIO_MAX   100u

/* Where a layer comes from; borrowed until flat_layer returns. */
struct flat_origin {
    const char *name;       /* "sha256:…" */
    const char *created_by; /* or NULL */
    const char *media_type; /* or NULL */
    struct sha256 diff_id;  /* what the decoded tar should have; zero: not known */
    uint64_t packed;        /* bytes as it is stored */
    bool foreign;           /* may not be handed on; it names other places (urls) */
};

struct flat_layer {
    char *name, *created_by, *media_type;
    uint64_t packed, unpacked; /* bytes as stored, and as a tar */
    uint64_t content;          /* bytes of its files */
    size_t entries, files, whiteouts;
    bool absent;         /* it isn't here: a foreign layer, which isn't fetched */
    bool other;          /* its bytes aren't those of the config's diff_id */
    struct node *hidden; /* what of it a later layer removes or stands in for */
    size_t n_hidden, cap_hidden;
    size_t hidden_files; /* of those that are no directory */
    uint64_t hidden_bytes;
    struct strv faults; /* a few words each, names escaped */
};

struct flat {
    const struct session *session;
    struct tree *tree; /* of flat_finish */
    struct flat_layer *layers;
    size_t n_layers, cap_layers;
    bool incomplete; /* a layer is absent */
    bool plain;      /* a tree on disk: a name means itself, .wh.NAME too */
    unsigned
        *origin_layers; /* of flat_finish: by tree_nodes' order, from 1: which layer it is of */
    size_t n_nodes;

    struct overlay overlay;
    struct content_scan scan;
    size_t entries, n_kept, n_facts;
    uint64_t packed, unpacked; /* bytes of the layers so far */
};

void flat_start(struct flat *f, const struct session *s);
void flat_release(struct flat *f);

/* A layer's blob, compressed or not; takes the source over, also on failure. NULL: it isn't at
 * hand. */
int flat_layer(struct flat *f, struct source *blob, const struct flat_origin *origin,
               struct err *err) MUST_USE;

/* All layers of an image. strict: each has to be there, and to be the one that the config names;
 * else a layer that may not be handed on may be absent, and what is odd is a fault. */
int flat_image(struct flat *f, struct reader *reader, const struct read_image *image, bool strict,
               struct err *err) MUST_USE;

/* A directory of the host as the only layer: opened beneath it, links are never followed, other
 * file systems mounted in it are left out (a fault says so). */
int flat_directory(struct flat *f, const char *path, struct err *err) MUST_USE;

void flat_finish(struct flat *f);

/* The layer (from 0) that a node, or a finding, comes from, by its origin, which is a layer's name;
 * n_layers if it is none's. */
size_t flat_layer_of(const struct flat *f, const char *origin);

#endif
