//! Installing the library that is written in Batuta: its functions are compiled at first call.
//!
//! A plain `(defn name "doc" [params] …)`, or `defmacro`, is only noted, not even analysed; every other form is
//! evaluated at once. So a library of hundreds of functions costs little more than reading it.

use std::sync::Arc;

use batuta_lang::form::{Form, FormKind};
use batuta_runtime::collections::map;
use batuta_runtime::function::{Arities, VarBody, var_flags};
use batuta_runtime::namespace;
use batuta_runtime::value::Value;
use batuta_runtime::value::form::{FormSpans, from_form};

use crate::code::code_of_form;
use crate::core_tree::VarRef;
use crate::evaluate::define_code;
use crate::session::{self, EvaluationError, Session, run_and_wait};

/// A text of the library.
pub struct LibrarySource {
    /// Name for diagnostics.
    pub name: &'static str,
    /// Where its definitions go.
    pub namespace: &'static str,
    /// The forms.
    pub text: &'static str,
}

/// Installs texts of the library, in order.
///
/// # Errors
/// The first form that does not read, compile or run.
pub fn install(sources: &[LibrarySource]) -> Result<(), EvaluationError> {
    for source in sources {
        let mut session = Session::new();
        session.set_namespace(source.namespace);
        namespace::set_loaded(source.namespace);
        let forms = session
            .read(source.name, source.text)
            .map_err(EvaluationError::Diagnostics)?;
        // Every file opens with its `ns` form, which says what is known already.
        for form in forms.iter().filter(|form| !form.is_call_to("ns")) {
            if !note(form, source.namespace) {
                session.evaluate(form, &mut run_and_wait)?;
            }
        }
    }
    Ok(())
}

/// Notes a plain function definition. False for every other form.
fn note(form: &Form, namespace: &'static str) -> bool {
    let Some(definition) = Definition::of(form) else {
        return false;
    };
    let var = namespace::intern(namespace, definition.name);
    let Some(body) = var.as_object::<VarBody>() else {
        return false;
    };
    namespace::declare(&var);
    body.put(var_flags::PRIVATE, definition.kind == Kind::Private);
    body.set_meta(definition.meta());
    let code = code_of_form(
        body.qualified().into(),
        definition.arities,
        form.clone(),
        namespace.into(),
    );
    define_code(&VarRef(var), code, definition.kind == Kind::Macro);
    true
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Public,
    Private,
    Macro,
}

struct Definition<'a> {
    form: &'a Form,
    name: &'a str,
    kind: Kind,
    doc: Option<&'a str>,
    arglists: Vec<&'a Form>,
    arities: Arities,
}

impl<'a> Definition<'a> {
    fn of(form: &'a Form) -> Option<Definition<'a>> {
        let items = form.as_list()?;
        let head = items.first()?.as_symbol()?;
        let kind = match &*head.name {
            "defn" => Kind::Public,
            "defn-" => Kind::Private,
            "defmacro" => Kind::Macro,
            _ => return None,
        };
        // The call and the locals around it come before what a macro is called with.
        let implicit = if kind == Kind::Macro { 2 } else { 0 };
        let symbol = items
            .get(1)
            .filter(|name| name.meta.is_none())?
            .as_symbol()?;
        let name = &*symbol.name;
        let (doc, rest) = match items.get(2).map(|item| &item.kind) {
            Some(FormKind::Str(doc)) => (Some(&**doc), &items[3..]),
            _ => (None, &items[2..]),
        };
        let arglists: Vec<&Form> = match &rest.first()?.kind {
            FormKind::Vector(_) if !is_arrow(rest.get(1)) => vec![&rest[0]],
            FormKind::List(_) => rest
                .iter()
                .map(|arity| arity.as_list()?.first())
                .collect::<Option<_>>()?,
            _ => return None,
        };
        let mut arities = Arities::default();
        for params in &arglists {
            let FormKind::Vector(params) = &params.kind else {
                return None;
            };
            match params.iter().position(|param| param.is_sym("&")) {
                Some(fixed) => arities.variadic = Some(implicit + fixed),
                None if params.iter().any(|param| param.is_sym("::")) => return None,
                None => arities.fixed.push(implicit + params.len()),
            }
        }
        arities.fixed.sort_unstable();
        Some(Definition {
            form,
            name,
            kind,
            doc,
            arglists,
            arities,
        })
    }

    fn meta(&self) -> Value {
        let mut spans = FormSpans::new();
        let arglists = self
            .arglists
            .iter()
            .filter_map(|form| from_form(form, &mut spans).ok());
        let arglists = batuta_runtime::collections::list::from_vec(arglists.collect());
        let doc = self.doc.map_or(Value::NIL, Value::str);
        let sources = session::sources();
        let (line, column) = sources.line_col(self.form.span);
        let number = |n: u32| Value::small_int(i64::from(n)).unwrap_or_default();
        map::from_pairs([
            (Value::keyword("doc"), doc),
            (Value::keyword("arglists"), arglists),
            (
                Value::keyword("file"),
                Value::str(&sources.name(self.form.span.source)),
            ),
            (Value::keyword("line"), number(line)),
            (Value::keyword("column"), number(column)),
        ])
    }
}

fn is_arrow(form: Option<&Form>) -> bool {
    form.is_some_and(|form| form.is_sym("->") || form.is_sym("when") || form.is_sym("::"))
}

/// Shares the text of an arglist with whoever prints it.
pub fn arglists_text(meta: &Value) -> Arc<str> {
    let arglists = map::get(meta, &Value::keyword("arglists"));
    arglists.map_or_else(
        || "".into(),
        |list| batuta_runtime::value::print::short(list).into(),
    )
}
