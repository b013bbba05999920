/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/audit.h"
#include "audit/config.h"
#include "oci/document.h"

#define CHECK_EACH 256  /* paths, until a rule looks whether the user wants to stop */
#define MERGE_EACH 4096 /* findings of a rule, until those that say the same become one */

/* ---- the rules ------------------------------------------------------------------------------- */

static void describe_support(struct audited *a, int64_t today)
{
    const struct distribution *d = &a->software.distribution;

    a->support = distribution_support(d, today);
    if (a->support != SUPPORT_OVER)
        return;
    a->support_over = xasprintf("%s%s%s: security updates ended on %.10s%s", d->id,
                                d->version_id ? " " : "", d->version_id ? d->version_id : "",
                                time_text(d->extended ? d->extended : d->end).s,
                                d->own_word ? " (SUPPORT_END of its os-release)" : "");
}

static void fill_view(struct audited *a, const char *reference)
{
    a->layers = xcalloc(a->flat.n_layers + 1, sizeof(*a->layers));
    for (size_t i = 0; i < a->flat.n_layers; i++) {
        const struct flat_layer *l = &a->flat.layers[i];
        a->layers[i] = (struct view_layer){
            .name = l->name, .hidden = l->hidden, .n_hidden = l->n_hidden, .faults = l->faults};
    }
    a->view = (struct view){
        .image = &a->config,
        .tree = a->flat.tree,
        .arch = a->read && a->read->own_platform ? NULL : a->config.arch,
        .platform = a->platform,
        .own_platform = a->read ? a->read->own_platform : NULL,
        .os_blank = a->read && a->read->os_blank,
        .reference = reference,
        .history = a->read ? &a->history : NULL,
        .health = &a->health,
        .onbuild = &a->onbuild,
        .layers = a->layers,
        .n_layers = a->flat.n_layers,
        .records = a->software.records,
        .record_faults = &a->software.faults,
        .support_over = a->support_over,
        .trust = a->trust,
    };
    view_start(&a->view);
}

/* Those that the policy speaks of stay apart from the rest: it decides path by path. */
static void merge(struct audited *a, size_t first, const struct audit_policy *policy)
{
    for (size_t i = first; policy && i < a->findings.n; i++)
        a->findings.v[i].verdict = audit_policy_find(policy, &a->findings.v[i]);
    findings_merge(&a->findings, first);
}

static int ask_rules(const struct session *s, struct audited *a, const struct audit_policy *policy,
                     struct err *err)
{
    size_t n;
    struct node *const *nodes = tree_nodes(a->flat.tree, &n);

    rule_each (r) {
        size_t first = a->findings.n, enough = first + MERGE_EACH;
        if (!a->read && strncmp(r->id, "CFG-", 4) == 0)
            continue;
        if (r->image)
            r->image(r, &a->view, &a->findings);
        for (size_t i = 0; r->path && i < n; i++) {
            r->path(r, &a->view, nodes[i], &a->findings);
            if (a->findings.n >= enough) {
                merge(a, first, policy);
                enough = 2 * (a->findings.n - first) + first + MERGE_EACH;
            }
            if (i % CHECK_EACH == 0 && session_check(s, err) < 0)
                return err_ret(err);
        }
        merge(a, first, policy);
    }
    return tree_exhausted(a->flat.tree) ? err_set(err, "its links lead through too many links") : 0;
}

static const struct flat_layer *layer_of(const struct audited *a, const struct finding *f)
{
    const struct node *n = f->path ? tree_find(a->flat.tree, f->path) : NULL;
    size_t i = flat_layer_of(&a->flat, f->layer ? f->layer : n ? n->origin : NULL);

    return i < a->flat.n_layers ? &a->flat.layers[i] : NULL;
}

static int by_importance(const void *x, const void *y)
{
    const struct issue *a = x, *b = y;

    if (a->off != b->off)
        return a->off ? 1 : -1;
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    int r = strcmp(a->finding->rule->id, b->finding->rule->id);
    if (r == 0)
        r = strcmp(a->finding->path ? a->finding->path : "",
                   b->finding->path ? b->finding->path : "");
    return r ? r : strcmp(a->finding->text, b->finding->text);
}

size_t issue_paths(const struct issue *i)
{
    return 1 + i->finding->more.n;
}

static void settle(struct audited *a, const struct audit_policy *policy)
{
    a->issues = xcalloc(a->findings.n + 1, sizeof(*a->issues));
    for (size_t i = 0; i < a->findings.n; i++) {
        const struct finding *f = &a->findings.v[i];
        struct issue *issue = &a->issues[a->n_issues++];
        *issue = (struct issue){.finding = f, .severity = f->severity, .layer = layer_of(a, f)};
        issue->changed = policy ? audit_policy_find(policy, f) : NULL;
        if (issue->changed && issue->changed->has_severity)
            issue->severity = issue->changed->severity;
        issue->off = issue->changed && issue->changed->off;
        *(issue->off ? &a->n_off : &a->counts[issue->severity]) += issue_paths(issue);
    }
    if (a->n_issues)
        qsort(a->issues, a->n_issues, sizeof(*a->issues), by_importance);
}

static int judge(const struct session *s, struct audited *a, const struct audit_options *options,
                 struct err *err)
{
    flat_finish(&a->flat);
    software_read(a->flat.tree, &a->software);
    describe_support(a, options->today);
    fill_view(a, options->reference);
    if (ask_rules(s, a, options->policy, err) < 0)
        return err_wrap(err, "%s", options->location);
    settle(a, options->policy);
    audit_measure(a);
    return 0;
}

