/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "harden/rule.h"

/* ---- what a later layer hides --------------------------------------------------------------- */

static bool is_secret(const struct finding *f)
{
    return starts_with(f->rule->id, "SEC-") || starts_with(f->rule->id, "ACC-");
}

static size_t n_xattrs(const struct node *n)
{
    return n->facts ? n->facts->n_xattrs : 0;
}

/* Whether what is on top of it is the same again, and so reported already. */
static bool shows_again(const struct view *v, const struct node *n, const struct finding *f)
{
    const struct node *top = tree_find(v->tree, n->path);

    if (!top || top->type != n->type)
        return false;
    return is_secret(f) ? !sha256_is_zero(&n->sha256) && sha256_eq(&top->sha256, &n->sha256)
                        : top->mode == n->mode && n_xattrs(top) == n_xattrs(n);
}

static void look_at_hidden(const struct rule *r, const struct view *v,
                           const struct view_layer *layer, const struct rule *asked,
                           const struct node *n, struct findings *ret)
{
    CLEANUP(findings_release) struct findings found = {0};

    asked->hidden(asked, v, n, &found);
    for (size_t i = 0; i < found.n; i++) {
        const struct finding *is = &found.v[i];
        if (shows_again(v, n, is))
            continue;
        struct finding *f = finding_add(ret, r, n->path, NULL, "%s: still in layer %.19s (%s)",
                                        is->text, layer->name, asked->id);
        f->severity = is->severity < asked->hidden_most ? is->severity : asked->hidden_most;
        f->layer = layer->name;
        f->kind = asked->id;
        if (is->common) {
            CLEANUP(free_ptr)
            char *common = xasprintf("%s: still in layer %.19s (%s)", is->common, layer->name,
                                     asked->id);
            finding_varies(f, common, "%s", is->values.v[0]);
        }
    }
}

static void lay_hid(const struct rule *r, const struct view *v, struct findings *ret)
{
    for (size_t i = 0; i < v->n_layers; i++) {
        rule_each (asked) {
            for (size_t k = 0; asked->hidden && k < v->layers[i].n_hidden; k++)
                look_at_hidden(r, v, &v->layers[i], asked, &v->layers[i].hidden[k], ret);
        }
    }
}

/* ---- a layer's form ------------------------------------------------------------------------- */

static void lay_fmt(const struct rule *r, const struct view *v, struct findings *ret)
{
    for (size_t i = 0; i < v->n_layers; i++) {
        strv_each (fault, &v->layers[i].faults)
            finding_add(ret, r, NULL, NULL, "layer %.19s: %s", v->layers[i].name, *fault)->layer =
                v->layers[i].name;
    }
}

const struct rule layer_rules[] = {
    {
        .id = "LAY-HID",
        .title = "No layer holds what a later one hides",
        .severity = SEVERITY_HIGH,
        .action = RULE_NOTE,
        .advice = "build again without it, and replace the secret: whoever pulls the image has it",
        .source = "CIS Docker Benchmark 4.10, Dockle DKL-LI-0003",
        .why =
            "Asks the rules about secrets, hashes and files of what each layer holds and a later "
            "one "
            "removes or stands in for: a layer is pulled whole, so a key that is deleted in the "
            "next step is still there for everybody. The layer is named.\n"
            "Secrets are of high severity at most; what nobody can start, write or open while it "
            "is hidden is low, and leavings, which make the image larger, are info. What shows "
            "again unchanged in the image is reported there. Rules that ask how a file stands to "
            "the rest of the image, or to its user, have nothing to ask of one that isn't in it: "
            "`mkimage explain` says it of each. Images that mkimage builds have no hidden files.",
        .image = lay_hid,
    },
    {
        .id = "LAY-FMT",
        .title = "Layers mean the same to every engine",
        .severity = SEVERITY_MEDIUM,
        .action = RULE_NOTE,
        .advice = "make the layer again with a tool that writes each path once",
        .source = "OCI image spec: layer.md, CVE-2021-41190",
        .why =
            "Looks at the form of each layer: a path that stands twice, a whiteout of nothing (a "
            "bare .wh.), entries that lead out of their directory, hard links to nothing, bytes "
            "behind the archive's end, a digest that isn't the config's, layers that are fetched "
            "from other places (urls). Engines differ in what they make of it, so what was "
            "scanned need not be what runs.",
        .image = lay_fmt,
    },
    {0},
};
