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
    struct script_verdict *v = NULL;
    struct script_calls calls = {0};
    size_t n = scripts_read(&p, &v, &calls);
    if (n != 1 || !v[0].what || (v[0].class == SCRIPT_UNHANDLED && !v[0].why))
        abort();
    call_each(c, &calls) if (!c->words.n || c->words.n > CALL_WORDS_MAX || c->package != &p ||
                             !c->line) abort();
    calls_release(&calls);
    scripts_free(v, n);
    free(f.text);
    return 0;
}
