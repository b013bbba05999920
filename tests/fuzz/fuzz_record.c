/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a record out of a registry; what is taken as one is written again to the same bytes,
 * differs in nothing from itself, and can be reported. */
#include "base/json.h"
#include "fleet/entry.h"
#include "report/night.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void report(const struct record *old, const struct record *now)
{
    CLEANUP(diff_release) struct image_diff d = {0};
    json_t *entry = json_object(), *entries = json_array();

    diff_records(old, now, &d);
    assert(old != now || diff_empty(&d));
    entry_add_diff(entry, &d);
    json_add(entries, entry);
    json_t *document = night_report(entries, 0);
    for (int f = NIGHT_TEXT; f <= NIGHT_JSON; f++) {
        CLEANUP(buf_release) struct buf text = BUF_INIT(0);
        night_write(document, (enum night_format)f, &text);
        assert(text.len);
    }
    json_decref(document);
    json_decref(entries);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf first = BUF_INIT(0), second = BUF_INIT(0);
    CLEANUP(record_release) struct record r = {0}, again = {0}, empty = {0};

    if (record_parse((const char *)data, size, "fuzz", &r, &err) < 0) {
        assert(err.message);
        return 0;
    }
    record_format(&r, &first);
    if (record_parse(buf_str(&first), first.len, "again", &again, &err) < 0)
        __builtin_trap();
    record_format(&again, &second);
    assert(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    report(&r, &r);
    report(NULL, &r);
    report(&empty, &r);
    report(&r, &empty);
    return 0;
}
