/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/record.h"

#include "base/path.h"

const char *entry_type_name(enum entry_type t)
{
    static const char *const names[] = {
        [ENTRY_FILE] = "file",         [ENTRY_DIRECTORY] = "directory", [ENTRY_SYMLINK] = "symlink",
        [ENTRY_HARDLINK] = "hardlink", [ENTRY_CHAR] = "character",      [ENTRY_BLOCK] = "block",
        [ENTRY_FIFO] = "fifo",
    };
    return names[t];
}

static char *copy(const char *s)
{
    return s ? xstrdup(s) : NULL;
}

static char *escaped(const char *s)
{
    return s ? text_escape(s, strlen(s)) : NULL;
}

void record_packages_of(const struct lock_arch *l, struct record_arch *ret)
{
    for (size_t i = 0; i < l->n_packages; i++) {
        const struct lock_package *p = &l->packages[i];
        GROW(ret->packages, ret->n_packages, ret->cap_packages);
        ret->packages[ret->n_packages++] = (struct record_package){
            .name = xstrdup(p->name),
            .version = xstrdup(p->version),
            .arch = xstrdup(p->arch),
            .source = xstrdup(p->source),
            .source_version = xstrdup(p->source_version),
            .origin = recipe_is_debian(p->origin) ? NULL : xstrdup(p->origin),
            .sha256 = p->sha256,
        };
    }
}

static const struct control_file *script_of(const struct package *p, const char *name)
{
    for (size_t i = 0; i < p->n_scripts; i++)
        if (strcmp(p->scripts[i].name, name) == 0)
            return &p->scripts[i];
    return NULL;
}

static void take_scripts(const struct image_scripts *scripts, struct record_arch *ret)
{
    for (size_t i = 0; i < scripts->n; i++) {
        const struct script_verdict *v = &scripts->v[i];
        const struct control_file *file = script_of(v->package, v->script);
        if (!file)
            continue;
        GROW(ret->scripts, ret->n_scripts, ret->cap_scripts);
        ret->scripts[ret->n_scripts++] = (struct record_script){
            .package = xstrdup(v->package->name),
            .script = xstrdup(file->name),
            .sha256 = sha256_of(file->text, file->size),
            .class = xstrdup(script_class_name(v->class)),
            .what = escaped(v->what),
        };
    }
}

static void take_finding(const struct finding *f, struct record_arch *ret)
{
    GROW(ret->findings, ret->n_findings, ret->cap_findings);
    ret->findings[ret->n_findings++] = (struct record_finding){
        .rule = xstrdup(f->rule->id),
        .severity = xstrdup(severity_name(f->rule->severity)),
        .action = xstrdup(rule_action_name(f->action)),
        .path = escaped(f->path),
        .package = copy(f->package),
        .text = escaped(f->text),
        .reason = f->allow ? escaped(f->allow->reason) : NULL,
    };
}

void record_paths_of(struct tree *t, struct record_arch *ret)
{
    size_t n;
    struct node *const *nodes = tree_nodes(t, &n);

    for (size_t i = 0; i < n; i++) {
        const struct node *node = nodes[i];
        const struct sha256 none = {0};
        bool link = node->type == ENTRY_SYMLINK || node->type == ENTRY_HARDLINK;
        GROW(ret->paths, ret->n_paths, ret->cap_paths);
        ret->paths[ret->n_paths++] = (struct record_path){
            .path = escaped(node->path),
            .type = node->type,
            .mode = node->mode,
            .uid = node->uid,
            .gid = node->gid,
            .sha256 = node->type == ENTRY_FILE ? node->sha256 : none,
            .target = link ? escaped(node->target) : NULL,
        };
    }
}

static json_t *config_of(const struct built_image *built)
{
    json_t *document = json_loadb(buf_str(&built->config), built->config.len, 0, NULL);
    json_t *config = document ? json_incref(json_object_get(document, "config")) : NULL;

    json_decref(document);
    return config ? config : json_object();
}

static void take_arch(const struct arch_build *a, struct record_arch *ret)
{
    *ret = (struct record_arch){
        .arch = xstrdup(a->lock->arch),
        .manifest = a->built.manifest_digest,
        .packed = a->packed,
        .unpacked = a->unpacked,
        .config = config_of(&a->built),
    };
    record_packages_of(a->lock, ret);
    take_scripts(&a->scripts, ret);
    for (size_t i = 0; i < a->findings.n; i++)
        take_finding(&a->findings.v[i], ret);
    record_paths_of(a->tree, ret);
    record_arch_sort(ret);
}

