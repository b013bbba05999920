/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about layers: what has the defect, what nearly has it, what is clean. */
#include "harden.h"
#include "unit.h"

/* ---- what a later layer hides --------------------------------------------------------------- */

struct hidden_case {
    struct subject_file file; /* what a layer holds; text makes a private key of it, value is
                                 content that is kept */
    enum severity severity;
    const char *rule; /* that finds it; NULL: none */
};

/* What a layer holds, where the tree's nodes have strings and facts of their own. */
struct held {
    struct file_facts facts;
    struct xattr xattr;
    char key[8];
};

static struct node held_node(const struct subject_file *f, struct held *h)
{
    bool token = f->text && strcmp(f->text, "token") == 0;

    *h = (struct held){.facts = {.marks = f->text && !token ? MARK_KEY : 0}, .key = "RSA"};
    h->facts.key = h->key;
    h->facts.token = token ? h->key : NULL;
    h->facts.content = (char *)(uintptr_t)f->value;
    h->facts.content_size = f->value ? strlen(f->value) : 0;
    if (f->xattr) {
        h->xattr = (struct xattr){.name = (char *)(uintptr_t)f->xattr};
        h->facts.xattrs = &h->xattr;
        h->facts.n_xattrs = 1;
    }
    return (struct node){.path = xstrdup(f->path),
                         .type = f->target ? ENTRY_SYMLINK : f->type,
                         .mode = f->mode ? f->mode : 0644,
                         .uid = f->uid,
                         .gid = f->gid,
                         .size = f->size,
                         .mtime = f->mtime,
                         .target = (char *)(uintptr_t)f->target,
                         .sha256 = sha256_of(f->path, strlen(f->path)),
                         .facts = &h->facts,
                         .content.fd = -1};
}

static void check_hidden(const struct hidden_case *c)
{
    struct subject *s = subject_new();
    struct held held;
    struct node n = held_node(&c->file, &held);
    const struct view_layer layers[] = {{.name = "sha256:0123456789abcdef"},
                                        {.name = "sha256:fedcba9876543210", &n, 1}};

    s->view.layers = layers;
    s->view.n_layers = ARRAY_SIZE(layers);
    s->image.created = 1700000000;
    size_t found = subject_count(s, "LAY-HID");
    if (found != (c->rule != NULL))
        fail_msg("/%s (%s): found %zu times", c->file.path, c->rule ? c->rule : "-", found);
    const struct finding *f = subject_find(s, "LAY-HID");
    if (f) {
        CLEANUP(free_ptr)
        char *end = xasprintf(": still in layer sha256:fedcba987654 (%s)", c->rule);
        assert_int_equal(f->severity, c->severity);
        assert_string_equal(f->path, c->file.path);
        assert_ptr_equal(f->layer, layers[1].name);
        if (!strstr(f->text, end))
            fail_msg("/%s: \"%s\" is not said by %s", f->path, f->text, c->rule);
    }
    free(n.path);
    subject_free(s);
}

#define XATTR(name_) .xattr = (name_)

