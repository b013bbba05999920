/* SPDX-License-Identifier: Apache-2.0 */
#include "report/explain.h"

#define COLUMNS 78

/* Words of a paragraph, broken into lines. */
static void add_paragraph(struct buf *ret, struct slice text)
{
    size_t column = 0;

    while (text.n) {
        const char *blank = memchr(text.p, ' ', text.n);
        size_t n = blank ? (size_t)(blank - text.p) : text.n;
        if (column && column + 1 + n > COLUMNS) {
            buf_addch(ret, '\n');
            column = 0;
        } else if (column) {
            buf_addch(ret, ' ');
            column++;
        }
        buf_add(ret, text.p, n);
        column += n;
        n += blank != NULL;
        text = (struct slice){text.p + n, text.n - n};
    }
    buf_addch(ret, '\n');
}

static void add_text(struct buf *ret, const char *text)
{
    for (;;) {
        size_t n = strcspn(text, "\n");
        buf_addch(ret, '\n');
        add_paragraph(ret, (struct slice){text, n});
        if (!text[n])
            return;
        text += n + 1;
    }
}

static const char *deed(const struct rule *r)
{
    switch (r->action) {
    case RULE_FIX:
        return "a build mends it in packages, and refuses it in own files";
    case RULE_DENY:
        return "a build refuses it";
    default:
        return "a build notes it";
    }
}

/* What LAY-HID makes of the rule; NULL if the rule isn't about paths of that kind. */
static char *hidden_text(const struct rule *r)
{
    if (r->hidden)
        return xasprintf("Of what a later layer hides (LAY-HID): asked, too; %s at most.",
                         severity_name(r->hidden_most));
    if (r->not_hidden)
        return xasprintf("Of what a later layer hides (LAY-HID): not asked, since %s.",
                         r->not_hidden);
    return NULL;
}

static const char *colour(const struct log *log, enum severity s)
{
    return s >= SEVERITY_HIGH ? log_red(log) : s == SEVERITY_MEDIUM ? log_yellow(log) : "";
}

void explain_rule(const struct rule *r, const struct log *log, struct buf *ret)
{
    CLEANUP(free_ptr) char *advice = xasprintf("What to do: %s.", r->advice);
    CLEANUP(free_ptr)
    char *elsewhere = r->elsewhere ? xasprintf("In another tool's image: %s.", r->elsewhere) : NULL;
    CLEANUP(free_ptr) char *source = xasprintf("Who asks for it: %s.", r->source);
    CLEANUP(free_ptr) char *hidden = hidden_text(r);

    buf_addf(ret, "%s%s%s  %s\n", log_bold(log), r->id, log_reset(log), r->title);
    buf_addf(ret, "%s%s%s: %s\n", colour(log, r->severity), severity_name(r->severity),
             colour(log, r->severity)[0] ? log_reset(log) : "", deed(r));
    add_text(ret, r->why);
    if (hidden)
        add_text(ret, hidden);
    add_text(ret, advice);
    if (elsewhere)
        add_text(ret, elsewhere);
    add_text(ret, source);
    if (r->action == RULE_NOTE)
        return;
    buf_addf(ret,
             "\nTo allow it in a recipe, with a reason that is kept with the image:\n"
             "    allow { rule = \"%s\"   path = \"%s\"   reason = \"…\" }\n",
             r->id, strncmp(r->id, "CFG-", 4) == 0 ? "/**" : "/path/or/**");
}

void explain_list(const struct log *log, struct buf *ret)
{
    rule_each (r) {
        const char *on = colour(log, r->severity);
        buf_addf(ret, "%s%-11s%s %s%-8s%s %-4s %s\n", log_bold(log), r->id, log_reset(log), on,
                 severity_name(r->severity), *on ? log_reset(log) : "", rule_action_name(r->action),
                 r->title);
    }
}
