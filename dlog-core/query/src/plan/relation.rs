//! A plan under construction, with what its column names mean at this point.
//!
//! Columns keep the name of their source as qualifier until the output, so `:u.name` works in every
//! clause. Three things ride along that DataFusion's schema does not know: which columns `*` leaves
//! out, which columns of a joined source were merged into their twin, and the order in which rows
//! come, to be restored where a later step may have lost it.

use arrow::datatypes::DataType;
use datafusion::common::{Column, DFSchema, DataFusionError, TableReference};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, SortExpr};
use datafusion::prelude::lit;

use crate::engine::failure;
use crate::error::QueryError;
use crate::nearest::find_nearest;

/// A plan with the meaning of its names.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    plan: LogicalPlan,
    /// Columns that `*` and the output leave out.
    hidden: Vec<Column>,
    /// Columns that no longer exist, each with the one that has its values.
    merged: Vec<(Column, Column)>,
    /// The order of rows, over columns of `plan`.
    order: Vec<SortExpr>,
    /// Whether a step since the last sort may have lost the order.
    order_lost: bool,
    /// The names of the sources.
    sources: Vec<String>,
}

impl Relation {
    /// The rows of one source.
    pub(crate) fn new(plan: LogicalPlan, source: String, hidden: Vec<Column>) -> Self {
        Self {
            plan,
            hidden,
            merged: Vec::new(),
            order: Vec::new(),
            order_lost: false,
            sources: vec![source],
        }
    }

    /// The rows come in the order of this column, once merged.
    pub(crate) fn ordered_by(mut self, column: Column) -> Self {
        self.order = vec![Expr::Column(column).sort(true, true)];
        self.order_lost = true;
        self
    }

    pub(crate) fn schema(&self) -> &DFSchema {
        self.plan.schema()
    }

    pub(crate) fn plan(&self) -> &LogicalPlan {
        &self.plan
    }

    pub(crate) fn sources(&self) -> &[String] {
        &self.sources
    }

    /// The next step over the same columns.
    pub(crate) fn step(
        self,
        operation: &'static str,
        build: impl FnOnce(LogicalPlanBuilder) -> Result<LogicalPlanBuilder, DataFusionError>,
    ) -> Result<Self, QueryError> {
        let plan = build(LogicalPlanBuilder::new(self.plan))
            .and_then(LogicalPlanBuilder::build)
            .map_err(|error| failure::explain(operation, error))?;
        Ok(Self { plan, ..self })
    }

    /// A step after which rows come in no order and nothing is hidden.
    pub(crate) fn step_anew(
        self,
        operation: &'static str,
        build: impl FnOnce(LogicalPlanBuilder) -> Result<LogicalPlanBuilder, DataFusionError>,
    ) -> Result<Self, QueryError> {
        let mut next = self.step(operation, build)?;
        next.hidden.clear();
        next.merged.clear();
        next.order.clear();
        next.order_lost = false;
        Ok(next)
    }

    /// Gives columns without a source the first source's name where `other` has one like it, so that
    /// a join can tell them apart.
    pub(crate) fn told_apart_from(self, other: &Relation) -> Result<Self, QueryError> {
        let taken = other.schema();
        let clashes = |column: &Column| {
            column.relation.is_none() && taken.has_column_with_unqualified_name(&column.name)
        };
        let columns = self.schema().columns();
        if !columns.iter().any(clashes) {
            return Ok(self);
        }
        let source = self
            .sources
            .first()
            .map(|name| TableReference::bare(&**name));
        let exprs: Vec<Expr> = columns
            .into_iter()
            .map(|column| match clashes(&column) {
                true => {
                    let name = column.name.clone();
                    Expr::Column(column).alias_qualified(source.clone(), name)
                }
                false => Expr::Column(column),
            })
            .collect();
        self.step("join", |plan| plan.project(exprs))
    }

    /// Both sides of a join, before a projection: names of both are known.
    pub(crate) fn joined(
        self,
        plan: LogicalPlan,
        right: &Relation,
        merged: Vec<(Column, Column)>,
    ) -> Self {
        let mut next = Self {
            plan,
            order: Vec::new(),
            order_lost: false,
            ..self
        };
        next.hidden.extend(right.hidden.iter().cloned());
        next.merged.extend(right.merged.iter().cloned());
        next.merged.extend(merged);
        next.sources.extend(right.sources.iter().cloned());
        next
    }

    /// Rows of the left side only, chosen by a join.
    pub(crate) fn restricted(self, plan: LogicalPlan) -> Self {
        Self {
            plan,
            order: Vec::new(),
            order_lost: false,
            ..self
        }
    }

