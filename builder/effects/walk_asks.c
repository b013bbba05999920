/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arch.h"
#include "base/number.h"
#include "base/path.h"
#include "base/text.h"
#include "deb/version.h"
#include "effects/walk_state.h"

static bool field_is(const struct script_word *f, const char *text)
{
    return f->known && strcmp(f->text, text) == 0;
}

/* ---- [ ------------------------------------------------------------------------------------- */

struct test {
    struct script_walk *r;
    const struct script_word *at, *end;
    bool odd;
};

static enum truth unary(struct test *t, const char *op, const struct script_word *f)
{
    if (!f->known || op[0] != '-' || !op[1] || op[2])
        return MAYBE;
    if (op[1] == 'n' || op[1] == 'z')
        return truth_of((f->text[0] != '\0') == (op[1] == 'n'));
    if (strchr("edfxhLsr", op[1]))
        return f->text[0] ? walk_path_is(t->r, op[1], f->text) : NO;
    return MAYBE;
}

static enum truth compare_numbers(const char *a, const char *op, const char *b)
{
    uint64_t x = 0, y = 0;
    if (!number_parse(slice_of(a), UINT32_MAX, &x) || !number_parse(slice_of(b), UINT32_MAX, &y))
        return MAYBE;
    static const struct {
        const char *op;
        bool less, equal, more;
    } ops[] = {
        {"-eq", false, true, false}, {"-ne", true, false, true},  {"-lt", true, false, false},
        {"-le", true, true, false},  {"-gt", false, false, true}, {"-ge", false, true, true},
    };
    for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
        if (strcmp(op, ops[i].op) == 0)
            return truth_of(x < y ? ops[i].less : x == y ? ops[i].equal : ops[i].more);
    return MAYBE;
}

static bool is_binary(const struct script_word *f)
{
    static const char *const ops[] = {"=",   "==",  "!=",  "-eq", "-ne", "-lt",
                                      "-le", "-gt", "-ge", "-nt", "-ot", "-ef"};
    for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
        if (field_is(f, ops[i]))
            return true;
    return false;
}

static enum truth binary(const struct script_word *a, const char *op, const struct script_word *b)
{
    if (!a->known || !b->known)
        return MAYBE;
    if (op[0] != '-')
        return truth_of((strcmp(a->text, b->text) == 0) == (op[0] == '='));
    return compare_numbers(a->text, op, b->text);
}

static enum truth any_of(struct test *t);

static enum truth primary(struct test *t)
{
    size_t left = (size_t)(t->end - t->at);
    const struct script_word *f = t->at;
    if (left >= 3 && is_binary(&f[1])) {
        t->at += 3;
        return binary(&f[0], f[1].text, &f[2]);
    }
    if (left >= 2 && field_is(f, "!")) {
        t->at++;
        enum truth is = primary(t);
        return is == MAYBE ? MAYBE : is == YES ? NO : YES;
    }
    if (left >= 3 && field_is(f, "(")) {
        t->at++;
        enum truth is = any_of(t);
        t->odd |= t->at == t->end || !field_is(t->at, ")");
        t->at += t->at < t->end;
        return is;
    }
    if (left >= 2 && f->known && f->text[0] == '-' && f->text[1] && !f->text[2]) {
        t->at += 2;
        return unary(t, f->text, &f[1]);
    }
    t->at += left > 0;
    if (left == 0)
        return NO;
    t->odd |= !f->known && left > 1; /* it may be an operator */
    return f->known ? truth_of(f->text[0] != '\0') : MAYBE;
}

static enum truth both(enum truth a, bool and, enum truth b)
{
    enum truth strong = and? NO : YES;
    return a == strong || b == strong ? strong : a == MAYBE || b == MAYBE ? MAYBE : a;
}

/* -a binds more tightly than -o. */
static enum truth any_of(struct test *t)
{
    enum truth any = NO, all = YES;
    for (;;) {
        all = both(all, true, primary(t));
        if (t->at < t->end && field_is(t->at, "-a")) {
            t->at++;
            continue;
        }
        any = both(any, false, all);
        all = YES;
        if (t->at == t->end || !field_is(t->at, "-o"))
            return any;
        t->at++;
    }
}

static enum truth run_test(struct script_walk *r, const struct script_word *v, size_t n)
{
    struct test t = {r, v, v + n, false};
    if (n > 64)
        return MAYBE;
    enum truth is = any_of(&t);
    return t.odd || t.at < t.end ? MAYBE : is;
}

