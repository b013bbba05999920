/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a descriptor to the images that it leads to. Each child of an index is one of four things:
 *
 *     an image        it has a config of an image, and not just layers that are statements
 *     an index        followed in the same way
 *     something else  a signature, an attestation, a chart: kept beside the images, as it is
 *     absent          a layout may hold an index and not all that the index names (image-layout.md)
 *
 * Whether an image is wanted is decided by the index's platform, before anything of it is read, as
 * engines decide what to pull; by the config's, where the index names none.
 */
#include "base/arch.h"
#include "base/json.h"
#include "oci/read.h"

struct walk {
    struct reader *r;
    const struct strv *arches; /* NULL or empty: all */
    struct read_set *set;
    struct sha256 top;
};

/* ---- platforms ------------------------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s && *s ? s : NULL;
}

struct platform platform_read(const json_t *object)
{
    struct platform p = {text_of(object, "os"), text_of(object, "architecture"),
                         text_of(object, "variant"), false};
    if (p.os && p.arch && strcmp(p.os, "unknown") == 0 && strcmp(p.arch, "unknown") == 0)
        p = (struct platform){.nothing = true};
    return p;
}

static bool is_linux(const struct platform *p)
{
    return !p->os || strcmp(p->os, "linux") == 0;
}

/* By Debian's names, as users give them; an architecture that Debian hasn't by its own. */
static const char *debian_name(const struct platform *p)
{
    const struct arch *known = arch_like_platform(p->arch, p->variant);
    return known ? known->name : p->arch;
}

bool platform_wanted(const struct platform *p, const struct strv *arches)
{
    if (!arches || !arches->n)
        return true;
    return is_linux(p) && p->arch && strv_has(arches, debian_name(p));
}

char *platform_name(const struct platform *p)
{
    const char *os = p->os ? p->os : "linux", *arch = p->arch ? p->arch : "unknown";
    return p->variant ? xasprintf("%s/%s/%s", os, arch, p->variant) : xasprintf("%s/%s", os, arch);
}

/* One that goes without saying isn't said, and some write "7" for "v7". */
static const char *plain_variant(const struct platform *p)
{
    const struct arch *known = p->arch ? arch_of_platform(p->arch, p->variant) : NULL;
    if (!p->variant || (known && known->implied))
        return NULL;
    return *p->variant == 'v' ? p->variant + 1 : p->variant;
}

static bool may_be_equal(const char *a, const char *b)
{
    return !a || !b || strcmp(a, b) == 0;
}

void read_image_settle(struct read_image *image, const struct platform *named)
{
    const struct platform own = platform_read(image->config_json);
    const char *os = named->os ? named->os : own.os;
    const char *arch = named->arch ? named->arch : own.arch;
    const char *variant = named->arch ? named->variant : own.variant;

    image->os_blank = !own.os;
    image->os = xstrdup(os ? os : "linux");
    image->arch = xstrdup(arch ? arch : "");
    image->variant = variant ? xstrdup(variant) : NULL;
    if (!may_be_equal(named->os, own.os) || !may_be_equal(named->arch, own.arch) ||
        !may_be_equal(plain_variant(named), plain_variant(&own)))
        image->own_platform = platform_name(&own);
}

/* ---- documents ------------------------------------------------------------------------------- */

static struct read_image *add_image(struct read_image **list, size_t *n, size_t *cap)
{
    GROW(*list, *n, *cap);
    (*list)[*n] = (struct read_image){0};
    return &(*list)[(*n)++];
}

struct read_image *read_set_add(struct read_set *s)
{
    return add_image(&s->images, &s->n, &s->cap);
}

static void drop_last(struct read_set *s)
{
    read_image_release(&s->images[--s->n]);
}

/* Takes over the document. */
static void take_document(struct read_image *image, const struct descriptor *d, json_t *document)
{
    image->manifest = d->digest;
    image->manifest_size = d->size;
    image->manifest_type = xstrdup(d->media_type);
    image->manifest_json = document;
}

static int read_config(struct reader *r, struct read_image *image, const char *above,
                       struct err *err)
{
    struct descriptor d;
    if (descriptor_read(json_object_get(image->manifest_json, "config"), above, &d, err) < 0)
        return err_ret(err);
    CLEANUP(free_ptr) char *name = xasprintf("config %s", sha256_digest(&d.digest).s);
    image->config = d.digest;
    if (reader_document(r, &d, name, &image->config_json, err) < 0)
        return err_ret(err);
    return config_is_empty(image->config_json, image->n_layers)
               ? 0
               : config_read(image->config_json, name, image, err);
}

static void pass_over(struct walk *w, const struct platform *p)
{
    CLEANUP(free_ptr) char *name = platform_name(p);
    if (!strv_has(&w->set->others, name))
        strv_add(&w->set->others, name);
}

