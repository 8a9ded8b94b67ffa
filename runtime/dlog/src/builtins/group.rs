//! Consumer groups: members share the partitions of logs and commit how far they have read.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use batuta_runtime::builtin::{Builtin, BuiltinTable, Flow, between, exactly, row};
use batuta_runtime::collections::{map, vector, walk};
use batuta_runtime::context::Cx;
use batuta_runtime::failure::{Fault, FaultKind};
use batuta_runtime::number;
use batuta_runtime::value::Value;
use batuta_runtime::value::object::{Native, make_native};
use dlog_core::log::{AppendOptions, Assignment, GroupMember, Offset, PartitionId};

use super::append::{batches_of, create_missing, partition_id};
use super::options::{count, log_name, take, text_of, unsigned};
use crate::convert::datum;
use crate::database::{blocking, with_database};
use crate::fault::{append_fault, read_fault};

/// A member as a value. It leaves the group when told to, or when nobody has it any more.
struct Member {
    group: String,
    member: Arc<Mutex<Option<GroupMember>>>,
}

impl Native for Member {
    fn class(&self) -> &'static str {
        "group-member"
    }

    fn print(&self) -> String {
        format!("#group-member<{}>", self.group)
    }
}

type Shared = Arc<Mutex<Option<GroupMember>>>;

/// A member is whole between calls, so a panic elsewhere leaves it usable.
fn lock(member: &Shared) -> MutexGuard<'_, Option<GroupMember>> {
    member.lock().unwrap_or_else(PoisonError::into_inner)
}

fn member_of(who: &str, value: &Value) -> Result<Shared, Fault> {
    let member = value.as_native::<Member>();
    let member = member.ok_or_else(|| Fault::wrong_type(who, "a member of a group", value))?;
    Ok(Arc::clone(&member.member))
}

fn has_left() -> Fault {
    Fault::new(FaultKind::Log, "the member has left its group").hint("join again")
}

fn group_name(who: &str, value: &Value) -> Result<String, Fault> {
    text_of(value).ok_or_else(|| Fault::wrong_type(who, "a group's name", value))
}

/// `(dlog/join-group "mailer" [:events])`
fn join(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "dlog/join-group";
    let group = group_name(who, &args[0])?;
    let logs = match text_of(&args[1]) {
        Some(log) => vec![log],
        None => datum::items(who, &args[1])?
            .iter()
            .map(|log| log_name(who, log))
            .collect::<Result<Vec<_>, Fault>>()?,
    };
    blocking(cx, move |database| {
        let logs: Vec<&str> = logs.iter().map(String::as_str).collect();
        let member = database.store().join_group(&group, &logs);
        let member = member.map_err(append_fault)?;
        Ok(make_native(Member {
            group,
            member: Arc::new(Mutex::new(Some(member))),
        }))
    })
}

/// `(dlog/assignment member)`
fn assignment(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let member = member_of("dlog/assignment", &args[0])?;
    blocking(cx, move |_| {
        let mut member = lock(&member);
        let member = member.as_mut().ok_or_else(has_left)?;
        Ok(assignment_value(member.refresh()))
    })
}

fn assignment_value(assignment: &Assignment) -> Value {
    let partitions = assignment.partitions.iter().map(|(log, partition)| {
        let number = number::int(i64::from(partition.0));
        vector::from_iter([Value::keyword(log), number])
    });
    map::from_pairs([
        (Value::keyword("generation"), count(assignment.generation)),
        (Value::keyword("partitions"), vector::from_iter(partitions)),
    ])
}

/// `(dlog/commit member {[:events 0] 5})`, `(dlog/commit member {[:events 0] 5} {:out [{…}]})`
fn commit(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let member = member_of("dlog/commit", &args[0])?;
    let positions = positions(&args[1])?;
    walk::realise(cx, take(args, 2), move |cx, rows| {
        let batches = match rows.is_nil() {
            true => Vec::new(),
            false => batches_of(&rows)?,
        };
        blocking(cx, move |database| {
            create_missing(database, &batches)?;
            let member = lock(&member);
            let member = member.as_ref().ok_or_else(has_left)?;
            let positions: Vec<(&str, PartitionId, Offset)> = positions
                .iter()
                .map(|(log, partition, next)| (log.as_str(), *partition, *next))
                .collect();
            let options = AppendOptions::default();
            let receipt = member.append_and_commit(batches, &options, &positions);
            receipt
                .map(|receipt| count(receipt.commit.0))
                .map_err(append_fault)
        })
    })
}

/// The next offset to read by log and partition.
fn positions(value: &Value) -> Result<Vec<(String, PartitionId, Offset)>, Fault> {
    let who = "dlog/commit";
    let wanted = "a map of [log partition] to the next offset to read";
    if !map::is_map(value) {
        return Err(Fault::wrong_type(who, wanted, value));
    }
    map::iter(value)
        .map(|(place, next)| {
            let items = datum::items(who, place).unwrap_or_default();
            let [log, partition] = items.as_slice() else {
                return Err(Fault::wrong_type(who, wanted, value));
            };
            let next = Offset(unsigned(who, "an offset", next)?);
            Ok((log_name(who, log)?, partition_id(who, partition)?, next))
        })
        .collect()
}

/// `(dlog/leave-group member)`
fn leave(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let member = member_of("dlog/leave-group", &args[0])?;
    blocking(cx, move |_| {
        let left = lock(&member).take();
        Ok(Value::bool(left.is_some()))
    })
}

/// `(dlog/group-lag "mailer" :events)`
fn lag(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "dlog/group-lag";
    let group = group_name(who, &args[0])?;
    let log = log_name(who, &args[1])?;
    with_database(cx, move |_, database| {
        let lag = database
            .store()
            .group_lag(&group, &log)
            .map_err(read_fault)?;
        let rows = lag.iter().map(|lag| {
            map::from_pairs([
                (
                    Value::keyword("partition"),
                    number::int(i64::from(lag.partition.0)),
                ),
                (Value::keyword("position"), count(lag.position.0)),
                (Value::keyword("end"), count(lag.end.0)),
            ])
        });
        Ok(vector::from_iter(rows))
    })
}

/// The table.
pub(super) static TABLE: BuiltinTable = BuiltinTable {
    namespace: "dlog",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "assignment",
        "[member]",
        exactly(1),
        assignment,
        "What a member of a group reads now: `{:generation n :partitions [[log partition] …]}`. What it commits holds for the assignment that it has asked for last.",
    ),
    row(
        "commit",
        "[member positions] [member positions rows-by-log]",
        between(2, 3),
        commit,
        "Makes durable how far a member has read, `{[log partition] next-offset}`, in one commit with rows that come of it; the commit's number. Refused if the group has another generation, or a partition is not the member's.",
    ),
    row(
        "group-lag",
        "[group log]",
        exactly(2),
        lag,
        "How far a group has read a log: `[{:partition :position :end} …]`.",
    ),
    row(
        "join-group",
        "[group logs]",
        exactly(2),
        join,
        "A new member of a group that reads these logs; their partitions are shared among the members. It leaves when told to, when its actor ends, and with the process.",
    ),
    row(
        "leave-group",
        "[member]",
        exactly(1),
        leave,
        "Has a member leave its group; says whether it was in it.",
    ),
];
