/* SPDX-License-Identifier: Apache-2.0 */
/* A maintainer script: its rest does not grow, and there is always a verdict. */
#include "effects/scripts_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buf_release) struct buf rest = BUF_INIT(0);
    CLEANUP(strv_release) struct strv tools = STRV_INIT;
    script_rest((const char *)data, size, &rest, &tools);
    if (rest.len > size + 1)
        abort();
    struct control_file f = {(char[]){"postinst"}, xmemdup(data, size), size};
    struct package p = {.name = (char[]){"libc6"}, .scripts = &f, .n_scripts = 1};
    struct script_verdict *v = NULL;
    size_t n = scripts_classify(&p, &v);
    if (n != 1 || !v[0].what)
        abort();
    scripts_free(v, n);
    free(f.text);
    return 0;
}
