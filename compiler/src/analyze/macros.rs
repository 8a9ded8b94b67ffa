//! Macro calls: core macros are run here, the program's own by the host.
//!
//! What goes wrong in expanded code is reported at the user's form, with a note that names the
//! macro.

use batuta_lang::diagnostic::Diagnostic;

use batuta_lang::expand::MacroContext;
use batuta_lang::expand::core_macros::core_macro;
use batuta_lang::expand::hygiene::Gensyms;
use batuta_lang::expand::syntax_quote::expand_syntax_quote;
use batuta_lang::form::{Form, Name};
use batuta_runtime::function::VarBody;
use batuta_runtime::namespace::{self, CORE};

use super::constructor;
use super::scope::{FnKind, FnScope};
use super::unit::{Ctx, Head, Unit, nil};
use super::{Analyzer, Host, MacroCall};
use crate::core_tree::{Core, VarRef};
use crate::messages;
use crate::resolve;

/// How many macro calls may stand inside each other, each made by the one around it.
pub(super) const EXPANSIONS_MAX: usize = 1_000;

/// Fresh names are fresh in the whole process: a macro's result may outlive its session.
static GENSYMS: Gensyms = Gensyms::new();

impl Analyzer {
    /// The form after one macro call at its head; none if its head is no macro.
    ///
    /// # Errors
    /// The macro failed.
    pub fn expand_once(
        &mut self,
        host: &mut dyn Host,
        form: &Form,
    ) -> Result<Option<Form>, Diagnostic> {
        let mut unit = Unit::new(self, host);
        let scope = FnScope::new(unit.session.namespace(), FnKind::TopLevel, None);
        unit.scopes.push(scope);
        let expanded = unit
            .is_macro_call(form)
            .then(|| unit.expand_once(form))
            .flatten();
        match unit.errors.pop() {
            Some(error) => Err(error),
            None => Ok(expanded),
        }
    }
}

impl Unit<'_> {
    pub(super) fn macro_call(&mut self, form: &Form, ctx: Ctx) -> Core {
        if self.expansions >= EXPANSIONS_MAX {
            let head = form.as_list().and_then(<[Form]>::first);
            let name = head.map(Form::to_string).unwrap_or_default();
            return self.fail(messages::endless_expansion(form.span, &name));
        }
        let Some(expanded) = self.expand_once(form) else {
            return nil(form.span);
        };
        let errors_before = self.errors.len();
        self.expansions += 1;
        let core = self.expr(&expanded, ctx);
        self.expansions -= 1;
        self.name_macro(form, errors_before);
        core
    }

    /// Adds to errors of expanded code which macro of the program made it.
    fn name_macro(&mut self, form: &Form, from: usize) {
        if self.errors.len() == from {
            return;
        }
        let head = form
            .as_list()
            .and_then(<[Form]>::first)
            .and_then(Form::as_symbol);
        let Some(name) = head else { return };
        if let Head::Macro(var) = self.head(name, form.span) {
            let full = var
                .0
                .as_object::<VarBody>()
                .map(VarBody::qualified)
                .unwrap_or_default();
            let note = format!("in code that the macro `{full}` made");
            for error in self.errors[from..]
                .iter_mut()
                .filter(|error| error.notes.is_empty())
            {
                error.notes.push(note.clone());
            }
        }
    }

    fn is_macro_call(&mut self, form: &Form) -> bool {
        let head = form.as_list().and_then(<[Form]>::first);
        let Some((head, name)) = head.and_then(|head| Some((head, head.as_symbol()?))) else {
            return false;
        };
        !constructor::is_spelled(name)
            && matches!(
                self.head(name, head.span),
                Head::CoreMacro(_) | Head::Macro(_)
            )
    }

    /// Expands until the head is no macro.
    pub(super) fn expand_head(&mut self, form: &Form) -> Form {
        let mut form = form.clone();
        for _ in 0..EXPANSIONS_MAX {
            if !self.is_macro_call(&form) {
                break;
            }
            match self.expand_once(&form) {
                Some(expanded) => form = expanded,
                None => return Form::nil(form.span),
            }
        }
        form
    }

    /// One step of a macro call; `None` after an error, which is reported.
    pub(super) fn expand_once(&mut self, form: &Form) -> Option<Form> {
        let items = form.as_list()?;
        let name = items.first()?.as_symbol()?;
        let expanded = match self.head(name, items[0].span) {
            Head::CoreMacro(name) => self.expand_core(&name, form),
            Head::Macro(var) => self.expand_own(&var, form),
            Head::Special(_) | Head::Local(_) | Head::Global(_) | Head::Broken => return None,
        };
        match expanded {
            Ok(expanded) => Some(expanded),
            Err(error) => {
                if &*name.name == "ns" {
                    self.session.miss_names();
                }
                self.fail(error);
                None
            }
        }
    }

    fn expand_core(&mut self, name: &str, form: &Form) -> Result<Form, Diagnostic> {
        if name == "->>"
            && let Some(query) = super::query::threaded_into_from(form)
        {
            return Ok(query);
        }
        let Some(known) = core_macro(name) else {
            return Ok(form.clone());
        };
        let namespace = self.session.namespace();
        let is_local = |name: &Name| name.ns.is_none() && self.scopes.is_local(&name.name);
        (known.expand)(
            form,
            &mut MacroContext::new(&GENSYMS, &namespace, &is_local),
        )
    }

    fn expand_own(&mut self, var: &VarRef, form: &Form) -> Result<Form, Diagnostic> {
        let arguments = form
            .as_list()
            .and_then(|items| items.get(1..))
            .unwrap_or_default();
        self.host.run_macro(MacroCall {
            var,
            arguments: arguments.to_vec(),
            form,
            locals: self.scopes.names(),
            namespace: self.session.namespace(),
        })
    }

    /// `` `template ``
    pub(super) fn syntax_quote(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let [template] = args else {
            return self.fail(messages::malformed(
                form.span,
                "syntax-quote",
                "it wants one form",
            ));
        };
        let namespace = self.session.namespace();
        let mut qualify = |name: &Name| qualified(&namespace, name);
        match expand_syntax_quote(template, &mut qualify, &GENSYMS) {
            Ok(built) => self.expr(&built, ctx),
            Err(error) => self.fail(error),
        }
    }
}

/// What a symbol in a template stands for.
fn qualified(current: &str, name: &Name) -> Name {
    let is_special = name.ns.is_none() && resolve::special(&name.name).is_some();
    let own = || namespace::find(current, &name.name).is_some();
    if is_special && !own() {
        let ns = namespace::shown(CORE, &name.name);
        return Name::qualified(ns, name.name.clone());
    }
    namespace::qualified(current, name)
}
