//! What the form of a plain function definition tells before it is analysed: its parameters and
//! its documentation.

use batuta_lang::form::{Form, FormKind};
use batuta_runtime::collections::{list, map};
use batuta_runtime::function::Arities;
use batuta_runtime::value::Value;
use batuta_runtime::value::form::{FormSpans, from_form};

use crate::session;

/// A plain `(defn name "doc" [params] …)`, `defn-` or `defmacro`.
pub(super) struct Definition<'a> {
    form: &'a Form,
    doc: Option<&'a str>,
    arglists: Vec<&'a Form>,
    arities: Arities,
}

impl<'a> Definition<'a> {
    /// `None` for every other form, and for one whose parameters are patterns or typed.
    pub(super) fn of(form: &'a Form) -> Option<Definition<'a>> {
        let items = form.as_list()?;
        // The call and the locals around it come before what a macro is called with.
        let implicit = match &*items.first()?.as_symbol()?.name {
            "defn" | "defn-" => 0,
            "defmacro" => 2,
            _ => return None,
        };
        items.get(1)?.as_symbol()?;
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
        Some(Definition {
            form,
            doc,
            arities: arities_of(&arglists, implicit)?,
            arglists,
        })
    }

    /// How many arguments it takes.
    pub(super) fn arities(self) -> Arities {
        self.arities
    }

    /// The metadata of its var.
    pub(super) fn meta(&self) -> Value {
        let mut spans = FormSpans::new();
        let arglists = self
            .arglists
            .iter()
            .filter_map(|form| from_form(form, &mut spans).ok());
        let arglists = list::from_vec(arglists.collect());
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

fn arities_of(arglists: &[&Form], implicit: usize) -> Option<Arities> {
    let mut arities = Arities::default();
    for params in arglists {
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
    Some(arities)
}

fn is_arrow(form: Option<&Form>) -> bool {
    form.is_some_and(|form| form.is_sym("->") || form.is_sym("when") || form.is_sym("::"))
}
