/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The changelogs' new entries. In Markdown those of a source are folded under a line that GitLab,
 * GitHub and Forgejo open on demand; text has the begin of the newest ones.
 */
#include "report/night_private.h"

#define TEXT_ENTRIES 3  /* of a source, in text */
#define TEXT_LINES   10 /* of an entry, in text */

static void entry_markdown(struct prose *w, const json_t *log, const json_t *entry)
{
    prose_end(w);
    prose_code(w, prose_string(log, "source"));
    buf_addch(w->out, ' ');
    prose_code(w, prose_string(entry, "version"));
    buf_addstr(w->out, " in ");
    prose_codes(w, json_object_get(entry, "images"));
    buf_addstr(w->out, "\n\n");
    prose_block(w, prose_string(entry, "text"), SIZE_MAX);
}

/* An HTML block ends at an empty line, so what follows one is Markdown (CommonMark 4.6). */
static void log_markdown(struct prose *w, const json_t *log, size_t more)
{
    const json_t *list = json_object_get(log, "entries"), *entry;
    size_t i, older = json_array_size(list) - 1 + more;

    buf_addstr(w->out, "\n<details>\n<summary>");
    prose_html(w, prose_string(log, "source"));
    buf_addch(w->out, ' ');
    prose_html(w, prose_string(json_array_get(list, 0), "version"));
    if (older)
        buf_addf(w->out, " and %zu older", older);
    buf_addstr(w->out, "</summary>\n");
    json_array_foreach(list, i, entry)
    {
        entry_markdown(w, log, entry);
    }
    if (more)
        buf_addf(w->out, "\nand %zu older entries\n", more);
    buf_addstr(w->out, "\n</details>\n");
}

static void log_text(struct prose *w, const json_t *log, size_t more)
{
    const json_t *list = json_object_get(log, "entries"), *entry;
    size_t i, n = json_array_size(list);

    json_array_foreach(list, i, entry)
    {
        if (i == TEXT_ENTRIES)
            break;
        buf_addstr(w->out, "\n  ");
        prose_code(w, prose_string(log, "source"));
        buf_addch(w->out, ' ');
        prose_code(w, prose_string(entry, "version"));
        buf_addstr(w->out, "\n  in ");
        prose_few(w, json_object_get(entry, "images"), NIGHT_IMAGES_MAX);
        prose_end(w);
        prose_block(w, prose_string(entry, "text"), TEXT_LINES);
    }
    more += n > TEXT_ENTRIES ? n - TEXT_ENTRIES : 0;
    if (more)
        buf_addf(w->out, "  and %zu older entries\n", more);
}

void night_changelogs(struct prose *w, const json_t *report)
{
    const json_t *logs = json_object_get(report, "changelogs"), *log;
    size_t i;

    if (json_array_size(logs))
        buf_addstr(w->out, w->markdown ? "\n## Changelogs\n" : "\nChangelogs\n");
    json_array_foreach(logs, i, log)
    {
        json_int_t more = json_integer_value(json_object_get(log, "more"));
        (w->markdown ? log_markdown : log_text)(w, log, more > 0 ? (size_t)more : 0);
    }
}
