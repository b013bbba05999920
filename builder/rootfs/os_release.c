/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/assembly.h"

#define SHIPPED "usr/lib/os-release"
#define IN_ETC  "etc/os-release"

/* os-release(5): a value in double quotes, shell's special characters behind a backslash. */
static void add_assignment(struct buf *out, struct slice name, const char *value)
{
    buf_addslice(out, name);
    buf_addstr(out, "=\"");
    for (; *value; value++) {
        if (strchr("\"\\$`", *value))
            buf_addch(out, '\\');
        buf_addch(out, *value);
    }
    buf_addstr(out, "\"\n");
}

static struct slice name_of(const char *assignment)
{
    return (struct slice){assignment, strcspn(assignment, "=")};
}

static bool assigns(struct slice line, struct slice name)
{
    return line.n > name.n && memcmp(line.p, name.p, name.n) == 0 && line.p[name.n] == '=';
}

/* The recipe's value for a line's name, or NULL. The last one wins. */
static const struct recipe_item *change_of(const struct recipe_list *changes, struct slice line)
{
    for (size_t i = changes->n; i-- > 0;)
        if (assigns(line, name_of(changes->v[i].text)))
            return &changes->v[i];
    return NULL;
}

static bool assigned(struct slice text, struct slice name)
{
    while (text.n) {
        const char *newline = memchr(text.p, '\n', text.n);
        size_t n = newline ? (size_t)(newline - text.p) : text.n;
        if (assigns((struct slice){text.p, n}, name))
            return true;
        n += newline != NULL;
        text = (struct slice){text.p + n, text.n - n};
    }
    return false;
}

static void change(struct slice text, const struct recipe_list *changes, struct buf *out)
{
    struct slice rest = text;
    while (rest.n) {
        const char *newline = memchr(rest.p, '\n', rest.n);
        struct slice line = {rest.p, newline ? (size_t)(newline - rest.p) : rest.n};
        const struct recipe_item *item = change_of(changes, line);
        if (item) {
            struct slice name = name_of(item->text);
            add_assignment(out, name, item->text + name.n + 1);
        } else {
            buf_addslice(out, line);
            buf_addch(out, '\n');
        }
        size_t n = line.n + (newline != NULL);
        rest = (struct slice){rest.p + n, rest.n - n};
    }
    for (size_t i = 0; i < changes->n; i++) {
        const char *item = changes->v[i].text;
        struct slice name = name_of(item);
        if (name.n < strlen(item) && !assigned(text, name) &&
            !assigned((struct slice){buf_str(out), out->len}, name)) {
            const struct recipe_item *last = change_of(changes, slice_of(item));
            add_assignment(out, name, (last ? last->text : item) + name.n + 1);
        }
    }
}

int assemble_os_release(struct assembly *a, struct tree *t, struct err *err)
{
    const struct node *shipped = tree_find(t, SHIPPED);
    struct slice text;
    if (!shipped || !tree_text(shipped, &text)) {
        strv_add(&a->notes, "no package brings /" SHIPPED ": scanners can't tell the distribution "
                            "(base-files has it)");
        return 0;
    }
    CLEANUP(buf_release) struct buf out = BUF_INIT(0);
    change(text, &a->recipe->os_release, &out);
    return tree_put_made(t, IN_ETC, 0644, buf_str(&out), out.len, "os_release", err);
}
