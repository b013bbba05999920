/* SPDX-License-Identifier: Apache-2.0 */
/* What of an InRelease is read before and after gpgv: the split, armor and keys, status lines, the
 * signed text. */
#include "deb/clearsign.h"
#include "deb/gpgv.h"
#include "deb/release.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_release(struct slice text)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(release_release) struct release r = {0};
    if (release_parse(text.p, text.n, "fuzz", &r, &err) < 0) {
        assert(err.message && !r.files);
        return;
    }
    for (size_t i = 0; i < r.n_files; i++) {
        assert(r.files[i].path[0] != '/' && r.files[i].path[0] != 0);
        assert(release_find(&r, r.files[i].path));
    }
    struct release_want want = {.suite = "trixie", .now = 1767225600, .max_age_days = 1};
    (void)!release_check(&r, &want, "fuzz", &err);
}

static void fuzz_message(const uint8_t *data, size_t size)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct clearsign message;
    const char *p = (const char *)data;
    if (clearsign_split(data, size, "fuzz", &message, &err) < 0)
        return;
    assert(message.text.p >= p && message.text.p + message.text.n == message.signature.p);
    assert(message.signature.p + message.signature.n <= p + size);
    fuzz_release(message.text);
    bool escaped = false;
    for (size_t i = 0; i + 1 < message.text.n; i++)
        escaped |= message.text.p[i] == '-' && message.text.p[i + 1] == ' ';
    if (!escaped)
        assert(clearsign_same(&message, message.text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf keys = BUF_INIT(0);
    struct slice all = {(const char *)data, size};

    fuzz_message(data, size);
    fuzz_release(all);
    if (armor_decode(data, size, "fuzz", &keys, &err) == 0)
        (void)pgp_key_weak((struct slice){buf_str(&keys), keys.len},
                           slice_of("0981820F25E1FCB931A8EEE366B3B8AD04DB6BAA"));
    err_clear(&err);
    struct gpgv_job job = {.keys = all, .name = "fuzz", .keyring = "fuzz"};
    (void)!gpgv_judge(&job, all, &err);
    return 0;
}
