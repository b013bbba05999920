/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/elf.h"
#include "base/text.h"
#include "rootfs/elf_versions.h"

#include <gelf.h>
#include <libelf.h>

#define SEGMENTS_MAX 4096
#define DYNAMIC_MAX  65536 /* entries */
#define SYMBOLS_MAX  (4u << 20)

struct elf_file {
    const char *bytes;
    size_t n;
    Elf *elf;
    size_t n_segments;
    struct elf_facts *facts;
    uint64_t strtab, strsz, symtab, hash; /* addresses and size from the dynamic segment */
    uint64_t verneed, verdef;             /* the same; 0 if there is none */
    bool emptied;                         /* a segment's bytes are elsewhere: a debug file */
    uint64_t needed[ELF_STRINGS_MAX], soname, runpath, rpath; /* offsets in the string table */
    size_t n_needed;
    bool has_soname, has_runpath, has_rpath;
};

static void damaged(struct elf_file *f)
{
    f->facts->flags |= ELF_DAMAGED;
}

/* A piece of the file in the machine's own byte order; NULL if it isn't all there. */
static Elf_Data *chunk(struct elf_file *f, uint64_t offset, uint64_t size, Elf_Type type)
{
    if (offset > f->n || size > f->n - offset || size == 0)
        return NULL;
    return elf_getdata_rawchunk(f->elf, (int64_t)offset, (size_t)size, type);
}

/* Where an address of the loaded program lies in the file. */
static bool file_offset(struct elf_file *f, uint64_t address, uint64_t *ret)
{
    for (size_t i = 0; i < f->n_segments; i++) {
        GElf_Phdr ph;
        if (!gelf_getphdr(f->elf, (int)i, &ph) || ph.p_type != PT_LOAD)
            continue;
        if (address >= ph.p_vaddr && address - ph.p_vaddr < ph.p_filesz) {
            *ret = address - ph.p_vaddr + ph.p_offset;
            return *ret >= ph.p_offset && *ret < f->n;
        }
    }
    return false;
}

const char *elf_text_at(struct slice file, uint64_t offset, uint64_t size)
{
    if (offset >= file.n)
        return NULL;
    if (size > file.n - offset)
        size = file.n - offset;
    if (size > ELF_STRINGS_MAX)
        size = ELF_STRINGS_MAX;
    return memchr(file.p + offset, '\0', (size_t)size) ? file.p + offset : NULL;
}

static const char *name_at(const struct elf_file *f, uint64_t offset, uint64_t size)
{
    return elf_text_at((struct slice){f->bytes, f->n}, offset, size);
}

static char *text_at(const struct elf_file *f, uint64_t offset, uint64_t size)
{
    const char *name = name_at(f, offset, size);
    return name ? xstrdup(name) : NULL;
}

static bool is_swapped(const struct elf_file *f)
{
    return (f->facts->flags & ELF_IS_BIG_ENDIAN) !=
           (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? ELF_IS_BIG_ENDIAN : 0);
}

static void read_notes(struct elf_file *f, const GElf_Phdr *ph)
{
    Elf_Data *data = chunk(f, ph->p_offset, ph->p_filesz,
                           ph->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
    GElf_Nhdr note;
    size_t at = 0, name, desc;
    while (data && (at = gelf_getnote(data, at, &note, &name, &desc)) > 0) {
        const char *bytes = data->d_buf;
        if (note.n_type != NT_GNU_ABI_TAG || note.n_namesz != sizeof(ELF_NOTE_GNU) ||
            note.n_descsz < 16 || memcmp(bytes + name, ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)) != 0)
            continue;
        bool swapped = is_swapped(f);
        for (size_t i = 0; i < 4; i++) {
            uint32_t word;
            memcpy(&word, bytes + desc + 4 * i, 4);
            f->facts->abi_note[i] = swapped ? __builtin_bswap32(word) : word;
        }
        f->facts->has_abi_note = true;
        return;
    }
}

