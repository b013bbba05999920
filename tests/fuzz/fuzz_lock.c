/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a lock; what is taken as one is written again to the same bytes, read or not. */
#include "base/err.h"
#include "lock/lock.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf first = BUF_INIT(0), second = BUF_INIT(0);
    struct lock *l = NULL, *again = NULL;
    struct lock_change *changes = NULL;

    if (lock_parse((const char *)data, size, "fuzz.lock", &l, &err) < 0) {
        assert(!l && err.message);
        return 0;
    }
    lock_format(l, &first);
    if (lock_parse(buf_str(&first), first.len, "again.lock", &again, &err) < 0)
        __builtin_trap();
    lock_format(again, &second);
    assert(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    assert(lock_diff(l, again, &changes) == 0);
    free(changes);
    lock_free(l);
    lock_free(again);
    return 0;
}
