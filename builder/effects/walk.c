/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/walk.h"
#include "base/number.h"
#include "base/path.h"
#include "effects/forms.h"
#include "effects/walk_state.h"

bool world_has(struct script_world *w, const char *what)
{
    if (w->asked.n >= WORLD_ASKED_MAX)
        return true;
    strv_add(&w->asked, what);
    return strv_has_sorted(&w->there, what);
}

void walk_print(struct script_walk *r, const char *text)
{
    if (!r->output || r->quiet)
        return;
    r->printed |= !text || is_uncertain(r);
    buf_addstr(r->output, text ? text : "");
    r->printed |= r->output->overflow;
}

enum truth walk_fail(struct script_walk *r, unsigned line, const char *fmt, ...)
{
    if (!r->out->why) {
        va_list ap;
        va_start(ap, fmt);
        r->out->why = xvasprintf(fmt, ap);
        va_end(ap);
        r->out->line = line;
    }
    return MAYBE;
}

static bool goes_on(const struct script_walk *r)
{
    return !walk_failed(r) && !r->ended && !r->returned && r->loop == GO_ON;
}

static enum truth run(struct script_walk *r, const struct shell_node *n);

enum truth walk_list(struct script_walk *r, const struct shell_node *list)
{
    enum truth status = YES;
    for (const struct shell_node *n = list; n && goes_on(r); n = n->next)
        status = run(r, n);
    return status;
}

/* A condition: a failure in it ends nothing. */
static enum truth run_tested(struct script_walk *r, const struct shell_node *list)
{
    r->tested++;
    enum truth ret = walk_list(r, list);
    r->tested--;
    return ret;
}

static enum truth run_uncertain(struct script_walk *r, const struct shell_node *list)
{
    r->uncertain++;
    enum truth ret = walk_list(r, list);
    r->uncertain--;
    return ret == YES ? YES : MAYBE;
}

static void assign(struct script_walk *r, const struct shell_word *list)
{
    for (const struct shell_word *w = list; w && !walk_failed(r); w = w->next) {
        CLEANUP(free_ptr) char *value = walk_text(r, w);
        walk_set(r, w->name, value);
    }
}

static enum truth call_function(struct script_walk *r, const struct function *fn,
                                const struct script_words *f, unsigned line)
{
    if (++r->calls > WALK_CALLS_MAX) {
        r->calls--;
        return walk_fail(r, line, "functions that call each other too deeply");
    }
    struct strv args = r->args;
    bool args_known = r->args_known, returns = r->returns;
    r->args = (struct strv)STRV_INIT;
    walk_arguments(r, f, 1);
    enum truth ret = run(r, fn->body);
    strv_release(&r->args);
    r->args = args;
    r->args_known = args_known;
    r->returned = false;
    if (r->returns && !returns)
        ret = MAYBE;
    r->returns = returns;
    r->calls--;
    return ret;
}

/* ---- commands ------------------------------------------------------------------------------- */

static const struct function *find_function(const struct script_walk *r, const char *name)
{
    for (size_t i = r->n_functions; i-- > 0;)
        if (strcmp(r->functions[i].name, name) == 0)
            return &r->functions[i];
    return NULL;
}

static void drop_first(struct script_words *f)
{
    free(f->v[0].text);
    memmove(f->v, f->v + 1, --f->n * sizeof(*f->v));
}

/* "command x", "env A=b x" and the like are x. */
static void unwrap(struct script_words *f)
{
    while (f->n > 1 && f->v[0].known && f->v[1].text[0] != '-') {
        const char *name = walk_program(f->v[0].text);
        if (strcmp(name, "env") == 0) {
            drop_first(f);
            while (f->n > 1 && strchr(f->v[0].text, '='))
                drop_first(f);
        } else if (strcmp(name, "command") == 0 || strcmp(name, "builtin") == 0) {
            drop_first(f);
        } else {
            return;
        }
    }
}

/* A program within $(…) whose output is known. */
static bool answers(struct script_walk *r, const struct script_words *f, enum truth *ret)
{
    CLEANUP(free_ptr) char *text = r->output && !r->quiet ? walk_answer(r, f) : NULL;
    if (!text)
        return false;
    walk_print(r, text);
    walk_print(r, "\n");
    r->quiet = true;
    if (!walk_asks(r, f, ret))
        *ret = YES;
    return true;
}

static enum truth run_words(struct script_walk *r, const struct shell_node *n,
                            struct script_words *f)
{
    enum truth ret;
    struct script_call c = {.package = r->package, .script = r->script, .line = n->line};
    unwrap(f);
    if (!f->v[0].known || f->v[0].glob)
        return walk_fail(r, n->line, "a program that can't be known");
    const struct function *fn = find_function(r, f->v[0].text);
    walk_redirect(r, n, &c);
    if (walk_failed(r)) {
        ret = MAYBE;
    } else if (fn && !c.to) {
        r->printed |= r->output && r->quiet; /* it isn't followed into the function */
        ret = call_function(r, fn, f, n->line);
    } else if (!c.to && answers(r, f, &ret)) {
        ;
    } else if (!c.to && (walk_builtin(r, f, n->line, &ret) || walk_asks(r, f, &ret))) {
        ;
    } else {
        enum words_known known = WORDS_KNOWN;
        for (size_t i = 0; i < f->n; i++) {
            strv_add(&c.words, i ? f->v[i].text : walk_program(f->v[0].text));
            if (!f->v[i].known)
                known = WORDS_VAGUE;
            else if (f->v[i].glob && known == WORDS_KNOWN)
                known = WORDS_GLOBS;
        }
        ret = walk_call(r, &c, known);
    }
    r->quiet = false;
    call_release(&c);
    return ret;
}

