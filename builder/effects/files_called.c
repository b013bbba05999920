/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/files_called.h"
#include "effects/tmpfiles.h"

static const struct {
    const char *program;
    bool (*takes)(const struct script_call *);
    int (*apply)(struct effect *m, const struct script_call *c, struct err *err);
} rows[] = {
    {"mkdir", mkdir_takes, mkdir_apply},
    {"install", install_takes, install_apply},
    {"touch", touch_takes, touch_apply},
    {"ln", ln_takes, ln_apply},
    {"cp", cp_takes, cp_apply},
    {"mv", mv_takes, mv_apply},
    {"rm", rm_takes, rm_apply},
    {"rmdir", rm_takes, rm_apply},
    {"ucf", ucf_takes, ucf_apply},
    {"ucfr", ucf_takes, ucf_apply},
    {"echo", write_takes, write_apply},
    {"printf", write_takes, write_apply},
    {"cat", write_takes, write_apply},
    {":", write_takes, write_apply},
    {"true", write_takes, write_apply},
    {"chmod", chmod_takes, chmod_apply},
    {"chown", chown_takes, chown_apply},
    {"chgrp", chown_takes, chown_apply},
    {"dpkg-statoverride", statoverride_takes, statoverride_apply},
    {"systemd-tmpfiles", tmpfiles_takes, tmpfiles_apply},
};

static int apply(struct assembly *a, struct tree *t, const struct script_call *c, struct err *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (strcmp(c->words.v[0], rows[i].program) != 0 || !rows[i].takes(c))
            continue;
        CLEANUP(effect_release) struct effect m;
        effect_start(&m, a, t, c->package, call_place(c));
        return rows[i].apply(&m, c, err);
    }
    return 0;
}

int assemble_files_called(struct assembly *a, struct tree *t, struct err *err)
{
    if (!a->calls)
        return 0;
    call_each(c, a->calls) if (session_check(a->ctx->session, err) < 0 ||
                               (c->words.n && apply(a, t, c, err) < 0)) return err_ret(err);
    return 0;
}
