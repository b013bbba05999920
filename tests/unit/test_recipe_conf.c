/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of recipes: what is read, and what is refused with which words. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "recipe/conf.h"
#include "unit.h"

static void add_conf(struct buf *b, const struct conf *c)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct conf_item *item = &c->items[i];

        buf_addf(b, "%u:%s", item->line, item->name);
        if (item->kind == CONF_SECTION) {
            if (item->title)
                buf_addf(b, " <%s>", item->title);
            buf_addstr(b, " [");
            add_conf(b, &item->body);
            buf_addstr(b, "]");
        } else {
            buf_addstr(b, item->kind == CONF_CALL ? "()" : item->append ? "+=" : "=");
            buf_addstr(b, item->in_list ? "{" : "");
            for (size_t k = 0; k < item->n_values; k++)
                buf_addf(b, "%s%u<%s>", k ? "," : "", item->values[k].line, item->values[k].text);
            buf_addstr(b, item->in_list ? "}" : "");
        }
        buf_addstr(b, i + 1 < c->n ? " " : "");
    }
}

static int read_text(struct slice text, struct err *err)
{
    CLEANUP(conf_release) struct conf c = {0};
    size_t count = 0;

    return conf_read("x.conf", text, &count, &c, err);
}

/* Reads the text to what add_conf makes of it. */
static void assert_reads(const char *text, const char *want)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(conf_release) struct conf c = {0};
    CLEANUP(buf_release) struct buf got = BUF_INIT(0);
    size_t count = 0;

    assert_ok(conf_read("x.conf", slice_of(text), &count, &c, &err), &err);
    add_conf(&got, &c);
    assert_string_equal(buf_str(&got), want);
}

static void test_items(void **state)
{
    (void)state;
    assert_reads("", "");
    assert_reads("a = b", "1:a=1<b>");
    assert_reads("\r\na = b\r\n", "2:a=2<b>");
    assert_reads("a = {}", "1:a={}");
    assert_reads("a={b,\nc,}b+=\n'd'", "1:a={1<b>,2<c>} 2:b+=3<d>");
    assert_reads("include('b.conf') include (x)", "1:include()1<b.conf> 1:include()1<x>");
    assert_reads("a = http://b/c d=\"\"", "1:a=1<http://b/c> 1:d=1<>");
    assert_reads("a=@~:_-./0", "1:a=1<@~:_-./0>");
    assert_reads("a = b\nconfig {\n}\n\nfile\n\"/x\"\n{ l = {a, b,} } allow {x=y z=1}\n",
                 "1:a=1<b> 2:config [] 5:file </x> [7:l={7<a>,7<b>}] 7:allow [7:x=7<y> 7:z=7<1>]");
    assert_reads("s a {} s b {} t a {}", "1:s <a> [] 1:s <b> [] 1:t <a> []");
}

static void test_comments(void **state)
{
    (void)state;
    assert_reads("# a\na = \"#\" // b\nb += {c, # \"d\n'//'} /* e\n * f */ c = d/e",
                 "2:a=2<#> 3:b+={3<c>,4<//>} 5:c=5<d/e>");
    assert_reads("a /*b*/=/**/c#\n//", "1:a=1<c>");
    assert_reads("#", "");
    assert_reads("/***/a=b //*", "1:a=1<b>");
}

