/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arch.h"
#include "base/text.h"
#include "effects/scripts_table.h"
#include <ctype.h>

#define SECTION_BEGIN "# Automatically added by "
#define SECTION_END   "# End automatically added section"

/* Lines that every script may have and that do nothing by themselves. */
static bool does_nothing(struct slice line)
{
    static const char *const lines[] = {
        "set -e",
        "set -eu",
        "set -u",
        "set +e",
        "exit 0",
        ":",
        ";;",
        "esac",
        "fi",
        "case \"$1\" in",
        "case $1 in",
        "*)",
        "(*)",
        "configure)",
        "(configure)",
        "install)",
        "upgrade)",
        "install|upgrade)",
        "upgrade|install)",
        "abort-upgrade)",
        "abort-remove)",
        "abort-deconfigure)",
        "abort-upgrade|abort-remove|abort-deconfigure)",
        "(abort-upgrade|abort-remove|abort-deconfigure)",
        "exit 1",
        "echo \"preinst called with unknown argument \\`$1'\" >&2",
        "echo \"postinst called with unknown argument \\`$1'\" >&2",
    };
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        if (slice_eq(line, lines[i]))
            return true;
    return false;
}

static bool word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static size_t name_length(struct slice s, const char *name)
{
    if (!s.n || s.p[0] != name[0])
        return 0; /* most places of most scripts */
    size_t n = strlen(name);
    return slice_starts_with(s, name) && (s.n == n || !word_byte(s.p[n])) ? n : 0;
}

/* Debian's architectures and GNU's names for them, so that one line of the table serves all. */
static size_t architecture(struct slice s, char *ret)
{
    size_t n_arches, n = 0;
    const struct arch *arches = arch_all(&n_arches);
    for (size_t i = 0; i < n_arches && n == 0; i++) {
        *ret = 'T';
        n = name_length(s, arches[i].triplet);
        if (n == 0) {
            *ret = 'A';
            n = name_length(s, arches[i].name);
        }
    }
    return n;
}

/* The length of a version at the start of s: digits, and a dot with a digit behind them. */
static size_t version(struct slice s)
{
    size_t n = 0;
    bool dot = false;
    while (n < s.n && (isalnum((unsigned char)s.p[n]) || strchr(".+~:-", s.p[n]))) {
        dot |= n + 1 < s.n && s.p[n] == '.' && isdigit((unsigned char)s.p[n + 1]);
        n++;
    }
    size_t digits = 0;
    while (digits < n && (isdigit((unsigned char)s.p[digits]) || strchr(".:", s.p[digits])))
        digits++;
    return dot && memchr(s.p, '.', digits) ? n : 0;
}

static void add_line(struct slice line, struct buf *out)
{
    char *to = buf_reserve(out, line.n + 1); /* it gets no longer */
    for (size_t i = 0; to && i < line.n;) {
        struct slice rest = {line.p + i, line.n - i};
        bool fresh = word_byte(line.p[i]) && (i == 0 || !word_byte(line.p[i - 1]));
        char as;
        size_t n = fresh ? architecture(rest, &as) : 0;
        if (n) {
            *to++ = as;
        } else if (isdigit((unsigned char)line.p[i]) &&
                   (i == 0 || !isdigit((unsigned char)line.p[i - 1])) && (n = version(rest))) {
            *to++ = 'V';
        } else if (line.p[i] == ' ' || line.p[i] == '\t') {
            for (n = 1; i + n < line.n && (line.p[i + n] == ' ' || line.p[i + n] == '\t'); n++)
                ;
            *to++ = ' ';
        } else {
            n = 1;
            *to++ = line.p[i];
        }
        i += n;
    }
    if (!to)
        return;
    *to++ = '\n';
    buf_filled(out, (size_t)(to - out->data) - out->len);
}

static struct script_section *add_section(struct script_split *s, struct slice tool,
                                          const char *from)
{
    const char *slash = memchr(tool.p, '/', tool.n);
    GROW(s->v, s->n, s->cap);
    s->v[s->n] = (struct script_section){
        .tool = xstrndup(tool.p, slash ? (size_t)(slash - tool.p) : tool.n),
        .text = {from, 0},
    };
    return &s->v[s->n++];
}

void script_split(const char *text, size_t n, struct script_split *ret)
{
    bool anything = false;
    struct script_section *section = NULL;
    const char *end = text + n;
    *ret = (struct script_split){.rest = BUF_INIT(0)};
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline ? newline : end;
        struct slice line = slice_trim((struct slice){text, (size_t)(stop - text)});
        text = newline ? newline + 1 : end;
        if (section) {
            section->text.n = (size_t)(stop - section->text.p);
            if (slice_starts_with(line, SECTION_END))
                section = NULL;
        } else if (slice_starts_with(line, SECTION_BEGIN)) {
            struct slice tool = {line.p + strlen(SECTION_BEGIN), line.n - strlen(SECTION_BEGIN)};
            section = add_section(ret, tool, stop);
        } else if (line.n && line.p[0] != '#') {
            anything = anything || !does_nothing(line);
            add_line(line, &ret->rest);
        }
    }
    if (section)
        add_section(ret, slice_of(SECTION_ENDLESS), end);
    if (!anything)
        buf_reset(&ret->rest);
}

void script_split_release(struct script_split *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->v[i].tool);
    free(s->v);
    buf_release(&s->rest);
    *s = (struct script_split){0};
}

struct script_digest script_digest(const struct buf *rest)
{
    struct script_digest ret = {{0}};
    struct sha256 d = sha256_of(buf_str(rest), rest->len);
    memcpy(ret.s, sha256_hex(&d).s, SCRIPT_DIGEST_LEN);
    return ret;
}
