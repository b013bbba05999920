/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"
#include "effects/debconf.h"
#include "effects/forms.h"
#include "effects/walk_state.h"

/* ---- calls ---------------------------------------------------------------------------------- */

static void note_part(struct script_reading *out, enum script_class class, const char *what)
{
    for (size_t i = 0; i < out->n_parts; i++)
        if (out->parts[i].class == class && strcmp(out->parts[i].what, what) == 0)
            return;
    GROW(out->parts, out->n_parts, out->cap_parts);
    out->parts[out->n_parts++] = (struct script_part){class, what};
}

const char *walk_program(const char *word)
{
    static const char *const dirs[] = {"/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/"};
    for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
        if (strncmp(word, dirs[i], strlen(dirs[i])) == 0 && !strchr(word + strlen(dirs[i]), '/'))
            return word + strlen(dirs[i]);
    return word;
}

static bool is_nowhere(const char *path)
{
    static const char *const paths[] = {"/dev/null", "/dev/stderr", "/dev/stdout", "/dev/tty"};
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
        if (strcmp(path, paths[i]) == 0)
            return true;
    return false;
}

void walk_redirect(struct script_walk *r, const struct shell_node *n, struct script_call *c)
{
    r->quiet = false;
    for (const struct shell_redirection *d = n->redirections; d && !walk_failed(r); d = d->next) {
        bool out = d->op[0] == '>' || d->op[0] == '&';
        r->quiet |= out && (d->fd == 1 || d->fd == -1);
        if (strcmp(d->op, ">&") == 0 || strcmp(d->op, "<&") == 0)
            continue;
        char *text = d->word ? walk_text(r, d->word) : NULL;
        if (text && is_nowhere(text)) {
            free(text);
        } else if (text && strcmp(d->op, "<<") == 0 && !c->input) {
            c->input = text;
        } else if (text && out && d->op[0] != '&' && d->fd <= 1 && d->fd != 0 && !c->to) {
            c->to = text;
            c->append = strcmp(d->op, ">>") == 0;
        } else {
            free(text);
            walk_fail(r, n->line, "a redirection %s", out ? "that can't be known" : "from a file");
        }
    }
}

static size_t call_bytes(const struct script_call *c)
{
    size_t n = (c->input ? strlen(c->input) : 0) + sizeof(*c);
    strv_each (word, &c->words)
        n += strlen(*word) + 1;
    return n;
}

static void keep_call(struct script_walk *r, struct script_call *c)
{
    r->text += call_bytes(c);
    if (r->text > WALK_TEXT_MAX) {
        walk_fail(r, c->line, "calls of more than %u bytes", WALK_TEXT_MAX);
        return;
    }
    struct script_call *kept = calls_add(&r->out->calls, r->package, r->script, c->line);
    *kept = *c;
    *c = (struct script_call){0};
}

/* Whether a command of debconf's may change what db_get gives. */
static bool sets_answers(const char *program)
{
    return strcmp(program, "db_version") != 0 && strcmp(program, "db_capb") != 0 &&
           strcmp(program, "db_input") != 0 && strcmp(program, "db_go") != 0 &&
           strcmp(program, "db_fget") != 0 && strcmp(program, "db_stop") != 0 &&
           strcmp(program, "db_title") != 0;
}

enum truth walk_call(struct script_walk *r, struct script_call *c, enum words_known known)
{
    const char *program = c->words.v[0];
    if (c->words.n > CALL_WORDS_MAX)
        known = WORDS_VAGUE;
    const struct script_form *form = form_find(c, known, &r->out->calls);
    if (!form)
        return walk_fail(r, c->line,
                         known == WORDS_KNOWN ? "%s in a form that isn't listed"
                                              : "%s with words that can't be known",
                         program);
    if (form->class == SCRIPT_HANDLED && is_uncertain(r))
        return walk_fail(r, c->line, "%s under a condition that can't be decided", program);
    if (form->class == SCRIPT_HANDLED && r->output)
        return walk_fail(r, c->line, "%s within $(…)", program);
    const char *only_with = form_only_with(c);
    bool idle = only_with && !world_has(r->world, only_with);
    note_part(r->out, idle ? SCRIPT_HARMLESS : form->class, form->what);
    walk_print(r, NULL);
    if (strncmp(program, "db_", 3) == 0) {
        walk_set(r, "RET", NULL);
        r->answered |= sets_answers(program);
    }
    if (form->class == SCRIPT_HANDLED)
        keep_call(r, c);
    return form->asks ? MAYBE : YES;
}

/* ---- commands of the shell's own ------------------------------------------------------------ */

/* export A=b, local a: the words are NAME or NAME=VALUE. */
static void declare(struct script_walk *r, const struct script_words *f, unsigned line, bool local)
{
    for (size_t i = 1; i < f->n; i++) {
        const char *equals = strchr(f->v[i].text, '=');
        CLEANUP(free_ptr)
        char *name = xstrndup(f->v[i].text,
                              equals ? (size_t)(equals - f->v[i].text) : SIZE_MAX / 2);
        if (!f->v[i].known && !equals)
            walk_fail(r, line, "a variable that can't be known");
        else if (equals)
            walk_set(r, name, f->v[i].known ? equals + 1 : NULL);
        else if (local)
            walk_set(r, name, "");
    }
}

void walk_arguments(struct script_walk *r, const struct script_words *f, size_t from)
{
    strv_release(&r->args);
    r->args_known = !is_uncertain(r);
    for (size_t i = from; i < f->n; i++) {
        strv_add(&r->args, f->v[i].text);
        r->args_known &= f->v[i].known && !f->v[i].glob;
    }
}

