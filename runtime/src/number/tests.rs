//! The tower against plain fractions of big integers, and the text of numbers.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, Zero};
use proptest::prelude::*;

use super::*;

/// A fraction that nobody has reduced.
type Fraction = (BigInt, BigInt);

fn value_of((n, d): &Fraction) -> Value {
    ratio(n.clone(), d.clone()).expect("the denominator is positive")
}

fn same(value: &Value, (n, d): Fraction) -> bool {
    let (vn, vd) = Number::of(value)
        .and_then(|x| x.parts())
        .expect("an exact number");
    vn.gcd(&vd).is_one() && vd.is_positive() && vn * d == n * vd
}

/// Numbers near the edges between the forms.
fn integers() -> impl Strategy<Value = BigInt> {
    let edges = prop_oneof![Just(0i128), Just(1 << 60), Just(1 << 63), Just(1 << 64)];
    prop_oneof![
        (-1000i64..1000).prop_map(BigInt::from),
        (edges, -3i128..4, any::<bool>()).prop_map(|(edge, by, minus)| {
            BigInt::from(if minus { -(edge + by) } else { edge + by })
        }),
        any::<i64>().prop_map(BigInt::from),
        (any::<i128>(), 0u32..70).prop_map(|(n, by)| BigInt::from(n) << by),
    ]
}

fn fractions() -> impl Strategy<Value = Fraction> {
    let denominators = prop_oneof![Just(BigInt::from(1)), (1i64..50).prop_map(BigInt::from)];
    (integers(), denominators)
}

proptest! {
    #[test]
    fn arithmetic_is_that_of_fractions(a in fractions(), b in fractions()) {
        let (x, y) = (value_of(&a), value_of(&b));
        let ((an, ad), (bn, bd)) = (a, b);
        prop_assert!(same(&add(&x, &y).unwrap(), (&an * &bd + &bn * &ad, &ad * &bd)));
        prop_assert!(same(&sub(&x, &y).unwrap(), (&an * &bd - &bn * &ad, &ad * &bd)));
        prop_assert!(same(&mul(&x, &y).unwrap(), (&an * &bn, &ad * &bd)));
        match div(&x, &y) {
            Ok(quotient) => prop_assert!(same(&quotient, (&an * &bd, &ad * &bn))),
            Err(fault) => {
                prop_assert!(bn.is_zero());
                prop_assert_eq!(fault.kind, FaultKind::DivideByZero);
            }
        }
        let order = (&an * &bd).cmp(&(&bn * &ad));
        prop_assert_eq!(compare(&x, &y).unwrap(), order);
        prop_assert_eq!(equal(&x, &y), Some(order.is_eq()));
    }

    #[test]
    fn quotient_and_remainder_make_the_dividend(a in fractions(), b in fractions()) {
        let (x, y) = (value_of(&a), value_of(&b));
        if !b.0.is_zero() {
            let (q, r) = (quot(&x, &y).unwrap(), rem(&x, &y).unwrap());
            let back = add(&mul(&q, &y).unwrap(), &r).unwrap();
            prop_assert_eq!(equal(&back, &x), Some(true));
            let m = modulo(&x, &y).unwrap();
            let (zero, negative) = (int(0), less(&y, &int(0)).unwrap());
            prop_assert!(equal(&m, &zero) == Some(true) || less(&m, &zero).unwrap() == negative);
        }
    }

    #[test]
    fn an_integer_is_in_its_smallest_form(n in integers()) {
        let value = from_bigint(n.clone());
        let small = i64::try_from(&n).ok().and_then(Value::small_int).is_some();
        prop_assert_eq!(value.as_small_int().is_some(), small);
        prop_assert_eq!(value.kind() == Some(Kind::WideInt), !small && i64::try_from(&n).is_ok());
        prop_assert_eq!(as_bigint(&value), Some(n));
    }

    #[test]
    fn a_float_reads_back_from_its_text(bits in any::<u64>()) {
        let f = f64::from_bits(bits);
        if f.is_finite() {
            prop_assert_eq!(text::parse_float(&text::float_text(f)), Some(f));
        }
    }

    #[test]
    fn exact_numbers_compare_with_floats_by_value(n in any::<i64>(), f in any::<f64>()) {
        let order = comparison::partial("<", &int(n), &Value::float(f)).unwrap();
        if f.is_finite() {
            let exact = rationalize_binary(f);
            prop_assert_eq!(order, Some(compare(&int(n), &exact).unwrap()));
        }
    }
}

