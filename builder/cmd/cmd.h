/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands: one row of COMMANDS and a file each; options in one table, each with the commands that
 * take it. A command parses nothing itself: it gets its options filled in, calls the library
 * and prints.
 */
#ifndef MKIMAGE_CMD_CMD_H
#define MKIMAGE_CMD_CMD_H

#include "base/session.h"
#include "base/strv.h"
#include "net/cache.h"
#include "net/http.h"
#include "pipeline.h"
#include "registry/copy.h"

/* Exit codes; err_code's first three are the same. */
#define EXIT_OK     0
#define EXIT_FAIL   1
#define EXIT_USAGE  2
#define EXIT_POLICY 3
#define EXIT_DIFFER 1 /* of diff --exit-code, whose failures are EXIT_USAGE */

/* The commands, a row each, in the order of the help: what it is called (in C, and by its user),
 * its arguments, and what it does in a line. From them come the enum, the masks of option_table,
 * the table, the help, and the names of the functions: cmd_build is in cmd/build.c. */
#define COMMANDS(ROW)                                                                             \
    ROW(BUILD, build, "RECIPE...", "build images from recipes (`build' may be left out)")         \
    ROW(LOCK, lock, "RECIPE...", "resolve a recipe and write its lock")                           \
    ROW(UPDATE, update, "RECIPE...",                                                              \
        "move recipes to today's archive, and publish the images that changed")                   \
    ROW(SHOW, show, "RECIPE", "print a recipe with its includes flattened")                       \
    ROW(INSPECT, inspect, "LOCATION", "print an image's manifest, config and layers")             \
    ROW(DIFF, diff, "OLD NEW", "tell how two images differ, wherever they are")                   \
    ROW(EXPLAIN, explain, "[RULE...]", "explain rules of the hardening policy, or list them all") \
    ROW(PUSH, push, "LOCATION NAME", "push an image to a registry")                               \
    ROW(PULL, pull, "NAME LOCATION", "pull an image from a registry")                             \
    ROW(COPY, copy, "FROM TO", "copy an image from any location to any other")                    \
    ROW(TAG, tag, "NAME TAG...", "give an image of a registry further tags")                      \
    ROW(TAGS, tags, "NAME", "list the tags of a repository")                                      \
    ROW(DELETE, delete, "NAME", "delete a tag or an image from a registry")                       \
    ROW(LOGIN, login, "HOST", "keep a registry's user and password")                              \
    ROW(LOGOUT, logout, "HOST", "forget a registry's user and password")                          \
    ROW(AUDIT, audit, "LOCATION", "judge any image by the hardening rules")                       \
    ROW(COMPLETION, completion, "SHELL", "print what completes commands in bash, zsh or fish")    \
    ROW(HELP, help, "[COMMAND]", "print help")

#define COMMAND_NUMBER(NAME, name, arguments, summary) NUMBER_##NAME,
enum { COMMANDS(COMMAND_NUMBER) COMMAND_COUNT };

/* For masks. */
#define COMMAND_ID(NAME, name, arguments, summary) CMD_##NAME = 1 << NUMBER_##NAME,
enum command_id { COMMANDS(COMMAND_ID) CMD_ALL = (1 << COMMAND_COUNT) - 1 };

/* All options of all commands; which are set says the command line. */
struct cli {
    struct strv arches, outputs, mirrors, allow_source, tags, insecure, accept;
    const char *cache, *lock, *data_dir, *format, *jobs, *push, *registry_config, *ca_file;
    const char *timeout, *wait, *username, *fail_on, *policy;
    const char *gate, *reason, *report, *report_format, *before_tags;
    bool locked, update, strict, quiet, verbose, help, version, arch_tags, verify, all_tags;
    bool no_referrers;
    bool password_stdin, exit_code, layers, dry_run, adopt, allow_downgrade;
    bool differs;     /* set by diff: what --exit-code tells */
    struct strv args; /* what isn't an option */
    struct session session;
    struct log *out;      /* for the colours of what goes to stdout */
    char *source_dir;     /* the source tree that the program was built in, or NULL */
    const char *apt_root; /* where apt's sources are read: "/", or MKIMAGE_APT_ROOT in tests */
};