/* Whether an assignment has the status of a $(…). */
static bool runs_commands(const struct shell_word *list)
{
    for (const struct shell_word *w = list; w; w = w->next)
        for (const struct shell_part *part = w->parts; part; part = part->next)
            if (part->type == PART_COMMAND)
                return true;
    return false;
}

static enum truth run_simple(struct script_walk *r, const struct shell_node *n)
{
    CLEANUP(script_words_release) struct script_words f = {0};
    enum truth ret = YES;
    for (const struct shell_word *w = n->words; w && !walk_failed(r); w = w->next)
        walk_expand(r, w, true, &f);
    if (walk_failed(r)) {
        if (!r->out->line)
            r->out->line = n->line;
        return MAYBE;
    }
    if (f.n) {
        ret = run_words(r, n, &f);
    } else if (n->redirections) {
        struct script_call c = {.package = r->package, .script = r->script, .line = n->line};
        walk_redirect(r, n, &c);
        strv_add(&c.words, ":");
        if (c.to && !walk_failed(r))
            ret = walk_call(r, &c, WORDS_KNOWN);
        call_release(&c);
    }
    if (!n->words) {
        assign(r, n->assigns);
        ret = n->assigns && !n->redirections && runs_commands(n->assigns) ? MAYBE : ret;
    }
    if (ret == NO && !r->tested && !r->inner && !is_uncertain(r) && goes_on(r))
        return walk_fail(r, n->line, "a command that fails");
    return ret;
}

static enum truth run_both(struct script_walk *r, const struct shell_node *n)
{
    enum truth stop = n->type == SHELL_AND ? NO : YES;
    r->tested++;
    enum truth left = run(r, n->a);
    r->tested--;
    if (left == stop || !goes_on(r))
        return left;
    if (left != MAYBE)
        return run(r, n->b);
    r->uncertain++;
    enum truth right = run(r, n->b);
    r->uncertain--;
    return right == YES && stop == NO ? MAYBE : right == YES ? YES : MAYBE;
}

static enum truth run_if(struct script_walk *r, const struct shell_node *n)
{
    enum truth is = run_tested(r, n->a);
    if (!goes_on(r))
        return is;
    if (is == YES)
        return walk_list(r, n->b);
    if (is == NO)
        return walk_list(r, n->c);
    enum truth b = run_uncertain(r, n->b), c = run_uncertain(r, n->c);
    return b == YES && c == YES ? YES : MAYBE;
}

/* A loop whose passes can't be counted: twice over it, so that nothing is known the second time
 * that one pass might have changed. */
static enum truth run_passes(struct script_walk *r, const struct shell_node *body)
{
    bool returns = r->returns;
    r->uncertain++;
    for (unsigned i = 0; i < 2 && !walk_failed(r); i++)
        walk_list(r, body);
    r->uncertain--;
    r->returns = returns;
    return MAYBE;
}

static enum truth run_while(struct script_walk *r, const struct shell_node *n)
{
    enum truth is = run_tested(r, n->a);
    if (walk_failed(r) || is == (n->until ? YES : NO))
        return walk_failed(r) ? MAYBE : YES;
    return run_passes(r, n->b);
}

static enum truth run_for(struct script_walk *r, const struct shell_node *n)
{
    CLEANUP(script_words_release) struct script_words f = {0};
    bool known = true;
    enum truth ret = YES;
    for (const struct shell_word *w = n->words; w && !walk_failed(r); w = w->next)
        walk_expand(r, w, true, &f);
    if (walk_failed(r)) {
        if (!r->out->line)
            r->out->line = n->line;
        return MAYBE;
    }
    for (size_t i = 0; i < f.n; i++)
        known &= f.v[i].known && !f.v[i].glob;
    if (!n->in || !known) {
        walk_set(r, n->text, NULL);
        return run_passes(r, n->a);
    }
    bool returns = r->returns;
    for (size_t i = 0; i < f.n && goes_on(r); i++) {
        walk_set(r, n->text, f.v[i].text);
        ret = walk_list(r, n->a);
        if (r->loop == BREAK)
            i = f.n;
        r->loop = GO_ON;
    }
    r->returns = returns;
    return ret;
}