/* Of each rule what has the defect, and what nearly has it. */
static const struct hidden_case cases[] = {
    {{.path = "root/x.pem", .text = "key"}, SEVERITY_HIGH, "SEC-KEY"},
    {{.path = "usr/share/doc/x.pem", .text = "key"}, SEVERITY_LOW, "SEC-KEY"},
    {{.path = "root/x.pem", .size = 40}, 0, NULL},
    {{.path = "opt/app/x", .text = "token"}, SEVERITY_HIGH, "SEC-TOKEN"},
    {{.path = "opt/app/tests/x", .text = "token"}, SEVERITY_LOW, "SEC-TOKEN"},
    {{.path = "root/.ssh/id_rsa", .mode = 0600}, SEVERITY_HIGH, "SEC-FILE"},
    {{.path = "srv/app/.git", .type = ENTRY_DIRECTORY}, SEVERITY_HIGH, "SEC-FILE"},
    {{.path = "srv/app/.git/HEAD", .size = 40}, 0, NULL}, /* of a directory that is told */
    {{.path = "srv/app/.gitignore", .size = 40}, 0, NULL},
    {{.path = "root/.bash_history", .size = 40}, SEVERITY_MEDIUM, "SEC-FILE"},
    {{.path = "root/.bash_history"}, 0, NULL}, /* nothing was typed */
    {{.path = "root/.ssh/id_rsa.pub", .size = 40}, 0, NULL},
    {{.path = "etc/ssh/ssh_host_rsa_key", .size = 40}, SEVERITY_HIGH, "SEC-HOST"},
    {{.path = "etc/ssh/ssh_host_rsa_key"}, 0, NULL},
    {{.path = "etc/machine-id", .size = 33}, SEVERITY_LOW, "SEC-HOST"},
    {{.path = "etc/machine-id"}, 0, NULL},
    {{.path = "etc/shadow", .value = "root:$6$a$b:1:::\n"}, SEVERITY_HIGH, "ACC-HASH"},
    {{.path = "etc/shadow-", .value = "a:!:1\nroot:!$y$a$b:1\n"}, SEVERITY_HIGH, "ACC-HASH"},
    {{.path = "etc/shadow", .value = "root:*:1:::\n"}, 0, NULL},
    {{.path = "etc/shadow.old", .value = "root:$6$a$b:1:::\n"}, 0, NULL},
    {{.path = "usr/local/share/ca-certificates/x.crt"}, SEVERITY_LOW, "SEC-CA"},
    {{.path = "usr/share/ca-certificates/x.crt"}, 0, NULL},
    {{.path = "usr/bin/su", .mode = 04755}, SEVERITY_LOW, "FS-SUID"},
    {{.path = "srv/x", .type = ENTRY_DIRECTORY, .mode = 02755}, SEVERITY_LOW, "FS-SUID"},
    {{.path = "usr/bin/x", .mode = 0755}, 0, NULL},
    {{.path = "usr/bin/ping", XATTR("security.capability")}, SEVERITY_LOW, "FS-CAP"},
    {{.path = "usr/bin/ping", XATTR("security.selinux")}, 0, NULL},
    {{.path = "etc/x", .mode = 0666}, SEVERITY_LOW, "FS-WW"},
    {{.path = "var/x", .type = ENTRY_DIRECTORY, .mode = 0777}, SEVERITY_LOW, "FS-WW"},
    {{.path = "var/x", .type = ENTRY_DIRECTORY, .mode = 01777}, 0, NULL},
    {{.path = "etc/x", .mode = 0777, .target = "y"}, 0, NULL}, /* a link is always so */
    {{.path = "srv/x", .uid = 1000000}, SEVERITY_MEDIUM, "FS-OWNER"},
    {{.path = "srv/x", .uid = 4242}, 0, NULL}, /* an account that is gone as well, maybe */
    {{.path = "dev/sda", .type = ENTRY_BLOCK}, SEVERITY_LOW, "FS-DEV"},
    {{.path = "srv/fifo", .type = ENTRY_FIFO}, SEVERITY_LOW, "FS-DEV"},
    {{.path = "usr/x", XATTR("trusted.overlay.redirect")}, SEVERITY_LOW, "FS-XATTR"},
    {{.path = "usr/x", XATTR("user.comment")}, 0, NULL},
    {{.path = "var/lib/apt/lists/x_InRelease", .size = 40}, SEVERITY_INFO, "FS-JUNK"},
    {{.path = "var/lib/apt/lists", .type = ENTRY_DIRECTORY, .mode = 0755}, 0, NULL},
    /* what isn't asked of the hidden */
    {{.path = "var/tmp", .type = ENTRY_DIRECTORY, .mode = 0755}, 0, NULL},       /* FS-STICKY */
    {{.path = "usr/bin/mine", .mode = 0755, .uid = 5000, .gid = 5000}, 0, NULL}, /* FS-APPWR */
    {{.path = "usr/x", .target = "nowhere"}, 0, NULL},                           /* FS-LINK */
    {{.path = "usr/late", .mtime = 1900000000}, 0, NULL},                        /* FS-TIME */
};

static void test_hidden(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        check_hidden(&cases[i]);
}

static bool is_tried(const struct rule *r)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (cases[i].rule && strcmp(cases[i].rule, r->id) == 0)
            return true;
    return false;
}

/* Each rule about secrets and files says whether it is asked of the hidden, or why it isn't; and
 * each that is asked was tried above. */
static void test_all_decide(void **state)
{
    (void)state;
    rule_each (r) {
        bool about = strncmp(r->id, "SEC-", 4) == 0 || strncmp(r->id, "FS-", 3) == 0;
        if (about && r->path && (r->hidden != NULL) == (r->not_hidden != NULL))
            fail_msg("%s: has to say whether LAY-HID asks it, or why not", r->id);
        if (r->hidden && (!r->path || r->hidden_most > r->severity))
            fail_msg("%s: can't be worse of what is hidden", r->id);
        assert_int_equal(is_tried(r), r->hidden != NULL);
    }
}

/* What many files of a layer have is one finding; what two layers or two rules say isn't. */
static void test_many_hidden(void **state)
{
    struct subject *s = subject_new();
    struct node n[24];
    struct held held[24];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(n); i++) {
        CLEANUP(free_ptr) char *path = xasprintf(i < 12 ? "x/%zu" : "var/cache/%zu", i);
        const struct subject_file f = {.path = path, .mode = i < 12 ? 0666 : 0644, .size = 1};
        n[i] = held_node(&f, &held[i]);
    }
    const struct view_layer layers[] = {{.name = "sha256:0", .hidden = n, .n_hidden = 24},
                                        {.name = "sha256:1", .hidden = n, .n_hidden = 12}};
    s->view.layers = layers;
    s->view.n_layers = 2;
    assert_int_equal(subject_count(s, "LAY-HID"), 36);
    size_t findings = 0;
    for (size_t i = 0; i < s->found.n; i++)
        findings += strcmp(s->found.v[i].rule->id, "LAY-HID") == 0;
    assert_int_equal(findings, 3);
    for (size_t i = 0; i < ARRAY_SIZE(n); i++)
        free(n[i].path);
    subject_free(s);
}

/* The same bytes on top are reported as what the image has, others as both. */
static void test_hidden_by_itself(void **state)
{
    (void)state;
    for (int same = 0; same < 2; same++) {
        struct subject *s = subject_new();
        const struct subject_file file = {.path = "root/.netrc", .mode = 0600};
        struct held held;
        struct node n = held_node(&file, &held);
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
        cmocka_unit_test(test_hidden),      cmocka_unit_test(test_all_decide),
        cmocka_unit_test(test_many_hidden), cmocka_unit_test(test_hidden_by_itself),
        cmocka_unit_test(test_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
