/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/scripts.h"
#include "base/path.h"
#include "base/text.h"
#include "effects/scripts_table.h"

static bool is_script(const char *name)
{
    static const char *const names[] = {"preinst", "postinst", "prerm", "postrm", "config"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* What an unread script does, by the tools that it calls: the first that fits. */
static const char *guess(const char *rest)
{
    static const struct {
        const char *holds, *what;
    } guesses[] = {
        {"update-alternatives", "alternatives"},
        {"adduser ", "accounts by adduser"},
        {"useradd ", "accounts by useradd"},
        {"systemd-sysusers", "accounts by sysusers"},
        {"pam-auth-update", "PAM configuration"},
        {"ucf ", "configuration by ucf"},
        {"setcap ", "a file capability"},
        {"dpkg-statoverride", "owners and modes"},
        {"dpkg-divert", "diversions"},
        {"chown ", "owners and modes"},
        {"chmod ", "owners and modes"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(guesses); i++)
        if (strstr(rest, guesses[i].holds))
            return guesses[i].what;
    return "handwritten";
}

/* The worst section decides; of equal ones the first is named, all differing ones are. */
/* Whether a list "a; b" has this among its texts. */
static bool is_named(const char *list, const char *what)
{
    size_t n = strlen(what);
    for (const char *at = list; (at = strstr(at, what)); at++)
        if ((at == list || (at - list >= 2 && memcmp(at - 2, "; ", 2) == 0)) &&
            (at[n] == '\0' || starts_with(at + n, "; ")))
            return true;
    return false;
}

static void worsen(struct script_verdict *v, enum script_class class, const char *what)
{
    if (v->what && class < v->class)
        return;
    if (v->what && class == v->class) {
        if (is_named(v->what, what))
            return;
        char *both = xasprintf("%s; %s", v->what, what);
        free(v->what);
        v->what = both;
        return;
    }
    free(v->what);
    v->what = xstrdup(what);
    v->class = class;
}

static void judge_section(struct script_verdict *v, const char *tool)
{
    for (const struct known_section *k = known_sections; k->tool; k++)
        if (strcmp(k->tool, tool) == 0) {
            worsen(v, k->class, k->what);
            return;
        }
    CLEANUP(free_ptr) char *shown = text_escape(tool, strnlen(tool, 80));
    CLEANUP(free_ptr) char *what = xasprintf("debhelper: %s", shown);
    worsen(v, SCRIPT_UNHANDLED, what);
}

static void judge_rest(struct script_verdict *v, const char *package, const struct buf *rest)
{
    struct script_digest digest = script_digest(rest);
    bool read_before = false;
    for (const struct known_script *k = known_scripts; k->package; k++) {
        if (strcmp(k->package, package) != 0 || strcmp(k->script, v->script) != 0)
            continue;
        read_before = true;
        if (strcmp(k->digest, digest.s) == 0) {
            worsen(v, k->class, k->what);
            return;
        }
    }
    CLEANUP(free_ptr)
    char *what = xasprintf("%s%s", guess(buf_str(rest)), read_before ? ", changed" : "");
    worsen(v, SCRIPT_UNHANDLED, what);
}

static void judge(struct script_verdict *v, const struct package *p, const struct control_file *f)
{
    v->script = f->name;
    v->class = SCRIPT_HARMLESS;
    if (strcmp(f->name, "prerm") == 0 || strcmp(f->name, "postrm") == 0) {
        v->what = xstrdup("runs at a removal only");
        return;
    }
    if (strcmp(f->name, "config") == 0) {
        v->what = xstrdup("asks questions only");
        return;
    }
    CLEANUP(buf_release) struct buf rest = BUF_INIT(0);
    CLEANUP(strv_release) struct strv tools = STRV_INIT;
    v->class = SCRIPT_HANDLED;
    script_rest(f->text, f->size, &rest, &tools);
    strv_each (tool, &tools)
        judge_section(v, *tool);
    if (rest.len)
        judge_rest(v, p->name, &rest);
    if (!v->what)
        worsen(v, SCRIPT_HARMLESS, "does nothing");
}

size_t scripts_classify(const struct package *p, struct script_verdict **ret)
{
    struct script_verdict *v = xcalloc(p->n_scripts + 1, sizeof(*v));
    size_t n = 0;
    for (size_t i = 0; i < p->n_scripts; i++)
        if (is_script(p->scripts[i].name))
            judge(&v[n++], p, &p->scripts[i]);
    *ret = v;
    return n;
}

void scripts_free(struct script_verdict *v, size_t n)
{
    for (size_t i = 0; v && i < n; i++)
        free(v[i].what);
    free(v);
}

const char *script_class_name(enum script_class c)
{
    static const char *const names[] = {"handled", "harmless", "skipped", "unhandled"};
    return (size_t)c < ARRAY_SIZE(names) ? names[c] : "unknown";
}
