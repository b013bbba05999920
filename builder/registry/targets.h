/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tags that a push is to set, and what they name now. Private to registry.
 *
 *     targets_add ─► targets_look ─► targets_add_arches ─► targets_look ─► which are `same`?
 *
 * A tag that never moves is taken as it is only where it is free or names these bytes already: else
 * with ".1", ".2" and so on behind it, and so are the tags of its architectures. Where the registry
 * won't say what a tag names, the list of tags tells whether it is free, and who pushes whether it
 * was these bytes' before (push_options.published_before); without a list a tag that never moves
 * isn't set.
 */
#ifndef MKIMAGE_REGISTRY_TARGETS_H
#define MKIMAGE_REGISTRY_TARGETS_H

#include "registry/copy.h"

#include <jansson.h>

struct target {
    char *tag; /* NULL: by digest alone */
    struct sha256 digest;
    bool fixed; /* never moves */
    bool arch;  /* TAG-ARCH */
    bool asked; /* targets_look did */
    bool same;  /* it named it already */
};

struct targets {
    struct registry *registry;
    const struct reference *to; /* host and repository */
    const struct push_options *options;
    struct sha256 root;     /* of the image */
    struct sha256 replaced; /* what the first one, but for TAG-ARCH, named before; or zero */
    struct target *v;
    size_t n, cap;
    bool listed; /* the repository's tags are in */
    struct strv list;
};

void targets_release(struct targets *t);
/* tag NULL: by digest alone. One that is there already isn't added again. */
void targets_add(struct targets *t, const char *tag, const struct sha256 *digest, bool fixed);
/* TAG-ARCH of each tag for each image of an index. */
int targets_add_arches(struct targets *t, const json_t *index, struct err *err) MUST_USE;
/* Asks for those that weren't asked for yet, a HEAD each. */
int targets_look(struct targets *t, struct err *err) MUST_USE;
/* Whether the registry holds a manifest. */
int targets_holds(struct targets *t, const struct sha256 *digest, bool *ret,
                  struct err *err) MUST_USE;
/* How many name what they are to name. */
size_t targets_same(const struct targets *t);

#endif
