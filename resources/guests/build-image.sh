#!/bin/sh
# Builds a bare-metal guest: build-image.sh NAME OUTPUT SOURCE..., called by the build.sh in the folder of each; an empty
# OUTPUT is the committed NAME.Image there. Sources are relative to that folder.
# Needs gcc-aarch64-linux-gnu (or CROSS_COMPILE=...). The same compiler gives the same bytes.
set -eu
name=$1
output=${2:-$name.Image}
shift 2
cd "$(dirname "$0")/$name"
cross=${CROSS_COMPILE:-aarch64-linux-gnu-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${cross}gcc" -std=gnu17 -O2 -Wall -Wextra -Werror -march=armv8-a -mgeneral-regs-only -mstrict-align \
    -mno-outline-atomics -ffreestanding -fpie -fvisibility=hidden -fno-stack-protector -fno-asynchronous-unwind-tables \
    -fno-tree-loop-distribute-patterns -ffile-prefix-map="$PWD=." -nostdlib -static-pie -Wl,--build-id=none -Wl,-z,norelro -Wl,--no-warn-rwx-segments \
    -Wl,-z,max-page-size=4096 -Wl,--no-dynamic-linker -I../tiny -Wl,-T,../tiny/tiny.lds -o "$work/$name.elf" "$@"
"${cross}objcopy" -O binary "$work/$name.elf" "$output"
sha256sum "$output"
