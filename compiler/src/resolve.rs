//! What a symbol means: special form, core macro, local, or global.
//!
//! A program's own definition or local wins over Batuta's names; only the forms that macros expand
//! to, such as `let*` and `if`, cannot be taken over.

use std::sync::Arc;

use batuta_lang::expand::core_macros::CORE_MACROS;
use batuta_lang::form::Name;
use batuta_runtime::function::{Arities, CodeSource, FunctionBody, VarBody, var_flags};
use batuta_runtime::namespace::{self, CORE, Lookup};
use batuta_runtime::quiescence;
use batuta_runtime::value::Value;

use crate::analyze::Signature;

pub(crate) use batuta_runtime::namespace::is_clojure_name;

/// The special forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Special {
    Case,
    Def,
    Defactor,
    Do,
    Fn,
    From,
    If,
    Let,
    LetCells,
    LetFn,
    Loop,
    Match,
    MatchArgs,
    Ns,
    Question,
    Quote,
    Receive,
    ReceiveTimeout,
    ReceiveWithPriority,
    Recur,
    SetBang,
    SyntaxQuote,
    Try,
    Unwrap,
    Var,
}

/// May a program's own name take a special form's place?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strength {
    /// Never: macros expand to it.
    Fixed,
    /// Yes.
    Yielding,
}

const SPECIALS: [(&str, Special, Strength); 25] = [
    ("!", Special::Unwrap, Strength::Yielding),
    ("?", Special::Question, Strength::Yielding),
    ("case*", Special::Case, Strength::Fixed),
    ("def", Special::Def, Strength::Fixed),
    ("defactor", Special::Defactor, Strength::Yielding),
    ("do", Special::Do, Strength::Fixed),
    ("fn*", Special::Fn, Strength::Fixed),
    ("from", Special::From, Strength::Yielding),
    ("if", Special::If, Strength::Fixed),
    ("let*", Special::Let, Strength::Fixed),
    ("let-cells*", Special::LetCells, Strength::Fixed),
    ("letfn*", Special::LetFn, Strength::Fixed),
    ("loop*", Special::Loop, Strength::Fixed),
    ("match", Special::Match, Strength::Yielding),
    ("match-args*", Special::MatchArgs, Strength::Fixed),
    ("ns*", Special::Ns, Strength::Fixed),
    ("quote", Special::Quote, Strength::Fixed),
    ("receive", Special::Receive, Strength::Yielding),
    (
        "receive-timeout",
        Special::ReceiveTimeout,
        Strength::Yielding,
    ),
    (
        "receive-with-priority",
        Special::ReceiveWithPriority,
        Strength::Yielding,
    ),
    ("recur", Special::Recur, Strength::Fixed),
    ("set!", Special::SetBang, Strength::Fixed),
    ("syntax-quote*", Special::SyntaxQuote, Strength::Fixed),
    ("try", Special::Try, Strength::Fixed),
    ("var", Special::Var, Strength::Fixed),
];

/// The special form of this name.
pub(crate) fn special(name: &str) -> Option<(Special, Strength)> {
    let at = SPECIALS
        .binary_search_by(|(known, _, _)| (*known).cmp(name))
        .ok()?;
    Some((SPECIALS[at].1, SPECIALS[at].2))
}

/// Does `ns`, as written in `current`, mean Batuta's core?
pub(crate) fn is_core(current: &str, ns: &str) -> bool {
    namespace::canonical(ns) == CORE
        || namespace::alias_target(current, ns).is_some_and(|target| &*target == CORE)
}

/// What a name stands for among globals.
pub(crate) fn find(current: &str, name: &Name) -> Lookup {
    visible(current, name.ns.as_deref(), &name.name)
}

/// What a name in parts stands for. A value of the library is there once it was named.
pub(crate) fn visible(current: &str, ns: Option<&str>, name: &str) -> Lookup {
    let found = namespace::find_visible(current, ns, name);
    if let Lookup::Var(var) = &found {
        // One that fails stays without value, which whoever reads it is told.
        let _ = namespace::unread::define(var);
    }
    found
}

/// Has the var a value or a definition to come?
pub(crate) fn is_defined(var: &Value) -> bool {
    var.as_object::<VarBody>()
        .is_some_and(|body| body.has(var_flags::DECLARED) || body.is_bound())
}

/// Is this flag of the var set?
pub(crate) fn has_flag(var: &Value, flag: u8) -> bool {
    var.as_object::<VarBody>()
        .is_some_and(|body| body.has(flag))
}