/* Whether the set has this image already: an index may name one twice. */
static bool is_known(const struct read_set *s, const struct read_image *image)
{
    for (size_t i = 0; i + 1 < s->n; i++) {
        const struct read_image *o = &s->images[i];
        if (sha256_eq(&o->manifest, &image->manifest) && strcmp(o->os, image->os) == 0 &&
            strcmp(o->arch, image->arch) == 0)
            return true;
    }
    return false;
}

/* Takes over the document. */
static int take_image(struct walk *w, const struct descriptor *d, const struct platform *named,
                      json_t *document, const char *name, struct err *err)
{
    struct read_image *image = read_set_add(w->set);
    take_document(image, d, document);
    image->top = w->top;
    if (manifest_layers(document, name, image, err) < 0 ||
        read_config(w->r, image, name, err) < 0) {
        drop_last(w->set);
        return err_ret(err);
    }
    read_image_settle(image, named);
    const struct platform p = {image->os, *image->arch ? image->arch : NULL, image->variant, false};
    bool wanted = platform_wanted(&p, w->arches);
    if (!wanted)
        pass_over(w, &p);
    if (!wanted || config_is_empty(image->config_json, image->n_layers) || is_known(w->set, image))
        drop_last(w->set);
    return 0;
}

static int follow(struct walk *w, const struct descriptor *d, const struct platform *named,
                  unsigned depth, struct err *err);

/* A child that isn't there is named, and is no failure. */
static int follow_child(struct walk *w, const struct descriptor *d, const struct platform *named,
                        unsigned depth, struct err *err)
{
    CLEANUP(err_release) struct err own = ERR_INIT;
    int result = follow(w, d, named, depth, &own);
    if (result != -ERR_NOT_FOUND)
        return result < 0 ? err_move(err, &own) : 0;
    CLEANUP(free_ptr) char *platform = platform_name(named);
    strv_addf(&w->set->absent, "%s (%s)", named->arch ? platform : "an image",
              sha256_digest(&d->digest).s);
    return 0;
}

static int follow_list(struct walk *w, const json_t *manifests, const char *name, unsigned depth,
                       struct err *err)
{
    size_t i;
    json_t *entry;
    json_array_foreach(manifests, i, entry)
    {
        struct descriptor d;
        const struct platform named = platform_read(json_object_get(entry, "platform"));
        if (descriptor_read(entry, name, &d, err) < 0)
            return err_ret(err);
        if (named.arch && document_kind(d.media_type) == DOCUMENT_MANIFEST &&
            !platform_wanted(&named, w->arches)) {
            pass_over(w, &named);
            continue;
        }
        if (follow_child(w, &d, &named, depth, err) < 0)
            return err_ret(err);
    }
    return 0;
}

static int no_schema_1(const struct descriptor *d, struct err *err)
{
    err_set(err, "manifest %s: is of Docker's schema 1, which isn't read",
            sha256_digest(&d->digest).s);
    return err_hint(err, "pull it with a current engine and push it again");
}

/* Takes over the document. */
static int take_checked(struct walk *w, const struct descriptor *d, const struct platform *named,
                        json_t *document, unsigned depth, const char *name, struct err *err)
{
    if (document_kind(d->media_type) == DOCUMENT_INDEX) {
        int result = follow_list(w, json_object_get(document, "manifests"), name, depth + 1, err);
        json_decref(document);
        return result;
    }
    if (!named->nothing && manifest_is_image(document))
        return take_image(w, d, named, document, name, err);
    take_document(add_image(&w->set->beside, &w->set->n_beside, &w->set->cap_beside), d, document);
    return 0;
}

/* What is neither an image nor a list of images is passed over, as image-index.md has it. */
static int follow(struct walk *w, const struct descriptor *d, const struct platform *named,
                  unsigned depth, struct err *err)
{
    enum document_kind kind = document_kind(d->media_type);
    if (strncmp(d->media_type, MEDIA_DOCKER_SCHEMA1, strlen(MEDIA_DOCKER_SCHEMA1)) == 0)
        return no_schema_1(d, err);
    if (kind == DOCUMENT_OTHER)
        return 0;
    CLEANUP(free_ptr)
    char *name = xasprintf("%s %s", kind == DOCUMENT_INDEX ? "index" : "manifest",
                           sha256_digest(&d->digest).s);
    if (depth > INDEX_DEPTH_MAX)
        return err_set(err, "%s: is nested deeper than %d indexes", name, INDEX_DEPTH_MAX);
    json_t *document;
    if (reader_document(w->r, d, name, &document, err) < 0)
        return err_ret(err);
    if (document_check(document, d->media_type, name, err) < 0) {
        json_decref(document);
        return err_ret(err);
    }
    return take_checked(w, d, named, document, depth, name, err);
}

int reader_follow(struct reader *r, const struct descriptor *d, const struct platform *named,
                  const struct strv *arches, bool sparse, struct read_set *ret, struct err *err)
{
    struct walk w = {r, arches, ret, d->digest};
    return sparse ? follow_child(&w, d, named, 0, err) : follow(&w, d, named, 0, err);
}
