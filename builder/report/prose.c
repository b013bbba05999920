/* SPDX-License-Identifier: Apache-2.0 */
#include "report/prose.h"

#include "base/text.h"

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
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    if (!w->markdown) {
        text_addstr(w->out, untrusted);
        return;
    }
    text_addstr(&text, untrusted);
    size_t ticks = longest_run(buf_str(&text), '`');
    bool pad = ticks > 0 || *buf_str(&text) == ' ' || !text.len;
    repeat(w->out, '`', ticks + 1);
    buf_addstr(w->out, pad ? " " : "");
    add_text(w, buf_str(&text));
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

void prose_block(struct prose *w, const char *untrusted, size_t most)
{
    size_t ticks = longest_run(untrusted, '`'), n = 0;

    ticks = ticks < 3 ? 3 : ticks + 1;
    if (w->markdown) {
        repeat(w->out, '`', ticks);
        prose_end(w);
    }
    for (const char *at = untrusted; *at; n++) {
        size_t len = strcspn(at, "\n");
        if (n < most) {
            buf_addstr(w->out, !w->markdown && len ? "    " : "");
            text_addf(w->out, "%.*s", (int)len, at);
            prose_end(w);
        }
        at += len + (at[len] != '\0');
    }
    if (w->markdown) {
        repeat(w->out, '`', ticks);
        prose_end(w);
    }
    if (n > most)
        buf_addf(w->out, "%s(%zu more lines)\n", w->markdown ? "" : "    ", n - most);
}

void prose_html(struct prose *w, const char *untrusted)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    text_addstr(&text, untrusted);
    buf_addstr(w->out, "<code>");
    for (const char *p = buf_str(&text); *p; p++) {
        const char *entity = *p == '&' ? "&amp;" : *p == '<' ? "&lt;" : *p == '>' ? "&gt;" : NULL;
        if (entity)
            buf_addstr(w->out, entity);
        else
            buf_addch(w->out, *p);
    }
    buf_addstr(w->out, "</code>");
}

void prose_heading(struct prose *w, const char *title)
{
    if (w->markdown)
        buf_addf(w->out, "\n**%s**\n\n", title);
    else
        buf_addf(w->out, "  %s%s%s\n", log_bold(w->log), title, log_reset(w->log));
}

void prose_item(struct prose *w)
{
    buf_addstr(w->out, w->markdown ? "- " : "    ");
}

void prose_end(struct prose *w)
{
    buf_addch(w->out, '\n');
}

/* ---- lists of changes ----------------------------------------------------------------------- */

char prose_sign(const json_t *change)
{
    const json_t *from = json_object_get(change, "from"), *to = json_object_get(change, "to");

    if (!from || json_is_null(from))
        return '+';
    return !to || json_is_null(to) ? '-' : '~';
}

const char *prose_word(char sign)
{
    return sign == '+' ? "added" : sign == '-' ? "removed" : "";
}

static const char *colour(const struct prose *w, char sign)
{
    return sign == '+' ? log_green(w->log) : sign == '-' ? log_red(w->log) : log_yellow(w->log);
}

bool prose_change(struct prose_list *l, char sign, const char *word)
{
    struct prose *w = l->w;

    if (l->n++ == 0)
        prose_heading(w, l->title);
    if (w->night && l->n > PROSE_LINES_MAX)
        return false;
    prose_item(w);
    if (w->markdown)
        buf_addf(w->out, "%s%s", word, *word ? " " : "");
    else
        buf_addf(w->out, "%s%c%s ", colour(w, sign), sign, log_reset(w->log));
    return true;
}

void prose_list_end(struct prose_list *l, size_t more)
{
    if (l->w->night && l->n > PROSE_LINES_MAX)
        more += l->n - PROSE_LINES_MAX;
    if (!more || !l->n)
        return;
    prose_item(l->w);
    buf_addf(l->w->out, "and %zu more\n", more);
}
