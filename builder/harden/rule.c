/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/rule.h"
#include "base/text.h"

#define MERGE_PACKAGE 2  /* findings of one kind and package that become one */
#define MERGE_OWN     10 /* the same for what no package brings */
#define VALUES_SHOWN  3

const struct rule *const rule_groups[] = {config_rules, file_rules,   account_rules, software_rules,
                                          secret_rules, elf_rules,    script_rules,  layer_rules,
                                          source_rules, record_rules, NULL};

const struct rule *rule_after(const struct rule *const **group, const struct rule *r)
{
    r++;
    while (r && !r->id)
        r = *++*group;
    return r;
}

const struct rule *rule_find(const char *id)
{
    rule_each (r) {
        if (id && strcmp(r->id, id) == 0)
            return r;
    }
    return NULL;
}

const char *rule_mend(const struct rule *r)
{
    return r->elsewhere ? r->elsewhere : r->advice;
}

const char *severity_name(enum severity s)
{
    static const char *const names[] = {"info", "low", "medium", "high", "critical"};
    return names[s];
}

const char *rule_action_name(enum rule_action a)
{
    static const char *const names[] = {"fix", "deny", "note"};
    return names[a];
}

struct finding *finding_add(struct findings *f, const struct rule *r, const char *path,
                            const char *package, const char *fmt, ...)
{
    va_list ap;

    GROW(f->v, f->n, f->cap);
    struct finding *new = &f->v[f->n++];
    *new = (struct finding){.rule = r, .severity = r->severity, .action = r->action, .kind = fmt};
    new->path = path ? xstrdup(path) : NULL;
    new->package = package ? xstrdup(package) : NULL;
    va_start(ap, fmt);
    new->text = text_shown(xvasprintf(fmt, ap));
    va_end(ap);
    return new;
}

struct finding *finding_varies(struct finding *f, const char *common, const char *value_fmt, ...)
{
    va_list ap;

    f->common = xstrdup(common);
    va_start(ap, value_fmt);
    CLEANUP(free_ptr) char *value = xvasprintf(value_fmt, ap);
    va_end(ap);
    strv_add(&f->values, value);
    return f;
}

static void finding_release(struct finding *f)
{
    free(f->path);
    free(f->package);
    free(f->text);
    free(f->common);
    free(f->advice);
    free(f->wants);
    free(f->whence);
    strv_release(&f->values);
    strv_release(&f->more);
    *f = (struct finding){0};
}

void findings_release(struct findings *f)
{
    for (size_t i = 0; i < f->n; i++)
        finding_release(&f->v[i]);
    free(f->v);
    *f = (struct findings){0};
}

/* ---- merging -------------------------------------------------------------------------------- */

static int compare_pointers(const void *a, const void *b)
{
    return a < b ? -1 : a > b;
}

static int compare_package(const struct finding *a, const struct finding *b)
{
    if (!a->package || !b->package)
        return (a->package != NULL) - (b->package != NULL);
    return strcmp(a->package, b->package);
}

/* By what it says: the common words, or else its own. */
static int compare_words(const struct finding *a, const struct finding *b)
{
    if (!a->common != !b->common)
        return a->common ? 1 : -1;
    return strcmp(a->common ? a->common : a->text, b->common ? b->common : b->text);
}

static int compare_sense(const struct finding *a, const struct finding *b)
{
    int r = compare_pointers(a->rule, b->rule);
    r = r ? r : compare_package(a, b);
    r = r ? r : compare_words(a, b);
    r = r ? r : compare_pointers(a->layer, b->layer);
    r = r ? r : compare_pointers(a->allow, b->allow);
    r = r ? r : compare_pointers(a->verdict, b->verdict);
    r = r ? r : (int)a->severity - (int)b->severity;
    return r ? r : (int)a->action - (int)b->action;
}

/* Alike, in the order that they were found in. */
static int by_sense(const void *x, const void *y)
{
    const struct finding *a = *(struct finding *const *)x, *b = *(struct finding *const *)y;
    int r = compare_sense(a, b);
    return r ? r : compare_pointers(a, b);
}

static bool is_number(const char *s)
{
    size_t n = strspn(s, "0123456789");
    return n && !s[n] && (*s != '0' || n == 1);
}

