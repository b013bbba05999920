/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/walk.h"
#include "effects/walk_state.h"
#include "fake.h"
#include "unit.h"

/* Reads a postinst whose commands are all forms: what is asked for is why it isn't read, or the
 * parts that it comes to ("harmless: removes old byte code"). */
static char *read_as(const char *script, const char *text, size_t n)
{
    struct package *p = fake_package("x", "1");
    fake_file(p, "usr/bin/own", "x");
    fake_dir(p, "etc/own", 0755);
    fake_link(p, "usr/share/own", "../lib/own");
    fake_script(p, "templates",
                "Template: x/yes\nType: boolean\nDefault: true\nDefault-de: nein\n\n"
                "Template: x/none\nType: string\n");
    struct script_reading reading;
    CLEANUP(strv_release) struct strv parts = STRV_INIT;
    char *ret = NULL;
    struct script_world world = {0};
    bool is_read = script_read(p, script, text, n, &world, &reading);
    strv_release(&world.asked);
    assert_int_equal(is_read, reading.why == NULL);
    for (size_t i = 0; i < reading.n_parts; i++)
        strv_addf(&parts, "%s: %s", script_class_name(reading.parts[i].class),
                  reading.parts[i].what);
    if (is_read)
        ret = strv_join(&parts, "; ");
    else
        ret = xasprintf("%u: %s", reading.line, reading.why);
    script_reading_release(&reading);
    package_free(p);
    return ret;
}

static void assert_reading(const char *text, const char *expected)
{
    CLEANUP(free_ptr) char *got = read_as("postinst", text, strlen(text));
    if (strcmp(got, expected) != 0)
        fail_msg("%.200s\ngives: %s\nbut not: %s", text, got, expected);
}

#define PY        "harmless: removes old byte code"
#define BAD(line) line ": bad in a form that isn't listed"

static void test_branches_of_a_fresh_installation(void **state)
{
    (void)state;
    static const char *const taken[] = {
        "if [ \"$1\" = configure ]; then py3clean; else bad; fi",
        "if [ \"$1\" = 'configure' ] && [ -z \"$2\" ]; then py3clean; else bad; fi",
        "if test \"$1\" != \"configure\" -o -n \"$2\"\nthen\n bad\nelif true; then py3clean\nfi",
        "case \"$1\" in\n  (abort-*|upgrade) bad;;\n  conf*) py3clean ;;\n *) bad\nesac",
        "case $1 in configure|x) py3clean; exit 0;; esac\nbad",
        "if dpkg --compare-versions \"$2\" lt 1.2-3; then py3clean; fi",
        "dpkg --compare-versions \"$2\" gt 1.2-3 || py3clean",
        "dpkg --compare-versions -- \"$2\" lt-nl 1.2-3 || py3clean",
        "if [ -d /run/systemd/system ]; then bad; else py3clean; fi",
        "if [ -x /usr/bin/py3clean ]; then py3clean; else bad; fi",
        "if command -v tool >/dev/null 2>&1; then py3clean; else bad; fi",
        "if [ -x \"$(command -v tool)\" ]; then py3clean; else bad; fi",
        "if [ -x \"`which tool`\" ]; then py3clean; else bad; fi",
        "[ -n \"$DPKG_ROOT\" ] || py3clean",
        "! getent passwd someone >/dev/null && py3clean",
        "getent group adm || bad; py3clean",
        "if ! id -u someone >/dev/null 2>&1; then py3clean; else bad; fi",
        "f() { case \"$1\" in a) py3clean;; *) bad;; esac; }; f a",
        "for x in a b 'c d'; do case $x in a|b|'c d') py3clean;; *) bad;; esac; done",
        "set -- a b; shift; [ $# = 1 ] && [ \"$1\" = b ] && py3clean",
        "X=/a/b.c; [ \"${X##*/}${X%.*}\" = b.c/a/b ] && py3clean",
        "X=\"a  b\"; set -- $X; [ $# -eq 2 ] && [ \"$X\" = 'a  b' ] && py3clean",
        "[ \"${DPKG_ROOT:-none}${2:+y}${1+z}\" = nonez ] && py3clean",
        "( py3clean; exit 0 ); [ 1 -lt 2 ] || bad",
        "while false; do bad; done; until true; do bad; done; py3clean",
        "X=$(for i in a 'b  c'; do echo -n \"$i-\"; done; echo d); "
        "[ \"$X\" = 'a-b  c-d' ] && py3clean",
        "f() { echo --a \"$1\"; }; set -- $(f b; f c); [ \"$2$4$#\" = bc4 ] && py3clean",
        "set -- $(seq 2 4); [ \"$*\" = '2 3 4' ] && py3clean",
        "[ \"$(dpkg-divert --truename /x)\" = /x ] && py3clean",
        "[ -e /usr/bin/own ] && [ -f /bin/own ] && [ -d /etc/own/ ] && [ -L /usr/share/own ] && "
        "[ ! -L /bin/own ] && [ ! -d /bin/own ] && py3clean",
        "[ -e /etc/other ] || [ -d /var/lib/other ] || py3clean",
        "[ -d /var/lib ] && [ -f /etc/passwd ] && py3clean",
        "[ 1 = 2 -o \\( a = a -a -n x \\) ] && py3clean",
        ". /usr/share/debconf/confmodule; db_version 2.0; db_get x/yes && [ $RET = true ] && "
        "py3clean",
        "db_get x/none; [ -z \"$RET\" ] && py3clean",
        "for i in 1 2; do [ $i = 2 ] && break; py3clean; done",
    };
    for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
        CLEANUP(free_ptr) char *got = read_as("postinst", taken[i], strlen(taken[i]));
        if (!strstr(got, PY))
            fail_msg("%s\ngives: %s", taken[i], got);
    }
}

