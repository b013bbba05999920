/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/shell.h"
#include "effects/shell_parser.h"
#include <ctype.h>

void *parser_fail(struct shell_parser *p, const char *why)
{
    if (!p->shell->why) {
        p->shell->why = why;
        p->shell->line = p->line;
    }
    return NULL;
}

bool parser_enter(struct shell_parser *p)
{
    if (++p->depth > SHELL_DEPTH_MAX)
        parser_fail(p, "nested too deeply");
    return !parser_failed(p);
}

void *parser_alloc(struct shell_parser *p, size_t size)
{
    struct shell *s = p->shell;
    GROW(s->blocks, s->n, s->cap);
    return s->blocks[s->n++] = xcalloc(1, size);
}

char *parser_text(struct shell_parser *p, const char *s, size_t n)
{
    char *ret = parser_alloc(p, n + 1);
    if (n)
        memcpy(ret, s, n);
    return ret;
}

bool shell_word_is(const struct shell_word *w, const char *text)
{
    return w->parts && !w->parts->next && w->parts->type == PART_TEXT && !w->parts->quoted &&
           strcmp(w->parts->text, text) == 0;
}

/* ---- tokens --------------------------------------------------------------------------------- */

static bool op_here(const struct shell_parser *p, const char *op)
{
    size_t n = strlen(op);
    return (size_t)(p->end - p->at) >= n && memcmp(p->at, op, n) == 0;
}

/* Whether a reserved word stands here; takes it if so. */
static bool reserved_here(const struct shell_parser *p, const char *word)
{
    size_t n = strlen(word);
    char after = parser_peek(p, n);
    return op_here(p, word) && strchr(" \t\n;&|()<>", after);
}

static bool take(struct shell_parser *p, const char *word)
{
    parser_blanks(p);
    if (!reserved_here(p, word))
        return false;
    p->at += strlen(word);
    return true;
}

static void newlines(struct shell_parser *p)
{
    parser_blanks(p);
    while (p->at < p->end && *p->at == '\n' && !parser_failed(p)) {
        parser_newline(p);
        parser_blanks(p);
    }
}

static void expect(struct shell_parser *p, const char *word, const char *why)
{
    newlines(p);
    if (!take(p, word))
        parser_fail(p, why);
}

static bool list_ends(const struct shell_parser *p)
{
    static const char *const words[] = {"then", "else", "elif", "fi", "do", "done", "esac", "}"};
    if (p->at >= p->end || *p->at == ')' || op_here(p, ";;"))
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (reserved_here(p, words[i]))
            return true;
    return false;
}

static struct shell_node *node_new(struct shell_parser *p, enum shell_type type)
{
    struct shell_node *n = parser_alloc(p, sizeof(*n));
    n->type = type;
    n->line = p->line;
    return n;
}

/* ---- redirections --------------------------------------------------------------------------- */

static bool is_quoted(const struct shell_word *w)
{
    for (const struct shell_part *part = w->parts; part; part = part->next)
        if (part->quoted)
            return true;
    return false;
}

/* Takes a redirection, if one stands here. */
static bool redirection(struct shell_parser *p, struct shell_redirection ***end)
{
    static const char *const ops[] = {"&>", "<<-", "<<", "<&", "<>", ">>", ">&", ">|", "<", ">"};
    size_t digits = 0, i = 0;
    while (isdigit((unsigned char)parser_peek(p, digits)))
        digits++;
    char c = parser_peek(p, digits);
    if (digits > 3 || (c != '<' && c != '>' && !(c == '&' && parser_peek(p, digits + 1) == '>')))
        return false;
    struct shell_redirection *r = parser_alloc(p, sizeof(*r));
    r->fd = -1;
    for (size_t k = 0; k < digits; k++)
        r->fd = (k ? r->fd * 10 : 0) + (p->at[k] - '0');
    p->at += digits;
    while (i < ARRAY_SIZE(ops) && !op_here(p, ops[i]))
        i++;
    if (i == ARRAY_SIZE(ops) || op_here(p, "<<<")) {
        parser_fail(p, "an unknown redirection");
        return true;
    }
    p->at += strlen(ops[i]);
    memcpy(r->op, ops[i], strlen(ops[i]));
    parser_blanks(p);
    r->word = parser_word(p);
    if (!r->word) {
        parser_fail(p, "a redirection to nothing");
        return true;
    }
    if (strncmp(r->op, "<<", 2) == 0) {
        if (p->n_pending == ARRAY_SIZE(p->pending)) {
            parser_fail(p, "too many here-documents in a line");
            return true;
        }
        p->pending[p->n_pending] = r;
        p->tabs[p->n_pending] = r->op[2] == '-';
        p->quoted[p->n_pending++] = is_quoted(r->word);
        r->op[2] = '\0';
    }
    **end = r;
    *end = &r->next;
    return true;
}

static void redirections(struct shell_parser *p, struct shell_redirection **end)
{
    do
        parser_blanks(p);
    while (!parser_failed(p) && redirection(p, &end));
}