struct command {
    enum command_id id;
    const char *name;
    const char *arguments; /* "RECIPE…" */
    const char *summary;   /* one line */
    int (*run)(struct cli *cli, struct err *err);
};

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_LIST };
struct option_spec {
    const char *name;
    char letter;          /* 0: none */
    const char *argument; /* NULL for flags */
    const char *help;     /* as in mkimage(1); a test holds them together */
    enum option_kind kind;
    size_t offset;     /* in struct cli */
    unsigned commands; /* enum command_id, or-ed */
};

extern const struct command command_table[COMMAND_COUNT];
extern const struct option_spec option_table[];
extern const size_t option_count;

const struct command *command_find(const char *name);
/* An error about a word that is no command, with the one that may have been meant. */
int command_unknown(const char *word, const char *what, struct err *err);

/* An option of this command by its long name, which may be cut short, or by its letter; NULL if
 * there is none, or several begin so. */
const struct option_spec *option_meant(const struct command *command, struct slice name);
const struct option_spec *option_lettered(const struct command *command, char letter);

/* Fills cli from argv for this command. */
int options_parse(int argc, char **argv, const struct command *command, struct cli *cli,
                  struct err *err) MUST_USE;
void cli_release(struct cli *cli);

/* What --help prints: of a command, or of the program (NULL). */
void help_text(const struct command *command, struct buf *ret);

/* The options that builds and locks share, from the command line and the environment; the result
 * borrows from cli, and is released by build_options_release. */
int cli_build_options(struct cli *cli, struct build_options *ret, struct err *err) MUST_USE;
void build_options_release(struct build_options *o);
/* The number of an option that takes one, from 1 on. */
int cli_number(const char *option, const char *value, unsigned max, unsigned *ret,
               struct err *err) MUST_USE;
bool cli_json(const struct cli *cli);
/* --format is text or json. */
int cli_check_format(const struct cli *cli, struct err *err) MUST_USE;

/* The cache that --cache, MKIMAGE_CACHE or the home directory names. */
int cli_cache(const struct cli *cli, struct cache **ret, struct err *err) MUST_USE;

/* With that cache, and what archives are asked by: with --ca-file. The caller releases it also
 * after a failure. */
int cli_context(const struct cli *cli, struct context *ret, struct err *err) MUST_USE;
void context_release(struct context *ctx);

void cache_cleanup(struct cache **c);
void http_cleanup(struct http **h);

/* What --registry-config, --insecure, --ca-file, --timeout and the environment say. */
int cli_registry_options(const struct cli *cli, struct registry_options *ret,
                         struct err *err) MUST_USE;

/* A place that an image is read from: a layout, an archive, or a registry's. */
struct opened {
    struct registry *registry;
    struct reader *reader;
};
int cli_open(const struct cli *cli, struct http *h, const struct location *from, struct opened *ret,
             struct err *err) MUST_USE;
void opened_release(struct opened *o);
/* A registry by a name in it. */
int cli_registry(const struct cli *cli, struct http *h, const struct reference *name,
                 struct registry **ret, struct err *err) MUST_USE;
void registry_cleanup(struct registry **r);

/* --arch as registries name architectures. */
int cli_platforms(const struct cli *cli, struct strv *ret, struct err *err) MUST_USE;
/* ", with 3 attachments", or "" if that is nothing; the caller frees. */
char *referrers_text(size_t n);
/* Says what a push did, to people and on stdout. */
int cli_tell_push(const struct cli *cli, const struct reference *to, unsigned requests,
                  const struct push_result *result, struct err *err) MUST_USE;

#define COMMAND_FUNCTION(NAME, name, arguments, summary) \
    int cmd_##name(struct cli *cli, struct err *err);
COMMANDS(COMMAND_FUNCTION)

/* What pull and copy share with push: from one location to another. */
int copy_run(struct cli *cli, const char *from, const char *to, struct err *err) MUST_USE;

/* Text to stdout, all of it or an error: a full disk, or a pipe whose reader left (ERR_PIPE). */
int print_out(const struct buf *text, struct err *err) MUST_USE;

#endif
