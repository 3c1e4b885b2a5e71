/* The cheapest plugin there is: one line with performance data, exit 0. */
#include <unistd.h>

int main(void)
{
    static const char line[] = "OK trivial plugin | time=0.001s;1;2;0\n";
    return write(1, line, sizeof line - 1) == (ssize_t)(sizeof line - 1) ? 0 : 3;
}
