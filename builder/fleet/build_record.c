/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/build_record.h"

#include "fleet/changelogs.h"
#include "fleet/input.h"

int build_record(const struct context *ctx, const struct build_options *o, const struct build *b,
                 struct record_facts *facts, struct record *ret, struct err *err)
{
    CLEANUP(strv_release) struct strv arches = STRV_INIT, cves = STRV_INIT;
    CLEANUP(places_release) struct places places = {0};
    struct changelogs logs = {ctx, &places};

    places_init(&places, ctx->session, b->recipe, b->resolved.lock, &o->archive.mirrors);
    for (size_t i = 0; i < b->n_arches; i++) {
        strv_add(&arches, b->arches[i].lock->arch);
        if (changelogs_cves(&logs, b->arches[i].lock, &cves, err) < 0)
            return err_ret(err);
    }
    if (input_key(ctx->session, b->recipe, b->resolved.lock, &arches, o, &facts->input, err) < 0)
        return err_ret(err);
    facts->cves = &cves;
    record_of_build(b, facts, ret);
    facts->cves = NULL;
    return 0;
}

struct subject build_subject(const struct build *b, const char *repository)
{
    bool index = b->n_arches > 1;

    return (struct subject){
        .repository = repository,
        .media_type = index ? MEDIA_INDEX : MEDIA_MANIFEST,
        .digest = b->digest,
        .size = index ? b->index.len : b->arches[0].built.manifest.len,
    };
}
