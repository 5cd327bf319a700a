// Operations of the guest's kernel: system calls, switches, processes, page faults.
#define _GNU_SOURCE
#include "benchmark.h"
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// The cheapest system call there is.
uint64_t operation_syscall(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        if (syscall(SYS_getppid) < 0)
            return 0;
    return count;
}

// One byte to another process and back: two switches.
uint64_t operation_pipe(uint64_t count)
{
    int there[2], back[2];
    if (pipe(there) != 0 || pipe(back) != 0)
        return 0;
    char byte = 1;
    uint64_t done = 0;
    pid_t const child = fork();
    if (child == 0) {
        for (uint64_t i = 0; i < count; i++)
            if (read(there[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1)
                _exit(1);
        _exit(0);
    }
    while (done < count && write(there[1], &byte, 1) == 1 && read(back[0], &byte, 1) == 1)
        done++;
    waitpid(child, NULL, 0);
    close(there[0]);
    close(there[1]);
    close(back[0]);
    close(back[1]);
    return done == count ? count : 0;
}

// A child that ends at once.
uint64_t operation_fork(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        pid_t const child = fork();
        if (child == 0)
            _exit(0);
        if (child < 0 || waitpid(child, NULL, 0) != child)
            return 0;
    }
    return count;
}

// A child that becomes this program again, and ends: by fork(), so with page tables that are copied and thrown away.
uint64_t operation_fork_exec(uint64_t count)
{
    char* const arguments[] = { "/init", "exit", NULL };
    for (uint64_t i = 0; i < count; i++) {
        int status = 1;
        pid_t const child = fork();
        if (child == 0) {
            execv("/init", arguments);
            _exit(1);
        }
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            return 0;
    }
    return count;
}

// The same by vfork(), as posix_spawn() does it.
uint64_t operation_exec(uint64_t count)
{
    char* const arguments[] = { "/init", "exit", NULL };
    for (uint64_t i = 0; i < count; i++) {
        int status = 1;
        pid_t child;
        if (posix_spawn(&child, "/init", NULL, NULL, arguments, NULL) != 0)
            return 0;
        if (waitpid(child, &status, 0) != child || status != 0)
            return 0;
    }
    return count;
}

// A MiB of fresh memory, touched page by page, and given back.
uint64_t operation_touch(uint64_t count)
{
    enum { BYTES = 1 << 20 };
    long const page = sysconf(_SC_PAGESIZE);
    for (uint64_t i = 0; i < count; i++) {
        uint8_t* const memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            return 0;
        for (long at = 0; at < BYTES; at += page)
            memory[at] = 1;
        munmap(memory, BYTES);
    }
    return count;
}

// 64 KiB of zeroes from the kernel.
uint64_t operation_read(uint64_t count)
{
    static char buffer[65536];
    int const file = open("/dev/zero", O_RDONLY);
    uint64_t done = 0;
    while (done < count && read(file, buffer, sizeof buffer) == (ssize_t)sizeof buffer)
        done++;
    close(file);
    return done == count ? count : 0;
}

// Pages of a file that become private copies when they are written to: 64 faults.
uint64_t operation_copy_on_write(uint64_t count)
{
    enum { PAGES = 64 };
    long const page = sysconf(_SC_PAGESIZE);
    int const file = open("/init", O_RDONLY);
    for (uint64_t i = 0; i < count; i++) {
        uint8_t* const memory = mmap(NULL, PAGES * (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
        if (memory == MAP_FAILED)
            return 0;
        for (long at = 0; at < PAGES * page; at += page)
            memory[at] ^= 1;
        munmap(memory, PAGES * (size_t)page);
    }
    close(file);
    return count;
}

static uint8_t* protected_page;

static void on_fault(int signal)
{
    (void)signal;
    mprotect(protected_page, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE);
}

// A store to a page that may not be written, a signal, and its handler that allows it.
uint64_t operation_signal(uint64_t count)
{
    size_t const size = (size_t)sysconf(_SC_PAGESIZE);
    protected_page = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct sigaction action = { .sa_handler = on_fault }, before;
    if (protected_page == MAP_FAILED || sigaction(SIGSEGV, &action, &before) != 0)
        return 0;
    uint64_t done = 0;
    while (done < count) {
        *(uint8_t volatile*)protected_page = (uint8_t)done;
        if (mprotect(protected_page, size, PROT_READ) != 0)
            break;
        done++;
    }
    sigaction(SIGSEGV, &before, NULL);
    munmap(protected_page, size);
    return done == count ? count : 0;
}
