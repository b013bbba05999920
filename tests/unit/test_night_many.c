/* SPDX-License-Identifier: Apache-2.0 */
/* The report of many images: what they share stands once, each recipe stands once, long things are
 * folded; and links that lead to Debian's tracker alone. */
#include "base/json.h"
#include "nights.h"
#include "report/prose.h"
#include "unit.h"

/* What isn't a CVE id makes no link: it could end one, or lead elsewhere. */
static void test_cve_links(void **state)
{
    static const char *const others[] = {
        "CVE-2026-1](https://example.org",
        "CVE-2026-12x",
        "CVE-2026-",
        "CVE-2026",
        "CVE-226-1234",
        "CVE-2O26-1234",
        "CVE-20261-234",
        "CVE-2026_1234",
        "cve-2026-1234",
        "DVE-2026-1234",
        "",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        CLEANUP(buf_release) struct buf text = BUF_INIT(0), want = BUF_INIT(0);
        struct prose w = {.out = &text, .markdown = true}, code = {.out = &want, .markdown = true};
        json_t *list = array_json(text_json("CVE-2026-1234"), text_json(others[i]), NULL);
        prose_cves(&w, list);
        buf_addstr(&want, LINK ", ");
        prose_code(&code, others[i]);
        assert_string_equal(buf_str(&text), buf_str(&want));
        json_decref(list);
    }
}

/* What several images have in common stands once; images of which there is little to say share a
 * list. What was stopped has all its own. */
static void test_shared_packages(void **state)
{
#define MOVE(name, source, from, to)                                                               \
    "{'name':'" name "','change':'upgraded','source':'" source "','from':'" from "','to':'" to "'" \
    "}"
#define SSL(name) MOVE(name, "openssl", "3.5", "3.6")
    static const char *const entries[] = {
        IMAGE("a", "'tags':['1'],'packages':[" SSL("libssl3t64") "," SSL("openssl") "]"),
        "{'name':'h/s','recipe':'s','state':'stopped','packages':[" SSL("openssl") "]}",
        IMAGE("b", "'replaced':'sha256:aa','packages':[" SSL(
                       "libssl3t64") "],"
                                     "'sizes':[{'architecture':'amd64','from':{'packed':1000},"
                                     "'to':{'packed':2000}}]"),
        IMAGE("c", "'packages':[" SSL("openssl") "," MOVE("tar", "tar", "1", "2") "]"),
        IMAGE("d", "'packages':[" SSL("openssl") "],'accepted':{'reason':'looked'}"),
        IMAGE("e", "'packages':[" SSL("openssl") "],'earlier':[{'recipe':'e','state':'tagged'}]"),
        "{'name':'h/n','recipe':'n','state':'would change','first':true}",
        IMAGE("o", "'packages':[" MOVE("x", "openssl", "3.4", "3.6") "," MOVE(
                       "y", "openssl", "3.5", "3.7") "," MOVE("z", "tls", "3.5", "3.6") "]"),
        NULL,
    };

    (void)state;
    check_all_written(
        entries, NIGHT_MARKDOWN,
        "# Images: 6 published, 1 would change, 1 stopped, 1 unchanged\n"
        "\n"
        "| Image | | Packages | CVE ids | Size |\n"
        "|---|---|---|---|---|\n"
        "| `h/s` | stopped | 1 changed | | |\n"
        "| `h/a` | published | 2 changed | | |\n"
        "| `h/b` | published | 1 changed | | 1.0 kB -> 2.0 kB |\n"
        "| `h/c` | published | 2 changed | | |\n"
        "| `h/d` | published | 1 changed | | |\n"
        "| `h/e` | published | 1 changed | | |\n"
        "| `h/o` | published | 3 changed | | |\n"
        "\n**Package changes of several images**\n\n"
        "- `libssl3t64`, `openssl` `3.5` -> `3.6` in `h/a`, `h/b`, `h/c`, `h/d`, `h/e`\n"
        "\n## `h/s`: stopped\n\n"
        "\n**Packages**\n\n"
        "- `openssl` `3.5` -> `3.6`\n"
        "\n## `h/c`: published\n\n"
        "- `sha256:bb`\n"
        "- 1 package change that other images have, too: see above\n"
        "\n**Packages**\n\n"
        "- `tar` `1` -> `2`\n"
        "\n## `h/d`: published\n\n"
        "- `sha256:bb`\n"
        "- 1 package change that other images have, too: see above\n"
        "\n**Accepted though the gate stops it**\n\n"
        "- `looked`\n"
        "\n## `h/e`: published\n\n"
        "- `sha256:bb`\n"
        "- 1 package change that other images have, too: see above\n"
        "\n### `e`: tagged by an earlier run\n\n"
        "\n## `h/o`: published\n\n"
        "- `sha256:bb`\n"
        "\n**Packages**\n\n"
        "- `x` `3.4` -> `3.6`\n"
        "- `y` `3.5` -> `3.7`\n"
        "- `z` `3.5` -> `3.6`\n"
        "\n## Nothing new but packages told above\n\n"
        "- `h/a`: 2 changed; tags `1`; `sha256:bb`\n"
        "- `h/b`: 1 changed; `amd64` 2.0 kB; `sha256:aa` -> `sha256:bb`\n"
        "\n## First publications\n\n"
        "- `h/n`: would change\n");
}

