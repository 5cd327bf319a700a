# A program of dictionaries, objects, text and numbers.
exec python3 /bench/work.py "$1"
