/* SPDX-License-Identifier: Apache-2.0 */
#include "callmaker.h"

static char *word(const char **p, const char *end)
{
    while (*p < end && **p == ' ')
        ++*p;
    if (*p == end)
        return NULL;
    CLEANUP(free_ptr) char *out = xcalloc(1, (size_t)(end - *p) + 1);
    size_t n = 0;
    for (bool quoted = false; *p < end && (quoted || **p != ' '); ++*p) {
        if (**p == '\'')
            quoted = !quoted;
        else
            out[n++] = **p;
    }
    return xstrndup(out, n);
}

static void add_line(struct script_calls *ret, const struct package *p, unsigned line,
                     const char *at, const char *end)
{
    struct script_call *c = calls_add(ret, p, "postinst", line);
    char *w;
    while ((w = word(&at, end))) {
        if (strcmp(w, ">") == 0 || strcmp(w, ">>") == 0) {
            c->append = w[1];
            c->to = word(&at, end);
        } else if (strcmp(w, "<<") == 0) {
            c->input = xasprintf("%.*s\n", (int)(end - at - 1), at + 1);
            at = end;
        } else {
            strv_add(&c->words, w);
        }
        free(w);
    }
}

void calls_of(struct script_calls *ret, const struct package *p, const char *lines)
{
    for (unsigned line = 1; *lines; line++) {
        const char *newline = strchr(lines, '\n');
        const char *end = newline ? newline : lines + strlen(lines);
        add_line(ret, p, line, lines, end);
        lines = newline ? newline + 1 : end;
    }
}
