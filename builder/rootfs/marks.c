/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/marks.h"

/* All of a shell's strings have to be there. */
static const struct shell {
    const char *name, *strings[2];
} shells[] = {
    {"busybox", {"BusyBox v", "applet not found"}},
    {"toybox", {"Toybox %s multicall binary", NULL}},
    {"bash", {"GNU bash, version", "BASH_VERSION"}},
    {"dash", {"PS4=+ ", "Illegal option -%c"}},
    {"zsh", {"ZSH_SUBSHELL", "ZSH_EVAL_CONTEXT"}},
    {"mksh", {"MIRBSD KSH", NULL}},
    {"mksh", {"LEGACY KSH", NULL}},
    {"posh", {"POSH_VERSION", NULL}},
    {"ksh", {".sh.version", ".sh.subshell"}},
    {"tcsh", {"No job control in subshells", "Faulty alias 'precmd' removed."}},
    {"fish", {"FISH_NO_WSL_CHECK", "src/bin/fish.rs"}},
    {"sash", {"Stand-alone shell (version", NULL}},
};

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

static bool holds(const void *p, size_t n, const char *text)
{
    return !text || memmem(p, n, text, strlen(text));
}

const char *marks_shell(const void *p, size_t n)
{
    for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
        if (holds(p, n, shells[i].strings[0]) && holds(p, n, shells[i].strings[1]))
            return shells[i].name;
    }
    return NULL;
}