/* Numbers by what they are worth, before all else. */
static int compare_values(const char *a, const char *b)
{
    bool x = is_number(a), y = is_number(b);
    size_t n = strlen(a), m = strlen(b);

    if (x != y)
        return x ? -1 : 1;
    if (x && n != m)
        return n < m ? -1 : 1;
    return strcmp(a, b);
}

/* Keeps a few, in order, the lowest and the highest among them. */
static void add_value(struct strv *values, const char *value)
{
    size_t at = 0;

    while (at < values->n && compare_values(values->v[at], value) < 0)
        at++;
    if (at < values->n && strcmp(values->v[at], value) == 0)
        return;
    strv_add(values, value);
    char *new = values->v[values->n - 1];
    memmove(values->v + at + 1, values->v + at, (values->n - 1 - at) * sizeof(*values->v));
    values->v[at] = new;
    if (values->n > VALUES_SHOWN + 1) {
        free(values->v[VALUES_SHOWN]);
        memmove(values->v + VALUES_SHOWN, values->v + VALUES_SHOWN + 1,
                (values->n - VALUES_SHOWN - 1) * sizeof(*values->v));
        values->v[--values->n] = NULL;
    }
}

/* "0640, 0666"; of more than are shown "7000 to 7009", or "a, b, c and others". */
static void add_values(struct buf *ret, const struct strv *values)
{
    bool all = values->n <= VALUES_SHOWN;

    if (!all && is_number(values->v[values->n - 1])) {
        buf_addf(ret, "%s to %s", values->v[0], values->v[values->n - 1]);
        return;
    }
    for (size_t i = 0; i < values->n && i < VALUES_SHOWN; i++)
        buf_addf(ret, "%s%s", i ? ", " : "", values->v[i]);
    if (!all)
        buf_addstr(ret, " and others");
}

/* What is said of one is said of all. */
static void reword(struct finding *f)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    const char *at = strstr(f->common, "%s");

    if (f->values.n < 2)
        return;
    buf_add(&text, f->common, at ? (size_t)(at - f->common) : strlen(f->common));
    if (at) {
        add_values(&text, &f->values);
        buf_addstr(&text, at + 2);
    }
    free(f->text);
    f->text = text_shown(buf_detach(&text));
}

static void merge(struct finding **group, size_t n)
{
    size_t paths = n;

    for (size_t i = 0; i < n; i++)
        paths += group[i]->more.n;
    if (!group[0]->path || group[0]->action == RULE_FIX ||
        paths < (group[0]->package ? MERGE_PACKAGE : MERGE_OWN))
        return;
    for (size_t i = 1; i < n; i++) {
        if (strcmp(group[i]->path, group[0]->path) != 0) {
            strv_take(&group[0]->more, group[i]->path);
            group[i]->path = NULL;
        }
        strv_each (path, &group[i]->more)
            strv_take(&group[0]->more, *path);
        free_ptr(&group[i]->more.v);
        group[i]->more = (struct strv){0};
        strv_each (value, &group[i]->values)
            add_value(&group[0]->values, *value);
        finding_release(group[i]);
    }
    if (group[0]->common)
        reword(group[0]);
}

void findings_merge(struct findings *f, size_t first)
{
    size_t n = f->n - first, kept = first;
    CLEANUP(free_ptr) struct finding **sorted = xcalloc(n + 1, sizeof(*sorted));

    for (size_t i = 0; i < n; i++)
        sorted[i] = &f->v[first + i];
    qsort(sorted, n, sizeof(*sorted), by_sense);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && compare_sense(sorted[i], sorted[end]) == 0; end++)
            ;
        merge(sorted + i, end - i);
    }
    for (size_t i = first; i < f->n; i++)
        if (f->v[i].rule)
            f->v[kept++] = f->v[i];
    f->n = kept;
}

const struct recipe_allow *allow_for(const struct recipe *r, const char *rule, const char *path)
{
    for (size_t i = 0; i < r->n_allows; i++) {
        const struct recipe_allow *a = &r->allows[i];
        if (strcmp(a->rule, rule) != 0)
            continue;
        if (!path || glob_match(a->path, path))
            return a;
    }
    return NULL;
}
