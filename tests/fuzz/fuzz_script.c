/* SPDX-License-Identifier: Apache-2.0 */
/* A maintainer script: its rest does not grow, and there is always a verdict. */
#include "effects/scripts_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(script_split_release) struct script_split split = {0};
    script_split((const char *)data, size, &split);
    if (split.rest.len > size + 1)
        abort();
    struct control_file f = {(char[]){"postinst"}, xmemdup(data, size), size};
    struct package p = {.name = (char[]){"libc6"}, .scripts = &f, .n_scripts = 1};
    struct package *one = &p;
    struct image_scripts scripts;
    scripts_read(&one, 1, &scripts);
    if (scripts.n != 1 || !scripts.v[0].what ||
        (scripts.v[0].class == SCRIPT_UNHANDLED && !scripts.v[0].why))
        abort();
    call_each(c, &scripts.calls) if (!c->words.n || c->words.n > CALL_WORDS_MAX ||
                                     c->package != &p || !c->line) abort();
    scripts_release(&scripts);
    free(f.text);
    return 0;
}
