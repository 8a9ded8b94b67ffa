//! What the compiler leaves of a `from`, made into a query.
//!
//! A template is a vector of lists, `[(source (param 0)) (where (> :x (param 1))) …]`; the parameters
//! are values evaluated where the query stands. Here each clause becomes a [`Clause`] of dlog-query;
//! names of columns and functions are looked up when the query runs. A new clause is one arm in
//! [`Reader::clause`].

mod expression;
mod source;

use batuta_runtime::collections::{map, vector};
use batuta_runtime::failure::{Fault, FaultKind};
use batuta_runtime::value::object::Kind;
use batuta_runtime::value::{Value, print};
use dlog_core::query::Query;
use dlog_core::query::query::{
    AsOf, Clause, Direction, Expr, JoinKind, JoinOn, NullsPlace, OrderKey, SelectItem, SetKind,
};

use crate::convert::datum::items;
use crate::instant;

/// What a query ends with: rows, or something that runs at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// A query value.
    Rows,
    /// The first row, or nil.
    First,
    /// The number of rows.
    Count,
    /// All rows in a vector.
    Collect,
}

/// A clause that gives the rows to a function of the program.
pub(crate) struct FunctionStep {
    /// The core function that applies it, one of `CALLED_BY_NAME`; none when it takes all rows itself.
    pub(crate) applied_by: Option<&'static str>,
    /// The program's function.
    pub(crate) function: Value,
    /// The clauses that come after it.
    pub(crate) following: Vec<Value>,
}

/// What a template says.
pub(crate) struct Reading {
    /// The query, up to the first clause that needs a function of the program.
    pub(crate) query: Query,
    /// What it ends with.
    pub(crate) ending: Ending,
    /// That clause and what follows.
    pub(crate) step: Option<FunctionStep>,
}

/// Reads a template with its parameters, which are realised.
pub(crate) fn read(template: &Value, params: &Value) -> Result<Reading, Fault> {
    let reader = Reader { params };
    let mut parts = items("from", template)?.into_iter();
    let source = parts.next().ok_or_else(|| malformed(template))?;
    let mut query = reader.first_source(&source)?;
    let mut ending = Ending::Rows;
    while let Some(part) = parts.next() {
        let form = reader.parts(&part)?;
        if ending != Ending::Rows {
            let message = format!("`{}` comes after a clause that runs the query", form.head);
            return Err(
                Fault::new(FaultKind::Log, message).hint("put first, count or collect last")
            );
        }
        if let Some((applied_by, function)) = reader.function_step(&form)? {
            let step = FunctionStep {
                applied_by,
                function,
                following: parts.collect(),
            };
            return Ok(Reading {
                query,
                ending,
                step: Some(step),
            });
        }
        match ending_of(&form.head) {
            Some(found) => ending = found,
            None => query.clauses.extend(reader.clause(&form)?),
        }
    }
    Ok(Reading {
        query,
        ending,
        step: None,
    })
}

fn ending_of(head: &str) -> Option<Ending> {
    match head {
        "first" => Some(Ending::First),
        "count" => Some(Ending::Count),
        "collect" => Some(Ending::Collect),
        _ => None,
    }
}

/// The ending, if these clauses are one and nothing else.
pub(crate) fn only_ending(clauses: &[Value]) -> Option<Ending> {
    match clauses {
        [clause] => {
            let items = items("from", clause).ok()?;
            ending_of(items.first()?.as_symbol()?.text())
        }
        _ => None,
    }
}

/// The template is the compiler's, so a fault in it is a bug of ours.
fn malformed(part: &Value) -> Fault {
    let message = format!("{} is no part of a query template", print::short(part));
    Fault::new(FaultKind::Panic, message)
}

/// A list with a symbol at its head.
struct Form {
    head: String,
    args: Vec<Value>,
    whole: Value,
}

struct Reader<'a> {
    params: &'a Value,
}