/// The exact value of the bits, unlike `rationalize`.
fn rationalize_binary(f: f64) -> Value {
    let mut denominator = BigInt::from(1);
    let mut scaled = f;
    while scaled.fract() != 0.0 {
        scaled *= 2.0;
        denominator *= 2;
    }
    let numerator = as_bigint(&float_to_int(scaled).unwrap()).unwrap();
    ratio(numerator, denominator).unwrap()
}

#[test]
fn floats_print_as_java_prints_them() {
    let cases = [
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (12345678.9, "1.23456789E7"),
        (1e21, "1.0E21"),
        (1.5e300, "1.5E300"),
        (5e-324, "4.9E-324"),
        (123.456, "123.456"),
        (f64::INFINITY, "##Inf"),
        (f64::NAN, "##NaN"),
    ];
    for (f, expected) in cases {
        assert_eq!(text::float_text(f), expected);
    }
}

#[test]
fn floats_are_contagious_and_ratios_round_once() {
    let third = div(&int(1), &int(3)).unwrap();
    assert_eq!(as_f64(&third), Some(1.0 / 3.0));
    assert_eq!(
        add(&third, &Value::float(1.0)).unwrap().as_float(),
        Some(1.0 / 3.0 + 1.0)
    );
    let large = ratio(BigInt::from(10).pow(400), BigInt::from(10).pow(399) * 3).unwrap();
    assert_eq!(as_f64(&large), Some(10.0 / 3.0));
}

#[test]
fn equality_keeps_categories_apart() {
    assert_eq!(equal(&int(1), &Value::float(1.0)), Some(false));
    assert!(equivalent(&int(1), &Value::float(1.0)).unwrap());
    assert_eq!(equal(&Value::float(0.0), &Value::float(-0.0)), Some(true));
    assert_eq!(
        equal(&Value::float(f64::NAN), &Value::float(f64::NAN)),
        Some(false)
    );
}

#[test]
fn rationalize_goes_by_the_digits() {
    let tenth = rationalize(&Value::float(0.1)).unwrap();
    assert_eq!(
        equal(&tenth, &ratio(1.into(), 10.into()).unwrap()),
        Some(true)
    );
}

#[test]
fn numerals_of_any_radix_are_read() {
    assert_eq!(as_i64(&text::parse_int("-42").unwrap()), Some(-42));
    assert!(text::parse_int("4x").is_none() && text::parse_int("").is_none());
    let big = text::parse_int("123456789012345678901234567890").unwrap();
    assert_eq!(big.kind(), Some(Kind::BigInt));
    assert_eq!(as_i64(&text::parse_int_radix("ff", 16).unwrap()), Some(255));
}

#[test]
fn a_decimal_makes_the_result_a_decimal_and_a_float_a_float() {
    let decimal = |text: &str| decimal::make_decimal(decimal::Decimal::parse(text).unwrap());
    let shown = |result: Result<Value, Fault>| crate::value::print::readable(&result.unwrap());
    let (half, one) = (ratio(1.into(), 2.into()).unwrap(), decimal("1.0"));
    assert_eq!(shown(add(&one, &int(2))), "3.0M");
    assert_eq!(shown(sub(&half, &one)), "-0.5M");
    assert_eq!(shown(mul(&one, &Value::float(0.5))), "0.5");
    assert_eq!(shown(div(&int(1), &decimal("8"))), "0.125M");
    assert!(add(&ratio(1.into(), 3.into()).unwrap(), &one).is_err());
    assert_eq!(compare(&one, &half).unwrap(), std::cmp::Ordering::Greater);
    assert_eq!(equal(&one, &int(1)), Some(false));
    assert!(equivalent(&one, &int(1)).unwrap());
    assert!(equivalent(&decimal("0.1"), &Value::float(0.1)).unwrap());
}
