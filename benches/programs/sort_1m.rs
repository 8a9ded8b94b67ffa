fn numbers(n: usize, seed: i64) -> Vec<i64> {
    let numbers = std::iter::successors(Some(seed), |x| Some(x * 16807 % 2147483647));
    numbers.take(n).collect()
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse().expect("a number"));
    let n = arguments.next().expect("items");
    let rounds = arguments.next().expect("rounds");
    let mut sum = 0;
    for k in 1..=rounds {
        let mut sorted = numbers(n, k as i64);
        sorted.sort();
        sum += sorted[0] + sorted[n / 2];
    }
    println!("{sum}");
}