    /// Notes that rows may since come in another order.
    pub(crate) fn loses_order(mut self) -> Self {
        self.order_lost = true;
        self
    }

    /// Sorts, and remembers the order. The keys must be columns.
    pub(crate) fn sorted(self, order: Vec<SortExpr>) -> Result<Self, QueryError> {
        let keys = order.clone();
        let mut next = self.step("order-by", |plan| plan.sort(keys))?;
        next.order = order;
        next.order_lost = false;
        Ok(next)
    }

    /// Gives up the order, for a step that has no use for it.
    pub(crate) fn unordered(mut self) -> Self {
        self.order.clear();
        self
    }

    /// Sorts again if a step since the last sort may have lost the order.
    pub(crate) fn in_order(self) -> Result<Self, QueryError> {
        if self.order.is_empty() || !self.order_lost {
            return Ok(self);
        }
        let order = self.order.clone();
        self.sorted(order)
    }

    /// Finds the column, or field of a struct column, that a name means.
    pub(crate) fn resolve(&self, name: &str) -> Result<Expr, QueryError> {
        if let Some(column) = self.find_column(name)? {
            return Ok(Expr::Column(column));
        }
        let Some((head, rest)) = name.split_once('.') else {
            return Err(self.unknown_column(name));
        };
        let is_source = self.sources.iter().any(|source| source == head);
        let (column, path) = if is_source {
            let (field, path) = match rest.split_once('.') {
                Some((field, path)) => (field, Some(path)),
                None => (rest, None),
            };
            (self.find_qualified(head, field), path)
        } else {
            (self.find_column(head)?, Some(rest))
        };
        let column = column.ok_or_else(|| self.unknown_column(name))?;
        match path {
            None => Ok(Expr::Column(column)),
            Some(path) => self.resolve_field(name, column, path),
        }
    }

    fn find_column(&self, name: &str) -> Result<Option<Column>, QueryError> {
        let mut candidates = self.schema().columns_with_unqualified_name(name);
        if candidates.len() > 1 {
            let candidates = candidates.iter().map(Column::flat_name).collect();
            return Err(QueryError::AmbiguousColumn {
                name: name.to_owned(),
                candidates,
            });
        }
        Ok(candidates.pop())
    }

    fn find_qualified(&self, source: &str, name: &str) -> Option<Column> {
        let column = Column::new(Some(TableReference::bare(source)), name);
        if self.schema().maybe_index_of_column(&column).is_some() {
            return Some(column);
        }
        let twin = self.merged.iter().find(|(gone, _)| *gone == column)?;
        Some(twin.1.clone())
    }

    fn resolve_field(&self, name: &str, column: Column, path: &str) -> Result<Expr, QueryError> {
        let index = self.schema().maybe_index_of_column(&column);
        let index = index.ok_or_else(|| self.unknown_column(name))?;
        let mut data_type = self.schema().field(index).data_type().clone();
        let mut expr = Expr::Column(column);
        for part in path.split('.') {
            let DataType::Struct(fields) = &data_type else {
                return Err(self.unknown_column(name));
            };
            let Some((_, child)) = fields.find(part) else {
                let nearest = find_nearest(part, fields.iter().map(|field| field.name().as_str()));
                let available = fields.iter().map(|field| field.name().clone()).collect();
                return Err(QueryError::UnknownColumn {
                    name: name.to_owned(),
                    nearest,
                    available,
                });
            };
            expr = datafusion::functions::core::get_field().call(vec![expr, lit(part)]);
            data_type = child.data_type().clone();
        }
        Ok(expr)
    }

    fn unknown_column(&self, name: &str) -> QueryError {
        let available = self.output_columns();
        let columns = self.schema().columns();
        let qualified: Vec<String> = columns.iter().map(Column::flat_name).collect();
        let names = columns.iter().map(|column| column.name.as_str());
        let nearest = if name.contains('.') {
            find_nearest(name, qualified.iter().map(String::as_str))
        } else {
            find_nearest(name, names)
        };
        QueryError::UnknownColumn {
            name: name.to_owned(),
            nearest,
            available,
        }
    }

    /// The columns that `*` stands for.
    pub(crate) fn visible_columns(&self) -> Vec<Column> {
        let columns = self.schema().columns();
        columns
            .into_iter()
            .filter(|column| !self.hidden.contains(column))
            .collect()
    }

    /// The names of the output's columns.
    pub(crate) fn output_columns(&self) -> Vec<String> {
        self.output_names()
            .into_iter()
            .map(|(_, name)| name)
            .collect()
    }

