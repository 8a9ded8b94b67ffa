// Both calls are made and every sum is checked, as Batuta does.
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
    let n = std::env::args().nth(1).expect("a number").parse().expect("a number");
    println!("{}", fib(n));
}
