/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One architecture's packages in a libsolv pool; private to lock/.
 *
 * libsolv makes one solvable of each stanza, in their order. What it doesn't keep (the source
 * version, Priority, Filename and the like) is read from the stanza itself, which a table of
 * offsets finds again: the Packages files stay mapped as long as the universe lives.
 */
#ifndef MKIMAGE_LOCK_UNIVERSE_H
#define MKIMAGE_LOCK_UNIVERSE_H

#include "deb/deb822.h"
#include "lock/solve.h"
#include <solv/pool.h>
#include <solv/repo.h>

struct universe_file {
    char *map; /* MAP_PRIVATE, size bytes */
    size_t size;
    char *name;   /* for errors */
    char *origin; /* the source's name */
};

enum priority {
    PRIORITY_REQUIRED = 1,
    PRIORITY_IMPORTANT,
    PRIORITY_STANDARD,
    PRIORITY_OPTIONAL,
    PRIORITY_EXTRA
};

struct stanza {
    uint64_t offset; /* in its file */
    uint32_t length;
    uint16_t file; /* index into universe.files */
    uint8_t priority;
    bool essential : 1;
    bool protected : 1; /* Protected: yes, or its older name Important: yes */
    bool usable : 1;    /* of this architecture or all, and its source may deliver it */
};

struct universe {
    Pool *pool;
    char *arch;
    struct universe_file *files;
    size_t n_files, cap_files;
    struct stanza *stanzas; /* by solvable; 0 and 1 are libsolv's own */
    size_t n_stanzas, cap_stanzas;
    bool ready;
};

/* Called once all files are added: what provides what. */
void universe_ready(struct universe *u);

const struct stanza *universe_stanza(const struct universe *u, Id p);
const char *universe_name(const struct universe *u, Id p);
const char *universe_version(const struct universe *u, Id p);

/* The whole stanza as it stands in the index. */
struct slice universe_text(const struct universe *u, Id p);

/* Fills a lock's package from the stanza; a field that is missing or isn't well formed is an
 * error with file and line. */
int universe_package(const struct universe *u, Id p, struct lock_package *ret,
                     struct err *err) MUST_USE;

#endif