/* ---- dpkg and its like ----------------------------------------------------------------------- */

/* An empty version is earlier than any, but for the operators in -nl. */
static enum truth compare_versions(const struct script_words *f)
{
    size_t i = 2;
    if (f->n > i && field_is(&f->v[i], "--"))
        i++;
    if (f->n != i + 3 || !f->v[i].known || !f->v[i + 1].known || !f->v[i + 2].known)
        return MAYBE;
    const char *a = f->v[i].text, *op = f->v[i + 1].text, *b = f->v[i + 2].text;
    bool later = ends_with(op, "-nl");
    int d = !*a && !*b ? 0
            : !*a      ? (later ? 1 : -1)
            : !*b      ? (later ? -1 : 1)
                       : version_compare(a, b);
    if (starts_with(op, "lt"))
        return truth_of(d < 0);
    if (starts_with(op, "le") || strcmp(op, "<=") == 0 || strcmp(op, "<") == 0)
        return truth_of(d <= 0);
    if (strcmp(op, "<<") == 0)
        return truth_of(d < 0);
    if (starts_with(op, "eq") || strcmp(op, "=") == 0)
        return truth_of(d == 0);
    if (starts_with(op, "ne"))
        return truth_of(d != 0);
    if (starts_with(op, "ge") || strcmp(op, ">=") == 0 || strcmp(op, ">") == 0)
        return truth_of(d >= 0);
    if (starts_with(op, "gt") || strcmp(op, ">>") == 0)
        return truth_of(d > 0);
    return MAYBE;
}

static bool has_field(const struct script_words *f, const char *text)
{
    for (size_t i = 1; i < f->n; i++)
        if (field_is(&f->v[i], text))
            return true;
    return false;
}

static enum truth ask_getent(const struct script_walk *r, const struct script_words *f)
{
    if (f->n != 3 || !f->v[1].known || !f->v[2].known)
        return MAYBE;
    bool group = strcmp(f->v[1].text, "group") == 0;
    return group || strcmp(f->v[1].text, "passwd") == 0 ? walk_account(r, f->v[2].text, group)
                                                        : MAYBE;
}

/* id NAME, id -u NAME */
static enum truth ask_id(const struct script_walk *r, const struct script_words *f)
{
    const struct script_word *last = &f->v[f->n - 1];
    if (f->n < 2 || !last->known || last->text[0] == '-')
        return MAYBE;
    return walk_account(r, last->text, false);
}

/* dpkg-statoverride --list PATH: none, but what the script itself has added. */
static enum truth ask_statoverride(const struct script_walk *r, const struct script_words *f)
{
    const struct script_word *last = &f->v[f->n - 1];
    call_each(c, &r->out->calls) if (strcmp(c->words.v[0], "dpkg-statoverride") == 0) return MAYBE;
    return last->known && last->text[0] == '/' ? NO : MAYBE;
}

static bool is_tool_name(const struct script_word *f)
{
    return f->known && f->text[0] && f->text[0] != '-';
}

/* command -v TOOL, which TOOL, type TOOL: tools are there. */
static const struct script_word *tool_asked_for(const struct script_words *f)
{
    const char *name = f->v[0].text;
    if (f->n == 3 && strcmp(name, "command") == 0 && field_is(&f->v[1], "-v"))
        return &f->v[2];
    if (f->n == 2 && (strcmp(name, "which") == 0 || strcmp(name, "type") == 0))
        return &f->v[1];
    if (f->n == 3 && strcmp(name, "which") == 0 && field_is(&f->v[1], "-s"))
        return &f->v[2];
    return NULL;
}

bool walk_asks(struct script_walk *r, const struct script_words *f, enum truth *ret)
{
    const char *name = f->v[0].text;
    const struct script_word *tool = tool_asked_for(f);
    size_t n = f->n;
    *ret = MAYBE;
    if (tool)
        *ret = is_tool_name(tool) ? YES : MAYBE;
    else if (strcmp(name, "[") == 0)
        *ret = n > 1 && field_is(&f->v[n - 1], "]") ? run_test(r, f->v + 1, n - 2) : MAYBE;
    else if (strcmp(name, "test") == 0)
        *ret = run_test(r, f->v + 1, n - 1);
    else if (strcmp(name, "dpkg") == 0 && n > 1 && field_is(&f->v[1], "--compare-versions"))
        *ret = compare_versions(f);
    else if (strcmp(name, "getent") == 0)
        *ret = ask_getent(r, f);
    else if (strcmp(name, "id") == 0)
        *ret = ask_id(r, f);
    else if (strcmp(name, "dpkg-statoverride") == 0 && has_field(f, "--list"))
        *ret = ask_statoverride(r, f);
    else
        return false;
    if (strcmp(name, "[") != 0 && strcmp(name, "test") != 0 && strcmp(name, "dpkg") != 0)
        walk_print(r, NULL);
    return true;
}

