/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about scripts and layers: what has the defect, what nearly has it, what is clean. */
#include "harden.h"
#include "unit.h"

/* ---- scripts -------------------------------------------------------------------------------- */

struct script_case {
    const char *path, *line;
    size_t n;
    enum severity severity;
    uint16_t mode; /* by default 0755 */
};

static void check_script(const struct script_case *c, bool started, enum rule_action action)
{
    struct subject *s = subject_new();

    subject_put(s,
                &(struct subject_file){.path = "usr/bin/perl", .mode = 0755, .facts = good_elf()});
    subject_put(s,
                &(struct subject_file){.path = "usr/bin/env", .mode = 0755, .facts = good_elf()});
    subject_put(s,
                &(struct subject_file){.path = "usr/bin/root", .mode = 0700, .facts = good_elf()});
    subject_put(s, &(struct subject_file){.path = "usr/bin/plain", .facts = good_elf()});
    subject_put(s, &(struct subject_file){.path = "usr/bin/linked", .target = "/bin/perl"});
    subject_put(s, &(struct subject_file){.path = c->path,
                                          .mode = c->mode ? c->mode : 0755,
                                          .facts = script_facts(c->line)});
    if (started) {
        CLEANUP(free_ptr) char *word = xasprintf("/%s", c->path);
        strv_add(&s->image.entrypoint, word);
    }
    size_t found = subject_count(s, "SCR-BANG");
    if (found != c->n)
        fail_msg("#!%s of /%s: found %zu times, not %zu", c->line, c->path, found, c->n);
    if (c->n) {
        assert_int_equal(subject_find(s, "SCR-BANG")->severity, c->severity);
        assert_int_equal(subject_find(s, "SCR-BANG")->action, action);
    }
    subject_free(s);
}