void record_of_build(const struct build *b, const struct record_facts *facts, struct record *ret)
{
    *ret = (struct record){
        .name = xstrdup(b->recipe->name),
        .mkimage = xstrdup(MKIMAGE_VERSION),
        .input = facts->input,
        .image = b->digest,
        .replaced = facts->replaced,
        .accepted = escaped(facts->accepted),
        .lock = lock_copy(b->resolved.lock),
        .arches = xcalloc(b->n_arches + 1, sizeof(*ret->arches)),
        .n_arches = b->n_arches,
    };
    if (facts->cves)
        strv_copy(&ret->cves, facts->cves);
    if (facts->stops)
        strv_copy(&ret->stops, facts->stops);
    for (size_t i = 0; i < b->n_arches; i++)
        take_arch(&b->arches[i], &ret->arches[i]);
}

/* ---- lookup, order, release ------------------------------------------------------------------ */

const struct record_arch *record_find_arch(const struct record *r, const char *arch)
{
    for (size_t i = 0; i < r->n_arches; i++)
        if (strcmp(r->arches[i].arch, arch) == 0)
            return &r->arches[i];
    return NULL;
}

static int compare_packages(const void *a, const void *b)
{
    return strcmp(((const struct record_package *)a)->name,
                  ((const struct record_package *)b)->name);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const struct record_path *)a)->path, ((const struct record_path *)b)->path);
}

const struct record_package *record_find_package(const struct record_arch *a, const char *name)
{
    CLEANUP(free_ptr) char *own = xstrdup(name);
    const struct record_package key = {.name = own};

    return a->n_packages ? bsearch(&key, a->packages, a->n_packages, sizeof(key), compare_packages)
                         : NULL;
}

void record_arch_sort(struct record_arch *a)
{
    if (a->n_packages)
        qsort(a->packages, a->n_packages, sizeof(*a->packages), compare_packages);
    if (a->n_paths)
        qsort(a->paths, a->n_paths, sizeof(*a->paths), compare_paths);
}

static void release_scripts(struct record_arch *a)
{
    for (size_t i = 0; i < a->n_scripts; i++) {
        struct record_script *s = &a->scripts[i];
        char *texts[] = {s->package, s->script, s->class, s->what};
        for (size_t k = 0; k < ARRAY_SIZE(texts); k++)
            free(texts[k]);
    }
    free_ptr(&a->scripts);
    a->n_scripts = a->cap_scripts = 0;
}

static void release_findings(struct record_arch *a)
{
    for (size_t i = 0; i < a->n_findings; i++) {
        struct record_finding *f = &a->findings[i];
        char *texts[] = {f->rule, f->severity, f->action, f->path, f->package, f->text, f->reason};
        for (size_t k = 0; k < ARRAY_SIZE(texts); k++)
            free(texts[k]);
    }
    free_ptr(&a->findings);
    a->n_findings = a->cap_findings = 0;
}

void record_forget_build(struct record *r)
{
    for (size_t i = 0; i < r->n_arches; i++) {
        struct record_arch *a = &r->arches[i];
        release_scripts(a);
        release_findings(a);
        for (size_t k = 0; k < a->n_packages; k++)
            a->packages[k].sha256 = (struct sha256){{0}};
    }
}

static void record_arch_release(struct record_arch *a)
{
    release_scripts(a);
    release_findings(a);
    for (size_t i = 0; i < a->n_packages; i++) {
        struct record_package *p = &a->packages[i];
        char *texts[] = {p->name, p->version, p->arch, p->source, p->source_version, p->origin};
        for (size_t k = 0; k < ARRAY_SIZE(texts); k++)
            free(texts[k]);
    }
    for (size_t i = 0; i < a->n_paths; i++) {
        free(a->paths[i].path);
        free(a->paths[i].target);
    }
    free(a->packages);
    free(a->paths);
    free(a->arch);
    json_decref(a->config);
    *a = (struct record_arch){0};
}

void record_release(struct record *r)
{
    for (size_t i = 0; i < r->n_arches; i++)
        record_arch_release(&r->arches[i]);
    free(r->arches);
    lock_free(r->lock);
    strv_release(&r->cves);
    strv_release(&r->stops);
    free(r->name);
    free(r->mkimage);
    free(r->accepted);
    *r = (struct record){0};
}

int record_keep_arches(struct record *r, const struct strv *arches, struct err *err)
{
    size_t n = 0;

    if (!arches || !arches->n)
        return 0;
    for (size_t i = 0; i < r->n_arches; i++) {
        struct record_arch *a = &r->arches[i];
        if (strv_has(arches, a->arch))
            r->arches[n++] = *a;
        else
            record_arch_release(a);
    }
    r->n_arches = n;
    strv_each (arch, arches) {
        if (!record_find_arch(r, *arch))
            return err_code(err, ERR_NOT_FOUND, "holds no image for %s", *arch);
    }
    return 0;
}
