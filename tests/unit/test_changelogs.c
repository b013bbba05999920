/* SPDX-License-Identifier: Apache-2.0 */
/* Where a locked package's changelog comes from. */
#include "fleet/changelogs.h"
#include "rootfs/doc.h"
#include "server.h"
#include "unit.h"
#include "unpacker.h"

#include <libdeflate.h>

struct logs {
    struct unpacker u;
    struct server server;
    struct route routes[1];
    struct buf deb;
    struct http *http;
    struct recipe *recipe;
    struct lock lock;
    struct lock_arch arch;
    struct lock_package packages[3];
    struct places places;
    struct mirror_options mirrors;
    struct context ctx;
    struct changelogs c;
};

static void pack(const char *text, char *ret, size_t *ret_n)
{
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);

    *ret_n = libdeflate_gzip_compress(c, text, strlen(text), ret, 512);
    libdeflate_free_compressor(c);
}

static void set(struct lock_package *p, const char *name, const char *source)
{
    *p = (struct lock_package){
        .name = xstrdup(name),
        .version = xstrdup("1.0"),
        .arch = xstrdup("all"),
        .source = xstrdup(source),
        .source_version = xstrdup("1.0"),
        .origin = xstrdup("debian"),
        .size = 1,
        .sha256 = sha256_of(name, strlen(name)),
        .path = xstrdup("pool/x.deb"),
    };
}

/* The deb of package "bb" with this changelog, which the server has. */
static void make_deb(struct logs *t, const char *text)
{
    CLEANUP(buf_release) struct buf control = BUF_INIT(0), data = BUF_INIT(0);
    char packed[512];
    size_t n;

    pack(text, packed, &n);
    maker_control(&control, "bb", "", "");
    maker_header(&data, "./usr/share/doc/bb/changelog.gz", '0', 0644, NULL, n);
    maker_bytes(&data, packed, n);
    maker_deb(&t->deb, &control, &data);
    t->packages[1].size = t->deb.len;
    t->packages[1].sha256 = sha256_of(t->deb.data, t->deb.len);
    t->routes[0] = (struct route){.path = "/pool/x.deb", .body = t->deb.data, .n = t->deb.len};
}

static void start(struct logs *t)
{
    CLEANUP(err_release) struct err err = ERR_INIT;

    *t = (struct logs){0};
    unpacker_start(&t->u);
    set(&t->packages[0], "aa", "src");
    set(&t->packages[1], "bb", "src");
    set(&t->packages[2], "cc", "other");
    t->arch = (struct lock_arch){.packages = t->packages, .n_packages = 3};
    make_deb(t, "src (1.0) x\n  * CVE-2026-1111\n");
    server_start(&t->server, t->routes, 1);
    CLEANUP(free_ptr) char *url = server_url(&t->server, "");
    CLEANUP(free_ptr)
    char *text = xasprintf("packages = {\"aa\"}\nsource \"debian\" { mirror = {\"%s\"} }\n", url);
    assert_ok(recipe_load_text("x.conf", slice_of(text), NULL, &t->recipe, &err), &err);
    assert_ok(http_new(&t->u.session, 0, &t->http, &err), &err);
    t->mirrors.apt_root = t->u.scratch;
    places_init(&t->places, &t->u.session, t->recipe, &t->lock, &t->mirrors);
    t->ctx = *CTX(&t->u.session, t->http, t->u.cache);
    t->c = (struct changelogs){&t->ctx, &t->places};
}

static void finish(struct logs *t)
{
    places_release(&t->places);
    http_free(t->http);
    server_stop(&t->server);
    recipe_free(t->recipe);
    for (size_t i = 0; i < 3; i++) {
        struct lock_package *p = &t->packages[i];
        char *texts[] = {p->name,           p->version, p->arch, p->source,
                         p->source_version, p->origin,  p->path};
        for (size_t k = 0; k < ARRAY_SIZE(texts); k++)
            free(texts[k]);
    }
    buf_release(&t->deb);
    unpacker_end(&t->u);
}

/* As unpacking would: this changelog, or none. */
static void keep(struct logs *t, size_t package, const char *text)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(doc_release) struct doc d;
    char packed[512];
    size_t n = 0;

    doc_init(&d);
    if (text) {
        pack(text, packed, &n);
        doc_file(&d, "x", "usr/share/doc/x/changelog.Debian.gz");
        doc_add(&d, packed, n);
    }
    assert_ok(doc_keep(&d, t->u.cache, &t->packages[package].sha256, &err), &err);
}

static void assert_first(struct logs *t, size_t package, const char *version, unsigned fetches)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(changelog_release) struct changelog log = {0};

    assert_ok(changelogs_get(&t->c, &t->arch, &t->packages[package], &log, &err), &err);
    assert_int_equal(log.n, version ? 1 : 0);
    if (version)
        assert_string_equal(log.v[0].version, version);
    assert_int_equal(atomic_load(&t->routes[0].hits), fetches);
}

static void test_order(void **state)
{
    CLEANUP(finish) struct logs t;

    (void)state;
    start(&t);
    keep(&t, 0, NULL);
    assert_first(&t, 0, "1.0", 1); /* bb's deb is fetched and read */
    assert_first(&t, 0, "1.0", 1); /* and is known from now on */
    keep(&t, 1, "src (1.0-1) x\n");
    assert_first(&t, 0, "1.0-1", 1);
    keep(&t, 0, "src (1.0-2) x\n");
    assert_first(&t, 0, "1.0-2", 1);
}

static void test_none(void **state)
{
    CLEANUP(finish) struct logs t;

    (void)state;
    start(&t);
    keep(&t, 2, NULL);
    assert_first(&t, 2, NULL, 0);
    keep(&t, 0, NULL);
    keep(&t, 1, NULL);
    assert_first(&t, 0, NULL, 0);
}

/* A third party may call its source as it likes: its deb isn't asked for Debian's changelog. */
static void test_of_another_party(void **state)
{
    CLEANUP(finish) struct logs t;

    (void)state;
    start(&t);
    keep(&t, 0, NULL);
    free(t.packages[1].origin);
    t.packages[1].origin = xstrdup("vendor");
    assert_first(&t, 0, NULL, 0);
    keep(&t, 1, "src (9) x\n * CVE-2026-1\n");
    assert_first(&t, 0, NULL, 0);
    assert_first(&t, 1, "9", 0);
    free(t.packages[1].origin);
    t.packages[1].origin = xstrdup("debian-security"); /* one party with debian */
    assert_first(&t, 0, "9", 0);
}

static void test_gone_from_archive(void **state)
{
    CLEANUP(finish) struct logs t;

    (void)state;
    start(&t);
    keep(&t, 0, NULL);
    t.routes[0].path = "/elsewhere";
    assert_first(&t, 0, NULL, 0);
}

static void test_cves(void **state)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(strv_release) struct strv cves = STRV_INIT;
    CLEANUP(finish) struct logs t;

    (void)state;
    start(&t);
    keep(&t, 0, NULL);
    keep(&t, 2, "other (1.0) x\n CVE-2026-9999 CVE-2025-0001\n");
    assert_ok(changelogs_cves(&t.c, &t.arch, &cves, &err), &err);
    CLEANUP(free_ptr) char *text = strv_join(&cves, " ");
    assert_string_equal(text, "CVE-2025-0001 CVE-2026-1111 CVE-2026-9999");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_of_another_party),
        cmocka_unit_test(test_gone_from_archive),
        cmocka_unit_test(test_cves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
