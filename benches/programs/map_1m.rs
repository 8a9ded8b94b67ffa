use std::collections::HashMap;

fn build(n: i64) -> HashMap<i64, i64> {
    let mut map = HashMap::new();
    for i in 0..n {
        map.insert(i * 7, i);
    }
    map
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse().expect("a number"));
    let n = arguments.next().expect("entries");
    let rounds = arguments.next().expect("rounds");
    let mut sum = 0;
    for _ in 0..rounds {
        let map = build(n);
        sum += (0..n).map(|i| map[&(i * 7)]).sum::<i64>();
    }
    println!("{sum}");
}
