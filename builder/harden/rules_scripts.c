/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "harden/rule.h"

/* What binfmt_script.c reads of a file; a #! line that goes on starts nothing. */
#define LINE_MAX_KERNEL 253

static bool is_file(const struct node *n)
{
    return n->type == ENTRY_FILE || n->type == ENTRY_HARDLINK;
}

/* Where it is to be started from, rather than shown or read. */
static bool is_command(const char *path)
{
    struct slice dir = path_dir(path);
    const char *slash = memrchr(dir.p, '/', dir.n);
    struct slice last = slash ? (struct slice){slash + 1, dir.n - (size_t)(slash + 1 - dir.p)}
                              : dir;

    return slice_eq(last, "bin") || slice_eq(last, "sbin");
}

static bool is_shown(const char *path)
{
    return path_below(path, "usr/share/doc") || strstr(path, "/examples/") ||
           strstr(path, "/tests/");
}

/* Whether a program can be started: by anybody, or, of what the image starts, by its user. */
static bool can_start(const struct view *v, const char *path, bool by_user)
{
    CLEANUP(buf_release) struct buf clean = BUF_INIT(PATH_BYTES_MAX);
    const struct node *n, *blocked = NULL;

    path_link_target("", path, &clean);
    if (view_is_data(v, buf_str(&clean)))
        return true; /* put there while it runs */
    n = by_user ? view_walk(v, buf_str(&clean), &blocked) : tree_resolve(v->tree, buf_str(&clean));
    if (!n || !is_file(n))
        return false;
    return by_user ? view_may(v, n, MAY_EXECUTE) : (n->mode & 0111) != 0;
}

static bool in_search_path(const struct view *v, const char *name, bool by_user)
{
    CLEANUP(strv_release) struct strv dirs = STRV_INIT;

    view_search_path(v, &dirs);
    strv_each (dir, &dirs) {
        CLEANUP(free_ptr) char *path = xasprintf("%s/%s", *dir, name);
        if (**dir == '/' && can_start(v, path, by_user))
            return true;
    }
    return false;
}

/* The program among env's words: behind options and NAME=VALUE. NULL if there is none. */
static const char *program_of_env(const struct strv *words)
{
    for (size_t i = 1; i < words->n; i++) {
        const char *word = words->v[i];
        if (strcmp(word, "-u") == 0 || strcmp(word, "-C") == 0)
            i++;
        else if (word[0] != '-' && !strchr(word, '='))
            return word;
        else if (starts_with(word, "-S") && word[2])
            return word + 2;
    }
    return NULL;
}

/* What is missing, in words; NULL if nothing is. */
static char *missing(const struct view *v, const char *line, bool by_user)
{
    CLEANUP(strv_release) struct strv words = STRV_INIT;

    strv_split(&words, slice_of(line), " \t");
    const char *first = words.n ? words.v[0] : "";
    if (!*first)
        return xstrdup("nothing is named behind its #!");
    if (strlen(first) >= LINE_MAX_KERNEL)
        return xstrdup("its #! line is longer than the kernel reads");
    if (first[0] != '/')
        return xasprintf("it is run by %s, looked for below where it is started", first);
    if (first[strlen(first) - 1] == '\r')
        return xasprintf("it is run by %s: its lines end as on Windows", first);
    if (!can_start(v, first, by_user))
        return xasprintf("it is run by %s, which isn't there", first);
    const char *program = strcmp(path_base(first), "env") == 0 ? program_of_env(&words) : NULL;
    if (!program ||
        (program[0] == '/' ? can_start(v, program, by_user) : in_search_path(v, program, by_user)))
        return NULL;
    return xasprintf("it is run by %s, which is in no directory of PATH", program);
}

static void scr_bang(const struct rule *r, const struct view *v, const struct node *n,
                     struct findings *ret)
{
    bool started = v->start.node == n;

    if (n->type != ENTRY_FILE || !n->facts || !(n->facts->marks & MARK_SCRIPT) ||
        (!started && (!(n->mode & 0111) || is_shown(n->path))))
        return;
    CLEANUP(free_ptr) char *what = missing(v, n->facts->interpreter, started);
    if (!what)
        return;
    struct finding *f = finding_at(ret, r, n, "%s", what);
    if (started) {
        f->severity = SEVERITY_HIGH;
        f->action = RULE_DENY;
    } else if (!is_command(n->path)) {
        f->severity = SEVERITY_LOW;
    }
}

const struct rule script_rules[] = {
    {
        .id = "SCR-BANG",
        .title = "Each script's interpreter is there",
        .severity = SEVERITY_MEDIUM,
        .action = RULE_NOTE,
        .advice = "exclude the script, or add the package of its interpreter",
        .elsewhere = "remove the script, or add its interpreter",
        .source = "lintian: missing-dep-for-interpreter, melange's linter",
        .why =
            "Looks at the #! line of files that may be executed: the program that it names, or "
            "that env is asked for in the config's PATH, has to be there and be executable. A "
            "script that can't run is a promise broken, and dead weight.\n"
            "Modules outside of directories called bin and sbin, which bear such a line for tests, "
            "are of low severity; documentation and examples are passed over. For the script that "
            "the image starts it is high, asked as the image's user, and refused.",
        .path = scr_bang,
    },
    {0},
};
