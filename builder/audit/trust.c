/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/trust.h"
#include "oci/document.h"

enum what { NOTHING, SIGNATURE, PROVENANCE, SBOM };

static const struct {
    const char *prefix;
    enum what what;
} by_type[] = {
    {"application/vnd.dev.cosign.simplesigning.", SIGNATURE},
    {"application/vnd.dev.cosign.artifact.sig.", SIGNATURE},
    {"application/vnd.cncf.notary.signature", SIGNATURE},
    {"application/vnd.dev.cosign.artifact.sbom.", SBOM},
    {"application/spdx", SBOM},
    {"text/spdx", SBOM},
    {"application/vnd.cyclonedx", SBOM},
    {"application/vnd.syft", SBOM},
    {"application/vnd.goharbor.harbor.sbom", SBOM},
};
static const struct {
    const char *prefix;
    enum what what;
} by_predicate[] = {
    {"https://slsa.dev/provenance/", PROVENANCE},
    {"https://spdx.dev/Document", SBOM},
    {"https://cyclonedx.org/", SBOM},
    {"https://sigstore.dev/cosign/sign/", SIGNATURE},
};

static void note(enum what what, struct view_trust *ret)
{
    ret->signature |= what == SIGNATURE;
    ret->provenance |= what == PROVENANCE;
    ret->sbom |= what == SBOM;
}

static bool has_all(const struct view_trust *t)
{
    return t->signature && t->provenance && t->sbom;
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* By what it is, and by what it states: a descriptor, or a manifest with a type. */
static void take(const char *type, const json_t *annotations, struct view_trust *ret)
{
    static const char *const keys[] = {"predicateType", "in-toto.io/predicate-type",
                                       "dev.sigstore.bundle.predicateType"};
    const char *content = text_of(annotations, "dev.sigstore.bundle.content");

    for (size_t i = 0; i < ARRAY_SIZE(by_type); i++)
        if (starts_with(type, by_type[i].prefix))
            note(by_type[i].what, ret);
    if (content && strcmp(content, "message-signature") == 0)
        note(SIGNATURE, ret);
    for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
        for (size_t i = 0; i < ARRAY_SIZE(by_predicate); i++)
            if (starts_with(text_of(annotations, keys[k]), by_predicate[i].prefix))
                note(by_predicate[i].what, ret);
}

static void take_manifest(const json_t *manifest, struct view_trust *ret)
{
    const json_t *layer;
    size_t i;

    take(text_of(manifest, "artifactType"), json_object_get(manifest, "annotations"), ret);
    take(text_of(json_object_get(manifest, "config"), "mediaType"), NULL, ret);
    json_array_foreach(json_object_get(manifest, "layers"), i, layer)
    {
        take(text_of(layer, "mediaType"), json_object_get(layer, "annotations"), ret);
    }
}

/* ---- what refers to it ----------------------------------------------------------------------- */

/* One that isn't there, or isn't a manifest, says nothing. */
static int fetch(struct registry *r, const struct reference *name, struct view_trust *ret,
                 struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(MANIFEST_BYTES_MAX);
    CLEANUP(err_release) struct err why = ERR_INIT;
    CLEANUP(free_ptr) char *type = NULL;
    struct sha256 digest;
    json_t *manifest = NULL;

    if (registry_get(r, name, &bytes, &type, &digest, &why) < 0)
        return why.code == ERR_STOPPED ? err_move(err, &why) : 0;
    if (document_parse(buf_str(&bytes), bytes.len, "referrer", &manifest, &why) == 0)
        take_manifest(manifest, ret);
    json_decref(manifest);
    return 0;
}

static struct reference name_in(struct registry *r, const char *repository)
{
    return (struct reference){.host = (char *)(uintptr_t)registry_host(r),
                              .repository = (char *)(uintptr_t)repository};
}

static int take_listed(struct registry *r, const char *repository, const json_t *index,
                       struct view_trust *ret, struct err *err)
{
    struct reference name = name_in(r, repository);
    const json_t *entry;
    size_t i, fetched = 0;

    json_array_foreach(json_object_get(index, "manifests"), i, entry)
    {
        const char *digest = text_of(entry, "digest");
        take(text_of(entry, "artifactType"), json_object_get(entry, "annotations"), ret);
        if (has_all(ret) || fetched == TRUST_MANIFESTS_MAX)
            break;
        name.has_digest = digest && sha256_parse_digest(slice_of(digest), &name.digest);
        if (!name.has_digest)
            continue;
        fetched++;
        if (fetch(r, &name, ret, err) < 0)
            return err_ret(err);
    }
    return 0;
}

static int take_tagged(struct registry *r, const char *repository, const struct sha256 *subject,
                       struct view_trust *ret, struct err *err)
{
    static const char *const ends[] = {"sig", "att", "sbom"};
    struct reference name = name_in(r, repository);

    for (size_t i = 0; i < ARRAY_SIZE(ends) && !has_all(ret); i++) {
        CLEANUP(free_ptr) char *tag = xasprintf("sha256-%s.%s", sha256_hex(subject).s, ends[i]);
        name.tag = tag;
        if (fetch(r, &name, ret, err) < 0)
            return err_ret(err);
    }
    return 0;
}

int trust_referrers(struct registry *r, const char *repository, const struct sha256 *subject,
                    struct view_trust *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(0);
    json_t *index = NULL;

    if (registry_referrers(r, repository, subject, NULL, &bytes, err) < 0 ||
        document_parse(buf_str(&bytes), bytes.len, "referrers", &index, err) < 0)
        return err_ret(err);
    ret->known = true;
    int result = take_listed(r, repository, index, ret, err);
    json_decref(index);
    return result < 0 ? result : take_tagged(r, repository, subject, ret, err);
}

/* ---- what stands beside it ------------------------------------------------------------------- */

void trust_beside(const json_t *index, const struct read_image *images, size_t n,
                  const struct sha256 *image, struct view_trust *ret)
{
    const struct sha256_text wanted = sha256_digest(image);
    const json_t *entry;
    size_t i;

    json_array_foreach(json_object_get(index, "manifests"), i, entry)
    {
        const json_t *annotations = json_object_get(entry, "annotations");
        const char *of = text_of(annotations, "vnd.docker.reference.digest");
        const char *digest = text_of(entry, "digest");
        if (!of || !digest || strcmp(of, wanted.s) != 0)
            continue;
        for (size_t k = 0; k < n; k++)
            if (strcmp(sha256_digest(&images[k].manifest).s, digest) == 0)
                take_manifest(images[k].manifest_json, ret);
    }
}
