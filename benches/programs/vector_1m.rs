use std::hint::black_box;

fn build(n: i64) -> Vec<i64> {
    let mut vector = Vec::new();
    for i in 0..n {
        vector.push(i);
    }
    vector
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse().expect("a number"));
    let n = arguments.next().expect("items");
    let rounds = arguments.next().expect("rounds");
    let mut sum: i64 = 0;
    for _ in 0..rounds {
        let vector = black_box(build(n));
        sum += vector.iter().fold(0i64, |sum, item| sum.checked_add(*item).expect("in range"));
    }
    println!("{sum}");
}