/* A recipe stands once, whatever earlier runs left untold, and counts add up to all recipes. */
static void test_recipes_once(void **state)
{
    json_t *one = parse_json("[" IMAGE("a",
                                       "'cves':['CVE-2026-1'],'changelogs':[{'source':'s',"
                                       "'entries':[{'version':'1','text':'t','cves':[]}]}]") "]");
    json_t *two = parse_json("[" IMAGE("b", "'tags':['1']") "," IMAGE("b", "'tags':['2']") "]");
    json_t *own = parse_json("{'name':'h/a','recipe':'a','state':'stopped','reasons':['r']}");
    json_t *entries = json_array();
    CLEANUP(buf_release) struct buf counts = BUF_INIT(0), text = BUF_INIT(0);

    (void)state;
    assert_null(night_entry(NULL, NULL));
    json_add(entries, night_entry(own, one));
    json_add(entries, night_entry(NULL, two));
    json_t *report = night_report(entries, 1);
    night_counts(report, &counts);
    assert_string_equal(buf_str(&counts), "1 published, 1 stopped, 1 unchanged");
    json_t *changelogs = parse_json("[{'source':'s','entries':[{'version':'1','text':'t','cves':[],"
                                    "'images':['h/a']}]}]");
    assert_true(json_equal(json_object_get(report, "changelogs"), changelogs));
    json_t *cves = parse_json("['CVE-2026-1']");
    assert_true(json_equal(json_object_get(report, "cves"), cves));
    night_write(report, NIGHT_TEXT, &text);
    assert_string_equal(buf_str(&text), "Images: 1 published, 1 stopped, 1 unchanged\n"
                                        "\n    h/a: stopped\n"
                                        "    h/b: published\n"
                                        "  CVE ids that the new changelog entries name\n"
                                        "    CVE-2026-1\n"
                                        "\nh/a: stopped\n"
                                        "  Why\n    r\n"
                                        "\nh/a: published by an earlier run\n"
                                        "    sha256:bb\n"
                                        "\nh/b: published\n"
                                        "    sha256:bb\n    tags: 2\n"
                                        "\nh/b: published by an earlier run\n"
                                        "    sha256:bb\n    tags: 1\n"
                                        "\nChangelogs\n\n  s 1\n  in h/a\n    t\n");
    json_t *const all[] = {one, two, own, entries, report, changelogs, cves};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        json_decref(all[i]);
}

