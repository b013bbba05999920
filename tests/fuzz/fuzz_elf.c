/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an ELF file's: facts, always, and strings that end. */
#include "rootfs/elf.h"
#include "rootfs/elf_versions.h"
#include "rootfs/marks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct file_facts *f = xcalloc(1, sizeof(*f));
    CLEANUP(free_ptr) char *copy = xmemdup(data, size);
    f->elf = elf_read(copy, size);
    if (!f->elf || f->elf->needed.n > ELF_STRINGS_MAX || f->elf->versions.n > ELF_VERSIONS_MAX ||
        f->elf->defines.n > ELF_VERSIONS_MAX || f->elf->versions.n != f->elf->versions_of.n)
        abort();
    strv_each (name, &f->elf->needed) {
        if (strlen(*name) >= ELF_STRINGS_MAX)
            abort();
    }
    f->interpreter = marks_interpreter(copy, size);
    struct program_marks marks;
    marks_program(copy, size, &marks);
    file_facts_free(f);
    return 0;
}
