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

static enum truth truth_of(bool b)
{
    return b ? YES : NO;
}

/* ---- accounts and paths --------------------------------------------------------------------- */

/* Whether an earlier call of this script has the word; then it may be there already. */
static bool is_called(const struct script_walk *r, const char *word)
{
    call_each(c, &r->out->calls)
    {
        if (strv_has(&c->words, word) || (c->to && strcmp(c->to, word) == 0))
            return true;
    }
    return false;
}

/* The accounts of base-passwd, which every system has; of others only the own script can have made
 * some on a fresh installation. */
static enum truth account_exists(const struct script_walk *r, const char *name)
{
    static const char *const names[] = {
        "root",   "daemon", "bin",   "sys",   "sync",     "games",   "man",      "lp",
        "mail",   "news",   "uucp",  "proxy", "www-data", "backup",  "list",     "irc",
        "nobody", "adm",    "tty",   "disk",  "kmem",     "dialout", "fax",      "voice",
        "cdrom",  "floppy", "tape",  "sudo",  "audio",    "dip",     "operator", "src",
        "shadow", "utmp",   "video", "sasl",  "plugdev",  "staff",   "users",    "nogroup",
    };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(name, names[i]) == 0)
            return YES;
    return is_called(r, name) ? MAYBE : NO;
}

/* The own package's entry at an absolute path: below a directory that was merged into /usr, too. */
static const struct entry *own_entry(const struct script_walk *r, const char *path)
{
    static const char *const merged[] = {"bin/", "sbin/", "lib/", "lib64/"};
    CLEANUP(buf_release) struct buf in_usr = BUF_INIT(PATH_BYTES_MAX);
    const char *at = path + 1;
    for (size_t i = 0; i < ARRAY_SIZE(merged); i++)
        if (starts_with(at, merged[i])) {
            buf_addf(&in_usr, "usr/%s", at);
            at = buf_str(&in_usr);
            break;
        }
    size_t n = strlen(at);
    while (n && at[n - 1] == '/')
        n--;
    for (size_t i = 0; i < r->package->n_entries; i++) {
        const char *own = r->package->entries[i].path;
        if (strncmp(own, at, n) == 0 && own[n] == '\0')
            return &r->package->entries[i];
    }
    return NULL;
}

static bool is_below(const char *path, const char *const *dirs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (starts_with(path, dirs[i]))
            return true;
    return false;
}

/* Whether a path is there: the package's own are (behind unpacking), tools are, a booted system
 * isn't. What lies in /etc and /var and is of nobody's package that the script could know of
 * isn't there on a fresh installation, unless the script itself has made it. */
static enum truth path_exists(const struct script_walk *r, char what, const char *path)
{
    static const char *const none[] = {"/run/systemd/", "/run/openrc", "/dev/initctl",
                                       "/usr/local/", "/var/lib/systemd/deb-systemd"};
    static const char *const tools[] = {"/usr/bin/", "/bin/", "/usr/sbin/",    "/sbin/",
                                        "/usr/lib/", "/lib/", "/usr/libexec/", "/usr/share/"};
    static const char *const fresh[] = {"/etc/", "/var/", "/root/", "/home/", "/srv/", "/opt/"};
    if (path[0] != '/')
        return MAYBE;
    if (strcmp(path, "/usr/lib/php/php-maintscript-helper") == 0)
        return YES; /* php-common's, on which all that ask depend */
    const struct entry *own = own_entry(r, path);
    if (own && strcmp(r->script, "postinst") == 0) {
        bool dir = own->type == ENTRY_DIRECTORY, link = own->type == ENTRY_SYMLINK;
        if (strchr("hL", what))
            return truth_of(link);
        if (what == 'x' && own->type == ENTRY_FILE)
            return truth_of((own->mode_deb & 0111) != 0);
        if (what == 's' && own->type == ENTRY_FILE)
            return truth_of(own->size > 0);
        if (link && what != 'e')
            return MAYBE;
        return what == 'd' ? truth_of(dir) : what == 'f' ? truth_of(!dir) : YES;
    }
    if (own || is_called(r, path))
        return MAYBE;
    if (is_below(path, none, ARRAY_SIZE(none)))
        return NO;
    if (what == 'x' && is_below(path, tools, ARRAY_SIZE(tools)))
        return YES;
    if (what != 'd' && is_below(path, fresh, ARRAY_SIZE(fresh)))
        return NO;
    return MAYBE;
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
        return f->text[0] ? path_exists(t->r, op[1], f->text) : NO;
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

/* Without parentheses; -a binds more tightly than -o. */
static enum truth run_test(struct script_walk *r, const struct script_word *v, size_t n)
{
    struct test t = {r, v, v + n, false};
    enum truth any = NO, all = YES;
    bool first = true;
    if (n > 64)
        return MAYBE;
    for (;;) {
        all = both(all, true, primary(&t));
        bool or = t.at < t.end && field_is(t.at, "-o");
        if (t.at == t.end || or) {
            any = first ? all : both(any, false, all);
            first = false;
            all = YES;
        }
        if (t.at == t.end)
            return t.odd ? MAYBE : any;
        if (! or &&!field_is(t.at, "-a"))
            return MAYBE;
        t.at++;
    }
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
    bool accounts = strcmp(f->v[1].text, "passwd") == 0 || strcmp(f->v[1].text, "group") == 0;
    return accounts ? account_exists(r, f->v[2].text) : MAYBE;
}

/* id NAME, id -u NAME */
static enum truth ask_id(const struct script_walk *r, const struct script_words *f)
{
    const struct script_word *last = &f->v[f->n - 1];
    if (f->n < 2 || !last->known || last->text[0] == '-')
        return MAYBE;
    return account_exists(r, last->text);
}

static enum truth ask_statoverride(const struct script_walk *r, const struct script_words *f)
{
    const struct script_word *last = &f->v[f->n - 1];
    return last->known && last->text[0] == '/' && !is_called(r, last->text) ? NO : MAYBE;
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
    return true;
}

/* ---- what they print ------------------------------------------------------------------------ */

static const struct arch *arch_of(const struct script_walk *r)
{
    return r->package->arch ? arch_find(r->package->arch) : NULL;
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
    if (strcmp(name, "dirname") == 0 && f->n == 2 && strrchr(f->v[1].text, '/') > f->v[1].text &&
        !ends_with(f->v[1].text, "/"))
        return xstrndup(f->v[1].text, (size_t)(strrchr(f->v[1].text, '/') - f->v[1].text));
    if (strcmp(name, "basename") == 0 && f->n == 2 && !ends_with(f->v[1].text, "/"))
        return xstrdup(path_base(f->v[1].text));
    if (arch && strcmp(name, "dpkg-architecture") == 0 && f->n == 2 &&
        (field_is(&f->v[1], "-qDEB_HOST_MULTIARCH") || field_is(&f->v[1], "-qDEB_BUILD_MULTIARCH")))
        return xstrdup(arch->triplet);
    if (arch && strcmp(name, "dpkg") == 0 && f->n == 2 &&
        field_is(&f->v[1], "--print-architecture"))
        return xstrdup(arch->name);
    if (strcmp(name, "echo") == 0 && f->n == 2 && f->v[1].text[0] != '-' &&
        !strchr(f->v[1].text, '\\'))
        return xstrdup(f->v[1].text);
    return NULL;
}
