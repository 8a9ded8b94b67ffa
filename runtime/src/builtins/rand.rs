//! `rand`: random numbers from a generator that a seed fixes, or from the system's entropy.
//!
//! What a seed gives never changes: the generator is ChaCha with twelve rounds, and how numbers are
//! made from its words stands here, not in a library.

use parking_lot::Mutex;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::actor::seeded;
use crate::builtin::{BuiltinTable, Flow, between, exactly, row};
use crate::builtins::support::{position, take};
use crate::collections::seq::gather;
use crate::collections::vector;
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::number;
use crate::value::Value;
use crate::value::object::{Native, make_native};

/// Most bytes that one call gives.
const BYTES_MAX: usize = 1 << 30;

/// A generator as a value; drawing from it changes it.
struct Generator(Mutex<ChaCha12Rng>);

impl Native for Generator {
    fn class(&self) -> &'static str {
        "generator"
    }

    fn print(&self) -> String {
        "#generator".to_owned()
    }
}

/// Draws with the generator in front of the arguments, else with the system's.
fn draw<T>(args: &[Value], draw: impl FnOnce(&mut dyn RngCore) -> T) -> T {
    match args
        .first()
        .and_then(|first| first.as_native::<Generator>())
    {
        Some(generator) => draw(&mut *generator.0.lock()),
        None => match seeded::draw() {
            Some(word) => draw(&mut ChaCha12Rng::seed_from_u64(word)),
            None => draw(&mut rand::rng()),
        },
    }
}

fn has_generator(args: &[Value]) -> bool {
    args.first()
        .is_some_and(|first| first.as_native::<Generator>().is_some())
}

fn behind_generator(args: &[Value]) -> &[Value] {
    &args[usize::from(has_generator(args))..]
}

/// A number below `bound`, each as likely as any other (Lemire, 2019).
fn below(rng: &mut dyn RngCore, bound: u64) -> u64 {
    let threshold = bound.wrapping_neg() % bound;
    loop {
        let product = u128::from(rng.next_u64()) * u128::from(bound);
        if product as u64 >= threshold {
            return (product >> 64) as u64;
        }
    }
}

/// From 0 up to 1: the top 53 bits make every multiple of 2^-53 equally likely.
fn unit(rng: &mut dyn RngCore) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// One of a normal distribution (Box and Muller, 1958).
fn normal(rng: &mut dyn RngCore) -> f64 {
    let radius = (-2.0 * (1.0 - unit(rng)).ln()).sqrt();
    radius * (std::f64::consts::TAU * unit(rng)).cos()
}

fn seed(_: &mut Cx, args: &mut [Value]) -> Flow {
    let rng = match args.first() {
        None => match seeded::draw() {
            Some(word) => ChaCha12Rng::seed_from_u64(word),
            None => ChaCha12Rng::from_rng(&mut rand::rng()),
        },
        Some(seed) => match number::as_i64(seed) {
            Some(seed) => ChaCha12Rng::seed_from_u64(seed as u64),
            None => return Err(Fault::wrong_type("rand/seed", "an integer", seed).into()),
        },
    };
    Ok(make_native(Generator(Mutex::new(rng))))
}

fn split(_: &mut Cx, args: &mut [Value]) -> Flow {
    if !has_generator(args) {
        return Err(Fault::wrong_type("rand/split", "a generator", &args[0]).into());
    }
    let rng = draw(args, |rng| ChaCha12Rng::seed_from_u64(rng.next_u64()));
    Ok(make_native(Generator(Mutex::new(rng))))
}

fn whole(who: &str, value: &Value) -> Result<i64, Fault> {
    number::as_i64(value).ok_or_else(|| Fault::wrong_type(who, "an integer of 64 bits", value))
}

fn int(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "rand/int";
    let (low, high) = match behind_generator(args) {
        [high] => (0, whole(who, high)?),
        [low, high] => (whole(who, low)?, whole(who, high)?),
        _ => return Err(wrong_count(who, "one bound or two").into()),
    };
    if low >= high {
        let message = format!("`{who}`: there is no integer from {low} up to {high}");
        return Err(Fault::new(FaultKind::Number, message).into());
    }
    let offset = draw(args, |rng| below(rng, high.wrapping_sub(low) as u64));
    Ok(number::int(low.wrapping_add(offset as i64)))
}

#[cold]
fn wrong_count(who: &str, wanted: &str) -> Fault {
    let message = format!("`{who}` takes {wanted}, and perhaps a generator in front");
    Fault::new(FaultKind::Arity, message)
}

fn real(who: &str, value: &Value) -> Result<f64, Fault> {
    number::as_f64(value).ok_or_else(|| Fault::wrong_type(who, "a number", value))
}

fn float(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "rand/float";
    let (low, high) = match behind_generator(args) {
        [] => (0.0, 1.0),
        [high] => (0.0, real(who, high)?),
        [low, high] => (real(who, low)?, real(who, high)?),
        _ => return Err(wrong_count(who, "no bound, one or two").into()),
    };
    Ok(Value::float(low + draw(args, unit) * (high - low)))
}

fn normal_float(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "rand/normal";
    let (mean, deviation) = match behind_generator(args) {
        [] => (0.0, 1.0),
        [mean, deviation] => (real(who, mean)?, real(who, deviation)?),
        _ => return Err(wrong_count(who, "mean and deviation, or neither").into()),
    };
    Ok(Value::float(mean + draw(args, normal) * deviation))
}