/* What a damaged cache hands out as an earlier run's entry makes a report all the same. */
static void test_odd_entries(void **state)
{
    static const char *const keys[] = {
        "name",         "recipe",  "state",  "digest",   "tags",      "reasons", "sizes",
        "packages",     "files",   "cves",   "findings", "first",     "config",  "accepted",
        "not_compared", "earlier", "accept", "scripts",  "changelogs"};
    static const char *const values[] = {"null",
                                         "7",
                                         "'text'",
                                         "[]",
                                         "[null]",
                                         "[7]",
                                         "{}",
                                         "[[]]",
                                         "[{}]",
                                         "['text']",
                                         "[{'from':{},'to':{}}]",
                                         "[{'entries':[{}]}]"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        for (size_t k = 0; k < ARRAY_SIZE(values); k++)
            for (unsigned failed = 0; failed < 2; failed++) {
                CLEANUP(buf_release) struct buf out = BUF_INIT(0);
                CLEANUP(free_ptr)
                char *text = xasprintf("[{'state':'%s','%s':%s},{'state':'%s','%s':%s},7]",
                                       failed ? "failed" : "published", keys[i], values[k],
                                       failed ? "failed" : "published", keys[i], values[k]);
                json_t *entries = parse_json(text), *list = json_array();
                json_t *entry = night_entry(NULL, entries);
                if (entry)
                    json_add(list, entry);
                json_t *report = night_report(list, 0);
                night_write(report, NIGHT_TEXT, &out);
                night_write(report, NIGHT_MARKDOWN, &out);
                night_write(report, NIGHT_JSON, &out);
                assert_non_null(strstr(buf_str(&out), "\"format\": 1"));
                json_decref(report);
                json_decref(list);
                json_decref(entries);
            }
    json_t *none = parse_json("[7,{'state':'tagged','packages':[7]},{'state':'tagged','tags':[{}]},"
                              "{'state':'tagged','changelogs':[{'entries':7}]},"
                              "{'state':'tagged','earlier':[]},{'state':'no state'}]");
    assert_null(night_entry(NULL, none));
    json_decref(none);
}

/* JSON has all, and says how many were left out of it. */
static void test_sixty_lines(void **state)
{
    CLEANUP(buf_release) struct buf entries = BUF_INIT(0), want = BUF_INIT(0);

    (void)state;
    buf_addstr(&entries, "[{'name':'h/a','state':'published','files_more':7,'files':[");
    buf_addstr(&want, "Images: 1 published, 1 unchanged\n\nh/a: published\n  Files\n");
    for (unsigned i = 0; i < 62; i++) {
        buf_addf(&entries, "%s{'path':'d%02u/x','from':{'type':'file','mode':'0644'},'to':null}",
                 i ? "," : "", i);
        if (i < 60)
            buf_addf(&want, "    - /d%02u/x\n", i);
    }
    buf_addstr(&entries, "]}]");
    buf_addstr(&want, "    and 9 more\n");
    check_written(buf_str(&entries), NIGHT_TEXT, buf_str(&want));
}

/* A first publication that couldn't be compared isn't told as one that could. */
static void test_not_compared(void **state)
{
    static const char entries[] = "[" IMAGE("a", "'first':true,'files_more':3,'not_compared':['"
                                                 "packages: the record can\\u0007 be `read`']") "]";

    (void)state;
    check_written(entries, NIGHT_MARKDOWN,
                  "# Images: 1 published, 1 unchanged\n"
                  "\n## `h/a`: published\n\n"
                  "- `sha256:bb`\n"
                  "- a first publication\n"
                  "\n**Not compared**\n\n"
                  "- `` packages: the record can\\x07 be `read` ``\n");
}

/* Text has the begin of each, and of a source the newest ones. */
static void test_text_folds(void **state)
{
    static const char entries[] = "[" IMAGE(
        "a", "'changelogs':[{'source':'s','more':2,'entries':["
             "{'version':'5','text':'1\\n2\\n3\\n4\\n5\\n6\\n7\\n8\\n9\\n10\\n11\\n12'},"
             "{'version':'4','text':'4'},{'version':'3','text':'3'},"
             "{'version':'2','text':'2'}]}]") "]";

    (void)state;
    check_written(entries, NIGHT_TEXT,
                  "Images: 1 published, 1 unchanged\n"
                  "\nh/a: published\n    sha256:bb\n"
                  "\nChangelogs\n"
                  "\n  s 5\n  in h/a\n"
                  "    1\n    2\n    3\n    4\n    5\n    6\n    7\n    8\n    9\n    10\n"
                  "    (2 more lines)\n"
                  "\n  s 4\n  in h/a\n    4\n"
                  "\n  s 3\n  in h/a\n    3\n"
                  "  and 3 older entries\n");
    check_written(entries, NIGHT_MARKDOWN,
                  "# Images: 1 published, 1 unchanged\n"
                  "\n## `h/a`: published\n\n- `sha256:bb`\n"
                  "\n## Changelogs\n"
                  "\n<details>\n<summary><code>s</code> <code>5</code> and 5 older</summary>\n"
                  "\n`s` `5` in `h/a`\n\n"
                  "```\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n```\n"
                  "\n`s` `4` in `h/a`\n\n```\n4\n```\n"
                  "\n`s` `3` in `h/a`\n\n```\n3\n```\n"
                  "\n`s` `2` in `h/a`\n\n```\n2\n```\n"
                  "\nand 2 older entries\n"
                  "\n</details>\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cve_links),    cmocka_unit_test(test_shared_packages),
        cmocka_unit_test(test_recipes_once), cmocka_unit_test(test_not_compared),
        cmocka_unit_test(test_text_folds),   cmocka_unit_test(test_sixty_lines),
        cmocka_unit_test(test_odd_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