/* ---- what they print ------------------------------------------------------------------------ */

static const struct arch *arch_of(const struct script_walk *r)
{
    return r->package->arch ? arch_find(r->package->arch) : NULL;
}

static char *answer_about_paths(const char *name, const struct script_words *f)
{
    const char *path = f->v[f->n - 1].text, *slash = strrchr(path, '/');
    if (strcmp(name, "dirname") == 0 && f->n == 2 && slash > path && slash[1])
        return xstrndup(path, (size_t)(slash - path));
    if (strcmp(name, "basename") == 0 && f->n == 2 && (!slash || slash[1]))
        return xstrdup(path_base(path));
    if (strcmp(name, "readlink") == 0 && f->n == 3 && field_is(&f->v[1], "-f") &&
        (strcmp(path, "/bin") == 0 || strcmp(path, "/sbin") == 0 || strcmp(path, "/lib") == 0))
        return xasprintf("/usr%s", path);
    return NULL;
}

static bool preinst_diverts(const struct package *p)
{
    for (size_t i = 0; i < p->n_scripts; i++)
        if (strcmp(p->scripts[i].name, "preinst") == 0 &&
            memmem(p->scripts[i].text, p->scripts[i].size, "dpkg-divert", 11))
            return true;
    return false;
}

/* Nothing is diverted on a fresh installation but what this script diverts. */
static char *answer_about_diversions(const struct script_walk *r, const struct script_words *f)
{
    call_each(c, &r->out->calls) if (strcmp(c->words.v[0], "dpkg-divert") == 0) return NULL;
    if (f->n != 3 || (strcmp(r->script, "postinst") == 0 && preinst_diverts(r->package)))
        return NULL;
    if (field_is(&f->v[1], "--truename"))
        return xstrdup(f->v[2].text);
    return field_is(&f->v[1], "--listpackage") || field_is(&f->v[1], "--list") ? xstrdup("") : NULL;
}

static char *answer_seq(const struct script_words *f)
{
    uint64_t from = 1, to = 0;
    const struct script_word *last = &f->v[f->n - 1];
    if (f->n < 2 || f->n > 3 || !number_parse(slice_of(last->text), 100, &to) ||
        (f->n == 3 && !number_parse(slice_of(f->v[1].text), 100, &from)))
        return NULL;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    for (uint64_t i = from; i <= to; i++)
        buf_addf(&text, "%s%u", text.len ? "\n" : "", (unsigned)i);
    return xstrdup(buf_str(&text));
}

char *walk_answer(struct script_walk *r, const struct script_words *f)
{
    const char *name = f->v[0].text;
    const struct arch *arch = arch_of(r);
    for (size_t i = 0; i < f->n; i++)
        if (!f->v[i].known || f->v[i].glob)
            return NULL;
    const struct script_word *tool = tool_asked_for(f);
    if (tool && is_tool_name(tool))
        return tool->text[0] == '/' ? xstrdup(tool->text) : xasprintf("/usr/bin/%s", tool->text);
    if (arch && strcmp(name, "dpkg-architecture") == 0 && f->n == 2 &&
        (field_is(&f->v[1], "-qDEB_HOST_MULTIARCH") || field_is(&f->v[1], "-qDEB_BUILD_MULTIARCH")))
        return xstrdup(arch->triplet);
    if (arch && strcmp(name, "dpkg") == 0 && f->n == 2 &&
        field_is(&f->v[1], "--print-architecture"))
        return xstrdup(arch->name);
    if (strcmp(name, "dpkg-divert") == 0)
        return answer_about_diversions(r, f);
    if (strcmp(name, "seq") == 0)
        return answer_seq(f);
    if (strcmp(name, "id") == 0 && ask_id(r, f) == NO)
        return xstrdup("");
    return answer_about_paths(name, f);
}
