/* SPDX-License-Identifier: Apache-2.0 */
/* The report of an update, in its three forms. */
#include "nights.h"
#include "unit.h"

#define CHANGED                                                                               \
    "'replaced':'sha256:aa','tags':['3','3.13'],'first':false,'cves':['CVE-2026-1234'],"      \
    "'sizes':[{'architecture':'amd64','from':{'packed':1000,'unpacked':3000},"                \
    "'to':{'packed':2000,'unpacked':4000}},{'architecture':'arm64','from':"                   \
    "{'packed':5000,'unpacked':6000},'to':{'packed':5000,'unpacked':6000}},"                  \
    "{'architecture':'riscv64','from':null,'to':{'packed':7000,'unpacked':8000}},"            \
    "{'architecture':'s390x','from':{'packed':7000,'unpacked':8000},'to':null}],"             \
    "'packages':["                                                                            \
    "{'name':'openssl','change':'upgraded','from':'3.5','to':'3.6','source':'openssl',"       \
    "'architectures':['amd64','arm64']},"                                                     \
    "{'name':'libssl3t64','change':'upgraded','from':'3.5','to':'3.6','source':'openssl',"    \
    "'architectures':['amd64','arm64']},"                                                     \
    "{'name':'openssl-provider','change':'upgraded','from':'3.5','to':'3.6','source':"        \
    "'openssl','architectures':['arm64']},"                                                   \
    "{'name':'zlib1g','change':'added','from':null,'to':'1.3','source':'zlib',"               \
    "'architectures':['arm64']}],"                                                            \
    "'files':[{'path':'usr/bin/x','from':{'type':'file','mode':'0644','uid':0,'gid':0},"      \
    "'to':{'type':'file','mode':'0755','uid':5000,'gid':0},'architectures':['amd64',"         \
    "'arm64']}],"                                                                             \
    "'findings':[{'change':'new','rule':'FS-SUID','severity':'high','action':'fix',"          \
    "'path':'usr/bin/su','text':'setuid','architectures':['amd64','arm64']}],"                \
    "'scripts':[{'package':'openssl','script':'postinst','change':'changed',"                 \
    "'class':'unhandled','what':'calls x','architectures':['amd64','arm64']}],"               \
    "'config':[{'key':'Env','from':['A=1'],'to':['A=2'],'architectures':['amd64','arm64']},"  \
    "{'key':'Labels','from':{'a':'1','b':'2','org.opencontainers.image.created':'x'},"        \
    "'to':{'b':'3','c':'4','org.opencontainers.image.created':'y'},'architectures':"          \
    "['amd64']},{'key':'Volumes','from':null,'to':{'/v':{}},'architectures':['amd64',"        \
    "'arm64']}],"                                                                             \
    "'changelogs':[{'source':'openssl','from':'3.5','to':'3.6','cves':['CVE-2026-1234'],"     \
    "'entries':[{'version':'3.6','text':'openssl (3.6)\\n\\n  * Fix CVE-2026-1234.','cves':[" \
    "'CVE-2026-1234']}]}]"

static void test_text(void **state)
{
    (void)state;
    check_written(
        "[" IMAGE("a", CHANGED) "]", NIGHT_TEXT,
        "Images: 1 published, 1 unchanged\n"
        "  CVE ids that the new changelog entries name\n"
        "    CVE-2026-1234: openssl 3.6 in h/a\n"
        "\n"
        "h/a: published\n"
        "    sha256:aa -> sha256:bb\n"
        "    tags: 3, 3.13\n"
        "    amd64: packed 1.0 kB -> 2.0 kB (+1.0 kB), unpacked 3.0 kB -> 4.0 kB (+1.0 kB)\n"
        "    arm64: packed 5.0 kB, unpacked 6.0 kB\n"
        "    riscv64: packed 7.0 kB, unpacked 8.0 kB\n"
        "    s390x: no longer\n"
        "  Packages\n"
        "    ~ openssl, libssl3t64 3.5 -> 3.6: CVE-2026-1234\n"
        "    ~ openssl-provider 3.5 -> 3.6 (arm64): CVE-2026-1234\n"
        "    + zlib1g 1.3 (arm64)\n"
        "  Files\n"
        "    ~ /usr/bin/x, mode 0644 -> 0755, owner 0:0 -> 5000:0\n"
        "  Hardening\n"
        "    + FS-SUID /usr/bin/su, mended: setuid\n"
        "  Maintainer scripts\n"
        "    ~ openssl postinst: unhandled, calls x\n"
        "  Config\n"
        "    ~ Env [\"A=1\"] -> [\"A=2\"]\n"
        "    - Labels a \"1\" (amd64)\n"
        "    ~ Labels b \"2\" -> \"3\" (amd64)\n"
        "    + Labels c \"4\" (amd64)\n"
        "    + Volumes {\"/v\":{}}\n"
        "\n"
        "Changelogs\n"
        "\n"
        "  openssl 3.6\n"
        "  in h/a\n"
        "    openssl (3.6)\n"
        "\n"
        "      * Fix CVE-2026-1234.\n");
}