static void dynamic_flags(struct elf_file *f, const GElf_Dyn *d)
{
    uint32_t *flags = &f->facts->flags;
    uint64_t v = d->d_un.d_val;
    if (d->d_tag == DT_BIND_NOW || (d->d_tag == DT_FLAGS && v & DF_BIND_NOW) ||
        (d->d_tag == DT_FLAGS_1 && v & DF_1_NOW))
        *flags |= ELF_NOW;
    if (d->d_tag == DT_TEXTREL || (d->d_tag == DT_FLAGS && v & DF_TEXTREL))
        *flags |= ELF_TEXTREL;
    if (d->d_tag == DT_FLAGS_1 && v & DF_1_NODEFLIB)
        *flags |= ELF_NODEFLIB;
    if (d->d_tag == DT_FLAGS_1 && v & DF_1_PIE && f->facts->type == ET_DYN)
        *flags |= ELF_IS_PIE;
}

static void dynamic_entry(struct elf_file *f, const GElf_Dyn *d)
{
    uint64_t v = d->d_un.d_val;
    switch (d->d_tag) {
    case DT_STRTAB:
        f->strtab = v;
        break;
    case DT_STRSZ:
        f->strsz = v;
        break;
    case DT_SYMTAB:
        f->symtab = v;
        break;
    case DT_HASH:
        f->hash = v;
        break;
    case DT_VERNEED:
        f->verneed = v;
        break;
    case DT_VERDEF:
        f->verdef = v;
        break;
    case DT_JMPREL:
        f->facts->flags |= ELF_LAZY;
        break;
    case DT_NEEDED:
        if (f->n_needed == ELF_STRINGS_MAX)
            damaged(f);
        else
            f->needed[f->n_needed++] = v;
        break;
    case DT_SONAME:
        f->soname = v;
        f->has_soname = true;
        break;
    case DT_RUNPATH:
        f->runpath = v;
        f->has_runpath = true;
        break;
    case DT_RPATH:
        f->rpath = v;
        f->has_rpath = true;
        break;
    default:
        dynamic_flags(f, d);
    }
}

static char *dynamic_string(struct elf_file *f, uint64_t table, uint64_t offset)
{
    char *s = offset < f->strsz ? text_at(f, table + offset, f->strsz - offset) : NULL;
    if (!s)
        damaged(f);
    return s;
}

static void dynamic_strings(struct elf_file *f)
{
    uint64_t table;
    if (!file_offset(f, f->strtab, &table) || f->strsz > f->n) {
        if (f->n_needed || f->has_soname || f->has_runpath || f->has_rpath)
            damaged(f);
        return;
    }
    for (size_t i = 0; i < f->n_needed; i++) {
        char *s = dynamic_string(f, table, f->needed[i]);
        if (s)
            strv_take(&f->facts->needed, s);
    }
    if (f->has_soname)
        f->facts->soname = dynamic_string(f, table, f->soname);
    if (f->has_runpath)
        f->facts->runpath = dynamic_string(f, table, f->runpath);
    if (f->has_rpath)
        f->facts->rpath = dynamic_string(f, table, f->rpath);
}

static void read_versions(struct elf_file *f)
{
    struct elf_version_tables t = {
        .bytes = f->bytes, .n = f->n, .swapped = is_swapped(f), .strings_size = f->strsz};

    if (!f->verneed && !f->verdef)
        return;
    if (!file_offset(f, f->strtab, &t.strings) ||
        (f->verneed && !file_offset(f, f->verneed, &t.need)) ||
        (f->verdef && !file_offset(f, f->verdef, &t.def)) || !elf_versions_read(&t, f->facts))
        damaged(f);
}

static void read_dynamic(struct elf_file *f, const GElf_Phdr *ph)
{
    f->facts->flags |= ELF_DYNAMIC;
    size_t one = gelf_fsize(f->elf, ELF_T_DYN, 1, EV_CURRENT);
    uint64_t size = one ? ph->p_filesz - ph->p_filesz % one : 0;
    Elf_Data *data = chunk(f, ph->p_offset, size, ELF_T_DYN);
    if (!data) {
        /* Debug files keep the header and not the bytes. */
        if (ph->p_filesz)
            damaged(f);
        else
            f->emptied = true;
        return;
    }
    for (size_t i = 0; i < size / one && i < DYNAMIC_MAX; i++) {
        GElf_Dyn d;
        if (!gelf_getdyn(data, (int)i, &d) || d.d_tag == DT_NULL)
            break;
        dynamic_entry(f, &d);
    }
    dynamic_strings(f);
    read_versions(f);
}

