/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a maintainer script has to be read by a person:
 *
 *     script_rest PACKAGE SCRIPT FILE          the normalised rest
 *     script_rest -t PACKAGE SCRIPT FILE       a line for builder/effects/scripts_table.c
 *     script_rest -v PACKAGE SCRIPT FILE       the verdict, its calls, and why it can't be read
 */
#include "base/file.h"
#include "effects/scripts_table.h"
#include <stdio.h>

int main(int argc, char **argv)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    CLEANUP(script_split_release) struct script_split split = {0};
    char mode = argc == 5 && argv[1][0] == '-' ? argv[1][1] : '\0';
    char **a = argv + (mode ? 2 : 1);
    if (argc - (mode ? 2 : 1) != 3) {
        fprintf(stderr, "usage: script_rest [-t|-v] PACKAGE SCRIPT FILE\n");
        return 2;
    }
    if (file_read(a[2], 1u << 20, &text, &err) < 0) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    script_split(buf_str(&text), text.len, &split);
    if (mode == 't') {
        if (split.rest.len)
            printf("    {\"%s\", \"%s\", \"%s\", SCRIPT_UNHANDLED, \"\"},\n", a[0], a[1],
                   script_digest(&split.rest).s);
    } else if (mode == 'v') {
        struct control_file f = {a[1], text.data, text.len};
        struct package p = {.name = a[0], .scripts = &f, .n_scripts = 1};
        struct package *one = &p;
        struct image_scripts scripts;
        scripts_read(&one, 1, &scripts);
        for (size_t i = 0; i < scripts.n; i++)
            printf("%s\t%s\t%s\t%s\t%s\n", a[0], scripts.v[i].script,
                   script_class_name(scripts.v[i].class), scripts.v[i].what,
                   scripts.v[i].why ? scripts.v[i].why : "");
        call_each(c, &scripts.calls)
        {
            CLEANUP(free_ptr) char *words = strv_join(&c->words, " ");
            printf("%u\t%s%s%s\n", c->line, words,
                   !c->to      ? ""
                   : c->append ? " >> "
                               : " > ",
                   c->to ? c->to : "");
        }
        scripts_release(&scripts);
    } else {
        fputs(buf_str(&split.rest), stdout);
    }
    return 0;
}
