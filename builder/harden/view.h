/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image as rules see it: its config, its tree with facts of each file, its accounts, its layers.
 * It is the same for what a build put together and for anybody's image; the caller fills the first
 * part, view_start the second.
 *
 *     struct view v = {.image = …, .tree = …, .arch = …};
 *     view_start(&v);
 *     policy_check(recipe, &v, &findings);
 *     view_release(&v);
 *
 * Rules ask as the image's own user: whom `User` of the config means by the image's passwd and
 * group files, as runtimes look it up.
 */
#ifndef MKIMAGE_HARDEN_VIEW_H
#define MKIMAGE_HARDEN_VIEW_H

#include "base/path.h"
#include "oci/image.h"
#include "recipe/recipe.h"
#include "rootfs/tree.h"

#define LOGIN_FIELDS    9      /* of shadow, the widest file */
#define LOGIN_LINES_MAX 65536u /* of one file; what is behind them isn't looked at */

/* A line of passwd, group, shadow or gshadow. */
struct login {
    struct slice fields[LOGIN_FIELDS]; /* of the file's text; missing ones are empty */
    unsigned n_fields;
    unsigned line; /* from 1 */
    uint32_t id;   /* passwd, group: the third field; UINT32_MAX if it is no number */
    uint32_t gid;  /* passwd: the fourth */
};
struct login_file {
    const struct node *node; /* NULL if there is none */
    struct login *v;         /* lines that are neither empty nor comments */
    size_t n, cap;
    const struct login **by_id; /* the same, sorted by id and line */
};

/* Who the image's process is. */
struct identity {
    bool known;        /* the name or number could be made sense of */
    bool root;         /* uid 0 */
    bool gid_explicit; /* the config gives a group */
    uint32_t uid, gid;
    uint32_t *groups; /* supplementary */
    size_t n_groups, cap_groups;
    const char *home; /* of passwd, an image path; owned by the view; or NULL */
};

/* What the container starts: the first word of entrypoint or cmd, looked up as runtimes do it. */
struct started {
    char *path;                 /* an image path; NULL: no command, or in no directory of PATH */
    const struct node *node;    /* what is there, links followed; or NULL */
    const struct node *blocked; /* the directory that the user can't pass, or NULL */
};

/* A layer, where layers are at hand. */
struct view_layer {
    const char *name;          /* "sha256:…" */
    const struct node *hidden; /* what it holds and a later layer hides or overwrites */
    size_t n_hidden;
    struct strv faults; /* of its form, a few words each: "/x stands twice in it" */
};

/* What is known beside the image of who made it. */
struct view_trust {
    bool known; /* the place where it is could say */
    bool signature, provenance, sbom;
};

/* How the image records its packages. */
enum records { RECORDS_UNKNOWN, RECORDS_NONE, RECORDS_DPKG, RECORDS_APK, RECORDS_RPM };

struct view {
    const struct image *image; /* the config */
    struct tree *tree;
    const char *arch;           /* Debian's name; NULL or "": not known, so nothing is of another */
    const char *platform;       /* "linux/arm64", as an index names it; or NULL */
    const char *own_platform;   /* the config's, where that is another one; or NULL */
    bool os_blank;              /* the config names no operating system */
    const char *reference;      /* what the user called it, or NULL */
    const struct strv *history; /* created_by of all steps, the oldest first; or NULL */
    const struct strv *health,
        *onbuild;                 /* command lines of the config that nothing else has; or NULL */
    const struct strv *writable;  /* image paths declared as data; or NULL */
    const struct strv *declared;  /* packages that are wanted by name; or NULL */
    const struct lock_arch *lock; /* who delivered each package; NULL: that isn't known */
    const struct view_layer *layers;
    size_t n_layers;
    struct view_trust trust;
    int64_t now;      /* when certificates have to be valid */
    bool roots_known; /* the CA bundle was made of known roots: it isn't read again */
    enum records records;
    const char *support_over; /* what gets no security updates since when; NULL if it does, or that
                                 isn't known */
    const struct strv *record_faults; /* what the records say and isn't so; or NULL */

    struct login_file passwd, group, shadow, gshadow;
    struct identity user;
    struct started start;
    struct strv data; /* sorted image paths: where the user may write */
    char *home;
};

void view_start(struct view *v);
void view_release(struct view *v);

/* Whether the image's user may do all of this to a node, going by its owner, mode and ACL. An owner
 * may write whatever the mode says, because he may change it. Root may all but start what nobody
 * may start. */
enum access { MAY_EXECUTE = 1, MAY_WRITE = 2, MAY_READ = 4 };
bool view_may(const struct view *v, const struct node *n, unsigned access);

/* Walks to an image path as the user does, links followed, with the right to pass each directory.
 * NULL if it leads nowhere (*ret_blocked NULL) or a directory can't be passed (*ret_blocked). */
const struct node *view_walk(const struct view *v, const char *path,
                             const struct node **ret_blocked);

/* Whether the user may write in this directory, or, if it isn't there, make it. */
bool view_could_fill(const struct view *v, const char *path);

/* Whether the path is among those where the image is meant to write: home, /tmp, volumes, declared
 * directories. */
bool view_is_data(const struct view *v, const char *path);

/* A file's facts, those of a hard link too; NULL if there are none. */
const struct file_facts *view_facts(const struct view *v, const struct node *n);

/* The value of NAME in the config's environment, or NULL. */
const char *view_env(const struct view *v, const char *name);

/* Adds the directories that a name is looked for in: the config's PATH, or what a runtime takes
 * without one. */
void view_search_path(const struct view *v, struct strv *ret);

const struct login *login_by_name(const struct login_file *f, struct slice name);
const struct login *login_by_id(const struct login_file *f, uint32_t id);
/* A decimal number below 2^32 - 1, strictly digits. */
bool login_number(struct slice s, uint32_t *ret);

#endif
