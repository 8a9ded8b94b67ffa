//! A query as data: sources, clauses in the order written, expressions.
//!
//! Nothing here is resolved: names are text, functions are looked up when the plan is made
//! (`plan.rs`), and no snapshot is held. A new clause is a variant of [`Clause`] and an arm in
//! `plan.rs`; a new kind of source is a variant of [`Source`] and an arm in `plan/source.rs`.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::ScalarUDF;

/// A source and what is done with its rows, in order.
#[derive(Debug, Clone)]
pub struct Query {
    /// Where the rows come from.
    pub source: NamedSource,
    /// What happens to them, in the order written.
    pub clauses: Vec<Clause>,
}

impl Query {
    /// All rows of a source.
    pub fn from(source: impl Into<NamedSource>) -> Self {
        Self {
            source: source.into(),
            clauses: Vec::new(),
        }
    }

    /// The query with one more clause at its end.
    #[must_use]
    pub fn with(mut self, clause: Clause) -> Self {
        self.clauses.push(clause);
        self
    }
}

/// A source with the name that qualifies its columns.
#[derive(Debug, Clone)]
pub struct NamedSource {
    /// Where the rows come from.
    pub source: Source,
    /// The name given; a log is called by its own name, a file by its stem.
    pub alias: Option<String>,
}

impl NamedSource {
    /// The source under a name of its own.
    pub fn named(source: Source, alias: impl Into<String>) -> Self {
        Self {
            source,
            alias: Some(alias.into()),
        }
    }
}

impl From<Source> for NamedSource {
    fn from(source: Source) -> Self {
        Self {
            source,
            alias: None,
        }
    }
}

/// Where rows come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A log, by name.
    Log(String),
    /// A file or a pattern of files.
    File(String),
    /// Rows in memory.
    Rows {
        /// The schema of every batch.
        schema: SchemaRef,
        /// The rows.
        batches: Vec<RecordBatch>,
    },
    /// The rows of another query.
    Query(Box<Query>),
}

/// One step of a query.
#[derive(Debug, Clone)]
pub enum Clause {
    /// Keeps the rows for which the expression is true.
    Where(Expr),
    /// Chooses and computes columns.
    Select(Vec<SelectItem>),
    /// Joins another source.
    Join {
        /// Which rows are kept.
        kind: JoinKind,
        /// The right side.
        source: NamedSource,
        /// Which rows belong together.
        on: JoinOn,
    },
    /// Gives the keys for the next `Aggregate`.
    GroupBy(Vec<SelectItem>),
    /// One row per group, or one row in all.
    Aggregate(Vec<(String, Expr)>),
    /// Adds a column computed over a window of rows.
    Window {
        /// New columns.
        columns: Vec<(String, Expr)>,
        /// Rows with equal values form one window.
        partition_by: Vec<Expr>,
        /// Order inside the window.
        order_by: Vec<OrderKey>,
        /// First and last row relative to the current one; none is without bound.
        rows: Option<(Option<i64>, Option<i64>)>,
    },
    /// Sorts.
    OrderBy(Vec<OrderKey>),
    /// Keeps the first rows.
    Limit(Expr),
    /// Skips the first rows.
    Offset(Expr),
    /// Drops rows that were there before.
    Distinct,
    /// Keeps so many rows, chosen at random.
    Sample(Expr),
    /// One row per item of a list column.
    Unnest(String),
    /// Combines with the rows of another source, columns by name.
    Combine {
        /// How.
        kind: SetKind,
        /// The other rows.
        source: NamedSource,
    },
    /// Reads every log of the query as it was.
    AsOf(AsOf),
    /// Every version of a keyed log's rows, with `valid-from` and `valid-to`; of those versions that
    /// held at some time in the range, if there is one (microseconds, the end not included).
    History(Option<(i64, i64)>),
}

/// A point in a store's past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// Microseconds since 1970 UTC, by append time.
    Instant(i64),
    /// A commit number.
    Commit(u64),
}

/// What `select` and `group-by` list.
#[derive(Debug, Clone)]
pub enum SelectItem {
    /// Every column so far, system columns excepted.
    All,
    /// A column under its own name.
    Column(String),
    /// An expression under a new name.
    Named(String, Expr),
}