static void read_segment(struct elf_file *f, const GElf_Phdr *ph)
{
    uint32_t *flags = &f->facts->flags;
    switch (ph->p_type) {
    case PT_LOAD:
        if (ph->p_flags & PF_W && ph->p_flags & PF_X)
            *flags |= ELF_WX;
        if (ph->p_flags & PF_X && ph->p_memsz && !ph->p_filesz)
            f->emptied = true;
        *flags |= ELF_LOADABLE;
        if (ph->p_offset > f->n || ph->p_filesz > f->n - ph->p_offset)
            damaged(f);
        break;
    case PT_GNU_STACK:
        *flags |= ph->p_flags & PF_X ? ELF_EXEC_STACK : ELF_NX;
        break;
    case PT_GNU_RELRO:
        *flags |= ELF_RELRO;
        break;
    case PT_INTERP:
        if (!f->facts->interp && ph->p_filesz)
            f->facts->interp = text_at(f, ph->p_offset, ph->p_filesz);
        if (!f->facts->interp && ph->p_filesz)
            damaged(f);
        if (f->facts->type == ET_DYN)
            *flags |= ELF_IS_PIE;
        break;
    case PT_NOTE:
        if (!f->facts->has_abi_note)
            read_notes(f, ph);
        break;
    case PT_DYNAMIC:
        if (!(*flags & ELF_DYNAMIC))
            read_dynamic(f, ph);
        break;
    default:
        break;
    }
}

/* libelf says how many segments are there, which is fewer than promised where the file is cut. */
static void read_segments(struct elf_file *f, size_t promised)
{
    if (elf_getphdrnum(f->elf, &f->n_segments) < 0 || f->n_segments > SEGMENTS_MAX) {
        f->n_segments = 0;
        damaged(f);
    }
    if (promised != PN_XNUM && f->n_segments != promised)
        damaged(f);
    for (size_t i = 0; i < f->n_segments; i++) {
        GElf_Phdr ph;
        if (!gelf_getphdr(f->elf, (int)i, &ph)) {
            damaged(f);
            return;
        }
        read_segment(f, &ph);
    }
    if (f->emptied)
        f->facts->flags &= ~(uint32_t)ELF_LOADABLE;
}

/* What fills a buffer of the caller's that is most often an array of its own, sorted: not memcpy
 * and its like, which serve the heap as well. */
static const char *const fills[] = {
    "confstr",  "fgets",    "fgetws",    "getcwd",    "getdomainname", "getgroups", "gethostname",
    "gets",     "getwd",    "ptsname_r", "readlink",  "readlinkat",    "realpath",  "recv",
    "recvfrom", "snprintf", "sprintf",   "stpcpy",    "stpncpy",       "strcat",    "strcpy",
    "strncat",  "strncpy",  "swprintf",  "ttyname_r", "vsnprintf",     "vsprintf",  "vswprintf",
    "wcscat",   "wcscpy",   "wcsncpy",
};

/* What _FORTIFY_SOURCE replaces by its checked twin wherever it is called; sorted. A compiler may
 * turn a checked snprintf of a known text back into the plain one, so that isn't among them, and
 * neither is what is left alone where the size is known to be right. */
static const char *const always[] = {
    "asprintf", "dprintf",   "fprintf",  "fwprintf", "longjmp",   "printf",  "swprintf",
    "syslog",   "vasprintf", "vdprintf", "vfprintf", "vfwprintf", "vprintf", "vsnprintf",
    "vsprintf", "vswprintf", "vsyslog",  "vwprintf", "wprintf",
};

static int compare_name(const void *a, const void *b)
{
    return strcmp(a, *(const char *const *)b);
}

#define AMONG(name, names) \
    (bsearch(name, names, ARRAY_SIZE(names), sizeof(*(names)), compare_name) != NULL)

static bool is_canary(const char *name)
{
    return strcmp(name, "__stack_chk_fail") == 0 || strcmp(name, "__stack_chk_guard") == 0;
}

