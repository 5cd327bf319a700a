# Starts Python COUNT times.
i=0
while [ $i -lt "$1" ]; do
  python3 -c 'print("here")' || exit 1
  i=$((i + 1))
done