/* ---- images ---------------------------------------------------------------------------------- */

static struct audited *add_image(const struct session *s, struct audit *a)
{
    struct audited *new = &a->images[a->n++];

    flat_start(&new->flat, s);
    return new;
}

static int run_directory(const struct session *s, const struct audit_options *options,
                         struct audit *a, struct err *err)
{
    a->images = xcalloc(1, sizeof(*a->images));
    struct audited *image = add_image(s, a);
    int r = flat_directory(&image->flat, options->directory, err);

    image->config.arch = "";
    image->config.user = xstrdup("5000:5000");
    return r < 0 ? r : judge(s, image, options, err);
}

/* A registry that doesn't say is no failure: then nothing is said of it. */
static int ask_registry(const struct session *s, const struct audit_options *options,
                        const struct sha256 *subject, struct view_trust *ret, struct err *err)
{
    CLEANUP(err_release) struct err why = ERR_INIT;

    if (!options->registry ||
        trust_referrers(options->registry, options->repository, subject, ret, &why) == 0)
        return 0;
    if (why.code == ERR_STOPPED)
        return err_move(err, &why);
    log_warn(s->log, "%s: what refers to the image isn't known: %s", options->location,
             why.message);
    return 0;
}

/* What refers to the whole, to this image, and what its index has beside it. */
static int find_trust(const struct session *s, const struct audit_options *options,
                      const struct audit *a, struct audited *image, struct err *err)
{
    CLEANUP(read_root_release) struct read_root root = {0};
    json_t *index = NULL;

    image->trust = a->trust;
    if (!options->registry)
        return 0;
    if (!sha256_eq(&a->digest, &image->read->manifest) &&
        ask_registry(s, options, &image->read->manifest, &image->trust, err) < 0)
        return err_ret(err);
    if (reader_root(options->reader, &root, err) < 0 ||
        document_parse(buf_str(&root.bytes), root.bytes.len, options->location, &index, err) < 0)
        return err_ret(err);
    trust_beside(index, a->read.beside, a->read.n_beside, &image->read->manifest, &image->trust);
    json_decref(index);
    return 0;
}

static int run_image(const struct session *s, const struct audit_options *options, struct audit *a,
                     const struct read_image *read, struct err *err)
{
    const struct platform p = {read->os, read->arch, read->variant, false};
    struct audited *image = add_image(s, a);

    image->read = read;
    image->platform = platform_name(&p);
    config_image(read, &image->config, &image->history);
    config_commands(read, &image->health, &image->onbuild);
    if (find_trust(s, options, a, image, err) < 0 ||
        flat_image(&image->flat, options->reader, image->read, false, err) < 0)
        return err_ret(err);
    return judge(s, image, options, err);
}

static int nothing_to_judge(const struct audit_options *options, const struct audit *a,
                            struct err *err)
{
    CLEANUP(buf_release) struct buf names = BUF_INIT(1000);

    strv_each (name, &a->left_out)
        buf_addf(&names, "%s%s", names.len ? ", " : "", *name);
    return err_set(err, "%s: only an image for linux can be judged, and it is for %s",
                   options->location, buf_str(&names));
}

static int run_images(const struct session *s, const struct audit_options *options, struct audit *a,
                      struct err *err)
{
    if (reader_images(options->reader, options->arches, &a->read, err) < 0)
        return err_ret(err);
    a->digest = a->read.digest;
    strv_each (name, &a->read.absent)
        strv_addf(&a->left_out, "%s, which isn't there", *name);
    if (ask_registry(s, options, &a->digest, &a->trust, err) < 0)
        return err_ret(err);
    a->images = xcalloc(a->read.n + 1, sizeof(*a->images));
    for (size_t i = 0; i < a->read.n; i++) {
        const struct read_image *read = &a->read.images[i];
        const struct platform p = {read->os, read->arch, read->variant, false};
        if (strcmp(read->os, "linux") != 0) {
            CLEANUP(free_ptr) char *name = platform_name(&p);
            strv_add(&a->left_out, name);
        } else if (run_image(s, options, a, read, err) < 0) {
            return err_ret(err);
        }
    }
    if (a->n == 0)
        return nothing_to_judge(options, a, err);
    strv_each (name, &a->left_out)
        log_warn(s->log, "%s: not judged: %s", options->location, *name);
    return 0;
}

int audit_run(const struct session *s, const struct audit_options *options, struct audit *ret,
              struct err *err)
{
    *ret = (struct audit){.location = options->location, .today = options->today};
    int r = options->reader ? run_images(s, options, ret, err)
                            : run_directory(s, options, ret, err);

    if (r < 0)
        audit_release(ret);
    return r;
}

void audit_release(struct audit *a)
{
    for (size_t i = 0; i < a->n; i++) {
        struct audited *image = &a->images[i];
        free(image->issues);
        findings_release(&image->findings);
        view_release(&image->view);
        free(image->layers);
        free(image->support_over);
        software_release(&image->software);
        flat_release(&image->flat);
        strv_release(&image->history);
        strv_release(&image->health);
        strv_release(&image->onbuild);
        free(image->platform);
        image_release(&image->config);
    }
    free(a->images);
    read_set_release(&a->read);
    strv_release(&a->left_out);
    *a = (struct audit){0};
}

size_t audit_count(const struct audit *a, enum severity least)
{
    size_t n = 0;

    for (size_t i = 0; i < a->n; i++)
        for (size_t s = least; s < SEVERITIES; s++)
            n += a->images[i].counts[s];
    return n;
}