static void test_strings(void **state)
{
    (void)state;
    assert_reads("a = '${HOME}'", "1:a=1<${HOME}>");
    assert_reads("a = \"\\${HOME}\"", "1:a=1<${HOME}>");
    assert_reads("a = '\\'${x}'", "1:a=1<'${x}>");
    assert_reads("a = \"$x $\"", "1:a=1<$x $>");
    assert_reads("a = \"\\x41\\x4a1\\x7A\"", "1:a=1<AJ1z>");
    assert_reads("a = \"\\101\\60\\7z\"", "1:a=1<A0\az>");
    assert_reads("a = \"\\a\\b\\e\\f\\n\\r\\t\\v\\\"\\\\\\'\"", "1:a=1<\a\b\033\f\n\r\t\v\"\\'>");
    assert_reads("a = \"x\\\n  y\" b = 'x\\\ny'\nc=d", "1:a=1<x  y> 2:b=2<xy> 4:c=4<d>");
    assert_reads("a = \"x\\\r\ny\"", "1:a=1<xy>");
    assert_reads("a = 'x\ny' b = c", "1:a=1<x\ny> 2:b=2<c>");
    assert_reads("a = '\\n\\\\\\'\\\"'", "1:a=1<\\n\\'\\\">");
    assert_reads("a = \"\xc3\xa4\"", "1:a=1<\xc3\xa4>");
    assert_reads("a = \"\\xff\"", "1:a=1<\xff>");
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"a = \"${HOME}\"", "x.conf:1: \"${\" would be read from the environment"},
        {"\na = ${HOME}", "x.conf:2: \"${\" would be read from the environment"},
        {"a = x\nb = \"\n${\"", "x.conf:3: \"${\""},
        {"a = \"\\\\${HOME}\"", "x.conf:1: \"${\""},
        {"\n\na = \"b\n\n", "x.conf:3: this string has no end"},
        {"a = 'b", "x.conf:1: this string has no end"},
        {"a = \"b\\", "x.conf:1: this string has no end"},
        {"\n/* a", "x.conf:2: this comment has no end"},
        {"/*", "x.conf:1: this comment has no end"},
        {"a = \"\\0\"", "x.conf:1: bad escape \"\\0\""},
        {"a = \"\\x00\"", "x.conf:1: bad escape \"\\x00\""},
        {"a = \"\\x0\"", "bad escape"},
        {"a = \"\\400\"", "bad escape"},
        {"a = \"\\8\"", "bad escape"},
        {"a = \"\\1234\"", "bad escape \"\\1234\""},
        {"a = \"\\0101\"", "bad escape \"\\0101\""},
        {"a = \"\\xzz\"", "x.conf:1: bad escape \"\\xzz\" in a string"},
        {"a = \"\\x4\"", "bad escape"},
        {"a = \"\\x4g\"", "bad escape \"\\x4g\""},
        {"a = \"\\x", "bad escape"},
        {"a = \"\n\\q\"", "x.conf:2: bad escape \"\\q\""},
        {"a = \"/usr/\\*\"", "bad escape \"\\*\""},
        {"a = '\\", "this string has no end"},
        {"a {} b { x \"}", "this string has no end"},
        {"s 'a' { }\ns \"a\" { }", "x.conf:2: s \"a\" stands twice in this file"},
        {"a = {/usr/*}", "x.conf:1: a \"*\" outside of quotes"},
        {"a *= b", "a \"*\" outside of quotes"},
        {"a = $x", "a \"$\" outside of quotes"},
        {"a|b = c", "a \"|\" outside of quotes"},
        {"\"a\" = c", "x.conf:1: \"a\" where an option should stand"},
        {"a = b;", "a \";\" outside of quotes"},
        {"a = \xc3\xa4", "outside of quotes"},
        {"a = \"\xc3\"", "x.conf:1: not UTF-8 (byte 0xc3)"},
        {"\na = \"\xed\xa0\x80\"", "x.conf:2: not UTF-8 (byte 0xed)"},
        {"a = \"\xc0\x80\"", "not UTF-8"},
        {"a = \"\x1b\"", "x.conf:1: a control character (byte 0x1b)"},
        {"a = \"\x7f\"", "a control character (byte 0x7f)"},
        {"\n\nfile x {\n a = b\n", "x.conf:3: this section isn't closed"},
        {"}", "x.conf:1: } where an option should stand"},
        {"a {b {}}", "{ where \"=\" or \"+=\" should stand"},
        {"a {b \"x\" {}}", "where \"=\" or \"+=\" should stand"},
        {"a \"x\" = y", "= where \"{\" after the section's title should stand"},
        {"a = {b c}", "c where \",\" or the list's \"}\" should stand"},
        {"a = {b,,c}", ", where an item of the list"},
        {"a = {b", "x.conf:1: the file ends where"},
        {"a", "the file ends where"},
        {"include(", "the file ends where a file's name should stand"},
        {"include()", ") where a file's name should stand"},
        {"include(a, b)", ", where \")\" should stand"},
        {"a = = b", "= where a value should stand"},
        {"a b c", "c where \"{\" after the section's title should stand"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(err_release) struct err err = ERR_INIT;

        assert_fails(read_text(slice_of(cases[i].text), &err), &err, cases[i].error);
    }
}

