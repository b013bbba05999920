/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recipe: what a user writes, read once, constant afterwards.
 *
 *     struct recipe *r = NULL;
 *     if (recipe_load("python3.conf", &options, &r, err) < 0) …
 *     … r->packages …
 *     recipe_free(r);
 *
 * Its text goes through conf.h (grammar), blocks.h (what replaces what), parse.h (include) and
 * convert.h (this struct). Lists add up across include() with `+=`; titled sections of one title
 * replace each other as a whole, the last one read wins; `config`, `user`, `gate` and `os_release`
 * merge option by option. Every item knows the file and line that it came from, so that errors of
 * later stages can name them.
 *
 * All paths inside the image are kept as base/path.h keeps them: clean, no leading slash.
 */
#ifndef MKIMAGE_RECIPE_RECIPE_H
#define MKIMAGE_RECIPE_RECIPE_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/strv.h"

/* Where an item stands: the path of the file as it was opened, owned by the recipe. What the
 * recipe doesn't say and a default fills in has the recipe's own path and line 0. */
struct origin {
    const char *file;
    unsigned line;
};

/* An item of a list option. */
struct recipe_item {
    char *text;
    struct origin at;
};
struct recipe_list {
    struct recipe_item *v;
    size_t n, cap;
};
void recipe_list_add(struct recipe_list *l, char *text, struct origin at); /* owns text */
void recipe_list_release(struct recipe_list *l);
bool recipe_list_has(const struct recipe_list *l, const char *text);

/* A wanted package: "name" or "name (OP VERSION)" with Debian's operators << <= = >= >>
 * (deb-control syntax, Debian policy 7.1). */
struct recipe_package {
    char *name;
    char *op;      /* NULL without a constraint */
    char *version; /* NULL without a constraint */
    struct origin at;
    unsigned rank; /* of the file it stands in: included files are complete first, so their
                      packages rank lower; layers are ordered by it */
};

/* source "debian" { … }: an archive. "debian" and "debian-security" have defaults that follow
 * `suite`, and are one origin; any other one is a third party's, an origin by itself. It needs a
 * keyring, and delivers only `packages`, which come from nowhere else, unless all_packages is
 * set. */
struct recipe_source {
    char *name;
    struct strv suites;
    struct strv components;
    struct strv mirrors;  /* may be empty: from the command line, the environment or apt */
    struct strv archives; /* URLs with {date}, for locked debs that the mirrors dropped */
    char *keyring;        /* host path, or NULL for Debian's own */
    struct strv packages;
    bool all_packages;
    struct strv provides;  /* packages of Debian's that its packages' Provides may stand in for */
    struct strv replaces;  /* packages of other origins whose files its Replaces may take over */
    unsigned max_age_days; /* 0: no limit */
    struct origin at;
};

/* package "x" { only = {…} exclude = {…} }: a part of a package. */
struct recipe_part {
    char *package;
    struct strv only;    /* globs; empty means all */
    struct strv exclude; /* globs */
    struct origin at;
};

enum content_kind { CONTENT_SOURCE, CONTENT_INLINE, CONTENT_URL };

#define OWNER_DEFAULT 0
#define MODE_DEFAULT  UINT32_MAX /* 0644 or 0755 by the source's x bit; directories 0755 */

/* file "/path" { … } and tree "/path" { … } */
struct recipe_file {
    char *path;
    enum content_kind kind;
    char *source;  /* CONTENT_SOURCE: relative to `root` */
    char *root;    /* the directory that sources are confined to (the naming file's) */
    char *content; /* CONTENT_INLINE */
    char *url;     /* CONTENT_URL, with: */
    struct sha256 sha256;
    uint32_t uid, gid, mode;
    bool replace;        /* may stand in for a package's file */
    struct strv exclude; /* tree: globs relative to it */
    struct origin at;
};

/* directory "/path" { owner, group, mode, recursive } */
struct recipe_directory {
    char *path;
    uint32_t uid, gid, mode; /* mode MODE_DEFAULT: 0755, or what the package says */
    bool has_owner;          /* uid and gid were given */
    bool recursive;          /* what a package brings below it is given the owner too */
    struct origin at;
};

/* link "/path" { target = "…" } */
struct recipe_link {
    char *path;
    char *target; /* as it will stand in the link */
    bool replace;
    struct origin at;
};

/* alternative "name" { path }: which of several that packages offer */
struct recipe_alternative {
    char *name;
    char *path; /* absolute, as the package offers it */
    struct origin at;
};

/* account "name" { uid, gid, home, shell, comment } beside root, nobody and the user; gid is the
 * uid by default, home /nonexistent, shell /sbin/nologin, comment empty */
struct recipe_account {
    char *name;
    uint32_t uid, gid;
    char *home, *shell, *comment;
    struct origin at;
};

/* allow { rule, path, reason, expires } */
struct recipe_allow {
    char *rule;
    char *path;    /* glob */
    char *reason;  /* never empty */
    char *expires; /* "YYYY-MM-DD" or NULL */
    struct origin at;
};

/* config { … }: what becomes the OCI image config (image spec, config.md "Properties"). */
struct recipe_config {
    struct recipe_list entrypoint, cmd;
    struct recipe_list env;    /* "NAME=value", one a name: the last one wins, in its first place */
    struct recipe_list expose; /* "8080/tcp" */
    struct recipe_list volumes;
    char *workdir; /* absolute, or NULL */
    char *stop_signal;
    struct origin at;
};

/* gate { … }: what stops an image from being published though it builds (fleet/gate.h). All but
 * severity and end_of_life compares with what is published. */
