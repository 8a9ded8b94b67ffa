//! Makes the forms a macro adds, all with the span of the call.

use super::{CORE_NS, MacroContext};
use crate::form::{Form, FormKind, Name};
use crate::source::Span;

/// Makes forms with one span.
#[derive(Clone, Copy)]
pub(crate) struct Maker {
    pub(crate) span: Span,
}

impl Maker {
    pub(crate) fn of(call: &Form) -> Maker {
        Maker { span: call.span }
    }

    pub(crate) fn nil(self) -> Form {
        Form::nil(self.span)
    }

    pub(crate) fn sym(self, name: &str) -> Form {
        Form::symbol(self.span, Name::new(name))
    }

    /// A fresh local.
    pub(crate) fn fresh(self, prefix: &str, cx: &mut MacroContext<'_>) -> Form {
        Form::symbol(self.span, cx.gensym(prefix))
    }

    pub(crate) fn list(self, items: Vec<Form>) -> Form {
        Form::list(self.span, items)
    }

    pub(crate) fn vector(self, items: Vec<Form>) -> Form {
        Form::vector(self.span, items)
    }

    /// A call of a special form.
    pub(crate) fn special<const N: usize>(self, head: &str, args: [Form; N]) -> Form {
        let mut items = Vec::with_capacity(N + 1);
        items.push(self.sym(head));
        items.extend(args);
        self.list(items)
    }

    /// A call of a function of the library.
    pub(crate) fn core<const N: usize>(self, function: &str, args: [Form; N]) -> Form {
        let mut items = Vec::with_capacity(N + 1);
        items.push(self.core_name(function));
        items.extend(args);
        self.list(items)
    }

    pub(crate) fn core_name(self, function: &str) -> Form {
        Form::symbol(self.span, Name::qualified(CORE_NS, function))
    }

    pub(crate) fn quote(self, form: Form) -> Form {
        self.special("quote", [form])
    }

    pub(crate) fn keyword(self, name: &str) -> Form {
        Form::keyword(self.span, name)
    }

    pub(crate) fn if_(self, test: Form, then: Form, otherwise: Form) -> Form {
        self.special("if", [test, then, otherwise])
    }

    pub(crate) fn let_(self, bindings: Vec<Form>, body: Form) -> Form {
        self.special("let*", [self.vector(bindings), body])
    }

    /// The forms as one: nil, the form itself, or a `do`.
    pub(crate) fn body(self, forms: &[Form]) -> Form {
        match forms {
            [] => self.nil(),
            [only] => only.clone(),
            several => self.do_(several),
        }
    }

    /// `(do forms…)`
    pub(crate) fn do_(self, forms: &[Form]) -> Form {
        let head = std::iter::once(self.sym("do"));
        self.list(head.chain(forms.iter().cloned()).collect())
    }

    /// `(fn* [params] body)`, marked as made by `owner`: no function the user wrote, so nothing
    /// `?` returns from.
    pub(crate) fn thunk(self, owner: &str, params: Vec<Form>, body: Form) -> Form {
        let function = self.special("fn*", [self.vector(params), body]);
        self.mark_thunk(owner, function)
    }

    pub(crate) fn mark_thunk(self, owner: &str, function: Form) -> Form {
        function.with_meta_entry(self.keyword("thunk"), self.keyword(owner))
    }
}

/// The arguments of a call.
pub(crate) fn arguments(call: &Form) -> &[Form] {
    match call.as_list() {
        Some([_, args @ ..]) => args,
        _ => &[],
    }
}

/// A list or vector of the same kind, span and metadata with other items.
pub(crate) fn with_items(form: &Form, items: Vec<Form>) -> Form {
    let kind = match form.kind {
        FormKind::Vector(_) => FormKind::Vector(items.into()),
        _ => FormKind::List(items.into()),
    };
    Form {
        kind,
        span: form.span,
        meta: form.meta.clone(),
    }
}
