struct Tree(Option<(Box<Tree>, Box<Tree>)>);

fn tree(depth: u32) -> Tree {
    Tree((depth > 0).then(|| (Box::new(tree(depth - 1)), Box::new(tree(depth - 1)))))
}

fn nodes(tree: &Tree) -> u64 {
    match &tree.0 {
        None => 1,
        Some((left, right)) => 1 + nodes(left) + nodes(right),
    }
}

fn main() {
    let most: u32 = std::env::args().nth(1).expect("a number").parse().expect("a number");
    let long_lived = tree(most);
    println!("stretch {}", nodes(&tree(most + 1)));
    for depth in (4..=most).step_by(2) {
        let count = 1 << (most - depth + 4);
        let sum: u64 = (0..count).map(|_| nodes(&tree(depth))).sum();
        println!("{count} of depth {depth} {sum}");
    }
    println!("long-lived {}", nodes(&long_lived));
}
