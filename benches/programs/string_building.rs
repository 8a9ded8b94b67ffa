use std::fmt::Write;

fn built(n: usize) -> String {
    let mut text = String::new();
    for i in 0..n {
        write!(text, "item {i}, ").expect("a string takes all");
    }
    text
}

fn joined(n: usize) -> String {
    let items: Vec<String> = (0..n).map(|i| format!("item {i}")).collect();
    items.join(", ")
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse().expect("a number"));
    let n = arguments.next().expect("items");
    let rounds = arguments.next().expect("rounds");
    let size: usize = (0..rounds).map(|_| built(n).len() + joined(n).len()).sum();
    println!("{size}");
}
