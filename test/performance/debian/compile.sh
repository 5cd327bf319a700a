# Compiles a file of 200 lines COUNT times.
i=0
while [ $i -lt "$1" ]; do
  gcc -O1 -c -o /tmp/object.o /bench/mixed.c || exit 1
  i=$((i + 1))
done
busybox md5sum </tmp/object.o
