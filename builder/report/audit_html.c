/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page with all in it: page.html, and in it the JSON report with each image's tree of files.
 * No "<" leaves as itself, so nothing in a name can end the script that it stands in.
 *
 * The tree: [name, mode, owner, [children]] for a directory, else [name, mode, owner, size,
 * package (from 1, or 0), layer (from 1, or 0), kind, target]; what is empty at the end isn't
 * there.
 */
#include "base/text.h"
#include "report/audit_private.h"
#include "report/page.h"

#include <inttypes.h>

#define MARK      "@DATA@"
#define MORE_MAX  40     /* further paths of a finding */
#define NODES_MAX 100000 /* of a tree; what is left out is counted */

/* As JSON within HTML: text that is UTF-8 and without control characters. */
static void add_quoted(struct buf *ret, const char *s)
{
    CLEANUP(buf_release) struct buf shown = BUF_INIT(0);

    text_addstr(&shown, s);
    buf_addch(ret, '"');
    for (const char *p = buf_str(&shown); *p; p++) {
        if (*p == '<')
            buf_addstr(ret, "\\u003c");
        else if (*p == '"' || *p == '\\')
            buf_addf(ret, "\\%c", *p);
        else
            buf_addch(ret, *p);
    }
    buf_addch(ret, '"');
}

static void add_document(struct buf *ret, const struct audit *a)
{
    CLEANUP(buf_release) struct buf json = BUF_INIT(0);

    add_json(&json, audit_document(a, MORE_MAX));
    for (const char *p = buf_str(&json); *p; p++)
        if (*p == '<')
            buf_addstr(ret, "\\u003c");
        else
            buf_addch(ret, *p);
}

/* ---- the tree -------------------------------------------------------------------------------- */

struct walk {
    const struct audited *a;
    struct node *const *nodes;
    size_t n, at;
    size_t written, left_out;
    struct buf *ret;
};

static void add_owner(struct buf *ret, const struct node *n)
{
    if (n->uid || n->gid)
        buf_addf(ret, "\"%" PRIu32 ":%" PRIu32 "\"", n->uid, n->gid);
    else
        buf_addstr(ret, "\"\"");
}

static const char *kind_of(const struct node *n)
{
    switch (n->type) {
    case ENTRY_SYMLINK:
        return "l";
    case ENTRY_HARDLINK:
        return "h";
    case ENTRY_CHAR:
        return "c";
    case ENTRY_BLOCK:
        return "b";
    case ENTRY_FIFO:
        return "p";
    case ENTRY_FILE:
    case ENTRY_DIRECTORY:
        return NULL;
    }
    return NULL;
}

static void add_file(struct walk *w, const struct node *n)
{
    const char *kind = kind_of(n);
    size_t layer = flat_layer_of(&w->a->flat, n->origin);

    buf_addf(w->ret, ",%" PRIu64 ",%zu,%zu", n->type == ENTRY_FILE ? n->size : 0,
             software_place(&w->a->software, n->package),
             layer < w->a->flat.n_layers ? layer + 1 : 0);
    if (kind)
        buf_addf(w->ret, ",\"%s\"", kind);
    if (n->target) {
        buf_addch(w->ret, ',');
        if (n->type == ENTRY_HARDLINK) {
            CLEANUP(free_ptr) char *target = xasprintf("/%s", n->target);
            add_quoted(w->ret, target);
        } else {
            add_quoted(w->ret, n->target);
        }
    }
}

/* What lies below dir; the nodes come in an order in which it follows at once. */
static void add_children(struct walk *w, const char *dir)
{
    bool first = true;

    buf_addch(w->ret, '[');
    while (w->at < w->n && path_below(w->nodes[w->at]->path, dir)) {
        const struct node *n = w->nodes[w->at++];
        if (w->written == NODES_MAX) {
            w->left_out++;
            continue;
        }
        w->written++;
        buf_addstr(w->ret, first ? "[" : ",[");
        first = false;
        add_quoted(w->ret, path_base(n->path));
        buf_addf(w->ret, ",%u,", n->mode);
        add_owner(w->ret, n);
        if (n->type == ENTRY_DIRECTORY) {
            buf_addch(w->ret, ',');
            add_children(w, n->path);
        } else {
            add_file(w, n);
        }
        buf_addch(w->ret, ']');
    }
    buf_addch(w->ret, ']');
}

static void add_tree(const struct audited *a, struct buf *ret)
{
    struct walk w = {.a = a, .ret = ret};
    const struct node *top = tree_find(a->flat.tree, "");

    w.nodes = tree_nodes(a->flat.tree, &w.n);
    buf_addf(ret, "{\"top\":[\"\",%u,", top->mode);
    add_owner(ret, top);
    buf_addch(ret, ',');
    add_children(&w, "");
    buf_addf(ret, "],\"left_out\":%zu}", w.left_out);
}

void audit_html(const struct audit *a, const struct log *log, struct buf *ret)
{
    (void)log;
    const char *mark = strstr(report_page, MARK);

    buf_add(ret, report_page, (size_t)(mark - report_page));
    buf_addstr(ret, "{\"audit\":");
    add_document(ret, a);
    buf_addstr(ret, ",\"trees\":[");
    for (size_t i = 0; i < a->n; i++) {
        buf_addstr(ret, i ? "," : "");
        add_tree(&a->images[i], ret);
    }
    buf_addstr(ret, "]}");
    buf_addstr(ret, mark + strlen(MARK));
}
