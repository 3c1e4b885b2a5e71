/* Runs a program n times, one every `us` microseconds, and prints the CPU that this process itself used for a run, in microseconds: what a
 * supervisor that does nothing but spawn, read and wait pays at that pace, cold caches and wake-ups included. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: pacedloop RUNS MICROSECONDS PROGRAM\n");
        return 2;
    }
    int runs = atoi(argv[1]);
    long pace = atol(argv[2]) * 1000L;
    char *words[] = {argv[3], NULL};
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (int i = 0; i < runs; i++) {
        next.tv_nsec += pace;
        while (next.tv_nsec >= 1000000000L) {
            next.tv_nsec -= 1000000000L;
            next.tv_sec++;
        }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
        int ends[2];
        pid_t pid;
        int status;
        char kept[4096];
        posix_spawn_file_actions_t actions;
        if (pipe2(ends, O_CLOEXEC) != 0) return 1;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
        if (posix_spawn(&pid, argv[3], &actions, NULL, words, environ) != 0) return 1;
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
        while (read(ends[0], kept, sizeof kept) > 0) {}
        close(ends[0]);
        if (wait4(pid, &status, 0, NULL) != pid || status != 0) return 1;
    }
    struct rusage own;
    getrusage(RUSAGE_SELF, &own);
    printf("%.1f\n", ((own.ru_utime.tv_sec + own.ru_stime.tv_sec) * 1e6 + own.ru_utime.tv_usec + own.ru_stime.tv_usec) / runs);
    return 0;
}
