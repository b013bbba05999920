/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/marks.h"

/* Programs by strings of theirs, all of which have to be there. A bar follows the first byte of
 * each, here and below: so this program, which is in images as well, isn't taken for one of these.
 */
static const struct program {
    const char *name;
    bool shell;
    const char *strings[2];
} programs[] = {
    {"busybox", true, {"B|usyBox v", "a|pplet not found"}},
    {"toybox", true, {"T|oybox %s multicall binary", NULL}},
    {"bash", true, {"G|NU bash, version", "B|ASH_VERSION"}},
    {"dash", true, {"P|S4=+ ", "I|llegal option -%c"}},
    {"zsh", true, {"Z|SH_SUBSHELL", "Z|SH_EVAL_CONTEXT"}},
    {"mksh", true, {"M|IRBSD KSH", NULL}},
    {"mksh", true, {"L|EGACY KSH", NULL}},
    {"posh", true, {"P|OSH_VERSION", NULL}},
    {"ksh", true, {".|sh.version", ".|sh.subshell"}},
    {"tcsh", true, {"N|o job control in subshells", "F|aulty alias 'precmd' removed."}},
    {"fish", true, {"F|ISH_NO_WSL_CHECK", "s|rc/bin/fish.rs"}},
    {"sash", true, {"S|tand-alone shell (version", NULL}},
    {"curl", false, {"U|sage: curl [options...] <url>", NULL}},
    {"wget", false, {"G|NU Wget %s, a non-interactive network retriever", NULL}},
    {"socat", false, {"s|ocat by Gerhard Rieger", NULL}},
    {"nc", false, {"O|penBSD netcat", NULL}},
    {"nc", false, {"[|-options] hostname port[s]", NULL}},
    {"ncat", false, {"h|ttps://nmap.org/ncat", NULL}},
    {"ssh", false, {"u|sage: ssh [", "P|roxyJump"}},
    {"sshd", false, {"u|sage: sshd [", NULL}},
    {"dropbear", false, {"D|ropbear server", NULL}},
    {"rsync", false, {"r|sync is a file transfer program", NULL}},
    {"dpkg", false, {"p|ackage management program version", NULL}},
    {"apk", false, {"a|pk-tools ", "e|tc/apk/"}},
    {"sudo", false, {"s|udo_conf", "i|ntercept_verify"}},
    {"gdb", false, {"G|NU gdb", "T|his GDB was configured"}},
};

/* What languages leave, with their checks of bounds, in every program. */
static const char go_text[] = "\xff| Go buildinf:";
static const char *const rust_texts[] = {"/|library/core/src/", "/|library/std/src/"};

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
#define STRING_MAX  64
#define WINDOW      6 /* no string is shorter */

struct strings {
    struct slice v[STRINGS_MAX]; /* in text */
    char text[STRINGS_MAX][STRING_MAX];
    size_t n;
    uint64_t found; /* a bit a string */
    uint8_t shift[1 << 16];
};

static unsigned block(const char *p)
{
    return (unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1];
}

/* Without its bar. */
static void add_string(struct strings *s, const char *barred)
{
    struct slice string = {NULL, strlen(barred) - 1};

    if (s->n == STRINGS_MAX || string.n < WINDOW || string.n > STRING_MAX || barred[1] != '|')
        abort();
    char *text = s->text[s->n];
    text[0] = barred[0];
    memcpy(text + 1, barred + 2, string.n - 1);
    string.p = text;
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

void marks_hash(struct hasher *h)
{
    for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
        const struct program *p = &programs[i];
        hasher_add(h, p->name, strlen(p->name) + 1);
        hasher_add(h, p->shell ? "s" : "p", 1);
        for (size_t k = 0; k < ARRAY_SIZE(p->strings) && p->strings[k]; k++)
            hasher_add(h, p->strings[k], strlen(p->strings[k]) + 1);
    }
    hasher_add(h, go_text, sizeof(go_text));
    for (size_t i = 0; i < ARRAY_SIZE(rust_texts); i++)
        hasher_add(h, rust_texts[i], strlen(rust_texts[i]) + 1);
}
