//! The forms of the files that a program loads, in the order in which they run.

use std::sync::{Arc, Mutex, PoisonError};

use batuta_lang::source::Span;
use batuta_runtime::namespace::{self, CORE, as_namespace};
use batuta_runtime::value::Value;

use crate::core_tree::{Core, CoreArity, CoreFunction, CoreKind, VarRef};

/// See the module's head.
#[derive(Default)]
pub struct Record(Mutex<Vec<Arc<CoreFunction>>>);

impl Record {
    /// Notes the forms of a file; behind them the program is in the namespace `here` again.
    pub(crate) fn add(&self, forms: &[Arc<CoreFunction>], here: &Value) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(forms);
        if let Some(namespace) = as_namespace(here) {
            let name = Value::symbol(namespace.name.clone());
            name.publish();
            let enter = VarRef(namespace::intern(CORE, "in-ns"));
            all.push(call_of(enter, vec![name]));
        }
    }

    /// All that was noted.
    pub fn forms(&self) -> Vec<Arc<CoreFunction>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.clone()
    }
}

/// A form that calls a global with constants and stands in no text.
pub fn call_of(function: VarRef, arguments: Vec<Value>) -> Arc<CoreFunction> {
    let node = |kind| Core {
        kind,
        span: Span::NONE,
    };
    let arguments = arguments
        .into_iter()
        .map(|value| node(CoreKind::Const(value)));
    Arc::new(CoreFunction {
        name: "main".into(),
        span: Span::NONE,
        captures: Vec::new(),
        self_local: None,
        arities: vec![CoreArity {
            params: Vec::new(),
            rest: None,
            declared: Vec::new(),
            body: node(CoreKind::CallGlobal(function, arguments.collect())),
        }],
        is_top_level: false,
        local_count: 0,
        label_count: 0,
        local_names: Vec::new(),
    })
}
