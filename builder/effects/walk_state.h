/* SPDX-License-Identifier: Apache-2.0 */
/* What the files walk*.c share: commands (walk.c), calls and the shell's own commands
 * (walk_calls.c), expansion (walk_words.c), conditions (walk_asks.c, walk_paths.c), the whole
 * (walk_script.c). */
#ifndef MKIMAGE_EFFECTS_WALK_STATE_H
#define MKIMAGE_EFFECTS_WALK_STATE_H

#include "effects/forms.h"
#include "effects/shell.h"
#include "effects/walk.h"

#define WALK_FIELDS_MAX 2000u
#define WALK_CALLS_MAX  8u          /* of functions, one within another */
#define WALK_WORK_MAX   (16u << 20) /* bytes */

enum truth { NO, YES, MAYBE };

static inline enum truth truth_of(bool b)
{
    return b ? YES : NO;
}

struct variable {
    char *name, *value; /* NULL: can't be known */
};

struct function {
    const char *name;
    const struct shell_node *body;
};

struct script_walk {
    const struct package *package;
    const char *script;
    struct script_world *world;
    struct script_reading *out;
    struct buf *output; /* of the $(…) that is walked, or NULL */
    bool printed;       /* something that can't be known goes into it */
    bool quiet;         /* the command's standard output goes elsewhere */
    bool answered;      /* debconf was told something, so its answers aren't the templates' */
    struct variable *vars;
    size_t n_vars, cap_vars;
    struct function *functions;
    size_t n_functions, cap_functions;
    struct strv args; /* $1, $2, … */
    bool args_known;
    unsigned steps, calls; /* commands so far; functions now */
    unsigned uncertain;    /* > 0: what is walked now may not be run at all */
    unsigned tested;       /* > 0: the status is looked at, so a failure ends nothing */
    unsigned inner;        /* > 0: in a subshell or $(…) */
    size_t text;           /* bytes of calls so far */
    size_t work;           /* bytes that were looked at, more or less */
    bool exits, returns;   /* maybe it has ended already; maybe the function or loop has */
    bool ended, returned;  /* it has */
    enum { GO_ON, BREAK, CONTINUE } loop;
};

/* A word as it comes out of expansion. */
struct script_word {
    char *text;
    bool known, glob; /* glob: has *, ? or [ that aren't quoted */
};
struct script_words {
    struct script_word *v;
    size_t n, cap;
};
void script_words_release(struct script_words *f);

/* The first reason stays; returns MAYBE. */
enum truth walk_fail(struct script_walk *r, unsigned line, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Counts work; false beyond the limit. */
bool walk_works(struct script_walk *r, size_t bytes);
static inline bool walk_failed(const struct script_walk *r)
{
    return r->out->why != NULL;
}
static inline bool is_uncertain(const struct script_walk *r)
{
    return r->uncertain || r->exits || r->returns;
}

/* value NULL: can't be known. */
void walk_set(struct script_walk *r, const char *name, const char *value);
const struct variable *walk_variable(const struct script_walk *r, const char *name);

/* Adds the word's fields; split: as a command's words are. */
void walk_expand(struct script_walk *r, const struct shell_word *w, bool split,
                 struct script_words *ret);
/* The word as one text; NULL if it can't be known; malloc'ed. */
char *walk_text(struct script_walk *r, const struct shell_word *w);
/* The same as a pattern: what is quoted has a backslash in front. */
char *walk_pattern(struct script_walk *r, const struct shell_word *w);
bool pattern_matches(const char *pattern, const char *text, size_t n);

enum truth walk_list(struct script_walk *r, const struct shell_node *list);
/* What $(list) gives, without newlines at its end; NULL if it can't be known. */
char *walk_output(struct script_walk *r, const struct shell_node *list);

/* The program's name: without a directory of PATH's. */
const char *walk_program(const char *word);
/* Where a command's standard input and output are, as far as an effect needs it. What else is
 * redirected to a file makes the script unread. */
void walk_redirect(struct script_walk *r, const struct shell_node *n, struct script_call *c);
/* A call that is none of the shell's own: there must be a form for it. Takes over what c has. */
enum truth walk_call(struct script_walk *r, struct script_call *c, enum words_known known);
/* $1, $2, … from words[from] on. */
void walk_arguments(struct script_walk *r, const struct script_words *f, size_t from);
/* The shell's own commands that change only what is known; whether it is one. */
bool walk_builtin(struct script_walk *r, const struct script_words *f, unsigned line,
                  enum truth *ret);

/* Adds to the output of $(…), if there is one; text NULL: what can't be known. */
void walk_print(struct script_walk *r, const char *text);
/* "db_get NAME": $RET and the status. */
enum truth walk_debconf(struct script_walk *r, const struct script_words *words);

/* What a test's letter says of a path ("e", "d", "x", …): the package's own are there (once it is
 * unpacked), tools are, and what the script has made; else it is another package's, or nowhere. */
enum truth walk_path_is(struct script_walk *r, char what, const char *path);
/* Whether there is an account: base-passwd's, which every system has, or one that the script has
 * made. */
enum truth walk_account(const struct script_walk *r, const char *name, bool group);

/* Programs that ask: whether it is one, and then the answer. */
bool walk_asks(struct script_walk *r, const struct script_words *words, enum truth *ret);
/* What such a program prints, or NULL. */
char *walk_answer(struct script_walk *r, const struct script_words *words);

#endif