static void test_markdown(void **state)
{
    (void)state;
    check_written("[" IMAGE("a", CHANGED) "]", NIGHT_MARKDOWN,
                  "# Images: 1 published, 1 unchanged\n"
                  "\n**CVE ids that the new changelog entries name**\n\n"
                  "- " LINK ": `openssl` `3.6` in `h/a`\n"
                  "\n"
                  "## `h/a`: published\n"
                  "\n"
                  "- `sha256:aa` -> `sha256:bb`\n"
                  "- tags: `3`, `3.13`\n"
                  "- `amd64`: packed 1.0 kB -> 2.0 kB (+1.0 kB), unpacked 3.0 kB -> 4.0 kB "
                  "(+1.0 kB)\n"
                  "- `arm64`: packed 5.0 kB, unpacked 6.0 kB\n"
                  "- `riscv64`: packed 7.0 kB, unpacked 8.0 kB\n"
                  "- `s390x`: no longer\n"
                  "\n**Packages**\n\n"
                  "- `openssl`, `libssl3t64` `3.5` -> `3.6`: `CVE-2026-1234`\n"
                  "- `openssl-provider` `3.5` -> `3.6` (`arm64`): `CVE-2026-1234`\n"
                  "- added `zlib1g` `1.3` (`arm64`)\n"
                  "\n**Files**\n\n"
                  "- `/usr/bin/x`, mode 0644 -> 0755, owner 0:0 -> 5000:0\n"
                  "\n**Hardening**\n\n"
                  "- new `FS-SUID` `/usr/bin/su`, mended: `setuid`\n"
                  "\n**Maintainer scripts**\n\n"
                  "- changed `openssl` `postinst`: `unhandled`, `calls x`\n"
                  "\n**Config**\n\n"
                  "- `Env` `[\"A=1\"]` -> `[\"A=2\"]`\n"
                  "- removed `Labels` `a` `\"1\"` (`amd64`)\n"
                  "- `Labels` `b` `\"2\"` -> `\"3\"` (`amd64`)\n"
                  "- added `Labels` `c` `\"4\"` (`amd64`)\n"
                  "- added `Volumes` `{\"/v\":{}}`\n"
                  "\n## Changelogs\n"
                  "\n<details>\n<summary><code>openssl</code> <code>3.6</code></summary>\n"
                  "\n`openssl` `3.6` in `h/a`\n\n"
                  "```\n"
                  "openssl (3.6)\n"
                  "\n"
                  "  * Fix CVE-2026-1234.\n"
                  "```\n"
                  "\n</details>\n");
}

/* An entry stands once, newest first, with all its images. */
static void test_entries_once(void **state)
{
    json_t *list = parse_json("[" IMAGE(
        "a", "'changelogs':[{'source':'s','entries':["
             "{'version':'3','text':'t3','cves':['CVE-2026-3']},"
             "{'version':'2','text':'t2','cves':[]}]}]") "," IMAGE("b", "'changelogs':[{'source':'"
                                                                        "s','more':2,'entries':["
                                                                        "{'version':'3','text':'t3'"
                                                                        ",'cves':[]}]},"
                                                                        "{'source':'none','entries'"
                                                                        ":[]}]") "]");
    json_t *report = night_report(list, 0);
    json_t *want = parse_json(
        "[{'source':'s','more':2,'entries':["
        "{'version':'3','text':'t3','cves':['CVE-2026-3'],'images':['h/a','h/b']},"
        "{'version':'2','text':'t2','cves':[],'images':['h/a']}]}]");

    (void)state;
    assert_true(json_equal(json_object_get(report, "changelogs"), want));
    assert_null(
        json_object_get(json_array_get(json_object_get(report, "images"), 0), "changelogs"));
    json_decref(want);
    json_decref(report);
    json_decref(list);
}

