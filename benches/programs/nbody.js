const DAYS = 365.24;
const SOLAR_MASS = 4 * Math.PI * Math.PI;

const bodies = [
  body(0.0, 0.0, 0.0,
       0.0, 0.0, 0.0,
       1.0),
  body(4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
       0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023,
       0.000954791938424326609),
  body(8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
       -0.00276742510726411, 0.00499852801234917238, 0.0000230417297573763929,
       0.000285885980666130812),
  body(12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
       0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556,
       0.0000436624404335156298),
  body(15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
       0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870,
       0.0000515138902046611451),
];

function body(x, y, z, vx, vy, vz, mass) {
  return { x, y, z, vx: vx * DAYS, vy: vy * DAYS, vz: vz * DAYS, mass: mass * SOLAR_MASS };
}

function offsetMomentum() {
  let x = 0, y = 0, z = 0;
  for (const b of bodies) {
    x += b.vx * b.mass;
    y += b.vy * b.mass;
    z += b.vz * b.mass;
  }
  bodies[0].vx = -x / SOLAR_MASS;
  bodies[0].vy = -y / SOLAR_MASS;
  bodies[0].vz = -z / SOLAR_MASS;
}

function pull(a, b, dt) {
  const dx = a.x - b.x, dy = a.y - b.y, dz = a.z - b.z;
  const square = dx * dx + dy * dy + dz * dz;
  const strength = dt / (square * Math.sqrt(square));
  const byB = b.mass * strength, byA = a.mass * strength;
  a.vx -= dx * byB;
  a.vy -= dy * byB;
  a.vz -= dz * byB;
  b.vx += dx * byA;
  b.vy += dy * byA;
  b.vz += dz * byA;
}

function advance(dt) {
  for (let i = 0; i < bodies.length; i++) {
    const a = bodies[i];
    for (let j = i + 1; j < bodies.length; j++) pull(a, bodies[j], dt);
    a.x += dt * a.vx;
    a.y += dt * a.vy;
    a.z += dt * a.vz;
  }
}

function energy() {
  let sum = 0;
  for (let i = 0; i < bodies.length; i++) {
    const a = bodies[i];
    sum += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz);
    for (let j = i + 1; j < bodies.length; j++) {
      const b = bodies[j];
      const dx = a.x - b.x, dy = a.y - b.y, dz = a.z - b.z;
      sum -= (a.mass * b.mass) / Math.sqrt(dx * dx + dy * dy + dz * dz);
    }
  }
  return sum;
}

const steps = Number(process.argv[2]);
offsetMomentum();
console.log(energy().toFixed(9));
for (let k = 0; k < steps; k++) advance(0.01);
console.log(energy().toFixed(9));
