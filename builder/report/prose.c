/* SPDX-License-Identifier: Apache-2.0 */
#include "report/prose.h"

#include "base/path.h"

#define TRACKER "https://security-tracker.debian.org/tracker/"

const char *prose_string(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));

    return text ? text : "";
}

static size_t longest_run(const char *text, char c)
{
    size_t best = 0, n = 0;

    for (const char *p = text; *p; p++) {
        n = *p == c ? n + 1 : 0;
        best = n > best ? n : best;
    }
    return best;
}

static void repeat(struct buf *out, char c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_addch(out, c);
}

/* In a table even a code span's "|" ends the cell (GFM 4.10). */
static void add_text(struct prose *w, const char *text)
{
    for (const char *p = text; *p; p++) {
        if (w->cell && *p == '|')
            buf_addch(w->out, '\\');
        buf_addch(w->out, *p);
    }
}

void prose_code(struct prose *w, const char *untrusted)
{
    CLEANUP(free_ptr) char *text = text_escape(untrusted, strlen(untrusted));
    size_t ticks = longest_run(text, '`');
    bool pad = ticks > 0 || *text == ' ' || !*text;

    if (!w->markdown) {
        buf_addstr(w->out, text);
        return;
    }
    repeat(w->out, '`', ticks + 1);
    buf_addstr(w->out, pad ? " " : "");
    add_text(w, text);
    buf_addstr(w->out, pad ? " " : "");
    repeat(w->out, '`', ticks + 1);
}

void prose_few(struct prose *w, const json_t *list, size_t most)
{
    size_t i, n = json_array_size(list);
    const json_t *text;

    json_array_foreach(list, i, text)
    {
        const char *one = json_string_value(text);
        if (i == most && n > most) {
            buf_addf(w->out, " and %zu more", n - most);
            return;
        }
        buf_addstr(w->out, i ? ", " : "");
        prose_code(w, one ? one : "");
    }
}

void prose_codes(struct prose *w, const json_t *list)
{
    prose_few(w, list, SIZE_MAX);
}

/* "CVE-2026-12345" and nothing else. */
static bool is_cve(const char *id)
{
    static const char digits[] = "0123456789";

    if (strncmp(id, "CVE-", 4) != 0 || strspn(id + 4, digits) != 4 || id[8] != '-')
        return false;
    return id[9] && !id[9 + strspn(id + 9, digits)];
}

void prose_cves(struct prose *w, const json_t *list)
{
    size_t i;
    const json_t *text;

    json_array_foreach(list, i, text)
    {
        const char *id = json_string_value(text);
        buf_addstr(w->out, i ? ", " : "");
        if (id && w->markdown && is_cve(id))
            buf_addf(w->out, "[%s](" TRACKER "%s)", id, id);
        else
            prose_code(w, id ? id : "");
    }
}

void prose_block(struct prose *w, const char *untrusted)
{
    size_t ticks = longest_run(untrusted, '`');

    ticks = ticks < 3 ? 3 : ticks + 1;
    if (w->markdown) {
        repeat(w->out, '`', ticks);
        prose_end(w);
    }
    for (const char *at = untrusted; *at;) {
        size_t n = strcspn(at, "\n");
        CLEANUP(free_ptr) char *line = text_escape(at, n);
        buf_addf(w->out, "%s%s\n", !w->markdown && n ? "    " : "", line);
        at += n + (at[n] != '\0');
    }
    if (w->markdown) {
        repeat(w->out, '`', ticks);
        prose_end(w);
    }
}

void prose_heading(struct prose *w, const char *title)
{
    buf_addf(w->out, w->markdown ? "\n**%s**\n\n" : "  %s\n", title);
}

void prose_item(struct prose *w)
{
    buf_addstr(w->out, w->markdown ? "- " : "    ");
}

void prose_end(struct prose *w)
{
    buf_addch(w->out, '\n');
}
