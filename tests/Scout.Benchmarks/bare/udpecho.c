/* The least a UDP echo of 76 octets can cost: one blocking socket a side, nothing parsed, nothing timed.
   udpecho server            prints its port, echoes until a packet of one octet comes, prints "cpu_us packets"
   udpecho client PORT N     N round trips one after another, then the packet of one octet; prints "cpu_us packets" */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

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
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    long packets = 0, start = 0;
    if (argc < 2 || fd < 0) return 2;
    if (strcmp(argv[1], "server") == 0) {
        if (bind(fd, (struct sockaddr *)&address, length) != 0) return 1;
        getsockname(fd, (struct sockaddr *)&address, &length);
        printf("%d\n", ntohs(address.sin_port));
        fflush(stdout);
        for (;;) {
            struct sockaddr_in from;
            socklen_t size = sizeof from;
            ssize_t got = recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &size);
            if (got <= 1) break;
            if (packets++ == 0) start = cpu_us();
            sendto(fd, buffer, got, 0, (struct sockaddr *)&from, size);
        }
    } else {
        address.sin_port = htons(atoi(argv[2]));
        long wanted = atol(argv[3]);
        memset(buffer, 7, 76);
        start = cpu_us();
        for (; packets < wanted; packets++) {
            sendto(fd, buffer, 76, 0, (struct sockaddr *)&address, length);
            if (recvfrom(fd, buffer, sizeof buffer, 0, NULL, NULL) < 0) return 1;
        }
        sendto(fd, buffer, 1, 0, (struct sockaddr *)&address, length);
    }
    printf("%ld %ld\n", cpu_us() - start, packets);
    return 0;
}