static void test_what_cannot_be_known(void **state)
{
    (void)state;
    assert_reading("true\nbad a", BAD("2"));
    assert_reading("if [ -e /proc/x ]; then\npy3clean; else py3clean; fi", PY);
    assert_reading("if [ -e /proc/x ]; then\npy3clean\nelse\nbad\nfi", BAD("4"));
    assert_reading("if [ -e /proc/x ]; then\nldconfig\nfi",
                   "2: ldconfig under a condition that can't be decided");
    assert_reading("[ -e /proc/x ] && exit 0\nldconfig",
                   "2: ldconfig under a condition that can't be decided");
    assert_reading("X=a\n$Y", "2: a program that can't be known");
    assert_reading("rm -f $X", "1: rm with words that can't be known");
    assert_reading("rm -f \"$(bad)\"", BAD("1"));
    assert_reading("rm -f /usr/x/*.pyc", "harmless: removes old files at an upgrade");
    assert_reading("rm -f /usr/bin/o*", "1: rm with words that can't be known");
    assert_reading("chmod 755 /usr/x/*", "1: chmod with words that can't be known");
    assert_reading("rm -f /usr/x/a.pyc '/usr/x y'", "harmless: removes old files at an upgrade");
    assert_reading("py3clean > /x", "1: py3clean in a form that isn't listed");
    assert_reading("py3clean < /x", "1: a redirection from a file");
    assert_reading("ldconfig &", "1: a command in the background");
    assert_reading("exit 1", "1: an exit with an error");
    assert_reading("eval ldconfig", "1: eval in a form that isn't listed");
    assert_reading("X=a\nwhile read l; do\ncase $X in a) ;; *) bad;; esac\nX=b\ndone", BAD("3"));
    assert_reading("false", "1: a command that fails");
    assert_reading("false || true", "");
    assert_reading("touch /var/lib/x\nrm /var/lib/x\nrm /var/lib/y",
                   "handled: directories and files; handled: removed files; "
                   "harmless: removes old files at an upgrade");
    assert_reading("db_get x/other; [ -n \"$RET\" ] && bad", BAD("1"));
    assert_reading("db_set x/yes false; db_get x/yes; [ $RET = false ] && bad", BAD("1"));
    assert_reading("if x=$(grep y /z); then bad; fi", BAD("1"));
    assert_reading("x=$(ldconfig)", "1: ldconfig within $(…)");
    assert_reading("x=$(grep a /b; echo c); [ \"$x\" = c ] && bad", BAD("1"));
    assert_reading("x=$( { echo c; } >&2 ); [ \"$x\" = c ] && bad", BAD("1"));
    assert_reading("export $X", "1: a variable that can't be known");
}