static void test_interpreters(void **state)
{
    static const struct script_case cases[] = {
        {"usr/bin/x", "/bin/sh", 1, SEVERITY_MEDIUM, 0},
        {"usr/lib/python3/x.py", "/usr/bin/env python3", 1, SEVERITY_LOW, 0},
        {"usr/bin/x", "/usr/bin/env python3", 1, SEVERITY_MEDIUM, 0},
        {"usr/bin/x", "/usr/bin/env -S -i LANG=C python3 -u", 1, SEVERITY_MEDIUM, 0},
        {"usr/bin/x", "/usr/bin/env plain", 1, SEVERITY_MEDIUM, 0}, /* can't be executed */
        {"usr/bin/x", "/usr/bin/plain", 1, SEVERITY_MEDIUM, 0},
        {"usr/bin/x", "perl", 1, SEVERITY_MEDIUM, 0},
        {"usr/bin/x", "/usr/bin/perl\r", 1, SEVERITY_MEDIUM, 0},
        {"usr/bin/x", "", 1, SEVERITY_MEDIUM, 0},
        {"usr/bin/x", "/usr/bin", 1, SEVERITY_MEDIUM, 0}, /* a directory */
        {"usr/bin/x", "/usr/bin/perl -w", 0, 0, 0},
        {"usr/bin/x", "/bin/perl", 0, 0, 0}, /* over the link */
        {"usr/bin/x", "/usr/bin/linked", 0, 0, 0},
        {"usr/bin/x", "/usr/bin/env perl", 0, 0, 0},
        {"usr/bin/x", "/usr/bin/env -i A=b perl -w", 0, 0, 0},
        {"usr/bin/x", "/usr/bin/env", 0, 0, 0},
        {"usr/bin/x", "/tmp/later/sh", 0, 0, 0}, /* put there while it runs */
        {"usr/bin/x", "/bin/sh", 0, 0, 0644},    /* nobody executes it */
        {"usr/share/doc/x/examples/run", "/bin/sh", 0, 0, 0},
        {"usr/bin/x", "/usr/bin/root", 0, 0, 0}, /* root can */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        check_script(&cases[i], false, RULE_NOTE);
    assert_true(ARRAY_SIZE(cases) > 1);
}

static void test_what_is_started(void **state)
{
    static const struct script_case cases[] = {
        {"app/run", "/bin/sh", 1, SEVERITY_HIGH, 0},
        {"app/run", "/usr/bin/root", 1, SEVERITY_HIGH, 0}, /* the image's user can't */
        {"app/run", "/usr/bin/env root", 1, SEVERITY_HIGH, 0},
        {"app/run", "/usr/bin/perl", 0, 0, 0},
        {"app/run", "/usr/bin/env perl", 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        check_script(&cases[i], true, RULE_DENY);
    assert_true(ARRAY_SIZE(cases) > 1);
}

static void test_search_path_of_the_config(void **state)
{
    struct subject *s = subject_new();

    (void)state;
    subject_put(s,
                &(struct subject_file){.path = "opt/bin/perl", .mode = 0755, .facts = good_elf()});
    subject_put(s,
                &(struct subject_file){.path = "usr/bin/env", .mode = 0755, .facts = good_elf()});
    subject_put(s, &(struct subject_file){
                       .path = "usr/bin/x", .mode = 0755, .facts = script_facts("/bin/env perl")});
    strv_add(&s->image.env, "PATH=/opt/bin");
    assert_int_equal(subject_count(s, "SCR-BANG"), 0);
    subject_free(s);
}

/* ---- layers --------------------------------------------------------------------------------- */

/* Static texts where nodes hold strings of their own. */
static struct node hidden_node(const char *path, enum entry_type type, uint16_t mode,
                               const struct file_facts *facts)
{
    return (struct node){.path = xstrdup(path),
                         .type = type,
                         .mode = mode,
                         .size = 40,
                         .sha256 = sha256_of(path, strlen(path)),
                         .facts = facts,
                         .content.fd = -1};
}

static void test_hidden(void **state)
{
    struct file_facts key = {.marks = MARK_KEY, .key = (char[]){"RSA PRIVATE KEY"}};
    static const struct {
        const char *path;
        bool key;
        enum entry_type type;
        uint16_t mode;
        size_t n;
        enum severity severity;
        const char *text;
    } cases[] = {
        {"root/x.pem", true, ENTRY_FILE, 0600, 1, SEVERITY_HIGH, "SEC-KEY"},
        {"usr/share/doc/x.pem", true, ENTRY_FILE, 0644, 1, SEVERITY_LOW, "SEC-KEY"},
        {"root/.ssh/id_rsa", false, ENTRY_FILE, 0600, 1, SEVERITY_HIGH, "SEC-FILE"},
        {"etc/ssh/ssh_host_rsa_key", false, ENTRY_FILE, 0600, 1, SEVERITY_HIGH, "SEC-HOST"},
        {"etc/machine-id", false, ENTRY_FILE, 0444, 1, SEVERITY_LOW, "SEC-HOST"},
        {"usr/bin/su", false, ENTRY_FILE, 04755, 1, SEVERITY_LOW, "FS-SUID"},
        {"dev/sda", false, ENTRY_BLOCK, 0600, 1, SEVERITY_LOW, "FS-DEV"},
        {"root/.ssh/id_rsa.pub", false, ENTRY_FILE, 0644, 0, 0, NULL},
        {"etc/x", false, ENTRY_FILE, 0666, 0, 0, NULL},
        {"usr/bin/x", false, ENTRY_FILE, 0755, 0, 0, NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct subject *s = subject_new();
        struct node n = hidden_node(cases[i].path, cases[i].type, cases[i].mode,
                                    cases[i].key ? &key : NULL);
        const struct view_layer layers[] = {{.name = "sha256:0123456789abcdef"},
                                            {.name = "sha256:fedcba9876543210", &n, 1}};
        s->view.layers = layers;
        s->view.n_layers = ARRAY_SIZE(layers);
        assert_int_equal(subject_count(s, "LAY-HID"), cases[i].n);
        const struct finding *f = subject_find(s, "LAY-HID");
        if (f) {
            assert_int_equal(f->severity, cases[i].severity);
            assert_string_equal(f->path, cases[i].path);
            assert_non_null(strstr(f->text, "still in layer sha256:fedcba987654"));
            assert_non_null(strstr(f->text, cases[i].text));
        }
        free(n.path);
        subject_free(s);
    }
}

/* The same bytes on top are reported as what the image has, others as both. */
static void test_hidden_by_itself(void **state)
{
    (void)state;
    for (int same = 0; same < 2; same++) {
        struct subject *s = subject_new();
        struct node n = hidden_node("root/.netrc", ENTRY_FILE, 0600, NULL);
        const struct view_layer layer = {.name = "sha256:0", .hidden = &n, .n_hidden = 1};
        s->view.layers = &layer;
        s->view.n_layers = 1;
        subject_put(s, &(struct subject_file){.path = "root/.netrc", .mode = 0600});
        struct node *top = tree_find(s->tree, "root/.netrc");
        top->sha256 = same ? n.sha256 : sha256_of("x", 1);
        assert_int_equal(subject_count(s, "LAY-HID"), !same);
        assert_int_equal(subject_count(s, "SEC-FILE"), 1);
        free(n.path);
        subject_free(s);
    }
}

static void test_form(void **state)
{
    CLEANUP(strv_release) struct strv faults = STRV_INIT;
    struct subject *s = subject_new();

    (void)state;
    strv_add(&faults, "/x stands twice in it");
    strv_add(&faults, "there are bytes behind the end of the archive");
    const struct view_layer layers[] = {{.name = "sha256:0"},
                                        {.name = "sha256:1", .faults = faults}};
    s->view.layers = layers;
    s->view.n_layers = 1;
    assert_int_equal(subject_count(s, "LAY-FMT"), 0);
    subject_free(s);

    s = subject_new();
    s->view.layers = layers;
    s->view.n_layers = 2;
    assert_int_equal(subject_count(s, "LAY-FMT"), 2);
    assert_string_equal(subject_find(s, "LAY-FMT")->text, "layer sha256:1: /x stands twice in it");
    assert_int_equal(subject_find(s, "LAY-FMT")->severity, SEVERITY_MEDIUM);
    subject_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interpreters),
        cmocka_unit_test(test_what_is_started),
        cmocka_unit_test(test_search_path_of_the_config),
        cmocka_unit_test(test_hidden),
        cmocka_unit_test(test_hidden_by_itself),
        cmocka_unit_test(test_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
