/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A maintainer script as a tree of commands. Nothing is run here, and nothing is expanded: words
 * keep their parts (text, `$name`, `$(…)`), so that walk.h can say what is known of them.
 *
 *     struct shell s;
 *     if (shell_parse(text, n, &s)) … s.list …
 *     shell_release(&s);
 *
 * The grammar is POSIX's, without what no script of Debian's has at its top: what can't be parsed,
 * is nested deeper than SHELL_DEPTH_MAX or longer than SHELL_BYTES_MAX gives false with the line
 * and the reason in s. All nodes are the shell's own and go with it.
 */
#ifndef MKIMAGE_EFFECTS_SHELL_H
#define MKIMAGE_EFFECTS_SHELL_H

#include "base/buf.h"

#define SHELL_BYTES_MAX (1u << 20)
#define SHELL_DEPTH_MAX 40u
#define SHELL_CHAIN_MAX 100u /* && and || of one command */

struct shell_node;

enum shell_part_type {
    PART_TEXT,    /* text, quoted or not */
    PART_PARAM,   /* $text, ${text}, ${text OP word} */
    PART_COMMAND, /* $(body), `body` */
    PART_OTHER,   /* what has a value that isn't looked for: $((…)), $'…', ~ */
};

struct shell_part {
    struct shell_part *next;
    enum shell_part_type type;
    bool quoted;
    char *text;
    size_t n;              /* of text, which ends with a NUL as well */
    char op[3];            /* of ${}: ":-", "+", "##", "%", …; "#" in front is "l" (length) */
    struct shell_word *by; /* behind the operator, or NULL */
    struct shell_node *body;
};

struct shell_word {
    struct shell_word *next;
    struct shell_part *parts;
    char *name; /* of an assignment before a command */
};

struct shell_redirection {
    struct shell_redirection *next;
    int fd;                  /* that is redirected, or -1 for the operator's own */
    char op[4];              /* ">", ">>", "<", "<<", ">&", "<&", ">|", "<>", "&>" */
    struct shell_word *word; /* the file, the descriptor, or the here-document's text */
};

/* A pattern list of a case and its commands. */
struct shell_item {
    struct shell_item *next;
    struct shell_word *patterns;
    struct shell_node *body;
};

enum shell_type {
    SHELL_SIMPLE,   /* assigns, words, redirections */
    SHELL_AND,      /* a && b */
    SHELL_OR,       /* a || b */
    SHELL_NOT,      /* ! a */
    SHELL_PIPE,     /* a | b, b a pipe again */
    SHELL_IF,       /* if a; then b; else c; fi */
    SHELL_WHILE,    /* while or until a; do b; done */
    SHELL_FOR,      /* for text in words; do a; done */
    SHELL_CASE,     /* case words in items esac */
    SHELL_GROUP,    /* { a; } */
    SHELL_SUBSHELL, /* ( a ) */
    SHELL_FUNCTION, /* text () a */
    SHELL_ASYNC,    /* a & */
};

struct shell_node {
    struct shell_node *next; /* of the list that it stands in */
    enum shell_type type;
    unsigned line;
    struct shell_node *a, *b, *c;
    struct shell_word *assigns, *words;
    struct shell_redirection *redirections;
    struct shell_item *items;
    char *text;
    bool in;    /* of a for: it says over which words */
    bool until; /* of a loop */
};

struct shell {
    struct shell_node *list;
    void **blocks; /* all that it has allocated */
    size_t n, cap;
    unsigned line;   /* where it went wrong */
    const char *why; /* or NULL */
};

bool shell_parse(const char *text, size_t n, struct shell *ret) MUST_USE;
void shell_release(struct shell *s);

/* Whether a word is this text, unquoted and without an expansion. */
bool shell_word_is(const struct shell_word *w, const char *text);

#endif
