/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a changelog: each entry lies within the text, those that are new are the first ones,
 * and a CVE id is one. */
#include "fleet/changelog.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(changelog_release) struct changelog log = {0};
    CLEANUP(strv_release) struct strv cves = STRV_INIT;
    char *text = xstrndup((const char *)data, size);
    size_t n = strlen(text);

    changelog_parse(text, n, &log);
    for (size_t i = 0; i < log.n; i++) {
        assert(log.v[i].text.p >= log.text && log.v[i].text.p + log.v[i].text.n <= log.text + n);
        assert(log.v[i].source && log.v[i].version);
        assert(changelog_new(&log, log.v[i].version) <= i);
    }
    assert(changelog_new(&log, NULL) == log.n);
    assert(changelog_new(&log, "1.0-1") <= log.n);
    changelog_cves((struct slice){log.text, n}, &cves);
    strv_each (id, &cves)
        assert(strncmp(*id, "CVE-", 4) == 0 && strlen(*id) >= 13);
    return 0;
}
