// Unchecked: the compiler turns one of the two calls into a loop.
fn fib(n: i64) -> i64 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

fn main() {
    let n = std::env::args().nth(1).expect("a number").parse().expect("a number");
    println!("{}", fib(n));
}