    /// Each visible column with its name in the output: bare where no other has it.
    fn output_names(&self) -> Vec<(Column, String)> {
        let columns = self.visible_columns();
        let clashes = |name: &str| columns.iter().filter(|other| other.name == name).count() > 1;
        columns
            .iter()
            .map(|column| {
                let name = if clashes(&column.name) {
                    column.flat_name()
                } else {
                    column.name.clone()
                };
                (column.clone(), name)
            })
            .collect()
    }

    /// Finds a column for which a field will not do.
    pub(crate) fn resolve_column(&self, name: &str) -> Result<Column, QueryError> {
        match self.resolve(name)? {
            Expr::Column(column) => Ok(column),
            _ => Err(self.unknown_column(name)),
        }
    }

    /// Adds computed columns that `*` leaves out.
    pub(crate) fn with_hidden(self, computed: Vec<Expr>) -> Result<Self, QueryError> {
        let added = bare_columns(&computed);
        let mut exprs: Vec<Expr> = self
            .schema()
            .columns()
            .into_iter()
            .map(Expr::Column)
            .collect();
        exprs.extend(computed);
        let mut next = self.step("select", |plan| plan.project(exprs))?;
        next.hidden.extend(added);
        Ok(next)
    }

    /// Adds window columns that `*` leaves out.
    pub(crate) fn with_windows(self, calls: Vec<Expr>) -> Result<Self, QueryError> {
        let added = bare_columns(&calls);
        let mut next = self.step("window", |plan| plan.window(calls))?;
        next.hidden.extend(added);
        Ok(next)
    }

    /// Drops the second column of each pair; its name stands for the first from now on.
    pub(crate) fn merge(self, pairs: Vec<(Column, Column)>) -> Result<Self, QueryError> {
        let exprs: Vec<Expr> = self
            .schema()
            .columns()
            .into_iter()
            .filter(|column| pairs.iter().all(|(_, gone)| gone != column))
            .map(Expr::Column)
            .collect();
        let mut next = self.step("join", |plan| plan.project(exprs))?;
        next.merged
            .extend(pairs.into_iter().map(|(kept, gone)| (gone, kept)));
        Ok(next)
    }

    /// Makes one column of each pair: the first's value, else the second's.
    pub(crate) fn coalesce(self, pairs: Vec<(Column, Column)>) -> Result<Self, QueryError> {
        let coalesce = datafusion::functions::core::coalesce();
        let mut exprs = Vec::new();
        for column in self.schema().columns() {
            match pairs
                .iter()
                .find(|(left, right)| *left == column || *right == column)
            {
                None => exprs.push(Expr::Column(column)),
                Some((left, right)) if *left == column => {
                    let sides = vec![Expr::Column(column), Expr::Column(right.clone())];
                    exprs.push(
                        coalesce
                            .call(sides)
                            .alias_qualified(left.relation.clone(), &left.name),
                    );
                }
                Some(_) => {}
            }
        }
        let mut next = self.step("full-join", |plan| plan.project(exprs))?;
        next.merged
            .extend(pairs.into_iter().map(|(kept, gone)| (gone, kept)));
        Ok(next)
    }

    /// Keeps `chosen` and, unseen, the columns that the order needs.
    pub(crate) fn projected(self, chosen: Vec<Expr>) -> Result<Self, QueryError> {
        let mut exprs = chosen;
        let mut hidden = Vec::new();
        let mut order = Vec::new();
        for (index, key) in self.order.iter().enumerate() {
            if exprs.contains(&key.expr) {
                order.push(key.clone());
                continue;
            }
            let name = format!("__order_{index}");
            exprs.push(key.expr.clone().alias(&name));
            let column = Column::new_unqualified(name);
            hidden.push(column.clone());
            order.push(Expr::Column(column).sort(key.asc, key.nulls_first));
        }
        let mut next = self.step("select", |plan| plan.project(exprs))?;
        next.merged
            .retain(|(_, twin)| next.plan.schema().has_column(twin));
        next.hidden = hidden;
        next.order = order;
        Ok(next)
    }

    /// The plan whose columns are the visible ones, under bare names, in order.
    pub(crate) fn into_output(self) -> Result<LogicalPlan, QueryError> {
        let ordered = self.in_order()?;
        let exprs: Vec<Expr> = ordered
            .output_names()
            .into_iter()
            .map(|(column, name)| Expr::Column(column).alias(name))
            .collect();
        Ok(ordered.step("select", |plan| plan.project(exprs))?.plan)
    }
}

/// The columns that aliased expressions make.
fn bare_columns(exprs: &[Expr]) -> Vec<Column> {
    exprs
        .iter()
        .map(|expr| Column::new_unqualified(expr.qualified_name().1))
        .collect()
}