impl Reader<'_> {
    fn parts(&self, value: &Value) -> Result<Form, Fault> {
        let mut items = items("from", value)?;
        if items.is_empty() {
            return Err(malformed(value));
        }
        let head = items.remove(0);
        let head = head
            .as_symbol()
            .ok_or_else(|| malformed(value))?
            .text()
            .to_owned();
        Ok(Form {
            head,
            args: items,
            whole: value.clone(),
        })
    }

    /// The value of `(param i)`, or of a literal.
    fn value(&self, value: &Value) -> Result<Value, Fault> {
        match self.param(value)? {
            Some(param) => Ok(param),
            None => Ok(value.clone()),
        }
    }

    /// The value of `(param i)`, if this is one.
    fn param(&self, value: &Value) -> Result<Option<Value>, Fault> {
        if !batuta_runtime::collections::is_sequential(value) || vector::len(value).is_some() {
            return Ok(None);
        }
        let Ok(form) = self.parts(value) else {
            return Ok(None);
        };
        if form.head != "param" {
            return Ok(None);
        }
        let index = form.args.first().and_then(batuta_runtime::number::as_usize);
        let param = index.and_then(|index| vector::nth(self.params, index));
        param.cloned().map(Some).ok_or_else(|| malformed(value))
    }

    /// The function of `(map f)` and its like, and of `(where f)` where f is a function.
    fn function_step(&self, form: &Form) -> Result<Option<(Option<&'static str>, Value)>, Fault> {
        let applied_by = match form.head.as_str() {
            "map" => Some("map"),
            "filter" => Some("filter"),
            "remove" => Some("remove"),
            "flat-map" | "mapcat" => Some("mapcat"),
            "where" => Some("filter"),
            "transform" => None,
            _ => return Ok(None),
        };
        let [function] = form.args.as_slice() else {
            return Ok(None);
        };
        let Some(function) = self.param(function)? else {
            return Ok(None);
        };
        let callable = function.kind() == Some(Kind::Function) || form.head != "where";
        Ok(callable.then_some((applied_by, function)))
    }

    fn clause(&self, form: &Form) -> Result<Vec<Clause>, Fault> {
        let one = |clause: Clause| Ok(vec![clause]);
        match form.head.as_str() {
            "where" | "having" => one(Clause::Where(self.all_of(&form.args)?)),
            "select" => one(Clause::Select(self.select_items(&form.args)?)),
            "group-by" => one(Clause::GroupBy(self.group_keys(&form.args)?)),
            "aggregate" => one(Clause::Aggregate(self.named(&form.args)?)),
            "order-by" => one(Clause::OrderBy(self.order_keys(form)?)),
            "limit" | "take" => one(Clause::Limit(self.single(form)?)),
            "offset" | "drop" => one(Clause::Offset(self.single(form)?)),
            "sample" => one(Clause::Sample(self.single(form)?)),
            "distinct" if form.args.is_empty() => one(Clause::Distinct),
            "distinct" => Ok(vec![
                Clause::Select(self.select_items(&form.args)?),
                Clause::Distinct,
            ]),
            "unnest" => form
                .args
                .iter()
                .map(|column| Ok(Clause::Unnest(column_of(column)?)))
                .collect(),
            "as-of" => one(Clause::AsOf(self.as_of(form)?)),
            "history" => one(Clause::History(self.time_range(form)?)),
            "window" => one(self.window(form)?),
            // How a query is spread over threads is the engine's business on one machine.
            "parallel" | "distributed" => Ok(Vec::new()),
            other => match (join_kind(other), set_kind(other)) {
                (Some(kind), _) => one(self.join(kind, form)?),
                (_, Some(kind)) => self.combine(kind, form),
                (None, None) => Err(unsupported(form)),
            },
        }
    }

    fn all_of(&self, args: &[Value]) -> Result<Expr, Fault> {
        let mut tests = args.iter().map(|test| self.expression(test));
        let first = tests.next().unwrap_or_else(|| Ok(Expr::literal(true)))?;
        tests.try_fold(first, |left, right| Ok(Expr::call("and", [left, right?])))
    }

    fn single(&self, form: &Form) -> Result<Expr, Fault> {
        match form.args.as_slice() {
            [value] => self.expression(value),
            _ => Err(Fault::new(
                FaultKind::Arity,
                format!("`{}` takes one value", form.head),
            )),
        }
    }

    fn select_items(&self, args: &[Value]) -> Result<Vec<SelectItem>, Fault> {
        args.iter()
            .enumerate()
            .map(|(index, item)| self.select_item(index, item))
            .collect()
    }

    fn select_item(&self, index: usize, item: &Value) -> Result<SelectItem, Fault> {
        if item.is_symbol("*") {
            return Ok(SelectItem::All);
        }
        if let Some(keyword) = item.as_keyword() {
            return Ok(SelectItem::Column(keyword.text().to_owned()));
        }
        if let Some((name, expr)) = self.as_pair(item)? {
            return Ok(SelectItem::Named(name, expr));
        }
        Ok(SelectItem::Named(
            format!("column_{}", index + 1),
            self.expression(item)?,
        ))
    }

    /// A computed key without a name is called `:key`.
    fn group_keys(&self, args: &[Value]) -> Result<Vec<SelectItem>, Fault> {
        args.iter()
            .map(|key| match self.select_item(0, key)? {
                SelectItem::Named(_, expr) if self.as_pair(key)?.is_none() => {
                    Ok(SelectItem::Named("key".to_owned(), expr))
                }
                named => Ok(named),
            })
            .collect()
    }

    fn named(&self, args: &[Value]) -> Result<Vec<(String, Expr)>, Fault> {
        args.iter()
            .map(|item| self.as_pair(item)?.ok_or_else(|| malformed(item)))
            .collect()
    }

    /// The name and expression of `(as expr :name)`.
    fn as_pair(&self, item: &Value) -> Result<Option<(String, Expr)>, Fault> {
        if item.as_keyword().is_some() || vector::len(item).is_some() {
            return Ok(None);
        }
        let Ok(form) = self.parts(item) else {
            return Ok(None);
        };
        match form.args.as_slice() {
            [expr, name] if form.head == "as" => {
                Ok(Some((column_of(name)?, self.expression(expr)?)))
            }
            _ => Ok(None),
        }
    }

    fn order_keys(&self, form: &Form) -> Result<Vec<OrderKey>, Fault> {
        match form.args.as_slice() {
            [keys] => items("order-by", keys)?
                .iter()
                .map(|key| self.order_key(key))
                .collect(),
            _ => Err(malformed(&form.whole)),
        }
    }

    fn order_key(&self, key: &Value) -> Result<OrderKey, Fault> {
        let parts = items("order-by", key)?;
        let [expr, direction, nulls] = parts.as_slice() else {
            return Err(malformed(key));
        };
        let direction = match direction.is_keyword("desc") {
            true => Direction::Descending,
            false => Direction::Ascending,
        };
        let nulls = match nulls {
            place if place.is_keyword("first") => Some(NullsPlace::First),
            place if place.is_keyword("last") => Some(NullsPlace::Last),
            _ => None,
        };
        Ok(OrderKey {
            expr: self.expression(expr)?,
            direction,
            nulls,
        })
    }

    fn as_of(&self, form: &Form) -> Result<AsOf, Fault> {
        let [time] = form.args.as_slice() else {
            return Err(malformed(&form.whole));
        };
        let time = self.value(time)?;
        if let Some(micros) = instant::micros_of(&time) {
            return Ok(AsOf::Instant(micros));
        }
        let commit = map::get_keyword(&time, "commit").unwrap_or(&time);
        match batuta_runtime::number::as_i64(commit).and_then(|number| u64::try_from(number).ok()) {
            Some(number) => Ok(AsOf::Commit(number)),
            None => Err(Fault::wrong_type(
                "as-of",
                "an instant or a commit number",
                &time,
            )),
        }
    }

    fn time_range(&self, form: &Form) -> Result<Option<(i64, i64)>, Fault> {
        let time = |value: &Value| {
            let value = self.value(value)?;
            let micros = instant::micros_of(&value);
            micros.ok_or_else(|| Fault::wrong_type("history", "two instants", &value))
        };
        match form.args.as_slice() {
            [] => Ok(None),
            [from, to] => Ok(Some((time(from)?, time(to)?))),
            _ => Err(Fault::new(
                FaultKind::Arity,
                "`history` takes no value or two instants",
            )),
        }
    }

    fn join(&self, kind: JoinKind, form: &Form) -> Result<Clause, Fault> {
        let (source, conditions) = form
            .args
            .split_first()
            .ok_or_else(|| malformed(&form.whole))?;
        let source = self.source(source)?;
        let mut same = Vec::new();
        let mut tests = Vec::new();
        for condition in conditions {
            if let Some(keyword) = condition.as_keyword() {
                same.push(keyword.text().to_owned());
            } else if vector::len(condition).is_some() {
                for column in vector::iter(condition) {
                    same.push(column_of(column)?);
                }
            } else {
                tests.push(condition.clone());
            }
        }
        let on = match (same.is_empty(), tests.is_empty()) {
            (true, true) => JoinOn::Always,
            (false, true) => JoinOn::SameColumns(same),
            (true, false) => JoinOn::Predicate(self.all_of(&tests)?),
            (false, false) => {
                let message = format!(
                    "`{}` takes same columns or a predicate, not both",
                    form.head
                );
                return Err(Fault::new(FaultKind::Log, message));
            }
        };
        Ok(Clause::Join { kind, source, on })
    }

    fn combine(&self, kind: SetKind, form: &Form) -> Result<Vec<Clause>, Fault> {
        form.args
            .iter()
            .map(|source| {
                Ok(Clause::Combine {
                    kind,
                    source: self.source(source)?,
                })
            })
            .collect()
    }

    fn window(&self, form: &Form) -> Result<Clause, Fault> {
        let (options, columns) = form
            .args
            .split_last()
            .ok_or_else(|| malformed(&form.whole))?;
        let partition_by = match map::get_keyword(options, "partition-by") {
            None => Vec::new(),
            Some(keys) => items("window", keys)?
                .iter()
                .map(|key| self.expression(key))
                .collect::<Result<_, _>>()?,
        };
        let order_by = match map::get_keyword(options, "order-by") {
            None => Vec::new(),
            Some(keys) => items("window", keys)?
                .iter()
                .map(|key| self.order_key(key))
                .collect::<Result<_, _>>()?,
        };
        let rows = match map::get_keyword(options, "rows") {
            None => None,
            Some(bounds) => {
                let bounds = items("window", bounds)?;
                let [first, last] = bounds.as_slice() else {
                    return Err(malformed(&form.whole));
                };
                Some((self.bound(first)?, self.bound(last)?))
            }
        };
        Ok(Clause::Window {
            columns: self.named(columns)?,
            partition_by,
            order_by,
            rows,
        })
    }

    /// A distance in rows; nil is without bound.
    fn bound(&self, value: &Value) -> Result<Option<i64>, Fault> {
        let value = self.value(value)?;
        if value.is_nil() {
            return Ok(None);
        }
        let rows = batuta_runtime::number::as_i64(&value);
        rows.map(Some)
            .ok_or_else(|| Fault::wrong_type("window", "a number of rows", &value))
    }
}

fn column_of(value: &Value) -> Result<String, Fault> {
    match value.as_keyword() {
        Some(keyword) => Ok(keyword.text().to_owned()),
        None => Err(Fault::wrong_type("from", "a column's keyword", value)),
    }
}

fn join_kind(name: &str) -> Option<JoinKind> {
    Some(match name {
        "join" => JoinKind::Inner,
        "left-join" => JoinKind::Left,
        "right-join" => JoinKind::Right,
        "full-join" => JoinKind::Full,
        "semi-join" => JoinKind::Semi,
        "anti-join" => JoinKind::Anti,
        "cross-join" => JoinKind::Cross,
        _ => return None,
    })
}

fn set_kind(name: &str) -> Option<SetKind> {
    Some(match name {
        "union" => SetKind::Union,
        "union-all" => SetKind::UnionAll,
        "except" => SetKind::Except,
        "intersect" => SetKind::Intersect,
        _ => return None,
    })
}

fn unsupported(form: &Form) -> Fault {
    Fault::new(
        FaultKind::Log,
        format!("`{}` cannot stand in a query", form.head),
    )
    .hint("the clauses are listed in (doc from)")
}

#[cfg(test)]
mod tests;