/* ---- commands ------------------------------------------------------------------------------- */

static size_t assignment_here(const struct shell_parser *p)
{
    size_t n = 0;
    while (isalnum((unsigned char)parser_peek(p, n)) || parser_peek(p, n) == '_')
        n++;
    return n && !isdigit((unsigned char)*p->at) && parser_peek(p, n) == '=' ? n : 0;
}

static struct shell_node *parse_simple(struct shell_parser *p)
{
    struct shell_node *n = node_new(p, SHELL_SIMPLE);
    struct shell_word **assigns = &n->assigns, **words = &n->words;
    struct shell_redirection **reds = &n->redirections;
    for (;;) {
        parser_blanks(p);
        if (parser_failed(p))
            return NULL;
        if (redirection(p, &reds))
            continue;
        size_t name = n->words ? 0 : assignment_here(p);
        if (name) {
            char *text = parser_text(p, p->at, name);
            p->at += name + 1;
            struct shell_word *w = parser_word(p);
            if (!w)
                w = parser_alloc(p, sizeof(*w));
            w->name = text;
            *assigns = w;
            assigns = &w->next;
            continue;
        }
        struct shell_word *w = parser_word(p);
        if (!w)
            break;
        *words = w;
        words = &w->next;
        parser_blanks(p);
        if (words == &n->words->next && !n->assigns && parser_peek(p, 0) == '(') {
            p->at++;
            parser_blanks(p);
            if (parser_peek(p, 0) != ')' || n->words->parts->next)
                return parser_fail(p, "a ( behind a word");
            p->at++;
            n->type = SHELL_FUNCTION;
            n->text = n->words->parts->text;
            return n; /* its body is the caller's */
        }
    }
    if (!n->words && !n->assigns && !n->redirections)
        return parser_fail(p, "no command where one is due");
    return n;
}

static struct shell_node *parse_if(struct shell_parser *p)
{
    struct shell_node *n = node_new(p, SHELL_IF);
    n->a = parser_list(p);
    expect(p, "then", "an if without then");
    n->b = parser_list(p);
    if (take(p, "elif")) {
        if (parser_enter(p))
            n->c = parse_if(p); /* takes the fi */
        p->depth--;
        return n;
    }
    if (take(p, "else"))
        n->c = parser_list(p);
    expect(p, "fi", "an if without fi");
    return n;
}

static struct shell_node *parse_loop(struct shell_parser *p, bool until)
{
    struct shell_node *n = node_new(p, SHELL_WHILE);
    n->until = until;
    n->a = parser_list(p);
    expect(p, "do", "a loop without do");
    n->b = parser_list(p);
    expect(p, "done", "a loop without done");
    return n;
}

static struct shell_node *parse_for(struct shell_parser *p)
{
    struct shell_node *n = node_new(p, SHELL_FOR);
    parser_blanks(p);
    struct shell_word *name = parser_word(p);
    if (!name || !name->parts || name->parts->next || name->parts->type != PART_TEXT)
        return parser_fail(p, "a for without a name");
    n->text = name->parts->text;
    newlines(p);
    if (take(p, "in")) {
        struct shell_word **end = &n->words;
        n->in = true;
        for (;;) {
            parser_blanks(p);
            struct shell_word *w = parser_word(p);
            if (!w)
                break;
            *end = w;
            end = &w->next;
        }
    }
    parser_blanks(p);
    if (parser_peek(p, 0) == ';')
        p->at++;
    expect(p, "do", "a loop without do");
    n->a = parser_list(p);
    expect(p, "done", "a loop without done");
    return n;
}

static struct shell_item *parse_item(struct shell_parser *p)
{
    struct shell_item *item = parser_alloc(p, sizeof(*item));
    struct shell_word **end = &item->patterns;
    if (parser_peek(p, 0) == '(')
        p->at++;
    for (;;) {
        parser_blanks(p);
        struct shell_word *w = parser_word(p);
        if (!w)
            return parser_fail(p, "a case without a pattern");
        *end = w;
        end = &w->next;
        parser_blanks(p);
        char c = parser_peek(p, 0);
        if (c != ')' && c != '|')
            return parser_fail(p, "a pattern without its )");
        p->at++;
        if (c == ')')
            break;
    }
    item->body = parser_list(p);
    parser_blanks(p);
    if (op_here(p, ";;"))
        p->at += 2;
    else if (!reserved_here(p, "esac"))
        return parser_fail(p, "commands of a case without ;;");
    return item;
}

static struct shell_node *parse_case(struct shell_parser *p)
{
    struct shell_node *n = node_new(p, SHELL_CASE);
    struct shell_item **end = &n->items;
    parser_blanks(p);
    n->words = parser_word(p);
    if (!n->words)
        return parser_fail(p, "a case of nothing");
    expect(p, "in", "a case without in");
    newlines(p);
    while (!parser_failed(p) && !take(p, "esac")) {
        struct shell_item *item = parse_item(p);
        if (!item)
            return NULL;
        *end = item;
        end = &item->next;
        newlines(p);
    }
    return n;
}

