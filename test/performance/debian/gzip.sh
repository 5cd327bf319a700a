# Packs and unpacks 4 MiB of text COUNT times.
i=0
while [ $i -lt "$1" ]; do
  gzip -6 -n -c /bench/text >/tmp/packed && gzip -d -c /tmp/packed >/tmp/unpacked || exit 1
  i=$((i + 1))
done
busybox md5sum </tmp/packed && busybox cmp /bench/text /tmp/unpacked
