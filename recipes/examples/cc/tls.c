#include <openssl/ssl.h>
#include <stdio.h>

int main(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    if (!ctx || !SSL_CTX_set_default_verify_paths(ctx) ||
        !SSL_CTX_load_verify_file(ctx, X509_get_default_cert_file()))
        return 1;
    printf("%s, %d CAs\n", OpenSSL_version(OPENSSL_VERSION),
           sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(ctx))));
    SSL_CTX_free(ctx);
    return 0;
}
