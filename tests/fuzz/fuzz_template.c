/* SPDX-License-Identifier: Apache-2.0 */
/* A template's mtree text: paths are clean, nothing but directories, files and links. */
#include "base/path.h"
#include "rootfs/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(template_release) struct template t = {0};
    CLEANUP(err_release) struct err err = ERR_INIT;
    if (template_parse((const char *)data, size, "fuzz", &t, &err) < 0) {
        if (t.entries || t.n || t.cap) /* what fails leaves nothing */
            abort();
        return 0;
    }
    for (size_t i = 0; i < t.n; i++) {
        const struct template_entry *e = &t.entries[i];
        CLEANUP(buf_release) struct buf clean = BUF_INIT(0);
        if (path_from_member(e->path, strlen(e->path), &clean, &err) < 0 ||
            strcmp(buf_str(&clean), e->path) != 0 || e->mode > 07777 ||
            (e->type == ENTRY_SYMLINK) != (e->target != NULL))
            abort();
    }
    return 0;
}
