/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a registry over plain http says refers to a manifest, as an index:
 *
 *     registry_referrers HOST/REPOSITORY@DIGEST [TYPE]
 */
#include "registry/client.h"
#include <stdio.h>

static int list(const struct session *s, struct http *h, const char *text, const char *type,
                struct buf *ret, struct err *err)
{
    CLEANUP(reference_release) struct reference name = {0};
    CLEANUP(strv_release) struct strv insecure = STRV_INIT;
    struct registry *r;
    if (reference_parse(text, &name, err) < 0)
        return -(int)err->code;
    if (!name.has_digest)
        return err_set(err, "%s: has no digest", text);
    strv_add(&insecure, name.host);
    const struct registry_options options = {.insecure = &insecure};
    if (registry_open(s, h, name.host, &options, &r, err) < 0)
        return -(int)err->code;
    int result = registry_referrers(r, name.repository, &name.digest, type, ret, err);
    registry_close(r);
    return result;
}

int main(int argc, char **argv)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf index = BUF_INIT(0);
    struct session s = {.log = log_new(stderr, LOG_INFO)};
    struct http *h = NULL;
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: registry_referrers HOST/REPOSITORY@DIGEST [TYPE]\n");
        return 2;
    }
    int r = http_new(&s, 1, &h, &err);
    if (r == 0)
        r = list(&s, h, argv[1], argc == 3 ? argv[2] : NULL, &index, &err);
    if (r < 0)
        fprintf(stderr, "error: %s\n", err.message);
    else
        printf("%s\n", buf_str(&index));
    http_free(h);
    log_free(s.log);
    return r < 0;
}
