// Programs of a root file system: shell scripts in /bench, where the guest has one.
#define _GNU_SOURCE
#include "benchmark.h"
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static char const kOutput[] = "/tmp/output", kWork[] = "/tmp/work";

// The 64-bit FNV-1a hash of a file. [RFC 9923, section 2]
static uint64_t hash_file(char const* path)
{
    uint64_t hash = 0xcbf29ce484222325u;
    uint8_t buffer[4096];
    int const file = open(path, O_RDONLY);
    for (ssize_t size; file >= 0 && (size = read(file, buffer, sizeof buffer)) > 0;)
        for (ssize_t i = 0; i < size; i++)
            hash = (hash ^ buffer[i]) * 0x100000001b3u;
    close(file);
    return hash;
}

static int spawn_and_wait(char const* script, char const* count)
{
    char* const arguments[] = { "sh", (char*)script, (char*)count, NULL };
    char* const environment[] = { "PATH=/usr/bin:/bin", "HOME=/tmp", "LC_ALL=C", NULL };
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, kOutput, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t child;
    int status = -1;
    if (posix_spawn(&child, "/bin/sh", &files, NULL, arguments, environment) == 0)
        waitpid(child, &status, 0);
    posix_spawn_file_actions_destroy(&files);
    return status == 0;
}

int has_script(char const* name)
{
    char script[64];
    snprintf(script, sizeof script, "/bench/%s.sh", name);
    return access(script, R_OK) == 0;
}

int run_script(char const* name, uint64_t* count, uint64_t* checksum)
{
    char script[64], text[24];
    snprintf(script, sizeof script, "/bench/%s.sh", name);
    snprintf(text, sizeof text, "%" PRIu64, *count);
    unlink(kWork);
    if (!spawn_and_wait(script, text))
        return 0;
    *checksum = hash_file(kOutput);
    FILE* const work = fopen(kWork, "r");
    if (work) {
        if (fscanf(work, "%" SCNu64, count) != 1)
            *count = 0;
        fclose(work);
    }
    return *count > 0;
}