static void imported(struct elf_file *f, const char *name)
{
    size_t n = strlen(name);
    bool twin = n > 6 && starts_with(name, "__") && strcmp(name + n - 4, "_chk") == 0;
    CLEANUP(free_ptr) char *plain = twin ? xstrndup(name + 2, n - 6) : NULL;
    uint32_t *flags = &f->facts->flags;
    if (is_canary(name))
        *flags |= ELF_SSP;
    if (twin)
        *flags |= ELF_FORTIFY;
    if (AMONG(name, always))
        *flags |= ELF_UNFORTIFIED;
    if (AMONG(twin ? plain : name, fills))
        *flags |= ELF_BUFFERS;
}

/* The number of dynamic symbols: by the section, else by the hash table. */
static uint64_t count_symbols(struct elf_file *f, size_t one)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(f->elf, section))) {
        GElf_Shdr sh;
        if (gelf_getshdr(section, &sh) && sh.sh_type == SHT_DYNSYM)
            return sh.sh_size / one;
    }
    uint64_t offset;
    Elf_Data *data = f->hash && file_offset(f, f->hash, &offset) ? chunk(f, offset, 8, ELF_T_WORD)
                                                                 : NULL;
    uint32_t words[2] = {0};
    if (data && data->d_size == sizeof(words))
        memcpy(words, data->d_buf, sizeof(words));
    return words[1];
}

static void read_imports(struct elf_file *f)
{
    uint64_t symbols, strings;
    size_t one = gelf_fsize(f->elf, ELF_T_SYM, 1, EV_CURRENT);
    if (!one || !f->symtab || !file_offset(f, f->symtab, &symbols) ||
        !file_offset(f, f->strtab, &strings))
        return;
    uint64_t n = count_symbols(f, one);
    if (n > SYMBOLS_MAX)
        n = SYMBOLS_MAX;
    Elf_Data *data = chunk(f, symbols, n * one, ELF_T_SYM);
    if (!data) {
        if (n)
            damaged(f);
        return;
    }
    for (uint64_t i = 1; i < n; i++) {
        GElf_Sym sym;
        if (!gelf_getsym(data, (int)i, &sym) || sym.st_name >= f->strsz)
            continue;
        const char *name = name_at(f, strings + sym.st_name, f->strsz - sym.st_name);
        if (name && sym.st_shndx == SHN_UNDEF)
            imported(f, name);
        else if (name && is_canary(name)) /* libc itself */
            f->facts->flags |= ELF_SSP;
    }
}

static void read_header(struct elf_file *f)
{
    GElf_Ehdr eh;
    if (elf_kind(f->elf) != ELF_K_ELF || !gelf_getehdr(f->elf, &eh)) {
        damaged(f);
        return;
    }
    struct elf_facts *e = f->facts;
    e->machine = eh.e_machine;
    e->type = eh.e_type;
    e->e_flags = eh.e_flags;
    e->osabi = eh.e_ident[EI_OSABI];
    e->flags |= (eh.e_ident[EI_CLASS] == ELFCLASS64 ? ELF_IS_64 : 0) |
                (eh.e_ident[EI_DATA] == ELFDATA2MSB ? ELF_IS_BIG_ENDIAN : 0) |
                (eh.e_type == ET_EXEC ? ELF_IS_EXEC : 0);
    read_segments(f, eh.e_phnum);
    if (e->flags & ELF_DYNAMIC)
        read_imports(f);
}

struct elf_facts *elf_read(const void *p, size_t n)
{
    struct elf_facts *facts = xcalloc(1, sizeof(*facts));
    struct elf_file *f = xcalloc(1, sizeof(*f));
    f->bytes = p;
    f->n = n;
    f->facts = facts;
    elf_version(EV_CURRENT);
    union {
        const void *in;
        char *out;
    } image = {.in = p}; /* libelf asks for a char * and only reads */
    f->elf = elf_memory(image.out, n);
    if (f->elf)
        read_header(f);
    else
        damaged(f);
    elf_end(f->elf);
    free(f);
    return facts;
}

bool elf_is_program(const struct elf_facts *e)
{
    return (e->flags & (ELF_IS_EXEC | ELF_IS_PIE)) != 0;
}

void elf_names_hash(struct hasher *h)
{
    for (size_t i = 0; i < ARRAY_SIZE(fills); i++)
        hasher_add(h, fills[i], strlen(fills[i]) + 1);
    hasher_add(h, "", 1);
    for (size_t i = 0; i < ARRAY_SIZE(always); i++)
        hasher_add(h, always[i], strlen(always[i]) + 1);
}
