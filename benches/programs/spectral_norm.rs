fn element(i: usize, j: usize) -> f64 {
    1.0 / ((i + j) * (i + j + 1) / 2 + i + 1) as f64
}

fn times(v: &[f64], w: &mut [f64]) {
    for (i, w) in w.iter_mut().enumerate() {
        *w = v.iter().enumerate().map(|(j, v)| element(i, j) * v).sum();
    }
}

fn transposed_times(v: &[f64], w: &mut [f64]) {
    for (i, w) in w.iter_mut().enumerate() {
        *w = v.iter().enumerate().map(|(j, v)| element(j, i) * v).sum();
    }
}

fn dot(v: &[f64], w: &[f64]) -> f64 {
    v.iter().zip(w).map(|(v, w)| v * w).sum()
}

fn main() {
    let n = std::env::args().nth(1).expect("a number").parse().expect("a number");
    let (mut u, mut v, mut w) = (vec![1.0; n], vec![0.0; n], vec![0.0; n]);
    for _ in 0..10 {
        times(&u, &mut w);
        transposed_times(&w, &mut v);
        times(&v, &mut w);
        transposed_times(&w, &mut u);
    }
    println!("{:.9}", (dot(&u, &v) / dot(&v, &v)).sqrt());
}