static void shift(struct script_walk *r, const struct script_words *f)
{
    uint64_t n = 1;
    if (f->n > 1 && (!f->v[1].known || !number_parse(slice_of(f->v[1].text), 1000, &n)))
        r->args_known = false;
    r->args_known = r->args_known && !is_uncertain(r);
    struct strv left = STRV_INIT;
    for (size_t i = (size_t)n; i < r->args.n; i++)
        strv_add(&left, r->args.v[i]);
    strv_release(&r->args);
    r->args = left;
}

static enum truth leave(struct script_walk *r, const struct script_words *f, unsigned line)
{
    bool ends = strcmp(f->v[0].text, "exit") == 0;
    enum truth status = f->n == 1                        ? MAYBE
                        : !f->v[1].known                 ? MAYBE
                        : strcmp(f->v[1].text, "0") == 0 ? YES
                                                         : NO;
    if (f->n == 1 && ends)
        status = YES;
    if (is_uncertain(r)) {
        r->exits |= ends;
        r->returns |= !ends;
    } else {
        if (ends && status != YES && !r->inner)
            walk_fail(r, line, "an exit with an error");
        r->ended |= ends;
        r->returned |= !ends;
    }
    return status;
}

static bool is_one_of(const char *word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(word, list[i]) == 0)
            return true;
    return false;
}

/* What echo and printf print. */
static void print_words(struct script_walk *r, const struct script_words *f)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(CALL_TEXT_MAX);
    bool echo = strcmp(f->v[0].text, "echo") == 0, known = echo || f->n == 2;
    size_t first = echo && f->n > 1 && strcmp(f->v[1].text, "-n") == 0 ? 2 : 1;
    if (!r->output || r->quiet)
        return;
    for (size_t i = first; i < f->n; i++) {
        const char *word = f->v[i].text;
        bool option = i == first && word[0] == '-' && strspn(word + 1, "neE") == strlen(word + 1);
        known &= f->v[i].known && !f->v[i].glob && !option && !strpbrk(word, echo ? "\\" : "\\%");
        buf_addf(&text, "%s%s", i > first ? " " : "", word);
    }
    if (echo && first == 1)
        buf_addch(&text, '\n');
    walk_print(r, known && !text.overflow ? buf_str(&text) : NULL);
}

/* $RET is the template's default, as long as neither the config script nor this one has set
 * anything. */
enum truth walk_debconf(struct script_walk *r, const struct script_words *f)
{
    CLEANUP(free_ptr)
    char *text = f->n == 2 && f->v[1].known && !r->answered && !is_uncertain(r)
                     ? debconf_default(r->package, f->v[1].text)
                     : NULL;
    walk_set(r, "RET", text);
    return text ? YES : MAYBE;
}

bool walk_builtin(struct script_walk *r, const struct script_words *f, unsigned line,
                  enum truth *ret)
{
    static const char *const nothing[] = {":", "true", "echo", "printf", "trap", "wait", "hash"};
    const char *name = f->v[0].text;
    *ret = YES;
    if (strcmp(name, "echo") == 0 || strcmp(name, "printf") == 0)
        print_words(r, f);
    if (is_one_of(name, nothing, ARRAY_SIZE(nothing)) || (strcmp(name, "exec") == 0 && f->n == 1))
        return true;
    if (strcmp(name, "false") == 0) {
        *ret = NO;
    } else if (strcmp(name, "export") == 0 || strcmp(name, "readonly") == 0) {
        declare(r, f, line, false);
    } else if (strcmp(name, "local") == 0) {
        declare(r, f, line, true);
    } else if (strcmp(name, "unset") == 0) {
        for (size_t i = 1; i < f->n; i++)
            walk_set(r, f->v[i].text, f->v[i].known ? "" : NULL);
    } else if (strcmp(name, "set") == 0) {
        if (f->n > 1 && strcmp(f->v[1].text, "--") == 0)
            walk_arguments(r, f, 2);
        else if (f->n > 1 && f->v[1].text[0] != '-' && f->v[1].text[0] != '+')
            walk_arguments(r, f, 1);
    } else if (strcmp(name, "shift") == 0) {
        shift(r, f);
    } else if (strcmp(name, "read") == 0) {
        for (size_t i = 1; i < f->n; i++)
            if (f->v[i].text[0] != '-')
                walk_set(r, f->v[i].text, NULL);
        *ret = MAYBE;
    } else if (strcmp(name, "exit") == 0 || strcmp(name, "return") == 0) {
        *ret = leave(r, f, line);
    } else if (strcmp(name, "break") == 0 || strcmp(name, "continue") == 0) {
        if (f->n > 1)
            walk_fail(r, line, "a %s of several loops", name);
        else if (is_uncertain(r))
            r->returns = true;
        else
            r->loop = name[0] == 'b' ? BREAK : CONTINUE;
    } else if (strcmp(name, "db_get") == 0) {
        *ret = walk_debconf(r, f);
    } else if (strcmp(name, "umask") == 0) {
        if (f->n != 2 || !f->v[1].known || !strchr("02", f->v[1].text[strlen(f->v[1].text) - 1]) ||
            (strcmp(f->v[1].text, "022") != 0 && strcmp(f->v[1].text, "0022") != 0))
            walk_fail(r, line, "a umask");
    } else {
        return false;
    }
    return true;
}
