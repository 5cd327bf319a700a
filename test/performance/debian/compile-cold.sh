# The same with a compiler that has never run: a copy is other pages of memory, so nothing translated before serves it.
compiler=$(gcc -print-prog-name=cc1)
i=0
while [ $i -lt "$1" ]; do
  busybox rm -rf /tmp/cold
  busybox mkdir /tmp/cold
  busybox cp "$compiler" /tmp/cold/cc1
  gcc -B/tmp/cold/ -O1 -c -o /tmp/object.o /bench/mixed.c || exit 1
  i=$((i + 1))
done
busybox md5sum </tmp/object.o
