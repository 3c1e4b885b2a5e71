/* A bare probe: connect, GET, read to the end, close; and its answering side. What Scout's tcp and http checks are compared with.
   Usage: tcpget serve             prints its port; each line on stdin is answered with the microseconds of CPU used so far
          tcpget ask PORT RUNS     prints: runs, microseconds of CPU, of wall time */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
static const char request[] = "GET /mesh/ping HTTP/1.1\r\nHost: a\r\n\r\n";

static long long micros(struct timeval t) { return t.tv_sec * 1000000LL + t.tv_usec; }

static long long used(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return micros(u.ru_utime) + micros(u.ru_stime);
}

static long long wall(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void *tell(void *unused)
{
    char line[64];
    (void)unused;
    while (fgets(line, sizeof line, stdin)) {
        printf("%lld\n", used());
        fflush(stdout);
    }
    exit(0);
}

static int serve(void)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof at;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 4096) != 0) return 1;
    getsockname(listener, (struct sockaddr *)&at, &length);
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    pthread_t thread;
    pthread_create(&thread, NULL, tell, NULL);
    for (;;) {
        char buffer[4096];
        int peer = accept(listener, NULL, NULL);
        if (peer < 0) continue;
        /* A probe that only connects is gone by now: the read ends at once. */
        if (read(peer, buffer, sizeof buffer) > 0 && write(peer, answer, sizeof answer - 1) < 0) { }
        close(peer);
    }
}

static int ask(int port, long runs)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port) };
    long long cpu = used(), start = wall();
    for (long i = 0; i < runs; i++) {
        char buffer[4096];
        ssize_t got = 0, n;
        int s = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(s, (struct sockaddr *)&at, sizeof at) != 0) return 1;
        if (write(s, request, sizeof request - 1) != sizeof request - 1) return 1;
        while ((n = read(s, buffer + got, sizeof buffer - got)) > 0) got += n;
        close(s);
        if (got != sizeof answer - 1) return 1;
    }
    printf("%ld %lld %lld\n", runs, used() - cpu, wall() - start);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "serve") == 0) return serve();
    if (argc == 4 && strcmp(argv[1], "ask") == 0) return ask(atoi(argv[2]), atol(argv[3]));
    return 2;
}
