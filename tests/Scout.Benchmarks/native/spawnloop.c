/* The bare minimum of running a plugin: pipe2, posix_spawn, read to the end, wait4. What Scout's executor is compared with.
   Usage: spawnloop RUNS PROGRAM [ARGUMENT...]; prints: runs, microseconds of CPU of its own, of its children, of wall time. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long micros(struct timeval t) { return t.tv_sec * 1000000LL + t.tv_usec; }

static long long used(int who)
{
    struct rusage u;
    getrusage(who, &u);
    return micros(u.ru_utime) + micros(u.ru_stime);
}

static long long wall(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    long runs = atol(argv[1]);
    char *envp[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=/", NULL };
    posix_spawnattr_t attr;
    sigset_t all;
    posix_spawnattr_init(&attr);
    sigfillset(&all);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setpgroup(&attr, 0);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    long long own = used(RUSAGE_SELF), children = used(RUSAGE_CHILDREN), start = wall();
    for (long i = 0; i < runs; i++) {
        int fds[2];
        if (pipe2(fds, O_CLOEXEC) != 0) return 1;
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
        pid_t pid;
        if (posix_spawn(&pid, argv[2], &actions, &attr, argv + 2, envp) != 0) return 1;
        posix_spawn_file_actions_destroy(&actions);
        close(fds[1]);
        char buffer[65536];
        size_t got = 0;
        ssize_t n;
        while ((n = read(fds[0], buffer, sizeof buffer)) > 0) got += (size_t)n;
        close(fds[0]);
        int status;
        struct rusage usage;
        if (wait4(pid, &status, 0, &usage) != pid || status != 0 || got < 2 || memcmp(buffer, "OK", 2) != 0) return 1;
    }
    printf("%ld %lld %lld %lld\n", runs, used(RUSAGE_SELF) - own, used(RUSAGE_CHILDREN) - children, wall() - start);
    return 0;
}
