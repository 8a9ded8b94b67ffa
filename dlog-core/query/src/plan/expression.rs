//! Expressions over a relation: names resolved, functions looked up, types checked.
//!
//! Every sub-expression gets its type here, so that a mistake is reported with the text of the
//! smallest expression that holds it, not by DataFusion's analyzer after the fact.

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::execution::SessionState;
use datafusion::logical_expr::expr::Case;
use datafusion::logical_expr::{Expr as Native, ExprSchemable, in_list, lit};

use super::relation::Relation;
use crate::engine::failure;
use crate::error::QueryError;
use crate::functions::{Argument, Call, translate_call};
use crate::query::Expr;

/// What expressions of one execution share.
#[derive(Clone, Copy)]
pub(crate) struct Expressions<'a> {
    pub(crate) session: &'a SessionState,
    pub(crate) params: &'a [ScalarValue],
}

impl Expressions<'_> {
    /// The expression over the columns of `relation`.
    pub(crate) fn translate(&self, expr: &Expr, relation: &Relation) -> Result<Native, QueryError> {
        self.argument(expr, relation).map(|argument| argument.expr)
    }

    /// An expression that must be true or false.
    pub(crate) fn predicate(
        &self,
        clause: &'static str,
        expr: &Expr,
        relation: &Relation,
    ) -> Result<Native, QueryError> {
        let argument = self.argument(expr, relation)?;
        match argument.data_type {
            DataType::Boolean | DataType::Null => Ok(argument.expr),
            _ => {
                let reason = format!("{expr} is not true or false");
                Err(QueryError::Clause { clause, reason })
            }
        }
    }

    /// A row count, known before the query runs.
    pub(crate) fn row_count(&self, clause: &'static str, expr: &Expr) -> Result<usize, QueryError> {
        let value = match expr {
            Expr::Literal(value) => value.clone(),
            Expr::Param(index) => self.param(*index)?,
            _ => ScalarValue::Null,
        };
        match value {
            ScalarValue::Int64(Some(count)) if count >= 0 => Ok(count as usize),
            _ => {
                let reason = format!("{expr} is not a number of rows");
                Err(QueryError::Clause { clause, reason })
            }
        }
    }

    /// The expression with its type.
    pub(crate) fn argument(
        &self,
        expr: &Expr,
        relation: &Relation,
    ) -> Result<Argument, QueryError> {
        let native = self.build(expr, relation)?;
        let data_type = native
            .get_type(relation.schema())
            .map_err(|error| QueryError::Type {
                expression: expr.to_string(),
                reason: failure::reason(&error),
            })?;
        Ok(Argument {
            expr: native,
            data_type,
        })
    }

    fn arguments(&self, args: &[Expr], relation: &Relation) -> Result<Vec<Argument>, QueryError> {
        args.iter()
            .map(|argument| self.argument(argument, relation))
            .collect()
    }

    fn param(&self, index: usize) -> Result<ScalarValue, QueryError> {
        let given = self.params.len();
        self.params
            .get(index)
            .cloned()
            .ok_or(QueryError::MissingParameter { index, given })
    }

    fn build(&self, expr: &Expr, relation: &Relation) -> Result<Native, QueryError> {
        match expr {
            Expr::Column(name) => relation.resolve(name),
            Expr::Literal(value) => Ok(lit(value.clone())),
            Expr::Param(index) => Ok(lit(self.param(*index)?)),
            Expr::Star => {
                let reason = "* is the row: it stands in (count *) and alone in select".to_owned();
                Err(QueryError::Type {
                    expression: "*".to_owned(),
                    reason,
                })
            }
            Expr::Call(name, args) if name == "if" => self.build_if(args, relation),
            Expr::Call(name, args) => {
                let args = self.arguments(args, relation)?;
                translate_call(Call {
                    session: self.session,
                    name,
                    text: expr,
                    args,
                })
            }
            Expr::Udf(function, args) => {
                let args = self.arguments(args, relation)?;
                Ok(function.call(args.into_iter().map(|argument| argument.expr).collect()))
            }
            Expr::Case {
                branches,
                otherwise,
            } => self.build_case(branches, otherwise.as_deref(), relation),
            Expr::In(value, set) => self.build_in(value, set, relation),
        }
    }

    fn build_if(&self, args: &[Expr], relation: &Relation) -> Result<Native, QueryError> {
        match args {
            [test, value] => self.build_case(&[(test.clone(), value.clone())], None, relation),
            [test, value, otherwise] => {
                self.build_case(&[(test.clone(), value.clone())], Some(otherwise), relation)
            }
            _ => Err(QueryError::Arity {
                name: "if".to_owned(),
                expected: "2 to 3".to_owned(),
                given: args.len(),
            }),
        }
    }

    fn build_case(
        &self,
        branches: &[(Expr, Expr)],
        otherwise: Option<&Expr>,
        relation: &Relation,
    ) -> Result<Native, QueryError> {
        let mut when_then = Vec::with_capacity(branches.len());
        for (test, value) in branches {
            let test = self.predicate("cond", test, relation)?;
            when_then.push((Box::new(test), Box::new(self.translate(value, relation)?)));
        }
        let otherwise = match otherwise {
            None => None,
            Some(value) => Some(Box::new(self.translate(value, relation)?)),
        };
        Ok(Native::Case(Case::new(None, when_then, otherwise)))
    }

    /// A set with nil in it holds nil.
    fn build_in(
        &self,
        value: &Expr,
        set: &[Expr],
        relation: &Relation,
    ) -> Result<Native, QueryError> {
        let value = self.translate(value, relation)?;
        let mut has_nil = false;
        let mut list = Vec::with_capacity(set.len());
        for item in self.arguments(set, relation)? {
            match item.expr {
                Native::Literal(literal, _) if literal.is_null() => has_nil = true,
                item => list.push(item),
            }
        }
        let found = in_list(value.clone(), list, false);
        Ok(if has_nil {
            value.is_null().or(found)
        } else {
            found
        })
    }
}