fn coin(_: &mut Cx, args: &mut [Value]) -> Flow {
    let chance = match behind_generator(args) {
        [] => 0.5,
        [chance] => real("rand/bool", chance)?,
        _ => return Err(wrong_count("rand/bool", "a probability or nothing").into()),
    };
    Ok(Value::bool(draw(args, unit) < chance))
}

fn octets(_: &mut Cx, args: &mut [Value]) -> Flow {
    let [count] = behind_generator(args) else {
        return Err(wrong_count("rand/bytes", "a count").into());
    };
    let count = position("rand/bytes", count)?;
    if count > BYTES_MAX {
        let message = format!("`rand/bytes` gives at most {BYTES_MAX} bytes, not {count}");
        return Err(Fault::new(FaultKind::Number, message).into());
    }
    let mut bytes = vec![0; count];
    draw(args, |rng| rng.fill_bytes(&mut bytes));
    Ok(Value::bytes(bytes))
}

/// Puts `count` items drawn at random in front (Fisher and Yates).
fn mix(rng: &mut dyn RngCore, items: &mut [Value], count: usize) {
    for place in 0..count.min(items.len()) {
        let other = place + below(rng, (items.len() - place) as u64) as usize;
        items.swap(place, other);
    }
}

fn shuffle(cx: &mut Cx, args: &mut [Value]) -> Flow {
    sampled(cx, "rand/shuffle", args, None)
}

fn sample(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let [count, _] = behind_generator(args) else {
        return Err(wrong_count("rand/sample", "a count and a collection").into());
    };
    let count = position("rand/sample", count)?;
    sampled(cx, "rand/sample", args, Some(count))
}

fn sampled(cx: &mut Cx, who: &'static str, args: &mut [Value], count: Option<usize>) -> Flow {
    let collection = take(args, args.len() - 1);
    let generator = take(args, 0);
    gather(cx, who, collection, usize::MAX, move |_, mut items, _| {
        let count = count.unwrap_or(items.len());
        draw(&[generator], |rng| mix(rng, &mut items, count));
        items.truncate(count);
        Ok(vector::from_vec(items))
    })
}

fn choose(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let collection = take(args, args.len() - 1);
    let generator = take(args, 0);
    gather(cx, "rand/choose", collection, usize::MAX, |_, items, _| {
        if items.is_empty() {
            let message = "`rand/choose`: there is nothing to choose from";
            return Err(Fault::new(FaultKind::Index, message).into());
        }
        let index = draw(&[generator], |rng| below(rng, items.len() as u64));
        Ok(items[index as usize].clone())
    })
}

/// `rand/…`
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "rand",
    builtins: &[
        row(
            "bool",
            "[] [p] [generator] [generator p]",
            between(0, 2),
            coin,
            "True with probability p, else 0.5.",
        ),
        row(
            "bytes",
            "[n] [generator n]",
            between(1, 2),
            octets,
            "So many random bytes; without a generator good enough for secrets.",
        ),
        row(
            "choose",
            "[coll] [generator coll]",
            between(1, 2),
            choose,
            "An item of coll at random.",
        ),
        row(
            "float",
            "[] [high] [low high], each also with a generator in front",
            between(0, 3),
            float,
            "A float from low, else 0, up to high, else 1.",
        ),
        row(
            "int",
            "[high] [low high], each also with a generator in front",
            between(1, 3),
            int,
            "An integer from low, else 0, up to but not including high.",
        ),
        row(
            "normal",
            "[] [mean deviation], each also with a generator in front",
            between(0, 3),
            normal_float,
            "A float of a normal distribution, the standard one unless told.",
        ),
        row(
            "sample",
            "[n coll] [generator n coll]",
            between(2, 3),
            sample,
            "A vector of n different items of coll in random order; all, if it has no more.",
        ),
        row(
            "seed",
            "[] [n]",
            between(0, 1),
            seed,
            "A generator. The same seed gives the same numbers, always and everywhere.",
        ),
        row(
            "shuffle",
            "[coll] [generator coll]",
            between(1, 2),
            shuffle,
            "A vector of the items of coll in random order.",
        ),
        row(
            "split",
            "[generator]",
            exactly(1),
            split,
            "Another generator, fixed by this one, for an actor of its own.",
        ),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_and_all_numbers_come() {
        let mut rng = ChaCha12Rng::seed_from_u64(1);
        let mut seen = [0; 7];
        for _ in 0..7000 {
            seen[below(&mut rng, 7) as usize] += 1;
        }
        assert!(
            seen.iter().all(|count| (800..1200).contains(count)),
            "{seen:?}"
        );
        assert_eq!(below(&mut rng, 1), 0);
        assert!((0..1000).all(|_| (0.0..1.0).contains(&unit(&mut rng))));
    }

    #[test]
    fn the_normal_distribution_has_its_moments() {
        let mut rng = ChaCha12Rng::seed_from_u64(2);
        let drawn: Vec<f64> = (0..20_000).map(|_| normal(&mut rng)).collect();
        let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
        let variance = drawn.iter().map(|x| x * x).sum::<f64>() / drawn.len() as f64;
        assert!(
            mean.abs() < 0.05 && (variance - 1.0).abs() < 0.05,
            "{mean} {variance}"
        );
    }
}
