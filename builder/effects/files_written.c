/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "effects/files_called.h"
#include "effects/modes.h"

/* ---- what the programs print ---------------------------------------------------------------- */

static bool octal(char c)
{
    return c >= '0' && c <= '7';
}

/* One escape behind a backslash; false for one that isn't known, or that ends the output. Octal
 * ones of echo begin with a 0 that doesn't count. */
static bool unescape(const char **p, bool echo, struct buf *out)
{
    static const char names[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
    const char *known = **p ? strchr(names, **p) : NULL;
    if (known) {
        buf_addch(out, values[known - names]);
        ++*p;
        return true;
    }
    if (!octal(**p) || (echo && **p != '0'))
        return false;
    unsigned value = 0;
    *p += echo;
    for (unsigned i = 0; i < 3 && octal(**p); i++)
        value = value * 8 + (unsigned)(*(*p)++ - '0');
    buf_addch(out, (char)value);
    return true;
}

static bool is_bash(const struct script_call *c)
{
    for (size_t i = 0; i < c->package->n_scripts; i++) {
        const struct control_file *f = &c->package->scripts[i];
        const char *end = strchr(f->text, '\n');
        if (strcmp(f->name, c->script) == 0)
            return end && memmem(f->text, (size_t)(end - f->text), "bash", 4);
    }
    return false;
}

/* As the script's shell has it: dash knows -n, and escapes always; bash -n, and escapes where -e
 * says so. */
static bool echo_text(const struct script_call *c, struct buf *out)
{
    size_t first = 1;
    bool newline = true, bash = is_bash(c), escapes = !bash;
    for (; first < c->words.n; first++) {
        const char *word = c->words.v[first];
        if (word[0] != '-' || !word[1] || word[1 + strspn(word + 1, bash ? "neE" : "n")] ||
            (!bash && (first > 1 || word[2])))
            break;
        newline = newline && !strchr(word, 'n');
        if (strpbrk(word, "eE"))
            escapes = strrchr(word, 'e') > strrchr(word, 'E');
    }
    for (size_t i = first; i < c->words.n; i++) {
        if (i > first)
            buf_addch(out, ' ');
        for (const char *p = c->words.v[i]; *p;) {
            char byte = *p++;
            if (byte != '\\' || !escapes || (*p && !strchr("abcfnrtv\\0", *p)))
                buf_addch(out, byte);
            else if (!*p)
                buf_addch(out, '\\');
            else if (!unescape(&p, true, out))
                return false;
        }
    }
    if (newline)
        buf_addch(out, '\n');
    return true;
}

/* The format with its escapes, %s and %%; used again as long as there are words. */
static bool printf_text(const struct script_call *c, struct buf *out)
{
    size_t word = 2;
    if (c->words.n < 2 || c->words.v[1][0] == '-')
        return false;
    do {
        size_t before = word;
        for (const char *p = c->words.v[1]; *p;) {
            char byte = *p++;
            if (byte == '\\') {
                if (!unescape(&p, false, out))
                    return false;
            } else if (byte != '%') {
                buf_addch(out, byte);
            } else if (*p == '%') {
                buf_addch(out, *p++);
            } else if (*p == 's') {
                buf_addstr(out, word < c->words.n ? c->words.v[word] : "");
                word++, p++;
            } else {
                return false;
            }
        }
        if (word == before && word < c->words.n)
            return false;
    } while (word < c->words.n);
    return true;
}

static bool text_of(const struct script_call *c, struct buf *out)
{
    const char *program = c->words.v[0];
    if (strcmp(program, "echo") == 0)
        return echo_text(c, out) && !out->overflow;
    if (strcmp(program, "printf") == 0)
        return printf_text(c, out) && !out->overflow;
    if (strcmp(program, "cat") != 0)
        return true;
    if (c->words.n > 2 || (c->words.n == 2 && strcmp(c->words.v[1], "-") != 0) || !c->input)
        return false;
    buf_addstr(out, c->input);
    return !out->overflow;
}

/* "cat FILE >to": a copy. */
static const char *copied(const struct script_call *c)
{
    if (strcmp(c->words.v[0], "cat") != 0 || c->words.n != 2 || c->append ||
        !effect_is_path(c->words.v[1]))
        return NULL;
    return c->words.v[1];
}

bool write_takes(const struct script_call *c)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(CALL_TEXT_MAX);
    return c->to && effect_is_path(c->to) && (copied(c) || text_of(c, &text));
}

/* ---- into the file -------------------------------------------------------------------------- */

static int append(struct effect *m, const char *path, const struct node *there, struct buf *text,
                  struct err *err)
{
    CLEANUP(buf_release) struct buf all = BUF_INIT(1u << 20);
    struct slice before = {"", 0};
    if (!effect_is_own(m, there) || !tree_text(there, &before)) {
        effect_note(m, "/%s stays as it is: nothing is added to it", path);
        return 0;
    }
    uint16_t mode = there->mode;
    uint32_t uid = there->uid, gid = there->gid;
    buf_addslice(&all, before);
    buf_add(&all, buf_str(text), text->len);
    if (all.overflow)
        return err_set(err, "%s: /%s gets too large", m->place, path);
    if (effect_put_text(m, path, mode, buf_str(&all), all.len, err) < 0)
        return err_ret(err);
    struct node *n = tree_find(m->tree, path);
    return n ? effect_attributes(m, n, mode, uid, gid, err) : 0;
}

int write_apply(struct effect *m, const struct script_call *c, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(CALL_TEXT_MAX);
    CLEANUP(free_ptr) char *path = effect_path(m, c->to, true);
    const struct node *there = tree_find(m->tree, path);
    const char *from = copied(c);
    if (!path[0] || path_below(path, "dev") || (!from && !text_of(c, &text)))
        return 0;
    if (there && there->type != ENTRY_FILE)
        return err_set(err, "%s: /%s is no file to write to", m->place, path);
    if (there && c->append)
        return append(m, path, there, &text, err);
    if (!effect_may_put(m, path))
        return 0;
    uint16_t mode = there ? there->mode : 0666 & ~MODE_UMASK;
    if (!from)
        return effect_put_text(m, path, mode, buf_str(&text), text.len, err);
    const struct node *n = effect_find(m, from);
    if (!n || (n->type != ENTRY_FILE && n->type != ENTRY_HARDLINK)) {
        effect_lacks(m, from, "/%s isn't made: there is no file %s", path, from);
        return 0;
    }
    return effect_put_copy(m, path, n, mode, 0, 0, tree_epoch(m->tree), err);
}
