/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/login.h"
#include "harden/rule.h"
#include "rootfs/account_files.h"

#define LINES_MERGED 1000 /* findings of a rule, until those of one file become one */

/* ---- passwords ------------------------------------------------------------------------------ */

/* What is wrong with a line of an account file. A file of nothing but such lines doesn't become as
 * many findings: they are merged as they come. */
static void tell(const struct rule *r, const struct login_file *f, struct findings *ret,
                 const char *common, const char *value, char *text)
{
    size_t first = ret->n;

    while (first && ret->v[first - 1].rule == r)
        first--;
    if (ret->n - first >= LINES_MERGED)
        findings_merge(ret, first);
    finding_varies(finding_add(ret, r, f->node->path, NULL, "%s", text), common, "%s", value);
    free(text);
}

/* The same about a whole account: common has "%s" for "NAME (line 3)", as end has none before it.
 */
static void tell_account(const struct rule *r, const struct login_file *f, const struct login *l,
                         struct findings *ret, const char *common, const char *end)
{
    CLEANUP(free_ptr)
    char *who = xasprintf("%.*s (line %u)", (int)l->fields[0].n, l->fields[0].p, l->line);

    tell(r, f, ret, common, who, xasprintf("%s %s", who, end));
}

static void open_accounts(const struct rule *r, const struct login_file *f, struct findings *ret)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->v[i].n_fields >= 2 && f->v[i].fields[1].n == 0)
            tell_account(r, f, &f->v[i], ret, "%s need no password", "needs no password");
}

static void acc_pw(const struct rule *r, const struct view *v, struct findings *ret)
{
    open_accounts(r, &v->passwd, ret);
    open_accounts(r, &v->shadow, ret);
}

/* A hash of crypt(5), also one that is locked by a sign before it; the traditional form has 13
 * characters of an alphabet of its own. */
static bool is_hash(struct slice s)
{
    while (s.n && (s.p[0] == '!' || s.p[0] == '*'))
        s.p++, s.n--;
    if (s.n > 3 && (s.p[0] == '$' || s.p[0] == '_'))
        return true;
    if (s.n != 13)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!memchr("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", s.p[i], 64))
            return false;
    return true;
}

static void hashes_of(const struct rule *r, const struct login_file *f, struct findings *ret)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct login *l = &f->v[i];
        if (!is_hash(l->fields[1]))
            continue;
        if (l->fields[1].p[0] == '!')
            tell_account(r, f, l, ret, "%s have a password's hash, though they are locked",
                         "has a password's hash, though it is locked");
        else
            tell_account(r, f, l, ret, "%s have a password's hash", "has a password's hash");
    }
}

static void acc_hash(const struct rule *r, const struct view *v, struct findings *ret)
{
    hashes_of(r, &v->passwd, ret);
    hashes_of(r, &v->shadow, ret);
    hashes_of(r, &v->group, ret);
    hashes_of(r, &v->gshadow, ret);
}

static void hashes_in(const struct rule *r, const struct node *n, struct findings *ret)
{
    struct login_file f = {.node = n};
    struct slice text;

    if (n->type == ENTRY_FILE && tree_text(n, &text))
        login_lines(&f, text);
    hashes_of(r, &f, ret);
    free(f.v);
}

/* The copies that are left when a password is changed: the hash from before. */
static void acc_hash_copy(const struct rule *r, const struct view *v, const struct node *n,
                          struct findings *ret)
{
    (void)v;
    if (account_copy_at(n->path))
        hashes_in(r, n, ret);
}

static void acc_hash_hidden(const struct rule *r, const struct view *v, const struct node *n,
                            struct findings *ret)
{
    acc_hash_copy(r, v, n, ret);
    if (account_file_at(n->path))
        hashes_in(r, n, ret);
}

/* ---- duplicates ----------------------------------------------------------------------------- */

static int by_name(const void *x, const void *y)
{
    const struct login *a = *(struct login *const *)x, *b = *(struct login *const *)y;
    size_t n = a->fields[0].n < b->fields[0].n ? a->fields[0].n : b->fields[0].n;
    int r = memcmp(a->fields[0].p, b->fields[0].p, n);

    if (!r && a->fields[0].n != b->fields[0].n)
        r = a->fields[0].n < b->fields[0].n ? -1 : 1;
    return r ? r : (int)a->line - (int)b->line;
}

static void same_names(const struct rule *r, const struct login_file *f, struct findings *ret)
{
    CLEANUP(free_ptr) struct login **sorted = xcalloc(f->n + 1, sizeof(*sorted));

    for (size_t i = 0; i < f->n; i++)
        sorted[i] = &f->v[i];
    qsort(sorted, f->n, sizeof(*sorted), by_name);
    for (size_t i = 1; i < f->n; i++) {
        struct slice before = sorted[i - 1]->fields[0], now = sorted[i]->fields[0];
        if (before.n != now.n || memcmp(before.p, now.p, now.n) != 0)
            continue;
        CLEANUP(free_ptr) char *name = xstrndup(now.p, now.n);
        tell(r, f, ret, "several lines have the same name (%s)", name,
             xasprintf("%s stands in lines %u and %u", name, sorted[i - 1]->line, sorted[i]->line));
    }
}

static void same_ids(const struct rule *r, const struct login_file *f, const char *id,
                     struct findings *ret)
{
    CLEANUP(free_ptr) char *common = xasprintf("several lines have the same %s (%%s)", id);