static struct shell_node *parse_command(struct shell_parser *p);

static struct shell_node *parse_function(struct shell_parser *p, struct shell_node *n)
{
    newlines(p);
    n->words = NULL;
    n->a = parse_command(p);
    return n;
}

static struct shell_node *parse_braces(struct shell_parser *p, bool subshell)
{
    struct shell_node *n = node_new(p, subshell ? SHELL_SUBSHELL : SHELL_GROUP);
    n->a = parser_list(p);
    if (!subshell)
        expect(p, "}", "a { without an end");
    else if (parser_peek(p, 0) != ')')
        parser_fail(p, "a ( without an end");
    else
        p->at++;
    return n;
}

static struct shell_node *parse_compound(struct shell_parser *p)
{
    if (take(p, "if"))
        return parse_if(p);
    if (take(p, "while"))
        return parse_loop(p, false);
    if (take(p, "until"))
        return parse_loop(p, true);
    if (take(p, "for"))
        return parse_for(p);
    if (take(p, "case"))
        return parse_case(p);
    if (take(p, "{"))
        return parse_braces(p, false);
    if (parser_peek(p, 0) == '(') {
        p->at++;
        return parse_braces(p, true);
    }
    return NULL;
}

static struct shell_node *parse_command(struct shell_parser *p)
{
    if (!parser_enter(p))
        return NULL;
    struct shell_node *n = parse_compound(p);
    if (n) {
        redirections(p, &n->redirections);
    } else if (!parser_failed(p)) {
        if (take(p, "function"))
            parser_fail(p, "a function of another shell");
        n = parser_failed(p) ? NULL : parse_simple(p);
        if (n && n->type == SHELL_FUNCTION)
            n = parse_function(p, n);
    }
    p->depth--;
    return parser_failed(p) ? NULL : n;
}

static struct shell_node *parse_pipe(struct shell_parser *p)
{
    if (take(p, "!")) {
        struct shell_node *not = node_new(p, SHELL_NOT);
        if (parser_enter(p))
            not ->a = parse_pipe(p);
        p->depth--;
        return not ;
    }
    struct shell_node *n = parse_command(p);
    parser_blanks(p);
    if (!n || parser_peek(p, 0) != '|' || parser_peek(p, 1) == '|')
        return n;
    p->at++;
    newlines(p);
    struct shell_node *pipe = node_new(p, SHELL_PIPE);
    pipe->a = n;
    if (parser_enter(p))
        pipe->b = parse_pipe(p);
    p->depth--;
    return pipe;
}

static struct shell_node *parse_and_or(struct shell_parser *p)
{
    struct shell_node *n = parse_pipe(p);
    for (unsigned length = 0;; length++) {
        parser_blanks(p);
        bool and = op_here(p, "&&");
        if (!n || parser_failed(p) || (!and&&!op_here(p, "||")))
            return n;
        if (length == SHELL_CHAIN_MAX)
            return parser_fail(p, "too many && and ||");
        p->at += 2;
        newlines(p);
        struct shell_node *both = node_new(p, and? SHELL_AND : SHELL_OR);
        both->line = n->line;
        both->a = n;
        both->b = parse_pipe(p);
        n = both;
    }
}

struct shell_node *parser_list(struct shell_parser *p)
{
    struct shell_node *ret = NULL, **end = &ret;
    if (!parser_enter(p))
        return NULL;
    for (;;) {
        newlines(p);
        if (parser_failed(p) || list_ends(p))
            break;
        struct shell_node *n = parse_and_or(p);
        if (!n)
            break;
        parser_blanks(p);
        char c = parser_peek(p, 0);
        if (c == '&') {
            struct shell_node *async = node_new(p, SHELL_ASYNC);
            async->a = n;
            n = async;
        }
        *end = n;
        end = &n->next;
        if (c == '&' || (c == ';' && parser_peek(p, 1) != ';'))
            p->at++;
        else if (c != '\n' && !list_ends(p))
            parser_fail(p, "something odd behind a command");
    }
    p->depth--;
    return ret;
}

bool shell_parse(const char *text, size_t n, struct shell *ret)
{
    *ret = (struct shell){0};
    struct shell_parser p = {.shell = ret, .at = text, .end = text + n, .line = 1};
    if (n > SHELL_BYTES_MAX)
        parser_fail(&p, "too long");
    else if (memchr(text, '\0', n))
        parser_fail(&p, "a NUL byte");
    if (!parser_failed(&p))
        ret->list = parser_list(&p);
    if (!parser_failed(&p) && p.at < p.end)
        parser_fail(&p, "an end of what hasn't begun");
    if (!parser_failed(&p) && p.n_pending)
        parser_fail(&p, "a here-document without an end");
    return !ret->why;
}

void shell_release(struct shell *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->blocks[i]);
    free(s->blocks);
    *s = (struct shell){0};
}
