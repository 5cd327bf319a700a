/*
 * Checks the processor from user space, under a real kernel: `probe [GROUP...]`, every group when none is named.
 * A line a check: `PROBE-OK name` or `PROBE-FAIL name why`; `PROBE-NOTE` lines are for people; the last one is
 * `PROBE-DONE count`.
 */
#include "probe.h"

#include <stdarg.h>

/* A check that takes longer hangs; PROBE_SECONDS says otherwise where other work goes on beside it. */
static unsigned seconds_per_check = 100;

static struct {
    char const* name;
    struct check const* checks;
} const groups[] = {
    { "processor", processor_checks },
    { "fault", fault_checks },
    { "undefined", undefined_checks },
    { "debug", debug_checks },
    { "perf", perf_checks },
    { "memory", memory_checks },
    { "hammer", hammer_checks },
    { "code", code_checks },
    { "context", context_checks },
    { "time", time_checks },
    { "atomic", atomic_checks },
    { "litmus", litmus_checks },
    { "lock", lock_checks },
    { "bpf", bpf_checks },
};

char const* why(char const* format, ...)
{
    static char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return text;
}

void note(char const* format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("PROBE-NOTE ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    fflush(stdout);
}

/* Each check has a process of its own, so that what it breaks or leaves behind stays there. */
static void run_check(struct check const* check)
{
    uint64_t const begin = now_ns();
    int report[2];
    if (pipe(report) != 0)
        abort();
    fflush(stdout);
    pid_t const child = fork();
    if (child == 0) {
        close(report[0]);
        alarm(seconds_per_check);
        char const* reason = check->run();
        if (reason != NULL && write(report[1], reason, strlen(reason)) < 0)
            _exit(2);
        fflush(stdout);
        _exit(reason != NULL);
    }
    close(report[1]);
    char reason[400];
    ssize_t const length = read(report[0], reason, sizeof reason - 1);
    reason[length > 0 ? length : 0] = '\0';
    close(report[0]);
    int status = -1;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        printf("PROBE-OK %s (%llu ms)\n", check->name, (unsigned long long)((now_ns() - begin) / 1000000));
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        printf("PROBE-FAIL %s was not done after %u s\n", check->name, seconds_per_check);
    else if (WIFSIGNALED(status))
        printf("PROBE-FAIL %s ended by signal %d\n", check->name, WTERMSIG(status));
    else
        printf("PROBE-FAIL %s %s\n", check->name, reason);
    fflush(stdout);
}

int main(int count, char** words)
{
    int done = 0;
    if (getenv("PROBE_SECONDS") != NULL)
        seconds_per_check = (unsigned)atoi(getenv("PROBE_SECONDS"));
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        bool wanted = count == 1;
        for (int word = 1; word < count; word++)
            wanted |= strcmp(words[word], groups[i].name) == 0;
        for (struct check const* check = groups[i].checks; wanted && check->name != NULL; check++, done++)
            run_check(check);
    }
    printf("PROBE-DONE %d\n", done);
    return 0;
}
