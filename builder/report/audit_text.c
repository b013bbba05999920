/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "report/audit_private.h"

#define PATHS_SHOWN  3
#define DIGEST_SHOWN (7 + 12) /* "sha256:" and twelve digits */

static const char *colour_of(enum severity s, const struct log *log)
{
    if (s >= SEVERITY_HIGH)
        return log_red(log);
    return s == SEVERITY_MEDIUM ? log_yellow(log) : log_dim(log);
}

static void issue_line(const struct issue *i, const struct audited *a, const struct log *log,
                       struct buf *ret)
{
    const struct finding *f = i->finding;
    bool listed = f->more.n >= PATHS_SHOWN && i->severity >= SEVERITY_HIGH;

    buf_addf(ret, "  %s%-11s%s ", log_bold(log), f->rule->id, log_reset(log));
    if (listed)
        buf_addf(ret, "%zu paths", f->more.n + 1);
    else
        add_issue_paths(ret, i, PATHS_SHOWN);
    text_addf(ret, ": %s", f->text);
    if (f->package)
        text_addf(ret, " (package %s)", f->package);
    if (i->layer && a->flat.n_layers > 1)
        buf_addf(ret, " %s[layer %zu]%s", log_dim(log), (size_t)(i->layer - a->flat.layers) + 1,
                 log_reset(log));
    buf_addch(ret, '\n');
    if (!listed)
        return;
    text_addf(ret, "  %-11s /%s\n", "", f->path);
    strv_each (path, &f->more)
        text_addf(ret, "  %-11s /%s\n", "", *path);
}

static void fix_line(const struct rule *r, const struct log *log, struct buf *ret)
{
    buf_addf(ret, "  %-11s %sfix: %s%s\n", "", log_dim(log), rule_mend(r), log_reset(log));
}

static void issues_text(const struct audited *a, const struct log *log, struct buf *ret)
{
    for (size_t i = 0; i < a->n_issues; i++) {
        const struct issue *now = &a->issues[i];
        const struct issue *next = i + 1 < a->n_issues ? now + 1 : NULL;
        bool first = i == 0 || now[-1].severity != now->severity;
        if (now->off)
            return;
        if (first)
            buf_addf(ret, "\n%s%s%s (%zu)\n", colour_of(now->severity, log),
                     severity_name(now->severity), log_reset(log), a->counts[now->severity]);
        issue_line(now, a, log, ret);
        if (!next || next->off || next->severity != now->severity ||
            next->finding->rule != now->finding->rule)
            fix_line(now->finding->rule, log, ret);
    }
}

static void off_text(const struct audited *a, const struct log *log, struct buf *ret)
{
    if (a->n_off)
        buf_addf(ret, "\n%sswitched off by the policy%s (%zu)\n", log_dim(log), log_reset(log),
                 a->n_off);
    for (size_t i = 0; i < a->n_issues; i++) {
        const struct issue *now = &a->issues[i];
        if (!now->off)
            continue;
        buf_addf(ret, "  %-11s ", now->finding->rule->id);
        add_issue_paths(ret, now, PATHS_SHOWN);
        text_addf(ret, ": %s\n", now->changed->reason);
    }
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static void support_text(const struct audited *a, const struct log *log, struct buf *ret)
{
    const struct distribution *d = &a->software.distribution;

    if (!d->id)
        return;
    text_addf(ret, "  %s", d->name ? d->name : d->id);
    if (a->support == SUPPORT_OVER)
        buf_addf(ret, ": %ssecurity updates ended on %.10s%s", log_red(log),
                 time_text(d->extended ? d->extended : d->end).s, log_reset(log));
    else if (a->support != SUPPORT_UNKNOWN)
        buf_addf(ret, ": security updates%s until %.10s",
                 a->support == SUPPORT_EXTENDED ? " (long term)" : "",
                 time_text(a->support == SUPPORT_EXTENDED ? d->extended : d->end).s);
    buf_addch(ret, '\n');
}

static void glance_text(const struct audited *a, const struct log *log, struct buf *ret)
{
    const struct audit_figures *f = &a->figures;
    uint64_t packed = 0;

    support_text(a, log, ret);
    for (size_t i = 0; i < a->flat.n_layers; i++)
        packed += a->flat.layers[i].packed;
    buf_addf(ret, "  %zu package%s, %zu file%s, %s in %zu layer%s (%s packed)\n", f->packages,
             plural(f->packages), f->files, plural(f->files), size_text(f->bytes).s,
             a->flat.n_layers, plural(a->flat.n_layers), size_text(packed).s);
    text_addf(ret, "  user %s", a->config.user ? a->config.user : "(none: root)");
    buf_addf(ret, ": can start %zu program%s, write %zu place%s\n", f->startable,
             plural(f->startable), f->writable, plural(f->writable));
    if (a->flat.incomplete)
        buf_addf(ret, "  %sa layer is missing: what it holds can't be judged%s\n", log_red(log),
                 log_reset(log));
}

static void counts_text(const struct audited *a, struct buf *ret)
{
    const char *comma = "";

    for (int s = SEVERITY_CRITICAL; s >= SEVERITY_INFO; s--) {
        buf_addf(ret, "%s%zu %s", comma, a->counts[s], severity_name((enum severity)s));
        comma = ", ";
    }
    if (a->n_off)
        buf_addf(ret, "; %zu switched off", a->n_off);
    buf_addch(ret, '\n');
}

void audit_text(const struct audit *a, const struct log *log, struct buf *ret)
{
    for (size_t i = 0; i < a->n; i++) {
        const struct audited *image = &a->images[i];
        if (i)
            buf_addch(ret, '\n');
        buf_addstr(ret, log_bold(log));
        text_addstr(ret, a->location);
        buf_addstr(ret, log_reset(log));
        text_addf(ret, "  %s  %.*s\n", image->platform ? image->platform : "", DIGEST_SHOWN,
                  image_digest(image).s);
        glance_text(image, log, ret);
        issues_text(image, log, ret);
        off_text(image, log, ret);
        buf_addch(ret, '\n');
        counts_text(image, ret);
    }
    strv_each (name, &a->left_out)
        text_addf(ret, "%snot judged: %s\n", name == a->left_out.v ? "\n" : "", *name);
}