static void test_text_that_is_no_script(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "if true; then",
        "if true; fi",
        "echo 'x",
        "echo \"x",
        "echo `x",
        "echo $(x",
        "echo ${x",
        "cat <<EOF\nx\n",
        "cat <<EOF",
        "case x in a b) esac",
        "case x in a) true",
        "fi",
        ")",
        "}",
        "{ true",
        "( true",
        "for x y; do z; done",
        "f() ",
        "a | ",
        "a && ",
        "cat <<< x",
        "x > ",
        ";; ",
        "function f { true; }",
        "case x in",
        "for x in a; done",
        "while true; done",
        "echo $((1",
        "a (b)",
        "! ",
        "a ; ; b",
        "${-x",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        CLEANUP(free_ptr) char *got = read_as("postinst", bad[i], strlen(bad[i]));
        if (!got[0] || strstr(got, "form that"))
            fail_msg("%s: %s", bad[i], got);
    }
    CLEANUP(free_ptr) char *nul = read_as("postinst", "py3clean\0bad", 12);
    assert_string_equal(nul, "1: a NUL byte");
}

static void assert_many(const char *before, const char *piece, size_t times, const char *after,
                        const char *expected)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    buf_addstr(&text, before);
    for (size_t i = 0; i < times; i++)
        buf_addstr(&text, piece);
    buf_addstr(&text, after);
    assert_reading(buf_str(&text), expected);
}

static void test_limits(void **state)
{
    (void)state;
    assert_many("for x in", " a", 1000000, "; do true; done", "1: too long");
    assert_many("for x in", " a", 400000, "; do true; done", "1: more than 2000 words");
    assert_many("", "true\n", 200000, "", "10001: more than 10000 commands");
    assert_many("", "(", 100000, "", "1: nested too deeply");
    assert_many("", "$(", 100000, "", "1: nested too deeply");
    assert_many("echo ", "\"${x:-", 100000, "", "1: nested too deeply");
    assert_many("", "! ", 100000, "x", "1: nested too deeply");
    assert_many("true", " && true", 100000, "", "1: too many && and ||");
    assert_many("true", " | true", 100000, "", "1: nested too deeply");
    assert_many("if a; then b\n", "elif a; then b\n", 1000, "fi", "37: nested too deeply");
    assert_many("x=aaaaaaaaaaaaaaaa\n", "x=$x$x\n", 100, "[ -n \"$x\" ] && py3clean", PY);
    assert_many("f() { f; }\n", "", 0, "f", "1: functions that call each other too deeply");
    assert_many("f() { for x in 1 2 3 4 5 6 7 8 9; do g; done; }\n"
                "g() { for y in 1 2 3 4 5 6 7 8 9; do h; done; }\n"
                "h() { for z in 1 2 3 4 5 6 7 8 9; do true; done; }\n",
                "f\n", 100, "", "3: more than 10000 commands");
}

static void test_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool fits;
    } cases[] = {
        {"*", "", true},          {"a*c", "abc", true},     {"a*c", "abcd", false},
        {"a?c", "abc", true},     {"a?c", "ac", false},     {"[a-c]x", "bx", true},
        {"[!a-c]x", "bx", false}, {"[]]", "]", true},       {"\\*", "*", true},
        {"\\*", "a", false},      {"*a*b*", "xaybz", true}, {"", "", true},
        {"", "a", false},         {"[", "[", true},         {"*.so.*", "libx.so.1", true},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (pattern_matches(cases[i].pattern, cases[i].text, strlen(cases[i].text)) !=
            cases[i].fits)
            fail_msg("%s %s", cases[i].pattern, cases[i].text);
}

static void test_a_preinst_is_called_otherwise(void **state)
{
    (void)state;
    static const char text[] = "[ \"$1\" = install ] && [ $# = 1 ] && py3clean";
    CLEANUP(free_ptr) char *got = read_as("preinst", text, sizeof(text) - 1);
    assert_string_equal(got, PY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_branches_of_a_fresh_installation),
        cmocka_unit_test(test_what_cannot_be_known),
        cmocka_unit_test(test_text_that_is_no_script),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_a_preinst_is_called_otherwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
