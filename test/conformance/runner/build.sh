#!/bin/sh
# Builds the oracle runner: build.sh OUTPUT. The compiler can be named in CC; default is Debian's cross compiler.
set -eu
here=$(dirname "$0")
${CC:-aarch64-linux-gnu-gcc} -std=c17 -O2 -g -Wall -Wextra -Werror -static -no-pie -o "$1" \
    "$here/oracle_runner.c" "$here/oracle_entry.S"
