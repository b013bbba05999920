/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/marks.h"

/* Programs by strings of theirs, all of which have to be there. */
static const struct program {
    const char *name;
    bool shell;
    const char *strings[2];
} programs[] = {
    {"busybox", true, {"BusyBox v", "applet not found"}},
    {"toybox", true, {"Toybox %s multicall binary", NULL}},
    {"bash", true, {"GNU bash, version", "BASH_VERSION"}},
    {"dash", true, {"PS4=+ ", "Illegal option -%c"}},
    {"zsh", true, {"ZSH_SUBSHELL", "ZSH_EVAL_CONTEXT"}},
    {"mksh", true, {"MIRBSD KSH", NULL}},
    {"mksh", true, {"LEGACY KSH", NULL}},
    {"posh", true, {"POSH_VERSION", NULL}},
    {"ksh", true, {".sh.version", ".sh.subshell"}},
    {"tcsh", true, {"No job control in subshells", "Faulty alias 'precmd' removed."}},
    {"fish", true, {"FISH_NO_WSL_CHECK", "src/bin/fish.rs"}},
    {"sash", true, {"Stand-alone shell (version", NULL}},
    {"curl", false, {"Usage: curl [options...] <url>", NULL}},
    {"wget", false, {"GNU Wget %s, a non-interactive network retriever", NULL}},
    {"socat", false, {"socat by Gerhard Rieger", NULL}},
    {"nc", false, {"OpenBSD netcat", NULL}},
    {"nc", false, {"[-options] hostname port[s]", NULL}},
    {"ncat", false, {"https://nmap.org/ncat", NULL}},
    {"ssh", false, {"usage: ssh [", "ProxyJump"}},
    {"sshd", false, {"usage: sshd [", NULL}},
    {"dropbear", false, {"Dropbear server", NULL}},
    {"rsync", false, {"rsync is a file transfer program", NULL}},
    {"dpkg", false, {"package management program version", NULL}},
    {"apk", false, {"apk-tools ", "etc/apk/"}},
    {"sudo", false, {"sudo_conf", "intercept_verify"}},
    {"gdb", false, {"GNU gdb", "This GDB was configured"}},
};

/* What languages leave, with their checks of bounds, in every program. */
static const char go_text[] = "\xff Go buildinf:";
static const char *const rust_texts[] = {"/library/core/src/", "/library/std/src/"};

char *marks_interpreter(const char *head, size_t n)
{
    if (n < 2 || head[0] != '#' || head[1] != '!')
        return NULL;
    struct slice line = {head + 2, strnlen(head + 2, n - 2)};
    const char *newline = memchr(line.p, '\n', line.n);
    if (newline)
        line.n = (size_t)(newline - line.p);
    line = slice_trim(line);
    return xstrndup(line.p, line.n);
}

/* ---- many strings in one pass --------------------------------------------------------------- */

/* Wu and Manber, "A fast algorithm for multi-pattern searching" (1994), with blocks of two bytes:
 * how far the window may move, by the two bytes at its end. */
#define STRINGS_MAX 64
#define WINDOW      6 /* no string is shorter */

struct strings {
    struct slice v[STRINGS_MAX];
    size_t n;
    uint64_t found; /* a bit a string */
    uint8_t shift[1 << 16];
};

static unsigned block(const char *p)
{
    return (unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1];
}

static void add_string(struct strings *s, const char *text)
{
    struct slice string = slice_of(text);

    if (s->n == STRINGS_MAX || string.n < WINDOW)
        abort();
    s->v[s->n++] = string;
    for (size_t i = 0; i + 1 < WINDOW; i++) {
        uint8_t *shift = &s->shift[block(string.p + i)];
        uint8_t distance = (uint8_t)(WINDOW - 2 - i);
        *shift = *shift < distance ? *shift : distance;
    }
}

static void match_at(struct strings *s, const char *p, size_t n)
{
    for (size_t i = 0; i < s->n; i++)
        if (p[0] == s->v[i].p[0] && s->v[i].n <= n && memcmp(p, s->v[i].p, s->v[i].n) == 0)
            s->found |= 1ull << i;
}

static void search(struct strings *s, const char *p, size_t n)
{
    for (size_t at = 0; at + WINDOW <= n;) {
        uint8_t shift = s->shift[block(p + at + WINDOW - 2)];
        if (!shift)
            match_at(s, p + at, n - at);
        at += shift ? shift : 1;
    }
}

static void strings_start(struct strings *s)
{
    s->n = 0;
    s->found = 0;
    memset(s->shift, WINDOW - 1, sizeof(s->shift));
    for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
        for (size_t k = 0; k < ARRAY_SIZE(programs[i].strings) && programs[i].strings[k]; k++)
            add_string(s, programs[i].strings[k]);
    add_string(s, go_text);
    for (size_t i = 0; i < ARRAY_SIZE(rust_texts); i++)
        add_string(s, rust_texts[i]);
}

void marks_program(const void *p, size_t n, struct program_marks *ret)
{
    CLEANUP(free_ptr) struct strings *s = xmalloc(sizeof(*s));
    size_t at = 0;

    *ret = (struct program_marks){0};
    strings_start(s);
    search(s, p, n);
    for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
        bool all = true;
        for (size_t k = 0; k < ARRAY_SIZE(programs[i].strings) && programs[i].strings[k]; k++)
            all &= s->found >> at++ & 1;
        if (!all || ret->name)
            continue;
        ret->name = programs[i].name;
        ret->shell = programs[i].shell;
    }
    ret->go = s->found >> at++ & 1;
    for (size_t i = 0; i < ARRAY_SIZE(rust_texts); i++)
        ret->rust |= s->found >> at++ & 1;
}
