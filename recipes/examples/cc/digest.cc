// Answers each request with what a text is: its length, compressed and not, and its digest.
#include <csignal>
#include <iostream>
#include <jansson.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>
#include <zstd.h>

static std::string answer(const std::string &text)
{
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    std::string hex;
    std::vector<char> packed(ZSTD_compressBound(text.size()));

    EVP_Digest(text.data(), text.size(), md, &n, EVP_sha256(), nullptr);
    for (unsigned i = 0; i < n; i++) {
        hex += "0123456789abcdef"[md[i] >> 4];
        hex += "0123456789abcdef"[md[i] & 15];
    }
    json_t *doc = json_pack("{s:i, s:i, s:s}", "length", (int)text.size(), "compressed",
                            (int)ZSTD_compress(packed.data(), packed.size(), text.data(),
                                               text.size(), 3),
                            "sha256", hex.c_str());
    char *s = json_dumps(doc, JSON_COMPACT);
    std::string ret = s;

    free(s);
    json_decref(doc);
    return ret;
}

int main()
{
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in any = {};

    any.sin_family = AF_INET;
    any.sin_port = htons(8080);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(listener, (sockaddr *)&any, sizeof(any)) < 0 || listen(listener, 16) < 0) {
        std::cerr << "port 8080 can't be had" << std::endl;
        return 1;
    }
    // The first process of a container gets no signal that it hasn't asked for.
    signal(SIGTERM, [](int) { _exit(0); });
    for (;;) {
        int client = accept(listener, nullptr, nullptr);
        std::string request(4096, '\0');
        ssize_t n = client < 0 ? -1 : read(client, &request[0], request.size());
        size_t start = n > 0 ? request.find('/') : std::string::npos;

        if (start != std::string::npos) {
            size_t end = request.find(' ', start);
            std::string body = answer(request.substr(start + 1, end - start - 1));
            std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                               "Connection: close\r\nContent-Length: " +
                               std::to_string(body.size()) + "\r\n\r\n" + body;
            if (write(client, head.data(), head.size()) < 0)
                std::cerr << "a client has gone" << std::endl;
        }
        if (client >= 0)
            close(client);
    }
}
