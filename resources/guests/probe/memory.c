/* Translations of one thread: copy on write, moved and recycled pages, access flags. */
#include "probe.h"

enum { kPages = 64 };

static char* page_of(char* memory, int index)
{
    return memory + (size_t)index * page_size();
}

static char const* copy_on_write(void)
{
    char* const memory = pages(kPages, PROT_READ | PROT_WRITE);
    for (int i = 0; i < kPages; i++)
        *page_of(memory, i) = (char)i;
    for (int round = 0; round < 8; round++) {
        int go[2];
        if (pipe(go) != 0)
            return "pipe";
        pid_t const child = fork();
        if (child == 0) {
            char byte;
            bool good = read(go[0], &byte, 1) == 1;
            for (int i = 0; i < kPages; i++) {
                good &= *page_of(memory, i) == (char)(i + round); /* not what the parent wrote since */
                *page_of(memory, i) = 99;
            }
            _exit(good ? 0 : 1);
        }
        for (int i = 0; i < kPages; i++)
            *page_of(memory, i) = (char)(i + round + 1);
        if (write(go[1], "x", 1) != 1)
            return "write";
        int status;
        waitpid(child, &status, 0);
        FAIL_UNLESS(status == 0, "round %d: the child saw a write of its parent (status %x)", round, status);
        for (int i = 0; i < kPages; i++)
            FAIL_UNLESS(*page_of(memory, i) == (char)(i + round + 1), "the parent saw a write of its child");
        close(go[0]);
        close(go[1]);
    }
    return NULL;
}

static void store(void* at)
{
    *(char volatile*)at = 1;
}

static char const* protection(void)
{
    char* const memory = pages(2, PROT_READ | PROT_WRITE);
    for (int i = 0; i < 500; i++) {
        *(char volatile*)memory = (char)i;
        mprotect(memory, page_size(), PROT_READ);
        FAIL_UNLESS(catch_signal(store, memory).signal == SIGSEGV, "a store to a read-only page was done");
        FAIL_UNLESS(*(char volatile*)memory == (char)i, "the page changed");
        mprotect(memory, page_size(), PROT_READ | PROT_WRITE);
    }
    return NULL;
}

static char const* moved_pages(void)
{
    size_t const size = page_size();
    char* first = pages(4, PROT_READ | PROT_WRITE);
    char* second = pages(4, PROT_READ | PROT_WRITE);
    memset(first, 1, 4 * size);
    for (int i = 0; i < 300; i++) {
        *(char volatile*)(second) = 2; /* cache a translation of the place that will be taken over */
        *(char volatile*)(first) = (char)i;
        if (mremap(first, 4 * size, 4 * size, MREMAP_MAYMOVE | MREMAP_FIXED, second) != second)
            return why("mremap: %s", strerror(errno));
        FAIL_UNLESS(*(char volatile*)second == (char)i && second[3 * size] == 1, "the new place has other content");
        FAIL_UNLESS(catch_signal(store, first).signal == SIGSEGV, "the old place is still there");
        mmap(first, 4 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        FAIL_UNLESS(*(char volatile*)first == 0, "a fresh page is not zero");
        char* const swap = first;
        first = second;
        second = swap;
    }
    return NULL;
}

/* Fresh pages are zero, whoever had the memory before; DONTNEED drops what was written. */
static char const* fresh_pages(void)
{
    for (int i = 0; i < 60; i++) {
        uint64_t* const memory = pages(kPages, PROT_READ | PROT_WRITE);
        size_t const words = kPages * page_size() / 8;
        for (size_t word = 0; word < words; word += 64)
            FAIL_UNLESS(memory[word] == 0, "round %d: word %zu of a fresh page is %lx", i, word, memory[word]);
        for (size_t word = 0; word < words; word += 64)
            memory[word] = 0xbad;
        if (i % 2) {
            madvise(memory, kPages * page_size(), MADV_DONTNEED);
            for (size_t word = 0; word < words; word += 512)
                FAIL_UNLESS(memory[word] == 0, "DONTNEED kept word %zu", word);
        }
        munmap(memory, kPages * page_size());
    }
    return NULL;
}

/* Kilobytes that were accessed since the last clear_refs, as the kernel reads from the access flags. */
static long referenced(void const* memory)
{
    char line[256], wanted[32];
    snprintf(wanted, sizeof wanted, "%lx-", (unsigned long)memory);
    FILE* const maps = fopen("/proc/self/smaps", "r");
    bool found = false;
    long kilobytes = -1;
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        found |= strncmp(line, wanted, strlen(wanted)) == 0;
        if (found && sscanf(line, "Referenced: %ld", &kilobytes) == 1)
            break;
    }
    fclose(maps);
    return kilobytes;
}

static char const* access_flags(void)
{
    size_t const size = page_size();
    char* const memory = mmap(NULL, kPages * size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    memset(memory, 1, kPages * size);
    for (int touched = 0; touched <= kPages; touched += 16) {
        FILE* const file = fopen("/proc/self/clear_refs", "w");
        FAIL_UNLESS(file != NULL && fputs("1", file) >= 0 && fclose(file) == 0, "clear_refs: %s", strerror(errno));
        /* Linux may leave translations in the TLB when it clears the flags; a change of protection drops them. */
        for (int i = 0; i < 2; i++) {
            mprotect(memory, kPages * size, PROT_READ);
            mprotect(memory, kPages * size, PROT_READ | PROT_WRITE);
        }
        for (int i = 0; i < touched; i++)
            (void)*(char volatile*)page_of(memory, i);
        long const kilobytes = referenced(memory);
        FAIL_UNLESS(
            kilobytes == (long)(touched * size / 1024), "%ld KiB referenced after %d pages", kilobytes, touched);
    }
    return NULL;
}

struct check const memory_checks[] = {
    { "memory-copy-on-write", copy_on_write },
    { "memory-protection", protection },
    { "memory-moved-pages", moved_pages },
    { "memory-fresh-pages", fresh_pages },
    { "memory-access-flags", access_flags },
    { 0 },
};
