//! Expressions of a template.

use batuta_runtime::collections::{is_sequential, map, set, vector};
use batuta_runtime::failure::{Fault, FaultKind};
use batuta_runtime::number;
use batuta_runtime::value::object::Kind;
use batuta_runtime::value::{Value, print};
use datafusion::common::ScalarValue;
use dlog_core::query::query::Expr;

use super::{Form, Reader, malformed};
use crate::convert::datum::{column_name, items};
use crate::convert::scalar::scalar;

impl Reader<'_> {
    /// An expression.
    pub(super) fn expression(&self, value: &Value) -> Result<Expr, Fault> {
        if let Some(keyword) = value.as_keyword() {
            return Ok(Expr::column(keyword.text()));
        }
        if value.is_symbol("*") {
            return Ok(Expr::Star);
        }
        if vector::len(value).is_some() || set::len(value).is_some() || map::is_map(value) {
            return self.collection(value);
        }
        if let Some(param) = self.param(value)? {
            return literal(&param);
        }
        if is_sequential(value) {
            return self.call(self.parts(value)?);
        }
        literal(value)
    }

    fn expressions(&self, values: &[Value]) -> Result<Vec<Expr>, Fault> {
        values.iter().map(|value| self.expression(value)).collect()
    }

    fn collection(&self, value: &Value) -> Result<Expr, Fault> {
        if map::is_map(value) {
            let mut fields = Vec::new();
            for (name, field) in map::iter(value) {
                fields.push(Expr::literal(&*column_name(name)?));
                fields.push(self.expression(field)?);
            }
            return Ok(Expr::call("named-struct", fields));
        }
        let items: Vec<Value> = match set::len(value) {
            Some(_) => set::iter(value).cloned().collect(),
            None => vector::iter(value).cloned().collect(),
        };
        Ok(Expr::call("make-array", self.expressions(&items)?))
    }

    fn call(&self, form: Form) -> Result<Expr, Fault> {
        match (form.head.as_str(), form.args.as_slice()) {
            ("lit", [datum]) => literal(datum),
            ("lookup", args) => self.lookup(args, &form),
            ("cond", args) => self.cond(args, &form),
            ("case", args) => self.case(args, &form),
            ("contains?" | "in", [set, item]) => self.contains(set, item),
            ("udf", [function, ..]) => Err(no_function(&self.value(function)?)),
            ("as", [expr, _]) => self.expression(expr),
            (head, args) => Ok(Expr::call(head, self.expressions(args)?)),
        }
    }

    /// `(:k e)` and `(:k e default)`, with the key last.
    fn lookup(&self, args: &[Value], form: &Form) -> Result<Expr, Fault> {
        let (key, rest) = args.split_last().ok_or_else(|| malformed(&form.whole))?;
        let mut call = self.expressions(rest)?;
        if call.is_empty() {
            return Err(malformed(&form.whole));
        }
        call.insert(1, self.expression(key)?);
        Ok(Expr::call("get", call))
    }

    fn cond(&self, args: &[Value], form: &Form) -> Result<Expr, Fault> {
        let mut branches = Vec::new();
        for pair in args.chunks(2) {
            let [test, value] = pair else {
                return Err(malformed(&form.whole));
            };
            if test.as_bool() == Some(true) {
                let otherwise = Some(Box::new(self.expression(value)?));
                return Ok(Expr::Case {
                    branches,
                    otherwise,
                });
            }
            branches.push((self.expression(test)?, self.expression(value)?));
        }
        Ok(Expr::Case {
            branches,
            otherwise: None,
        })
    }

    /// A constant that is a list stands for any of its items.
    fn case(&self, args: &[Value], form: &Form) -> Result<Expr, Fault> {
        let (subject, clauses) = args.split_first().ok_or_else(|| malformed(&form.whole))?;
        let subject = self.expression(subject)?;
        let mut branches = Vec::new();
        let mut chunks = clauses.chunks_exact(2);
        for pair in &mut chunks {
            let constant = self.parts(&pair[0])?.args.into_iter().next();
            let constant = constant.ok_or_else(|| malformed(&form.whole))?;
            let constants = match constant.kind() {
                Some(Kind::List) => items("case", &constant)?,
                _ => vec![constant],
            };
            let constants = constants
                .iter()
                .map(literal)
                .collect::<Result<Vec<_>, _>>()?;
            let test = Expr::In(Box::new(subject.clone()), constants);
            branches.push((test, self.expression(&pair[1])?));
        }
        let otherwise = match chunks.remainder() {
            [value] => Some(Box::new(self.expression(value)?)),
            _ => None,
        };
        Ok(Expr::Case {
            branches,
            otherwise,
        })
    }

    /// `(contains? #{…} e)`, the set written out or a value.
    fn contains(&self, set: &Value, item: &Value) -> Result<Expr, Fault> {
        let item = Box::new(self.expression(item)?);
        if let Some(param) = self.param(set)? {
            let members = members(&param)?;
            return Ok(Expr::In(
                item,
                members.iter().map(literal).collect::<Result<_, _>>()?,
            ));
        }
        Ok(Expr::In(item, self.expressions(&members(set)?)?))
    }
}

fn members(value: &Value) -> Result<Vec<Value>, Fault> {
    if map::is_map(value) {
        return Ok(map::iter(value).map(|(key, _)| key.clone()).collect());
    }
    match set::len(value) {
        Some(_) => Ok(set::iter(value).cloned().collect()),
        None => items("contains?", value),
    }
}

fn literal(value: &Value) -> Result<Expr, Fault> {
    if value.kind() == Some(Kind::Function) {
        return Err(no_function(value));
    }
    if value.kind() == Some(Kind::Ratio)
        && let Some(number) = number::as_f64(value)
    {
        return Ok(Expr::Literal(ScalarValue::Float64(Some(number))));
    }
    if let Some(scalar) = scalar(value)? {
        return Ok(Expr::Literal(scalar));
    }
    if map::is_map(value) {
        let mut fields = Vec::new();
        for (name, field) in map::iter(value) {
            fields.push(Expr::literal(&*column_name(name)?));
            fields.push(literal(field)?);
        }
        return Ok(Expr::call("named-struct", fields));
    }
    let items = items("from", value)?;
    Ok(Expr::call(
        "make-array",
        items.iter().map(literal).collect::<Result<Vec<_>, _>>()?,
    ))
}

fn no_function(value: &Value) -> Fault {
    let message = format!("{} cannot be called inside a query", print::short(value));
    Fault::new(FaultKind::Log, message)
        .hint("collect the rows first and map or filter them with the function")
}
