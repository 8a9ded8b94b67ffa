const DAYS: f64 = 365.24;
const SOLAR_MASS: f64 = 4.0 * std::f64::consts::PI * std::f64::consts::PI;

/// Place, speed, mass.
type Body = [f64; 7];

#[rustfmt::skip]
#[allow(clippy::excessive_precision)]
const BODIES: [Body; 5] = [
    [0.0, 0.0, 0.0,
     0.0, 0.0, 0.0,
     1.0],
    [4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
     0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023,
     0.000954791938424326609],
    [8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
     -0.00276742510726411, 0.00499852801234917238, 0.0000230417297573763929,
     0.000285885980666130812],
    [12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
     0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556,
     0.0000436624404335156298],
    [15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
     0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870,
     0.0000515138902046611451],
];

fn scaled(body: Body) -> Body {
    let [x, y, z, vx, vy, vz, mass] = body;
    [x, y, z, vx * DAYS, vy * DAYS, vz * DAYS, mass * SOLAR_MASS]
}

fn offset_momentum(bodies: &mut [Body]) {
    for k in 3..6 {
        let total: f64 = bodies.iter().map(|b| b[k] * b[6]).sum();
        bodies[0][k] = -total / SOLAR_MASS;
    }
}

fn pull(a: &mut Body, b: &mut Body, dt: f64) {
    let (dx, dy, dz) = (a[0] - b[0], a[1] - b[1], a[2] - b[2]);
    let square = dx * dx + dy * dy + dz * dz;
    let strength = dt / (square * square.sqrt());
    let (by_b, by_a) = (b[6] * strength, a[6] * strength);
    a[3] -= dx * by_b;
    a[4] -= dy * by_b;
    a[5] -= dz * by_b;
    b[3] += dx * by_a;
    b[4] += dy * by_a;
    b[5] += dz * by_a;
}

fn advance(bodies: &mut [Body], dt: f64) {
    for i in 0..bodies.len() {
        let (before, after) = bodies.split_at_mut(i + 1);
        let a = &mut before[i];
        for b in after {
            pull(a, b, dt);
        }
        for k in 0..3 {
            a[k] += dt * a[k + 3];
        }
    }
}

fn energy(bodies: &[Body]) -> f64 {
    let mut sum = 0.0;
    for (i, a) in bodies.iter().enumerate() {
        sum += 0.5 * a[6] * (a[3] * a[3] + a[4] * a[4] + a[5] * a[5]);
        for b in &bodies[i + 1..] {
            let (dx, dy, dz) = (a[0] - b[0], a[1] - b[1], a[2] - b[2]);
            sum -= a[6] * b[6] / (dx * dx + dy * dy + dz * dz).sqrt();
        }
    }
    sum
}

fn main() {
    let steps: u64 = std::env::args().nth(1).expect("a number").parse().expect("a number");
    let mut bodies = BODIES.map(scaled);
    offset_momentum(&mut bodies);
    println!("{:.9}", energy(&bodies));
    for _ in 0..steps {
        advance(&mut bodies, 0.01);
    }
    println!("{:.9}", energy(&bodies));
}
