/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether pieces of recipes and policies, as hints show them, could stand there:
 *
 *     recipe_lines <pieces
 *
 * A line has a place for errors, a tab, and the piece: options, or sections with theirs. Options of
 * a section may stand without it. One of a recipe's or a policy's grammar has to take all of it.
 */
#include "audit/policy.h"
#include "recipe/blocks.h"
#include "recipe/values.h"
#include <stdio.h>

static int check(const struct grammar *g, const char *text, struct err *err)
{
    CLEANUP(conf_release) struct conf conf = {0};
    CLEANUP(blocks_release) struct blocks blocks = {0};
    size_t count = 0;
    int r = conf_read("piece", slice_of(text), &count, &conf, err);

    for (size_t i = 0; i < conf.n && r == 0; i++)
        r = blocks_add(&blocks, g, "piece", &conf.items[i], err);
    return r;
}

/* At the top level, or in one of the sections. */
static bool fits(const struct grammar *g, const char *text)
{
    section_each (s, g) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(free_ptr)
        char *whole = s->name ? xasprintf("%s %s { %s }", s->name,
                                          s->title_path ? "/xx"
                                          : s->titled   ? "xx"
                                                        : "",
                                          text)
                              : xstrdup(text);

        if (check(g, whole, &err) == 0)
            return true;
    }
    return false;
}

int main(void)
{
    static char line[8192];
    size_t seen = 0, bad = 0;

    while (fgets(line, sizeof(line), stdin)) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        char *piece = strchr(line, '\t');

        if (!piece)
            return 2;
        *piece++ = '\0';
        piece[strcspn(piece, "\n")] = '\0';
        seen++;
        if (fits(&recipe_grammar, piece) || fits(&policy_grammar, piece))
            continue;
        (void)!check(&recipe_grammar, piece, &err);
        printf("%s: %s\n    %s\n", line, err.message, piece);
        bad++;
    }
    printf("%zu pieces\n", seen);
    return bad != 0;
}