    for (size_t i = 1; i < f->n; i++) {
        const struct login *a = f->by_id[i - 1], *b = f->by_id[i];
        if (a->id != b->id || a->id == UINT32_MAX)
            continue;
        CLEANUP(free_ptr) char *value = xasprintf("%u", a->id ? a->id : b->line);
        tell(r, f, ret, a->id ? common : "several lines are a second root (%s)", value,
             xasprintf("%s %u is given in lines %u and %u%s", id, a->id, a->line, b->line,
                       a->id == 0 ? ": a second root" : ""));
    }
}

static void short_lines_of(const struct rule *r, const struct login_file *f, unsigned fields,
                           struct findings *ret)
{
    for (size_t i = 0; i < f->n; i++) {
        if (f->v[i].n_fields >= fields && f->v[i].id != UINT32_MAX)
            continue;
        CLEANUP(free_ptr) char *line = xasprintf("%u", f->v[i].line);
        tell(r, f, ret, "lines are none of an account's (%s)", line,
             xasprintf("line %s is none of an account's", line));
    }
}

static void acc_dup(const struct rule *r, const struct view *v, struct findings *ret)
{
    same_names(r, &v->passwd, ret);
    same_ids(r, &v->passwd, "uid", ret);
    same_names(r, &v->group, ret);
    same_ids(r, &v->group, "gid", ret);
    short_lines_of(r, &v->passwd, 7, ret);
    short_lines_of(r, &v->group, 4, ret);
}

/* ---- names and modes ------------------------------------------------------------------------ */

static void numbers_of(const struct rule *r, const struct login_file *f, struct findings *ret)
{
    for (size_t i = 0; i < f->n; i++) {
        struct slice name = f->v[i].fields[0];
        size_t digits = 0;
        while (digits < name.n && name.p[digits] >= '0' && name.p[digits] <= '9')
            digits++;
        if (!name.n || digits < name.n)
            continue;
        CLEANUP(free_ptr) char *number = xstrndup(name.p, name.n);
        tell(r, f, ret, "names are numbers (%s)", number,
             xasprintf("the name %s (line %u) is a number", number, f->v[i].line));
    }
}

static void acc_num(const struct rule *r, const struct view *v, struct findings *ret)
{
    numbers_of(r, &v->passwd, ret);
    numbers_of(r, &v->group, ret);
}

static void acc_mode(const struct rule *r, const struct view *v, const struct node *n,
                     struct findings *ret)
{
    const struct account_file *f = account_file_at(n->path);
    const struct account_file *of = f ? f : account_copy_at(n->path);

    (void)v;
    if (of && n->type != ENTRY_SYMLINK && (n->mode & ~of->mode || n->uid != 0))
        finding_at(ret, r, n, "has mode %04o of %u:%u, and may have %04o of root at most", n->mode,
                   n->uid, n->gid, of->mode);
}

/* ---- the rows ------------------------------------------------------------------------------- */

const struct rule account_rules[] = {
    {
        .id = "ACC-PW",
        .title = "No account is without a password",
        .severity = SEVERITY_CRITICAL,
        .action = RULE_DENY,
        .advice = "put * into the field: it matches no password",
        .source = "CVE-2019-5021, CIS Debian Benchmark 7.2, Dockle CIS-DI-0010",
        .why =
            "Looks at the second field of /etc/passwd and /etc/shadow. Where it is empty, su and "
            "login let anybody in. An x says that shadow decides, and without a line there the "
            "account is locked, as it is by ! and *.",
        .image = acc_pw,
    },
    {
        .id = "ACC-HASH",
        .title = "No password's hash in the image",
        .severity = SEVERITY_HIGH,
        .action = RULE_DENY,
        .advice = "put * into the field; who is let in is decided outside of the image",
        .source = "NIST SP 800-190 4.1.4",
        .why =
            "Looks at the password fields of passwd, shadow, group and gshadow, and of the copies "
            "that end in a dash, which hold what was there before. Whoever may pull "
            "the image can try passwords on the hash for as long as he likes, and then has it "
            "for each container. A hash that is locked by a ! is there all the same.",
        .path = acc_hash_copy,
        .image = acc_hash,
        .hidden = acc_hash_hidden,
        .hidden_most = SEVERITY_HIGH,
    },
    {
        .id = "ACC-DUP",
        .title = "Each account stands once in passwd and group",
        .severity = SEVERITY_HIGH,
        .action = RULE_DENY,
        .advice = "leave one line of them",
        .source = "CIS Debian Benchmark 7.2, pwck(8)",
        .why =
            "Looks for a name, uid or gid that is given twice, for a second account of uid 0, "
            "and for lines that are too short or have no number where one belongs. Programs take "
            "the first or the last of two, so they don't agree on who is who.",
        .image = acc_dup,
    },
    {
        .id = "ACC-NUM",
        .title = "No account's name is a number",
        .severity = SEVERITY_CRITICAL,
        .action = RULE_DENY,
        .advice = "give it a name that begins with a letter",
        .source = "useradd(8), CVE-2024-40635",
        .why =
            "Looks at the names in passwd and group. Runtimes look a user up by name first: with "
            "an account called 5000 that has uid 0, the user 5000 is root, and runAsNonRoot is "
            "content.",
        .image = acc_num,
    },
    {
        .id = "ACC-MODE",
        .title = "The account files belong to root",
        .severity = SEVERITY_HIGH,
        .action = RULE_DENY,
        .advice = "mode 0644 for passwd and group, 0640 at most for shadow and gshadow, root's",
        .source = "CIS Debian Benchmark 7.1",
        .why =
            "Looks at owner and mode of /etc/passwd, group, shadow, gshadow and the copies that "
            "end in a dash: who may write them is root, who may read shadow can try "
            "passwords.\n"
            "Images that add their random user at start make passwd group-writable; on OpenShift "
            "that is no longer needed.",
        .path = acc_mode,
    },
    {0},
};