/* Whether one of an item's patterns fits the word (NULL: not known). */
static enum truth item_fits(struct script_walk *r, const struct shell_item *item, const char *word)
{
    enum truth ret = NO;
    for (const struct shell_word *w = item->patterns; w; w = w->next) {
        CLEANUP(free_ptr) char *pattern = walk_pattern(r, w);
        size_t work = pattern && word ? strlen(pattern) * strlen(word) : 0;
        if (!walk_works(r, work))
            return MAYBE;
        if (pattern &&
            (strcmp(pattern, "*") == 0 || (word && pattern_matches(pattern, word, strlen(word)))))
            return YES;
        if (!pattern || !word)
            ret = MAYBE;
    }
    return ret;
}

static enum truth run_case(struct script_walk *r, const struct shell_node *n)
{
    CLEANUP(free_ptr) char *word = walk_text(r, n->words);
    bool open = false; /* an earlier item may be the one */
    for (const struct shell_item *item = n->items; item && goes_on(r); item = item->next) {
        enum truth fits = item_fits(r, item, word);
        if (fits == YES && !open)
            return walk_list(r, item->body);
        if (fits != NO)
            run_uncertain(r, item->body);
        if (fits == YES)
            return MAYBE;
        open |= fits == MAYBE;
    }
    return open ? MAYBE : YES;
}

/* What happens inside changes nothing outside. */
static enum truth run_inner(struct script_walk *r, const struct shell_node *list)
{
    struct variable *vars = xcalloc(r->n_vars + 1, sizeof(*vars));
    size_t n = r->n_vars;
    for (size_t i = 0; i < n; i++)
        vars[i] = (struct variable){xstrdup(r->vars[i].name),
                                    r->vars[i].value ? xstrdup(r->vars[i].value) : NULL};
    bool exits = r->exits;
    r->inner++;
    enum truth ret = walk_list(r, list);
    r->inner--;
    if (r->exits && !exits)
        ret = MAYBE;
    r->exits = exits;
    r->ended = false;
    for (size_t i = 0; i < r->n_vars; i++) {
        free(r->vars[i].name);
        free(r->vars[i].value);
    }
    free(r->vars);
    r->vars = vars;
    r->n_vars = n;
    r->cap_vars = n + 1;
    return ret;
}

static enum truth run_pipe(struct script_walk *r, const struct shell_node *n)
{
    r->uncertain++;
    r->tested++;
    for (; n->type == SHELL_PIPE && !walk_failed(r); n = n->b)
        run(r, n->a);
    if (!walk_failed(r))
        run(r, n);
    r->tested--;
    r->uncertain--;
    return MAYBE;
}

static void define(struct script_walk *r, const struct shell_node *n)
{
    GROW(r->functions, r->n_functions, r->cap_functions);
    r->functions[r->n_functions++] = (struct function){n->text, n->a};
}

static enum truth run_not(struct script_walk *r, const struct shell_node *n)
{
    r->tested++;
    enum truth is = run(r, n->a);
    r->tested--;
    return is == MAYBE ? MAYBE : is == YES ? NO : YES;
}

/* The redirections of what isn't simple: nowhere, or the script is unread. */
static bool only_nowhere(struct script_walk *r, const struct shell_node *n)
{
    struct script_call c = {0};
    walk_redirect(r, n, &c);
    if (c.to)
        walk_fail(r, n->line, "several commands redirected to a file");
    r->printed |= r->output != NULL; /* where what they print goes isn't followed */
    r->quiet = false;
    call_release(&c);
    return !walk_failed(r);
}

static enum truth run(struct script_walk *r, const struct shell_node *n)
{
    if (++r->steps > WALK_STEPS_MAX)
        return walk_fail(r, n->line, "more than %u commands", WALK_STEPS_MAX);
    if (n->type != SHELL_SIMPLE && n->redirections && !only_nowhere(r, n))
        return MAYBE;
    switch (n->type) {
    case SHELL_SIMPLE:
        return run_simple(r, n);
    case SHELL_AND:
    case SHELL_OR:
        return run_both(r, n);
    case SHELL_NOT:
        return run_not(r, n);
    case SHELL_PIPE:
        return run_pipe(r, n);
    case SHELL_IF:
        return run_if(r, n);
    case SHELL_WHILE:
        return run_while(r, n);
    case SHELL_FOR:
        return run_for(r, n);
    case SHELL_CASE:
        return run_case(r, n);
    case SHELL_GROUP:
        return walk_list(r, n->a);
    case SHELL_SUBSHELL:
        return run_inner(r, n->a);
    case SHELL_FUNCTION:
        define(r, n);
        return YES;
    case SHELL_ASYNC:
        break;
    }
    return walk_fail(r, n->line, "a command in the background");
}

char *walk_output(struct script_walk *r, const struct shell_node *list)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(CALL_TEXT_MAX);
    struct buf *output = r->output;
    bool printed = r->printed, quiet = r->quiet;
    r->output = &text;
    r->printed = r->quiet = false;
    r->tested++;
    run_inner(r, list);
    r->tested--;
    bool known = !r->printed;
    r->output = output;
    r->printed = printed;
    r->quiet = quiet;
    while (text.len && text.data[text.len - 1] == '\n')
        text.data[--text.len] = '\0';
    return known && !walk_failed(r) ? xstrdup(buf_str(&text)) : NULL;
}
