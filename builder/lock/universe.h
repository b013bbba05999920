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
    char *name;                     /* for errors */
    char *origin;                   /* the source's name */
    bool debian;                    /* it is Debian's own */
    bool all;                       /* it delivers all packages, not only those of */
    struct strv packages, provides; /* the source's (recipe.h); packages sorted */
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
    bool fits : 1;      /* of this architecture or all */
    bool usable : 1;    /* it fits, and its source may deliver it */
    bool elsewhere : 1; /* another source names it, so it isn't usable */
};

/* A name of a package of Debian's that a third party's packages provide: only their own origin's
 * dependencies see it, under another name. */
struct held_name {
    Id name, held; /* "npm", "npm,nodesource": a comma ends a name in an index */
    size_t file;
};

struct universe {
    Pool *pool;
    char *arch;
    struct universe_file *files;
    size_t n_files, cap_files;
    struct stanza *stanzas; /* by solvable; 0 and 1 are libsolv's own */
    size_t n_stanzas, cap_stanzas;
    struct held_name *held;
    size_t n_held, cap_held;
    bool ready;
};

/* Called once all files are added: who may deliver what (origins.c), and what provides what. */
void universe_ready(struct universe *u);

/* Keeps third parties within their packages (design.md, invariant 10). Names that a source's
 * `packages` holds are usable from there only. Provides of a name that is a package of Debian's
 * for this architecture count for the dependencies of their own origin, unless the source's
 * `provides` holds the name; as conflicts they count for everybody. */
void origins_settle(struct universe *u);
/* The file, so the source, whose `packages` holds this name; NULL if none does. */
const struct universe_file *origins_claim(const struct universe *u, const char *name);
/* The name that such a provided one has for its own origin, 0 if it has none. */
Id origins_held(const struct universe *u, Id name, const char *origin);
bool origins_is_held(const Pool *pool, Id dep);
const struct universe_file *universe_file_of(const struct universe *u, Id p);

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
