/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "effects/alternatives.h"

#define JVM       "usr/lib/jvm/"
#define LINES_MAX 1000u

/* "hl java /usr/lib/jvm/java-21-openjdk-amd64/bin/java": kind, name, path. */
static bool is_kind(const char *word)
{
    static const char *const kinds[] = {"hl", "jre", "jdkhl", "jdk"};
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (strcmp(word, kinds[i]) == 0)
            return true;
    return false;
}

static void add_call(const struct node *n, unsigned line, const struct strv *words,
                     const char *priority, struct script_calls *ret)
{
    struct script_call *c = calls_add(ret, n->package, n->path, line);
    strv_add(&c->words, "update-alternatives");
    strv_add(&c->words, "--install");
    strv_addf(&c->words, "/usr/bin/%s", words->v[1]);
    strv_add(&c->words, words->v[1]);
    strv_add(&c->words, words->v[2]);
    strv_add(&c->words, priority);
    struct slice dir = path_dir(words->v[2]);
    strv_add(&c->words, "--slave");
    if (strcmp(words->v[1], "jexec") == 0) {
        strv_add(&c->words, "/usr/share/binfmts/jar");
        strv_add(&c->words, "jexec-binfmt");
        strv_addf(&c->words, "%.*s/jar.binfmt", (int)dir.n, dir.p);
    } else {
        strv_addf(&c->words, "/usr/share/man/man1/%s.1.gz", words->v[1]);
        strv_addf(&c->words, "%s.1.gz", words->v[1]);
        CLEANUP(free_ptr) char *bin = xstrndup(dir.p, dir.n);
        dir = path_dir(bin);
        strv_addf(&c->words, "%.*s/man/man1/%s.1.gz", (int)dir.n, dir.p, words->v[1]);
    }
}

/* Its own programs only: a line that leads elsewhere is nobody's choice for the real tool either,
 * which finds it unregistered and goes on. Those that aren't there are other packages', as the file
 * lists those of a whole JDK. */
static bool is_own(const struct tree *t, const struct strv *words)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);
    return words->n == 3 && is_kind(words->v[0]) && !strchr(words->v[1], '/') &&
           path_from_recipe(words->v[2], &path, &err) == 0 && starts_with(buf_str(&path), JVM) &&
           tree_resolve(t, buf_str(&path));
}

static void read_file(const struct tree *t, const struct node *n, struct slice text,
                      struct script_calls *ret)
{
    CLEANUP(free_ptr) char *priority = NULL;
    for (unsigned line = 1; text.n && line <= LINES_MAX; line++) {
        const char *newline = memchr(text.p, '\n', text.n);
        size_t length = newline ? (size_t)(newline - text.p) : text.n;
        struct slice one = slice_trim((struct slice){text.p, length});
        CLEANUP(strv_release) struct strv words = STRV_INIT;
        strv_split(&words, one, " \t");
        if (!priority && slice_starts_with(one, "priority="))
            priority = xstrndup(one.p + 9, one.n - 9);
        else if (priority && is_own(t, &words))
            add_call(n, line, &words, priority, ret);
        length += newline != NULL;
        text = (struct slice){text.p + length, text.n - length};
    }
}

void jinfo_calls(struct tree *t, struct script_calls *ret)
{
    size_t n;
    struct node *const *nodes = tree_nodes(t, &n);
    for (size_t i = 0; i < n; i++) {
        struct slice text;
        if (glob_match(JVM ".*.jinfo", nodes[i]->path) && nodes[i]->package &&
            tree_text(nodes[i], &text))
            read_file(t, nodes[i], text, ret);
    }
}