/// The rows a join keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    /// Pairs.
    Inner,
    /// Pairs, and left rows without a partner.
    Left,
    /// Pairs, and right rows without a partner.
    Right,
    /// Pairs, and rows of both sides without a partner.
    Full,
    /// Left rows with a partner.
    Semi,
    /// Left rows without a partner.
    Anti,
    /// Every left row with every right row.
    Cross,
}

/// When two rows belong together.
#[derive(Debug, Clone)]
pub enum JoinOn {
    /// When the expression over both sides is true.
    Predicate(Expr),
    /// When these columns of both sides are equal; each appears once in the result.
    SameColumns(Vec<String>),
    /// Always; for cross joins.
    Always,
}

/// How two sets of rows become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetKind {
    /// Rows of either, each once.
    Union,
    /// All rows of both.
    UnionAll,
    /// Rows of the first that are not in the second.
    Except,
    /// Rows in both.
    Intersect,
}

/// One sort key.
#[derive(Debug, Clone)]
pub struct OrderKey {
    /// What is compared.
    pub expr: Expr,
    /// Largest first?
    pub direction: Direction,
    /// Where rows without a value go; when absent, nil is the smallest value.
    pub nulls: Option<NullsPlace>,
}

/// The direction of a sort key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// Where rows without a value go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NullsPlace {
    /// Before all others.
    First,
    /// After all others.
    Last,
}

/// An expression over columns.
#[derive(Debug, Clone)]
pub enum Expr {
    /// A column: `a`, or `s.a` for column `a` of source `s` or field `a` of struct column `s`.
    Column(String),
    /// A value.
    Literal(ScalarValue),
    /// The n-th parameter of the execution, from zero.
    Param(usize),
    /// `*`: the row itself, inside `(count *)`.
    Star,
    /// A function by name: a translated one, DataFusion's, or an aggregate where those are allowed.
    Call(String, Vec<Expr>),
    /// A function of the caller's own.
    Udf(Arc<ScalarUDF>, Vec<Expr>),
    /// The value of the first branch whose test is true.
    Case {
        /// Tests and values.
        branches: Vec<(Expr, Expr)>,
        /// The value when no test is true.
        otherwise: Option<Box<Expr>>,
    },
    /// Whether a value is one of these.
    In(Box<Expr>, Vec<Expr>),
}

impl Expr {
    /// A column by name.
    pub fn column(name: impl Into<String>) -> Self {
        Self::Column(name.into())
    }

    /// A call by name.
    pub fn call(name: impl Into<String>, arguments: impl Into<Vec<Expr>>) -> Self {
        Self::Call(name.into(), arguments.into())
    }

    /// A literal.
    pub fn literal(value: impl Into<ScalarValue>) -> Self {
        Self::Literal(value.into())
    }
}

impl std::fmt::Display for Expr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Column(name) => write!(f, ":{name}"),
            Self::Literal(ScalarValue::Utf8(Some(text))) => write!(f, "{text:?}"),
            Self::Literal(value) if value.is_null() => f.write_str("nil"),
            Self::Literal(value) => write!(f, "{value}"),
            Self::Param(index) => write!(f, "${}", index + 1),
            Self::Star => f.write_str("*"),
            Self::Call(name, arguments) => write_call(f, name, arguments),
            Self::Udf(function, arguments) => write_call(f, function.name(), arguments),
            Self::Case {
                branches,
                otherwise,
            } => {
                f.write_str("(cond")?;
                for (test, value) in branches {
                    write!(f, " {test} {value}")?;
                }
                if let Some(value) = otherwise {
                    write!(f, " :else {value}")?;
                }
                f.write_str(")")
            }
            Self::In(value, set) => write_call(f, &format!("in {value}"), set),
        }
    }
}

fn write_call(f: &mut std::fmt::Formatter<'_>, name: &str, arguments: &[Expr]) -> std::fmt::Result {
    write!(f, "({name}")?;
    for argument in arguments {
        write!(f, " {argument}")?;
    }
    f.write_str(")")
}