/* What comes out of packages neither ends a code span or a fence nor reaches a terminal. */
static void test_hostile(void **state)
{
    static const char entries[] =
        "[{'name':'h/x','recipe':'x','state':'stopped','digest':null,'replaced':null,"
        "'reasons':['a ``b`` @all \\u001b[2J'],'changelogs':[{'source':'</summary>&','entries':["
        "{'version':'`1\\n@all','text':'```\\n# forged\\n</details>\\u202e','cves':[]}]}]}]";

    (void)state;
    check_written(entries, NIGHT_MARKDOWN,
                  "# Images: 1 stopped, 1 unchanged\n"
                  "\n## `h/x`: stopped\n\n"
                  "\n**Why**\n\n"
                  "- ``` a ``b`` @all \\x1b[2J ```\n"
                  "\n## Changelogs\n"
                  "\n<details>\n<summary><code>&lt;/summary&gt;&amp;</code> "
                  "<code>`1\\x0a@all</code></summary>\n"
                  "\n`</summary>&` `` `1\\x0a@all `` in `h/x`\n\n"
                  "````\n"
                  "```\n"
                  "# forged\n"
                  "</details>\\xe2\\x80\\xae\n"
                  "````\n"
                  "\n</details>\n");
    check_written(entries, NIGHT_TEXT,
                  "Images: 1 stopped, 1 unchanged\n"
                  "\nh/x: stopped\n"
                  "  Why\n"
                  "    a ``b`` @all \\x1b[2J\n"
                  "\nChangelogs\n"
                  "\n  </summary>& `1\\x0a@all\n"
                  "  in h/x\n"
                  "    ```\n"
                  "    # forged\n"
                  "    </details>\\xe2\\x80\\xae\n");
}

/* What failed for one reason is told once. */
static void test_failures(void **state)
{
    static const char entries[] =
        "[{'name':'h/n','recipe':'n','state':'published','first':true,'package_count':3,"
        "'digest':'sha256:bb','replaced':null,'tags':['1','2'],"
        "'sizes':[{'architecture':'amd64','from':null,'to':{'packed':2000,'unpacked':4000}}]},"
        "{'name':'h/a','recipe':'a','state':'failed','reasons':['expired','look']},"
        "{'name':'h/b','recipe':'b','state':'failed','reasons':['other']},"
        "{'name':null,'recipe':'c.conf','state':'failed','reasons':['expired','look']},"
        "{'name':'h/d','recipe':'d','state':'stopped','reasons':['expired','look']}]";

    (void)state;
    check_written(entries, NIGHT_TEXT,
                  "Images: 1 published, 1 stopped, 3 failed, 1 unchanged\n"
                  "\n"
                  "    h/b: failed\n"
                  "    h/d: stopped\n"
                  "\n2 images: failed\n"
                  "    h/a, c.conf\n"
                  "  Why\n    expired\n    look\n"
                  "\nh/b: failed\n"
                  "  Why\n    other\n"
                  "\nh/d: stopped\n"
                  "  Why\n    expired\n    look\n"
                  "\nFirst publications\n"
                  "    h/n: 3 packages; amd64 2.0 kB; tags 1, 2; sha256:bb\n");
}

/* What came or went with a directory is counted there; what can be executed isn't hidden by that.
 */
