// The same recursion with the same checks: overflow is an error in both.
#[inline(never)]
fn fib(n: i64) -> i64 {
    if n < 2 {
        return n;
    }
    let a = fib(n.checked_sub(1).expect("in range"));
    let b = fib(n.checked_sub(2).expect("in range"));
    a.checked_add(b).expect("in range")
}

fn main() {
    let n: i64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(40);
    println!("{}", fib(n));
}
