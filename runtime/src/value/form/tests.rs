//! Forms to values and back.

use batuta_lang::reader::{ReadOptions, read_one};
use batuta_lang::source::SourceId;

use super::*;

fn read(text: &str) -> Form {
    let source = SourceId(7);
    match read_one(source, text, 0, &ReadOptions::default()) {
        Ok(Some((form, _))) => form,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn forms_come_back_with_their_spans() {
    let text = r#"(f [1 2.5 1/3 99999999999999999999] {:a "x" \b nil} #{x/y true} #"a+" 1.50M ())"#;
    let form = read(text);
    let mut spans = FormSpans::new();
    let value = from_form(&form, &mut spans).expect("forms have values");
    let back = to_form(&value, &spans, Span::NONE).expect("what came from forms goes back");
    assert_eq!(back, form);
    let (inner, inner_back) = (&form.as_list().unwrap()[1], &back.as_list().unwrap()[1]);
    assert_eq!(inner.span, inner_back.span);
}

#[test]
fn metadata_is_kept() {
    let form = read("^{:doc \"d\"} [x]");
    let value = from_form(&form, &mut FormSpans::new()).expect("forms have values");
    assert!(map::contains(&meta(&value), &Value::keyword("doc")));
    let back = to_form(&value, &FormSpans::new(), Span::NONE).expect("a vector goes back");
    assert!(back.has_meta_flag("doc"));
}

#[test]
fn what_no_code_can_stand_for_is_a_fault() {
    let cell = crate::value::cell::make_cell(crate::value::cell::CellClass::Atom, Value::NIL);
    let fault = to_form(&vector::from_vec(vec![cell]), &FormSpans::new(), Span::NONE);
    assert_eq!(
        fault.map(|_| ()).map_err(|f| f.kind),
        Err(FaultKind::Syntax)
    );
}

#[test]
fn what_is_nested_too_deep_is_a_fault() {
    // With as much stack as the runtime's own threads have: frames of test builds are large.
    let convert = || {
        let deep = (0..5000).fold(Value::NIL, |inner, _| vector::from_vec(vec![inner]));
        to_form(&deep, &FormSpans::new(), Span::NONE).map(|_| ())
    };
    let thread = std::thread::Builder::new().stack_size(16 << 20);
    let converted = thread.spawn(convert).expect("a thread starts").join();
    assert!(converted.expect("nothing panics").is_err());
}
