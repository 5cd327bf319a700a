#!/bin/sh
# Builds the conformance guest: ./build.sh [output]; the default output is the committed conformance.Image beside this script.
set -eu
exec "$(dirname "$0")/../build-image.sh" conformance "${1:-}" \
    calls.S hostile.S hostile.c main.c report.c script.c sdei.c ../tiny/console.c ../tiny/interrupts.c ../tiny/fdt.c
