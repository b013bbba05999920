/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arch.h"

#include <elf.h>

#define LOONGARCH 258 /* elf.h of older systems lacks it */

/* clang-format off */
static const struct arch arches[] = {
    {"amd64", "amd64", NULL, false, "x86_64-linux-gnu", EM_X86_64, true, false,
     EM_386, {EM_X86_64, EM_386}, "x86_64", "x86_64"},
    {"arm64", "arm64", "v8", true, "aarch64-linux-gnu", EM_AARCH64, true, false,
     0, {EM_AARCH64, EM_ARM}, "aarch64", "aarch64"},
    {"armhf", "arm", "v7", false, "arm-linux-gnueabihf", EM_ARM, false, false,
     0, {EM_ARM, EM_AARCH64}, "v7l", "armhf"},
    {"armel", "arm", "v5", false, "arm-linux-gnueabi", EM_ARM, false, false,
     0, {0}, "v5l", "arm"},
    {"i386", "386", NULL, false, "i386-linux-gnu", EM_386, false, false,
     0, {EM_386, EM_X86_64}, "i686", "i386"},
    {"ppc64el", "ppc64le", NULL, false, "powerpc64le-linux-gnu", EM_PPC64, true, false,
     0, {EM_PPC64}, "power8", "powerpc64le"},
    {"riscv64", "riscv64", NULL, false, "riscv64-linux-gnu", EM_RISCV, true, false,
     0, {EM_RISCV}, "riscv64", "riscv64"},
    {"s390x", "s390x", NULL, false, "s390x-linux-gnu", EM_S390, true, true,
     0, {EM_S390}, "z900", "s390x"},
    {"loong64", "loong64", NULL, false, "loongarch64-linux-gnu", LOONGARCH, true, false,
     0, {LOONGARCH}, "loongarch64", "loongarch64"},
    {"mips64el", "mips64le", NULL, false, "mips64el-linux-gnuabi64", EM_MIPS, true, false,
     0, {0}, NULL, "mips64el"},
    {"mipsel", "mipsle", NULL, false, "mipsel-linux-gnu", EM_MIPS, false, false,
     0, {0}, NULL, "mipsel"},
    {"powerpc", "ppc", NULL, false, "powerpc-linux-gnu", EM_PPC, false, true,
     0, {0}, NULL, "powerpc"},
    {"ppc64", "ppc64", NULL, false, "powerpc64-linux-gnu", EM_PPC64, true, true,
     0, {0}, NULL, "powerpc64"},
    {"sparc64", "sparc64", NULL, false, "sparc64-linux-gnu", EM_SPARCV9, true, true,
     0, {0}, NULL, "sparc64"},
};
/* clang-format on */

const struct arch *arch_all(size_t *ret_n)
{
    *ret_n = ARRAY_SIZE(arches);
    return arches;
}

const struct arch *arch_find(const char *debian_name)
{
    for (size_t i = 0; i < ARRAY_SIZE(arches); i++)
        if (strcmp(arches[i].name, debian_name) == 0)
            return &arches[i];
    return NULL;
}

const struct arch *arch_of_platform(const char *go, const char *variant)
{
    bool plain = !variant || !*variant;
    for (size_t i = 0; i < ARRAY_SIZE(arches); i++) {
        const struct arch *a = &arches[i];
        if (strcmp(a->go, go) == 0 &&
            (plain ? !a->variant || a->implied : a->variant && strcmp(a->variant, variant) == 0))
            return a;
    }
    return NULL;
}

const struct arch *arch_like_platform(const char *go, const char *variant)
{
    const struct arch *found = arch_of_platform(go, variant);
    for (size_t i = 0; i < ARRAY_SIZE(arches) && !found; i++)
        if (strcmp(arches[i].go, go) == 0)
            found = &arches[i];
    return found;
}

const struct arch *arch_of_elf(uint16_t machine, bool wide, bool big_endian, const char *rather)
{
    const struct arch *found = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(arches); i++) {
        const struct arch *a = &arches[i];
        if (a->machine == machine && a->wide == wide && a->big_endian == big_endian &&
            (!found || (rather && strcmp(a->name, rather) == 0)))
            found = a;
    }
    return found;
}

const char *arch_host(void)
{
#if defined(__x86_64__)
    return "amd64";
#elif defined(__aarch64__)
    return "arm64";
#elif defined(__arm__) && defined(__ARM_PCS_VFP)
    return "armhf";
#elif defined(__arm__)
    return "armel";
#elif defined(__i386__)
    return "i386";
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
    return "ppc64el";
#elif defined(__riscv)
    return "riscv64";
#elif defined(__s390x__)
    return "s390x";
#elif defined(__loongarch64)
    return "loong64";
#elif defined(__mips64) && defined(__MIPSEL__)
    return "mips64el";
#else
#error "name this architecture as Debian does"
#endif
}
