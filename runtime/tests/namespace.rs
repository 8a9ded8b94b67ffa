//! What names stand for, with vars whose code is never entered.

use std::sync::Once;

use batuta_runtime::function::{ENTRIES, Stubs, VarBody, install_stubs, var_flags};
use batuta_runtime::namespace::{self, Lookup};
use batuta_runtime::value::Value;

fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let entry = std::ptr::null_mut();
        install_stubs(Stubs {
            resolve: [entry; ENTRIES],
            native: [entry; ENTRIES],
            run_entry: entry,
            enter: entry,
        });
    });
}

fn defined(namespace: &str, name: &str) -> Value {
    prepare();
    let var = namespace::intern(namespace, name);
    namespace::declare(&var);
    var
}

fn found(current: &str, namespace: Option<&str>, name: &str) -> Option<String> {
    match namespace::find_visible(current, namespace, name) {
        Lookup::Var(var) => var.as_object::<VarBody>().map(VarBody::qualified),
        Lookup::Private(_) => Some("private".to_owned()),
        Lookup::UnknownNamespace => Some("no namespace".to_owned()),
        Lookup::Unknown => None,
    }
}

#[test]
fn own_names_come_before_referred_ones_before_core() {
    defined(namespace::CORE, "a1");
    assert_eq!(found("one", None, "a1").as_deref(), Some("batuta.core/a1"));
    namespace::refer("one", "a1", &defined("two", "b1"));
    assert_eq!(found("one", None, "a1").as_deref(), Some("two/b1"));
    defined("one", "a1");
    assert_eq!(found("one", None, "a1").as_deref(), Some("one/a1"));
}

#[test]
fn aliases_come_before_namespaces_of_that_name() {
    defined("str", "c1");
    defined("mine", "c1");
    assert_eq!(found("three", Some("str"), "c1").as_deref(), Some("str/c1"));
    assert_eq!(
        found("three", Some("clojure.string"), "c1").as_deref(),
        Some("str/c1")
    );
    namespace::add_alias("three", "str", "mine");
    assert_eq!(
        found("three", Some("str"), "c1").as_deref(),
        Some("mine/c1")
    );
    assert_eq!(
        found("three", Some("nowhere"), "c1").as_deref(),
        Some("no namespace")
    );
}

#[test]
fn forward_references_are_invisible_until_they_are_defined() {
    prepare();
    let var = namespace::intern("four", "d1");
    assert_eq!(found("four", None, "d1"), None);
    assert!(namespace::names("four").is_empty());
    namespace::declare(&var);
    assert_eq!(found("four", None, "d1").as_deref(), Some("four/d1"));
    assert_eq!(namespace::names("four").len(), 1);
}

#[test]
fn private_names_are_visible_at_home_only() {
    let var = defined("five", "e1");
    if let Some(body) = var.as_object::<VarBody>() {
        body.set(var_flags::PRIVATE);
    }
    assert_eq!(
        found("five", Some("five"), "e1").as_deref(),
        Some("five/e1")
    );
    assert_eq!(found("six", Some("five"), "e1").as_deref(), Some("private"));
}
