/* SPDX-License-Identifier: Apache-2.0 */
/* What a manifest is of: an image, or something that stands beside one. */
#include "base/json.h"
#include "oci/document.h"
#include "unit.h"

#define CONFIG(type) "\"config\":{\"mediaType\":\"" type "\"}"
#define OCI          CONFIG("application/vnd.oci.image.config.v1+json")
#define DOCKER       CONFIG("application/vnd.docker.container.image.v1+json")
#define LAYER        "{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\"}"
#define STATEMENT    "{\"mediaType\":\"application/vnd.in-toto+json\"}"

static void test_images(void **state)
{
    static const struct {
        const char *text;
        bool image;
    } rows[] = {
        {"{" OCI ",\"layers\":[" LAYER "]}", true},
        {"{" DOCKER ",\"layers\":[" LAYER "]}", true},
        {"{" OCI ",\"layers\":[]}", true},
        {"{" OCI "}", true},
        {"{" OCI ",\"artifactType\":\"\",\"layers\":[" LAYER "]}", true},
        {"{" OCI ",\"layers\":[" LAYER "," STATEMENT "]}", true}, /* not all of them */
        {"{" OCI ",\"layers\":[" STATEMENT "," LAYER "]}", true},
        {"{" OCI ",\"artifactType\":\"application/x\",\"layers\":[" LAYER "]}", false},
        {"{" OCI ",\"layers\":[" STATEMENT "]}", false},
        {"{" OCI ",\"layers\":[" STATEMENT "," STATEMENT "]}", false},
        {"{" CONFIG("application/vnd.oci.empty.v1+json") ",\"layers\":[" LAYER "]}", false},
        {"{" CONFIG("application/vnd.oci.image.config.v1+jso") "}", false},
        {"{\"config\":{},\"layers\":[" LAYER "]}", false},
        {"{\"config\":{\"mediaType\":7}}", false},
        {"{\"layers\":[" LAYER "]}", false},
        {"{}", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        json_t *document = json_loads(rows[i].text, 0, NULL);
        assert_non_null(document);
        if (manifest_is_image(document) != rows[i].image)
            fail_msg("%s: %d", rows[i].text, !rows[i].image);
        json_decref(document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_images),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
