#!/bin/sh
# Builds the mapper guest: ./build.sh [output]; the default output is the committed mapper.Image beside this script.
# Needs gcc-aarch64-linux-gnu (or CROSS_COMPILE=...). The same compiler gives the same bytes.
set -eu
cd "$(dirname "$0")"
output=${1:-mapper.Image}
cross=${CROSS_COMPILE:-aarch64-linux-gnu-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${cross}gcc" -std=gnu17 -O2 -Wall -Wextra -Werror -march=armv8-a -mgeneral-regs-only -mstrict-align \
    -mno-outline-atomics -ffreestanding -fpie -fvisibility=hidden -fno-stack-protector -fno-asynchronous-unwind-tables \
    -fno-tree-loop-distribute-patterns -ffile-prefix-map="$PWD=." -nostdlib -static-pie -Wl,--build-id=none -Wl,-z,norelro -Wl,--no-warn-rwx-segments \
    -Wl,-z,max-page-size=4096 -Wl,--no-dynamic-linker -I../tiny -Wl,-T,../tiny/tiny.lds -o "$work/mapper.elf" \
    ../tiny/start.S moving.S main.c prepare.c hammer.c ../tiny/console.c ../tiny/interrupts.c ../tiny/fdt.c
"${cross}objcopy" -O binary "$work/mapper.elf" "$output"
sha256sum "$output"
