fn escape(cr: f64, ci: f64, limit: i64) -> i64 {
    let (mut zr, mut zi, mut i) = (0.0, 0.0, 0);
    loop {
        let (r2, i2) = (zr * zr, zi * zi);
        if i == limit || r2 + i2 > 4.0 {
            return i;
        }
        zi = 2.0 * zr * zi + ci;
        zr = r2 - i2 + cr;
        i += 1;
    }
}

fn row(y: i64, n: i64, limit: i64) -> i64 {
    let ci = 2.0 * y as f64 / n as f64 - 1.0;
    let steps = (0..n).map(|x| escape(2.0 * x as f64 / n as f64 - 1.5, ci, limit));
    steps.sum()
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse().expect("a number"));
    let n = arguments.next().expect("points in a row");
    let limit = arguments.next().expect("most steps");
    println!("{}", (0..n).map(|y| row(y, n, limit)).sum::<i64>());
}
