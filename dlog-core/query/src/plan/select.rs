//! `select`: columns chosen, renamed and computed.

use datafusion::logical_expr::Expr as Native;

use super::Planner;
use super::relation::Relation;
use crate::error::QueryError;
use crate::query::SelectItem;

impl Planner<'_> {
    pub(super) fn select(
        &self,
        relation: Relation,
        items: &[SelectItem],
    ) -> Result<Relation, QueryError> {
        let replaced: Vec<&str> = items
            .iter()
            .filter_map(|item| match item {
                SelectItem::Named(name, _) => Some(name.as_str()),
                SelectItem::All | SelectItem::Column(_) => None,
            })
            .collect();
        let mut chosen: Vec<Native> = Vec::new();
        for item in items {
            match item {
                SelectItem::All => {
                    let columns = relation.visible_columns().into_iter();
                    let kept = columns.filter(|column| !replaced.contains(&column.name.as_str()));
                    for column in kept.map(Native::Column) {
                        if !chosen.contains(&column) {
                            chosen.push(column);
                        }
                    }
                }
                SelectItem::Column(_) | SelectItem::Named(_, _) => {
                    let expr = self.select_item("select", item, &relation)?;
                    if !chosen.contains(&expr) {
                        chosen.push(expr);
                    }
                }
            }
        }
        if chosen.is_empty() {
            let reason = "it keeps no column: name some, or * for all".to_owned();
            return Err(QueryError::Clause {
                clause: "select",
                reason,
            });
        }
        check_names("select", &chosen)?;
        Ok(relation.projected(chosen)?.loses_order())
    }

    /// One item under its name; a field of a struct is called by the field's name.
    pub(super) fn select_item(
        &self,
        clause: &'static str,
        item: &SelectItem,
        relation: &Relation,
    ) -> Result<Native, QueryError> {
        match item {
            SelectItem::Column(name) => Ok(match relation.resolve(name)? {
                Native::Column(column) => Native::Column(column),
                field => field.alias(name.rsplit('.').next().unwrap_or(name)),
            }),
            SelectItem::Named(name, expr) => {
                Ok(self.expressions.translate(expr, relation)?.alias(name))
            }
            SelectItem::All => {
                let reason = "* stands in select only".to_owned();
                Err(QueryError::Clause { clause, reason })
            }
        }
    }
}

/// Two columns may share a name only if their sources tell them apart.
pub(super) fn check_names(clause: &'static str, exprs: &[Native]) -> Result<(), QueryError> {
    let names: Vec<_> = exprs.iter().map(Native::qualified_name).collect();
    for (index, (source, name)) in names.iter().enumerate() {
        let twice = names[..index].iter().any(|(other_source, other)| {
            other == name && (source.is_none() || other_source.is_none() || other_source == source)
        });
        if twice {
            return Err(QueryError::DuplicateColumn {
                name: name.clone(),
                clause,
            });
        }
    }
    Ok(())
}
