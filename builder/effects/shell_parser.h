/* SPDX-License-Identifier: Apache-2.0 */
/* What shell.c (commands) and shell_words.c (words, here-documents) share. */
#ifndef MKIMAGE_EFFECTS_SHELL_PARSER_H
#define MKIMAGE_EFFECTS_SHELL_PARSER_H

#include "effects/shell.h"

struct shell_parser {
    struct shell *shell;
    const char *at, *end;
    unsigned line, depth;
    struct shell_redirection *pending[8]; /* here-documents whose text comes behind the line */
    bool quoted[8], tabs[8];
    size_t n_pending;
};

/* The first reason stays; returns NULL. */
void *parser_fail(struct shell_parser *p, const char *why);
static inline bool parser_failed(const struct shell_parser *p)
{
    return p->shell->why != NULL;
}
bool parser_enter(struct shell_parser *p);
void *parser_alloc(struct shell_parser *p, size_t size); /* zeroed */
char *parser_text(struct shell_parser *p, const char *s, size_t n);

static inline char parser_peek(const struct shell_parser *p, size_t ahead)
{
    return (size_t)(p->end - p->at) > ahead ? p->at[ahead] : '\0';
}

/* Blanks, continued lines and a comment. */
void parser_blanks(struct shell_parser *p);
/* A newline, with the here-documents that stand behind it. */
void parser_newline(struct shell_parser *p);

/* The word here; NULL if there is none, or it can't be parsed. */
struct shell_word *parser_word(struct shell_parser *p);
/* The same up to a '}' that belongs to a ${. */
struct shell_word *parser_brace_word(struct shell_parser *p, bool quoted);

/* A list of commands up to what ends one. */
struct shell_node *parser_list(struct shell_parser *p);

#endif
