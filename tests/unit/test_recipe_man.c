/* SPDX-License-Identifier: Apache-2.0 */
/* mkimage-recipe(5) documents each option of the tables and no other, each with an example, and
 * the examples are recipes. */
#include "base/file.h"
#include "recipe/parse.h"
#include "unit.h"

static void read_page(struct buf *ret)
{
    CLEANUP(err_release) struct err err = ERR_INIT;

    assert_ok(file_read("docs/mkimage-recipe.5", 1 << 20, ret, &err), &err);
}

/* The text of an option's item, up to the next one; empty if it has none in this section. */
static struct slice item_of(const char *page, const struct section *s, const char *name)
{
    CLEANUP(free_ptr)
    char *title = s->name ? xasprintf("\n.Ss Section %s\n", s->name) : xstrdup("\n.Ss Top level\n");
    CLEANUP(free_ptr) char *head = xasprintf("\n.It Ic %s\n", name);
    const char *from = strstr(page, title), *end, *at, *next;

    end = from ? strstr(from + 1, "\n.S") : NULL;
    at = from ? strstr(from, head) : NULL;
    if (!at || !end || at > end)
        return (struct slice){0};
    next = strstr(at + 1, "\n.It ");
    at += strlen(head);
    return (struct slice){at, (size_t)((next && next < end ? next : end) - at)};
}

/* The lines of the literal blocks of an item, as roff prints them. */
static void add_example(struct buf *b, struct slice item)
{
    CLEANUP(free_ptr) char *text = xstrndup(item.p, item.n);
    const char *block = strstr(text, "\n.Bd "), *end = block ? strstr(block, "\n.Ed") : NULL;

    if (!end)
        return;
    for (const char *p = strchr(block + 1, '\n'); p < end; p++) {
        if (*p == '\\' && p[1] == 'e') {
            buf_addch(b, '\\');
            p++;
        } else {
            buf_addch(b, *p);
        }
    }
    buf_addch(b, '\n');
}

static void test_each_option_is_documented(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf page = BUF_INIT(1 << 20);
    size_t in_tables = 0, in_page = 0;
    const char *p;

    read_page(&page);
    section_each (s, &recipe_grammar) {
        for (size_t k = 0; k < s->n; k++, in_tables++) {
            if (!item_of(buf_str(&page), s, s->options[k].name).n)
                fail_msg("%s.%s isn't documented", s->name ? s->name : "", s->options[k].name);
        }
    }
    p = strstr(buf_str(&page), "\n.Sh OPTIONS");
    assert_non_null(p);
    for (; (p = strstr(p, "\n.It Ic ")); p++)
        in_page++;
    assert_int_equal(in_page, in_tables);
}

static void test_each_example_is_read(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf page = BUF_INIT(1 << 20);

    read_page(&page);
    section_each (s, &recipe_grammar) {
        for (size_t k = 0; k < s->n; k++) {
            CLEANUP(buf_release) struct buf example = BUF_INIT(0), recipe = BUF_INIT(0);
            CLEANUP(err_release) struct err err = ERR_INIT;
            static const struct recipe_options options = {0};
            struct parsed parsed;
            struct slice text;

            add_example(&example, item_of(buf_str(&page), s, s->options[k].name));
            if (!strstr(buf_str(&example), s->options[k].name))
                fail_msg("%s.%s has no example", s->name ? s->name : "", s->options[k].name);
            if (s->name)
                buf_addf(&recipe, "%s %s { %s }", s->name,
                         !s->titled      ? ""
                         : s->title_path ? "'/x'"
                                         : "'xx'",
                         buf_str(&example));
            else
                buf_addstr(&recipe, buf_str(&example));
            text = (struct slice){buf_str(&recipe), recipe.len};
            if (parse_recipe("example.conf", &text, &options, &parsed, &err) < 0)
                fail_msg("%s\n%s", err.message, buf_str(&recipe));
            parsed_release(&parsed);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_option_is_documented),
        cmocka_unit_test(test_each_example_is_read),
    };
    return cmocka_run_group_tests_name("recipe_man", tests, NULL, NULL);
}