struct recipe_gate {
    char *growth;                  /* "10%" or "20 MB" of the layers' sizes together, or NULL */
    bool packages;                 /* a package that comes or goes, but for those of */
    struct recipe_list may_change; /* globs of names */
    bool executables;              /* a new file that the user may execute */
    bool setuid;                   /* a new setuid or setgid file in a package's data */
    bool scripts;                  /* a changed maintainer script that isn't classed */
    char *severity;                /* "high": a finding as bad as that or worse, or NULL */
    unsigned end_of_life;          /* days before the recipe's end_of_life; 0: not looked at */
};

enum compression { COMPRESSION_ZSTD, COMPRESSION_GZIP };

#define RECIPE_USER_ID    5000
#define RECIPE_LAYERS     60
#define RECIPE_LAYERS_MAX 120

struct recipe {
    char *path;      /* as it was given */
    char *directory; /* of the recipe: the lock stands here */
    char *name;      /* `name`, or the file's name without ".conf" */
    char *title, *description;
    char *suite;                            /* "trixie" by default */
    struct recipe_list labels, annotations; /* "key=value", one a key: the last one wins */
    struct recipe_list arch;                /* Debian names; empty means the host's */
    struct recipe_package *packages;
    size_t n_packages;
    struct recipe_list omit, forbid;    /* package names; of a package that one file wants and
                                           another one omits, the file that was read later has
                                           its way: here it stands in one place only */
    struct recipe_list exclude, keep;   /* globs; keep wins over exclude. What every image leaves
                                           out (documentation, manuals, locales, but for copyright
                                           files) is in them, at line 0 */
    struct recipe_list ca_certificates; /* paths relative to the directory of at.file */
    struct recipe_list templates;       /* names */
    struct recipe_list tags;            /* kept for publishing */
    char *end_of_life;                  /* "YYYY-MM-DD" or NULL */
    bool recommends;                    /* false by default */
    struct recipe_source *sources;
    size_t n_sources;
    struct recipe_part *parts;
    size_t n_parts;
    struct recipe_file *files, *trees;
    size_t n_files, n_trees;
    struct recipe_directory *directories;
    size_t n_directories;
    struct recipe_link *links;
    size_t n_links;
    struct recipe_alternative *alternatives;
    size_t n_alternatives;
    struct recipe_account *accounts;
    size_t n_accounts;
    struct recipe_allow *allows;
    size_t n_allows;
    struct recipe_config config;
    char *user_name; /* "mortaluser" */
    char *user_home; /* "/home/mortaluser" */
    struct recipe_gate gate;
    struct recipe_list os_release; /* "NAME=value" of the names that may be set */
    enum compression compression;
    int level;                /* of the codec: zstd 3, gzip 6 by default */
    unsigned layers;          /* budget */
    struct strv files_read;   /* every recipe file, in order of completion: the included first;
                                 recipe_package.rank counts in it */
    struct strv allow_source; /* of the options, for recipe_open; of a shipped recipe the data
                                 directory, too */
    struct recipe_list set;   /* text: "title", "config.workdir", …: the single options that the
                                 recipe sets, for recipe_show */
};

struct recipe_options {
    const char *data_dir;            /* where shipped recipes and templates are, or NULL */
    const struct strv *allow_source; /* --allow-source: further directories for local files */
};

/* Reads a recipe with its includes, checks each value by itself and in context. On failure *ret
 * is NULL and err names file and line. */
int recipe_load(const char *path, const struct recipe_options *options, struct recipe **ret,
                struct err *err) MUST_USE;
/* The same of a text that stands for the file at path, which need not be there. */
int recipe_load_text(const char *path, struct slice text, const struct recipe_options *options,
                     struct recipe **ret, struct err *err) MUST_USE;
/* A file of --gate: a gate section and nothing else, but for files that it includes. Of the recipe
 * only the gate is set. */
int recipe_load_gate(const char *path, struct recipe **ret, struct err *err) MUST_USE;
void recipe_free(struct recipe *r);

/* The flattened recipe as text that recipe_load reads again to the same recipe (from a file in the
 * same directory), each line with "# file:line" of its origin behind it, or "# default"; a titled
 * section comes whole from one place, which stands at its first line. */
void recipe_show(const struct recipe *r, struct buf *ret);

/* The same without origins, and without what can't change an image that is built from a lock:
 * sources, tags, architectures. Local files stand as the recipe names them, so that a checkout may
 * be moved. */
void recipe_canonical(const struct recipe *r, struct buf *ret);

/* What the solver reads, as a digest: sources (but not their mirrors), suite, architectures
 * (sorted), packages with constraints, omit, forbid, recommends. A changed label doesn't move it;
 * nor does the order of lists. This is what makes a lock stale. */
struct sha256 recipe_solver_digest(const struct recipe *r, const struct strv *arches);

/* Opens a local file of the recipe below its root (base/file.h open_beneath), or below one of the
 * directories that --allow-source names. root may be NULL: the directory of at->file, as for
 * ca_certificates. Returns a file descriptor, or negative. */
int recipe_open(const struct recipe *r, const char *root, const char *source, int flags,
                const struct origin *at, struct err *err) MUST_USE;

/* Whether a source of this name is Debian's own; any other one is a third party's. */
bool recipe_is_debian(const char *source);
/* Whether what two sources deliver is of one origin. */
bool recipe_same_origin(const char *source, const char *other);
/* The source of this name, or NULL. */
const struct recipe_source *recipe_source_of(const struct recipe *r, const char *name);

const struct recipe_part *recipe_part_of(const struct recipe *r, const char *package);

#endif
