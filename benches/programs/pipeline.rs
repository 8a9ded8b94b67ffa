use std::hint::black_box;

fn total(n: i64) -> i64 {
    let mut sum: i64 = 0;
    for i in 0..n {
        let x = i.checked_add(1).expect("in range");
        if x % 2 != 0 {
            sum = sum.checked_add(x.checked_mul(3).expect("in range")).expect("in range");
        }
    }
    sum
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse().expect("a number"));
    let n = arguments.next().expect("items");
    let rounds = arguments.next().expect("rounds");
    let sum: i64 = (0..rounds).map(|_| total(black_box(n))).sum();
    println!("{}", sum / rounds);
}
