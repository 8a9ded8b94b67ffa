fn flips(p: &mut [usize]) -> i64 {
    let mut n = 0;
    while p[0] != 0 {
        let top = p[0];
        p[..=top].reverse();
        n += 1;
    }
    n
}

/// Rotates ever longer prefixes until one has turns left; gives its length less one, or n.
fn next_permutation(p: &mut [usize], counts: &mut [usize]) -> usize {
    for r in 1..p.len() {
        p[..=r].rotate_left(1);
        counts[r] -= 1;
        if counts[r] > 0 {
            return r;
        }
    }
    p.len()
}

fn reset(counts: &mut [usize], r: usize) {
    for i in 1..r {
        counts[i] = i + 1;
    }
}

fn main() {
    let n = std::env::args().nth(1).expect("a number").parse().expect("a number");
    let mut p: Vec<usize> = (0..n).collect();
    let mut work = p.clone();
    let mut counts = vec![0; n];
    reset(&mut counts, n);
    let (mut odd, mut sum, mut most) = (false, 0, 0);
    loop {
        work.copy_from_slice(&p);
        let f = flips(&mut work);
        sum += if odd { -f } else { f };
        most = most.max(f);
        let r = next_permutation(&mut p, &mut counts);
        if r == n {
            break;
        }
        reset(&mut counts, r);
        odd = !odd;
    }
    println!("{sum} {most}");
}
