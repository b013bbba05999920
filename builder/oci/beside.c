/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/beside.h"
#include "oci/read.h"
#include "oci/write.h"

#define BESIDE_MAX 10000
#define TAG_PREFIX "sha256-"

const char *const beside_suffixes[] = {".sig", ".att", ".sbom", NULL};

void beside_list_release(struct beside_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->v[i].suffix);
        free(l->v[i].media_type);
    }
    free(l->v);
    *l = (struct beside_list){0};
}

static bool same_suffix(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : !a && !b;
}

void beside_add(struct beside_list *l, const struct sha256 *subject, const char *suffix,
                const struct descriptor *d)
{
    for (size_t i = 0; i < l->n; i++)
        if (sha256_eq(&l->v[i].digest, &d->digest) && sha256_eq(&l->v[i].subject, subject) &&
            same_suffix(l->v[i].suffix, suffix))
            return;
    GROW(l->v, l->n, l->cap);
    l->v[l->n++] = (struct beside){.subject = *subject,
                                   .suffix = suffix ? xstrdup(suffix) : NULL,
                                   .media_type = xstrdup(d->media_type),
                                   .digest = d->digest,
                                   .size = d->size};
}

int beside_add_index(struct beside_list *l, const struct sha256 *subject, const json_t *index,
                     const char *name, struct err *err)
{
    size_t i;
    const json_t *entry;
    json_array_foreach(json_object_get(index, "manifests"), i, entry)
    {
        struct descriptor d;
        if (descriptor_read(entry, name, &d, err) < 0)
            return err_ret(err);
        if (l->n >= BESIDE_MAX)
            return err_set(err, "%s: has too many referrers", name);
        beside_add(l, subject, NULL, &d);
    }
    return 0;
}

bool beside_tag_read(const char *tag, struct sha256 *ret_subject, const char **ret_suffix)
{
    const size_t n = strlen(TAG_PREFIX);
    if (strncmp(tag, TAG_PREFIX, n) != 0 || strlen(tag) < n + SHA256_HEX_LEN ||
        !sha256_parse_hex((struct slice){tag + n, SHA256_HEX_LEN}, ret_subject))
        return false;
    *ret_suffix = tag + n + SHA256_HEX_LEN;
    if (!**ret_suffix)
        return true;
    for (size_t i = 0; beside_suffixes[i]; i++)
        if (strcmp(*ret_suffix, beside_suffixes[i]) == 0)
            return true;
    return false;
}

char *beside_tag(const struct sha256 *subject, const char *suffix)
{
    return xasprintf(TAG_PREFIX "%s%s", sha256_hex(subject).s, suffix ? suffix : "");
}

int reader_beside(struct reader *r, const struct sha256 *subjects, size_t n,
                  struct beside_list *ret, struct err *err)
{
    *ret = (struct beside_list){0};
    r->documents = r->bytes = 0;
    int result = r->ops->beside ? r->ops->beside(r, subjects, n, ret, err) : 0;
    if (result < 0)
        beside_list_release(ret);
    return result;
}

/* ---- layouts -------------------------------------------------------------------------------- */

struct search {
    struct reader *r;
    const struct sha256 *subjects;
    size_t n;
    struct beside_list *found;
};

static bool is_asked(const struct search *s, const struct sha256 *digest)
{
    for (size_t i = 0; i < s->n; i++)
        if (sha256_eq(&s->subjects[i], digest))
            return true;
    return false;
}

/* What cosign save writes beside the one image of a layout. */
static const char *suffix_of_kind(const char *kind)
{
    return !kind                                                ? NULL
           : strcmp(kind, "dev.cosignproject.cosign/sigs") == 0 ? ".sig"
           : strcmp(kind, "dev.cosignproject.cosign/atts") == 0 ? ".att"
                                                                : NULL;
}

static int take_fallback(struct search *s, const struct sha256 *subject, const struct descriptor *d,
                         const char *name, struct err *err)
{
    json_t *document;
    if (reader_document(s->r, d, name, &document, err) < 0)
        return err_ret(err);
    int result = document_check(document, d->media_type, name, err);
    if (result == 0)
        result = beside_add_index(s->found, subject, document, name, err);
    json_decref(document);
    return result;
}

/* A manifest that has one of the subjects. What can't be read isn't looked for here. */
static void take_referrer(struct search *s, const struct descriptor *d)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    struct descriptor subject;
    json_t *document;
    if (reader_document(s->r, d, "manifest", &document, &ignored) < 0)
        return;
    const json_t *named = json_object_get(document, "subject");
    if (named && descriptor_read(named, "subject", &subject, &ignored) == 0 &&
        is_asked(s, &subject.digest))
        beside_add(s->found, &subject.digest, NULL, d);
    json_decref(document);
}

static int take_entry(struct search *s, const json_t *entry, const char *name, struct err *err)
{
    const json_t *annotations = json_object_get(entry, "annotations");
    const char *ref = json_string_value(json_object_get(annotations, ANNOTATION_REF));
    const char *by_kind = suffix_of_kind(json_string_value(json_object_get(annotations, "kind")));
    const char *suffix;
    struct sha256 subject;
    struct descriptor d;
    if (descriptor_read(entry, name, &d, err) < 0)
        return err_ret(err);
    if (ref && beside_tag_read(ref, &subject, &suffix)) {
        if (!is_asked(s, &subject))
            return 0;
        if (!*suffix && document_kind(d.media_type) == DOCUMENT_INDEX)
            return take_fallback(s, &subject, &d, name, err);
        beside_add(s->found, &subject, *suffix ? suffix : NULL, &d);
    } else if (by_kind) {
        beside_add(s->found, &s->subjects[0], by_kind, &d);
    } else if (document_kind(d.media_type) == DOCUMENT_MANIFEST) {
        take_referrer(s, &d);
    }
    return 0;
}

int layout_beside(struct reader *r, const struct sha256 *subjects, size_t n,
                  struct beside_list *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(MANIFEST_BYTES_MAX);
    CLEANUP(free_ptr) char *name = reader_name(r, "index.json");
    struct search s = {r, subjects, n, ret};
    json_t *document;
    size_t i;
    const json_t *entry;
    if (reader_json(r, "index.json", &bytes, &document, err) < 0)
        return err_ret(err);
    int result = document_check(document, MEDIA_INDEX, name, err);
    json_array_foreach(json_object_get(document, "manifests"), i, entry)
    {
        if (result == 0)
            result = take_entry(&s, entry, name, err);
    }
    json_decref(document);
    return result;
}
