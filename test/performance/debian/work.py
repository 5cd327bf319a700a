"""Work as Python programs do it: words, objects, numbers, text formats. Prints what must be the same everywhere."""

import hashlib
import json
import re
import sys


class Account:
    def __init__(self, name, balance):
        self.name = name
        self.balance = balance

    def pay(self, other, amount):
        paid = min(amount, self.balance)
        self.balance -= paid
        other.balance += paid
        return paid


def count_words(text):
    counts = {}
    for word in re.findall(r"[a-z_]+", text):
        counts[word] = counts.get(word, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:20]


def move_money(rounds):
    accounts = [Account(f"account {i}", 1000 + i) for i in range(50)]
    total = 0
    for i in range(rounds):
        total += accounts[i % 50].pay(accounts[i * 7 % 50], i % 13)
    return total, [account.balance for account in accounts]


def integrate(steps):
    total = 0.0
    for i in range(steps):
        x = (i + 0.5) / steps
        total += 4.0 / (1.0 + x * x)
    return total / steps


def main(rounds):
    with open("/bench/text", encoding="utf-8", errors="replace") as file:
        text = file.read(400_000)
    for _ in range(rounds):
        result = [count_words(text), move_money(40_000), f"{integrate(60_000):.9f}"]
        again = json.loads(json.dumps(result))
        print(hashlib.sha256(repr(again).encode()).hexdigest())


main(int(sys.argv[1]))
