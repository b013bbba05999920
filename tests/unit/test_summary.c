/* SPDX-License-Identifier: Apache-2.0 */
/* What a build did, in words: nothing that it quotes reaches a terminal as it came. */
#include "harden/rule.h"
#include "report/summary.h"
#include "unit.h"

#define BAD   "x\033]0;y\007"
#define SHOWN "x\\x1b]0;y\\x07"

/* Text that isn't written to. */
static char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

static void fill_findings(struct arch_build *a, const struct recipe_allow *allow)
{
    a->findings.v[0] = (struct finding){.rule = rule_find("FS-SUID"),
                                        .action = RULE_FIX,
                                        .path = text("usr/" BAD),
                                        .text = text("setuid")};
    a->findings.v[1] = (struct finding){.rule = rule_find("FS-SUID"),
                                        .action = RULE_DENY,
                                        .path = text("usr/" BAD),
                                        .text = text(BAD),
                                        .allow = allow};
    a->findings.n = 2;
}

static void test_escaped(void **state)
{
    struct recipe recipe = {.title = text(BAD), .name = text("name")};
    const struct recipe_allow allow = {.reason = text(BAD)};
    struct lock_arch lock = {.arch = text("amd64")};
    struct finding findings[2];
    struct unhandled unhandled = {BAD, text("postinst: " BAD)};
    struct skipped skipped = {.what = text("byte-compiled Python")};
    struct arch_build a = {.lock = &lock,
                           .findings = {.v = findings},
                           .unhandled = &unhandled,
                           .n_unhandled = 1,
                           .skipped = &skipped,
                           .n_skipped = 1};
    const struct build b = {.recipe = &recipe,
                            .lock_path = text(BAD ".lock"),
                            .lock_written = true,
                            .arches = &a,
                            .n_arches = 1};
    struct log *log = log_new(stderr, LOG_ERROR);
    CLEANUP(buf_release) struct buf out = BUF_INIT(0);

    (void)state;
    fill_findings(&a, &allow);
    strv_add(&a.notes, "usr/lib/sysusers.d/" BAD ".conf: ignored");
    strv_add(&lock.omitted, BAD);
    strv_add(&skipped.packages, BAD);
    summary_text(&b, "oci:" BAD, false, 1, log, &out);
    assert_null(strpbrk(buf_str(&out), "\033\007"));
    static const char *const lines[] = {
        SHOWN "\namd64  0 packages",
        "\n  omitted: " SHOWN "\n",
        "\n  FS-SUID   mended: /usr/" SHOWN "\n",
        "\n  FS-SUID   allowed: /usr/" SHOWN " " SHOWN " (" SHOWN ")\n",
        "\n  not made: byte-compiled Python (scripts of " SHOWN ")\n",
        "\n    " SHOWN " postinst: " SHOWN "\n",
        "\n  note: usr/lib/sysusers.d/" SHOWN ".conf: ignored\n",
        "\nwrote " SHOWN ".lock\n",
        "\noci:" SHOWN " sha256:",
    };
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        if (!strstr(buf_str(&out), lines[i]))
            fail_msg("no \"%s\" in:\n%s", lines[i], buf_str(&out));
    strv_release(&a.notes);
    strv_release(&lock.omitted);
    strv_release(&skipped.packages);
    log_free(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
