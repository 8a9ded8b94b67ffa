//! Decimals against exact ratios, and against what Java's `BigDecimal` gives.

use num_bigint::BigInt;
use num_traits::Zero;
use proptest::prelude::*;

use super::*;

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).expect("a decimal")
}

fn any_decimal() -> impl Strategy<Value = Decimal> {
    (any::<i64>(), -20i32..20).prop_map(|(unscaled, scale)| Decimal {
        unscaled: BigInt::from(unscaled),
        scale,
    })
}

/// Numerator and denominator of small scales.
fn ratio(decimal: &Decimal) -> (BigInt, BigInt) {
    decimal.parts().expect("scales are small")
}

fn is_same(decimal: &Decimal, top: BigInt, bottom: BigInt) -> bool {
    let (numerator, denominator) = ratio(decimal);
    numerator * bottom == top * denominator
}

proptest! {
    #[test]
    fn sums_and_products_are_those_of_ratios(a in any_decimal(), b in any_decimal()) {
        let ((an, ad), (bn, bd)) = (ratio(&a), ratio(&b));
        prop_assert!(is_same(&a.add(&b).expect("near"), &an * &bd + &bn * &ad, &ad * &bd));
        prop_assert!(is_same(&a.sub(&b).expect("near"), &an * &bd - &bn * &ad, &ad * &bd));
        prop_assert!(is_same(&a.mul(&b).expect("near"), &an * &bn, &ad * &bd));
        prop_assert_eq!(a.order(&b), (&an * &bd).cmp(&(&bn * &ad)));
    }

    #[test]
    fn quotient_and_remainder_fit_together(a in any_decimal(), b in any_decimal()) {
        prop_assume!(!b.unscaled.is_zero());
        let (quotient, rest) = (a.quot(&b).expect("near"), a.rem(&b).expect("near"));
        let again = quotient.mul(&b).and_then(|product| product.add(&rest)).expect("near");
        prop_assert_eq!(again.order(&a), Ordering::Equal);
        prop_assert!(quotient.truncate().expect("near") == quotient.canonical().truncate().expect("near"));
        let size = |d: &Decimal| Decimal { unscaled: d.unscaled.abs(), scale: d.scale };
        prop_assert_eq!(size(&rest).order(&size(&b)), Ordering::Less);
    }

    #[test]
    fn an_exact_quotient_times_the_divisor_is_the_dividend(a in any_decimal(), b in any_decimal()) {
        prop_assume!(!b.unscaled.is_zero());
        if let Ok(quotient) = a.div(&b) {
            prop_assert_eq!(quotient.mul(&b).expect("near").order(&a), Ordering::Equal);
        }
    }

    #[test]
    fn text_reads_back_with_its_scale(a in any_decimal()) {
        prop_assert_eq!(decimal(&a.to_string()), a);
    }

    #[test]
    fn a_rounded_quotient_is_the_exact_one_to_its_digits(a in 1i64.., b in 1i64.., precision in 1u64..30) {
        let context = MathContext { precision, rounding: Rounding::Down };
        let (a, b) = (Decimal::from_int(a.into()), Decimal::from_int(b.into()));
        let quotient = context.div(&a, &b).expect("not zero");
        prop_assert!(quotient.precision() <= precision);
        let last = Decimal { unscaled: BigInt::from(1), scale: quotient.scale };
        let below = quotient.mul(&b).expect("near");
        let above = quotient.add(&last).and_then(|next| next.mul(&b)).expect("near");
        prop_assert!(below.order(&a).is_le() && a.order(&above).is_lt());
    }

    #[test]
    fn digits_are_counted_as_they_print(n in any::<i128>()) {
        let n = BigInt::from(n);
        prop_assert_eq!(digits(&n), n.abs().to_string().len() as u64);
    }
}

#[test]
fn scales_are_those_of_java() {
    let text = |result: Result<Decimal, Fault>| result.expect("exact").to_string();
    assert_eq!(text(decimal("1.50").add(&decimal("2.5"))), "4.00");
    assert_eq!(text(decimal("1.50").mul(&decimal("2.00"))), "3.0000");
    assert_eq!(text(decimal("1").div(&decimal("4"))), "0.25");
    assert_eq!(text(decimal("10").div(&decimal("2"))), "5");
    assert_eq!(text(decimal("7.5").quot(&decimal("2"))), "3.0");
    assert_eq!(text(decimal("10").quot(&decimal("0.5"))), "2E+1");
    assert_eq!(text(decimal("-7").modulo(&decimal("2"))), "1");
    assert!(decimal("1").div(&decimal("3")).is_err());
}

#[test]
fn texts_are_those_of_java() {
    for text in [
        "0.000001", "1E-7", "-1.23E+5", "0E+3", "0.00", "123.4", "1E+10",
    ] {
        assert_eq!(decimal(text).to_string(), text);
    }
    for text in ["", ".", "-", "1.2.3", "1e", "x", "1_0"] {
        assert_eq!(Decimal::parse(text), None, "{text}");
    }
}

#[test]
fn each_rounding_goes_its_way() {
    let rounded = |text: &str, rounding| {
        let context = MathContext {
            precision: 1,
            rounding,
        };
        context.round(decimal(text)).map(|d| d.to_string()).ok()
    };
    let all = |text: &str| {
        [
            "UP",
            "DOWN",
            "CEILING",
            "FLOOR",
            "HALF_UP",
            "HALF_DOWN",
            "HALF_EVEN",
        ]
        .map(|name| {
            let rounding = Rounding::named(name).expect("a known name");
            rounded(text, rounding).expect("it rounds")
        })
    };
    assert_eq!(all("1.5"), ["2", "1", "2", "1", "2", "1", "2"]);
    assert_eq!(all("2.5"), ["3", "2", "3", "2", "3", "2", "2"]);
    assert_eq!(all("-1.1"), ["-2", "-1", "-1", "-2", "-1", "-1", "-1"]);
    assert_eq!(
        all("9.9"),
        ["1E+1", "9", "1E+1", "9", "1E+1", "1E+1", "1E+1"]
    );
    assert_eq!(rounded("1.5", Rounding::Unnecessary), None);
}

#[test]
fn numbers_far_apart_are_compared_but_not_written_out() {
    let (huge, tiny) = (decimal("1E+999999999"), decimal("1E-999999999"));
    assert_eq!(huge.order(&tiny), Ordering::Greater);
    assert!(huge.add(&tiny).is_err());
    assert!(huge.truncate().is_err());
    assert!(tiny.truncate().expect("zero").is_zero());
}
