"""Input for the benchmarks, out of seeded generators: a text, a JSON file, a long program."""
import json
import random

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def word(rng):
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(2, 10)))


def write_text(path, size):
    """A text of about `size` bytes: lines of words, a few of them frequent."""
    rng = random.Random(1)
    words = [word(rng) for _ in range(100_000)]
    weights = [1 / (rank + 1) for rank in range(len(words))]
    cumulative, total = [], 0.0
    for weight in weights:
        total += weight
        cumulative.append(total)
    with open(path, "w", encoding="ascii") as out:
        written = 0
        while written < size:
            chosen = rng.choices(words, cum_weights=cumulative, k=12_000)
            lines = (" ".join(chosen[at:at + 12]) for at in range(0, len(chosen), 12))
            written += out.write("\n".join(lines) + "\n")


def record(rng, number):
    return {
        "id": number,
        "name": word(rng) + " " + word(rng),
        "email": word(rng) + "@" + word(rng) + ".example",
        "active": rng.random() < 0.5,
        "score": rng.randrange(100_000) + 0.5,
        "tags": [word(rng) for _ in range(rng.randint(0, 5))],
        "address": {"street": word(rng) + "\n" + word(rng), "city": "K\u00f6ln", "zip": None},
    }


def write_json(path, size):
    """An array of records, of about `size` bytes."""
    rng = random.Random(2)
    with open(path, "w", encoding="ascii") as out:
        written, number = out.write("["), 0
        while written < size:
            written += out.write((",\n" if number else "") + json.dumps(record(rng, number)))
            number += 1
        out.write("]\n")


def write_functions(path, count):
    """A program of `count` functions of ten lines, all of which run before its first output."""
    with open(path, "w", encoding="ascii") as out:
        for k in range(count):
            then = f"(step-{k + 1} (+ a b) xs)" if k + 1 < count else "[a b xs]"
            out.write(
                f"(defn step-{k} [n xs]\n"
                f"  (let [a (+ n {k})\n"
                f"        b (if (> a {k * 3})\n"
                f"            (- a {k})\n"
                f"            (* a 2))]\n"
                f"    (cond\n"
                f"      (< b 0) nil\n"
                f"      (= b {k}) (conj xs a)\n"
                f"      :else\n"
                f"      {then.replace('(+ a b)', '(rem (+ a b) 1000)')})))\n\n"
            )
        out.write("(println (first (step-0 1 [])))\n")
