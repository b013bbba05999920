/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over files instead of under libFuzzer: those named, or else the target's own
 * corpus, tests/fuzz/corpus/NAME for a program fuzz_NAME. A TAP line a file; a crash is the
 * sanitizer's.
 */
#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include <dirent.h>
#include <stdio.h>

#define INPUT_MAX (4u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int list_corpus(const char *program, struct strv *files)
{
    const char *name = strstr(path_base(program), "fuzz_");
    CLEANUP(free_ptr) char *dir = xasprintf("tests/fuzz/corpus/%s", name ? name + 5 : "");
    DIR *d = opendir(dir);
    if (!d) {
        fprintf(stderr, "%s: no corpus\n", dir);
        return -1;
    }
    const struct dirent *entry;
    while ((entry = readdir(d)))
        if (entry->d_name[0] != '.')
            strv_take(files, path_join(dir, entry->d_name));
    closedir(d);
    strv_sort(files);
    return 0;
}

int main(int argc, char **argv)
{
    CLEANUP(strv_release) struct strv files = STRV_INIT;
    for (int i = 1; i < argc; i++)
        strv_add(&files, argv[i]);
    if (argc == 1 && list_corpus(argv[0], &files) < 0)
        return 1;

    printf("1..%zu\n", files.n);
    for (size_t i = 0; i < files.n; i++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(buf_release) struct buf b = BUF_INIT(0);
        if (file_read(files.v[i], INPUT_MAX, &b, &err) < 0) {
            printf("not ok %zu - %s\n", i + 1, err.message);
            return 1;
        }
        fprintf(stderr, "%s\n", files.v[i]);
        /* A copy of the exact size, so that a read behind its end is seen. */
        CLEANUP(free_ptr) uint8_t *copy = malloc(b.len ? b.len : 1);
        if (!copy)
            return 1;
        memcpy(copy, buf_str(&b), b.len);
        LLVMFuzzerTestOneInput(copy, b.len);
        printf("ok %zu - %s\n", i + 1, path_base(files.v[i]));
        fflush(stdout);
    }
    return files.n ? 0 : 1;
}
