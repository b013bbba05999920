/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "deb/clearsign.h"
#include "deb/gpgv.h"
#include "deb/release.h"

#define MESSAGE_MAX (16 << 20)
#define KEYRING_MAX (16 << 20)

static int read_keyring(const char *keyring, struct buf *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(KEYRING_MAX);
    if (file_read(keyring, KEYRING_MAX, &bytes, err) < 0) {
        if (err->code == ERR_NOT_FOUND)
            err_hint(err, "Debian's own keyrings: apt-get install debian-archive-keyring");
        err->code = ERR_FAIL;
        return err_wrap(err, "keyring");
    }
    if (bytes.len == 0)
        return err_set(err, "keyring %s: is empty", keyring);
    return armor_decode(bytes.data, bytes.len, keyring, ret, err);
}

int inrelease_verify(const struct session *s, const void *bytes, size_t n, const char *keyring,
                     const char *name, struct buf *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf keys = BUF_INIT(0);
    struct clearsign message;

    if (n > MESSAGE_MAX)
        return err_set(err, "%s: larger than %d bytes", name, MESSAGE_MAX);
    if (clearsign_split(bytes, n, name, &message, err) < 0 || read_keyring(keyring, &keys, err) < 0)
        return err_ret(err);
    struct gpgv_job job = {.message = {bytes, n},
                           .keys = {buf_str(&keys), keys.len},
                           .name = name,
                           .keyring = keyring};
    int r = gpgv_verify(s, &job, ret, err);
    if (r == 0 && !clearsign_same(&message, (struct slice){buf_str(ret), ret->len}))
        r = err_set(err, "%s: the verified text is not the one that the file shows", name);
    if (r < 0 && r != -ERR_STOPPED) {
        CLEANUP(err_release) struct err room = ERR_INIT;
        if (gpgv_has_room(&job, &room) < 0) {
            err_clear(err);
            return err_move(err, &room);
        }
    }
    return r;
}
