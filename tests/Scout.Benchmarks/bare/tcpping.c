/* The least a TCP probe can cost: connect, one request, one answer, close; blocking, nothing parsed.
   tcpping server N          prints its port, answers N connections, prints "cpu_us connections"
   tcpping client PORT N     N probes one after another; prints "cpu_us connections" */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const char request[] = "GET /mesh/ping HTTP/1.1\r\nHost: n1\r\nConnection: close\r\n\r\n";
static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 53\r\nConnection: close\r\n\r\n"
                             "{\"node\":\"n7\",\"incarnation\":1795221600,\"leaving\":false}";

static long cpu_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000L + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

int main(int argc, char **argv)
{
    char buffer[2048];
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    long done = 0, start = 0;
    if (argc < 3) return 2;
    if (strcmp(argv[1], "server") == 0) {
        int listener = socket(AF_INET, SOCK_STREAM, 0);
        long wanted = atol(argv[2]);
        if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 128) != 0) return 1;
        getsockname(listener, (struct sockaddr *)&address, &length);
        printf("%d\n", ntohs(address.sin_port));
        fflush(stdout);
        for (; done < wanted; done++) {
            int fd = accept(listener, NULL, NULL);
            if (done == 0) start = cpu_us();
            if (fd < 0 || recv(fd, buffer, sizeof buffer, 0) <= 0) return 1;
            send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
            close(fd);
        }
    } else {
        struct linger reset = { 1, 0 };
        long wanted = atol(argv[3]);
        address.sin_port = htons(atoi(argv[2]));
        start = cpu_us();
        for (; done < wanted; done++) {
            int fd = socket(AF_INET, SOCK_STREAM, 0);
            if (connect(fd, (struct sockaddr *)&address, length) != 0) return 1;
            send(fd, request, sizeof request - 1, MSG_NOSIGNAL);
            if (recv(fd, buffer, sizeof buffer, 0) <= 0) return 1;
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
            close(fd);
        }
    }
    printf("%ld %ld\n", cpu_us() - start, done);
    return 0;
}