/// The name of a var of Batuta's core.
pub(crate) fn core_name(var: &Value) -> Option<&str> {
    let body = var.as_object::<VarBody>()?;
    (&*body.namespace == CORE).then_some(&*body.name)
}

/// The qualified name of a function of `math` that may be an operation.
pub(crate) fn math_name(var: &Value) -> Option<&'static str> {
    let body = var.as_object::<VarBody>()?;
    match (&*body.namespace, &*body.name) {
        ("math", "abs") => Some("math/abs"),
        ("math", "sqrt") => Some("math/sqrt"),
        _ => None,
    }
}

/// Every name a program can write in a namespace without qualifying it.
pub(crate) fn visible_names(current: &str) -> Vec<Arc<str>> {
    let mut names = namespace::names(current);
    names.extend(namespace::referred_names(current));
    names.extend(namespace::names(CORE));
    names.extend(
        SPECIALS
            .iter()
            .filter(|row| !row.0.ends_with('*'))
            .map(|row| row.0.into()),
    );
    names.extend(CORE_MACROS.iter().map(|known| Arc::from(known.name)));
    names
}

/// The namespaces of Batuta's own library.
const LIBRARIES: [&str; 38] = [
    CORE,
    "Boolean",
    "Character",
    "Double",
    "Integer",
    "Long",
    "String",
    "System",
    "Thread",
    "async",
    "base64",
    "blake3",
    "csv",
    "deploy",
    "dlog",
    "edn",
    "http",
    "io",
    "json",
    "log",
    "math",
    "os",
    "rand",
    "re",
    "set",
    "spec",
    "str",
    "stream",
    "supervisor",
    "tensor",
    "test",
    "time",
    "uuid",
    "walk",
    "graph",
    "sequencer",
    "sparql",
    "query",
];

/// Is this a namespace of Batuta's own library?
pub(crate) fn is_library(namespace: &str) -> bool {
    LIBRARIES.contains(&namespace)
}

/// What the function a var holds takes.
pub(crate) fn signature_of_value(var: &Value) -> Option<Signature> {
    let body = var.as_object::<VarBody>()?;
    if body.has(var_flags::DYNAMIC) || body.has(var_flags::MACRO) {
        return None;
    }
    let _pin = quiescence::pin();
    let root = body.root()?;
    let code = &root.as_object::<FunctionBody>()?.code;
    let arglists = match &code.source {
        CodeSource::Native(builtin) => quoted_arglists(builtin.arglists),
        CodeSource::Compiled(_) | CodeSource::Ahead(_) | CodeSource::Bounce => {
            arity_text(code.arities())
        }
    };
    Some(Signature {
        arities: code.arities().clone(),
        arglists,
    })
}

/// `[a]` or `[a b]`, from "[a] [a b]".
fn quoted_arglists(arglists: &str) -> String {
    arglists
        .replace("] [", "]` or `[")
        .replace('[', "`[")
        .replace(']', "]`")
        .replace("``", "`")
}

/// "1, 2 or at least 4 arguments".
pub(crate) fn arity_text(arities: &Arities) -> String {
    let mut parts: Vec<String> = arities.fixed.iter().map(usize::to_string).collect();
    parts.extend(arities.variadic.map(|fixed| format!("at least {fixed}")));
    let noun = if parts == ["1"] {
        "argument"
    } else {
        "arguments"
    };
    match parts.split_last() {
        None => "no call at all".into(),
        Some((only, [])) => format!("{only} {noun}"),
        Some((last, others)) => format!("{} or {last} {noun}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_forms_are_found_by_binary_search() {
        assert!(SPECIALS.is_sorted_by_key(|row| row.0));
        for (name, kind, strength) in SPECIALS {
            assert_eq!(special(name), Some((kind, strength)));
        }
        assert_eq!(special("defn"), None);
    }

    #[test]
    fn arities_read_as_a_sentence() {
        let arities = |fixed: &[usize], variadic| Arities {
            fixed: fixed.to_vec(),
            variadic,
        };
        assert_eq!(arity_text(&arities(&[1], None)), "1 argument");
        assert_eq!(
            arity_text(&arities(&[0, 2], Some(3))),
            "0, 2 or at least 3 arguments"
        );
        assert_eq!(arity_text(&arities(&[], Some(0))), "at least 0 arguments");
    }
}