static void test_folded(void **state)
{
#define SIDE(type, mode) "{'type':'" type "','mode':'" mode "','uid':0,'gid':0}"
#define FILE(path, from, to, arches) \
    "{'path':'" path "','from':" from ",'to':" to ",'architectures':[" arches "]}"
#define BOTH              "'amd64','arm64'"
#define SIZE(arch)        "{'architecture':'" arch "','from':{'packed':1},'to':{'packed':1}}"
#define ADDED(path, side) FILE(path, "null", side, BOTH)
    static const char *const entries[] = {
        "{'name':'h/a','recipe':'a','state':'published','digest':'sha256:bb'",
        "'sizes':[" SIZE("amd64"),
        SIZE("arm64") "]",
        "'files':[" ADDED("opt/x", SIDE("directory", "0755")),
        ADDED("opt/x/a", SIDE("file", "0644")),
        ADDED("opt/x/b", SIDE("directory", "0755")),
        ADDED("opt/x/b/c", SIDE("symlink", "0777")),
        ADDED("opt/x/b/run", SIDE("file", "0755")),
        ADDED("opt/x/b/su", SIDE("file", "4644")),
        FILE("opt/x/gone", SIDE("file", "0644"), "null", BOTH),
        FILE("opt/x/one", "null", SIDE("file", "0644"), "'amd64'"),
        ADDED("opt/xy", SIDE("directory", "0755")) "]",
        "'files_more':7}",
        NULL,
    };

    (void)state;
    check_all_written(entries, NIGHT_TEXT,
                      "Images: 1 published, 1 unchanged\n"
                      "\nh/a: published\n"
                      "    sha256:bb\n"
                      "    amd64: packed 1 B, unpacked 0 B\n"
                      "    arm64: packed 1 B, unpacked 0 B\n"
                      "  Files\n"
                      "    + /opt/x/ and 3 paths in it\n"
                      "    + /opt/x/b/run, mode 0755\n"
                      "    + /opt/x/b/su, mode 4644\n"
                      "    - /opt/x/gone\n"
                      "    + /opt/x/one (amd64)\n"
                      "    + /opt/xy/\n"
                      "    and 7 more\n");
}

/* What a gate stopped: what is published, what isn't, and how to release it. */
static void test_stopped(void **state)
{
    static const char entries[] =
        "[{'name':'h/a','recipe':'a','state':'stopped','digest':'sha256:bb','replaced':'sha256:aa',"
        "'reasons':['growth: much'],'accept':'a@sha256:bb'},"
        "{'name':'h/b|c','recipe':'b','state':'would change','packages':["
        "{'name':'x','change':'upgraded','from':'1','to':'2','source':'x','architectures':[]},"
        "{'name':'y','change':'removed','from':'1','to':null,'source':'y','architectures':[]}]}]";

    (void)state;
    check_written(entries, NIGHT_MARKDOWN,
                  "# Images: 1 would change, 1 stopped, 1 unchanged\n"
                  "\n"
                  "| Image | | Packages | CVE ids | Size |\n"
                  "|---|---|---|---|---|\n"
                  "| `h/a` | stopped | | | |\n"
                  "| `h/b\\|c` | would change | 1 changed, 1 removed | | |\n"
                  "\n## `h/a`: stopped\n\n"
                  "- published, and left so: `sha256:aa`\n"
                  "- not published: `sha256:bb`\n"
                  "\n**Why**\n\n"
                  "- `growth: much`\n"
                  "\n**To publish just these bytes all the same**\n\n"
                  "- `--accept a@sha256:bb --reason \"...\"`\n"
                  "\n## `h/b|c`: would change\n\n"
                  "\n**Packages**\n\n"
                  "- `x` `1` -> `2`\n"
                  "- removed `y` `1`\n");
}

static void test_json(void **state)
{
    (void)state;
    check_written(
        "[]", NIGHT_JSON,
        "{\n \"format\": 1,\n \"counts\": {\n  \"published\": 0,\n  \"tagged\": 0,\n"
        "  \"would change\": 0,\n  \"stopped\": 0,\n  \"failed\": 0,\n"
        "  \"unchanged\": 1\n },\n \"cves\": [],\n \"images\": [],\n \"changelogs\": []\n}\n");
}

static void test_formats(void **state)
{
    enum night_format f = NIGHT_JSON;

    (void)state;
    assert_int_equal(night_format_of("a/night.md"), NIGHT_MARKDOWN);
    assert_int_equal(night_format_of("a.md/night"), NIGHT_TEXT);
    assert_int_equal(night_format_of("night.json"), NIGHT_JSON);
    assert_int_equal(night_format_of("/dev/stdout"), NIGHT_TEXT);
    assert_true(night_format_parse("markdown", &f));
    assert_int_equal(f, NIGHT_MARKDOWN);
    assert_false(night_format_parse("html", &f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),     cmocka_unit_test(test_markdown),
        cmocka_unit_test(test_hostile),  cmocka_unit_test(test_entries_once),
        cmocka_unit_test(test_failures), cmocka_unit_test(test_json),
        cmocka_unit_test(test_formats),  cmocka_unit_test(test_folded),
        cmocka_unit_test(test_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
