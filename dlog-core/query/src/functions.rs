//! The functions a query may call, by the names a Batuta program uses.
//!
//! A translated function is a row of a table in `functions/<group>.rs`: name, arity, and how its
//! DataFusion expression is made. Whatever is in no table is looked up among DataFusion's own
//! functions, with `-` for `_`; aggregates are in `functions/aggregate.rs`.

pub(crate) mod aggregate;
mod arithmetic;
mod checked_integer;
mod comparison;
mod conversion;
mod text;
mod time;

use arrow::datatypes::DataType;
use datafusion::execution::SessionState;
use datafusion::logical_expr::Expr;

use crate::error::QueryError;
use crate::nearest::find_nearest;

/// An argument with its type.
#[derive(Debug, Clone)]
pub(crate) struct Argument {
    pub(crate) expr: Expr,
    pub(crate) data_type: DataType,
}

impl Argument {
    /// Whether the argument is the literal nil.
    fn is_nil(&self) -> bool {
        matches!(&self.expr, Expr::Literal(value, _) if value.is_null())
    }
}

/// A call about to be translated.
pub(crate) struct Call<'a> {
    pub(crate) session: &'a SessionState,
    /// The function's name as written.
    pub(crate) name: &'a str,
    /// The whole call as written, for messages.
    pub(crate) text: &'a dyn std::fmt::Display,
    pub(crate) args: Vec<Argument>,
}

impl Call<'_> {
    /// The arguments without their types.
    fn exprs(self) -> Vec<Expr> {
        self.args
            .into_iter()
            .map(|argument| argument.expr)
            .collect()
    }

    /// The only argument, of a function whose table row says that there is one.
    fn single(self) -> Argument {
        self.args
            .into_iter()
            .next()
            .expect("the arity in the table is one")
    }

    /// The two arguments, of a function whose table row says so.
    fn pair(self) -> (Argument, Argument) {
        let mut args = self.args.into_iter();
        match (args.next(), args.next()) {
            (Some(left), Some(right)) => (left, right),
            _ => unreachable!("the arity in the table is two"),
        }
    }

    /// A call of a DataFusion function.
    fn builtin(&self, name: &str, args: Vec<Expr>) -> Result<Expr, QueryError> {
        match self.session.scalar_functions().get(name) {
            Some(function) => Ok(function.call(args)),
            None => Err(unknown_function(self.session, self.name)),
        }
    }

    fn type_error(&self, reason: impl Into<String>) -> QueryError {
        QueryError::Type {
            expression: self.text.to_string(),
            reason: reason.into(),
        }
    }
}

/// How many arguments a function takes.
#[derive(Debug, Clone, Copy)]
struct Arity {
    min: usize,
    max: Option<usize>,
}

impl Arity {
    const ONE: Self = Self::exactly(1);
    const TWO: Self = Self::exactly(2);

    const fn exactly(count: usize) -> Self {
        Self {
            min: count,
            max: Some(count),
        }
    }

    const fn between(min: usize, max: usize) -> Self {
        Self {
            min,
            max: Some(max),
        }
    }

    const fn at_least(min: usize) -> Self {
        Self { min, max: None }
    }

    fn check(self, name: &str, given: usize) -> Result<(), QueryError> {
        if given >= self.min && self.max.is_none_or(|max| given <= max) {
            return Ok(());
        }
        let expected = match self.max {
            None => format!("{} or more", self.min),
            Some(max) if max == self.min => max.to_string(),
            Some(max) => format!("{} to {max}", self.min),
        };
        Err(QueryError::Arity {
            name: name.to_owned(),
            expected,
            given,
        })
    }
}

/// A row of a function table.
struct ScalarFunction {
    name: &'static str,
    arity: Arity,
    build: fn(Call<'_>) -> Result<Expr, QueryError>,
}

const fn scalar(
    name: &'static str,
    arity: Arity,
    build: fn(Call<'_>) -> Result<Expr, QueryError>,
) -> ScalarFunction {
    ScalarFunction { name, arity, build }
}

const TABLES: [&[ScalarFunction]; 5] = [
    arithmetic::TABLE,
    comparison::TABLE,
    conversion::TABLE,
    text::TABLE,
    time::TABLE,
];

fn translated() -> impl Iterator<Item = &'static ScalarFunction> {
    TABLES.iter().flat_map(|table| table.iter())
}

/// Translates a call of a scalar function.
///
/// # Errors
/// When there is no such function, or its arguments do not fit.
pub(crate) fn translate_call(call: Call<'_>) -> Result<Expr, QueryError> {
    let name = call.name;
    let bare = bare_name(name);
    if let Some(function) = translated().find(|function| function.name == bare) {
        function.arity.check(name, call.args.len())?;
        return (function.build)(call);
    }
    let native = bare.replace('-', "_");
    if let Some(function) = call.session.scalar_functions().get(&native) {
        return Ok(function.call(call.exprs()));
    }
    if aggregate::is_aggregate(call.session, name) {
        return Err(QueryError::AggregateOutOfPlace {
            name: name.to_owned(),
        });
    }
    Err(unknown_function(call.session, name))
}

/// The error for a name that is no function, with those like it.
pub(crate) fn unknown_function(session: &SessionState, name: &str) -> QueryError {
    let native: Vec<String> = session
        .scalar_functions()
        .keys()
        .chain(session.aggregate_functions().keys())
        .map(|name| name.replace('_', "-"))
        .collect();
    let ours = translated()
        .map(|function| function.name)
        .chain(aggregate::names());
    let mut candidates: Vec<&str> = ours.collect();
    candidates.extend(native.iter().map(String::as_str));
    let nearest = find_nearest(bare_name(name), candidates);
    QueryError::UnknownFunction {
        name: name.to_owned(),
        nearest,
    }
}

/// The name without its namespace; `/` alone is division.
fn bare_name(name: &str) -> &str {
    match name.split_once('/') {
        Some((namespace, bare)) if !namespace.is_empty() && !bare.is_empty() => bare,
        _ => name,
    }
}

fn is_integer(data_type: &DataType) -> bool {
    data_type.is_integer() || matches!(data_type, DataType::Decimal128(_, 0))
}

fn is_text(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    )
}