static void test_nul(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct slice text = {"a = b\n\0", 7};

    assert_fails(read_text(text, &err), &err, "x.conf:2: a control character (byte 0x00)");
}

/* The text is a slice: what lies behind it plays no part. */
static void test_end_of_the_slice(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;

    assert_fails(read_text((struct slice){"a = 'b'", 6}, &err), &err, "has no end");
    assert_fails(read_text((struct slice){"a = \"\\\"", 6}, &err), &err, "has no end");
    assert_fails(read_text((struct slice){"a = \"\\x41\"", 8}, &err), &err, "bad escape");
    assert_fails(read_text((struct slice){"a += b", 3}, &err), &err, "a \"+\" outside of quotes");
}

static void test_too_many_values(void **state)
{
    (void)state;
    static const char *const items[] = {"a=b\n", "a={}\n", "a {}\n", "a(b)\n"};

    for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(buf_release) struct buf text = BUF_INIT(0);
        CLEANUP(conf_release) struct conf c = {0};
        size_t count = 2; /* of a file before this one */

        for (size_t k = 0; k < CONF_VALUES_MAX - 2; k++)
            buf_addstr(&text, items[i]);
        assert_ok(conf_read("x.conf", (struct slice){text.data, text.len}, &count, &c, &err), &err);
        assert_int_equal(c.n, CONF_VALUES_MAX - 2);
        conf_release(&c);
        count = 3;
        assert_fails(conf_read("x.conf", (struct slice){text.data, text.len}, &count, &c, &err),
                     &err, "x.conf:19998: more than 20000 values and sections");
        assert_int_equal(c.n, 0);
    }
}

/* What a hint names is read as a glob that matches the path, and its neighbours don't. */
static void test_globs_of_paths(void **state)
{
    static const char *const paths[] = {
        "usr/bin/x",     "a b/c",     "x*y",      "x?y",       "[x]",         "a\\b",
        "say \"x\"",     "${HOME}/x", "$x",       "it's",      "a\\*b",       "x]y",
        "caf\303\251/x", "a\nb",      "a\033[2J", "\377\376x", "a\\\\[b\"c$", "# x",
        "a{b,c}",        "!x",        "-x",       "x\177",     "**",          "a/*b",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        CLEANUP(buf_release) struct buf text = BUF_INIT(0);
        CLEANUP(conf_release) struct conf c = {0};
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(free_ptr) char *longer = xasprintf("%sx", paths[i]);
        size_t count = 0;

        buf_addstr(&text, "path = \"/");
        conf_add_glob(&text, paths[i], strlen(paths[i]));
        buf_addstr(&text, "\"\n");
        assert_ok(conf_read("x.conf", (struct slice){text.data, text.len}, &count, &c, &err), &err);
        assert_int_equal(c.items[0].n_values, 1);
        assert_ok(glob_check(c.items[0].values[0].text, &err), &err);
        assert_true(glob_match(c.items[0].values[0].text, paths[i]));
        assert_false(glob_match(c.items[0].values[0].text, longer));
        assert_false(glob_match(c.items[0].values[0].text, "usr/bin/y"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_end_of_the_slice),
        cmocka_unit_test(test_too_many_values),
        cmocka_unit_test(test_globs_of_paths),
    };
    return cmocka_run_group_tests_name("recipe_conf", tests, NULL, NULL);
}
