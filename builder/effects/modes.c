/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/modes.h"
#include "base/number.h"

static uint16_t who_mask(const char **p)
{
    uint16_t mask = 0;
    for (;; ++*p) {
        switch (**p) {
        case 'u':
            mask |= 04700;
            break;
        case 'g':
            mask |= 02070;
            break;
        case 'o':
            mask |= 01007;
            break;
        case 'a':
            mask |= 07777;
            break;
        default:
            return mask;
        }
    }
}

/* The bits that the letters behind an operator stand for, for all. */
static uint16_t bits(const char **p, uint16_t old, bool directory)
{
    static const char copies[] = "ugo";
    uint16_t ret = 0;
    if (**p && strchr(copies, **p)) {
        unsigned shift = **p == 'u' ? 6 : **p == 'g' ? 3 : 0;
        ++*p;
        return (uint16_t)(((old >> shift) & 07u) * 0111u);
    }
    for (;; ++*p) {
        switch (**p) {
        case 'r':
            ret |= 0444;
            break;
        case 'w':
            ret |= 0222;
            break;
        case 'x':
            ret |= 0111;
            break;
        case 'X':
            ret |= directory || old & 0111 ? 0111 : 0;
            break;
        case 's':
            ret |= 06000;
            break;
        case 't':
            ret |= 01000;
            break;
        default:
            return ret;
        }
    }
}

static bool apply_clause(const char **p, bool directory, uint16_t *mode)
{
    uint16_t who = who_mask(p), umask = who ? 0 : MODE_UMASK;
    who = who ? who : 07777;
    if (!**p || !strchr("+-=", **p))
        return false;
    while (**p && strchr("+-=", **p)) {
        char op = *(*p)++;
        uint16_t change = bits(p, *mode, directory) & who & (uint16_t)~umask;
        if (op == '-')
            *mode &= (uint16_t)~change;
        else if (op == '+')
            *mode |= change;
        else /* what isn't named stays where a directory is concerned: setuid and setgid */
            *mode = (uint16_t)((*mode & (uint16_t) ~(who & (directory ? 01777 : 07777) &
                                                     (uint16_t)~umask)) |
                               change);
    }
    return true;
}

bool mode_apply(const char *text, uint16_t old, bool directory, bool keep, uint16_t *ret)
{
    uint64_t octal;
    size_t n = strlen(text);
    if (number_parse_octal((struct slice){text, n}, 07777, &octal)) {
        *ret = (uint16_t)octal | (directory && keep && n < 5 ? old & 06000 : 0);
        return true;
    }
    uint16_t mode = old;
    for (const char *p = text;; p++) {
        if (!apply_clause(&p, directory, &mode) || (*p && *p != ','))
            return false;
        if (!*p)
            break;
    }
    *ret = mode;
    return true;
}
