/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define THREADS_MAX 512

struct threads {
    pthread_t accepter;
    pthread_t v[THREADS_MAX];
    size_t n;
    atomic_bool stop;
    pthread_mutex_t lock;
};

struct connection {
    struct server *server;
    int fd;
};

static void die(const char *what)
{
    perror(what);
    abort();
}

static void send_all(int fd, const void *p, size_t n)
{
    const char *at = p;
    while (n > 0) {
        ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        at += sent;
        n -= (size_t)sent;
    }
}

static bool read_request(int fd, char *request, size_t max)
{
    size_t n = 0;
    while (n + 1 < max) {
        ssize_t got = recv(fd, request + n, max - 1 - n, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
        request[n] = 0;
        if (strstr(request, "\r\n\r\n"))
            return true;
    }
    return false;
}

static struct route *find_route(struct server *s, const char *request)
{
    const char *path = strchr(request, ' ');
    if (!path)
        return NULL;
    path++;
    size_t n = strcspn(path, " ");
    for (size_t i = 0; i < s->n; i++)
        if (strlen(s->routes[i].path) == n && memcmp(s->routes[i].path, path, n) == 0)
            return &s->routes[i];
    return NULL;
}

static void send_head(int fd, int status, const char *headers, const char *range, bool with_length,
                      size_t n)
{
    char head[1024];
    size_t at = (size_t)snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\nConnection: close\r\n%s%s",
                                 status, headers ? headers : "", range);
    if (with_length)
        at += (size_t)snprintf(head + at, sizeof(head) - at, "Content-Length: %zu\r\n", n);
    at += (size_t)snprintf(head + at, sizeof(head) - at, "\r\n");
    send_all(fd, head, at);
}

static void wait_for_stop(struct server *s, int fd)
{
    const struct threads *t = s->threads;
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};
    while (!t->stop && poll(&p, 1, 20) == 0)
        ;
}

static void answer(struct server *s, struct route *r, int fd, const char *request)
{
    unsigned hit = atomic_fetch_add(&r->hits, 1);
    const char *range = strstr(request, "\r\nRange: bytes=");
    size_t from = 0;
    char range_header[100] = "";

    atomic_fetch_add(&r->ranges, range != NULL);
    if (hit < r->fail_times) {
        if (r->fail_status)
            send_head(fd, r->fail_status, r->fail_headers, "", true, 0);
        return;
    }
    if (r->unmodified && strstr(request, r->unmodified)) {
        send_head(fd, 304, NULL, "", false, 0);
        return;
    }
    if (range && r->range_refused) {
        send_head(fd, 416, NULL, "", true, 0);
        return;
    }
    if (range && !r->no_range && r->status == 0)
        from = strtoul(range + strlen("\r\nRange: bytes="), NULL, 10);
    if (from > r->n)
        from = r->n;
    size_t left = r->n - from;
    if (from > 0)
        snprintf(range_header, sizeof(range_header), "Content-Range: bytes %zu-%zu/%zu\r\n",
                 r->wrong_range ? from - 1 : from, r->n - 1, r->n);
    int status = r->status ? r->status : from > 0 ? 206 : 200;
    bool cut = hit < r->cut_times && r->cut < left, stall = cut && r->stall;
    const char *body = r->body + from;
    size_t n = cut ? r->cut : left;
    /* once the client has its answer the test may end, and with it the route */
    send_head(fd, status, r->headers, range_header, !r->no_length, left);
    send_all(fd, body, n);
    if (stall)
        wait_for_stop(s, fd);
}

static void *serve(void *arg)
{
    struct connection *c = arg;
    struct threads *t = c->server->threads;
    char request[2048];
    if (read_request(c->fd, request, sizeof(request))) {
        struct route *r = find_route(c->server, request);
        if (r) {
            pthread_mutex_lock(&t->lock);
            memcpy(r->request, request, sizeof(request));
            pthread_mutex_unlock(&t->lock);
            answer(c->server, r, c->fd, request);
        } else {
            send_head(c->fd, 404, NULL, "", true, 0);
        }
    }
    shutdown(c->fd, SHUT_WR);
    close(c->fd);
    free(c);
    return NULL;
}

static void *accept_all(void *arg)
{
    struct server *s = arg;
    struct threads *t = s->threads;
    while (!t->stop) {
        struct pollfd p = {.fd = s->fd, .events = POLLIN};
        if (poll(&p, 1, 20) <= 0)
            continue;
        int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        struct connection *c = xcalloc(1, sizeof(*c));
        *c = (struct connection){s, fd};
        if (t->n == THREADS_MAX || pthread_create(&t->v[t->n++], NULL, serve, c) != 0)
            die("pthread_create");
    }
    return NULL;
}

void server_start(struct server *s, struct route *routes, size_t n)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    struct threads *t = xcalloc(1, sizeof(*t));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    pthread_mutex_init(&t->lock, NULL);
    *s = (struct server){.routes = routes, .n = n, .threads = t};
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&address, size) < 0 || listen(s->fd, 64) < 0 ||
        getsockname(s->fd, (struct sockaddr *)&address, &size) < 0)
        die("server");
    s->port = ntohs(address.sin_port);
    if (pthread_create(&t->accepter, NULL, accept_all, s) != 0)
        die("pthread_create");
}

void server_stop(struct server *s)
{
    struct threads *t = s->threads;
    t->stop = true;
    pthread_join(t->accepter, NULL);
    for (size_t i = 0; i < t->n; i++)
        pthread_join(t->v[i], NULL);
    close(s->fd);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

char *server_url(const struct server *s, const char *path)
{
    return xasprintf("http://127.0.0.1:%u%s", s->port, path);
}
