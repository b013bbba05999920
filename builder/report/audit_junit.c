/* SPDX-License-Identifier: Apache-2.0 */
/* JUnit's XML as CI servers read it: a suite an image, a case a rule. A case fails on findings of
 * a severity above info; these, and those that the policy switched off, are told as output. */
#include "base/text.h"
#include "report/audit_private.h"

/* Text of an attribute or element. What XML 1.0 can't hold at all is escaped before: control
 * characters, what isn't UTF-8 (base/text.h), U+FFFE and U+FFFF. */
static void add_xml(struct buf *ret, const char *s)
{
    CLEANUP(buf_release) struct buf shown = BUF_INIT(0);

    text_addstr(&shown, s);
    for (const char *p = buf_str(&shown); *p; p++) {
        if (*p == '&')
            buf_addstr(ret, "&amp;");
        else if (*p == '<')
            buf_addstr(ret, "&lt;");
        else if (*p == '>')
            buf_addstr(ret, "&gt;");
        else if (*p == '"')
            buf_addstr(ret, "&quot;");
        else if (strncmp(p, "\xef\xbf\xbe", 3) == 0 || strncmp(p, "\xef\xbf\xbf", 3) == 0)
            buf_addstr(ret, "?"), p += 2;
        else
            buf_addch(ret, *p);
    }
}

static void add_issue(struct buf *ret, const struct issue *i)
{
    const struct finding *f = i->finding;
    CLEANUP(buf_release) struct buf line = BUF_INIT(0);

    buf_addf(&line, "%s  ", severity_name(i->severity));
    add_issue_paths(&line, i, 1);
    buf_addf(&line, ": %s", f->text);
    if (f->package)
        buf_addf(&line, " (package %s)", f->package);
    if (i->changed)
        buf_addf(&line, " [policy: %s]", i->changed->reason);
    add_xml(ret, buf_str(&line));
    buf_addch(ret, '\n');
}

static bool fails(const struct issue *i)
{
    return !i->off && i->severity > SEVERITY_INFO;
}

/* Issues are sorted by severity, so the first that fails is the worst. */
static const struct issue *worst_of(const struct audited *a, const struct rule *r, size_t *ret_n,
                                    size_t *ret_others)
{
    const struct issue *worst = NULL;

    *ret_n = *ret_others = 0;
    for (size_t i = 0; i < a->n_issues; i++) {
        if (a->issues[i].finding->rule != r)
            continue;
        if (!fails(&a->issues[i])) {
            *ret_others += issue_paths(&a->issues[i]);
            continue;
        }
        worst = worst ? worst : &a->issues[i];
        *ret_n += issue_paths(&a->issues[i]);
    }
    return worst;
}

static void add_issues(struct buf *ret, const struct audited *a, const struct rule *r, bool failing)
{
    for (size_t i = 0; i < a->n_issues; i++)
        if (a->issues[i].finding->rule == r && fails(&a->issues[i]) == failing)
            add_issue(ret, &a->issues[i]);
}

static void add_case(struct buf *ret, const struct audited *a, const struct rule *r)
{
    size_t n, others;
    const struct issue *worst = worst_of(a, r, &n, &others);

    buf_addf(ret, "    <testcase classname=\"mkimage.%.*s\" name=\"%s: ", (int)strcspn(r->id, "-"),
             r->id, r->id);
    add_xml(ret, r->title);
    if (!n && !others) {
        buf_addstr(ret, "\"/>\n");
        return;
    }
    buf_addstr(ret, "\">\n");
    if (worst) {
        buf_addf(ret, "      <failure type=\"%s\" message=\"%zu finding%s; ",
                 severity_name(worst->severity), n, n == 1 ? "" : "s");
        add_xml(ret, rule_mend(r));
        buf_addstr(ret, "\">\n");
        add_issues(ret, a, r, true);
        buf_addstr(ret, "</failure>\n");
    }
    if (others) {
        buf_addstr(ret, "      <system-out>\n");
        add_issues(ret, a, r, false);
        buf_addstr(ret, "</system-out>\n");
    }
    buf_addstr(ret, "    </testcase>\n");
}

/* A directory has no config to be judged. */
static bool is_asked(const struct audited *a, const struct rule *r)
{
    return a->read || strncmp(r->id, "CFG-", 4) != 0;
}

static void count(const struct audited *a, size_t *ret_rules, size_t *ret_failed)
{
    size_t n, others;

    *ret_rules = *ret_failed = 0;
    rule_each (r) {
        *ret_rules += is_asked(a, r);
        *ret_failed += worst_of(a, r, &n, &others) != NULL;
    }
}

void audit_junit(const struct audit *a, const struct log *log, struct buf *ret)
{
    (void)log;
    size_t rules = 0, failed = 0, all_rules = 0, all_failed = 0;

    for (size_t i = 0; i < a->n; i++) {
        count(&a->images[i], &rules, &failed);
        all_rules += rules;
        all_failed += failed;
    }
    buf_addf(ret,
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
             "<testsuites name=\"mkimage audit\" tests=\"%zu\" failures=\"%zu\">\n",
             all_rules, all_failed);
    for (size_t i = 0; i < a->n; i++) {
        const char *platform = a->images[i].platform ? a->images[i].platform : "";
        count(&a->images[i], &rules, &failed);
        buf_addstr(ret, "  <testsuite name=\"");
        add_xml(ret, a->location);
        add_xml(ret, *platform ? " " : "");
        add_xml(ret, platform);
        buf_addf(ret, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\">\n", rules,
                 failed);
        rule_each (r) {
            if (is_asked(&a->images[i], r))
                add_case(ret, &a->images[i], r);
        }
        buf_addstr(ret, "  </testsuite>\n");
    }
    buf_addstr(ret, "</testsuites>\n");
}
